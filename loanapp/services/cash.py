"""Use cases of cash in hand: a person hands in all of it, and somebody else counts it (ux.md §2.23, ADR 0027)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from domain import masking
from domain.cash import (
    CashChanged,
    CashHolderNotFound,
    HandInChecked,
    HandInIdTaken,
    HandInNotFound,
    HandInStatus,
    NoCashToHandIn,
    check_counted,
    check_counter,
    check_difference,
    check_may_hand_in,
)
from domain.clients import optional_text
from domain.errors import Checks
from domain.money import Money
from domain.permissions import Permission
from loanapp.models import cash_sql, locks, scope
from loanapp.models.auth import User
from loanapp.models.cash import CashHandIn, HandedInPayment
from loanapp.models.payments import Payment
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

REASON_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class HandInCash:
    """Hand in all the cash that `holder_id` holds, `expected` by what was shown.

    `hand_in_id` is made before sending: twice the same is one hand-in.
    """

    hand_in_id: UUID
    holder_id: UUID
    expected: Money


@dataclass(frozen=True, kw_only=True)
class CheckCash:
    """Say what was counted of a hand-in that should hold `expected` by what was shown, and why it is another sum."""

    hand_in_id: UUID
    expected: Money
    counted: Money
    reason: str = ""


@dataclass(frozen=True)
class HandInReceipt:
    """A hand-in: its number that users see, what it amounts to, and whether this call made it."""

    hand_in_id: UUID
    number: int
    amount: Money
    is_new: bool


@dataclass(frozen=True)
class CashChecked:
    """A count: what is missing (below zero) or over, and whether this call made it."""

    hand_in_id: UUID
    difference: Money
    is_new: bool


@use_case(Permission.CASH_HAND_IN)
def hand_in_cash(tx: Tx, command: HandInCash) -> HandInReceipt:
    """Hand in every standing payment in cash that the holder registered and nobody handed in yet.

    Management may record it for somebody who can't, and then doesn't count it.
    """
    check_may_hand_in(tx.actor, command.holder_id)
    locks.cash_of(tx.session, command.holder_id)
    existing = tx.session.get(CashHandIn, command.hand_in_id)
    if existing is not None:
        if existing.holder_id != command.holder_id or existing.handed_in_by != tx.actor.user_id:
            raise HandInIdTaken
        return HandInReceipt(existing.id, existing.number, Money(existing.amount_cents), is_new=False)
    holder = tx.session.get(User, command.holder_id)
    if holder is None:
        raise CashHolderNotFound(field="holder_id")
    held = tx.session.execute(
        # Also from clients who went to another supervisor since.
        scope.outside(
            select(Payment.id, Payment.amount_cents)
            .where(Payment.registered_by == holder.id, *cash_sql.is_in_hand(), ~cash_sql.is_handed_in())
            .order_by(Payment.number)
        )
    ).all()
    if not held:
        raise NoCashToHandIn
    amount = Money(sum(row.amount_cents for row in held))
    if amount != command.expected:
        raise CashChanged(expected=command.expected, now=amount)
    hand_in = CashHandIn(
        id=command.hand_in_id,
        holder_id=holder.id,
        amount_cents=amount.cents,
        status=HandInStatus.OPEN,
        handed_in_by=tx.actor.user_id,
        business_date=tx.business_date,
        handed_in_at=tx.now,
    )
    tx.session.add(hand_in)
    # The number is the database's.
    tx.session.flush()
    tx.session.add_all(HandedInPayment(payment_id=row.id, hand_in_id=hand_in.id) for row in held)
    _audit.note(
        tx, None, "cash.handed_in", "cash_hand_in", hand_in.id,
        after={
            "number": hand_in.number, "amount_cents": amount.cents, "payments": len(held),
            "holder_id": str(holder.id), "holder": holder.name,
        },
    )  # fmt: skip
    return HandInReceipt(hand_in.id, hand_in.number, amount, is_new=True)


@use_case(Permission.CASH_CHECK)
def check_cash(tx: Tx, command: CheckCash) -> CashChecked:
    """Close a hand-in with what was counted; a difference needs a reason, and stays on the record.

    What was reversed since it was handed in is no longer expected.
    """
    found = tx.session.get(CashHandIn, command.hand_in_id)
    if found is None:
        raise HandInNotFound(field="hand_in_id")
    locks.cash_of(tx.session, found.holder_id)
    hand_in = tx.session.get_one(CashHandIn, command.hand_in_id, populate_existing=True)
    if hand_in.status != HandInStatus.OPEN:
        return _checked_before(tx, hand_in, command)
    check_counter(tx.actor, holder_id=hand_in.holder_id, handed_in_by=hand_in.handed_in_by)
    expected = _expected(tx, hand_in)
    if expected != command.expected:
        raise CashChanged(expected=command.expected, now=expected)
    checks = Checks()
    checks.take("counted", check_counted, command.counted)
    text = checks.take("reason", optional_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.take("reason", check_difference, command.reason, counted=command.counted, expected=expected)
    checks.finish()
    hand_in.status = HandInStatus.CHECKED
    hand_in.expected_cents, hand_in.counted_cents = expected.cents, command.counted.cents
    hand_in.reason = masking.free_text(text or "")
    hand_in.checked_by, hand_in.checked_on, hand_in.checked_at = tx.actor.user_id, tx.business_date, tx.now
    _audit.note(
        tx, None, "cash.checked", "cash_hand_in", hand_in.id,
        after={
            "number": hand_in.number, "expected_cents": expected.cents, "counted_cents": command.counted.cents,
            "difference_cents": (command.counted - expected).cents,
        },
        reason=hand_in.reason,
    )  # fmt: skip
    return CashChecked(hand_in.id, command.counted - expected, is_new=True)


def _expected(tx: Tx, hand_in: CashHandIn) -> Money:
    """Return what of a hand-in still stands."""
    cents = tx.session.scalar(
        select(func.coalesce(func.sum(Payment.amount_cents), 0))
        .join(HandedInPayment, HandedInPayment.payment_id == Payment.id)
        .where(HandedInPayment.hand_in_id == hand_in.id, cash_sql.stands())
    )
    return Money(int(cents or 0))


def _checked_before(tx: Tx, hand_in: CashHandIn, command: CheckCash) -> CashChecked:
    """Return the same person's same count once more; raise HandInChecked for any other."""
    counted, expected = Money(hand_in.counted_cents or 0), Money(hand_in.expected_cents or 0)
    if hand_in.checked_by != tx.actor.user_id or (counted, expected) != (command.counted, command.expected):
        raise HandInChecked
    return CashChecked(hand_in.id, counted - expected, is_new=False)
