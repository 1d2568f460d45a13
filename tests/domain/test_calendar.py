from contextlib import suppress
from datetime import date, timedelta

import pytest
from dateutil.easter import easter as dateutil_easter
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    BusinessCalendar,
    DateMissing,
    DateNotUnderstood,
    Step,
    bank_holidays,
    due_dates,
    easter,
    format_date,
    parse_date,
)
from tests.build.contracts import a_day

BANKS = BusinessCalendar()
TODAY = date(2025, 7, 22)


def test_easter_agrees_with_dateutil_for_three_centuries() -> None:
    assert [easter(year) for year in range(1900, 2200)] == [dateutil_easter(year) for year in range(1900, 2200)]


def test_the_bank_holidays_of_2026_are_exactly_these() -> None:
    assert {day.isoformat(): name for day, name in bank_holidays(2026).items()} == {
        "2026-01-01": "Confraternização Universal",
        "2026-02-16": "Carnaval",
        "2026-02-17": "Carnaval",
        "2026-04-03": "Sexta-feira Santa",
        "2026-04-21": "Tiradentes",
        "2026-05-01": "Dia do Trabalho",
        "2026-06-04": "Corpus Christi",
        "2026-09-07": "Independência do Brasil",
        "2026-10-12": "Nossa Senhora Aparecida",
        "2026-11-02": "Finados",
        "2026-11-15": "Proclamação da República",
        "2026-11-20": "Dia da Consciência Negra",
        "2026-12-25": "Natal",
    }


@pytest.mark.parametrize("day", ["2027-02-08", "2027-02-09", "2027-03-26", "2027-05-27", "2024-11-20"])
def test_movable_and_new_holidays_are_no_business_days(day: str) -> None:
    assert not BANKS.is_business_day(a_day(day))


@pytest.mark.parametrize("day", ["2026-02-18", "2026-12-24", "2026-12-31", "2023-11-20"])
def test_ash_wednesday_and_the_last_days_of_the_year_are_business_days(day: str) -> None:
    assert BANKS.is_business_day(a_day(day))


def test_a_due_date_on_no_business_day_is_effective_on_the_next_one() -> None:
    assert BANKS.effective(a_day("2026-02-14")) == a_day("2026-02-18")
    assert BANKS.effective(a_day("2026-02-13")) == a_day("2026-02-13")


def test_the_companys_own_holidays_count_too() -> None:
    company = BusinessCalendar(frozenset({a_day("2026-12-31")}))
    assert company.is_holiday(a_day("2026-12-31"))
    assert company.effective(a_day("2026-12-31")) == a_day("2027-01-04")


@given(st.dates(date(1990, 1, 1), date(2150, 1, 1)))
def test_the_effective_date_is_the_first_business_day_from_the_due_date(day: date) -> None:
    effective = BANKS.effective(day)
    assert BANKS.is_business_day(effective)
    assert not any(BANKS.is_business_day(day + timedelta(days=ahead)) for ahead in range((effective - day).days))


def test_monthly_keeps_the_day_or_takes_the_last_one() -> None:
    dates = due_dates(a_day("2026-01-31"), Step.MONTHLY, 4, BANKS)
    assert dates == (a_day("2026-01-31"), a_day("2026-02-28"), a_day("2026-03-31"), a_day("2026-04-30"))
    leap = due_dates(a_day("2023-11-30"), Step.MONTHLY, 4, BANKS)
    assert leap == (a_day("2023-11-30"), a_day("2023-12-30"), a_day("2024-01-30"), a_day("2024-02-29"))


@pytest.mark.parametrize(
    ("step", "third"), [(Step.DAILY, "2026-03-04"), (Step.WEEKLY, "2026-03-16"), (Step.BIWEEKLY, "2026-03-30")]
)
def test_the_other_steps_count_days_from_the_first_date(step: Step, third: str) -> None:
    assert due_dates(a_day("2026-03-02"), step, 3, BANKS)[2] == a_day(third)


def test_a_daily_plan_skips_sundays_and_keeps_the_number_of_dates() -> None:
    assert due_dates(a_day("2026-03-06"), Step.DAILY, 3, BANKS, skip_sundays=True) == (
        a_day("2026-03-06"),
        a_day("2026-03-07"),
        a_day("2026-03-09"),
    )


def test_a_daily_plan_skips_holidays_and_keeps_the_number_of_dates() -> None:
    company = BusinessCalendar(frozenset({a_day("2026-02-18")}))
    assert due_dates(a_day("2026-02-15"), Step.DAILY, 3, company, skip_holidays=True) == (
        a_day("2026-02-15"),
        a_day("2026-02-19"),
        a_day("2026-02-20"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22/7", "2025-07-22"),
        ("22/07/2025", "2025-07-22"),
        ("22/07/26", "2026-07-22"),
        ("22-07-2025", "2025-07-22"),
        ("22.7.2025", "2025-07-22"),
        ("22072025", "2025-07-22"),
        ("2025-07-22", "2025-07-22"),
        (" Hoje ", "2025-07-22"),
        ("+7", "2025-07-29"),
        ("+0", "2025-07-22"),
        ("29/2/2024", "2024-02-29"),
    ],
)
def test_dates_are_read_as_typed(text: str, expected: str) -> None:
    assert parse_date(text, TODAY) == a_day(expected)


@pytest.mark.parametrize(
    "text",
    [
        "29/2",
        "31/04/2025",
        "0/1",
        "1/13",
        "2025-13-01",
        "20250722x",
        "99999999",
        "1/1/1899",
        "2200-01-01",
        "0000-01-01",
        "22/7/",
        "22/7/202",
        "-7",
        "+",
        "+99999",
        "🎂",
        "\u0662\u0662/\u0667",
        "\x00",
        "1\x00/2",
        "'; DROP TABLE clients; --",
        "1" * 10_000,
        "amanhã",
    ],
)
def test_what_is_no_date_is_not_understood(text: str) -> None:
    with pytest.raises(DateNotUnderstood):
        parse_date(text, TODAY)


def test_an_empty_date_is_missing() -> None:
    with pytest.raises(DateMissing):
        parse_date("  ", TODAY)


@given(st.text())
def test_any_text_is_a_date_or_is_refused_with_our_own_error(text: str) -> None:
    with suppress(DateMissing, DateNotUnderstood):
        assert FIRST_YEAR <= parse_date(text, TODAY).year <= LAST_YEAR


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_shown_date_is_read_back(day: date) -> None:
    assert parse_date(format_date(day), TODAY) == day
