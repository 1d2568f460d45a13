"""Adjustments as rows: the amounts that a waiver, a remainder let go or an early settlement takes off invoices."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert

from domain.adjustments import AdjustmentKind
from domain.history import Component
from domain.money import Money
from domain.payments import Parts
from loanapp.models.contracts import LoadedContract
from loanapp.models.payments import Adjustment
from loanapp.services._use_case import Tx

Line = tuple[int, Component, Money]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What adjustments are part of: `order_id` is the waiver's, or the payment's to which they belong.

    They count from `granted_on`, at the place that `sequence` gives them among the facts of that day.
    """

    order_id: UUID
    kind: AdjustmentKind
    granted_on: date
    sequence: int
    payment_id: UUID | None = None
    reason: str = ""


def add(tx: Tx, loaded: LoadedContract, order: Order, lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Insert a row per (invoice number, component, amount); return what the audit trail tells of each.

    The ids follow from the order's and the line's, so that the same order makes the same rows.
    """
    rows: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for number, component, amount in lines:
        invoice_id = loaded.invoice_rows[number].id
        adjustment_id = uuid5(order.order_id, f"{invoice_id}:{component}")
        rows.append(
            {
                **asdict(order),
                "id": adjustment_id,
                "request_id": loaded.request.id,
                "invoice_id": invoice_id,
                "component": component,
                "amount_cents": amount.cents,
                "granted_by": tx.actor.user_id,
                "business_date": tx.business_date,
                "recorded_at": tx.now,
            }
        )
        told.append(
            {
                "id": str(adjustment_id),
                "kind": order.kind,
                "invoice": number,
                "component": component,
                "amount_cents": amount.cents,
            }
        )
    if rows:
        tx.session.execute(insert(Adjustment), rows)
    return told


def lines_of(number: int, parts: Parts) -> Sequence[Line]:
    """Return the parts of one invoice's amount as lines, without the empty ones."""
    amounts = ((component, getattr(parts, component.value.lower())) for component in Component)
    return [(number, component, amount) for component, amount in amounts if amount]
