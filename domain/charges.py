"""Late charges in closed form: late fee, mora, the base it counts on, and the guard rails of rates (money.md §3)."""

from datetime import date
from decimal import Decimal

from domain.clients import ClientKind
from domain.errors import Invalid
from domain.money import MAX_PERCENT, Money, fraction_of

PERSON_LATE_FEE_LIMIT_PCT = Decimal(2)
PERSON_MORA_LIMIT_PCT_MONTH = Decimal(1)
COMPANY_LATE_FEE_LIMIT_PCT = Decimal(10)

# Percent and a month of 30 days, as one divisor: multiply first, divide once.
_PERCENT_DAYS_OF_MONTH = 100 * 30


class RatesOutOfRange(Invalid):
    """A late charge rate is below 0 % or above 1000 %."""

    code = "rates.out_of_range"


class LateFeeAbovePersonLimit(Invalid):
    """A late fee above 2 % for a person needs a SUPER_ADMIN and a reason."""

    code = "rates.late_fee_above_person_limit"


class MoraAbovePersonLimit(Invalid):
    """A mora above 1 % a month for a person needs a SUPER_ADMIN and a reason."""

    code = "rates.mora_above_person_limit"


class LateFeeAboveCompanyLimit(Invalid):
    """A late fee above 10 % is refused for a company too."""

    code = "rates.late_fee_above_company_limit"


def late_fee(base: Money, late_fee_pct: Decimal) -> Money:
    """Return the one-off late fee on the part of the original value that was open on the due date (money.md §3)."""
    return fraction_of(base, late_fee_pct, 100)


def mora(base: Money, mora_pct_month: Decimal, days: int) -> Money:
    """Return base x rate / 100 / 30 x days, rounded once; nothing for a day that has not come (money.md §3)."""
    return fraction_of(base * max(0, days), mora_pct_month, _PERCENT_DAYS_OF_MONTH)


def remaining_base(mora_base: Money, open_original: Money, original: Money) -> Money:
    """Return the part of the mora base that is left when `open_original` of `original` is still owed (money.md §3)."""
    return fraction_of(mora_base, open_original.cents, original.cents)


def days_overdue(effective_due_date: date, as_of: date) -> int:
    """Return the calendar days past the effective due date, 0 up to that date (money.md §1)."""
    return max(0, (as_of - effective_due_date).days)


def check_rates(kind: ClientKind, late_fee_pct: Decimal, mora_pct_month: Decimal, *, is_override_allowed: bool) -> None:
    """Raise a `rates.*` error for rates outside the guard rails (money.md §3, brazil.md §2).

    A person pays at most 2 % late fee and 1 % mora a month unless the override is allowed; a company at most 10 % late
    fee, always.
    """
    for field, rate in (("late_fee_pct", late_fee_pct), ("mora_pct_month", mora_pct_month)):
        if not 0 <= rate <= MAX_PERCENT:
            raise RatesOutOfRange(field=field, limit=MAX_PERCENT)
    if kind is ClientKind.COMPANY:
        if late_fee_pct > COMPANY_LATE_FEE_LIMIT_PCT:
            raise LateFeeAboveCompanyLimit(field="late_fee_pct", limit=COMPANY_LATE_FEE_LIMIT_PCT)
        return
    if is_override_allowed:
        return
    if late_fee_pct > PERSON_LATE_FEE_LIMIT_PCT:
        raise LateFeeAbovePersonLimit(field="late_fee_pct", limit=PERSON_LATE_FEE_LIMIT_PCT)
    if mora_pct_month > PERSON_MORA_LIMIT_PCT_MONTH:
        raise MoraAbovePersonLimit(field="mora_pct_month", limit=PERSON_MORA_LIMIT_PCT_MONTH)
