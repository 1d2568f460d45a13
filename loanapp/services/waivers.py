"""Use case of letting charges go: late fee and mora are waived within the role's limit, with a reason (money.md §3)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.adjustments import AdjustmentKind, WaiverIdTaken, check_waiver
from domain.clients import required_text
from domain.errors import Checks
from domain.history import Component
from domain.money import Money, total
from domain.permissions import Permission
from domain.requests import RequestStatus, RequestTakesNoPayment
from loanapp.models.contracts import load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment
from loanapp.services import _adjustments, _audit, _outbox, _positions, _received
from loanapp.services._adjustments import Line, Order
from loanapp.services._positions import Cause
from loanapp.services._use_case import Tx, use_case

REASON_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class Waive:
    """Let go (invoice number, charge, amount), each once, with a reason. The same `waiver_id` twice is one waiver."""

    waiver_id: UUID
    request_id: UUID
    lines: tuple[Line, ...]
    reason: str


@dataclass(frozen=True)
class WaiverReceipt:
    """What was let go in all, and whether this call did it."""

    waiver_id: UUID
    amount: Money
    is_new: bool


@use_case(Permission.CHARGES_WAIVE)
def waive(tx: Tx, command: Waive) -> WaiverReceipt:
    """Waive charges of an active or lost request, at most what is open of them today and the role's share of that."""
    client, request = _received.locked(tx, command.request_id)
    amount = total(line[2] for line in command.lines)
    if _is_done(tx, command):
        return WaiverReceipt(command.waiver_id, amount, is_new=False)
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST):
        raise RequestTakesNoPayment(status=request.status)
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    loaded = load_contracts(tx.session, [request.id])[request.id]
    check_waiver(tx.actor, loaded.position(tx.business_date), command.lines, loaded.relief)
    order = Order(
        order_id=command.waiver_id,
        kind=AdjustmentKind.WAIVER,
        granted_on=tx.business_date,
        sequence=loaded.next_sequence,
        reason=_audit.masked(client, reason or ""),
    )
    told = _adjustments.add(tx, loaded, order, command.lines)
    position = _positions.settle(tx, client, request, Cause(adjustment_id=UUID(told[0]["id"])))
    _audit.note(
        tx, client, "charges.waived", "waiver", command.waiver_id, reason=order.reason,
        after={
            "amount_cents": amount.cents, "request": request.number, "adjustments": told,
            "total_open_cents": position.total_open.cents,
        },
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
    return WaiverReceipt(command.waiver_id, amount, is_new=True)


def _is_done(tx: Tx, command: Waive) -> bool:
    """Say whether the same order was carried out; raise WaiverIdTaken where the id belongs to another."""
    rows = tx.session.execute(
        select(Adjustment, Invoice.number)
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .where(Adjustment.order_id == command.waiver_id)
    ).all()
    if not rows:
        return False
    stored = {(number, Component(row.component), Money(row.amount_cents)) for row, number in rows}
    is_theirs = all(row.request_id == command.request_id and row.granted_by == tx.actor.user_id for row, _ in rows)
    if stored != set(command.lines) or not is_theirs:
        raise WaiverIdTaken
    return True
