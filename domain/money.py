"""Money in integer centavos, the one rounding rule, and how amounts and percentages are typed and shown.

Rounding is half up, away from zero, once per posted figure; a product is multiplied first and divided once
(money.md, opening; architecture.md §5).  What people type follows ux.md "Valor": a comma is the decimal sign, a dot
before three digits groups thousands, a dot before one or two final digits is a decimal sign.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from domain.errors import Invalid

MAX_PERCENT = Decimal(1000)

_LONGEST_ENTRY = 40
_MINUS_SIGNS = ("-", "\u2212")
_THOUSANDS = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,([0-9]{1,2}))?")
_PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2}))?")
_PERCENT = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,6})?")


class MoneyMissing(Invalid):
    """No amount was given."""

    code = "money.missing"


class MoneyNotUnderstood(Invalid):
    """The text is not an amount in reais."""

    code = "money.not_understood"


class MoneyNegative(Invalid):
    """The amount is below zero."""

    code = "money.negative"


class MoneyTooLarge(Invalid):
    """The amount is above R$ 100.000.000,00."""

    code = "money.too_large"


class PercentMissing(Invalid):
    """No percentage was given."""

    code = "percent.missing"


class PercentNotUnderstood(Invalid):
    """The text is not a percentage of at most six decimals."""

    code = "percent.not_understood"


class PercentNegative(Invalid):
    """The percentage is below zero."""

    code = "percent.negative"


class PercentTooLarge(Invalid):
    """The percentage is above 1000 %."""

    code = "percent.too_large"


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator as an integer, a half away from zero; the denominator is positive."""
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def round_half_up(value: Decimal | Fraction) -> int:
    """Return the nearest integer, a half away from zero, without losing a digit on the way (money.md, opening)."""
    return divide_half_up(*value.as_integer_ratio())


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in centavos.  It adds to Money only and multiplies by integers only."""

    cents: int
    ZERO: ClassVar["Money"]

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents - other.cents)

    def __neg__(self) -> "Money":
        return Money(-self.cents)

    def __mul__(self, factor: int) -> "Money":
        if not isinstance(factor, int):
            return NotImplemented
        return Money(self.cents * factor)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        return format_brl(self)

    def split(self, count: int) -> "tuple[Money, ...]":
        """Split into `count` equal parts rounded to the centavo; the last absorbs the difference (money.md §2).

        >>> [part.cents for part in Money(100000).split(3)]
        [33333, 33333, 33334]
        """
        assert count > 0, "an amount is split into at least one part"
        part = divide_half_up(self.cents, count)
        return (*(Money(part) for _ in range(count - 1)), Money(self.cents - part * (count - 1)))


Money.ZERO = Money(0)

AMOUNT_MAXIMUM = Money(10_000_000_000)


def total(amounts: Iterable[Money]) -> Money:
    """Return the sum of the amounts, zero when there is none."""
    return Money(sum(amount.cents for amount in amounts))


def fraction_of(amount: Money, numerator: int | Decimal, denominator: int | Decimal) -> Money:
    """Return amount x numerator / denominator, multiplied first, divided once, rounded half up to the centavo.

    The denominator is positive.
    """
    top, top_scale = numerator.as_integer_ratio()
    bottom, bottom_scale = denominator.as_integer_ratio()
    return Money(divide_half_up(amount.cents * top * bottom_scale, top_scale * bottom))


def format_brl(amount: Money | int) -> str:
    """Show an amount (an int is centavos) as `R$ 1.234,56`, a negative one as `-R$ 50,00`, with a plain space.

    >>> format_brl(123456)
    'R$ 1.234,56'
    """
    cents = amount.cents if isinstance(amount, Money) else amount
    reais, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}R$ {reais:,}".replace(",", ".") + f",{rest:02d}"


def parse_brl(text: str) -> Money:
    """Read an amount as typed in Brazil (ux.md "Valor"), `R$` allowed: at least 0, at most R$ 100.000.000,00.

    `1.234,56`, `1234.56` and `R$ 1.234,56` are the same amount; `1.234` is one thousand two hundred and thirty-four.
    Raises MoneyMissing, MoneyNotUnderstood, MoneyNegative or MoneyTooLarge.
    """
    entry = text.strip()
    if not entry:
        raise MoneyMissing
    if len(entry) > _LONGEST_ENTRY:
        raise MoneyNotUnderstood
    entry, is_negative = _without_minus(entry)
    if entry[:2].upper() == "R$":
        entry, is_minus_inside = _without_minus(entry[2:].strip())
        is_negative = is_negative or is_minus_inside
    match = _THOUSANDS.fullmatch(entry) or _PLAIN.fullmatch(entry)
    if match is None:
        raise MoneyNotUnderstood
    if is_negative:
        raise MoneyNegative
    cents = int(match[1].replace(".", "")) * 100 + int((match[2] or "").ljust(2, "0"))
    amount = Money(cents)
    if amount > AMOUNT_MAXIMUM:
        raise MoneyTooLarge(limit=AMOUNT_MAXIMUM)
    return amount


def parse_percent(text: str) -> Decimal:
    """Read a percentage as `4,5`, `4.50` or `4,50%`: 0 to 1000, at most six decimals.

    Raises PercentMissing, PercentNotUnderstood, PercentNegative or PercentTooLarge.
    """
    entry = text.strip()
    if not entry:
        raise PercentMissing
    if len(entry) > _LONGEST_ENTRY:
        raise PercentNotUnderstood
    entry, is_negative = _without_minus(entry.removesuffix("%").rstrip())
    if _PERCENT.fullmatch(entry) is None:
        raise PercentNotUnderstood
    if is_negative:
        raise PercentNegative
    percent = Decimal(entry.replace(",", "."))
    if percent > MAX_PERCENT:
        raise PercentTooLarge(limit=MAX_PERCENT)
    return percent


def format_percent(percent: Decimal) -> str:
    """Show a percentage with a comma and at least two decimals, without its sign: `4,50`, `0,125`."""
    whole, _, decimals = f"{percent:f}".partition(".")
    return f"{whole},{decimals.rstrip('0').ljust(2, '0')}"


def _without_minus(entry: str) -> tuple[str, bool]:
    """Take one leading minus sign off an entry, and say whether there was one."""
    if entry.startswith(_MINUS_SIGNS):
        return entry[1:].lstrip(), True
    return entry, False
