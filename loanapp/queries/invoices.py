"""Reads about invoices: a page of the list with count and sums of all it filters, and one invoice with its calculation.

The list reads the stored columns, which the cycles bring to each business date; the record replays its one contract.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from domain import charges
from domain.errors import NotFound
from domain.invoices import InvoiceStatus
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Allocation, Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.calculations import ExplainedInvoice, ExplainedPayment, asked_day, explained
from loanapp.queries.charged import ChargedInvoice
from loanapp.queries.clients import matches

NEXT_DAYS = 7
_OWED = (InvoiceStatus.OPEN, InvoiceStatus.UNPAID)


class InvoiceNotFound(NotFound):
    """No such invoice."""

    code = "invoice.not_found"


class Aging(StrEnum):
    """The buckets of days overdue (ux.md §2.3)."""

    NOT_OVERDUE = "NOT_OVERDUE"
    DAYS_1_TO_15 = "DAYS_1_TO_15"
    DAYS_16_TO_30 = "DAYS_16_TO_30"
    DAYS_31_TO_60 = "DAYS_31_TO_60"
    DAYS_61_TO_90 = "DAYS_61_TO_90"
    DAYS_OVER_90 = "DAYS_OVER_90"


# The last day overdue of each bucket; the newest bucket has no first day, the oldest no last one.
AGING_LAST_DAY: dict[Aging, int | None] = {
    Aging.NOT_OVERDUE: 0,
    Aging.DAYS_1_TO_15: 15,
    Aging.DAYS_16_TO_30: 30,
    Aging.DAYS_31_TO_60: 60,
    Aging.DAYS_61_TO_90: 90,
    Aging.DAYS_OVER_90: None,
}


class InvoicesView(StrEnum):
    """Which invoices a list holds. All but ALL hold what is still owed of running loans."""

    DUE_TODAY = "DUE_TODAY"
    OVERDUE = "OVERDUE"
    NEXT_7_DAYS = "NEXT_7_DAYS"
    PART_PAID = "PART_PAID"
    ALL = "ALL"


class InvoicesOrder(StrEnum):
    """What a list is sorted by; the effective due date breaks ties."""

    DUE_DATE = "DUE_DATE"
    OPEN = "OPEN"


@dataclass(frozen=True, kw_only=True)
class InvoicesFilter:
    """What a list shows; OR inside a field, AND across them; `page` counts from 1, one past the end is the last.

    `received_on` keeps the invoices that took part of a payment received on that date.
    """

    view: InvoicesView = InvoicesView.DUE_TODAY
    aging: frozenset[Aging] = frozenset()
    status: InvoiceStatus | None = None
    due_on: date | None = None
    received_on: date | None = None
    text: str = ""
    order: InvoicesOrder = InvoicesOrder.DUE_DATE
    is_descending: bool = False
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """One invoice in a list, as the cycles left it on `mora_through`.

    `charges_cents` is late fee and mora charged so far, paid or not; `is_late_fee_pending` says that it is overdue
    and the `overdue` cycle has not seen it.
    """

    invoice_id: int
    request_number: int
    client_id: UUID
    client_name: str
    number: int
    count: int
    due_date: date
    effective_due_date: date
    status: InvoiceStatus
    days_overdue: int
    is_due_today: bool
    is_part_paid: bool
    is_late_fee_pending: bool
    original_cents: int
    charges_cents: int
    open_cents: int


@dataclass(frozen=True, kw_only=True)
class InvoicesPage:
    """The lines of one page, and count and sums of the whole filtered set.

    `charged_through` is the earliest date up to which an overdue line's mora was brought, where that is not today.
    `is_book_empty` tells a filter that matches nothing from a book without invoices.
    """

    lines: tuple[InvoiceLine, ...]
    total: int
    original_cents: int
    charges_cents: int
    open_cents: int
    charged_through: date | None
    is_book_empty: bool


@query(Permission.INVOICES_VIEW)
def due_list(tx: Tx, parameters: InvoicesFilter) -> InvoicesPage:
    """Return one page of the invoices that the filter keeps, with the count and the sums of all of them."""
    conditions = _conditions(parameters, tx.business_date)
    total, original_cents, charges_cents, open_cents = tx.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Invoice.original_cents), 0),
            func.coalesce(func.sum(Invoice.late_fee_cents + Invoice.mora_cents), 0),
            func.coalesce(func.sum(Invoice.open_cents), 0),
        ).where(*conditions)
    ).one()
    rows = _page_rows(tx, parameters, conditions, total) if total else []
    lines = tuple(_line(row, tx.business_date) for row in rows)
    return InvoicesPage(
        lines=lines,
        total=total,
        original_cents=int(original_cents),
        charges_cents=int(charges_cents),
        open_cents=int(open_cents),
        charged_through=_charged_through(rows, tx.business_date),
        is_book_empty=not total and tx.session.scalar(select(Invoice.id).limit(1)) is None,
    )


def _page_rows(
    tx: Tx, parameters: InvoicesFilter, conditions: Iterable[ColumnElement[bool]], total: int
) -> list[Row[Any]]:
    """Choose the page's invoices first, so that clients and requests are looked up for them alone."""
    page = min(parameters.page, -(-total // parameters.size))
    keys = {
        InvoicesOrder.DUE_DATE: (Invoice.effective_due_date, Invoice.id),
        InvoicesOrder.OPEN: (Invoice.open_cents, Invoice.effective_due_date, Invoice.id),
    }[parameters.order]
    order = [key.desc() for key in keys] if parameters.is_descending else list(keys)
    chosen = (
        select(Invoice.id)
        .where(*conditions)
        .order_by(*order)
        .limit(parameters.size)
        .offset((page - 1) * parameters.size)
        .subquery()
    )
    statement = (
        select(
            Invoice.id, Invoice.number, Invoice.due_date, Invoice.effective_due_date, Invoice.status,
            Invoice.original_cents, Invoice.late_fee_cents, Invoice.mora_cents, Invoice.paid_cents,
            Invoice.open_cents, Request.number.label("request_number"), Request.instalment_count, Request.mora_through,
            Request.client_id, Client.name.label("client_name"),
        )
        .join(chosen, chosen.c.id == Invoice.id)
        .join(Request, Request.id == Invoice.request_id)
        .join(Client, Client.id == Request.client_id)
        .order_by(*order)
    )  # fmt: skip
    return list(tx.session.execute(statement))


def still_owed() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on `Invoice` of what is still owed of running loans: what was lost is not collected."""
    lost = select(Request.id).where(Request.status == RequestStatus.LOST)
    return Invoice.status.in_(_OWED), Invoice.request_id.not_in(lost)


def _conditions(parameters: InvoicesFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    due = Invoice.effective_due_date
    if parameters.view is not InvoicesView.ALL or parameters.aging:
        conditions += still_owed()
    conditions += {
        InvoicesView.DUE_TODAY: [due == today],
        InvoicesView.OVERDUE: [due < today],
        InvoicesView.NEXT_7_DAYS: [due > today, due <= today + timedelta(days=NEXT_DAYS)],
        InvoicesView.PART_PAID: [Invoice.paid_cents > 0],
        InvoicesView.ALL: [],
    }[parameters.view]
    if parameters.aging:
        conditions.append(or_(*(_is_in_bucket(bucket, today) for bucket in sorted(parameters.aging))))
    if parameters.status is not None:
        conditions.append(Invoice.status == parameters.status)
    if parameters.due_on is not None:
        conditions.append(or_(due == parameters.due_on, Invoice.due_date == parameters.due_on))
    if parameters.received_on is not None:
        paid = select(Allocation.invoice_id).join(Payment, Payment.id == Allocation.payment_id)
        counts = ~select(Reversal.id).where(Reversal.payment_id == Payment.id).exists()
        conditions.append(Invoice.id.in_(paid.where(Payment.received_on == parameters.received_on, counts)))
    if parameters.text.strip():
        of_clients = select(Request.id).join(Client, Client.id == Request.client_id).where(*matches(parameters.text))
        conditions.append(Invoice.request_id.in_(of_clients))
    return conditions


def _is_in_bucket(bucket: Aging, today: date) -> ColumnElement[bool]:
    """Say in SQL whether an effective due date lies in a bucket: days overdue are calendar days (money.md §1)."""
    due = Invoice.effective_due_date
    first, last = aging_days(bucket)
    bounds = []
    if first is not None:
        bounds.append(due <= today - timedelta(days=first))
    if last is not None:
        bounds.append(due >= today - timedelta(days=last))
    return and_(*bounds)


def aging_days(bucket: Aging) -> tuple[int | None, int | None]:
    """Return the first and the last day overdue of a bucket.

    >>> aging_days(Aging.NOT_OVERDUE), aging_days(Aging.DAYS_16_TO_30), aging_days(Aging.DAYS_OVER_90)
    ((None, 0), (16, 30), (91, None))
    """
    buckets = list(AGING_LAST_DAY)
    place = buckets.index(bucket)
    before = AGING_LAST_DAY[buckets[place - 1]] if place else None
    return None if before is None else before + 1, AGING_LAST_DAY[bucket]


def _charged_through(rows: Iterable[Row[Any]], today: date) -> date | None:
    behind = (
        row.mora_through
        for row in rows
        if row.status in _OWED and row.effective_due_date < today and row.mora_through < today
    )
    return min(behind, default=None)


def _line(row: Row[Any], today: date) -> InvoiceLine:
    status = InvoiceStatus(row.status)
    is_owed = status in _OWED
    days_overdue = charges.days_overdue(row.effective_due_date, today) if is_owed else 0
    return InvoiceLine(
        invoice_id=row.id,
        request_number=row.request_number,
        client_id=row.client_id,
        client_name=row.client_name,
        number=row.number,
        count=row.instalment_count,
        due_date=row.due_date,
        effective_due_date=row.effective_due_date,
        status=status,
        days_overdue=days_overdue,
        is_due_today=is_owed and row.effective_due_date == today,
        is_part_paid=is_owed and row.paid_cents > 0,
        is_late_fee_pending=bool(days_overdue) and status is InvoiceStatus.OPEN,
        original_cents=row.original_cents,
        charges_cents=row.late_fee_cents + row.mora_cents,
        open_cents=row.open_cents,
    )


@dataclass(frozen=True, kw_only=True)
class InvoiceAsked:
    """Which invoice, and the day it would be paid on, charges counted as of it: today where none is given."""

    invoice_id: int
    pay_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceRecord:
    """One invoice of a contract replayed to `as_of`; `explained` is None where it was cancelled.

    `status` is the stored one; `charged_through` is the date up to which the cycles brought the stored charges.
    Percentages are the contract's own.  `carried_from` is the first loan of the chain where the contract is an
    agreement; `previous_id` and `next_id` are the neighbours in the plan.
    """

    invoice_id: int
    previous_id: int | None
    next_id: int | None
    request_id: UUID
    request_number: int
    carried_from: int | None
    client_id: UUID
    client_name: str
    number: int
    count: int
    due_date: date
    effective_due_date: date
    status: InvoiceStatus
    original_cents: int
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    charged_through: date
    today: date
    as_of: date
    explained: ExplainedInvoice | None

    @property
    def charged(self) -> ChargedInvoice | None:
        """The invoice with its charges as of the day."""
        return self.explained.charged if self.explained else None

    @property
    def payments(self) -> tuple[ExplainedPayment, ...]:
        """What went to the invoice, reversed payments included."""
        return self.explained.payments if self.explained else ()


@query(Permission.INVOICES_VIEW)
def invoice_record(tx: Tx, parameters: InvoiceAsked) -> InvoiceRecord:
    """Return one invoice as if paid on a day; raise InvoiceNotFound, CalculationBeforeDisbursement at `ate`."""
    root = aliased(Request)
    head = tx.session.execute(
        select(
            Invoice.request_id, Invoice.number, Request.number.label("request_number"), Request.instalment_count,
            Request.client_id, Request.parent_id, Client.name.label("client_name"), root.number.label("root_number"),
        )
        .join(Request, Request.id == Invoice.request_id)
        .join(root, root.id == Request.root_id)
        .join(Client, Client.id == Request.client_id)
        .where(Invoice.id == parameters.invoice_id)
    ).one_or_none()  # fmt: skip
    if head is None:
        raise InvoiceNotFound
    loaded = load_contracts(tx.session, [head.request_id])[head.request_id]
    as_of = asked_day(tx, loaded, parameters.pay_on, field="ate")
    invoice, request = loaded.invoice_rows[head.number], loaded.request
    ids = {number: row.id for number, row in loaded.invoice_rows.items()}
    return InvoiceRecord(
        invoice_id=invoice.id,
        previous_id=ids.get(head.number - 1),
        next_id=ids.get(head.number + 1),
        request_id=request.id,
        request_number=head.request_number,
        carried_from=head.root_number if head.parent_id is not None else None,
        client_id=head.client_id,
        client_name=head.client_name,
        number=invoice.number,
        count=head.instalment_count,
        due_date=invoice.due_date,
        effective_due_date=invoice.effective_due_date,
        status=InvoiceStatus(invoice.status),
        original_cents=invoice.original_cents,
        late_fee_pct=request.late_fee_pct,
        mora_pct_month=request.mora_pct_month,
        charged_through=min(request.overdue_through, request.mora_through),
        today=tx.business_date,
        as_of=as_of,
        explained=next(iter(explained(tx, loaded, loaded.position(as_of), [invoice.number])), None),
    )
