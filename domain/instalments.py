"""Plans of instalments, FLAT and PRICE, and the effective annual cost, CET (money.md §2, brazil.md §5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

from domain.calendar import FIRST_YEAR, LAST_YEAR, BusinessCalendar, Step, due_dates
from domain.errors import Invalid
from domain.money import AMOUNT_MAXIMUM, Money, fraction_of, round_half_up

MAX_COUNT = 420
MAX_RATE_PCT = Decimal(100)
MAX_COST_PCT = Decimal("999999.99")

_DAYS_OF_YEAR = 365
_BISECTION_STEPS = 80
_BISECTION_DIGITS = 40
# The CET is searched between these discount factors of one day; the lower one stands for more than MAX_COST_PCT.
_LOWEST_FACTOR, _HIGHEST_FACTOR = Decimal("0.97"), Decimal(2)


class Plan(StrEnum):
    """How interest is spread: simple on the principal, or on the balance with a constant instalment (money.md §2)."""

    FLAT = "FLAT"
    PRICE = "PRICE"


class PlanCountOutOfRange(Invalid):
    """A plan has 1 to 420 instalments."""

    code = "plan.count_out_of_range"


class PlanPrincipalNotPositive(Invalid):
    """The principal of a plan is more than zero."""

    code = "plan.principal_not_positive"


class PlanPrincipalTooLarge(Invalid):
    """The principal of a plan is at most R$ 100.000.000,00."""

    code = "plan.principal_too_large"


class PlanRateOutOfRange(Invalid):
    """The rate of a plan is 0 to 100 % per period."""

    code = "plan.rate_out_of_range"


class PlanFirstDueDateOutOfRange(Invalid):
    """The first due date of a plan lies outside the years the calendar knows."""

    code = "plan.first_due_date_out_of_range"


class PlanSkipsNotDaily(Invalid):
    """Only a daily plan skips Sundays and holidays."""

    code = "plan.skips_not_daily"


class PlanInstalmentNotPositive(Invalid):
    """The terms give an instalment that is not positive, or a negative part."""

    code = "plan.instalment_not_positive"


class PlanCostUndefined(Invalid):
    """No rate discounts these instalments to what is released."""

    code = "plan.cost_undefined"


class PlanCostTooHigh(Invalid):
    """The effective annual cost is above 999,999.99 %: no such loan is meant."""

    code = "plan.cost_too_high"


@dataclass(frozen=True, kw_only=True)
class PlanTerms:
    """What a plan is made from; `rate_pct` is percent per period of the plan, the first period counting as one."""

    principal: Money
    plan: Plan
    step: Step
    count: int
    rate_pct: Decimal
    first_due_date: date
    skip_sundays: bool = False
    skip_holidays: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Instalment:
    """One instalment of a plan: its dates and its principal and interest part."""

    number: int
    due_date: date
    effective_due_date: date
    principal: Money
    interest: Money

    @property
    def original(self) -> Money:
        """The value before any charge: principal plus interest."""
        return self.principal + self.interest


def build_plan(terms: PlanTerms, calendar: BusinessCalendar) -> tuple[Instalment, ...]:
    """Return the instalments, numbered from 1; their sums are exact (money.md §2).

    Raises a `plan.*` error for terms out of range and for a plan with an instalment that is not positive or a part
    below zero.
    """
    _check_terms(terms)
    parts = _flat_parts(terms) if terms.plan is Plan.FLAT else _price_parts(terms)
    if any(min(principal, interest) < Money.ZERO or not principal + interest for principal, interest in parts):
        raise PlanInstalmentNotPositive(field="count")
    dates = due_dates(
        terms.first_due_date,
        terms.step,
        terms.count,
        calendar,
        skip_sundays=terms.skip_sundays,
        skip_holidays=terms.skip_holidays,
    )
    return tuple(
        Instalment(
            number=number,
            due_date=due_date,
            effective_due_date=calendar.effective(due_date),
            principal=principal,
            interest=interest,
        )
        for number, (due_date, (principal, interest)) in enumerate(zip(dates, parts, strict=True), start=1)
    )


def regular_instalment(terms: PlanTerms) -> Money:
    """Return the value of every instalment but the last, which absorbs the centavos (money.md §2)."""
    _check_terms(terms)
    if terms.plan is Plan.PRICE and terms.rate_pct:
        return _price_instalment(terms)
    interest = fraction_of(terms.principal, terms.rate_pct * terms.count, 100)
    return (terms.principal + interest).split(terms.count)[0]


def effective_annual_cost(released: Money, released_on: date, flows: Sequence[tuple[date, Money]]) -> Decimal:
    """Return the CET in percent a year, two decimals, half up (money.md §2, brazil.md §5).

    It is the rate that discounts the flows, on actual days / 365, to what was released.  The daily discount factor is
    found by bisection: the discounted sum grows with it.  Raises PlanCostUndefined when no such rate exists
    and PlanCostTooHigh above `MAX_COST_PCT`.
    """
    days_and_cents = [((paid_on - released_on).days, amount.cents) for paid_on, amount in flows]
    if released.cents <= 0 or any(days < 0 or cents < 0 for days, cents in days_and_cents):
        raise PlanCostUndefined

    with localcontext() as context:
        context.prec = _BISECTION_DIGITS

        def discounted(factor: Decimal) -> Decimal:
            return sum((cents * factor**days for days, cents in days_and_cents), Decimal(0))

        low, high = _LOWEST_FACTOR, _HIGHEST_FACTOR
        paid_at_once = sum(cents for days, cents in days_and_cents if not days)
        if not paid_at_once < released.cents <= discounted(high):
            raise PlanCostUndefined
        if discounted(low) > released.cents:
            raise PlanCostTooHigh(limit=MAX_COST_PCT)
        for _ in range(_BISECTION_STEPS):
            middle = (low + high) / 2
            if discounted(middle) < released.cents:
                low = middle
            else:
                high = middle
        yearly_growth = 1 / high**_DAYS_OF_YEAR
        hundredths_of_percent = round_half_up((yearly_growth - 1) * 10_000)
        cost_pct = Decimal(hundredths_of_percent).scaleb(-2)
    if cost_pct > MAX_COST_PCT:
        raise PlanCostTooHigh(limit=MAX_COST_PCT)
    return cost_pct


def _check_terms(terms: PlanTerms) -> None:
    if not 1 <= terms.count <= MAX_COUNT:
        raise PlanCountOutOfRange(field="count", limit=MAX_COUNT)
    if terms.principal.cents <= 0:
        raise PlanPrincipalNotPositive(field="principal")
    if terms.principal > AMOUNT_MAXIMUM:
        raise PlanPrincipalTooLarge(field="principal", limit=AMOUNT_MAXIMUM)
    if not 0 <= terms.rate_pct <= MAX_RATE_PCT:
        raise PlanRateOutOfRange(field="rate_pct", limit=MAX_RATE_PCT)
    if not FIRST_YEAR <= terms.first_due_date.year <= LAST_YEAR:
        raise PlanFirstDueDateOutOfRange(field="first_due_date")
    if terms.step is not Step.DAILY and (terms.skip_sundays or terms.skip_holidays):
        raise PlanSkipsNotDaily(field="step")


def _flat_parts(terms: PlanTerms) -> list[tuple[Money, Money]]:
    """Return (principal, interest) of each FLAT instalment: simple interest, total and interest split evenly."""
    interest = fraction_of(terms.principal, terms.rate_pct * terms.count, 100)
    interests = interest.split(terms.count)
    totals = (terms.principal + interest).split(terms.count)
    return [(original - part, part) for original, part in zip(totals, interests, strict=True)]


def _price_instalment(terms: PlanTerms) -> Money:
    rate = Fraction(terms.rate_pct) / 100
    growth = (1 + rate) ** terms.count
    return Money(round_half_up(terms.principal.cents * rate * growth / (growth - 1)))


def _price_parts(terms: PlanTerms) -> list[tuple[Money, Money]]:
    """Return (principal, interest) of each PRICE instalment: interest on the balance, the last pays what is left."""
    if not terms.rate_pct:
        return [(principal, Money.ZERO) for principal in terms.principal.split(terms.count)]
    instalment = _price_instalment(terms)
    parts: list[tuple[Money, Money]] = []
    balance = terms.principal
    for _ in range(terms.count - 1):
        interest = fraction_of(balance, terms.rate_pct, 100)
        parts.append((instalment - interest, interest))
        balance -= instalment - interest
    return [*parts, (balance, fraction_of(balance, terms.rate_pct, 100))]
