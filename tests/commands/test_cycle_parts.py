"""`loanapp cycle` over a part of the book, and what its preview and its run tell programs, cycle by cycle."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from domain.cycles import Cycle
from tests.build.book import Book, everything, rows, run_cycles
from tests.build.terminal import Command, Ended
from tests.build.texts import change_rows

DAY = "2026-02-18"
SHAPE = [
    "cycle", "business_date", "examined", "changed", "unchanged", "failed", "late_fee_cents_delta",
    "mora_cents_delta", "messages_queued", "messages_skipped", "duration_ms",
]  # fmt: skip
CHARGES = (
    "SELECT i.status, i.late_fee_cents, i.mora_cents FROM invoices i"
    " JOIN requests r ON r.id = i.request_id ORDER BY r.number"
)


@pytest.fixture(autouse=True)
def _book(today: Callable[[str], None]) -> None:
    """Make two clients with a loan each, 8 days late: Maria's of R$ 350,00, number 1, and João's of R$ 100,00."""
    today(DAY)
    book = Book.opened()
    for name, principal in (("Maria das Dores Silva", "350,00"), ("João Pereira", "100,00")):
        book.a_loan(book.a_client(name), principal=principal, first_due="2026-02-10")


def document(ended: Ended) -> dict[str, Any]:
    """Return the one document of a command, without how long it took."""
    assert (ended.status, ended.error) == (0, "")
    found: dict[str, Any] = json.loads(ended.out)
    assert list(found) == SHAPE
    del found["duration_ms"]
    return found


def a_day_with_a_failure() -> None:
    """Close the day with Maria set aside by `overdue`, since the database refuses her fee."""
    change_rows("ALTER TABLE invoices ADD CONSTRAINT sabotage CHECK (late_fee_cents <> 700)")
    try:
        run_cycles(DAY)
    finally:
        change_rows("ALTER TABLE invoices DROP CONSTRAINT sabotage")


@pytest.mark.parametrize("cycle", list(Cycle))
@pytest.mark.parametrize("is_run_before", [False, True])
def test_preview_and_run_of_each_cycle_have_one_shape_and_agree(
    loanapp: Command, cycle: Cycle, *, is_run_before: bool
) -> None:
    change_rows("UPDATE clients SET accepts_messages = false WHERE name LIKE 'João%'")
    order = list(Cycle)
    for earlier in order if is_run_before else order[: order.index(cycle)]:
        run_cycles(DAY, earlier)
    before = everything()

    preview = document(loanapp("cycle", cycle, "--dry-run", "--json"))

    assert everything() == before
    assert preview == document(loanapp("cycle", cycle, "--json"))
    assert (preview["cycle"], preview["examined"], preview["changed"]) == (cycle, 2, 0 if is_run_before else 2)


def test_a_dry_run_names_each_contract_before_and_after(loanapp: Command) -> None:
    lines = loanapp("cycle", "overdue", "--dry-run").out.splitlines()

    assert lines[0].startswith("prévia de overdue 18/02/2026: 2 examinados, 2 mudam, 0 com erro, multa R$ 9,00 (")
    assert lines[1:] == [
        ("  overdue empréstimo 1 (Maria das Dores Silva): R$ 0,00 → R$ 7,00, parcelas: 1, a mais antiga de 10/02/2026"),
        "  overdue empréstimo 2 (João Pereira): R$ 0,00 → R$ 2,00, parcelas: 1, a mais antiga de 10/02/2026",
    ]


def test_a_dry_run_of_the_reminders_names_each_client_and_the_reason(loanapp: Command) -> None:
    change_rows("UPDATE clients SET accepts_messages = false WHERE name LIKE 'João%'")
    run_cycles(DAY, Cycle.OVERDUE, Cycle.MORA)

    lines = loanapp("cycle", "charge", "--dry-run").out.splitlines()

    assert lines[1:] == ["  charge Maria das Dores Silva: na fila", "  charge João Pereira: OPT_OUT"]


def test_one_request_s_client_is_previewed_and_run_alone(loanapp: Command) -> None:
    preview = document(loanapp("cycle", "overdue", "--request", 2, "--dry-run", "--json"))

    assert (preview["examined"], preview["late_fee_cents_delta"]) == (1, 200)
    assert preview == document(loanapp("cycle", "overdue", "--request", 2, "--json"))
    assert rows(CHARGES) == [("OPEN", 0, 0), ("UNPAID", 200, 0)]


def test_failures_are_retried_alone_and_the_cycles_that_waited_follow(loanapp: Command) -> None:
    a_day_with_a_failure()
    assert rows(CHARGES) == [("OPEN", 0, 0), ("UNPAID", 200, 27)]

    preview = document(loanapp("cycle", "overdue", "--failures", "--dry-run", "--json"))
    assert (preview["examined"], preview["late_fee_cents_delta"]) == (1, 700)
    assert document(loanapp("cycle", "overdue", "--failures", "--json")) == preview

    assert rows(CHARGES) == [("UNPAID", 700, 93), ("UNPAID", 200, 27)]
    assert rows("SELECT count(*), count(DISTINCT client_id) FROM messages") == [(2, 2)]


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("overdue", "--failures"), 1, "No run of 2026-02-18 set anybody aside: there is nothing to retry."),
        (("overdue", "--request", "99"), 1, "There is no request 99."),
        (("overdue", "--request", "1", "--failures"), 2, "Give --request or --failures, not both."),
    ],
)
def test_a_part_that_is_none_is_one_line_and_changes_nothing(
    loanapp: Command, arguments: tuple[str, ...], status: int, line: str
) -> None:
    before = everything()

    ended = loanapp("cycle", *arguments)

    assert (ended.status, ended.out) == (status, "")
    assert ended.error.startswith(f"loanapp: {line}")
    assert everything() == before
