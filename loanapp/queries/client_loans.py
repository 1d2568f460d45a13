"""Reads about one borrower's loans and their invoices, for the tabs of the record."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, select

from domain.invoices import InvoiceStatus
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.clients import days_since

LOANS_MAXIMUM = 50
UNSETTLED = (InvoiceStatus.OPEN, InvoiceStatus.UNPAID)


@dataclass(frozen=True, kw_only=True)
class InvoiceMark:
    """One invoice in the strip of its loan."""

    number: int
    status: InvoiceStatus
    effective_due_date: date
    is_due_today: bool
    is_part_paid: bool
    days_overdue: int


@dataclass(frozen=True, kw_only=True)
class ClientLoan:
    """One loan of a client; `invoices` only while it runs."""

    request_id: UUID
    number: int
    status: RequestStatus
    requested_on: date
    principal_cents: int
    instalment_count: int
    invoices_paid: int
    open_cents: int
    overdue_cents: int
    days_overdue: int
    next_due_date: date | None
    invoices: tuple[InvoiceMark, ...]


@dataclass(frozen=True, kw_only=True)
class ClientLoans:
    """The newest loans of a client, at most `LOANS_MAXIMUM` of `total`."""

    loans: tuple[ClientLoan, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class ClientInvoicesFilter:
    """Which page of a client's invoices; `page` counts from 1, and one past the end is the last page."""

    client_id: UUID
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class ClientInvoice:
    """One invoice of a client. `charges_cents` is its late fee and mora."""

    request_id: UUID
    request_number: int
    number: int
    instalment_count: int
    due_date: date
    effective_due_date: date
    status: InvoiceStatus
    is_due_today: bool
    is_part_paid: bool
    days_overdue: int
    original_cents: int
    charges_cents: int
    paid_cents: int
    open_cents: int


@dataclass(frozen=True, kw_only=True)
class ClientInvoicesPage:
    """The lines of one page, and count and open sum of all the client's invoices."""

    lines: tuple[ClientInvoice, ...]
    total: int
    open_cents: int


@query(Permission.CLIENTS_VIEW)
def client_loans(tx: Tx, client_id: UUID) -> ClientLoans:
    """Return a client's loans, the newest first, with the invoices of those that run; three statements."""
    total = tx.session.scalar(select(func.count()).where(Request.client_id == client_id)) or 0
    requests = tx.session.scalars(
        select(Request).where(Request.client_id == client_id).order_by(Request.number.desc()).limit(LOANS_MAXIMUM)
    ).all()
    marks = _marks(tx, [request.id for request in requests if request.status == RequestStatus.ACTIVE])
    return ClientLoans(loans=tuple(_loan(tx, request, marks) for request in requests), total=total)


def _marks(tx: Tx, request_ids: Sequence[UUID]) -> dict[UUID, tuple[InvoiceMark, ...]]:
    rows = tx.session.execute(
        select(
            Invoice.request_id, Invoice.number, Invoice.status, Invoice.effective_due_date,
            Invoice.paid_cents, Invoice.waived_cents,
        )
        .where(Invoice.request_id.in_(request_ids))
        .order_by(Invoice.request_id, Invoice.number)
    )  # fmt: skip
    marks: defaultdict[UUID, list[InvoiceMark]] = defaultdict(list)
    for row in rows:
        marks[row.request_id].append(InvoiceMark(number=row.number, **_state(tx, row)))
    return {request_id: tuple(of_request) for request_id, of_request in marks.items()}


def _state(tx: Tx, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    status = InvoiceStatus(row.status)
    is_unsettled = status in UNSETTLED
    return {
        "status": status,
        "effective_due_date": row.effective_due_date,
        "is_due_today": is_unsettled and row.effective_due_date == tx.business_date,
        "is_part_paid": is_unsettled and row.paid_cents + row.waived_cents > 0,
        "days_overdue": days_since(tx, row.effective_due_date) if is_unsettled else 0,
    }


def _loan(tx: Tx, request: Request, marks: dict[UUID, tuple[InvoiceMark, ...]]) -> ClientLoan:
    return ClientLoan(
        request_id=request.id,
        number=request.number,
        status=RequestStatus(request.status),
        requested_on=request.requested_on,
        principal_cents=request.principal_cents,
        instalment_count=request.invoices_count,
        invoices_paid=request.invoices_paid,
        open_cents=request.total_value_open,
        overdue_cents=request.total_value_overdue,
        days_overdue=days_since(tx, request.overdue_since),
        next_due_date=request.next_due_date,
        invoices=marks.get(request.id, ()),
    )


@query(Permission.INVOICES_VIEW)
def client_invoices(tx: Tx, parameters: ClientInvoicesFilter) -> ClientInvoicesPage:
    """Return one page of a client's invoices, what is unsettled first, by effective due date; two statements."""
    of_client = Request.client_id == parameters.client_id
    total, open_cents = tx.session.execute(
        select(func.count(), func.coalesce(func.sum(Invoice.open_cents), 0))
        .join(Request, Request.id == Invoice.request_id)
        .where(of_client)
    ).one()
    page = min(parameters.page, max(1, -(-total // parameters.size)))
    rows = tx.session.execute(
        select(
            Invoice.request_id, Request.number.label("request_number"), Invoice.number, Request.instalment_count,
            Invoice.due_date, Invoice.effective_due_date, Invoice.status, Invoice.original_cents,
            Invoice.late_fee_cents, Invoice.mora_cents, Invoice.paid_cents, Invoice.waived_cents, Invoice.open_cents,
        )
        .join(Request, Request.id == Invoice.request_id)
        .where(of_client)
        .order_by(case((Invoice.status.in_(UNSETTLED), 0), else_=1), Invoice.effective_due_date, Invoice.id)
        .limit(parameters.size)
        .offset((page - 1) * parameters.size)
    )  # fmt: skip
    return ClientInvoicesPage(lines=tuple(_invoice(tx, row) for row in rows), total=total, open_cents=int(open_cents))


def _invoice(tx: Tx, row: Row[*tuple[Any, ...]]) -> ClientInvoice:
    return ClientInvoice(
        request_id=row.request_id,
        request_number=row.request_number,
        number=row.number,
        instalment_count=row.instalment_count,
        due_date=row.due_date,
        original_cents=row.original_cents,
        charges_cents=row.late_fee_cents + row.mora_cents,
        paid_cents=row.paid_cents,
        open_cents=row.open_cents,
        **_state(tx, row),
    )
