"""Reads of the loans' list and of a new loan's form: requests by state, borrowers by text, plans simulated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, UnaryExpression, and_, func, or_, select

from domain import masking
from domain.calendar import BusinessCalendar, Step, due_dates
from domain.clients import ClientStatus
from domain.errors import Checks
from domain.instalments import Plan, PlanTerms, build_plan, effective_annual_cost, regular_instalment
from domain.money import Money, total
from domain.payments import check_amount
from domain.permissions import Permission
from domain.requests import RequestStatus, check_first_due_date
from loanapp.models.clients import Client
from loanapp.models.contracts import company_holidays
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.clients import days_since, matches

BORROWERS_MAXIMUM = 8
LARGEST_NUMBER_DIGITS = 15
SHORT_NUMBER_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class RequestsOf:
    """Which requests, in which order (a key of `ORDERS`, `-key` for descending), and which page of them.

    A page past the end is the last one.
    """

    statuses: tuple[RequestStatus, ...]
    search: str = ""
    order: str = "-number"
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class RequestLine:
    """One request of the list; amounts in centavos, `rate_pct` per period; `instalment_cents` of all but the last."""

    number: int
    client_id: UUID
    client_name: str
    status: str
    principal_cents: int
    step: str
    instalment_count: int
    instalment_cents: int
    rate_pct: Decimal
    invoices_paid: int
    invoices_count: int
    open_cents: int
    overdue_cents: int
    days_overdue: int
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class RequestsPage:
    """One page of requests, with the count and the sums (centavos) of the whole filtered set, and counts by state."""

    lines: tuple[RequestLine, ...]
    total: int
    principal_cents: int
    open_cents: int
    overdue_cents: int
    counts: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Borrower:
    """A client as who decides about a loan sees it, identities masked: how the loans before this one went.

    `waiting` counts requests not yet disbursed; `days_late_average` is over all paid invoices, early ones as 0.
    """

    client_id: UUID
    name: str
    tax_id: str
    phone: str
    is_blocked: bool
    blocked_reason: str
    income_cents: int
    waiting: int
    active: int
    paid: int
    renegotiated_or_lost: int
    open_cents: int
    overdue_cents: int
    days_overdue: int
    days_late_average: int | None


@dataclass(frozen=True, kw_only=True)
class RequestForm:
    """What a new request's form begins with: today, a first due date a month away, and the client, if one is known."""

    business_date: date
    first_due_date: date
    borrower: Borrower | None


@dataclass(frozen=True, kw_only=True)
class SimulatedInstalment:
    """One instalment of a simulated plan, amounts in centavos."""

    number: int
    due_date: date
    effective_due_date: date
    principal_cents: int
    interest_cents: int
    original_cents: int


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What a loan would cost: amounts in centavos, `annual_cost_pct` the CET in percent a year."""

    instalments: tuple[SimulatedInstalment, ...]
    principal_cents: int
    interest_cents: int
    total_cents: int
    annual_cost_pct: Decimal


ORDERS: dict[str, tuple[Any, ...]] = {
    "number": (Request.number,),
    "client": (Client.name, Request.number),
    "principal": (Request.principal_cents, Request.number),
    "overdue": (Request.total_value_overdue, Request.number),
}


@query(Permission.REQUESTS_VIEW)
def requests_page(tx: Tx, parameters: RequestsOf) -> RequestsPage:
    """Return a page of the requests in some states whose client or number a text finds; two statements."""
    found = found_by(parameters.search)
    sums = {
        row.status: row
        for row in tx.session.execute(
            select(
                Request.status,
                func.count().label("requests"),
                func.sum(Request.principal_cents).label("principal_cents"),
                func.sum(Request.total_value_open).label("open_cents"),
                func.sum(Request.total_value_overdue).label("overdue_cents"),
            )
            .join(Client, Client.id == Request.client_id)
            .where(*found)
            .group_by(Request.status)
        )
    }
    counted = [sums[status] for status in parameters.statuses if status in sums]
    requests = sum(row.requests for row in counted)
    page = min(parameters.page, max(1, -(-requests // parameters.size)))
    rows = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(Request.status.in_(parameters.statuses), *found)
        .order_by(*_order(parameters.order))
        .offset((page - 1) * parameters.size)
        .limit(parameters.size)
    )
    return RequestsPage(
        lines=tuple(_line(tx, request, name) for request, name in rows),
        total=requests,
        principal_cents=sum(int(row.principal_cents) for row in counted),
        open_cents=sum(int(row.open_cents) for row in counted),
        overdue_cents=sum(int(row.overdue_cents) for row in counted),
        counts={status: row.requests for status, row in sums.items()},
    )


def found_by(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions on `Request` and `Client` of a search: a request's number, or what finds its client.

    One to three digits are a number only: as part of a CPF or a phone they would find almost everybody.
    """
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= LARGEST_NUMBER_DIGITS):
        return matches(text)
    is_number = Request.number == int(text)
    return [is_number if len(text) <= SHORT_NUMBER_DIGITS else or_(is_number, and_(*matches(text)))]


def _order(order: str) -> list[UnaryExpression[Any]]:
    columns = ORDERS[order.removeprefix("-")]
    return [column.desc() if order.startswith("-") else column.asc() for column in columns]


def _line(tx: Tx, request: Request, client_name: str) -> RequestLine:
    return RequestLine(
        number=request.number,
        client_id=request.client_id,
        client_name=client_name,
        status=request.status,
        principal_cents=request.principal_cents,
        step=request.step,
        instalment_count=request.instalment_count,
        instalment_cents=regular_instalment(terms_of(request)).cents,
        rate_pct=request.rate_pct,
        invoices_paid=request.invoices_paid,
        invoices_count=request.invoices_count,
        open_cents=request.total_value_open,
        overdue_cents=request.total_value_overdue,
        days_overdue=days_since(tx, request.overdue_since),
        requested_at=request.requested_at,
    )


def terms_of(request: Request) -> PlanTerms:
    """Return the terms from which a request's plan is built."""
    return PlanTerms(
        principal=Money(request.principal_cents),
        plan=Plan(request.plan),
        step=Step(request.step),
        count=request.instalment_count,
        rate_pct=request.rate_pct,
        first_due_date=request.first_due_date,
        skip_sundays=request.skip_sundays,
        skip_holidays=request.skip_holidays,
    )


@query(Permission.REQUESTS_VIEW)
def borrowers(tx: Tx, text: str) -> tuple[Borrower, ...]:
    """Return at most eight clients that a text finds, by name; nothing for an empty text."""
    conditions = matches(text)
    return read_borrowers(tx, conditions) if conditions else ()


def read_borrowers(tx: Tx, conditions: list[ColumnElement[bool]]) -> tuple[Borrower, ...]:
    """Return at most eight clients with their history, in one statement."""
    found = select(Client.id).where(*conditions).order_by(Client.name, Client.id).limit(BORROWERS_MAXIMUM).subquery()
    days_late = func.avg(func.greatest(0, Invoice.paid_on - Invoice.effective_due_date))
    average = (
        select(days_late)
        .join(Request, Request.id == Invoice.request_id)
        .where(Request.client_id == Client.id, Invoice.paid_on.is_not(None))
        .correlate(Client)
        .scalar_subquery()
    )
    rows = tx.session.execute(
        select(
            Client,
            average.label("days_late_average"),
            func.coalesce(func.sum(Request.total_value_open), 0).label("open_cents"),
            func.coalesce(func.sum(Request.total_value_overdue), 0).label("overdue_cents"),
            func.min(Request.overdue_since).label("overdue_since"),
            _counted(RequestStatus.OPEN, RequestStatus.APPROVED).label("waiting"),
            _counted(RequestStatus.ACTIVE).label("active"),
            _counted(RequestStatus.PAID).label("paid"),
            _counted(RequestStatus.RENEGOTIATED, RequestStatus.LOST).label("renegotiated_or_lost"),
        )
        .join(found, found.c.id == Client.id)
        .outerjoin(Request, Request.client_id == Client.id)
        .group_by(Client.id)
        .order_by(Client.name, Client.id)
    )
    return tuple(_borrower(tx, row) for row in rows)


def _counted(*statuses: RequestStatus) -> ColumnElement[int]:
    return func.count(Request.id).filter(Request.status.in_(statuses))


def _borrower(tx: Tx, row: Row[Any]) -> Borrower:
    client: Client = row.Client
    return Borrower(
        client_id=client.id,
        name=client.name,
        tax_id=masking.tax_id(client.tax_id),
        phone=masking.phone(client.phone),
        is_blocked=client.status == ClientStatus.BLOCKED,
        blocked_reason=client.blocked_reason,
        income_cents=client.income_cents,
        waiting=row.waiting,
        active=row.active,
        paid=row.paid,
        renegotiated_or_lost=row.renegotiated_or_lost,
        open_cents=int(row.open_cents),
        overdue_cents=int(row.overdue_cents),
        days_overdue=days_since(tx, row.overdue_since),
        days_late_average=None if row.days_late_average is None else round(row.days_late_average),
    )


@query(Permission.REQUESTS_OPEN)
def request_form(tx: Tx, client_id: UUID | None) -> RequestForm:
    """Return what a new request's form begins with; an id that is no client's counts as none."""
    found = read_borrowers(tx, [Client.id == client_id]) if client_id else ()
    return RequestForm(
        business_date=tx.business_date,
        first_due_date=due_dates(tx.business_date, Step.MONTHLY, 2, BusinessCalendar())[1],
        borrower=found[0] if found else None,
    )


@query(Permission.REQUESTS_VIEW)
def simulate(tx: Tx, terms: PlanTerms) -> Simulation:
    """Return the plan that the terms give, released today, with the company's holidays; raise errors by field."""
    checks = Checks()
    checks.take("principal", check_amount, terms.principal)
    checks.take("first_due_date", check_first_due_date, terms.first_due_date, business_date=tx.business_date)
    checks.finish()
    return simulated(terms, tx.business_date, BusinessCalendar(company_holidays(tx.session)))


def simulated(terms: PlanTerms, released_on: date, calendar: BusinessCalendar) -> Simulation:
    """Return the plan of some terms and what it costs when the money is released on a date."""
    plan = build_plan(terms, calendar)
    interest = total(instalment.interest for instalment in plan)
    return Simulation(
        instalments=tuple(
            SimulatedInstalment(
                number=instalment.number,
                due_date=instalment.due_date,
                effective_due_date=instalment.effective_due_date,
                principal_cents=instalment.principal.cents,
                interest_cents=instalment.interest.cents,
                original_cents=instalment.original.cents,
            )
            for instalment in plan
        ),
        principal_cents=terms.principal.cents,
        interest_cents=interest.cents,
        total_cents=(terms.principal + interest).cents,
        annual_cost_pct=effective_annual_cost(
            terms.principal, released_on, [(instalment.due_date, instalment.original) for instalment in plan]
        ),
    )
