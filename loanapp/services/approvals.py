"""Use cases of what one person may not decide alone: write a loan off, or ask for it; grant it, or refuse it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

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
)
from domain.clients import required_text
from domain.errors import Checks
from domain.messages import Reason
from domain.money import Money
from domain.permissions import Limit, Permission
from domain.requests import RequestNotFound, RequestStatus, check_move
from loanapp.models import locks
from loanapp.models.approvals import Approval
from loanapp.models.clients import Client
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox, _positions
from loanapp.services._use_case import Tx, use_case

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
class Decide:
    """Answer a question, with the reason."""

    approval_id: UUID
    reason: str


@use_case(Permission.REQUESTS_WRITE_OFF)
def mark_lost(tx: Tx, command: MarkLost) -> WriteOff:
    """Write the loan off where all that is open is within the actor's limit; above it, ask for a second person.

    Raises RequestMoved unless the loan is ACTIVE, ApprovalPending while another question about it waits.
    """
    reason = _checked(command.reason)
    client, request = _locked(tx, command.request_id)
    if _is_asked(tx, command):
        return WriteOff.ASKED
    check_move(request.status, RequestStatus.LOST)
    amount = _positions.debt(tx, request, as_of=tx.business_date)
    if tx.actor.is_within(Limit.WRITE_OFF_CENTS, amount.cents):
        _lose(tx, client, request, reason)
        return WriteOff.DONE
    assert tx.actor.user_id is not None, "the system's jobs have no limit"
    approval = Approval(
        id=command.approval_id,
        kind=ApprovalKind.WRITE_OFF,
        client_id=client.id,
        request_id=request.id,
        amount_cents=amount.cents,
        reason=reason,
        status=ApprovalStatus.PENDING,
        asked_by=tx.actor.user_id,
        asked_on=tx.business_date,
        asked_at=tx.now,
    )
    tx.session.add(approval)
    _note(tx, client, approval, "approval.asked", before=None, reason=reason, request=request.number)
    return WriteOff.ASKED


@use_case(Permission.APPROVALS_DECIDE)
def grant(tx: Tx, command: Decide) -> None:
    """Grant what was asked and do it, with the debt counted again; of two who decide at once, one does.

    Raises OwnApproval, AboveOwnLimit, ApprovalDecided, DebtGrew or RequestMoved, and then nothing changed.
    """
    reason = _checked(command.reason)
    client, request, approval = _question(tx, command.approval_id)
    check_move(request.status, RequestStatus.LOST)
    check_debt(Money(approval.amount_cents), _positions.debt(tx, request, as_of=approval.asked_on))
    amount = _positions.debt(tx, request, as_of=tx.business_date)
    check_decider(tx.actor, ApprovalKind(approval.kind), asked_by=approval.asked_by, amount=amount)
    _answer(tx, client, approval, ApprovalStatus.GRANTED, reason)
    _lose(tx, client, request, approval.reason, approval=str(approval.id))


@use_case(Permission.APPROVALS_DECIDE)
def refuse(tx: Tx, command: Decide) -> None:
    """Refuse what was asked: the loan stays as it is. Any second person may, whatever the amount."""
    reason = _checked(command.reason)
    client, _request, approval = _question(tx, command.approval_id)
    _answer(tx, client, approval, ApprovalStatus.REFUSED, reason)


def _checked(reason: str) -> str:
    checks = Checks()
    kept = checks.take("reason", required_text, reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    assert kept is not None
    return kept


def _locked(tx: Tx, request_id: UUID) -> tuple[Client, Request]:
    found = locks.client_of_request(tx.session, request_id)
    if found is None:
        raise RequestNotFound
    return found


def _is_asked(tx: Tx, command: MarkLost) -> bool:
    """Say whether this very wish was asked before; raise where its id or its place is another question's."""
    same_id = tx.session.get(Approval, command.approval_id)
    if same_id is not None:
        if (same_id.request_id, same_id.asked_by) != (command.request_id, tx.actor.user_id):
            raise ApprovalIdTaken
        return True
    waiting = select(Approval.id).where(
        Approval.request_id == command.request_id,
        Approval.kind == ApprovalKind.WRITE_OFF,
        Approval.status == ApprovalStatus.PENDING,
    )
    if tx.session.scalar(waiting) is not None:
        raise ApprovalPending
    return False


def _question(tx: Tx, approval_id: UUID) -> tuple[Client, Request, Approval]:
    """Return a pending question of somebody else with its loan, all as they stand under the client's lock."""
    asked = tx.session.get(Approval, approval_id)
    if asked is None:
        raise ApprovalNotFound
    client, request = _locked(tx, asked.request_id)
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


def _lose(tx: Tx, client: Client, request: Request, reason: str, **facts: object) -> None:
    """Write a locked loan off as of the business date; its charges go on in the statement, no cycle visits it again."""
    position = _positions.settle(tx, client, request, _positions.NOTHING)
    before = request.status
    request.status, request.lost_on = RequestStatus.LOST, tx.business_date
    _outbox.cancel_moot(tx, client, Reason.WRITTEN_OFF)
    _audit.note(
        tx, client, "request.lost", "request", request.id, before={"status": before}, reason=reason,
        after={
            "status": request.status, "lost_on": tx.business_date.isoformat(),
            "total_open_cents": position.total_open.cents, **facts,
        },
    )  # fmt: skip


def _note(
    tx: Tx, client: Client, approval: Approval, action: str, *, before: str | None, reason: str, **facts: object
) -> None:
    _audit.note(
        tx, client, action, "approval", approval.id, before={"status": before} if before else {}, reason=reason,
        after={"status": approval.status, "kind": approval.kind, "amount_cents": approval.amount_cents, **facts},
    )  # fmt: skip
