"""The business date is São Paulo's, whatever the server's zone: midnights, ends of months and years, leap days, DST."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.cycles import Cycle, due_runs
from domain.permissions import SYSTEM
from loanapp import clock
from loanapp.services import _runner
from loanapp.settings import SAO_PAULO, Settings
from tests.build.book import Book, a_day, rows, run_cycles
from tests.pages.tabs import set_clock

ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles")


@pytest.fixture(params=ZONES)
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put this process into another time zone, as a server of another country is."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()
    assert os.environ.get("TZ") != "Asia/Tokyo"


@pytest.mark.parametrize(
    ("wall", "business_date"),
    [
        ("2026-02-10T23:59:59", "2026-02-10"),
        ("2026-02-11T00:00:00", "2026-02-11"),
        ("2026-02-11T00:01:00", "2026-02-11"),
        ("2026-02-28T23:59:59", "2026-02-28"),
        ("2026-03-01T00:00:00", "2026-03-01"),
        ("2026-12-31T23:59:59", "2026-12-31"),
        ("2027-01-01T00:00:01", "2027-01-01"),
        ("2028-02-29T00:00:00", "2028-02-29"),
        ("2028-02-29T23:59:59", "2028-02-29"),
    ],
)
def test_the_business_date_turns_at_midnight_in_sao_paulo(
    wall: str, business_date: str, server_zone: str, change_settings: Callable[..., Settings]
) -> None:
    set_clock(change_settings, wall)

    assert (clock.moment().business_date.isoformat(), server_zone in ZONES) == (business_date, True)


@pytest.mark.usefixtures("database")
def test_the_cycles_of_a_night_close_the_same_dates_in_every_zone(
    server_zone: str, change_settings: Callable[..., Settings]
) -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-10", Cycle.OVERDUE, Cycle.MORA)
    closed = []
    for wall in ("2026-02-11T00:00:30", "2026-02-11T04:59:59", "2026-02-11T05:00:00", "2026-02-11T05:01:00"):
        set_clock(change_settings, wall)
        _runner.catch_up(SYSTEM, clock.moment)
        closed.append(len(rows("SELECT id FROM cycle_runs WHERE business_date = '2026-02-11'")))

    assert (closed, server_zone in ZONES) == ([0, 0, 1, 2], True)
    assert rows("SELECT late_fee_cents, mora_cents FROM invoices") == [(700, 12)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("first_due", "as_of", "days"),
    [
        ("2026-12-30", "2027-01-04", 5),
        ("2027-02-26", "2027-03-02", 4),
        ("2024-02-28", "2024-03-01", 2),
        ("2024-02-29", "2024-03-31", 31),
    ],
)
def test_mora_counts_calendar_days_over_the_ends_of_months_and_years(first_due: str, as_of: str, days: int) -> None:
    lent_on = (a_day(first_due) - timedelta(days=30)).isoformat()
    Book.opened().a_loan(principal="3.000,00", first_due=first_due, on=lent_on)

    run_cycles(as_of, Cycle.OVERDUE, Cycle.MORA)

    assert rows("SELECT late_fee_cents, mora_cents FROM invoices") == [(6000, 100 * days)]


@pytest.mark.parametrize(
    ("instant", "business_date"),
    [
        # In 2018 the clocks of São Paulo went from 00:00 to 01:00 on 4 November: that day has no midnight.
        ("2018-11-04T02:59:59", "2018-11-03"),
        ("2018-11-04T03:00:00", "2018-11-04"),
        ("2018-11-05T01:59:59", "2018-11-04"),
        # And from 24:00 back to 23:00 on 17 February: its last hour came twice.
        ("2018-02-18T01:30:00", "2018-02-17"),
        ("2018-02-18T02:30:00", "2018-02-17"),
        ("2018-02-18T03:00:00", "2018-02-18"),
    ],
)
def test_a_day_of_23_or_of_25_hours_is_one_business_date(instant: str, business_date: str) -> None:
    moment = clock.at(datetime.fromisoformat(instant).replace(tzinfo=UTC))

    assert moment.business_date == a_day(business_date)


def test_each_cycle_is_due_once_on_a_day_whose_midnight_does_not_exist() -> None:
    closed = dict.fromkeys(Cycle, a_day("2018-11-02"))
    local_now = datetime(2018, 11, 5, 6, 0, tzinfo=SAO_PAULO)

    due = due_runs(closed, local_now=local_now)

    assert [(str(cycle), day.day) for cycle, day in due] == [
        ("overdue", 3), ("mora", 3), ("overdue", 4), ("mora", 4), ("overdue", 5), ("mora", 5), ("charge", 5),
    ]  # fmt: skip
