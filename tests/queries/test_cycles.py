from datetime import timedelta

import pytest

from domain.cycles import Cycle, RunStatus
from domain.permissions import SYSTEM
from loanapp.queries.cycles import DayMark, runs_overview
from tests.build.book import Book, a_day, at, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def test_before_any_run_nothing_was_missed_and_the_next_is_tomorrow_morning() -> None:
    overdue, mora, charge = runs_overview(SYSTEM, at("2026-02-20"), None)

    assert [overview.last_run for overview in (overdue, mora, charge)] == [None] * 3
    assert {(mark.status, mark.is_missed) for mark in overdue.days} == {(None, False)}
    # 05:00, 05:01 and 06:00 in São Paulo; 20 February is a Friday, so the charge waits for the Monday.
    assert [overview.next_at.isoformat() for overview in (overdue, mora, charge)] == [
        "2026-02-21T05:00:00-03:00",
        "2026-02-21T05:01:00-03:00",
        "2026-02-23T06:00:00-03:00",
    ]


def test_the_strip_shows_what_ran_and_what_was_missed(database) -> None:  # noqa: ANN001 - the fixture's engine.
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-13")
    run_cycles("2026-02-18", Cycle.OVERDUE, Cycle.MORA)

    with counted(database) as statements:
        overdue, _, charge = runs_overview(SYSTEM, at("2026-02-18"), None)

    assert len(statements) == 2
    assert (len(overdue.days), overdue.days[0].business_date) == (14, a_day("2026-02-18") - timedelta(days=13))
    assert overdue.days[-6:] == (
        DayMark(business_date=a_day("2026-02-13"), status=RunStatus.SUCCESS, is_missed=False, is_due=True),
        *(
            DayMark(business_date=a_day(f"2026-02-{day}"), status=None, is_missed=True, is_due=True)
            for day in (14, 15, 16, 17)
        ),
        DayMark(business_date=a_day("2026-02-18"), status=RunStatus.SUCCESS, is_missed=False, is_due=True),
    )
    # The charge is not due at the weekend, and ran last on the Friday.
    assert [mark.is_missed for mark in charge.days[-6:]] == [False, False, False, True, True, True]
    assert charge.last_run is not None
    assert (charge.last_run.business_date, charge.last_run.counts.changed) == (a_day("2026-02-13"), 1)
