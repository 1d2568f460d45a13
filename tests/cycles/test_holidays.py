"""The reminders on holidays: left out where the company's setting says so, and otherwise on every weekday.

Tuesday 17 February 2026 is Carnival; Thursday 19 February stands in no table but the company's own.
"""

import pytest

from domain.cycles import Cycle, CycleNotDue
from domain.permissions import SYSTEM
from loanapp.queries.cycle_previews import PreviewOf, preview
from loanapp.queries.cycles import DayMark, runs_overview
from loanapp.services import _runner, company, cycles, proofs
from loanapp.services.cycles import OpenRun
from tests.build.book import Book, a_day, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")
HOLIDAY = "2026-02-17"
CHARGED = "SELECT business_date::text FROM cycle_runs WHERE cycle = 'charge' ORDER BY business_date"


def a_book(*, is_skipping: bool) -> None:
    """Make a book with one overdue loan, whose reminders skip the holidays or not."""
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    company.skip_charge_on_holidays(SYSTEM, at("2026-02-10"), company.SkipChargeOnHolidays(is_on=is_skipping))


def charge_marks(today: str) -> list[DayMark]:
    return list(runs_overview(SYSTEM, at(today, 7), None)[2].days)


def test_a_charge_asked_for_on_a_holiday_is_refused_and_nothing_changes() -> None:
    a_book(is_skipping=True)
    run_cycles(HOLIDAY, Cycle.OVERDUE, Cycle.MORA)
    before = everything()

    with pytest.raises(CycleNotDue):
        cycles.open_run(
            SYSTEM, at(HOLIDAY, 7), OpenRun(cycle=Cycle.CHARGE, business_date=a_day(HOLIDAY), origin="screen")
        )
    with pytest.raises(CycleNotDue):
        preview(SYSTEM, at(HOLIDAY, 7), PreviewOf(cycle=Cycle.CHARGE, business_date=a_day(HOLIDAY)))

    assert everything() == before


def test_the_clock_leaves_a_holiday_out_and_goes_on_the_day_after() -> None:
    a_book(is_skipping=True)
    run_cycles("2026-02-13")

    _runner.catch_up(SYSTEM, lambda: at("2026-02-18", 7))

    # Monday and Tuesday are Carnival, and the weekend is before them.
    assert rows(CHARGED) == [("2026-02-13",), ("2026-02-18",)]
    assert rows("SELECT max(business_date)::text FROM cycle_runs WHERE cycle = 'mora'") == [("2026-02-18",)]


def test_a_holiday_without_reminders_is_not_missed_and_the_next_one_is_the_day_after() -> None:
    a_book(is_skipping=True)
    run_cycles("2026-02-13")

    charge = runs_overview(SYSTEM, at(HOLIDAY, 7), None)[2]

    assert [(mark.is_due, mark.is_missed) for mark in charge.days[-2:]] == [(False, False)] * 2
    assert (charge.next_at.isoformat(), charge.skips_holidays) == ("2026-02-18T06:00:00-03:00", True)


def test_a_day_of_the_company_s_own_table_is_a_holiday_too() -> None:
    a_book(is_skipping=True)
    company.add_holiday(SYSTEM, at("2026-02-10"), company.AddHoliday(day=a_day("2026-02-19"), name="Padroeira"))
    run_cycles("2026-02-18")

    _runner.catch_up(SYSTEM, lambda: at("2026-02-20", 7))

    assert rows(CHARGED) == [("2026-02-18",), ("2026-02-20",)]


def test_the_proof_of_a_holiday_waits_for_no_reminders() -> None:
    a_book(is_skipping=True)
    run_cycles(HOLIDAY, Cycle.OVERDUE, Cycle.MORA)

    assert proofs.take_proof(SYSTEM, at(HOLIDAY, 7), None) is not None


def test_without_the_setting_a_holiday_is_charged_like_any_weekday() -> None:
    a_book(is_skipping=False)
    run_cycles("2026-02-16")
    assert charge_marks(HOLIDAY)[-1] == DayMark(business_date=a_day(HOLIDAY), status=None, is_missed=True, is_due=True)

    _runner.catch_up(SYSTEM, lambda: at(HOLIDAY, 7))

    assert rows(CHARGED) == [("2026-02-16",), (HOLIDAY,)]


def test_the_setting_is_noted_once_and_twice_the_same_changes_nothing() -> None:
    a_book(is_skipping=True)
    before = everything()

    company.skip_charge_on_holidays(SYSTEM, at(HOLIDAY), company.SkipChargeOnHolidays(is_on=True))

    assert everything() == before
    noted = "SELECT text::jsonb -> 'before', text::jsonb -> 'after' FROM audit_events WHERE action = 'company.changed'"
    assert rows(f"{noted} ORDER BY id DESC LIMIT 1") == [
        ({"skips_charge_on_holidays": False}, {"skips_charge_on_holidays": True})
    ]
