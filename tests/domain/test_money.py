from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    AMOUNT_MAXIMUM,
    Money,
    MoneyMissing,
    MoneyNegative,
    MoneyNotUnderstood,
    MoneyTooLarge,
    PercentMissing,
    PercentNegative,
    PercentNotUnderstood,
    PercentTooLarge,
    format_brl,
    format_percent,
    fraction_of,
    parse_brl,
    parse_percent,
    round_half_up,
    total,
)

HOSTILE = [
    "🤑",
    "1🤑",
    "9" * 10_000,
    "\x00",
    "1\x00",
    "'; DROP TABLE payments; --",
    "<b>1</b>",
    "\u0661\u0662\u0663",
    "\uff11\uff12\uff13",
    "¹²",
    "abc",
    "1e5",
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "--5",
    "1,2,3",
    "R$",
    "R$ R$ 5",
    "1 234",
    "5\n6",
]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.5", 1),
        ("1.5", 2),
        ("2.5", 3),
        ("-0.5", -1),
        ("-2.5", -3),
        ("2.4999999999999999999999999999999", 2),
        ("-2.4999999999999999999999999999999", -2),
        ("0", 0),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: str, expected: int) -> None:
    assert round_half_up(Decimal(value)) == expected
    assert round_half_up(Fraction(value)) == expected


def test_a_thousand_reais_in_three_leaves_the_difference_to_the_last() -> None:
    assert Money(100_000).split(3) == (Money(33_333), Money(33_333), Money(33_334))


@given(st.integers(-(10**12), 10**12), st.integers(1, 500))
def test_a_split_sums_back_exactly(cents: int, count: int) -> None:
    parts = Money(cents).split(count)
    assert len(parts) == count
    assert total(parts) == Money(cents)
    assert len(set(parts[:-1])) <= 1


def test_money_adds_subtracts_negates_and_multiplies() -> None:
    assert Money(150) + Money(50) == Money(200)
    assert Money(150) - Money(200) == Money(-50)
    assert -Money(150) == Money(-150)
    assert Money(150) * 3 == 3 * Money(150) == Money(450)
    assert Money(1) > Money.ZERO
    assert not Money.ZERO
    assert total([]) == Money.ZERO


@pytest.mark.parametrize("other", [1, Decimal(1), 1.0, "1"])
def test_money_adds_only_to_money(other: object) -> None:
    with pytest.raises(TypeError):
        Money(1) + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1) - other  # type: ignore[operator]


@pytest.mark.parametrize("factor", [Decimal("1.5"), 1.5, Money(2)])
def test_money_is_multiplied_by_integers_only(factor: object) -> None:
    with pytest.raises(TypeError):
        Money(1) * factor  # type: ignore[operator]


def test_a_fraction_is_divided_once() -> None:
    assert fraction_of(Money(100_000), 17, 3000) == Money(567)
    assert fraction_of(Money(5), 1, 2) == Money(3)
    assert fraction_of(Money(-5), 1, 2) == Money(-3)
    assert fraction_of(Money(100), Decimal("0.5"), Decimal("2.5")) == Money(20)


@given(
    st.integers(0, 10**10),
    st.decimals(0, 1000, places=6),
    st.decimals("0.01", 5000, places=2),
)
def test_a_fraction_equals_exact_arithmetic(cents: int, numerator: Decimal, denominator: Decimal) -> None:
    exact = Fraction(cents) * Fraction(numerator) / Fraction(denominator)
    assert fraction_of(Money(cents), numerator, denominator).cents == int(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        (0, "R$ 0,00"),
        (5, "R$ 0,05"),
        (123_456, "R$ 1.234,56"),
        (-5_000, "-R$ 50,00"),
        (123_456_789_01, "R$ 123.456.789,01"),
    ],
)
def test_amounts_are_shown_in_reais(cents: int, shown: str) -> None:
    assert format_brl(cents) == shown
    assert format_brl(Money(cents)) == shown
    assert str(Money(cents)) == shown


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1.234,56", 123_456),
        ("1234.56", 123_456),
        ("1234,56", 123_456),
        ("R$ 1.234,56", 123_456),
        ("r$1.234,56", 123_456),
        ("R$\u00a01.234,56", 123_456),
        ("  1234  ", 123_400),
        ("1.234", 123_400),
        ("1.234.567,8", 123_456_780),
        ("1,5", 150),
        ("1.5", 150),
        ("0,01", 1),
        ("0", 0),
        ("0007", 700),
        ("100.000.000,00", 10_000_000_000),
    ],
)
def test_amounts_are_read_as_typed_in_brazil(text: str, cents: int) -> None:
    assert parse_brl(text) == Money(cents)


@pytest.mark.parametrize(
    "text", [*HOSTILE, "1.234.56", "1,234.56", "1,234", "1234.567", "0.123", "12.34,56", "1.23.456", ",50", "5,", "5."]
)
def test_what_is_no_amount_is_not_understood(text: str) -> None:
    with pytest.raises(MoneyNotUnderstood):
        parse_brl(text)


def test_an_empty_negative_or_huge_amount_is_named() -> None:
    for text in ("", "   "):
        with pytest.raises(MoneyMissing):
            parse_brl(text)
    for text in ("-1", "- 1,00", "R$ -50,00", "-R$ 50,00", "\u221250"):
        with pytest.raises(MoneyNegative):
            parse_brl(text)
    for text in ("100.000.000,01", "9" * 30):
        with pytest.raises(MoneyTooLarge) as refusal:
            parse_brl(text)
        assert refusal.value.values == {"limit": AMOUNT_MAXIMUM}


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("4,5", "4.5"),
        ("4.50", "4.50"),
        ("4,50%", "4.50"),
        ("4,50 %", "4.50"),
        ("0", "0"),
        ("0,000001", "0.000001"),
        ("1000", "1000"),
    ],
)
def test_percentages_are_read_as_typed(text: str, percent: str) -> None:
    assert parse_percent(text) == Decimal(percent)


@pytest.mark.parametrize("text", [*HOSTILE, "4,5%%", "%", "0,0000001", "1.234,5"])
def test_what_is_no_percentage_is_not_understood(text: str) -> None:
    with pytest.raises(PercentNotUnderstood):
        parse_percent(text)


def test_an_empty_negative_or_huge_percentage_is_named() -> None:
    with pytest.raises(PercentMissing):
        parse_percent(" ")
    with pytest.raises(PercentNegative):
        parse_percent("-1")
    with pytest.raises(PercentTooLarge):
        parse_percent("1000,000001")


@given(st.text())
def test_any_text_is_read_or_refused_with_our_own_error(text: str) -> None:
    with suppress(MoneyMissing, MoneyNotUnderstood, MoneyNegative, MoneyTooLarge):
        assert Money.ZERO <= parse_brl(text) <= AMOUNT_MAXIMUM
    with suppress(PercentMissing, PercentNotUnderstood, PercentNegative, PercentTooLarge):
        assert 0 <= parse_percent(text) <= 1000


@given(st.integers(0, 10_000_000_000))
def test_what_is_shown_is_read_back(cents: int) -> None:
    assert parse_brl(format_brl(cents)) == Money(cents)


@pytest.mark.parametrize(
    ("percent", "shown"),
    [("4.5", "4,50"), ("2", "2,00"), ("0.125", "0,125"), ("0.990000", "0,99"), ("1E+2", "100,00")],
)
def test_percentages_are_shown_with_at_least_two_decimals(percent: str, shown: str) -> None:
    assert format_percent(Decimal(percent)) == shown
