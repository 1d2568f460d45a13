"""Waivers carried out, by who may alone or by the second person who grants one (money.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.adjustments import AdjustmentKind, check_waiver
from domain.history import Component
from domain.money import Money, total
from domain.requests import RequestStatus, RequestTakesNoPayment
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment
from loanapp.models.requests import Request
from loanapp.services import _adjustments, _audit, _outbox, _positions
from loanapp.services._adjustments import Line, Order
from loanapp.services._positions import Cause
from loanapp.services._use_case import Tx

WAIVER_REASON_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class WaiverOrder:
    """What is let go, as (invoice number, charge, amount) each once, and why."""

    waiver_id: UUID
    lines: Sequence[Line]
    reason: str


def check_running(request: Request) -> None:
    """Raise RequestTakesNoPayment unless charges of the request are there to be let go."""
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST):
        raise RequestTakesNoPayment(status=request.status)


def carried_out(tx: Tx, waiver_id: UUID) -> set[tuple[int, Component, Money, UUID, UUID | None]]:
    """Return the lines that an order with this id let go, each with its request and author; empty where it is new."""
    rows = tx.session.execute(
        select(Adjustment, Invoice.number)
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .where(Adjustment.order_id == waiver_id)
    )
    return {
        (number, Component(row.component), Money(row.amount_cents), row.request_id, row.granted_by)
        for row, number in rows
    }


def carry_out(tx: Tx, client: Client, request: Request, order: WaiverOrder, **facts: object) -> None:
    """Let go what is open today and within the actor's limit, of a locked request; `facts` go to the audit trail.

    The id must be new (`carried_out`).  Raises RequestTakesNoPayment or a `waiver.*` error.
    """
    check_running(request)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    check_waiver(tx.actor, loaded.position(tx.business_date), order.lines, loaded.relief)
    reason = _audit.masked(client, order.reason)
    rows = Order(
        order_id=order.waiver_id,
        kind=AdjustmentKind.WAIVER,
        granted_on=tx.business_date,
        sequence=loaded.next_sequence,
        reason=reason,
    )
    told = _adjustments.add(tx, loaded, rows, order.lines)
    position = _positions.settle(tx, client, request, Cause(adjustment_id=UUID(told[0]["id"])))
    _audit.note(
        tx, client, "charges.waived", "waiver", order.waiver_id, reason=reason,
        after={
            "amount_cents": total(line[2] for line in order.lines).cents, "request": request.number,
            "adjustments": told, "total_open_cents": position.total_open.cents, **facts,
        },
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
