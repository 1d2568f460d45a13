"""Reads of what waits for a second person: the facts to decide on, and what was decided before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from domain.adjustments import check_waiver, of_component
from domain.approvals import ApprovalKind, ApprovalStatus, check_decider, lines_of
from domain.errors import DomainError
from domain.history import Position
from domain.payments import Parts
from domain.permissions import Permission
from domain.requests import check_unpaid
from loanapp.models.approvals import Approval
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query

_ASKER, _DECIDER = aliased(User), aliased(User)


class ApprovalsView(StrEnum):
    """Which questions a list holds: those that wait, the oldest first, or those decided, the newest first."""

    PENDING = "PENDING"
    DECIDED = "DECIDED"


@dataclass(frozen=True, kw_only=True)
class ApprovalsFilter:
    """What a list shows; `page` counts from 1."""

    view: ApprovalsView = ApprovalsView.PENDING
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why the actor may not grant: the code and the values of the refusal that would come; empty where it may."""

    code: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AskedCharge:
    """One line of a waiver, in centavos: what is asked to be let go, and what of the charge is open today."""

    invoice_number: int
    component: str
    amount_cents: int
    open_cents: int


@dataclass(frozen=True, kw_only=True)
class ApprovalLine:
    """One question with what it takes to decide it; amounts in centavos.

    `amount_cents` is what was asked for, `open_cents` and `days_overdue` are of today, for a question that waits.
    `charges` are the lines of a waiver.
    """

    approval_id: UUID
    kind: str
    status: str
    request_number: int
    request_status: str
    client_id: UUID
    client_name: str
    principal_cents: int
    paid_cents: int
    disbursed_on: date | None
    disbursement_method: str | None
    instalment_count: int
    lost_on: date | None
    amount_cents: int
    open_cents: int
    days_overdue: int
    charges: tuple[AskedCharge, ...]
    reason: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    is_own: bool
    obstacle: Obstacle


@dataclass(frozen=True, kw_only=True)
class ApprovalsPage:
    """The lines of one page, and how many there are of each view."""

    lines: tuple[ApprovalLine, ...]
    total: int
    pending: int
    decided: int


@query(Permission.APPROVALS_VIEW)
def approvals_page(tx: Tx, parameters: ApprovalsFilter) -> ApprovalsPage:
    """Return one page of the questions of a view, in five statements at most."""
    pending, decided = tx.session.execute(
        select(
            func.count().filter(Approval.status == ApprovalStatus.PENDING),
            func.count().filter(Approval.status != ApprovalStatus.PENDING),
        ).select_from(Approval)
    ).one()
    is_pending = parameters.view is ApprovalsView.PENDING
    total = pending if is_pending else decided
    page = min(parameters.page, max(1, -(-total // parameters.size)))
    rows = tx.session.execute(
        _lines(is_pending=is_pending).limit(parameters.size).offset((page - 1) * parameters.size)
    ).all()
    contracts = load_contracts(tx.session, [row.Request.id for row in rows]) if is_pending else {}
    return ApprovalsPage(lines=_read(tx, rows, contracts), total=total, pending=pending, decided=decided)


@query(Permission.APPROVALS_DECIDE)
def pending_count(tx: Tx, _parameters: None) -> int:
    """Return how many questions wait that the actor did not ask."""
    waiting = select(func.count()).where(
        Approval.status == ApprovalStatus.PENDING, Approval.asked_by != tx.actor.user_id
    )
    return tx.session.scalar(waiting) or 0


def _lines(*, is_pending: bool) -> Select[*tuple[Any, ...]]:
    listed = (
        select(Approval, Request, Client.name, _ASKER.name.label("asker"), _DECIDER.name.label("decider"))
        .join(Request, Request.id == Approval.request_id)
        .join(Client, Client.id == Approval.client_id)
        .join(_ASKER, _ASKER.id == Approval.asked_by)
        .outerjoin(_DECIDER, _DECIDER.id == Approval.decided_by)
    )
    if is_pending:
        return listed.where(Approval.status == ApprovalStatus.PENDING).order_by(Approval.asked_at, Approval.id)
    return listed.where(Approval.status != ApprovalStatus.PENDING).order_by(Approval.decided_at.desc(), Approval.id)


def _read(
    tx: Tx, rows: Sequence[Row[*tuple[Any, ...]]], contracts: Mapping[UUID, LoadedContract]
) -> tuple[ApprovalLine, ...]:
    return tuple(
        ApprovalLine(
            approval_id=approval.id,
            kind=approval.kind,
            status=approval.status,
            request_number=request.number,
            request_status=request.status,
            client_id=approval.client_id,
            client_name=client_name,
            principal_cents=request.principal_cents,
            paid_cents=request.total_value_paid,
            disbursed_on=request.disbursed_on,
            disbursement_method=request.disbursement_method,
            instalment_count=request.instalment_count,
            lost_on=request.lost_on,
            amount_cents=approval.amount_cents,
            reason=approval.reason,
            asked_by=asker,
            asked_at=approval.asked_at,
            decided_by=decider or "",
            decided_at=approval.decided_at,
            decision_reason=approval.decision_reason,
            is_own=approval.asked_by == tx.actor.user_id,
            **_today(tx, approval, contracts.get(request.id)),
        )
        for approval, request, client_name, asker, decider in rows
    )


def _today(tx: Tx, approval: Approval, loaded: LoadedContract | None) -> dict[str, Any]:
    if loaded is None:
        return {"open_cents": 0, "days_overdue": 0, "charges": (), "obstacle": Obstacle()}
    position = loaded.position(tx.business_date)
    days = max((invoice.days_overdue for invoice in position.invoices if invoice.days_overdue), default=0)
    is_open = {invoice.number: invoice.open for invoice in position.invoices}
    return {
        "open_cents": position.total_open.cents,
        "days_overdue": days,
        "charges": tuple(
            AskedCharge(
                invoice_number=number,
                component=component.value,
                amount_cents=amount.cents,
                open_cents=of_component(is_open.get(number, Parts()), component).cents,
            )
            for number, component, amount in lines_of(approval.details)
        ),
        "obstacle": _obstacle(tx, approval, loaded, position),
    }


def _obstacle(tx: Tx, approval: Approval, loaded: LoadedContract, position: Position) -> Obstacle:
    """Return the refusal that the actor's grant would meet today, as far as this snapshot knows."""
    kind = ApprovalKind(approval.kind)
    try:
        check_decider(tx.actor, kind, asked_by=approval.asked_by, amount=position.total_open)
        if kind is ApprovalKind.WAIVER:
            check_waiver(tx.actor, position, lines_of(approval.details), loaded.relief)
        if kind is ApprovalKind.CANCELLATION:
            numbers = [payment.sequence for payment in loaded.payments if payment.reversed_on is None]
            check_unpaid(numbers)
    except DomainError as error:
        return Obstacle(code=error.code, values=error.values)
    return Obstacle()
