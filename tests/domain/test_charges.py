from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import charges
from domain.clients import ClientKind
from domain.errors import Invalid
from domain.money import Money


def test_seventeen_days_at_one_percent_a_month_on_a_thousand_reais() -> None:
    assert charges.mora(Money(100_000), Decimal(1), 17) == Money(567)


def test_mora_of_a_day_that_has_not_come_is_nothing() -> None:
    assert charges.mora(Money(100_000), Decimal(1), 0) == Money.ZERO
    assert charges.mora(Money(100_000), Decimal(1), -3) == Money.ZERO


def test_the_late_fee_is_two_percent_rounded_half_up() -> None:
    assert charges.late_fee(Money(33_333), Decimal(2)) == Money(667)
    assert charges.late_fee(Money(25), Decimal(2)) == Money(1)
    assert charges.late_fee(Money(24), Decimal(2)) == Money(0)


def test_the_remaining_base_is_in_proportion_to_what_is_open() -> None:
    assert charges.remaining_base(Money(56_821), Money(33_333), Money(100_000)) == Money(18_940)
    assert charges.remaining_base(Money(56_821), Money(0), Money(100_000)) == Money(0)
    assert charges.remaining_base(Money(56_821), Money(100_000), Money(100_000)) == Money(56_821)


def test_days_overdue_are_calendar_days_after_the_effective_due_date() -> None:
    due = date(2026, 2, 27)
    assert [charges.days_overdue(due, due + timedelta(days=days)) for days in (-1, 0, 1, 3)] == [0, 0, 1, 3]


@given(st.integers(0, 10**9), st.decimals(0, 20, places=4), st.integers(0, 3000), st.integers(0, 3000))
def test_mora_never_falls_as_days_pass(base: int, rate: Decimal, days: int, more_days: int) -> None:
    assert charges.mora(Money(base), rate, days) <= charges.mora(Money(base), rate, days + more_days)


@pytest.mark.parametrize(
    ("kind", "late_fee", "mora", "is_override_allowed"),
    [
        (ClientKind.PERSON, "2", "1", False),
        (ClientKind.PERSON, "0", "0", False),
        (ClientKind.PERSON, "10", "9", True),
        (ClientKind.COMPANY, "10", "9", False),
    ],
)
def test_rates_within_the_guard_rails_pass(
    kind: ClientKind, late_fee: str, mora: str, *, is_override_allowed: bool
) -> None:
    charges.check_rates(kind, Decimal(late_fee), Decimal(mora), is_override_allowed=is_override_allowed)


@pytest.mark.parametrize(
    ("kind", "late_fee", "mora", "is_override_allowed", "refusal", "field"),
    [
        (ClientKind.PERSON, "2.01", "1", False, charges.LateFeeAbovePersonLimit, "late_fee_pct"),
        (ClientKind.PERSON, "2", "1.000001", False, charges.MoraAbovePersonLimit, "mora_pct_month"),
        (ClientKind.COMPANY, "10.01", "1", True, charges.LateFeeAboveCompanyLimit, "late_fee_pct"),
        (ClientKind.PERSON, "-1", "1", True, charges.RatesOutOfRange, "late_fee_pct"),
        (ClientKind.COMPANY, "2", "1000.01", True, charges.RatesOutOfRange, "mora_pct_month"),
    ],
)
def test_rates_outside_the_guard_rails_are_refused(
    kind: ClientKind, late_fee: str, mora: str, *, is_override_allowed: bool, refusal: type[Invalid], field: str
) -> None:
    with pytest.raises(refusal) as raised:
        charges.check_rates(kind, Decimal(late_fee), Decimal(mora), is_override_allowed=is_override_allowed)
    assert raised.value.field == field
