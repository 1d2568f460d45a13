import json
from collections.abc import Callable

import pytest

from domain.cycles import Cycle
from tests.build.book import Book, everything, rows, run_cycles
from tests.build.terminal import Command, Ended

ROWS = (
    "SELECT cycle, business_date::text, replay_number, status FROM cycle_runs ORDER BY opened_at, business_date, cycle"
)


@pytest.fixture(autouse=True)
def loan(today: Callable[[str], None]) -> Book:
    """One loan of R$ 350,00 due on Tuesday 10 February, looked at on Wednesday 18 February, 8 days late."""
    today("2026-02-18")
    book = Book.opened()
    book.a_loan(principal="350,00", first_due="2026-02-10")
    return book


def documents(ended: Ended) -> list[dict[str, object]]:
    assert (ended.status, ended.error) == (0, "")
    found = json.loads(ended.out)
    for document in found:
        assert document.pop("duration_ms") >= 0
    return found


def test_all_runs_the_three_cycles_and_tells_exactly_what_they_did(loanapp: Command) -> None:
    nothing = {
        "business_date": "2026-02-18", "examined": 1, "changed": 1, "unchanged": 0, "failed": 0,
        "late_fee_cents_delta": 0, "mora_cents_delta": 0, "messages_queued": 0, "messages_skipped": {},
    }  # fmt: skip

    found = documents(loanapp("cycle", "all", "--json"))

    assert found == [
        {**nothing, "cycle": "overdue", "late_fee_cents_delta": 700},
        {**nothing, "cycle": "mora", "mora_cents_delta": 93},
        {**nothing, "cycle": "charge", "messages_queued": 1},
    ]


def test_running_a_date_again_changes_nothing_but_the_list_of_runs_and_their_events(loanapp: Command) -> None:
    loanapp("cycle", "all")
    of_runs = ("cycle_runs", "requests", "audit_events", "audit_heads")
    before = {name: kept for name, kept in everything().items() if name not in of_runs}
    noted = rows("SELECT count(*) FROM audit_events")[0][0]

    found = documents(loanapp("cycle", "all", "--json"))

    assert [(each["changed"], each["unchanged"], each["messages_queued"]) for each in found] == [(0, 1, 0)] * 3
    assert {name: kept for name, kept in everything().items() if name in before} == before
    after = rows("SELECT action, count(*) FROM audit_events WHERE id > :noted GROUP BY 1 ORDER BY 1", noted=noted)
    assert after == [("cycle_run.closed", 3), ("cycle_run.opened", 3)]


@pytest.mark.parametrize("is_run_before", [False, True])
def test_a_dry_run_agrees_with_the_run_that_follows_and_writes_nothing(
    loanapp: Command, *, is_run_before: bool
) -> None:
    if is_run_before:
        loanapp("cycle", "all")
    before = everything()

    preview = documents(loanapp("cycle", "all", "--dry-run", "--json"))

    assert everything() == before
    assert preview == documents(loanapp("cycle", "all", "--json"))


@pytest.mark.parametrize(
    ("contact", "reason"), [({"accepts_messages": False}, "OPT_OUT"), ({}, None), ({"state": "AC"}, None)]
)
def test_a_dry_run_of_charge_knows_the_reasons(
    loanapp: Command, loan: Book, contact: dict[str, object], reason: str | None
) -> None:
    loan.a_loan(loan.a_client(**contact), principal="100,00", first_due="2026-02-18")
    run_cycles("2026-02-18", Cycle.OVERDUE, Cycle.MORA)

    preview = json.loads(loanapp("cycle", "charge", "--dry-run", "--json").out)
    run = json.loads(loanapp("cycle", "charge", "--json").out)

    # The one due today has hours of its own, 09:00 to 11:00 of the borrower's clock: at noon it is too late, except
    # in Acre, where it is 10:00.
    expected = {reason: 1} if reason else {} if contact else {"NO_WINDOW": 1}
    assert preview["messages_skipped"] == run["messages_skipped"] == expected
    assert preview["messages_queued"] == run["messages_queued"] == 2 - len(expected)


def test_a_dry_run_after_missed_dates_shows_what_the_run_does_once_they_were_made_up(
    loanapp: Command, loan: Book
) -> None:
    run_cycles("2026-02-13")
    loan.a_loan(principal="35,00", first_due="2026-02-17")

    preview = documents(loanapp("cycle", "all", "--dry-run", "--json"))

    assert preview == documents(loanapp("cycle", "all", "--json"))


def test_missed_dates_are_run_before_the_date_asked_for(loanapp: Command) -> None:
    run_cycles("2026-02-13")

    loanapp("cycle", "overdue", "--date", "2026-02-16")

    assert rows(ROWS)[3:] == [
        ("overdue", "2026-02-14", 0, "SUCCESS"),
        ("overdue", "2026-02-15", 0, "SUCCESS"),
        ("overdue", "2026-02-16", 0, "SUCCESS"),
    ]


def test_all_leaves_out_a_charge_that_is_not_due(loanapp: Command) -> None:
    found = documents(loanapp("cycle", "all", "--date", "2026-02-15", "--json"))

    assert [each["cycle"] for each in found] == ["overdue", "mora"]


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (
            ("overdue", "--date", "2026-02-19"), 1,
            "The business date 2026-02-19 has not come: give one up to 2026-02-18.",
        ),
        (
            ("mora",), 1,
            "mora of 2026-02-18 waits for overdue of that date: run `loanapp cycle all --date 2026-02-18`.",
        ),
        (
            ("charge", "--date", "2026-02-15"), 1,
            "The charge cycle runs Monday to Friday, as the setting says without holidays, and not on 2026-02-15.",
        ),
        (
            ("mora", "--date", "0001-01-01", "--dry-run"), 2,
            (
                "Invalid value for '--date': '0001-01-01' is out of range: give a date from 1900 to 2199."
                " See `loanapp cycle --help`."
            ),
        ),
        (
            ("weekly",), 2,
            (
                "Invalid value for 'overdue|mora|charge|all': 'weekly' is not one of 'overdue', 'mora', 'charge',"
                " 'all'. See `loanapp cycle --help`."
            ),
        ),
    ],
)  # fmt: skip
def test_what_can_not_run_is_one_line_and_changes_nothing(
    loanapp: Command, arguments: tuple[object, ...], status: int, line: str
) -> None:
    before = everything()

    ended = loanapp("cycle", *arguments)

    assert (ended.status, ended.out, ended.error) == (status, "", f"loanapp: {line}\n")
    assert everything() == before
