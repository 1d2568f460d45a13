"""Payments: methods, the parts of an invoice, the order of allocation, and what a payment must be (money.md §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.money import AMOUNT_MAXIMUM, Money
from domain.permissions import Actor, Limit


class PaymentMethod(StrEnum):
    """How money came in; CREDIT uses credit of the client and brings no money (money.md §4)."""

    PIX = "PIX"
    CASH = "CASH"
    TRANSFER = "TRANSFER"
    BOLETO = "BOLETO"
    CREDIT = "CREDIT"


RECEIVED_METHODS = tuple(method for method in PaymentMethod if method is not PaymentMethod.CREDIT)
TIMES_DEBT_MAXIMUM = 10
REFUND_METHODS = (PaymentMethod.PIX, PaymentMethod.CASH, PaymentMethod.TRANSFER)


class PaymentInFuture(Invalid):
    """The payment is dated after the business date."""

    code = "payment.in_future"


class PaymentBeforeDisbursement(Invalid):
    """The payment is dated before the loan was disbursed."""

    code = "payment.before_disbursement"


class PaymentNotPositive(Invalid):
    """The amount paid is zero or less."""

    code = "payment.not_positive"


class PaymentMethodBringsNoMoney(Invalid):
    """Credit is used by a use case of its own, not by registering money received."""

    code = "payment.method_brings_no_money"


class PaymentTooLarge(Invalid):
    """The amount paid is above R$ 100.000.000,00."""

    code = "payment.too_large"


class PaymentAboveDebt(Invalid):
    """The amount is more than ten times what is owed: it was surely mistyped."""

    code = "payment.above_debt"


class PaymentBackdatedTooFar(NotAllowed):
    """The payment is dated further back than the role may go."""

    code = "payment.backdated_too_far"


class PaymentBackdateNeedsReason(Invalid):
    """A payment dated before the business date says why."""

    code = "payment.backdate_needs_reason"


class PaymentLeavesCredit(Conflict):
    """The payment leaves more credit than was shown before it was confirmed: what it was to pay is paid meanwhile."""

    code = "payment.leaves_credit"


class PaymentNotFound(NotFound):
    """No such payment."""

    code = "payment.not_found"


class PaymentTwin(Conflict):
    """The loan got the same amount a few minutes ago, and nobody said that this is another payment."""

    code = "payment.twin"


class PaymentIdTaken(Conflict):
    """The id belongs to a payment with another order or author."""

    code = "payment.id_taken"


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount of one invoice by what it settles, in the order of allocation (money.md §4)."""

    mora: Money = Money.ZERO
    late_fee: Money = Money.ZERO
    interest: Money = Money.ZERO
    principal: Money = Money.ZERO

    @property
    def total(self) -> Money:
        """The sum of the four parts."""
        return Money(self.mora.cents + self.late_fee.cents + self.interest.cents + self.principal.cents)

    def __add__(self, other: "Parts") -> "Parts":
        if not isinstance(other, Parts):
            return NotImplemented
        return Parts(
            Money(self.mora.cents + other.mora.cents),
            Money(self.late_fee.cents + other.late_fee.cents),
            Money(self.interest.cents + other.interest.cents),
            Money(self.principal.cents + other.principal.cents),
        )

    def __sub__(self, other: "Parts") -> "Parts":
        if not isinstance(other, Parts):
            return NotImplemented
        return Parts(
            Money(self.mora.cents - other.mora.cents),
            Money(self.late_fee.cents - other.late_fee.cents),
            Money(self.interest.cents - other.interest.cents),
            Money(self.principal.cents - other.principal.cents),
        )


def allocate(amount: Money, open_parts: Sequence[Parts]) -> tuple[tuple[Parts, ...], Money]:
    """Allocate an amount over invoices in the order given; return the parts per invoice and what is left (money.md §4).

    Inside an invoice mora comes first, then late fee, interest, principal.
    """
    left = amount.cents
    allocated: list[Parts] = []
    for parts in open_parts:
        taken: list[Money] = []
        for part in (parts.mora, parts.late_fee, parts.interest, parts.principal):
            cents = min(left, part.cents)
            left -= cents
            taken.append(Money(cents))
        allocated.append(Parts(*taken))
    return tuple(allocated), Money(left)


def check_received_on(received_on: date, *, today: date, disbursed_on: date) -> date:
    """Return the date money was received: not after the business date, not before the disbursement (money.md §4)."""
    if received_on > today:
        raise PaymentInFuture(field="received_on", today=today)
    if received_on < disbursed_on:
        raise PaymentBeforeDisbursement(field="received_on", disbursed_on=disbursed_on)
    return received_on


def check_amount(amount: Money) -> Money:
    """Return the amount of a payment: more than zero, at most R$ 100.000.000,00."""
    if amount.cents <= 0:
        raise PaymentNotPositive(field="amount")
    if amount > AMOUNT_MAXIMUM:
        raise PaymentTooLarge(field="amount", limit=AMOUNT_MAXIMUM)
    return amount


def check_method(method: PaymentMethod) -> PaymentMethod:
    """Return the method of money received; raise PaymentMethodBringsNoMoney for CREDIT (money.md §4)."""
    if method not in RECEIVED_METHODS:
        raise PaymentMethodBringsNoMoney
    return method


def check_proportion(amount: Money, *, owed: Money, lent: Money) -> None:
    """Raise PaymentAboveDebt for more than ten times what is owed, or what was lent where nothing is owed any more."""
    limit = (owed or lent) * TIMES_DEBT_MAXIMUM
    if amount > limit:
        raise PaymentAboveDebt(field="amount", limit=limit)


def check_backdating(actor: Actor, received_on: date, *, today: date) -> None:
    """Raise PaymentBackdatedTooFar where the day lies further back than the actor's role may go."""
    if not actor.is_within(Limit.BACKDATE_DAYS, max(0, (today - received_on).days)):
        raise PaymentBackdatedTooFar(field="received_on", limit_days=actor.limits.get(Limit.BACKDATE_DAYS, 0))


def check_backdate_reason(reason: str, received_on: date, *, today: date) -> None:
    """Raise PaymentBackdateNeedsReason for a day before the business date that nothing explains (ux.md §2.12)."""
    if received_on < today and not reason.strip():
        raise PaymentBackdateNeedsReason(field="note")


def check_credit(credit: Money, expected: Money | None) -> None:
    """Raise PaymentLeavesCredit where a payment leaves more credit than was shown; None: nothing was shown."""
    if expected is not None and credit > expected:
        raise PaymentLeavesCredit(field="amount", credit=credit)
