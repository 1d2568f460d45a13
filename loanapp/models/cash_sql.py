"""What of the cash that people registered is still in hand, as conditions on `Payment` and as a sum."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from domain.cash import HandInStatus
from domain.payments import PaymentMethod
from loanapp.models import scope
from loanapp.models.cash import CashHandIn, HandedInPayment
from loanapp.models.payments import Payment, Reversal


def is_in_hand() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of cash that somebody holds: not reversed, and not counted by a second person yet."""
    counted = (
        select(HandedInPayment.payment_id)
        .join(CashHandIn, CashHandIn.id == HandedInPayment.hand_in_id)
        .where(HandedInPayment.payment_id == Payment.id, CashHandIn.status == HandInStatus.CHECKED)
        .correlate(Payment)
    )
    return Payment.method == PaymentMethod.CASH, stands(), ~counted.exists()


def held_cents(user_id: UUID | None) -> Select[int]:
    """Return the cash that a person holds, in centavos, from whomever it was: also no longer assigned."""
    total = func.coalesce(func.sum(Payment.amount_cents), 0)
    return scope.outside(select(total).where(Payment.registered_by == user_id, *is_in_hand()))


def is_handed_in() -> ColumnElement[bool]:
    """Say whether a payment is part of a hand-in, counted or not."""
    return (
        select(HandedInPayment.payment_id).where(HandedInPayment.payment_id == Payment.id).correlate(Payment).exists()
    )


def stands() -> ColumnElement[bool]:
    """Say whether a payment was not reversed."""
    return ~select(Reversal.id).where(Reversal.payment_id == Payment.id).correlate(Payment).exists()
