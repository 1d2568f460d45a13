"""Runs over a part of the book: what was set aside is retried, one client is run alone, and neither closes a date."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from domain.cycles import Cycle, CycleDatesMissed, NothingToRetry, RunNotFound
from domain.permissions import SYSTEM
from loanapp.models.base import Session
from loanapp.models.clients import Client
from loanapp.queries.cycle_previews import PreviewOf, preview, preview_lines
from loanapp.queries.cycles import run_record, runs_overview
from loanapp.services import _runner, cycles
from loanapp.services.cycles import OpenRun, RetryFailures
from tests.build.book import Book, a_day, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-02-20"
CHARGES = (
    "SELECT i.status, i.late_fee_cents, i.mora_cents FROM invoices i"
    " JOIN requests r ON r.id = i.request_id ORDER BY r.number"
)


@contextmanager
def refused_by_the_database(request_id: UUID) -> Iterator[None]:
    """Let no invoice of a request become overdue while the block runs."""

    def alter(change: str) -> None:
        with Session.begin() as session:
            session.connection().exec_driver_sql(f"ALTER TABLE invoices {change}")

    alter(f"ADD CONSTRAINT sabotage CHECK (request_id <> '{request_id}' OR status = 'OPEN')")
    try:
        yield
    finally:
        alter("DROP CONSTRAINT sabotage")


def a_partial_day() -> UUID:
    """Run a day on which the first of two loans is set aside by `overdue`; return that run's id."""
    book = Book.opened()
    bad = book.a_loan(principal="350,00", first_due="2026-02-10")
    book.a_loan(principal="350,00", first_due="2026-02-10")
    with refused_by_the_database(bad.request_id):
        run_cycles(DAY)
    ((run_id,),) = rows("SELECT id FROM cycle_runs WHERE cycle = 'overdue'")
    assert isinstance(run_id, UUID)
    return run_id


def test_a_retry_visits_only_what_was_set_aside_and_the_cycles_that_waited_follow() -> None:
    failed_run = a_partial_day()

    made = _runner.retry(SYSTEM, lambda: at(DAY, 8), RetryFailures(run_id=failed_run, origin="screen"))

    assert [run.cycle for run in made] == [Cycle.OVERDUE, Cycle.MORA, Cycle.CHARGE]
    assert (
        rows("SELECT clients_total, clients_done, status FROM cycle_runs WHERE retry_of IS NOT NULL")
        == [(1, 1, "SUCCESS")] * 3
    )
    assert rows(CHARGES) == [("UNPAID", 700, 117)] * 2
    assert rows("SELECT count(*), count(DISTINCT client_id) FROM messages") == [(2, 2)]


def test_what_a_retry_changed_is_listed_and_heals_the_strip() -> None:
    failed_run = a_partial_day()
    before = runs_overview(SYSTEM, at(DAY, 8), None)[0].days[-1].status

    first, *_ = _runner.retry(SYSTEM, lambda: at(DAY, 8), RetryFailures(run_id=failed_run, origin="screen"))

    record = run_record(SYSTEM, at(DAY, 8), first.run_id)
    assert [(item.request_number, item.invoices, item.cents_before, item.cents_after) for item in record.changed] == [
        (1, 1, 0, 700)
    ]
    assert (str(before), str(runs_overview(SYSTEM, at(DAY, 8), None)[0].days[-1].status)) == ("PARTIAL", "SUCCESS")


def test_a_run_without_failures_has_nothing_to_retry_and_nothing_changes() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    run_cycles(DAY)
    ((run_id,),) = rows("SELECT id FROM cycle_runs WHERE cycle = 'overdue'")
    assert isinstance(run_id, UUID)
    before = everything()

    with pytest.raises(NothingToRetry):
        cycles.retry_failures(SYSTEM, at(DAY, 8), RetryFailures(run_id=run_id, origin="screen"))
    with pytest.raises(RunNotFound):
        cycles.retry_failures(SYSTEM, at(DAY, 8), RetryFailures(run_id=uuid4(), origin="screen"))

    assert everything() == before


def test_one_client_is_run_alone_and_the_date_stays_to_be_closed() -> None:
    book = Book.opened()
    wanted = book.a_client("Maria das Dores Silva")
    book.a_loan(wanted, principal="350,00", first_due="2026-02-10")
    book.a_loan(principal="350,00", first_due="2026-02-10")
    order = OpenRun(cycle=Cycle.OVERDUE, business_date=a_day(DAY), origin="terminal", only_client_id=wanted)

    _runner.run_or_replay(SYSTEM, lambda: at(DAY, 4), order)

    assert rows(CHARGES) == [("UNPAID", 700, 0), ("OPEN", 0, 0)]
    with pytest.raises(cycles.CycleWaits):
        cycles.open_run(SYSTEM, at(DAY, 7), OpenRun(cycle=Cycle.MORA, business_date=a_day(DAY), origin="terminal"))
    run_cycles(DAY)
    assert rows(CHARGES) == [("UNPAID", 700, 117)] * 2


def test_a_preview_names_each_contract_before_and_after_and_agrees_with_the_run() -> None:
    book = Book.opened()
    client_id = book.a_client("Maria das Dores Silva")
    book.a_loan(client_id, principal="350,00", first_due="2026-02-10")
    asked = PreviewOf(cycle=Cycle.OVERDUE, business_date=a_day(DAY))
    before = everything()

    counts, lines = preview(SYSTEM, at(DAY, 7), asked), preview_lines(SYSTEM, at(DAY, 7), asked)

    assert everything() == before
    (line,) = lines.contracts
    assert (line.client_name, line.invoices, line.cents_before, line.cents_after, line.newly_overdue) == (
        "Maria das Dores Silva", 1, 0, 700, 1,
    )  # fmt: skip
    assert line.oldest_due_date == a_day("2026-02-10")
    run_cycles(DAY, Cycle.OVERDUE)
    assert rows("SELECT examined, changed, late_fee_cents_delta FROM cycle_runs") == [
        (counts.examined, counts.changed, counts.late_fee_cents_delta)
    ]


def test_a_preview_of_the_reminders_names_who_gets_one_and_who_does_not_and_why() -> None:
    book = Book.opened()
    book.a_loan(book.a_client("Ana Souza"), first_due="2026-02-19")
    silent = book.a_client("Bia Lima")
    book.a_loan(silent, first_due="2026-02-19")
    with Session.begin() as session:
        session.execute(update(Client).where(Client.id == silent).values(accepts_messages=False))
    run_cycles(DAY, Cycle.OVERDUE, Cycle.MORA)

    lines = preview_lines(SYSTEM, at(DAY, 7), PreviewOf(cycle=Cycle.CHARGE, business_date=a_day(DAY)))

    assert [(line.client_name, line.reason) for line in lines.borrowers] == [("Ana Souza", ""), ("Bia Lima", "OPT_OUT")]


def test_a_screen_is_told_that_missed_dates_come_first_and_nothing_changes() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    run_cycles("2026-02-16")
    before = everything()

    with pytest.raises(CycleDatesMissed) as refused:
        cycles.open_run(SYSTEM, at(DAY, 7), OpenRun(cycle=Cycle.OVERDUE, business_date=a_day(DAY), origin="screen"))

    assert refused.value.values == {"since": a_day("2026-02-17")}
    assert everything() == before


def test_runs_of_one_cycle_for_two_dates_never_go_on_at_once() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    first = cycles.open_run(
        SYSTEM, at(DAY), OpenRun(cycle=Cycle.OVERDUE, business_date=a_day("2026-02-19"), origin="terminal")
    )

    second = cycles.open_run(SYSTEM, at(DAY), OpenRun(cycle=Cycle.OVERDUE, business_date=a_day(DAY), origin="terminal"))

    assert (second.run_id, second.is_new) == (first.run_id, False)
    assert rows("SELECT count(*) FROM cycle_runs") == [(1,)]
