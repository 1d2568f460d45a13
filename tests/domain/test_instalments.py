from datetime import date
from decimal import Decimal

import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import BusinessCalendar, Step
from domain.errors import Invalid
from domain.instalments import (
    Plan,
    PlanCostTooHigh,
    PlanCostUndefined,
    PlanCountOutOfRange,
    PlanFirstDueDateOutOfRange,
    PlanInstalmentNotPositive,
    PlanPrincipalNotPositive,
    PlanPrincipalTooLarge,
    PlanRateOutOfRange,
    PlanSkipsNotDaily,
    PlanTerms,
    build_plan,
    effective_annual_cost,
    regular_instalment,
)
from domain.money import Money, fraction_of, total
from tests.build.contracts import a_day

BANKS = BusinessCalendar()


def some_terms(
    plan: Plan = Plan.FLAT,
    *,
    principal: int = 100_000,
    count: int = 3,
    rate: str = "0",
    step: Step = Step.MONTHLY,
    first: str = "2026-01-31",
    skip_sundays: bool = False,
) -> PlanTerms:
    return PlanTerms(
        principal=Money(principal),
        plan=plan,
        step=step,
        count=count,
        rate_pct=Decimal(rate),
        first_due_date=a_day(first),
        skip_sundays=skip_sundays,
    )


def parts_of(terms: PlanTerms) -> list[tuple[int, int]]:
    return [(each.principal.cents, each.interest.cents) for each in build_plan(terms, BANKS)]


@pytest.mark.parametrize("plan", list(Plan))
def test_without_interest_both_plans_are_equal_parts_with_an_exact_sum(plan: Plan) -> None:
    assert parts_of(some_terms(plan)) == [(33_333, 0), (33_333, 0), (33_334, 0)]


def test_flat_charges_simple_interest_on_the_principal() -> None:
    assert parts_of(some_terms(principal=100_000, count=3, rate="4.5")) == [
        (33_333, 4_500),
        (33_333, 4_500),
        (33_334, 4_500),
    ]


def test_flat_rounds_the_total_and_the_interest_apart() -> None:
    assert parts_of(some_terms(principal=1_000, count=3, rate="3.35")) == [(333, 34), (333, 34), (334, 33)]


def test_price_charges_interest_on_the_balance_and_the_last_pays_what_is_left() -> None:
    assert parts_of(some_terms(Plan.PRICE, principal=100_000, count=3, rate="10")) == [
        (30_211, 10_000),
        (33_232, 6_979),
        (36_557, 3_656),
    ]


def test_instalments_carry_their_number_and_both_dates() -> None:
    plan = build_plan(some_terms(count=3), BANKS)
    assert [(each.number, each.due_date, each.effective_due_date) for each in plan] == [
        (1, a_day("2026-01-31"), a_day("2026-02-02")),
        (2, a_day("2026-02-28"), a_day("2026-03-02")),
        (3, a_day("2026-03-31"), a_day("2026-03-31")),
    ]


def test_a_daily_plan_may_skip_sundays() -> None:
    plan = build_plan(some_terms(step=Step.DAILY, first="2026-03-07", skip_sundays=True), BANKS)
    assert [each.due_date for each in plan] == [a_day("2026-03-07"), a_day("2026-03-09"), a_day("2026-03-10")]


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        (some_terms(count=0), PlanCountOutOfRange),
        (some_terms(count=421), PlanCountOutOfRange),
        (some_terms(principal=0), PlanPrincipalNotPositive),
        (some_terms(principal=-1), PlanPrincipalNotPositive),
        (some_terms(principal=10_000_000_001), PlanPrincipalTooLarge),
        (some_terms(rate="-0.01"), PlanRateOutOfRange),
        (some_terms(rate="100.01"), PlanRateOutOfRange),
        (some_terms(first="1899-12-31"), PlanFirstDueDateOutOfRange),
        (some_terms(first="2200-01-01"), PlanFirstDueDateOutOfRange),
        (some_terms(skip_sundays=True), PlanSkipsNotDaily),
        (some_terms(principal=2, count=3), PlanInstalmentNotPositive),
        (some_terms(principal=630, count=420), PlanInstalmentNotPositive),
        (some_terms(Plan.PRICE, principal=2, count=3, rate="1"), PlanInstalmentNotPositive),
    ],
)
def test_impossible_terms_are_refused(terms: PlanTerms, refusal: type[Invalid]) -> None:
    with pytest.raises(refusal):
        build_plan(terms, BANKS)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(Plan),
    st.integers(1, 10**9),
    st.integers(1, 60),
    st.decimals(0, 100, places=4),
    st.sampled_from(Step),
)
def test_the_sums_of_a_plan_are_exact(plan: Plan, principal: int, count: int, rate: Decimal, step: Step) -> None:
    terms = some_terms(plan, principal=principal, count=count, rate=str(rate), step=step)
    try:
        instalments = build_plan(terms, BANKS)
    except PlanInstalmentNotPositive:
        return
    assert total(each.principal for each in instalments) == Money(principal)
    if plan is Plan.FLAT:
        interest = fraction_of(Money(principal), rate * count, 100)
        assert total(each.interest for each in instalments) == interest
    assert all(each.original.cents > 0 and each.principal.cents >= 0 <= each.interest.cents for each in instalments)
    assert [each.number for each in instalments] == list(range(1, count + 1))
    if count > 1:
        assert {each.original for each in instalments[:-1]} == {regular_instalment(terms)}


@pytest.mark.parametrize(
    ("plan", "rate", "cents"),
    [(Plan.FLAT, "4.5", 37_833), (Plan.PRICE, "10", 40_211), (Plan.PRICE, "0", 33_333)],
)
def test_the_regular_instalment_is_the_value_of_all_but_the_last(plan: Plan, rate: str, cents: int) -> None:
    assert regular_instalment(some_terms(plan, rate=rate)) == Money(cents)


def bcb_flows(year: int) -> list[tuple[date, Money]]:
    return [(date(year, month, 15), Money(20_573)) for month in range(2, 7)]


@pytest.mark.parametrize(("year", "cost"), [(2026, "44.55"), (2024, "44.08")])
def test_the_central_banks_sample_on_actual_days(year: int, cost: str) -> None:
    assert effective_annual_cost(Money(94_000), date(year, 1, 15), bcb_flows(year)) == Decimal(cost)


def test_money_given_back_as_it_was_lent_costs_nothing() -> None:
    assert effective_annual_cost(Money(100), date(2026, 1, 1), [(date(2027, 1, 1), Money(100))]) == Decimal("0.00")
    assert effective_annual_cost(Money(100), date(2026, 1, 1), [(date(2027, 1, 1), Money(110))]) == Decimal("10.00")
    assert effective_annual_cost(Money(100), date(2026, 1, 1), [(date(2027, 1, 1), Money(90))]) == Decimal("-10.00")


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(Plan),
    st.integers(50_000, 10**8),
    st.integers(1, 24),
    st.decimals("0.5", 15, places=2),
)
def test_the_cost_agrees_with_pyxirr(plan: Plan, principal: int, count: int, rate: Decimal) -> None:
    released_on = date(2026, 1, 2)
    instalments = build_plan(some_terms(plan, principal=principal, count=count, rate=str(rate)), BANKS)
    flows = [(each.due_date, each.original) for each in instalments]
    oracle = pyxirr.xirr(
        [released_on, *(day for day, _ in flows)], [-principal, *(amount.cents for _, amount in flows)]
    )
    assert oracle is not None
    cost = effective_annual_cost(Money(principal), released_on, flows)
    assert abs(float(cost) - oracle * 100) < 0.00501 + abs(oracle) * 1e-6


@pytest.mark.parametrize(
    ("released", "flows"),
    [
        (0, [("2026-02-01", 100)]),
        (100, []),
        (100, [("2026-01-01", 100)]),
        (100, [("2025-12-31", 110)]),
        (100, [("2026-02-01", -110)]),
        (10_000_000_000, [("2026-01-02", 1)]),
    ],
)
def test_no_rate_is_invented_where_none_exists(released: int, flows: list[tuple[str, int]]) -> None:
    with pytest.raises(PlanCostUndefined):
        effective_annual_cost(
            Money(released), date(2026, 1, 1), [(a_day(paid_on), Money(cents)) for paid_on, cents in flows]
        )


@pytest.mark.parametrize("paid_on", ["2026-01-02", "2026-03-01"])
def test_an_absurd_cost_is_refused(paid_on: str) -> None:
    with pytest.raises(PlanCostTooHigh):
        effective_annual_cost(Money(100), date(2026, 1, 1), [(a_day(paid_on), Money(600))])
