"""Use cases of a loan request: open, approve, decline, disburse."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from domain.calendar import BusinessCalendar, Step
from domain.charges import check_rates
from domain.clients import ClientBlocked, ClientKind, ClientNotFound, ClientStatus, optional_text, required_text
from domain.errors import Checks, Conflict
from domain.guarantors import Guarantor, GuarantorTyped, check_guarantor
from domain.instalments import Instalment, Plan, PlanTerms, build_plan, effective_annual_cost
from domain.money import Money
from domain.payments import PaymentMethod, check_amount
from domain.permissions import Permission
from domain.requests import (
    DisbursementDateImpossible,
    FirstDueBeforeDisbursement,
    ReasonMissing,
    RequestNotFound,
    RequestStatus,
    check_approver,
    check_first_due_date,
    check_move,
)
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings
from loanapp.models.contracts import company_holidays
from loanapp.models.guarantors import guarantor_of
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.services import _audit, _guarantors, _positions
from loanapp.services._use_case import Tx, use_case

NOTE_LENGTH_MAXIMUM = 1000


class RequestIdTaken(Conflict):
    """The id belongs to a request with other terms or author."""

    code = "request.id_taken"


@dataclass(frozen=True, kw_only=True)
class OpenRequest:
    """Ask for a loan. `request_id` is made by the caller: the same id and terms twice is one request.

    `guarantor` is who answers for it besides the client; None where nobody does.
    """

    request_id: UUID
    client_id: UUID
    principal: Money
    plan: Plan
    step: Step
    instalment_count: int
    rate_pct: Decimal
    first_due_date: date
    skip_sundays: bool = False
    skip_holidays: bool = False
    note: str = ""
    guarantor: GuarantorTyped | None = None


@dataclass(frozen=True, kw_only=True)
class ApproveRequest:
    """Approve a request; `reason` is needed where a SUPER_ADMIN approves an own one or allows high rates."""

    request_id: UUID
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclineRequest:
    """Decline an open request or withdraw an approval, with a reason."""

    request_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class DisburseRequest:
    """Hand out the money of an approved request on a date not in the future; its invoices are made."""

    request_id: UUID
    method: PaymentMethod
    disbursed_on: date
    first_due_date: date | None = None


@dataclass(frozen=True)
class RequestReceipt:
    """A request's identity and state after a use case."""

    request_id: UUID
    number: int
    status: RequestStatus


@use_case(Permission.REQUESTS_OPEN)
def open_request(tx: Tx, command: OpenRequest) -> RequestReceipt:
    """Open a request for a client that is not blocked; raise `plan.*`, date, guarantor and client errors by field."""
    client = locks.client(tx.session, command.client_id)
    if client is None:
        raise ClientNotFound(field="client_id")
    existing = tx.session.get(Request, command.request_id)
    if existing is not None:
        if not _is_same_order(tx, client, existing, command):
            raise RequestIdTaken
        return _receipt(existing)
    if client.status == ClientStatus.BLOCKED:
        raise ClientBlocked(field="client_id", reason=client.blocked_reason)
    checks = Checks()
    checks.take("principal", check_amount, command.principal)
    checks.take("first_due_date", check_first_due_date, command.first_due_date, business_date=tx.business_date)
    note = checks.take("note", optional_text, command.note, length_maximum=NOTE_LENGTH_MAXIMUM)
    guarantor = _guarantor(checks, client, command)
    checks.finish()
    plan = build_plan(_terms(command, command.first_due_date), _calendar(tx))
    request = Request(
        id=command.request_id,
        client_id=client.id,
        status=RequestStatus.OPEN,
        principal_cents=command.principal.cents,
        plan=command.plan,
        step=command.step,
        instalment_count=command.instalment_count,
        rate_pct=command.rate_pct,
        first_due_date=command.first_due_date,
        skip_sundays=command.skip_sundays,
        skip_holidays=command.skip_holidays,
        effective_annual_cost_pct=_annual_cost(command.principal, tx.business_date, plan),
        note=note,
        requested_by=tx.actor.user_id,
        requested_on=tx.business_date,
        requested_at=tx.now,
        root_id=command.request_id,
    )
    tx.session.add(request)
    tx.session.flush()
    _note_move(tx, client, request, "request.opened", None, after={
        "principal_cents": request.principal_cents, "plan": request.plan, "step": request.step,
        "instalment_count": request.instalment_count, "rate_pct": str(command.rate_pct),
        "first_due_date": request.first_due_date.isoformat(),
    })  # fmt: skip
    _guarantors.write(tx, client, request, guarantor)
    return _receipt(request)


@use_case(Permission.REQUESTS_DECIDE)
def approve(tx: Tx, command: ApproveRequest) -> RequestReceipt:
    """Approve: copy the company's late fee and mora rates to the request; who asked does not approve."""
    client, request = _locked(tx, command.request_id)
    check_move(request.status, RequestStatus.APPROVED)
    check_approver(
        tx.actor, requested_by=request.requested_by, principal_cents=request.principal_cents, reason=command.reason
    )
    company = tx.session.get_one(CompanySettings, 1)
    may_override = Permission.COMPANY_MANAGE in tx.actor.permissions and bool(command.reason.strip())
    check_rates(ClientKind(client.kind), company.late_fee_pct, company.mora_pct_month, is_override_allowed=may_override)
    before = request.status
    request.status, request.approved_on = RequestStatus.APPROVED, tx.business_date
    request.late_fee_pct, request.mora_pct_month = company.late_fee_pct, company.mora_pct_month
    _decide(tx, request, command.reason)
    _note_move(tx, client, request, "request.approved", before, reason=command.reason, after={
        "late_fee_pct": str(company.late_fee_pct), "mora_pct_month": str(company.mora_pct_month),
    })  # fmt: skip
    return _receipt(request)


@use_case(Permission.REQUESTS_DECIDE)
def decline(tx: Tx, command: DeclineRequest) -> RequestReceipt:
    """Decline an open request, or withdraw an approval before the money left."""
    checks = Checks()
    checks.take("reason", required_text, command.reason, length_maximum=NOTE_LENGTH_MAXIMUM)
    if not command.reason.strip():
        raise ReasonMissing(field="reason")
    checks.finish()
    client, request = _locked(tx, command.request_id)
    if request.disbursed_on is None:
        check_move(request.status, RequestStatus.UNAPPROVED)
    else:
        # An active request goes back only with a second person (product.md), which is not this use case.
        check_move(RequestStatus.UNAPPROVED, RequestStatus.UNAPPROVED)
    before = request.status
    request.status, request.unapproved_on = RequestStatus.UNAPPROVED, tx.business_date
    _decide(tx, request, command.reason)
    _note_move(tx, client, request, "request.declined", before, reason=command.reason)
    return _receipt(request)


@use_case(Permission.REQUESTS_DISBURSE)
def disburse(tx: Tx, command: DisburseRequest) -> RequestReceipt:
    """Disburse an approved request and make its invoices; a first due date that passed asks for a new one."""
    client, request = _locked(tx, command.request_id)
    check_move(request.status, RequestStatus.ACTIVE)
    assert request.approved_on is not None
    if not request.approved_on <= command.disbursed_on <= tx.business_date:
        raise DisbursementDateImpossible(field="disbursed_on", earliest=request.approved_on, latest=tx.business_date)
    first_due_date = command.first_due_date or request.first_due_date
    if first_due_date <= command.disbursed_on:
        raise FirstDueBeforeDisbursement(field="first_due_date", first_due_date=first_due_date)
    if command.first_due_date is not None:
        check_first_due_date(command.first_due_date, business_date=command.disbursed_on)
    plan = build_plan(_terms(request, first_due_date), _calendar(tx))
    before = request.status
    request.status = RequestStatus.ACTIVE
    request.first_due_date = first_due_date
    request.disbursed_by, request.disbursed_at = tx.actor.user_id, tx.now
    request.disbursed_on, request.disbursement_method = command.disbursed_on, command.method
    # The contract starts on the day the money left; `settle` brings it to today, should that lie in the past.
    request.overdue_through = request.mora_through = command.disbursed_on
    principal = Money(request.principal_cents)
    request.effective_annual_cost_pct = _annual_cost(principal, command.disbursed_on, plan)
    tx.session.execute(insert(Invoice), [_invoice_row(request.id, instalment) for instalment in plan])
    _positions.settle(tx, client, request, _positions.NOTHING)
    _note_move(tx, client, request, "request.disbursed", before, after={
        "disbursed_on": command.disbursed_on.isoformat(), "method": command.method,
        "amount_cents": request.principal_cents, "invoices": len(plan),
    })  # fmt: skip
    return _receipt(request)


def _is_same_order(tx: Tx, client: Client, request: Request, command: OpenRequest) -> bool:
    """Say whether a request is what the command asked for (P3); a disbursement may have moved its first due date."""
    terms = ("client_id", "plan", "step", "instalment_count", "rate_pct", "skip_sundays", "skip_holidays")
    return (
        all(getattr(request, name) == getattr(command, name) for name in terms)
        and request.principal_cents == command.principal.cents
        and (request.disbursed_on is not None or request.first_due_date == command.first_due_date)
        and request.requested_by == tx.actor.user_id
        and guarantor_of(tx.session, request.id) == _guarantor(Checks(), client, command)
    )


def _guarantor(checks: Checks, client: Client, command: OpenRequest) -> Guarantor | None:
    typed = command.guarantor
    if typed is None or typed.is_empty:
        return None
    return check_guarantor(checks, typed, borrower_tax_id=client.tax_id)


def _invoice_row(request_id: UUID, instalment: Instalment) -> dict[str, Any]:
    original_cents = instalment.original.cents
    return {
        "request_id": request_id,
        "number": instalment.number,
        "due_date": instalment.due_date,
        "effective_due_date": instalment.effective_due_date,
        "principal_cents": instalment.principal.cents,
        "interest_cents": instalment.interest.cents,
        "original_cents": original_cents,
        "late_fee_base_cents": original_cents,
        "mora_base_cents": original_cents,
        "mora_remaining_base_cents": original_cents,
        "mora_since": instalment.effective_due_date,
    }


def _terms(source: OpenRequest | Request, first_due_date: date) -> PlanTerms:
    principal = source.principal if isinstance(source, OpenRequest) else Money(source.principal_cents)
    return PlanTerms(
        principal=principal,
        plan=Plan(source.plan),
        step=Step(source.step),
        count=source.instalment_count,
        rate_pct=source.rate_pct,
        first_due_date=first_due_date,
        skip_sundays=source.skip_sundays,
        skip_holidays=source.skip_holidays,
    )


def _annual_cost(principal: Money, released_on: date, plan: tuple[Instalment, ...]) -> Decimal:
    flows = [(instalment.due_date, instalment.original) for instalment in plan]
    return effective_annual_cost(principal, released_on, flows)


def _calendar(tx: Tx) -> BusinessCalendar:
    return BusinessCalendar(company_holidays(tx.session))


def _decide(tx: Tx, request: Request, reason: str) -> None:
    request.decided_by, request.decided_at = tx.actor.user_id, tx.now
    request.decision_reason = reason.strip()


def _note_move(
    tx: Tx,
    client: Client,
    request: Request,
    action: str,
    before: str | None,
    *,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    _audit.note(
        tx, client, action, "request", request.id,
        before={"status": before} if before else {}, after={"status": request.status, **(after or {})}, reason=reason,
    )  # fmt: skip


def _locked(tx: Tx, request_id: UUID) -> tuple[Client, Request]:
    found = locks.client_of_request(tx.session, request_id)
    if found is None:
        raise RequestNotFound
    return found


def _receipt(request: Request) -> RequestReceipt:
    return RequestReceipt(request.id, request.number, RequestStatus(request.status))
