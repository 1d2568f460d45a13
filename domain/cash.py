"""Cash in hand: who takes cash holds it until it is handed in and somebody else has counted it (ux.md §2.23, ADR 0027).

What a person holds counts against the role's ceiling, also while it waits to be counted: nobody makes room by saying
that the money is on the table.
"""

from enum import StrEnum
from uuid import UUID

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.money import AMOUNT_MAXIMUM, Money
from domain.permissions import Actor, Limit, Permission


class HandInStatus(StrEnum):
    """Whether a hand-in waits to be counted or was."""

    OPEN = "OPEN"
    CHECKED = "CHECKED"


class CashCeilingReached(NotAllowed):
    """The cash that this person holds would go above what the role may hold."""

    code = "payment.cash_ceiling"


class NoCashToHandIn(Conflict):
    """There is no cash in hand that was not handed in already."""

    code = "cash.nothing_in_hand"


class CashChanged(Conflict):
    """The sum is another than the one that was shown: a payment came, or was reversed, meanwhile."""

    code = "cash.changed"


class CashOfAnother(NotAllowed):
    """Only management hands in what somebody else took."""

    code = "cash.of_another"


class CashHolderNotFound(NotFound):
    """No such user."""

    code = "cash.holder_not_found"


class HandInNotFound(NotFound):
    """No such hand-in."""

    code = "cash.hand_in_not_found"


class HandInIdTaken(Conflict):
    """The id belongs to another hand-in."""

    code = "cash.hand_in_id_taken"


class HandInChecked(Conflict):
    """The hand-in was counted already, by somebody else or with another result."""

    code = "cash.hand_in_checked"


class OwnHandIn(NotAllowed):
    """Whose cash it is, or who handed it in, does not count it."""

    code = "cash.own_hand_in"


class CountedOutOfRange(Invalid):
    """Less than nothing, or more than any amount of ours."""

    code = "cash.counted_out_of_range"


class DifferenceNeedsReason(Invalid):
    """What was counted is not what was handed in, and nothing says why."""

    code = "cash.difference_needs_reason"


def check_cash_ceiling(actor: Actor, amount: Money, *, in_hand: Money) -> Money:
    """Return an amount of cash; raise CashCeilingReached where what is in hand would go above the role's ceiling."""
    if not actor.is_within(Limit.CASH_IN_HAND_CENTS, in_hand.cents + amount.cents):
        ceiling_cents = actor.limits.get(Limit.CASH_IN_HAND_CENTS) or 0
        raise CashCeilingReached(
            field="amount", limit_cents=ceiling_cents, left_cents=room_left(ceiling_cents, in_hand).cents
        )
    return amount


def room_left(ceiling_cents: int, in_hand: Money) -> Money:
    """Return how much more may be held; nothing where the ceiling was lowered below what is held already."""
    return Money(max(0, ceiling_cents - in_hand.cents))


def check_may_hand_in(actor: Actor, holder_id: UUID) -> None:
    """Raise CashOfAnother unless it is the actor's own cash; who counts may also record it for somebody else."""
    if actor.user_id != holder_id and Permission.CASH_CHECK not in actor.permissions:
        raise CashOfAnother


def check_counter(actor: Actor, *, holder_id: UUID, handed_in_by: UUID | None) -> None:
    """Raise OwnHandIn unless the actor is a second person."""
    if actor.user_id is None or actor.user_id in (holder_id, handed_in_by):
        raise OwnHandIn


def check_counted(counted: Money) -> Money:
    """Return what was counted: nothing at least."""
    if counted.cents < 0 or counted > AMOUNT_MAXIMUM:
        raise CountedOutOfRange(field="counted", limit=AMOUNT_MAXIMUM)
    return counted


def check_difference(reason: str, *, counted: Money, expected: Money) -> str:
    """Return why the counted amount is not the expected one; raise DifferenceNeedsReason where nothing says so."""
    if counted != expected and not reason.strip():
        raise DifferenceNeedsReason(field="reason", difference=counted - expected)
    return reason
