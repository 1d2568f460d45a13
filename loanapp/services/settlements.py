"""Use case of early settlement: whole invoices are paid ahead, less the interest that has not yet run (money.md §4)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert

from domain.adjustments import AdjustmentKind
from domain.clients import optional_text
from domain.errors import Checks
from domain.history import Component
from domain.money import Money
from domain.payments import (
    PaymentMethod,
    check_amount,
    check_backdate_reason,
    check_backdating,
    check_method,
    check_received_on,
)
from domain.permissions import Permission
from domain.requests import RequestStatus, RequestTakesNoPayment
from domain.settlement import check_expected, quote_settlement
from loanapp.models.contracts import load_contracts
from loanapp.models.payments import SettledInvoice
from loanapp.models.requests import Request
from loanapp.services import _adjustments, _audit, _outbox, _positions, _received
from loanapp.services._adjustments import Order
from loanapp.services._positions import Cause
from loanapp.services._received import PaymentReceipt, Received
from loanapp.services._use_case import Tx, use_case

NOTE_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class SettleEarly:
    """Settle the chosen open invoices (numbers), or all of them where none is named, for the total that was shown.

    `payment_id` is made before sending; `note` says why where `received_on` is earlier than the business date.
    """

    payment_id: UUID
    request_id: UUID
    received_on: date
    method: PaymentMethod
    expected_total: Money
    chosen: tuple[int, ...] | None = None
    note: str = ""
    send_receipt: bool = False


@use_case(Permission.PAYMENTS_SETTLE)
def settle_early(tx: Tx, command: SettleEarly) -> PaymentReceipt:
    """Take the unearned interest off and register the payment, both or neither; SettlementChanged for a stale total."""
    has_ceiling = _received.lock_cash(tx, command.method)
    client, request = _received.locked(tx, command.request_id)
    received = Received(
        payment_id=command.payment_id,
        request_id=request.id,
        amount=command.expected_total,
        method=command.method,
        received_on=command.received_on,
    )
    existing = _received.existing(tx, received)
    if existing is not None:
        return existing
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST):
        raise RequestTakesNoPayment(status=request.status)
    note = _audit.masked(client, _checked_note(tx, command, request, has_ceiling=has_ceiling))
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = loaded.recounted(command.received_on)
    disbursed_on = loaded.request.disbursed_on
    quote = quote_settlement(loaded.contract, position, disbursed_on=disbursed_on, chosen=command.chosen)
    check_expected(quote, command.expected_total)
    receipt = _received.insert_payment(tx, received, note=note)
    order = Order(
        order_id=receipt.payment_id,
        kind=AdjustmentKind.SETTLEMENT,
        granted_on=command.received_on,
        sequence=receipt.number,
        payment_id=receipt.payment_id,
    )
    told = _adjustments.add(
        tx,
        loaded,
        order,
        [(line.number, Component.INTEREST, line.discount) for line in quote.invoices if line.discount],
    )
    ids = [loaded.invoice_rows[line.number].id for line in quote.invoices]
    tx.session.execute(insert(SettledInvoice), [{"payment_id": receipt.payment_id, "invoice_id": each} for each in ids])
    after = _positions.settle(tx, client, request, Cause(payment_id=receipt.payment_id))
    _audit.note(
        tx, client, "payment.settled_early", "payment", receipt.payment_id,
        reason=note if command.received_on < tx.business_date else "",
        after=_received.facts_of(received, receipt, request) | {
            "discount_cents": quote.discount.cents, "invoices": [line.number for line in quote.invoices],
            "adjustments": told, "total_open_cents": after.total_open.cents,
        },
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
    if command.send_receipt:
        _outbox.queue_receipt(tx, client, payment_id=receipt.payment_id)
    return receipt


def _checked_note(tx: Tx, command: SettleEarly, request: Request, *, has_ceiling: bool) -> str:
    """Check the order's fields, all in one go; return its note."""
    assert request.disbursed_on is not None
    checks = Checks()
    checks.take("expected_total", check_amount, command.expected_total)
    checks.take("method", check_method, command.method)
    if has_ceiling:
        checks.take("method", _received.check_ceiling, tx, command.expected_total)
    day = checks.take(
        "received_on", check_received_on, command.received_on, today=tx.business_date, disbursed_on=request.disbursed_on
    )
    if day is not None:
        checks.take("received_on", check_backdating, tx.actor, day, today=tx.business_date)
        checks.take("note", check_backdate_reason, command.note, day, today=tx.business_date)
    note = checks.take("note", optional_text, command.note, length_maximum=NOTE_LENGTH_MAXIMUM)
    checks.finish()
    return note or ""
