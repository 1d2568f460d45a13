"""Contacts with a borrower and what came of them; the rules of a promise to pay (ux.md §2.6)."""

from datetime import date, timedelta
from enum import StrEnum

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.money import Money
from domain.payments import PaymentMethod, check_amount, check_method
from domain.permissions import Actor, Role

TEXT_LENGTH_MAXIMUM = 2_000
REASON_LENGTH_MAXIMUM = 200
PROMISE_DAYS_MAXIMUM = 60
PROMISE_TIMES_DEBT_MAXIMUM = 10
# Who may take back what another person recorded.
MANAGEMENT = frozenset({Role.LOAN_MANAGEMENT, Role.SUPER_ADMIN})


class FollowUpKind(StrEnum):
    """What was done: a remark, or a contact by its channel; a promise is what the borrower said."""

    NOTE = "NOTE"
    CALL = "CALL"
    VISIT = "VISIT"
    PROMISE = "PROMISE"


class Outcome(StrEnum):
    """What came of a call or a visit."""

    ANSWERED = "ANSWERED"
    NOT_FOUND = "NOT_FOUND"
    WRONG_CONTACT = "WRONG_CONTACT"
    REFUSED = "REFUSED"
    POSTPONED = "POSTPONED"


class PromiseState(StrEnum):
    """What became of a promise; it follows from the payments and is stored nowhere."""

    ACTIVE = "ACTIVE"
    KEPT = "KEPT"
    BROKEN = "BROKEN"
    TAKEN_BACK = "TAKEN_BACK"


CONTACTS = frozenset({FollowUpKind.CALL, FollowUpKind.VISIT})


class FollowUpNotFound(NotFound):
    """There is no such note, call, visit or promise."""

    code = "follow_up.not_found"


class FollowUpIdTaken(Conflict):
    """The id belongs to another entry, or to the same one with another order or author."""

    code = "follow_up.id_taken"


class FollowUpOfAnother(NotAllowed):
    """Only its author or the management takes an entry back."""

    code = "follow_up.of_another"


class OutcomeMissing(Invalid):
    """A call or a visit says what came of it."""

    code = "follow_up.outcome_missing"


class PromiseDateImpossible(Invalid):
    """A promise is for today or one of the next sixty days."""

    code = "promise.date_impossible"


class PromiseTooLarge(Invalid):
    """The promised amount is more than ten times what is owed, which is a slip of the keyboard."""

    code = "promise.too_large"


class PromiseWithoutDebt(Invalid):
    """Who owes nothing has nothing to promise."""

    code = "promise.nothing_owed"


def check_outcome(outcome: Outcome | None) -> Outcome:
    """Return what came of a call or a visit; raise OutcomeMissing."""
    if outcome is None:
        raise OutcomeMissing
    return outcome


def check_promised_on(promised_on: date | None, *, today: date) -> date:
    """Return the day promised, from today on and at most sixty days ahead; raise PromiseDateImpossible."""
    latest = today + timedelta(days=PROMISE_DAYS_MAXIMUM)
    if promised_on is None or not today <= promised_on <= latest:
        raise PromiseDateImpossible(earliest=today, latest=latest)
    return promised_on


def check_promised(promised: Money, *, owed: Money) -> Money:
    """Return the amount promised; raise PromiseWithoutDebt, PromiseTooLarge or what an amount received raises."""
    check_amount(promised)
    if owed.cents <= 0:
        raise PromiseWithoutDebt
    if promised.cents > owed.cents * PROMISE_TIMES_DEBT_MAXIMUM:
        raise PromiseTooLarge(owed=owed)
    return promised


def check_promised_method(method: PaymentMethod | None) -> PaymentMethod:
    """Return how the money is to come in; raise PaymentMethodBringsNoMoney for none of the ways it can."""
    return check_method(method or PaymentMethod.CREDIT)


def promise_state(
    *, promised_on: date, promised: Money, received: Money, is_taken_back: bool, today: date
) -> PromiseState:
    """Return what became of a promise as of a date.

    `received` is what the borrower paid after promising, from the day of the promise up to the day promised.
    """
    if is_taken_back:
        return PromiseState.TAKEN_BACK
    if received >= promised:
        return PromiseState.KEPT
    return PromiseState.ACTIVE if promised_on >= today else PromiseState.BROKEN


def check_may_take_back(actor: Actor, *, author_is_actor: bool) -> None:
    """Raise FollowUpOfAnother unless the actor wrote the entry or belongs to the management."""
    if not author_is_actor and actor.role not in MANAGEMENT:
        raise FollowUpOfAnother
