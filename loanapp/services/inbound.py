"""Use cases for what the provider tells by webhook: stored first as it came, applied later, in any order, once.

What a payload means is the adapter's knowledge (`loanapp/evolution/webhooks.py`); it arrives here as a fact of
`domain/delivery.py` (whatsapp.md §10.6).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as insert_once

from domain.audit import Origin
from domain.delivery import (
    AckReceived,
    ConnectionChanged,
    Fact,
    Nothing,
    TextReceived,
    TextSent,
    is_same_recipient,
    phones_of,
    wait_for_text,
)
from domain.messages import MessageStatus, PhoneFlag, Reason, Reply, climb, reply_of
from domain.permissions import Permission
from domain.privacy import ConsentOrigin
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.inbound import InboundEvent
from loanapp.models.messages import Message
from loanapp.services import _audit, _consent, _instances, _outbox
from loanapp.services._use_case import Tx, use_case

QUEUE = _outbox.INBOUND_QUEUE
WAITING = "WAITING"
_IDS = uuid.UUID("0b9c1c52-8c0e-4b0c-a7a4-9a0f6a4f7d11")


@dataclass(frozen=True, kw_only=True)
class StoreEvent:
    """Keep one webhook as it came, its secrets taken out.

    `dedupe_key` makes a repeated delivery the same row; `is_state` marks an event that only says how things are now, of
    which the newest replaces the one before.
    """

    instance: str
    event: str
    dedupe_key: str
    payload: dict[str, Any]
    is_state: bool = False


@dataclass(frozen=True, kw_only=True)
class ApplyEvent:
    """Do what a stored webhook says; `fact` is what the adapter read from its payload."""

    event_id: UUID
    fact: Fact


@use_case(Permission.INBOUND_STORE)
def store_event(tx: Tx, command: StoreEvent) -> UUID:
    """Store a webhook once and ring for it; return the row's id."""
    event_id = uuid.uuid5(_IDS, command.dedupe_key)
    newest = {
        "payload": command.payload,
        "received_at": tx.now,
        "available_at": tx.now,
        "handled_at": None,
        "attempts": 0,
        "outcome": "",
    }
    insert = insert_once(InboundEvent).values(
        id=event_id, instance=command.instance, event=command.event, dedupe_key=command.dedupe_key, **newest
    )
    key = [InboundEvent.dedupe_key]
    if command.is_state:
        insert = insert.on_conflict_do_update(index_elements=key, set_=newest)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=key)
    if tx.session.scalar(insert.returning(InboundEvent.id)) is not None:
        tx.ring(QUEUE, event_id)
    return event_id


@use_case(Permission.INBOUND_APPLY)
def apply_event(tx: Tx, command: ApplyEvent) -> str:
    """Apply a stored webhook and mark it handled in the same transaction; return what came of it.

    With it is kept whose text or answer it is about.  An event about a text that nobody knows yet waits.  One that was
    handled, or that another worker handles, is left.
    """
    event = locks.inbound_event(tx.session, command.event_id)
    if event is None or event.handled_at is not None:
        return "LEFT"
    outcome = _apply(tx, event, command.fact)
    event.attempts += 1
    event.outcome = outcome
    wait = wait_for_text(event.attempts) if outcome == WAITING else None
    if wait is not None:
        event.available_at = tx.now + wait
        return outcome
    event.handled_at = tx.now
    if outcome == WAITING:
        event.outcome = "UNMATCHED"
    return event.outcome


def _apply(tx: Tx, event: InboundEvent, fact: Fact) -> str:
    match fact:
        case AckReceived():
            return _climb(tx, event, fact)
        case TextSent():
            return _match(tx, event, fact)
        case TextReceived():
            return _read(tx, event, fact)
        case ConnectionChanged():
            _instances.connection_changed(tx, _instances.locked(tx, event.instance), fact)
            return "CONNECTION"
        case Nothing():
            return "IGNORED"


def _climb(tx: Tx, event: InboundEvent, fact: AckReceived) -> str:
    """Take a text up the ladder of acks; what doesn't lead forward changes nothing."""
    message = _locked_by(tx, Message.provider_key == fact.key)
    if message is None:
        return WAITING
    event.client_id = message.client_id
    start = MessageStatus(message.status)
    rung = climb(start, message.provider_status, fact.ack)
    if rung is None:
        return "NO_CHANGE"
    message.provider_status = rung.ack
    message.status = rung.status
    if rung.status is not MessageStatus.FAILED:
        message.sent_at = message.sent_at or tx.now
    if rung.status in {MessageStatus.DELIVERED, MessageStatus.READ}:
        message.delivered_at = message.delivered_at or tx.now
    if rung.status is MessageStatus.READ:
        message.read_at = tx.now
    if rung.status is MessageStatus.FAILED:
        message.reason = Reason.REFUSED
    _outbox.record(tx, message, start, reason=message.reason, answer=fact.ack)
    return "APPLIED"


def _match(tx: Tx, event: InboundEvent, fact: TextSent) -> str:
    """Find the text that a `send.message` is about: by its key, else an UNKNOWN one by recipient and exact words.

    The reference in each text makes the words unique.  A text still SENDING has an answer to come: wait for it.
    """
    event.client_id = tx.session.scalar(select(Message.client_id).where(Message.provider_key == fact.key))
    if event.client_id is not None:
        return "KNOWN"
    digest = _outbox.hash_of(fact.text)
    message = _locked_by(tx, Message.body_hash == digest, Message.status == MessageStatus.UNKNOWN)
    if message is None or not is_same_recipient(message.phone, fact.recipient):
        return WAITING
    event.client_id = message.client_id
    _outbox.accept(tx, message, key=fact.key, recipient=fact.recipient)
    _outbox.move(tx, message, MessageStatus.SENT, answer="send.message")
    return "APPLIED"


def _locked_by(tx: Tx, *conditions: Any) -> Message | None:  # noqa: ANN401 - SQLAlchemy's own type of a condition.
    found = tx.session.scalar(select(Message.id).where(*conditions).limit(1))
    return locks.message(tx.session, found) if found else None


def _read(tx: Tx, event: InboundEvent, fact: TextReceived) -> str:
    """Act on an answer that the system understands by itself: the number gets no more texts, whoever it belongs to."""
    phones = phones_of(fact.sender)
    has_number = or_(Client.phone.in_(phones), Client.other_phone.in_(phones))
    owners = tx.session.execute(select(Client.id, Client.phone).where(has_number).order_by(Client.id)).all()
    event.client_id = _author(tx, [owner.id for owner in owners], phones)
    reply = reply_of(fact.text)
    if reply is None:
        return "FOR_A_PERSON"
    found = [owner.id for owner in owners if owner.phone in phones]
    for client_id in found:
        client = locks.client(tx.session, client_id)
        assert client is not None, "a client is never deleted"
        _stop_texts(tx, client, reply)
    return reply.value if found else "UNKNOWN_SENDER"


def _author(tx: Tx, owners: Sequence[UUID], phones: Sequence[str]) -> UUID | None:
    """Return who of a number's owners wrote: the only one, else the one whom our last text to the number was for."""
    if len(owners) == 1:
        return owners[0]
    return tx.session.scalar(
        select(Message.client_id)
        .where(Message.client_id.in_(owners), Message.phone.in_(phones), Message.sent_at.is_not(None))
        .order_by(Message.sent_at.desc(), Message.id)
        .limit(1)
    )


def _stop_texts(tx: Tx, client: Client, reply: Reply) -> None:
    if reply is Reply.OPT_OUT:
        _consent.change(tx, client, accepts=False, origin=ConsentOrigin.WHATSAPP, heard_by=Origin.WHATSAPP)
        return
    _outbox.cancel_moot(tx, client, Reason.WRONG_NUMBER)
    before = client.phone_flag
    if before == PhoneFlag.WRONG_NUMBER:
        return
    client.phone_flag = PhoneFlag.WRONG_NUMBER.value
    _audit.note(
        tx, client, "client.stopped_texts", "client", client.id,
        before={"phone_flag": before}, after={"phone_flag": client.phone_flag}, origin=Origin.WHATSAPP,
    )  # fmt: skip
