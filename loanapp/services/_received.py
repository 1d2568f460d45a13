"""Payments as rows: inserted once by the id that their form made, and found again when the same order comes twice."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from domain.cash import check_cash_ceiling
from domain.money import Money
from domain.payments import PaymentIdTaken, PaymentMethod
from domain.permissions import Limit
from domain.requests import RequestNotFound
from loanapp.models import cash_sql, locks
from loanapp.models.clients import Client
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.services._use_case import Tx


@dataclass(frozen=True, kw_only=True)
class Received:
    """What makes a payment the same order again: its id, its request, how much, how and when."""

    payment_id: UUID
    request_id: UUID
    amount: Money
    method: PaymentMethod
    received_on: date


@dataclass(frozen=True)
class PaymentReceipt:
    """What was recorded; `number` is the receipt's number that users see."""

    payment_id: UUID
    number: int
    request_id: UUID
    amount: Money
    received_on: date
    is_new: bool


def locked(tx: Tx, request_id: UUID) -> tuple[Client, Request]:
    """Lock the client of a request; raise RequestNotFound when there is none."""
    found = locks.client_of_request(tx.session, request_id)
    if found is None:
        raise RequestNotFound(field="request_id")
    return found


def lock_cash(tx: Tx, method: PaymentMethod | None) -> bool:
    """Say whether what is received by a method meets the actor's ceiling of cash in hand.

    If so, what they hold is locked: before any client is.
    """
    has_ceiling = method == PaymentMethod.CASH and tx.actor.limits.get(Limit.CASH_IN_HAND_CENTS, 0) is not None
    if has_ceiling and tx.actor.user_id is not None:
        locks.cash_of(tx.session, tx.actor.user_id)
    return has_ceiling


def check_ceiling(tx: Tx, amount: Money) -> Money:
    """Return an amount of cash; raise CashCeilingReached where the actor, locked, may not hold it as well."""
    in_hand = Money(int(tx.session.scalars(cash_sql.held_cents(tx.actor.user_id)).one()))
    return check_cash_ceiling(tx.actor, amount, in_hand=in_hand)


def existing(tx: Tx, received: Received) -> PaymentReceipt | None:
    """Return the receipt already made for the same order and author; raise PaymentIdTaken for any other."""
    payment = tx.session.get(Payment, received.payment_id)
    if payment is None:
        return None
    # Credit is used today: sent again after midnight, it is the same order still.
    is_dated_here = received.method is PaymentMethod.CREDIT
    order = Received(
        payment_id=payment.id,
        request_id=payment.request_id,
        amount=Money(payment.amount_cents),
        method=PaymentMethod(payment.method),
        received_on=received.received_on if is_dated_here else payment.received_on,
    )
    if order != received or payment.registered_by != tx.actor.user_id:
        raise PaymentIdTaken
    return PaymentReceipt(
        payment.id, payment.number, payment.request_id, received.amount, payment.received_on, is_new=False
    )


def insert_payment(tx: Tx, received: Received, *, note: str = "") -> PaymentReceipt:
    """Insert a payment under its client's lock; raise PaymentIdTaken where another client's has the id."""
    number = tx.session.scalar(
        insert(Payment)
        .values(
            id=received.payment_id,
            request_id=received.request_id,
            amount_cents=received.amount.cents,
            method=received.method,
            received_on=received.received_on,
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
    return PaymentReceipt(
        received.payment_id, number, received.request_id, received.amount, received.received_on, is_new=True
    )


def facts_of(received: Received, receipt: PaymentReceipt, request: Request) -> dict[str, object]:
    """Return what the audit trail tells of a payment; `verify` compares it with the row."""
    return {
        "number": receipt.number,
        "amount_cents": received.amount.cents,
        "method": received.method,
        "received_on": received.received_on.isoformat(),
        "request": request.number,
    }
