"""The statement of a request for programs: one document, in the shape of money.md §8, as of any business date.

In the past it answers from what stood then (payments by `received_on`, the rest by its own date), in the future as if
nothing more is paid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import aliased

from domain.history import AllocationLine, InvoicePosition, PaymentFact, Position
from domain.invoices import InvoiceStatus
from domain.permissions import Permission
from domain.requests import RequestNotFound, RequestStatus
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query

Document = dict[str, Any]

_PARENT = aliased(Request)
_ROOT = aliased(Request)


@dataclass(frozen=True, kw_only=True)
class StatementsOf:
    """Which requests, by the number users see, as of which business date."""

    numbers: tuple[int, ...]
    as_of: date


@query(Permission.REQUESTS_VIEW)
def request_numbers(tx: Tx, as_of: date) -> tuple[int, ...]:
    """Return the numbers of all requests made on or before a date, in order."""
    return tuple(
        tx.session.scalars(select(Request.number).where(Request.requested_on <= as_of).order_by(Request.number))
    )


@query(Permission.REQUESTS_VIEW)
def request_id_of(tx: Tx, number: int) -> UUID | None:
    """Return the id of the request with this number, None when there is none."""
    return tx.session.scalar(select(Request.id).where(Request.number == number))


@query(Permission.REQUESTS_VIEW)
def statements(tx: Tx, parameters: StatementsOf) -> list[Document]:
    """Return a document per request, by number; raise RequestNotFound where a number did not exist on that date."""
    return statements_in(tx, parameters)


def statements_in(tx: Tx, parameters: StatementsOf) -> list[Document]:
    """Return the documents of `statements` inside a read that somebody else opened."""
    rows = tx.session.execute(_requests(parameters)).all()
    if len(rows) != len(set(parameters.numbers)):
        found = {row.number for row in rows}
        raise RequestNotFound(number=next(number for number in parameters.numbers if number not in found))
    contracts = load_contracts(tx.session, [row.id for row in rows])
    return [_document(row, contracts.get(row.id), parameters.as_of) for row in rows]


def _requests(parameters: StatementsOf) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Request.id, Request.number, Request.status, Request.requested_on, Request.approved_on,
            Request.unapproved_on, Request.disbursed_on, Request.renegotiated_on, Request.lost_on,
            Request.principal_cents, Request.late_fee_pct, Request.mora_pct_month,
            Client.name.label("client_name"), _PARENT.number.label("parent_number"), _ROOT.number.label("root_number"),
        )
        .join(Client, Client.id == Request.client_id)
        .outerjoin(_PARENT, _PARENT.id == Request.parent_id)
        .join(_ROOT, _ROOT.id == Request.root_id)
        .where(Request.number.in_(parameters.numbers), Request.requested_on <= parameters.as_of)
        .order_by(Request.number)
    )  # fmt: skip


def _document(row: Row[*tuple[Any, ...]], loaded: LoadedContract | None, as_of: date) -> Document:
    is_disbursed = loaded is not None and row.disbursed_on is not None and row.disbursed_on <= as_of
    position = loaded.position(as_of) if loaded is not None and is_disbursed else None
    status = _status(row, position, as_of)
    is_approved = row.approved_on is not None and row.approved_on <= as_of
    paid_cents = position.total_paid.cents if position else 0
    lent_cents = row.principal_cents if position and status is not RequestStatus.RENEGOTIATED else 0
    return {
        "request": row.number,
        "client": row.client_name,
        "status": status.value,
        "as_of": as_of.isoformat(),
        "disbursed_on": row.disbursed_on.isoformat() if is_disbursed else None,
        "principal_cents": row.principal_cents,
        "parent_request": row.parent_number,
        "root_request": row.root_number,
        "renegotiated_on": row.renegotiated_on.isoformat() if status is RequestStatus.RENEGOTIATED else None,
        "late_fee_pct": _percent(row.late_fee_pct) if is_approved else None,
        "mora_pct_month": _percent(row.mora_pct_month) if is_approved else None,
        "mora_base_total_cents": sum(i.mora_base.cents for i in loaded.contract.invoices) if loaded and position else 0,
        "invoices": list(_invoices(loaded, position)) if loaded and position else [],
        "total_open_cents": position.total_open.cents if position else 0,
        "credit_cents": position.credit.cents if position else 0,
        "total_value_paid_cents": paid_cents,
        "total_value_to_breakeven_cents": max(0, lent_cents - paid_cents),
    }


def _status(row: Row[*tuple[Any, ...]], position: Position | None, as_of: date) -> RequestStatus:
    """Tell the state on a date from the dates of the moves, and PAID from the position."""
    dated = (
        (row.renegotiated_on, RequestStatus.RENEGOTIATED),
        (row.lost_on, RequestStatus.LOST),
        (row.unapproved_on, RequestStatus.UNAPPROVED),
    )
    for on, status in dated:
        if on is not None and on <= as_of:
            return status
    if position is not None:
        return RequestStatus.PAID if position.is_paid else RequestStatus.ACTIVE
    is_approved = row.approved_on is not None and row.approved_on <= as_of
    return RequestStatus.APPROVED if is_approved else RequestStatus.OPEN


def _invoices(loaded: LoadedContract, position: Position) -> Iterable[Document]:
    payments = {payment.payment_id: payment for payment in loaded.payments}
    lines: dict[int, list[AllocationLine]] = {}
    for line in position.allocations:
        lines.setdefault(line.invoice_number, []).append(line)
    for invoice in position.invoices:
        row = loaded.invoice_rows[invoice.number]
        is_renegotiated = invoice.status is InvoiceStatus.RENEGOTIATED
        yield {
            "number": invoice.number,
            "due_date": row.due_date.isoformat(),
            "effective_due_date": row.effective_due_date.isoformat(),
            "status": invoice.status.value,
            "original_cents": row.original_cents,
            "principal_cents": row.principal_cents,
            "interest_cents": row.interest_cents,
            "mora_base_cents": row.mora_base_cents,
            "late_fee_cents": invoice.late_fee.cents,
            "mora_cents": invoice.mora.cents,
            "waived_cents": invoice.waived.cents,
            "paid_cents": invoice.paid.total.cents,
            "open_cents": 0 if is_renegotiated else _open_cents(invoice),
            "days_overdue": invoice.days_overdue,
            "payments": [_payment(payments[line.payment_id], line) for line in lines.get(invoice.number, [])],
        }


def _open_cents(invoice: InvoicePosition) -> int:
    owed = invoice.original + invoice.late_fee + invoice.mora - invoice.waived - invoice.paid.total
    return owed.cents


def _payment(payment: PaymentFact, line: AllocationLine) -> Document:
    return {
        "payment": str(payment.payment_id),
        "received_on": payment.received_on.isoformat(),
        "amount_cents": line.parts.total.cents,
        "mora_cents": line.parts.mora.cents,
        "late_fee_cents": line.parts.late_fee.cents,
        "interest_cents": line.parts.interest.cents,
        "principal_cents": line.parts.principal.cents,
        "reversed": payment.reversed_on is not None,
    }


def _percent(percent: Decimal) -> str:
    """Two decimals, more only where they say something: `2.00`, `0.0333`."""
    exact = percent.normalize()
    return f"{exact:.2f}" if exact == exact.quantize(Decimal("0.01")) else f"{exact:f}"
