"""Use cases of what one person may not decide alone: ask for it, or do what is within one's limit; grant, or refuse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.adjustments import WaiverIdTaken, check_lines
from domain.approvals import (
    ApprovalDecided,
    ApprovalIdTaken,
    ApprovalKind,
    ApprovalNotFound,
    ApprovalPending,
    ApprovalStatus,
    OwnApproval,
    check_debt,
    check_decider,
    lines_of,
    told_lines,
)
from domain.clients import required_text
from domain.errors import Checks
from domain.history import Component
from domain.money import Money, total
from domain.permissions import Limit, Permission
from domain.requests import RequestStatus, check_move
from loanapp.models.approvals import Approval
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.requests import Request
from loanapp.services import _audit, _cancellations, _losses, _positions, _received, _waivers
from loanapp.services._use_case import Tx, use_case
from loanapp.services._waivers import WaiverOrder

REASON_LENGTH_MAXIMUM = 1000


class WriteOff(StrEnum):
    """What became of the wish to write a loan off."""

    DONE = "DONE"
    ASKED = "ASKED"


@dataclass(frozen=True, kw_only=True)
class MarkLost:
    """Write a running loan off. The caller makes `approval_id`: what has to be asked for is asked once by it."""

    request_id: UUID
    approval_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class AskWaiver:
    """Ask for a waiver of (invoice number, charge, amount), each once, that is above one's own limit."""

    request_id: UUID
    approval_id: UUID
    lines: tuple[tuple[int, Component, Money], ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class TakeBack:
    """Ask to take back what was done to a loan: its write-off, or its disbursement."""

    request_id: UUID
    approval_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class Decide:
    """Answer a question, with the reason."""

    approval_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is asked about a locked request: a kind, how much it is about, and what else decides it."""

    kind: ApprovalKind
    approval_id: UUID
    amount: Money
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)


@use_case(Permission.REQUESTS_WRITE_OFF)
def mark_lost(tx: Tx, command: MarkLost) -> WriteOff:
    """Write the loan off where all that is open is within the actor's limit; above it, ask for a second person.

    Raises RequestMoved unless the loan is ACTIVE, ApprovalPending while another question about it waits.
    """
    reason = _checked(command.reason)
    client, request = _received.locked(tx, command.request_id)
    if _is_asked(tx, ApprovalKind.WRITE_OFF, command.approval_id, request):
        return WriteOff.ASKED
    check_move(request.status, RequestStatus.LOST)
    amount = _positions.debt(tx, request, as_of=tx.business_date)
    if tx.actor.is_within(Limit.WRITE_OFF_CENTS, amount.cents):
        _losses.lose(tx, client, request, reason)
        return WriteOff.DONE
    question = _Question(
        kind=ApprovalKind.WRITE_OFF, approval_id=command.approval_id, amount=amount, reason=reason
    )  # fmt: skip
    _ask(tx, client, request, question)
    return WriteOff.ASKED


@use_case(Permission.CHARGES_WAIVE)
def ask_waiver(tx: Tx, command: AskWaiver) -> UUID:
    """Ask a second person for a waiver of what is open today; the same id twice is one question.

    Raises RequestTakesNoPayment, `waiver.*` for what is no open charge, ApprovalPending.
    """
    reason = _checked(command.reason)
    client, request = _received.locked(tx, command.request_id)
    lines = told_lines(command.lines)
    if _is_asked(tx, ApprovalKind.WAIVER, command.approval_id, request, lines=lines):
        return command.approval_id
    _waivers.check_running(request)
    check_lines(load_contracts(tx.session, [request.id])[request.id].position(tx.business_date), command.lines)
    question = _Question(
        kind=ApprovalKind.WAIVER,
        approval_id=command.approval_id,
        amount=total(line[2] for line in command.lines),
        reason=reason,
        details={"lines": lines},
    )
    _ask(tx, client, request, question)
    return command.approval_id


@use_case(Permission.REQUESTS_REOPEN)
def ask_reopening(tx: Tx, command: TakeBack) -> UUID:
    """Ask a second person to take a LOST loan back to ACTIVE, always, whoever asks (product.md)."""
    reason = _checked(command.reason)
    client, request = _received.locked(tx, command.request_id)
    if _is_asked(tx, ApprovalKind.REOPENING, command.approval_id, request):
        return command.approval_id
    _losses.check_reopenable(request)
    question = _Question(
        kind=ApprovalKind.REOPENING,
        approval_id=command.approval_id,
        amount=_positions.debt(tx, request, as_of=tx.business_date),
        reason=reason,
    )
    _ask(tx, client, request, question)
    return command.approval_id


@use_case(Permission.REQUESTS_CANCEL)
def ask_cancellation(tx: Tx, command: TakeBack) -> UUID:
    """Ask a second person to take a disbursement back while nothing was paid, always, whoever asks (product.md)."""
    reason = _checked(command.reason)
    client, request = _received.locked(tx, command.request_id)
    if _is_asked(tx, ApprovalKind.CANCELLATION, command.approval_id, request):
        return command.approval_id
    _cancellations.check_cancellable(tx, request)
    question = _Question(
        kind=ApprovalKind.CANCELLATION,
        approval_id=command.approval_id,
        amount=Money(request.principal_cents),
        reason=reason,
    )
    _ask(tx, client, request, question)
    return command.approval_id


@use_case(Permission.APPROVALS_DECIDE)
def grant(tx: Tx, command: Decide) -> None:
    """Grant what was asked and do it as it stands today; of two who decide at once, one does.

    Raises OwnApproval, AboveOwnLimit, ApprovalDecided, and what the deed itself refuses
    (DebtGrew, RequestMoved, a `waiver.*` error, RequestHasPayments); then nothing changed.
    """
    reason = _checked(command.reason)
    client, request, approval = _question(tx, command.approval_id)
    kind = ApprovalKind(approval.kind)
    if kind is ApprovalKind.WRITE_OFF:
        check_move(request.status, RequestStatus.LOST)
        check_debt(Money(approval.amount_cents), _positions.debt(tx, request, as_of=approval.asked_on))
        amount = _positions.debt(tx, request, as_of=tx.business_date)
    else:
        amount = Money(approval.amount_cents)
    check_decider(tx.actor, kind, asked_by=approval.asked_by, amount=amount)
    _answer(tx, client, approval, ApprovalStatus.GRANTED, reason)
    _do(tx, client, request, approval)


@use_case(Permission.APPROVALS_DECIDE)
def refuse(tx: Tx, command: Decide) -> None:
    """Refuse what was asked: the loan stays as it is. Any second person may, whatever the amount."""
    reason = _checked(command.reason)
    client, _request, approval = _question(tx, command.approval_id)
    _answer(tx, client, approval, ApprovalStatus.REFUSED, reason)


def _do(tx: Tx, client: Client, request: Request, approval: Approval) -> None:
    """Do what was granted; the trail of the deed names the question."""
    asked = str(approval.id)
    match ApprovalKind(approval.kind):
        case ApprovalKind.WRITE_OFF:
            _losses.lose(tx, client, request, approval.reason, approval=asked)
        case ApprovalKind.WAIVER:
            if _waivers.carried_out(tx, approval.id):
                raise WaiverIdTaken
            lines = lines_of(approval.details)
            order = WaiverOrder(waiver_id=approval.id, lines=lines, reason=approval.reason)
            _waivers.carry_out(tx, client, request, order, approval=asked)
        case ApprovalKind.REOPENING:
            _losses.reopen(tx, client, request, approval.reason, approval=asked)
        case ApprovalKind.CANCELLATION:
            _cancellations.cancel(tx, client, request, approval.reason, approval=asked)


def _checked(reason: str) -> str:
    checks = Checks()
    kept = checks.take("reason", required_text, reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    assert kept is not None
    return kept


def _is_asked(
    tx: Tx, kind: ApprovalKind, approval_id: UUID, request: Request, *, lines: list[dict[str, Any]] | None = None
) -> bool:
    """Say whether this very wish was asked before; raise where its id or its place is another question's."""
    same_id = tx.session.get(Approval, approval_id)
    if same_id is not None:
        asked = (same_id.kind, same_id.request_id, same_id.asked_by, same_id.details.get("lines"))
        if asked != (kind, request.id, tx.actor.user_id, lines):
            raise ApprovalIdTaken
        return True
    waiting = select(Approval.id).where(
        Approval.request_id == request.id,
        Approval.kind == kind,
        Approval.status == ApprovalStatus.PENDING,
    )
    if tx.session.scalar(waiting) is not None:
        raise ApprovalPending
    return False


def _ask(tx: Tx, client: Client, request: Request, question: _Question) -> None:
    assert tx.actor.user_id is not None, "the system's jobs ask nobody"
    approval = Approval(
        id=question.approval_id,
        kind=question.kind,
        client_id=client.id,
        request_id=request.id,
        amount_cents=question.amount.cents,
        details=dict(question.details),
        reason=question.reason,
        status=ApprovalStatus.PENDING,
        asked_by=tx.actor.user_id,
        asked_on=tx.business_date,
        asked_at=tx.now,
    )
    tx.session.add(approval)
    _note(tx, client, approval, "approval.asked", before=None, reason=question.reason, request=request.number)


def _question(tx: Tx, approval_id: UUID) -> tuple[Client, Request, Approval]:
    """Return a pending question of somebody else with its loan, all as they stand under the client's lock."""
    asked = tx.session.get(Approval, approval_id)
    if asked is None:
        raise ApprovalNotFound
    client, request = _received.locked(tx, asked.request_id)
    approval = tx.session.get_one(Approval, approval_id, populate_existing=True)
    if approval.status != ApprovalStatus.PENDING:
        raise ApprovalDecided(status=approval.status)
    if approval.asked_by == tx.actor.user_id or tx.actor.user_id is None:
        raise OwnApproval
    return client, request, approval


def _answer(tx: Tx, client: Client, approval: Approval, status: ApprovalStatus, reason: str) -> None:
    before = approval.status
    approval.status, approval.decision_reason = status, reason
    approval.decided_by, approval.decided_at = tx.actor.user_id, tx.now
    action = "approval.granted" if status is ApprovalStatus.GRANTED else "approval.refused"
    _note(tx, client, approval, action, before=before, reason=reason)


def _note(
    tx: Tx, client: Client, approval: Approval, action: str, *, before: str | None, reason: str, **facts: object
) -> None:
    _audit.note(
        tx, client, action, "approval", approval.id, before={"status": before} if before else {}, reason=reason,
        after={"status": approval.status, "kind": approval.kind, "amount_cents": approval.amount_cents, **facts},
    )  # fmt: skip
