"""Use cases of money received: register a payment, once by its id, allocated by the contract's replay."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.adjustments import AdjustmentKind, remainder_to_waive
from domain.clients import optional_text
from domain.errors import Checks
from domain.money import Money
from domain.payments import (
    PaymentMethod,
    PaymentTwin,
    check_amount,
    check_backdate_reason,
    check_backdating,
    check_credit,
    check_method,
    check_proportion,
    check_received_on,
)
from domain.permissions import Permission
from domain.requests import RequestStatus, RequestTakesNoPayment
from loanapp.models.company import CompanySettings
from loanapp.models.contracts import load_contracts
from loanapp.models.requests import Request
from loanapp.models.twin_sql import twins_of
from loanapp.services import _adjustments, _audit, _outbox, _positions, _received
from loanapp.services._adjustments import Order
from loanapp.services._positions import Cause
from loanapp.services._received import PaymentReceipt, Received
from loanapp.services._use_case import Tx, use_case
from loanapp.settings import SAO_PAULO

NOTE_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class RegisterPayment:
    """Record money received for a request. `payment_id` is made before sending: twice the same is one payment.

    `note` says why where `received_on` is earlier than the business date.  `waive_remainder` lets go what the payment
    leaves open of the last invoice it reaches, up to the company's setting.  `refuse_twin` refuses what may be
    a payment registered already: the same amount on the same request within ten minutes.  `expected_credit` is what
    the payment was shown to leave over: it is refused where that grew, because somebody else paid meanwhile.
    """

    payment_id: UUID
    request_id: UUID
    amount: Money
    method: PaymentMethod
    received_on: date
    note: str = ""
    send_receipt: bool = False
    waive_remainder: bool = False
    refuse_twin: bool = False
    expected_credit: Money | None = None


@use_case(Permission.PAYMENTS_REGISTER)
def register_payment(tx: Tx, command: RegisterPayment) -> PaymentReceipt:
    """Register a payment and allocate it; the same id and order again returns the first receipt (money.md §4)."""
    has_ceiling = _received.lock_cash(tx, command.method)
    client, request = _received.locked(tx, command.request_id)
    received = Received(
        payment_id=command.payment_id,
        request_id=request.id,
        amount=command.amount,
        method=command.method,
        received_on=command.received_on,
    )
    existing = _received.existing(tx, received)
    if existing is not None:
        return existing
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST, RequestStatus.PAID):
        raise RequestTakesNoPayment(status=request.status)
    if command.refuse_twin:
        _refuse_twin(tx, command)
    note = _audit.masked(client, _checked_note(tx, command, request, has_ceiling=has_ceiling))
    receipt = _received.insert_payment(tx, received, note=note)
    let_go = _waive_remainder(tx, request, receipt) if command.waive_remainder else []
    position = _positions.settle(tx, client, request, Cause(payment_id=receipt.payment_id))
    check_credit(position.credits.get(receipt.payment_id, Money.ZERO), command.expected_credit)
    _audit.note(
        tx, client, "payment.registered", "payment", command.payment_id,
        reason=note if command.received_on < tx.business_date else "",
        after=_received.facts_of(received, receipt, request)
        | {"total_open_cents": position.total_open.cents}
        | ({"adjustments": let_go} if let_go else {}),
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
    if command.send_receipt:
        _outbox.queue_receipt(tx, client, payment_id=command.payment_id)
    return receipt


def _refuse_twin(tx: Tx, command: RegisterPayment) -> None:
    """Raise PaymentTwin where the request got the same amount a few minutes ago, at the tick that says otherwise."""
    twin = tx.session.execute(twins_of(command.request_id, command.amount.cents, tx.now)).one_or_none()
    if twin is not None:
        amount_cents, registered_at, author = twin
        raise PaymentTwin(
            field="is_another",
            author=author or "",
            amount=Money(amount_cents),
            at=f"{registered_at.astimezone(SAO_PAULO):%H:%M}",
        )


def _checked_note(tx: Tx, command: RegisterPayment, request: Request, *, has_ceiling: bool) -> str:
    """Check the order's fields, all in one go; return its note."""
    assert request.disbursed_on is not None
    checks = Checks()
    if checks.take("amount", check_amount, command.amount) is not None:
        owed, lent = Money(request.total_value_open), Money(request.principal_cents)
        checks.take("amount", check_proportion, command.amount, owed=owed, lent=lent)
    checks.take("method", check_method, command.method)
    if has_ceiling:
        checks.take("amount", _received.check_ceiling, tx, command.amount)
    day = checks.take(
        "received_on", check_received_on, command.received_on, today=tx.business_date, disbursed_on=request.disbursed_on
    )
    note = checks.take("note", optional_text, command.note, length_maximum=NOTE_LENGTH_MAXIMUM)
    if day is not None:
        checks.take("received_on", check_backdating, tx.actor, day, today=tx.business_date)
        checks.take("note", check_backdate_reason, command.note, day, today=tx.business_date)
    checks.finish()
    return note or ""


def _waive_remainder(tx: Tx, request: Request, receipt: PaymentReceipt) -> list[dict[str, Any]]:
    """Let go what a payment just inserted leaves open on its day of the last invoice it reaches (money.md §3)."""
    limit = Money(tx.session.get_one(CompanySettings, 1).remainder_waive_cents)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = loaded.recounted(receipt.received_on)
    reached = {line.invoice_number for line in position.allocations if line.payment_id == receipt.payment_id}
    remainder = remainder_to_waive(position, reached, limit)
    if remainder is None:
        return []
    order = Order(
        order_id=receipt.payment_id,
        kind=AdjustmentKind.REMAINDER,
        granted_on=receipt.received_on,
        sequence=receipt.number + 1,
        payment_id=receipt.payment_id,
    )
    return _adjustments.add(tx, loaded, order, _adjustments.lines_of(*remainder))
