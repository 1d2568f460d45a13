"""The daily cycles: equal to the pure rule, once in effect, in order, whatever the order and gaps of their runs."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import Step
from domain.cycles import Cycle, CycleInFuture, CycleWaits, RunStatus
from domain.instalments import Plan
from domain.payments import PaymentAboveDebt
from domain.permissions import NOBODY, SYSTEM, PermissionMissing
from loanapp.models.base import Session
from loanapp.queries import verification
from loanapp.services import _runner, cycles
from loanapp.services.cycles import OpenRun
from tests.build.book import Book, a_day, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")

EVENTS_OF_CLIENTS = "SELECT * FROM audit_events WHERE client_id IS NOT NULL ORDER BY id"
CHARGES = (
    "SELECT i.status, i.late_fee_cents, i.mora_cents, i.open_cents FROM invoices i"
    " JOIN requests r ON r.id = i.request_id ORDER BY r.number, i.number"
)
# What a cycle leaves behind that money depends on; instants and run ids are left out.
MONEY = (
    "SELECT i.*, r.status, r.overdue_through, r.mora_through, r.total_value_paid, r.total_value_open,"
    " r.total_value_overdue, r.overdue_since, r.next_due_date FROM invoices i JOIN requests r ON r.id = i.request_id"
    " ORDER BY i.id"
)


def run(cycle: Cycle, day: str, *, today: str | None = None) -> cycles.OpenedRun:
    order = OpenRun(cycle=cycle, business_date=a_day(day), origin="terminal")
    return _runner.run_or_replay(SYSTEM, lambda: at(today or day, 7), order)


def differences() -> list[verification.Difference]:
    return verification.verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0]


def test_overdue_applies_the_fee_once_and_mora_counts_calendar_days_on_the_original_value() -> None:
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-10")

    run(Cycle.OVERDUE, "2026-02-10")
    run(Cycle.MORA, "2026-02-10")
    on_the_day = rows(CHARGES)
    run(Cycle.OVERDUE, "2026-02-22")
    run(Cycle.MORA, "2026-02-22")

    assert on_the_day == [("OPEN", 0, 0, 35000)]
    assert rows(CHARGES) == [("UNPAID", 700, 140, 35840)]
    assert rows("SELECT total_value_open, total_value_overdue, overdue_since FROM requests") == [
        (35840, 35840, a_day("2026-02-10"))
    ]


def test_an_invoice_due_on_a_saturday_is_overdue_only_after_the_monday() -> None:
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-07")

    run_cycles("2026-02-09", Cycle.OVERDUE, Cycle.MORA)
    assert rows(CHARGES) == [("OPEN", 0, 0, 35000)]
    run_cycles("2026-02-10", Cycle.OVERDUE, Cycle.MORA)
    assert rows(CHARGES) == [("UNPAID", 700, 12, 35712)]


def test_a_second_run_for_the_same_date_changes_no_invoice_and_sends_nothing() -> None:
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-20")
    before, of_clients = everything(), rows(EVENTS_OF_CLIENTS)

    run_cycles("2026-02-20")

    after = everything()
    for table in ("invoices", "payments", "allocations", "messages", "message_events", "clients"):
        assert after[table] == before[table], table
    assert rows(EVENTS_OF_CLIENTS) == of_clients
    assert rows("SELECT cycle, changed, late_fee_cents_delta, mora_cents_delta, messages_queued FROM cycle_runs"
                " WHERE replay_number = 1 ORDER BY cycle") == [
        ("charge", 0, 0, 0, 0), ("mora", 0, 0, 0, 0), ("overdue", 0, 0, 0, 0),
    ]  # fmt: skip


def test_replaying_an_older_date_never_rolls_back() -> None:
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-20", Cycle.OVERDUE, Cycle.MORA)
    before = rows(MONEY)

    for cycle in (Cycle.OVERDUE, Cycle.MORA):
        run(cycle, "2026-02-12", today="2026-02-20")

    assert rows(MONEY) == before


def test_mora_waits_for_overdue_of_the_same_date_and_charge_for_mora() -> None:
    Book.opened()
    with pytest.raises(CycleWaits):
        run(Cycle.MORA, "2026-02-20")
    run(Cycle.OVERDUE, "2026-02-20")
    with pytest.raises(CycleWaits):
        run(Cycle.CHARGE, "2026-02-20")
    run(Cycle.MORA, "2026-02-20")
    run(Cycle.CHARGE, "2026-02-20")

    assert rows("SELECT cycle, status FROM cycle_runs ORDER BY cycle") == [
        ("charge", "SUCCESS"),
        ("mora", "SUCCESS"),
        ("overdue", "SUCCESS"),
    ]


def test_a_date_that_has_not_come_is_refused_and_nothing_changes() -> None:
    Book.opened()
    before = everything()

    with pytest.raises(CycleInFuture):
        run(Cycle.OVERDUE, "2026-02-21", today="2026-02-20")
    with pytest.raises(PermissionMissing):
        order = OpenRun(cycle=Cycle.OVERDUE, business_date=a_day("2026-02-20"), origin="terminal")
        cycles.open_run(NOBODY, at("2026-02-20"), order)

    assert everything() == before


def test_missed_dates_are_closed_oldest_first_and_past_texts_are_recorded_not_sent() -> None:
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-11")

    _runner.catch_up(SYSTEM, lambda: at("2026-02-16", 7))

    days = [a_day(f"2026-02-{day}") for day in (11, 12, 13, 14, 15, 16)]
    for cycle in ("overdue", "mora"):
        closed = rows("SELECT business_date FROM cycle_runs WHERE cycle = :cycle ORDER BY 1", cycle=cycle)
        assert [day for (day,) in closed] == days
    charged = rows("SELECT business_date FROM cycle_runs WHERE cycle = 'charge' ORDER BY 1")
    assert [day for (day,) in charged] == [day for day in days if day.weekday() < 5]
    # 16 February 2026 is Carnival Monday: no window; 12 and 13 February are past.
    assert rows("SELECT business_date, status, reason FROM messages ORDER BY 1") == [
        (a_day("2026-02-11"), "QUEUED", ""),
        (a_day("2026-02-12"), "WITHHELD", "STALE"),
        (a_day("2026-02-13"), "WITHHELD", "STALE"),
        (a_day("2026-02-16"), "WITHHELD", "NO_WINDOW"),
    ]
    assert rows(CHARGES) == [("UNPAID", 700, 70, 35770)]


def test_a_book_closed_day_by_day_equals_one_closed_after_a_gap(clean_database) -> None:  # noqa: ANN001
    def a_book() -> Book:
        book = Book.opened()
        client = book.a_client()
        for index, plan in enumerate((Plan.FLAT, Plan.PRICE)):
            book.a_loan(
                client, principal=f"{1_234 + index},57", rate_pct="3.5", count=6, plan=plan, step=Step.WEEKLY,
                first_due="2026-01-20",
            )  # fmt: skip
        return book

    def columns() -> list[tuple[object, ...]]:
        return rows(
            "SELECT i.number, i.status, i.late_fee_cents, i.mora_cents, i.open_cents, r.total_value_open,"
            " r.total_value_overdue, r.overdue_since, r.overdue_through, r.mora_through"
            " FROM invoices i JOIN requests r ON r.id = i.request_id ORDER BY r.number, i.number"
        )

    a_book()
    day = date(2026, 1, 20)
    while day <= date(2026, 2, 28):
        run_cycles(day.isoformat(), Cycle.OVERDUE, Cycle.MORA)
        day += timedelta(days=1)
    walked = columns()
    clean_database()
    a_book()
    run_cycles("2026-02-28", Cycle.OVERDUE, Cycle.MORA)

    assert columns() == walked
    assert differences() == []


def test_six_months_walked_day_by_day_equal_the_same_book_closed_after_a_month_s_gap(clean_database) -> None:  # noqa: ANN001
    """Payments, a waiver and a reversal fall into the walk; the last thirty days are closed in one catch-up."""
    first, gap, last = date(2026, 1, 20), date(2026, 6, 20), date(2026, 7, 20)

    def lived(*, has_gap: bool) -> list[tuple[object, ...]]:
        book = Book.opened()
        weekly = book.a_loan(principal="1.234,57", rate_pct="3.5", count=20, step=Step.WEEKLY, first_due="2026-01-20")
        monthly = book.a_loan(principal="5.000,00", rate_pct="4", count=6, plan=Plan.PRICE, first_due="2026-02-10")
        bounced = None
        day = first
        while day <= last:
            if day <= gap or not has_gap:
                run_cycles(day.isoformat(), Cycle.OVERDUE, Cycle.MORA)
            if (day - first).days % 11 == 0:
                book.pay(weekly, "60,00", on=day.isoformat())
            if day == date(2026, 3, 16):
                bounced = book.pay(monthly, "500,00", on=day.isoformat())
            if day == date(2026, 5, 4) and bounced:
                book.reverse(bounced, on=day.isoformat())
            if day == date(2026, 7, 1):
                book.pay(monthly, "1.000,00", on=day.isoformat())
            day += timedelta(days=1)
        _runner.catch_up(SYSTEM, lambda: at(last, 6))
        return rows(
            "SELECT r.number, i.number, i.status, i.late_fee_cents, i.mora_cents, i.paid_cents, i.open_cents,"
            " i.mora_frozen_cents, i.mora_remaining_base_cents, i.mora_since, r.total_value_paid, r.total_value_open,"
            " r.total_value_overdue, r.overdue_since, r.next_due_date, r.overdue_through, r.mora_through"
            " FROM invoices i JOIN requests r ON r.id = i.request_id ORDER BY 1, 2"
        )

    walked = lived(has_gap=False)
    clean_database()

    assert lived(has_gap=True) == walked
    assert rows("SELECT count(*) FROM cycle_runs WHERE business_date > '2026-06-20' AND cycle = 'mora'") == [(30,)]
    assert differences() == []


def test_a_client_that_fails_is_set_aside_and_the_others_go_on() -> None:
    book = Book.opened()
    bad = book.a_loan(principal="100,00", first_due="2026-02-10")
    for _ in range(3):
        book.a_loan(principal="100,00", first_due="2026-02-10")
    with Session.begin() as session:
        session.connection().exec_driver_sql(
            f"ALTER TABLE invoices ADD CONSTRAINT sabotage CHECK (request_id <> '{bad.request_id}' OR status = 'OPEN')"
        )
    try:
        run(Cycle.OVERDUE, "2026-02-20")
        assert rows("SELECT status, clients_done, changed, failed FROM cycle_runs") == [("PARTIAL", 3, 3, 1)]
        assert rows("SELECT count(*) FROM cycle_failures WHERE error LIKE '%%sabotage%%'") == [(1,)]
        assert rows("SELECT status FROM invoices ORDER BY id") == [("OPEN",), ("UNPAID",), ("UNPAID",), ("UNPAID",)]
        # The one set aside waits alone: mora goes on for the others and leaves its watermark where it was.
        run(Cycle.MORA, "2026-02-20")
        assert rows("SELECT mora_through FROM requests ORDER BY number") == [
            (a_day("2026-01-10"),), (a_day("2026-02-20"),), (a_day("2026-02-20"),), (a_day("2026-02-20"),),
        ]  # fmt: skip
    finally:
        with Session.begin() as session:
            session.connection().exec_driver_sql("ALTER TABLE invoices DROP CONSTRAINT sabotage")
    run_cycles("2026-02-20", Cycle.OVERDUE, Cycle.MORA)
    assert rows("SELECT count(DISTINCT (status, late_fee_cents, mora_cents)) FROM invoices") == [(1,)]
    assert differences() == []


def test_two_workers_who_meet_the_same_failing_client_set_it_aside_once() -> None:
    book = Book.opened()
    client_id = book.a_client()
    book.a_loan(client_id)
    opened = cycles.open_run(
        SYSTEM,
        at("2026-02-11", 7),
        OpenRun(cycle=Cycle.OVERDUE, business_date=a_day("2026-02-11"), origin="terminal"),
    )

    for error in ("first", "second"):
        order = cycles.SetAside(run_id=opened.run_id, client_id=client_id, error=error)
        cycles.set_aside(SYSTEM, at("2026-02-11", 7), order)

    assert rows("SELECT failed FROM cycle_runs") == [(1,)]
    assert rows("SELECT error FROM cycle_failures") == [("first",)]


def test_a_run_in_progress_is_joined_not_doubled() -> None:
    Book.opened()
    order = OpenRun(cycle=Cycle.OVERDUE, business_date=a_day("2026-02-20"), origin="terminal")
    first = cycles.open_run(SYSTEM, at("2026-02-20"), order)
    second = cycles.open_run(SYSTEM, at("2026-02-20"), order)

    assert (second.run_id, first.is_new, second.is_new) == (first.run_id, True, False)
    assert _runner.drive(SYSTEM, lambda: at("2026-02-20"), second) is RunStatus.SUCCESS


_AMOUNTS = st.integers(1_000, 200_000).map(lambda cents: f"{cents // 100},{cents % 100:02d}")
_PAYMENTS = st.lists(st.tuples(st.integers(5, 100), _AMOUNTS), max_size=4)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    loans=st.lists(
        st.tuples(
            _AMOUNTS, st.sampled_from(Plan), st.sampled_from(Step), st.integers(1, 8), st.integers(0, 200), _PAYMENTS
        ),
        min_size=1,
        max_size=3,
    ),
    run_days=st.lists(st.integers(1, 120), min_size=1, max_size=6),
    fee=st.sampled_from(["0", "1.5", "2"]),
    mora=st.sampled_from(["0", "0.33", "1"]),
)
def test_the_stored_book_always_equals_the_pure_rule(
    clean_database, loans, run_days, fee, mora  # noqa: ANN001
) -> None:  # fmt: skip
    clean_database()
    book = Book.opened(late_fee_pct=fee, mora_pct_month=mora)
    start = date(2026, 1, 10)
    events: list[tuple[int, int, object]] = [(day, 0, None) for day in run_days]
    for principal, plan, step, count, rate, paid in loans:
        loan = book.a_loan(
            principal=principal, plan=plan, step=step, count=count, rate_pct=str(rate / 100),
            first_due=(start + timedelta(days=7)).isoformat(), on=start.isoformat(),
        )  # fmt: skip
        events += [(day, 1, (loan, amount)) for day, amount in paid]
    for day, _, what in sorted(events, key=lambda entry: entry[:2]):
        today = (start + timedelta(days=day)).isoformat()
        if what is None:
            run_cycles(today, Cycle.OVERDUE, Cycle.MORA)
        else:
            # A payment half of the time arrives late: received three days before it is registered.
            received = (start + timedelta(days=max(0, day - 3 * (day % 2)))).isoformat()
            # More than ten times what is owed is taken for a slip of the finger.
            with suppress(PaymentAboveDebt):
                book.pay(what[0], what[1], on=today, received=received)

    assert differences() == []
