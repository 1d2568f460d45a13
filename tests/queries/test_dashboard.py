"""The dashboard's figures, exact to the centavo, and what it says needs attention."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from domain.cycles import Cycle, RunStatus
from domain.permissions import NOBODY, PermissionMissing
from loanapp.models.base import Session
from loanapp.queries.dashboard import Dashboard, RunTrouble, dashboard, run_troubles, share_pct
from loanapp.queries.invoices import Aging
from loanapp.settings import SAO_PAULO
from tests.build.book import Book, a_day, an_id, at, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def shown(book: Book, day: str, hour: int = 12) -> Dashboard:
    return dashboard(book.manager, at(day, hour), None)


def a_book_of_23_february() -> Book:
    """Maria owes since the 10th and again on the 24th, José today, Ana for 42 and 13 days; the cycles of today ran."""
    book = Book.opened()
    book.a_loan(book.a_client("Maria"), principal="200,00", count=2, step="BIWEEKLY", first_due="2026-02-10")
    book.a_loan(book.a_client("José"), principal="500,00", first_due="2026-02-23")
    book.a_loan(book.a_client("Ana"), principal="1.000,00", count=2, first_due="2026-01-10", on="2026-01-05")
    run_cycles("2026-02-23")
    return book


def test_the_portfolio_sums_the_cached_aggregates_of_running_loans() -> None:
    book = a_book_of_23_february()

    portfolio = shown(book, "2026-02-23").portfolio

    # Maria: 100,00 for 13 days: 2,00 + 0,43.  Ana: 500,00 due Saturday 10 January, effective the 12th, for 42 days:
    # 10,00 + 7,00; and 500,00 due 10 February for 13 days: 10,00 + 2,17.
    assert portfolio.active_count == 3
    assert portfolio.overdue_cents == 10243 + 51700 + 51217
    assert portfolio.open_cents == portfolio.overdue_cents + 10000 + 50000
    assert portfolio.at_risk_cents == 51700 + 51217
    assert (portfolio.overdue_pct, portfolio.at_risk_pct) == (Decimal("65.3"), Decimal("59.4"))
    assert (portfolio.paid_cents, portfolio.to_breakeven_cents) == (0, 170000)
    assert portfolio.updated_at == at("2026-02-23", 7).now


def test_a_payment_moves_the_figures_at_once() -> None:
    book = a_book_of_23_february()
    before = shown(book, "2026-02-23")
    rui = book.a_loan(book.a_client("Rui"), principal="80,00", first_due="2026-02-24", on="2026-02-23")

    book.pay(rui, "30,00", on="2026-02-23")

    after = shown(book, "2026-02-23", hour=13)
    assert (before.today.received_cents, after.today.received_cents) == (0, 3000)
    assert after.portfolio.paid_cents == 3000
    assert after.portfolio.open_cents == before.portfolio.open_cents + 5000
    assert after.portfolio.to_breakeven_cents == before.portfolio.to_breakeven_cents + 5000
    assert after.portfolio.updated_at == at("2026-02-23", 12).now


def test_today_tells_what_is_due_expected_and_received() -> None:
    book = Book.opened()
    first = book.a_loan(principal="300,00", first_due="2026-02-23")
    book.a_loan(principal="100,00", first_due="2026-02-23")
    book.pay(first, "300,00", on="2026-02-23")

    today = shown(book, "2026-02-23").today

    assert (today.due_count, today.due_cents) == (1, 10000)
    assert (today.expected_cents, today.received_cents) == (40000, 30000)
    assert today.received_pct == Decimal("75.0")


def test_the_aging_puts_each_invoice_into_one_bucket() -> None:
    book = a_book_of_23_february()

    aging = shown(book, "2026-02-23").aging

    assert [(line.bucket, line.count, line.open_cents) for line in aging] == [
        (Aging.NOT_OVERDUE, 2, 60000),
        (Aging.DAYS_1_TO_15, 2, 10243 + 51217),
        (Aging.DAYS_16_TO_30, 0, 0),
        (Aging.DAYS_31_TO_60, 1, 51700),
        (Aging.DAYS_61_TO_90, 0, 0),
        (Aging.DAYS_OVER_90, 0, 0),
    ]


def test_weeks_compare_what_fell_due_with_what_came_in() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", count=3, step="WEEKLY", first_due="2026-02-20")
    book.pay(loan, "50,00", on="2026-02-18")
    book.pay(loan, "70,00", on="2026-02-22")

    weeks = shown(book, "2026-02-23").weeks

    assert [week.monday.isoformat() for week in weeks][0::5] == ["2026-01-26", "2026-03-02"]
    held = {week.monday.isoformat(): (week.expected_cents, week.received_cents) for week in weeks}
    assert {monday: cents for monday, cents in held.items() if any(cents)} == {
        "2026-02-16": (10000, 12000),
        "2026-02-23": (10000, 0),
        "2026-03-02": (10000, 0),
    }


def test_requests_in_analysis_are_counted_and_those_that_wait_long_named() -> None:
    book = Book.opened()
    book.a_request(on="2026-02-20", first_due="2026-03-10")
    book.a_request(on="2026-02-23", first_due="2026-03-10")

    portfolio = shown(book, "2026-02-23").portfolio

    assert (portfolio.in_analysis, portfolio.long_in_analysis, portfolio.active_count) == (2, 1, 0)
    assert (portfolio.open_cents, portfolio.overdue_pct, portfolio.updated_at) == (0, None, None)


def test_messages_that_failed_or_were_never_confirmed_are_counted_for_a_week() -> None:
    book = Book.opened()
    client_id = book.a_client()
    moments = {
        "FAILED": ("2026-02-22", "2026-02-23", "2026-02-01"),
        "UNKNOWN": ("2026-02-23",),
        "WITHHELD": ("2026-02-23",),
    }
    with Session.begin() as session:
        for status, days in moments.items():
            for day in days:
                session.execute(
                    text(
                        "INSERT INTO messages (id, kind, client_id, dedupe_key, status, reason, template,"
                        " template_version, body, body_hash, reference, snapshot, phone, business_date, available_at,"
                        " attempts, provider_status, created_at) VALUES (:id, 'CHARGE', :client, CAST(:id AS text),"
                        " :status, '', 't', 1, 'b', 'h', 'r', '{}', '+5511987654321', :day, :at, 0, '', :at)"
                    ),
                    {"id": an_id(), "client": client_id, "status": status, "day": day, "at": at(day).now},
                )

    found = shown(book, "2026-02-23")

    assert (found.messages_failed, found.messages_unknown) == (2, 1)


def test_a_cycle_that_did_not_run_is_trouble_from_its_time_on() -> None:
    book = Book.opened()
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    assert shown(book, "2026-02-23", hour=4).run_troubles == ()
    assert [
        (each.cycle, each.business_date.isoformat()) for each in shown(book, "2026-02-23", hour=8).run_troubles
    ] == [
        (Cycle.OVERDUE, "2026-02-23"),
        (Cycle.MORA, "2026-02-23"),
        (Cycle.CHARGE, "2026-02-23"),
    ]


@pytest.mark.parametrize(
    ("states", "trouble"),
    [
        ([RunStatus.SUCCESS], "none"),
        ([RunStatus.RUNNING], "none"),
        ([RunStatus.SKIPPED], "none"),
        ([RunStatus.FAILED], RunStatus.FAILED),
        ([RunStatus.PARTIAL], RunStatus.PARTIAL),
        ([RunStatus.FAILED, RunStatus.SUCCESS], "none"),
        ([RunStatus.FAILED, RunStatus.PARTIAL], RunStatus.PARTIAL),
        ([], None),
    ],
)
def test_the_states_of_a_date_tell_its_trouble(states: Iterable[RunStatus], trouble: RunStatus | str | None) -> None:
    before, day = a_day("2026-02-20"), a_day("2026-02-21")
    runs = {(Cycle.OVERDUE, before): {RunStatus.SUCCESS}, (Cycle.OVERDUE, day): set(states)}
    runs |= {(Cycle.MORA, date): {RunStatus.SUCCESS} for date in (before, day)}
    runs[Cycle.CHARGE, before] = {RunStatus.SUCCESS}

    # 21 February is a Saturday, on which no charge cycle is due.
    found = run_troubles(runs, datetime(2026, 2, 21, 12, tzinfo=SAO_PAULO))

    expected = () if trouble == "none" else (RunTrouble(cycle=Cycle.OVERDUE, business_date=day, status=trouble),)
    assert found == expected


def test_a_book_without_runs_has_no_trouble() -> None:
    assert run_troubles({}, datetime(2026, 2, 23, 12, tzinfo=SAO_PAULO)) == ()


def test_a_share_is_rounded_half_up_to_a_tenth() -> None:
    assert share_pct(1, 8) == Decimal("12.5")
    assert share_pct(1, 16) == Decimal("6.3")
    assert share_pct(0, 5) == Decimal(0)
    assert share_pct(5, 0) is None


def test_the_dashboard_costs_six_statements_and_needs_a_permission(database: Engine) -> None:
    book = a_book_of_23_february()

    with counted(database) as statements:
        shown(book, "2026-02-23")

    assert len(statements) == 6
    with pytest.raises(PermissionMissing):
        dashboard(NOBODY, at("2026-02-23"), None)
