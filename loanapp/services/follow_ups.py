"""Use cases of what people note about a borrower: record a note, call, visit or promise, and take one back.

A promise stops the reminders until its day is over (ux.md §2.6); a wrong number stops every text.  The audit trail gets
what was done, when and how much, never the words: of those it keeps the hash.
"""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.clients import ClientNotFound, optional_text, required_text
from domain.errors import Checks
from domain.follow_ups import (
    CONTACTS,
    REASON_LENGTH_MAXIMUM,
    TEXT_LENGTH_MAXIMUM,
    FollowUpIdTaken,
    FollowUpKind,
    FollowUpNotFound,
    Outcome,
    check_may_take_back,
    check_outcome,
    check_promised,
    check_promised_method,
    check_promised_on,
)
from domain.messages import PhoneFlag, Reason
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models import locks, promises
from loanapp.models.audit import AuditEvent
from loanapp.models.clients import Client
from loanapp.models.follow_ups import FollowUp
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox
from loanapp.services._use_case import Tx, use_case

REPLACED = "Substituída por outra promessa"
_FLAGGED = "client.phone_flagged"


@dataclass(frozen=True, kw_only=True)
class RecordFollowUp:
    """Record one contact or remark; `follow_up_id` is made before sending: twice the same is one entry.

    A note needs `text`, a call or visit `outcome`, a promise the day, the amount and the method; what does not belong
    to the kind is not kept.
    """

    follow_up_id: UUID
    client_id: UUID
    kind: FollowUpKind
    outcome: Outcome | None = None
    text: str = ""
    promised_on: date | None = None
    promised: Money = Money.ZERO
    promised_method: PaymentMethod | None = None


@dataclass(frozen=True, kw_only=True)
class TakeBack:
    """Take an entry back; the management says why when it is somebody else's."""

    follow_up_id: UUID
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class FollowUpRecorded:
    """What was recorded, the promise that it replaced, and how many queued reminders it cancelled."""

    follow_up_id: UUID
    replaced_id: UUID | None = None
    reminders_cancelled: int = 0
    is_new: bool = True


@use_case(Permission.FOLLOW_UPS_RECORD)
def record(tx: Tx, command: RecordFollowUp) -> FollowUpRecorded:
    """Record an entry once; a promise replaces the one that stands, and cancels the reminders that wait.

    Raises ClientNotFound, FollowUpIdTaken, and for the fields OutcomeMissing, PromiseDateImpossible, PromiseTooLarge,
    PromiseWithoutDebt and what texts and payments raise.
    """
    client = locks.client(tx.session, command.client_id)
    if client is None:
        raise ClientNotFound(field="client_id")
    existing = tx.session.get(FollowUp, command.follow_up_id)
    if existing is not None:
        return _same(tx, existing, command)
    columns = _checked(tx, command)
    replaced = _promise_that_stands(tx, client) if command.kind is FollowUpKind.PROMISE else None
    if replaced is not None:
        _undo(tx, client, replaced, REPLACED)
    entry = FollowUp(
        id=command.follow_up_id,
        client_id=client.id,
        kind=command.kind,
        author_id=tx.actor.user_id,
        business_date=tx.business_date,
        at=tx.now,
        **columns,
    )
    tx.session.add(entry)
    # The entry before its event: the audit note may be followed by others about the same client.
    tx.session.flush()
    _audit.note(tx, client, "follow_up.recorded", "follow_up", entry.id, after=_facts(entry))
    cancelled = 0
    if command.kind is FollowUpKind.PROMISE:
        cancelled = _outbox.cancel_moot(tx, client, Reason.PROMISE_MADE)
    if command.kind is FollowUpKind.CALL and command.outcome is Outcome.WRONG_CONTACT:
        _flag_number(tx, client, entry)
    return FollowUpRecorded(
        follow_up_id=entry.id, replaced_id=replaced.id if replaced else None, reminders_cancelled=cancelled
    )


@use_case(Permission.FOLLOW_UPS_RECORD)
def take_back(tx: Tx, command: TakeBack) -> None:
    """Take an entry back: the row stays and says so; nothing happens when it was taken back before.

    Raises FollowUpNotFound, FollowUpOfAnother, and TextMissing where a reason is due.
    """
    owner = tx.session.scalar(select(FollowUp.client_id).where(FollowUp.id == command.follow_up_id))
    client = locks.client(tx.session, owner) if owner else None
    entry = tx.session.get(FollowUp, command.follow_up_id, populate_existing=True)
    if client is None or entry is None:
        raise FollowUpNotFound
    is_own = tx.actor.user_id is not None and entry.author_id == tx.actor.user_id
    check_may_take_back(tx.actor, author_is_actor=is_own)
    checks = Checks()
    rule = optional_text if is_own else required_text
    reason = checks.take("reason", rule, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    if entry.undone_at is not None:
        return
    _undo(tx, client, entry, reason or "")
    if entry.kind == FollowUpKind.CALL and entry.outcome == Outcome.WRONG_CONTACT:
        _unflag_number(tx, client, entry)


def _checked(tx: Tx, command: RecordFollowUp) -> dict[str, Any]:
    """Return the columns that belong to the kind; raise the problems of all fields at once."""
    checks = Checks()
    rule = required_text if command.kind is FollowUpKind.NOTE else optional_text
    columns: dict[str, Any] = {"text": checks.take("text", rule, command.text, length_maximum=TEXT_LENGTH_MAXIMUM)}
    if command.kind in CONTACTS:
        columns["outcome"] = checks.take("outcome", check_outcome, command.outcome)
    if command.kind is FollowUpKind.PROMISE:
        owed = _owed(tx, command.client_id)
        columns["promised_on"] = checks.take(
            "promised_on", check_promised_on, command.promised_on, today=tx.business_date
        )
        checks.take("promised", check_promised, command.promised, owed=owed)
        columns["promised_cents"] = command.promised.cents
        columns["promised_method"] = checks.take("promised_method", check_promised_method, command.promised_method)
    checks.finish()
    return columns


def _owed(tx: Tx, client_id: UUID) -> Money:
    total = tx.session.scalar(
        select(func.coalesce(func.sum(Request.total_value_open), 0)).where(
            Request.client_id == client_id, Request.status.in_((RequestStatus.ACTIVE, RequestStatus.LOST))
        )
    )
    return Money(int(total or 0))


def _same(tx: Tx, entry: FollowUp, command: RecordFollowUp) -> FollowUpRecorded:
    """Return the first answer when the entry is what the command asks for (P3); raise FollowUpIdTaken otherwise."""
    is_promise = command.kind is FollowUpKind.PROMISE
    ordered = {
        "client_id": command.client_id,
        "kind": command.kind,
        "author_id": tx.actor.user_id,
        "text": optional_text(command.text, length_maximum=TEXT_LENGTH_MAXIMUM),
        "outcome": command.outcome or "" if command.kind in CONTACTS else "",
        "promised_on": command.promised_on if is_promise else None,
        "promised_cents": command.promised.cents if is_promise else None,
        "promised_method": command.promised_method or "" if is_promise else "",
    }
    if any(getattr(entry, column) != value for column, value in ordered.items()):
        raise FollowUpIdTaken
    return FollowUpRecorded(follow_up_id=entry.id, is_new=False)


def _promise_that_stands(tx: Tx, client: Client) -> FollowUp | None:
    return tx.session.scalar(
        select(FollowUp).where(FollowUp.client_id == client.id, promises.is_active(tx.business_date))
    )


def _undo(tx: Tx, client: Client, entry: FollowUp, reason: str) -> None:
    entry.undone_at, entry.undone_by = tx.now, tx.actor.user_id
    _audit.note(
        tx, client, "follow_up.taken_back", "follow_up", entry.id, before=_facts(entry), reason=reason,
    )  # fmt: skip


def _flag_number(tx: Tx, client: Client, call: FollowUp) -> None:
    """Send no more texts to a number that reached somebody else, as when its owner answers that it is wrong."""
    if client.phone_flag:
        return
    client.phone_flag = PhoneFlag.WRONG_NUMBER
    _outbox.cancel_moot(tx, client, Reason.WRONG_NUMBER)
    _audit.note(
        tx, client, _FLAGGED, "follow_up", call.id,
        before={"phone_flag": ""}, after={"phone_flag": client.phone_flag},
    )  # fmt: skip


def _unflag_number(tx: Tx, client: Client, call: FollowUp) -> None:
    """Trust the number again when this call is why it is flagged, and no other call says the same."""
    by_this_call = tx.session.scalar(
        select(func.count()).where(AuditEvent.record_id == str(call.id), AuditEvent.action == _FLAGGED)
    )
    others = tx.session.scalar(
        select(func.count()).where(
            FollowUp.client_id == client.id,
            FollowUp.kind == FollowUpKind.CALL,
            FollowUp.outcome == Outcome.WRONG_CONTACT,
            FollowUp.undone_at.is_(None),
            FollowUp.id != call.id,
        )
    )
    if not by_this_call or others or client.phone_flag != PhoneFlag.WRONG_NUMBER:
        return
    client.phone_flag = ""
    _audit.note(
        tx, client, _FLAGGED, "follow_up", call.id,
        before={"phone_flag": PhoneFlag.WRONG_NUMBER}, after={"phone_flag": ""},
    )  # fmt: skip


def _facts(entry: FollowUp) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": entry.kind, "text_sha256": sha256(entry.text.encode()).hexdigest()}
    if entry.outcome:
        facts["outcome"] = entry.outcome
    if entry.promised_on is not None:
        facts |= {
            "promised_on": entry.promised_on.isoformat(),
            "promised_cents": entry.promised_cents,
            "promised_method": entry.promised_method,
        }
    return facts
