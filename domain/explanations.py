"""“Memória de cálculo”: how an invoice came to what it asks for, never by a rounded value per day (ux.md §2.11).

The words are those of the screen, of the paper and of the text to the borrower: one explanation wherever it is read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Protocol

from domain import charges
from domain.calendar import format_date
from domain.errors import Invalid
from domain.money import Money, format_brl, format_percent

_TIMES = "\N{MULTIPLICATION SIGN}"
_NEXT_DAY = timedelta(days=1)


class CalculationBeforeDisbursement(Invalid):
    """Nothing was owed before the money left."""

    code = "calculation.before_disbursement"


class Stretch(Protocol):
    """One stretch of mora: `base_cents` x the contract's rate / 30 x `days`, in centavos."""

    @property
    def base_cents(self) -> int: ...  # noqa: D102 - the field of the same name.
    @property
    def since(self) -> date: ...  # noqa: D102
    @property
    def until(self) -> date: ...  # noqa: D102
    @property
    def days(self) -> int: ...  # noqa: D102
    @property
    def amount_cents(self) -> int: ...  # noqa: D102


class Charged(Protocol):
    """An invoice with its charges as of a date, in centavos; `stretches` add up to its mora."""

    @property
    def effective_due_date(self) -> date: ...  # noqa: D102
    @property
    def principal_cents(self) -> int: ...  # noqa: D102
    @property
    def interest_cents(self) -> int: ...  # noqa: D102
    @property
    def original_cents(self) -> int: ...  # noqa: D102
    @property
    def late_fee_base_cents(self) -> int: ...  # noqa: D102
    @property
    def late_fee_cents(self) -> int: ...  # noqa: D102
    @property
    def stretches(self) -> Sequence[Stretch]: ...  # noqa: D102
    @property
    def waived_cents(self) -> int: ...  # noqa: D102
    @property
    def paid_cents(self) -> int: ...  # noqa: D102
    @property
    def open_cents(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedLine:
    """One line of a calculation in centavos; what was waived or paid is negative, `is_sum` marks a result."""

    label: str
    cents: int
    is_sum: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MoraDay:
    """The mora of an invoice up to a day, in centavos: what it had grown to, not what the day added."""

    day: date
    cents: int


def explained_lines(
    invoice: Charged, *, late_fee_pct: Decimal, mora_pct_month: Decimal, total_label: str
) -> tuple[ExplainedLine, ...]:
    """Return how an invoice came to what is open of it; rates in percent, `total_label` names the last line."""
    lines = [
        ExplainedLine(label="Principal", cents=invoice.principal_cents),
        ExplainedLine(label="Juros", cents=invoice.interest_cents),
        ExplainedLine(label="Valor original", cents=invoice.original_cents, is_sum=True),
    ]
    if invoice.late_fee_cents:
        lines.append(ExplainedLine(label=_late_fee_label(invoice, late_fee_pct), cents=invoice.late_fee_cents))
    last = len(invoice.stretches) - 1
    lines.extend(
        ExplainedLine(
            label=_mora_label(stretch, mora_pct_month, is_first=place == 0, is_last=place == last),
            cents=stretch.amount_cents,
        )
        for place, stretch in enumerate(invoice.stretches)
    )
    if invoice.waived_cents:
        lines.append(ExplainedLine(label="Dispensado", cents=-invoice.waived_cents))
    if invoice.paid_cents:
        lines.append(ExplainedLine(label="Pago", cents=-invoice.paid_cents))
    added = sum(line.cents for line in lines[2:])
    if added != invoice.open_cents:
        # What an agreement closed is owed there: the lines add up all the same.
        lines.append(ExplainedLine(label="Levado para o novo acordo", cents=invoice.open_cents - added))
    return (*lines, ExplainedLine(label=total_label, cents=invoice.open_cents, is_sum=True))


def mora_by_day(stretches: Sequence[Stretch], mora_pct_month: Decimal, *, most: int) -> tuple[MoraDay, ...]:
    """Return what the mora had grown to on each day, the newest first, at most so many days."""
    frozen_cents = sum(stretch.amount_cents for stretch in stretches)
    return tuple(islice(_days_back(stretches, mora_pct_month, frozen_cents), most))


def _days_back(stretches: Sequence[Stretch], mora_pct_month: Decimal, total_cents: int) -> Iterator[MoraDay]:
    for stretch in reversed(stretches):
        total_cents -= stretch.amount_cents
        for days in range(stretch.days, 0, -1):
            grown = charges.mora(Money(stretch.base_cents), mora_pct_month, days).cents
            yield MoraDay(day=stretch.since + _NEXT_DAY * days, cents=total_cents + grown)


def mora_base_words(carried_from: int) -> str:
    """Say on what the mora of an agreement counts; `carried_from` is the number of the chain's first loan."""
    return f"Base da mora: o que faltava pagar do valor original do empréstimo nº {carried_from}."


def effective_due_words(due_date: date, effective_due_date: date) -> str:
    """Write a due date, and the day up to which it is free of charges where that is a later one."""
    if due_date == effective_due_date:
        return format_date(due_date)
    return f"{format_date(due_date)} · sem encargos até {effective_due_date:%d/%m}"


def _late_fee_label(invoice: Charged, late_fee_pct: Decimal) -> str:
    charged_on = invoice.effective_due_date + _NEXT_DAY
    label = f"Multa {_percent(late_fee_pct)} (uma vez, em {charged_on:%d/%m})"
    is_part = invoice.late_fee_base_cents != invoice.original_cents
    return f"{label} sobre {_brl(invoice.late_fee_base_cents)}" if is_part else label


def _mora_label(stretch: Stretch, mora_pct_month: Decimal, *, is_first: bool, is_last: bool) -> str:
    days = f"{stretch.days} dia{'' if stretch.days == 1 else 's'}"
    label = f"Mora {_percent(mora_pct_month)} ao mês ÷ 30 {_TIMES} {days} sobre {_brl(stretch.base_cents)}"
    if not is_last:
        return f"{label} (até {stretch.until:%d/%m}, congelada)"
    return label if is_first else f"{label} (desde {stretch.since:%d/%m}, sobre o que restou)"


def _brl(cents: int) -> str:
    return format_brl(cents).replace(" ", "\N{NO-BREAK SPACE}")


def _percent(percent: Decimal) -> str:
    return f"{format_percent(percent.normalize())}%"
