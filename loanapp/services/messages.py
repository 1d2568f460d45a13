"""Use cases by which a person sends a text or lets the sender go on; the sender's own are in `delivery.py`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain import templates
from domain.clients import ClientNotFound
from domain.messages import (
    MAY_HAVE_LEFT,
    TEXTS_PER_WEEK,
    MessageAlreadyToday,
    MessageKind,
    MessageNotFound,
    MessageNothingOwed,
    MessageNotResendable,
    MessagePromised,
    MessageStatus,
    MessageTooFrequent,
)
from domain.permissions import Permission
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.messages import Message
from loanapp.services import _audit, _instances, _one_off, _outbox, _texts
from loanapp.services._borrowers import borrowers, load_lender, promised_until, texts_in_week
from loanapp.services._texts import QueuedText
from loanapp.services._use_case import Tx, use_case


@dataclass(frozen=True, kw_only=True)
class QueueCharge:
    """Remind one client today of what is due or overdue."""

    client_id: UUID


@dataclass(frozen=True, kw_only=True)
class Resend:
    """Send again a text that failed, as a new row."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResumeSending:
    """Let a paused instance send again."""

    instance: str


@use_case(Permission.MESSAGES_SEND)
def queue_charge(tx: Tx, command: QueueCharge) -> QueuedText:
    """Queue one reminder to a client by hand, under the same limits as the cycle's: one a day, three a week.

    A person's order is also the approval that the formal steps need.  Raises ClientNotFound, MessageNothingOwed,
    MessageOptedOut, MessageNumberFlagged, MessagePromised, MessageAlreadyToday, MessageTooFrequent,
    MessageOutsideHours.
    """
    client = locks.client(tx.session, command.client_id)
    if client is None:
        raise ClientNotFound
    key = _outbox.charge_key(client.id, tx.business_date)
    today = tx.session.scalar(select(Message).where(Message.dedupe_key == key))
    if today is not None:
        # What the cycle withheld, or a payment cancelled, never left: the person's reminder is then a row of its own.
        key = _resend_key(today, tx)
    return _texts.queue(tx, client, _charge_row(tx, client, key))


@use_case(Permission.MESSAGES_SEND)
def resend(tx: Tx, command: Resend) -> QueuedText:
    """Queue again a text that failed; the old row stays as it is.

    A reminder is written anew from what is owed today.  Raises MessageNotFound, MessageNotResendable and, for the
    text itself, what `queue_charge` raises.
    """
    owner = tx.session.scalar(select(Message.client_id).where(Message.id == command.message_id))
    client = locks.client(tx.session, owner) if owner else None
    failed = tx.session.get(Message, command.message_id, populate_existing=True)
    if client is None or failed is None:
        raise MessageNotFound
    if failed.status != MessageStatus.FAILED:
        raise MessageNotResendable(status=failed.status)
    key = _resend_key(failed, tx)
    if failed.kind == MessageKind.CHARGE:
        return _texts.queue(tx, client, _charge_row(tx, client, key))
    _texts.check_reachable(client)
    if failed.kind == MessageKind.RECEIPT:
        lender = load_lender(tx.session)
        return _texts.queue(tx, client, _outbox.receipt_row(tx, client, lender, snapshot=failed.snapshot, key=key))
    row = _one_off.row_again(tx, client, failed, key=key)
    return _texts.queue(tx, client, row | {"available_at": _texts.opening_today(tx, client)})


@use_case(Permission.MESSAGES_SEND)
def resume_sending(tx: Tx, command: ResumeSending) -> None:
    """Let an instance send again that stopped for a wrong key, a missing instance or a log-out; nothing if it runs."""
    instance = _instances.locked(tx, command.instance)
    if not instance.paused_reason:
        return
    _audit.note(
        tx, None, "whatsapp.resumed", "whatsapp_instance", instance.name,
        before={"paused_reason": instance.paused_reason}, after={"paused_reason": ""},
    )  # fmt: skip
    instance.paused_reason = ""


def _charge_row(tx: Tx, client: Client, key: str) -> dict[str, Any]:
    """Check a person's reminder and write it as a row, available when the borrower's window is open."""
    today = tx.business_date
    found = borrowers(tx.session, [client.id], today)
    if not found:
        raise MessageNothingOwed
    _texts.check_reachable(client)
    promised_on = promised_until(tx.session, [client.id], today).get(client.id)
    if promised_on is not None:
        raise MessagePromised(promised_on=promised_on)
    texts_today = tx.session.scalars(
        select(Message.status).where(
            Message.client_id == client.id, Message.kind == MessageKind.CHARGE, Message.business_date == today
        )
    )
    if any(status in {*MAY_HAVE_LEFT, MessageStatus.QUEUED} for status in texts_today):
        raise MessageAlreadyToday
    if texts_in_week(tx.session, [client.id], today).get(client.id, 0) >= TEXTS_PER_WEEK:
        raise MessageTooFrequent(maximum=TEXTS_PER_WEEK)
    opens_at = _texts.opening_today(tx, client)
    step = templates.step_for(templates.oldest_days_overdue(found[0].owed, today))
    row = _outbox.charge_row(
        tx, found[0], load_lender(tx.session), step=step, as_of=today, key=key, origin=_outbox.ORIGIN_PERSON
    )
    return row | {"available_at": opens_at}


def _resend_key(message: Message, tx: Tx) -> str:
    return f"resend:{message.id}:{tx.business_date.isoformat()}"
