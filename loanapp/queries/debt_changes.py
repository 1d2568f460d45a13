"""What was recorded for a loan since a moment that changes what it owes: named where an offer no longer stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, SQLColumnExpression, cast, literal, null, select, union_all

from domain.adjustments import AdjustmentKind
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, DueDateChange, Payment, Reversal
from loanapp.queries._query import Tx


class CauseKind(StrEnum):
    """What may change a debt after an offer was made of it."""

    PAYMENT = "PAYMENT"
    REVERSAL = "REVERSAL"
    WAIVER = "WAIVER"
    DUE_DATE = "DUE_DATE"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What changed a debt; `payment_number` is that of the payment, or of the one that was reversed."""

    kind: CauseKind
    payment_number: int | None = None


def causes_since(tx: Tx, request_id: UUID, since: datetime) -> tuple[Cause, ...]:
    """Return what was recorded for a loan after a moment, in that order; one statement."""
    nothing = cast(null(), Integer)
    rows = tx.session.execute(
        union_all(
            _recorded(CauseKind.PAYMENT, Payment.number, Payment.registered_at).where(
                Payment.request_id == request_id, Payment.registered_at > since
            ),
            _recorded(CauseKind.REVERSAL, Payment.number, Reversal.reversed_at)
            .join_from(Reversal, Payment, Payment.id == Reversal.payment_id)
            .where(Payment.request_id == request_id, Reversal.reversed_at > since),
            _recorded(CauseKind.WAIVER, nothing, Adjustment.recorded_at).where(
                Adjustment.request_id == request_id,
                Adjustment.kind == AdjustmentKind.WAIVER,
                Adjustment.recorded_at > since,
            ),
            _recorded(CauseKind.DUE_DATE, nothing, DueDateChange.changed_at)
            .join_from(DueDateChange, Invoice, Invoice.id == DueDateChange.invoice_id)
            .where(Invoice.request_id == request_id, DueDateChange.changed_at > since),
        ).order_by("at")
    )
    return tuple(Cause(kind=CauseKind(row.kind), payment_number=row.number) for row in rows)


def _recorded(
    kind: CauseKind, number: SQLColumnExpression[Any], at: SQLColumnExpression[Any]
) -> Select[*tuple[Any, ...]]:
    told: Select[*tuple[Any, ...]] = select(
        literal(kind.value).label("kind"), cast(number, Integer).label("number"), at.label("at")
    )
    return told
