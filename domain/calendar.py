"""Dates of money: holidays, business days, due dates, and how dates are typed and shown (money.md §1, brazil.md §3).

There is no clock here: who needs today is told.
"""

import calendar as month_lengths
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from domain.errors import Invalid

FIRST_YEAR, LAST_YEAR = 1900, 2199

_SATURDAY, _SUNDAY = 5, 6
_BLACK_AWARENESS_SINCE = 2024
_FIXED_HOLIDAYS = (
    (1, 1, "Confraternização Universal"),
    (4, 21, "Tiradentes"),
    (5, 1, "Dia do Trabalho"),
    (9, 7, "Independência do Brasil"),
    (10, 12, "Nossa Senhora Aparecida"),
    (11, 2, "Finados"),
    (11, 15, "Proclamação da República"),
    (12, 25, "Natal"),
)
_EASTER_HOLIDAYS = ((-48, "Carnaval"), (-47, "Carnaval"), (-2, "Sexta-feira Santa"), (60, "Corpus Christi"))
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{4}|[0-9]{2}))?")
_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAYS_AHEAD = re.compile(r"\+([0-9]{1,4})")


class Step(StrEnum):
    """The distance between two due dates of a plan (money.md §1)."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    MONTHLY = "MONTHLY"


_STEP_DAYS = {Step.DAILY: 1, Step.WEEKLY: 7, Step.BIWEEKLY: 14}


class DateMissing(Invalid):
    """No date was given."""

    code = "date.missing"


class DateNotUnderstood(Invalid):
    """The text is not a date between 1900 and 2199."""

    code = "date.not_understood"


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (the anonymous computus of Meeus, Jones and Butcher)."""
    golden = year % 19
    century, year_of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leap_years, year_rest = divmod(year_of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late_moon = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late_moon + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def _holiday_dates(year: int) -> frozenset[date]:
    return frozenset(bank_holidays(year))


def bank_holidays(year: int) -> dict[date, str]:
    """Return the national bank holidays of a year with their pt-BR names, by date (brazil.md §3)."""
    named = {date(year, month, day): name for month, day, name in _FIXED_HOLIDAYS}
    if year >= _BLACK_AWARENESS_SINCE:
        named[date(year, 11, 20)] = "Dia da Consciência Negra"
    sunday = easter(year)
    named.update({sunday + timedelta(days=offset): name for offset, name in _EASTER_HOLIDAYS})
    return dict(sorted(named.items()))


@dataclass(frozen=True)
class BusinessCalendar:
    """The business days: Monday to Friday less the bank holidays and the company's own table (money.md §1)."""

    company_holidays: frozenset[date] = frozenset()

    def is_holiday(self, day: date) -> bool:
        """Say whether the day is a national bank holiday or stands in the company's table."""
        return day in _holiday_dates(day.year) or day in self.company_holidays

    def is_business_day(self, day: date) -> bool:
        """Say whether the day is a Monday to Friday and no holiday."""
        return day.weekday() < _SATURDAY and not self.is_holiday(day)

    def effective(self, due_date: date) -> date:
        """Return the due date itself or, when that is no business day, the next business day (money.md §1)."""
        day = due_date
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day


def due_dates(
    first: date,
    step: Step,
    count: int,
    calendar: BusinessCalendar,
    *,
    skip_sundays: bool = False,
    skip_holidays: bool = False,
) -> tuple[date, ...]:
    """Return the nominal due dates, all counted from the first (money.md §1).

    Monthly keeps the day of month, or the last day where it does not exist.  The two skips are those of daily plans:
    the dates move on, the number of instalments stays.
    """
    if step is Step.MONTHLY:
        return tuple(_months_after(first, months) for months in range(count))
    if step is not Step.DAILY or not (skip_sundays or skip_holidays):
        return tuple(first + timedelta(days=_STEP_DAYS[step] * index) for index in range(count))
    dates: list[date] = []
    day = first
    while len(dates) < count:
        is_skipped = (skip_sundays and day.weekday() == _SUNDAY) or (skip_holidays and calendar.is_holiday(day))
        if not is_skipped:
            dates.append(day)
        day += timedelta(days=1)
    return tuple(dates)


def parse_date(text: str, today: date) -> date:
    """Read a date as typed (ux.md "Data"): `22/7` (of this year), `22/07/2025`, `22072025`, `2025-07-22`, `hoje`, `+7`.

    Raises DateMissing, or DateNotUnderstood for anything else, also for years outside 1900 to 2199.
    """
    entry = text.strip().lower()
    if not entry:
        raise DateMissing
    if entry == "hoje":
        return today
    if match := _DAYS_AHEAD.fullmatch(entry):
        day = today.toordinal() + int(match[1])
        return date.fromordinal(day)
    if match := _YEAR_FIRST.fullmatch(entry):
        return _date_of(int(match[1]), int(match[2]), int(match[3]))
    match = _DAY_FIRST.fullmatch(entry) or _DIGITS.fullmatch(entry)
    if match is None:
        raise DateNotUnderstood
    year = match[3] or str(today.year)
    return _date_of(int(year if len(year) > 2 else f"20{year}"), int(match[2]), int(match[1]))  # noqa: PLR2004


def format_date(day: date) -> str:
    """Show a date as `22/07/2025`."""
    return f"{day:%d/%m}/{day.year:04d}"


def _date_of(year: int, month: int, day: int) -> date:
    """Return the date, or raise DateNotUnderstood when the calendar has no such day or the year is absurd."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DateNotUnderstood
    try:
        return date(year, month, day)
    except ValueError as wrong_day:
        raise DateNotUnderstood from wrong_day


def _months_after(first: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where the day does not exist."""
    years, month_index = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month_index + 1
    return date(year, month, min(first.day, month_lengths.monthrange(year, month)[1]))
