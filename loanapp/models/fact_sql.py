"""The rare facts of contracts in one statement: adjustments, uses of credit, settlements, moved due dates, returns.

Most contracts have none of them, so that five statements would be four too many.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Date,
    ScalarSelect,
    Select,
    Text,
    Uuid,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.type_api import TypeEngine

from loanapp.models import return_sql
from loanapp.models.invoices import Invoice
from loanapp.models.payments import (
    Adjustment,
    CreditUse,
    DueDateChange,
    Payment,
    ReturnedPayment,
    Reversal,
    SettledInvoice,
)


class Fact(StrEnum):
    """Which kind of fact a row tells."""

    ADJUSTMENT = "ADJUSTMENT"
    CREDIT_USE = "CREDIT_USE"
    SETTLED_INVOICE = "SETTLED_INVOICE"
    DUE_DATE_CHANGE = "DUE_DATE_CHANGE"
    RETURN = "RETURN"
    FAILURE = "FAILURE"


# A row has these columns, those that its kind lacks as NULL; `since` and `until` are the days from which on it counts.
_COLUMNS: dict[str, TypeEngine[Any]] = {
    "request_id": Uuid(),
    "id": Uuid(),
    "invoice_id": BigInteger(),
    "payment_id": Uuid(),
    "component": Text(),
    "amount_cents": BigInteger(),
    "late_fee_relief_cents": BigInteger(),
    "mora_relief_cents": BigInteger(),
    "sequence": BigInteger(),
    "since": Date(),
    "until": Date(),
    "due_date": Date(),
    "effective_due_date": Date(),
}


def rare_facts(request_ids: Sequence[UUID]) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the statement that reads the rare facts of requests, each kind in the order of its numbers."""
    adjustments = (
        select(
            *_columns(
                Fact.ADJUSTMENT,
                request_id=Adjustment.request_id,
                id=Adjustment.id,
                invoice_id=Adjustment.invoice_id,
                payment_id=Adjustment.payment_id,
                component=Adjustment.component,
                amount_cents=Adjustment.amount_cents,
                sequence=Adjustment.sequence,
                since=Adjustment.granted_on,
                until=Reversal.business_date,
            )
        )
        .outerjoin(Reversal, Reversal.adjustment_id == Adjustment.id)
        .where(Adjustment.request_id.in_(request_ids))
    )
    uses = (
        select(
            *_columns(
                Fact.CREDIT_USE,
                request_id=Payment.request_id,
                payment_id=CreditUse.source_payment_id,
                amount_cents=CreditUse.amount_cents,
                sequence=CreditUse.id,
                since=CreditUse.business_date,
                until=func.coalesce(Reversal.business_date, _returned_on()),
            )
        )
        .join(Payment, Payment.id == CreditUse.source_payment_id)
        .outerjoin(
            Reversal,
            or_(Reversal.payment_id == CreditUse.used_by_payment_id, Reversal.refund_id == CreditUse.refund_id),
        )
        .where(Payment.request_id.in_(request_ids))
    )
    settled = (
        select(
            *_columns(
                Fact.SETTLED_INVOICE,
                request_id=Payment.request_id,
                invoice_id=SettledInvoice.invoice_id,
                payment_id=SettledInvoice.payment_id,
            )
        )
        .join(Payment, Payment.id == SettledInvoice.payment_id)
        .where(Payment.request_id.in_(request_ids))
    )
    moved = (
        select(
            *_columns(
                Fact.DUE_DATE_CHANGE,
                request_id=Invoice.request_id,
                id=DueDateChange.id,
                invoice_id=DueDateChange.invoice_id,
                sequence=DueDateChange.number,
                since=DueDateChange.business_date,
                late_fee_relief_cents=DueDateChange.late_fee_relief_cents,
                mora_relief_cents=DueDateChange.mora_relief_cents,
                due_date=DueDateChange.old_due_date,
                effective_due_date=DueDateChange.old_effective_due_date,
            )
        )
        .join(Invoice, Invoice.id == DueDateChange.invoice_id)
        .where(Invoice.request_id.in_(request_ids))
    )
    return union_all(adjustments, uses, settled, moved, _returns(request_ids), _failures(request_ids))


def _returns(request_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """Return which invoices returned payments added, and from when to when they stood."""
    return (
        select(
            *_columns(
                Fact.RETURN,
                request_id=Invoice.request_id,
                id=ReturnedPayment.id,
                invoice_id=ReturnedPayment.invoice_id,
                sequence=ReturnedPayment.number,
                since=ReturnedPayment.business_date,
                until=Reversal.business_date,
            )
        )
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .outerjoin(Reversal, Reversal.returned_payment_id == ReturnedPayment.id)
        .where(Invoice.request_id.in_(request_ids))
    )


def _failures(request_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """Return which payments of the requests were told to have failed, and from when to when that stood."""
    return (
        select(
            *_columns(
                Fact.FAILURE,
                request_id=Payment.request_id,
                payment_id=ReturnedPayment.payment_id,
                sequence=ReturnedPayment.number,
                since=ReturnedPayment.business_date,
                until=Reversal.business_date,
            )
        )
        .join(Payment, Payment.id == ReturnedPayment.payment_id)
        .outerjoin(Reversal, Reversal.returned_payment_id == ReturnedPayment.id)
        .where(Payment.request_id.in_(request_ids))
    )


def _returned_on() -> ScalarSelect[date]:
    """Return the day on which the payment that used a credit failed, where that stands: the credit came back."""
    return (
        select(func.min(ReturnedPayment.business_date))
        .where(ReturnedPayment.payment_id == CreditUse.used_by_payment_id, return_sql.stands())
        .correlate(CreditUse)
        .scalar_subquery()
    )


def _columns(fact: Fact, **columns: Any) -> list[Any]:  # noqa: ANN401 - columns of any type, each of its name's type.
    return [
        literal(fact.value, Text()).label("fact"),
        *((columns[name] if name in columns else null().cast(kind)).label(name) for name, kind in _COLUMNS.items()),
    ]
