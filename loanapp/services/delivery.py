"""Use cases of the sender: take the lease, claim a text, settle what became of it (whatsapp.md §10.3 to §10.5).

The call itself lies between claim and settle, in no transaction, in `tasks/messages.py`.  One sender per instance holds
the lease; a text claimed and never settled becomes UNKNOWN and is not sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from domain.delivery import Accepted, Answer, ConnectionChanged, Outcome, gap_between, outcome_of
from domain.messages import MessageNotFound, MessageStatus, Reason
from domain.permissions import Permission
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.messages import Message, WhatsappInstance
from loanapp.services import _audit, _instances, _outbox, _send_time
from loanapp.services._use_case import Tx, use_case

EXPIRED_PER_SWEEP = 100
CONFIG_WRONG = "CONFIG"


@dataclass(frozen=True, kw_only=True)
class TakeLease:
    """Become the only sender of an instance for `lease`; `holder` names this run of the sender."""

    instance: str
    holder: UUID
    lease: timedelta


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Whether this sender may send, and whether it should first ask if the socket is open again."""

    is_mine: bool
    is_open: bool = False


@dataclass(frozen=True, kw_only=True)
class ReleaseLease:
    """Let the next sender have the instance."""

    instance: str
    holder: UUID


@dataclass(frozen=True, kw_only=True)
class NoteConnection:
    """Write down what the provider said about the instance's socket."""

    instance: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ClaimNext:
    """Claim the next due text for this holder of the lease."""

    instance: str
    holder: UUID
    lease: timedelta


@dataclass(frozen=True, kw_only=True)
class ClaimedText:
    """A text to send now; `attempt` fences the settling."""

    message_id: UUID
    attempt: int
    phone: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Nothing may leave this instance before `until`."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """The next text was withheld, moved to its window or taken by somebody: ask again at once."""


Claim = ClaimedText | Pause | PassedOver


@dataclass(frozen=True, kw_only=True)
class Settle:
    """Say what became of a claimed text; `jitter` within 0 and 1 spreads the pause that follows."""

    instance: str
    message_id: UUID
    attempt: int
    answer: Answer
    jitter: float


@dataclass(frozen=True, kw_only=True)
class ExpireLeases:
    """Give up the texts whose sender never came back."""


@use_case(Permission.MESSAGES_DELIVER)
def take_lease(tx: Tx, command: TakeLease) -> Lease:
    """Take the instance's lease unless another sender holds it or a person must resume the instance first."""
    instance = _instances.locked(tx, command.instance)
    is_free = instance.leased_until is None or instance.leased_until <= tx.now
    if instance.paused_reason or not (is_free or instance.lease_holder == command.holder):
        return Lease(is_mine=False)
    instance.lease_holder, instance.leased_until = command.holder, tx.now + command.lease
    return Lease(is_mine=True, is_open=instance.connection_state == _instances.OPEN)


@use_case(Permission.MESSAGES_DELIVER)
def release_lease(tx: Tx, command: ReleaseLease) -> None:
    """Give the lease back; a sender that lost it meanwhile changes nothing."""
    tx.session.execute(
        update(WhatsappInstance)
        .where(WhatsappInstance.name == command.instance, WhatsappInstance.lease_holder == command.holder)
        .values(lease_holder=None, leased_until=None)
    )


@use_case(Permission.MESSAGES_DELIVER)
def note_connection(tx: Tx, command: NoteConnection) -> None:
    """Write down the socket's state, so that sending goes on when it is open again."""
    instance = _instances.locked(tx, command.instance)
    _instances.connection_changed(tx, instance, ConnectionChanged(state=command.state))


@use_case(Permission.MESSAGES_DELIVER)
def claim_next(tx: Tx, command: ClaimNext) -> Claim | None:
    """Claim the oldest due text, deciding again whether it may leave; None when nothing is due or nothing may leave."""
    due = tx.session.execute(
        select(Message.id, Message.client_id)
        .where(Message.status == MessageStatus.QUEUED, Message.available_at <= tx.now)
        .order_by(Message.available_at, Message.id)
        .limit(1)
    ).first()
    if due is None:
        return None
    # Client, instance, message: the order of all locks. What was read above decides nothing.
    client = locks.client(tx.session, due.client_id)
    instance = _instances.locked(tx, command.instance)
    message = locks.message(tx.session, due.id)
    if not _may_send(instance, command.holder):
        return None
    if instance.next_send_at and instance.next_send_at > tx.now:
        return Pause(until=instance.next_send_at)
    assert client is not None, "a text's client is never deleted"
    assert message is not None, "a text is never deleted"
    is_due = message.status == MessageStatus.QUEUED and message.available_at <= tx.now
    if not is_due or not _send_time.may_leave(tx, client, message):
        return PassedOver()
    message.phone = client.phone
    message.attempts += 1
    message.leased_until = instance.leased_until = tx.now + command.lease
    _outbox.move(tx, message, MessageStatus.SENDING)
    return ClaimedText(message_id=message.id, attempt=message.attempts, phone=message.phone, body=message.body)


@use_case(Permission.MESSAGES_DELIVER)
def settle(tx: Tx, command: Settle) -> str:
    """Write down what the provider answered; return the text's state.

    Fenced by the attempt: a sender whose lease ran out can only move its text forward (whatsapp.md §10.3).
    """
    owner = tx.session.scalar(select(Message.client_id).where(Message.id == command.message_id))
    client = locks.client(tx.session, owner) if owner else None
    if client is None:
        raise MessageNotFound
    instance = _instances.locked(tx, command.instance)
    message = locks.message(tx.session, command.message_id)
    if message is None:
        raise MessageNotFound
    instance.next_send_at = tx.now + gap_between(command.jitter)
    is_late = message.status == MessageStatus.UNKNOWN and isinstance(command.answer, Accepted)
    is_ours = message.attempts == command.attempt and (message.status == MessageStatus.SENDING or is_late)
    if not is_ours:
        return message.status
    outcome = outcome_of(command.answer, phone=message.phone, attempts=message.attempts, jitter=command.jitter)
    if isinstance(command.answer, Accepted):
        _outbox.accept(tx, message, key=command.answer.key, recipient=command.answer.recipient)
    if outcome.retry_after is not None:
        message.available_at = tx.now + outcome.retry_after
    _outbox.move(tx, message, outcome.status, reason=outcome.reason, answer=_class_of(command.answer))
    _tell_others(tx, client, instance, outcome)
    return message.status


@use_case(Permission.MESSAGES_DELIVER)
def expire_leases(tx: Tx, command: ExpireLeases) -> int:  # noqa: ARG001 - every use case takes its command.
    """Make UNKNOWN what was claimed and never settled: it may have left, so it is not sent again."""
    expired = locks.messages_past_lease(tx.session, tx.now, EXPIRED_PER_SWEEP)
    for message in expired:
        _outbox.move(tx, message, MessageStatus.UNKNOWN, reason=Reason.LEASE_OVER)
    return len(expired)


def _may_send(instance: WhatsappInstance, holder: UUID) -> bool:
    is_open = instance.connection_state == _instances.OPEN
    return instance.lease_holder == holder and is_open and not instance.paused_reason


def _tell_others(tx: Tx, client: Client, instance: WhatsappInstance, outcome: Outcome) -> None:
    if outcome.phone_flag is not None:
        before = client.phone_flag
        client.phone_flag = outcome.phone_flag
        _audit.note(
            tx, client, "client.phone_flagged", "client", client.id,
            before={"phone_flag": before}, after={"phone_flag": client.phone_flag},
        )  # fmt: skip
    if outcome.pauses_sender:
        _instances.pause(tx, instance, CONFIG_WRONG)
    if outcome.is_disconnected:
        _instances.connection_changed(tx, instance, ConnectionChanged(state="close"))


def _class_of(answer: Answer) -> str:
    detail = "" if isinstance(answer, Accepted) else f": {answer.detail}"
    return f"{type(answer).__name__}{detail}"[:300]
