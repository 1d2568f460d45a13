from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import AMOUNT_MAXIMUM, Money, total
from domain.payments import (
    RECEIVED_METHODS,
    Parts,
    PaymentBeforeDisbursement,
    PaymentInFuture,
    PaymentMethod,
    PaymentNotPositive,
    PaymentTooLarge,
    allocate,
    check_amount,
    check_received_on,
)

amounts = st.integers(0, 10**7).map(Money)
some_parts = st.builds(Parts, amounts, amounts, amounts, amounts)


def parts(mora: int = 0, late_fee: int = 0, interest: int = 0, principal: int = 0) -> Parts:
    return Parts(Money(mora), Money(late_fee), Money(interest), Money(principal))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, parts()),
        (5, parts(mora=5)),
        (10, parts(mora=10)),
        (25, parts(mora=10, late_fee=15)),
        (45, parts(mora=10, late_fee=20, interest=15)),
        (70, parts(mora=10, late_fee=20, interest=30, principal=10)),
    ],
)
def test_inside_an_invoice_mora_comes_first_then_fee_interest_principal(amount: int, expected: Parts) -> None:
    assert allocate(Money(amount), [parts(10, 20, 30, 40)]) == ((expected,), Money.ZERO)


def test_what_is_over_goes_to_the_next_invoice_and_then_is_left() -> None:
    owed = [parts(1, 2, 3, 4), parts(5, 6, 7, 8)]
    assert allocate(Money(40), owed) == (tuple(owed), Money(4))
    assert allocate(Money(17), owed) == ((owed[0], parts(5, 2)), Money.ZERO)


@given(amounts, st.lists(some_parts, max_size=6))
def test_allocation_is_never_over_and_loses_nothing(amount: Money, owed: list[Parts]) -> None:
    taken, left = allocate(amount, owed)
    assert total(each.total for each in taken) + left == amount
    flat_taken = [part for each in taken for part in (each.mora, each.late_fee, each.interest, each.principal)]
    flat_owed = [part for each in owed for part in (each.mora, each.late_fee, each.interest, each.principal)]
    assert all(Money.ZERO <= got <= asked for got, asked in zip(flat_taken, flat_owed, strict=True))
    short = [index for index, (got, asked) in enumerate(zip(flat_taken, flat_owed, strict=True)) if got < asked]
    assert not short or not any(flat_taken[short[0] + 1 :])
    assert not short or not left


@given(some_parts, some_parts)
def test_parts_add_and_subtract(one: Parts, other: Parts) -> None:
    assert one + other - other == one
    assert (one + other).total == one.total + other.total


def test_parts_mix_with_parts_only() -> None:
    with pytest.raises(TypeError):
        parts(1) + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        parts(1) - 1  # type: ignore[operator]


def test_credit_is_the_only_method_that_brings_no_money() -> None:
    assert set(PaymentMethod) - set(RECEIVED_METHODS) == {PaymentMethod.CREDIT}


def test_a_payment_is_dated_between_disbursement_and_today() -> None:
    today, disbursed_on = date(2026, 3, 10), date(2026, 1, 5)
    for day in (disbursed_on, date(2026, 2, 1), today):
        assert check_received_on(day, today=today, disbursed_on=disbursed_on) == day
    with pytest.raises(PaymentInFuture):
        check_received_on(date(2026, 3, 11), today=today, disbursed_on=disbursed_on)
    with pytest.raises(PaymentBeforeDisbursement):
        check_received_on(date(2026, 1, 4), today=today, disbursed_on=disbursed_on)


def test_a_payment_is_positive_and_not_absurd() -> None:
    assert check_amount(Money(1)) == Money(1)
    assert check_amount(AMOUNT_MAXIMUM) == AMOUNT_MAXIMUM
    for amount in (Money(0), Money(-1)):
        with pytest.raises(PaymentNotPositive):
            check_amount(amount)
    with pytest.raises(PaymentTooLarge):
        check_amount(AMOUNT_MAXIMUM + Money(1))
