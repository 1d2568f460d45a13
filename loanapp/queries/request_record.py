"""The record of one loan: its facts today, its line of life with authors, its invoices and its payments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import aliased

from domain.approvals import ApprovalStatus
from domain.calendar import BusinessCalendar
from domain.charges import check_rates
from domain.clients import ClientKind, ClientStatus
from domain.errors import DomainError
from domain.history import AllocationLine, Position
from domain.money import Money
from domain.permissions import Limit, Permission
from domain.requests import RequestNotFound, RequestStatus, check_approver
from loanapp.models.approvals import Approval
from loanapp.models.audit import AuditEvent
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings
from loanapp.models.contracts import LoadedContract, company_holidays, load_contracts
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.models.return_sql import is_returned
from loanapp.queries._query import Tx, query
from loanapp.queries.charged import ChargedInvoice, charged_invoices
from loanapp.queries.requests import Borrower, Simulation, read_borrowers, simulated, terms_of
from loanapp.queries.undone import reversed_lines

_STEP_OF_ACTION = {
    "request.opened": RequestStatus.OPEN,
    "request.approved": RequestStatus.APPROVED,
    "request.declined": RequestStatus.UNAPPROVED,
    "request.disbursed": RequestStatus.ACTIVE,
    "request.lost": RequestStatus.LOST,
    "request.reopened": RequestStatus.ACTIVE,
    "request.cancelled": RequestStatus.UNAPPROVED,
}
_PARENT = aliased(Request)


@dataclass(frozen=True, kw_only=True)
class LifeStep:
    """One step of a loan's life: the state it reached, when, by whom, why; `at` is None where only a date is kept."""

    status: str
    on: date
    at: datetime | None = None
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What of a payment went to one invoice, in centavos."""

    invoice_number: int
    amount_cents: int


@dataclass(frozen=True, kw_only=True)
class PaymentLine:
    """One payment of a loan; `credit_cents` is what no invoice took.

    A reversed one counts nowhere: `shares` are then what it had settled.  A returned one failed after the loan was
    renegotiated: it is owed again on the newest loan of the chain.
    """

    payment_id: UUID
    number: int
    received_on: date
    registered_at: datetime
    amount_cents: int
    method: str
    author: str
    note: str
    shares: tuple[Share, ...]
    credit_cents: int
    reversed_on: date | None = None
    is_returned: bool = False


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why the actor may not approve: the code and the values of the refusal that would come."""

    code: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WaitingQuestion:
    """A question about the loan that waits for a second person; the amount in centavos."""

    kind: str
    asked_by: str
    asked_at: datetime
    amount_cents: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestRecord:
    """One loan today; amounts in centavos, rates in percent.

    `simulation` is the plan while no money has left; `invoices` and `payments` are those of a disbursed loan.
    `borrower` is the client's history, for an OPEN one; `needs_reason` says that the actor approves only with a reason.
    `may_write_off` says that writing off what is open today is within the actor's limit.
    """

    request_id: UUID
    number: int
    parent_number: int | None
    status: str
    client_id: UUID
    client_name: str
    is_client_blocked: bool
    borrower: Borrower | None
    principal_cents: int
    plan: str
    step: str
    instalment_count: int
    rate_pct: Decimal
    first_due_date: date
    skip_sundays: bool
    skip_holidays: bool
    annual_cost_pct: Decimal | None
    late_fee_pct: Decimal | None
    mora_pct_month: Decimal | None
    note: str
    business_date: date
    approved_on: date | None
    disbursed_on: date | None
    disbursement_method: str | None
    open_cents: int
    overdue_cents: int
    paid_cents: int
    to_breakeven_cents: int
    credit_cents: int
    client_credit_cents: int
    invoices_paid: int
    next_due_date: date | None
    days_overdue: int
    steps: tuple[LifeStep, ...]
    invoices: tuple[ChargedInvoice, ...]
    payments: tuple[PaymentLine, ...]
    simulation: Simulation | None
    obstacle: Obstacle
    needs_reason: bool
    waiting: tuple[WaitingQuestion, ...]
    may_write_off: bool


@query(Permission.REQUESTS_VIEW)
def request_record(tx: Tx, number: int) -> RequestRecord:
    """Return the loan with a number as it stands today; raise RequestNotFound; seven statements at most."""
    found = tx.session.execute(
        select(Request, Client, _PARENT.number, Approval, User.name)
        .join(Client, Client.id == Request.client_id)
        .outerjoin(_PARENT, _PARENT.id == Request.parent_id)
        .outerjoin(
            Approval,
            and_(
                Approval.request_id == Request.id,
                Approval.status == ApprovalStatus.PENDING,
            ),
        )
        .outerjoin(User, User.id == Approval.asked_by)
        .where(Request.number == number)
        .order_by(Approval.asked_at)
    ).all()
    if not found:
        raise RequestNotFound(number=number)
    request, client, parent_number, _, _ = found[0]
    standing = _standing(tx, request)
    is_open = request.status == RequestStatus.OPEN
    obstacle, needs_reason = _approval(tx, request, client) if is_open else (Obstacle(), False)
    return RequestRecord(
        request_id=request.id,
        number=request.number,
        parent_number=parent_number,
        client_id=client.id,
        client_name=client.name,
        client_credit_cents=client.credit_cents,
        is_client_blocked=client.status == ClientStatus.BLOCKED,
        borrower=read_borrowers(tx, [Client.id == client.id])[0] if is_open else None,
        business_date=tx.business_date,
        annual_cost_pct=request.effective_annual_cost_pct,
        obstacle=obstacle,
        needs_reason=needs_reason,
        steps=_steps(tx, request),
        **{name: getattr(request, name) for name in _KEPT},
        waiting=tuple(_waiting(question, asked_by) for *_, question, asked_by in found if question is not None),
        may_write_off=tx.actor.is_within(Limit.WRITE_OFF_CENTS, standing["open_cents"]),
        **standing,
    )


def _waiting(approval: Approval, asked_by: str) -> WaitingQuestion:
    return WaitingQuestion(
        kind=approval.kind,
        asked_by=asked_by,
        asked_at=approval.asked_at,
        amount_cents=approval.amount_cents,
        reason=approval.reason,
    )


_KEPT = (
    "status", "principal_cents", "plan", "step", "instalment_count", "rate_pct", "first_due_date", "skip_sundays",
    "skip_holidays", "late_fee_pct", "mora_pct_month", "note", "approved_on", "disbursed_on", "disbursement_method",
)  # fmt: skip


def _standing(tx: Tx, request: Request) -> dict[str, Any]:
    """Return what depends on whether money has left: the plan before, the contract's position after."""
    if request.disbursed_on is None or request.status == RequestStatus.UNAPPROVED:
        calendar = BusinessCalendar(company_holidays(tx.session))
        return {
            "simulation": simulated(terms_of(request), request.requested_on, calendar),
            "open_cents": 0, "overdue_cents": 0, "paid_cents": 0, "to_breakeven_cents": 0, "credit_cents": 0,
            "invoices_paid": 0, "next_due_date": None, "days_overdue": 0, "invoices": (), "payments": (),
        }  # fmt: skip
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = loaded.position(tx.business_date)
    invoices = charged_invoices(loaded, position)
    # What a renegotiated loan still lacked is counted on the newest request of its chain (product.md, breakeven).
    is_closed = request.renegotiated_on is not None
    unsettled = [invoice for invoice in invoices if invoice.open_cents]
    return {
        "simulation": None,
        "open_cents": position.total_open.cents,
        "overdue_cents": position.total_overdue.cents,
        "paid_cents": position.total_paid.cents,
        "to_breakeven_cents": 0 if is_closed else max(0, request.principal_cents - position.total_paid.cents),
        "credit_cents": position.credit.cents,
        "invoices_paid": sum(1 for invoice in invoices if invoice.paid_on is not None),
        "next_due_date": min((invoice.due_date for invoice in unsettled), default=None),
        "days_overdue": max((invoice.days_overdue for invoice in unsettled), default=0),
        "invoices": invoices,
        "payments": _payments(tx, loaded, position),
    }


def _payments(tx: Tx, loaded: LoadedContract, position: Position) -> tuple[PaymentLine, ...]:
    lines: dict[UUID, list[AllocationLine]] = {}
    undone = reversed_lines(tx.session, {loaded.request.id: loaded}, position.as_of)
    for line in (*position.allocations, *undone.get(loaded.request.id, ())):
        lines.setdefault(line.payment_id, []).append(line)
    reversed_on = {payment.payment_id: payment.reversed_on for payment in loaded.payments}
    rows = tx.session.execute(
        select(Payment, User.name, is_returned())
        .outerjoin(User, User.id == Payment.registered_by)
        .where(Payment.request_id == loaded.request.id)
        .order_by(Payment.received_on.desc(), Payment.number.desc())
    )
    return tuple(
        PaymentLine(
            payment_id=payment.id,
            number=payment.number,
            received_on=payment.received_on,
            registered_at=payment.registered_at,
            amount_cents=payment.amount_cents,
            method=payment.method,
            author=author or "",
            note=payment.note,
            shares=tuple(
                Share(invoice_number=line.invoice_number, amount_cents=line.parts.total.cents)
                for line in lines.get(payment.id, ())
            ),
            credit_cents=position.credits.get(payment.id, Money.ZERO).cents,
            reversed_on=reversed_on[payment.id],
            is_returned=has_failed,
        )
        for payment, author, has_failed in rows
    )


def _steps(tx: Tx, request: Request) -> tuple[LifeStep, ...]:
    """Return the steps as the audit trail tells them, and the end that only a date tells."""
    events = tx.session.execute(
        select(AuditEvent.action, AuditEvent.business_date, AuditEvent.at, AuditEvent.actor_name, AuditEvent.text)
        .where(AuditEvent.record_id == str(request.id), AuditEvent.action.in_(_STEP_OF_ACTION))
        .order_by(AuditEvent.id)
    )
    steps = [_step(event) for event in events]
    ends = (
        (RequestStatus.PAID, request.paid_on),
        (RequestStatus.RENEGOTIATED, request.renegotiated_on),
    )
    return (*steps, *(LifeStep(status=status.value, on=on) for status, on in ends if on is not None))


def _step(event: Row[*tuple[Any, ...]]) -> LifeStep:
    return LifeStep(
        status=_STEP_OF_ACTION[event.action].value,
        on=event.business_date,
        at=event.at,
        author=event.actor_name,
        reason=json.loads(event.text)["reason"],
    )


def _approval(tx: Tx, request: Request, client: Client) -> tuple[Obstacle, bool]:
    """Return why the actor may not approve an open request, and whether a reason would be asked for."""
    company = tx.session.get_one(CompanySettings, 1)

    def refusal(reason: str) -> DomainError | None:
        may_override = Permission.COMPANY_MANAGE in tx.actor.permissions and bool(reason)
        rates = (company.late_fee_pct, company.mora_pct_month)
        try:
            check_approver(
                tx.actor, requested_by=request.requested_by, principal_cents=request.principal_cents, reason=reason
            )
            check_rates(ClientKind(client.kind), *rates, is_override_allowed=may_override)
        except DomainError as error:
            return error
        return None

    with_reason = refusal("any")
    if with_reason is not None:
        return Obstacle(code=with_reason.code, values=with_reason.values), False
    return Obstacle(), refusal("") is not None
