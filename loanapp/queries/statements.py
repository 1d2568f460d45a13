"""The statement of a request for programs: one document, in the shape of money.md §8, as of any business date.

In the past it answers from what stood then (payments by `received_on`, the rest by its own date), in the future as if
nothing more is paid.
"""

from collections.abc import Iterable, Sequence
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
from loanapp.models.return_sql import returned_by_root
from loanapp.queries._query import Tx, query
from loanapp.queries.losses import lost_on
from loanapp.queries.undone import reversed_lines

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
    before_cents = _received_before(tx, rows, parameters.as_of)
    undone = reversed_lines(tx.session, contracts, parameters.as_of)
    lost = lost_on(tx.session, [row.id for row in rows], parameters.as_of)
    return [
        _document(
            row, contracts.get(row.id), undone.get(row.id, ()), parameters.as_of, before_cents.get(row.id, 0),
            is_lost=row.id in lost,
        )
        for row in rows
    ]  # fmt: skip


def _received_before(tx: Tx, rows: Sequence[Row[*tuple[Any, ...]]], as_of: date) -> dict[UUID, int]:
    """Return, for each agreement among the rows, what the requests before it in its chain received, in centavos.

    Requests of a chain are made one after another, so the numbers tell which came before.
    """
    agreements = {row.id: row for row in rows if row.parent_number is not None}
    if not agreements:
        return {}
    roots = {row.root_id for row in agreements.values()}
    chain = tx.session.execute(select(Request.id, Request.root_id, Request.number).where(Request.root_id.in_(roots)))
    members = chain.all()
    paid = {
        request_id: loaded.position(as_of).total_paid.cents
        for request_id, loaded in load_contracts(tx.session, [member.id for member in members]).items()
    }
    for _, request_id, cents in tx.session.execute(returned_by_root(roots, as_of=as_of)):
        paid[request_id] -= int(cents)
    return {
        row.id: sum(
            paid.get(member.id, 0) for member in members if member.root_id == row.root_id and member.number < row.number
        )
        for row in agreements.values()
    }


def _requests(parameters: StatementsOf) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Request.id, Request.number, Request.status, Request.requested_on, Request.approved_on,
            Request.unapproved_on, Request.disbursed_on, Request.renegotiated_on,
            Request.principal_cents, Request.late_fee_pct, Request.mora_pct_month,
            Client.name.label("client_name"), _PARENT.number.label("parent_number"), _ROOT.number.label("root_number"),
            Request.root_id, _ROOT.principal_cents.label("lent_cents"),
        )
        .join(Client, Client.id == Request.client_id)
        .outerjoin(_PARENT, _PARENT.id == Request.parent_id)
        .join(_ROOT, _ROOT.id == Request.root_id)
        .where(Request.number.in_(parameters.numbers), Request.requested_on <= parameters.as_of)
        .order_by(Request.number)
    )  # fmt: skip


def _document(
    row: Row[*tuple[Any, ...]],
    loaded: LoadedContract | None,
    undone: Sequence[AllocationLine],
    as_of: date,
    before_cents: int,
    *,
    is_lost: bool,
) -> Document:
    is_disbursed = loaded is not None and row.disbursed_on is not None and row.disbursed_on <= as_of
    position = loaded.position(as_of) if loaded is not None and is_disbursed else None
    status = _status(row, position, as_of, is_lost=is_lost)
    is_approved = row.approved_on is not None and row.approved_on <= as_of
    paid_cents = position.total_paid.cents if position else 0
    owes_nothing = status in (RequestStatus.RENEGOTIATED, RequestStatus.UNAPPROVED)
    lent_cents = row.lent_cents if position and not owes_nothing else 0
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
        "mora_base_total_cents": _mora_base_cents(loaded, as_of) if loaded and position else 0,
        "invoices": list(_invoices(loaded, position, undone)) if loaded and position else [],
        "total_open_cents": position.total_open.cents if position else 0,
        "credit_cents": position.credit.cents if position else 0,
        "total_value_paid_cents": paid_cents,
        "total_value_to_breakeven_cents": max(0, lent_cents - before_cents - paid_cents),
    }


def _mora_base_cents(loaded: LoadedContract, as_of: date) -> int:
    return sum(invoice.mora_base.cents for invoice in loaded.contract.invoices if invoice.stands_on(as_of))


def _status(row: Row[*tuple[Any, ...]], position: Position | None, as_of: date, *, is_lost: bool) -> RequestStatus:
    """Tell the state on a date from the dates of the moves, and PAID from the position."""
    dated = (
        (row.renegotiated_on, RequestStatus.RENEGOTIATED),
        (as_of if is_lost else None, RequestStatus.LOST),
        (row.unapproved_on, RequestStatus.UNAPPROVED),
    )
    for on, status in dated:
        if on is not None and on <= as_of:
            return status
    if position is not None:
        return RequestStatus.PAID if position.is_paid else RequestStatus.ACTIVE
    is_approved = row.approved_on is not None and row.approved_on <= as_of
    return RequestStatus.APPROVED if is_approved else RequestStatus.OPEN


def _invoices(loaded: LoadedContract, position: Position, undone: Sequence[AllocationLine]) -> Iterable[Document]:
    payments = {payment.payment_id: payment for payment in loaded.payments}
    dates = {invoice.number: invoice for invoice in loaded.contract_as_of(position.as_of).invoices}
    lines: dict[int, list[Document]] = {}
    for counted, is_reversed in ((position.allocations, False), (undone, True)):
        for line in counted:
            told = _payment(payments[line.payment_id], line, is_reversed=is_reversed)
            lines.setdefault(line.invoice_number, []).append(told)
    place = {str(payment.payment_id): (payment.received_on, payment.sequence) for payment in loaded.payments}
    for invoice in position.invoices:
        row = loaded.invoice_rows[invoice.number]
        is_renegotiated = invoice.status is InvoiceStatus.RENEGOTIATED
        yield {
            "number": invoice.number,
            "due_date": dates[invoice.number].due_date.isoformat(),
            "effective_due_date": dates[invoice.number].effective_due_date.isoformat(),
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
            "payments": sorted(lines.get(invoice.number, []), key=lambda line: place[line["payment"]]),
        }


def _open_cents(invoice: InvoicePosition) -> int:
    owed = invoice.original + invoice.late_fee + invoice.mora - invoice.waived - invoice.paid.total
    return owed.cents


def _payment(payment: PaymentFact, line: AllocationLine, *, is_reversed: bool) -> Document:
    return {
        "payment": str(payment.payment_id),
        "received_on": payment.received_on.isoformat(),
        "amount_cents": line.parts.total.cents,
        "mora_cents": line.parts.mora.cents,
        "late_fee_cents": line.parts.late_fee.cents,
        "interest_cents": line.parts.interest.cents,
        "principal_cents": line.parts.principal.cents,
        "reversed": is_reversed,
    }


def _percent(percent: Decimal) -> str:
    """Two decimals, more only where they say something: `2.00`, `0.0333`."""
    exact = percent.normalize()
    return f"{exact:.2f}" if exact == exact.quantize(Decimal("0.01")) else f"{exact:f}"
