"""Use cases of money received: register a payment, once by its id, allocated by the contract's replay."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from domain.clients import optional_text
from domain.errors import Checks, Conflict
from domain.money import Money
from domain.payments import PaymentMethod, check_amount, check_cash_ceiling, check_method, check_received_on
from domain.permissions import Limit, Permission
from domain.requests import RequestNotFound, RequestStatus, RequestTakesNoPayment
from loanapp.models import locks, scope
from loanapp.models.payments import Payment
from loanapp.services import _audit, _outbox, _positions
from loanapp.services._use_case import Tx, use_case

NOTE_LENGTH_MAXIMUM = 500


class PaymentIdTaken(Conflict):
    """The id belongs to a payment with another order or author."""

    code = "payment.id_taken"


@dataclass(frozen=True, kw_only=True)
class RegisterPayment:
    """Record money received for a request. `payment_id` is made before sending: twice the same is one payment."""

    payment_id: UUID
    request_id: UUID
    amount: Money
    method: PaymentMethod
    received_on: date
    note: str = ""
    send_receipt: bool = False


@dataclass(frozen=True)
class PaymentReceipt:
    """What was recorded; `number` is the receipt's number that users see."""

    payment_id: UUID
    number: int
    request_id: UUID
    amount: Money
    received_on: date
    is_new: bool


@use_case(Permission.PAYMENTS_REGISTER)
def register_payment(tx: Tx, command: RegisterPayment) -> PaymentReceipt:
    """Register a payment and allocate it; the same id and order again returns the first receipt (money.md §4)."""
    has_ceiling = command.method == PaymentMethod.CASH and tx.actor.limits.get(Limit.CASH_DAY_CENTS, 0) is not None
    if has_ceiling and tx.actor.user_id is not None:
        locks.cash_of(tx.session, tx.actor.user_id)
    found = locks.client_of_request(tx.session, command.request_id)
    if found is None:
        raise RequestNotFound(field="request_id")
    client, request = found
    existing = _existing(tx, command)
    if existing is not None:
        return existing
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST, RequestStatus.PAID):
        raise RequestTakesNoPayment(status=request.status)
    assert request.disbursed_on is not None
    checks = Checks()
    checks.take("amount", check_amount, command.amount)
    checks.take("method", check_method, command.method)
    if has_ceiling:
        checks.take("amount", check_cash_ceiling, tx.actor, command.amount, registered_today=_cash_today(tx))
    checks.take(
        "received_on", check_received_on, command.received_on, today=tx.business_date, disbursed_on=request.disbursed_on
    )
    note = checks.take("note", optional_text, command.note, length_maximum=NOTE_LENGTH_MAXIMUM)
    checks.finish()
    number = tx.session.scalar(
        insert(Payment)
        .values(
            id=command.payment_id,
            request_id=request.id,
            amount_cents=command.amount.cents,
            method=command.method,
            received_on=command.received_on,
            note=note,
            registered_by=tx.actor.user_id,
            business_date=tx.business_date,
            registered_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=[Payment.id])
        .returning(Payment.number)
    )
    if number is None:
        # Another client's transaction took the id while this one waited; this order is not that one.
        raise PaymentIdTaken
    position = _positions.settle(tx, client, request, cause_payment_id=command.payment_id)
    _audit.note(
        tx, client, "payment.registered", "payment", command.payment_id,
        after={
            "number": number, "amount_cents": command.amount.cents, "method": command.method,
            "received_on": command.received_on.isoformat(), "request": request.number,
            "total_open_cents": position.total_open.cents,
        },
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
    if command.send_receipt:
        _outbox.queue_receipt(tx, client, payment_id=command.payment_id)
    return PaymentReceipt(command.payment_id, number, request.id, command.amount, command.received_on, is_new=True)


def _cash_today(tx: Tx) -> Money:
    """Return the cash that the actor registered on the business date, from whomever it was: also no longer assigned."""
    cash = select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
        Payment.registered_by == tx.actor.user_id,
        Payment.business_date == tx.business_date,
        Payment.method == PaymentMethod.CASH,
    )
    return Money(int(tx.session.scalars(scope.outside(cash)).one()))


def _existing(tx: Tx, command: RegisterPayment) -> PaymentReceipt | None:
    payment = tx.session.get(Payment, command.payment_id)
    if payment is None:
        return None
    is_same_order = (
        payment.request_id == command.request_id
        and payment.amount_cents == command.amount.cents
        and payment.method == command.method
        and payment.received_on == command.received_on
        and payment.registered_by == tx.actor.user_id
    )
    if not is_same_order:
        raise PaymentIdTaken
    return PaymentReceipt(
        payment.id, payment.number, payment.request_id, command.amount, payment.received_on, is_new=False
    )
