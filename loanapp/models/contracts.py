"""Rows to rules and back: load contracts for `domain.history.replay`, and say which columns a position stands for.

Reads only; the writers are in `services/_positions.py`, the checkers in `queries/verification.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, inspect, select
from sqlalchemy.orm import Session

from domain.history import Contract, ContractInvoice, InvoicePosition, PaymentFact, Position, replay
from domain.invoices import InvoiceStatus
from domain.money import Money
from loanapp.models.company import Holiday
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Payment
from loanapp.models.requests import Request

_INVOICE_COLUMNS = tuple(
    getattr(Invoice, column.key) for column in inspect(Invoice).column_attrs if column.key != "open_cents"
)
_REQUEST_COLUMNS = (
    Request.id,
    Request.late_fee_pct,
    Request.mora_pct_month,
    Request.renegotiated_on,
    Request.overdue_through,
    Request.mora_through,
)


@dataclass(frozen=True)
class LoadedContract:
    """One disbursed request: its stored invoice rows by number, and the facts of its replay."""

    request: Row[*tuple[Any, ...]]
    invoice_rows: dict[int, Row[*tuple[Any, ...]]]
    contract: Contract
    payments: tuple[PaymentFact, ...]

    def position(self, as_of: date, *, mora_as_of: date | None = None) -> Position:
        """Replay the contract as of a business date."""
        return replay(self.contract, self.payments, as_of=as_of, mora_as_of=mora_as_of)

    def position_at_watermark(self) -> Position:
        """Replay the contract as of what its stored columns stand for."""
        return self.position(self.request.overdue_through, mora_as_of=self.request.mora_through)


def load_contracts(session: Session, request_ids: Sequence[UUID]) -> dict[UUID, LoadedContract]:
    """Load the disbursed requests among the ids, in three statements whatever their number."""
    requests = {row.id: row for row in session.execute(select(*_REQUEST_COLUMNS).where(Request.id.in_(request_ids)))}
    invoices: dict[UUID, dict[int, Row[*tuple[Any, ...]]]] = {}
    for row in session.execute(
        select(*_INVOICE_COLUMNS)
        .where(Invoice.request_id.in_(request_ids))
        .order_by(Invoice.request_id, Invoice.number)
    ):
        invoices.setdefault(row.request_id, {})[row.number] = row
    payments: dict[UUID, list[PaymentFact]] = {}
    for payment in session.execute(
        select(Payment.id, Payment.number, Payment.request_id, Payment.amount_cents, Payment.received_on)
        .where(Payment.request_id.in_(request_ids))
        .order_by(Payment.received_on, Payment.number)
    ):
        payments.setdefault(payment.request_id, []).append(
            PaymentFact(
                payment_id=payment.id,
                received_on=payment.received_on,
                sequence=payment.number,
                amount=Money(payment.amount_cents),
            )
        )
    return {
        request_id: LoadedContract(
            request=requests[request_id],
            invoice_rows=rows,
            contract=_contract(requests[request_id], rows.values()),
            payments=tuple(payments.get(request_id, ())),
        )
        for request_id, rows in invoices.items()
    }


def _contract(request: Row[*tuple[Any, ...]], rows: Iterable[Row[*tuple[Any, ...]]]) -> Contract:
    return Contract(
        invoices=tuple(
            ContractInvoice(
                number=row.number,
                due_date=row.due_date,
                effective_due_date=row.effective_due_date,
                principal=Money(row.principal_cents),
                interest=Money(row.interest_cents),
                mora_base=Money(row.mora_base_cents),
            )
            for row in rows
            if row.status != InvoiceStatus.CANCELLED
        ),
        late_fee_pct=request.late_fee_pct,
        mora_pct_month=request.mora_pct_month,
        closed_on=request.renegotiated_on,
    )


def invoice_columns(position: InvoicePosition) -> dict[str, Any]:
    """Return the stored columns that follow from an invoice's position."""
    return {
        "status": position.status.value,
        "late_fee_base_cents": position.late_fee_base.cents,
        "late_fee_cents": position.late_fee.cents,
        "mora_remaining_base_cents": position.mora_remaining_base.cents,
        "mora_frozen_cents": position.mora_frozen.cents,
        "mora_since": position.mora_since,
        "mora_cents": position.mora.cents,
        "waived_cents": position.waived.cents,
        "paid_cents": position.paid.total.cents,
        "paid_on": position.paid_on,
    }


def aggregate_columns(loaded: LoadedContract, position: Position, *, principal_cents: int) -> dict[str, Any]:
    """Return the cached aggregates of a request that follow from its position (product.md: breakeven; centavos)."""
    unsettled = [
        loaded.invoice_rows[invoice.number].effective_due_date
        for invoice in position.invoices
        if invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNPAID)
    ]
    overdue = [
        loaded.invoice_rows[invoice.number].effective_due_date
        for invoice in position.invoices
        if invoice.status is InvoiceStatus.UNPAID
    ]
    return {
        "total_value_paid": position.total_paid.cents,
        "total_value_to_breakeven": max(0, principal_cents - position.total_paid.cents),
        "total_value_open": position.total_open.cents,
        "total_value_overdue": position.total_overdue.cents,
        "invoices_paid": sum(1 for invoice in position.invoices if invoice.status is InvoiceStatus.PAID),
        "next_due_date": min(unsettled, default=None),
        "overdue_since": min(overdue, default=None),
    }


def company_holidays(session: Session) -> frozenset[date]:
    """Return the company's own holidays, for a `BusinessCalendar`."""
    return frozenset(session.scalars(select(Holiday.day)))
