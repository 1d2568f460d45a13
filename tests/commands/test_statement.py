import json
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.build.book import Book, run_cycles
from tests.build.terminal import Command

# R$ 1.000,00 at 4 % a month in two equal parts: 540,00 each, of which 40,00 interest.  The first, due on Tuesday 10
# February, is paid in part on the day (300,00: interest first) and left 8 days late: late fee 2 % of the 240,00 open,
# mora on 240,00 at 1 % for 8 days of 30 = 0,64.
EXPECTED = {
    "request": 1,
    "client": "Maria das Dores Silva",
    "status": "ACTIVE",
    "as_of": "2026-02-18",
    "disbursed_on": "2026-01-10",
    "principal_cents": 100000,
    "parent_request": None,
    "root_request": 1,
    "renegotiated_on": None,
    "late_fee_pct": "2.00",
    "mora_pct_month": "1.00",
    "mora_base_total_cents": 108000,
    "invoices": [
        {
            "number": 1,
            "due_date": "2026-02-10",
            "effective_due_date": "2026-02-10",
            "status": "UNPAID",
            "original_cents": 54000,
            "principal_cents": 50000,
            "interest_cents": 4000,
            "mora_base_cents": 54000,
            "late_fee_cents": 480,
            "mora_cents": 64,
            "waived_cents": 0,
            "paid_cents": 30000,
            "open_cents": 24544,
            "days_overdue": 8,
            "payments": [
                {
                    "payment": "00000000-0000-0000-0000-0000000000aa",
                    "received_on": "2026-02-10",
                    "amount_cents": 30000,
                    "mora_cents": 0,
                    "late_fee_cents": 0,
                    "interest_cents": 4000,
                    "principal_cents": 26000,
                    "reversed": False,
                }
            ],
        },
        {
            "number": 2,
            "due_date": "2026-03-10",
            "effective_due_date": "2026-03-10",
            "status": "OPEN",
            "original_cents": 54000,
            "principal_cents": 50000,
            "interest_cents": 4000,
            "mora_base_cents": 54000,
            "late_fee_cents": 0,
            "mora_cents": 0,
            "waived_cents": 0,
            "paid_cents": 0,
            "open_cents": 54000,
            "days_overdue": 0,
            "payments": [],
        },
    ],
    "total_open_cents": 78544,
    "credit_cents": 0,
    "total_value_paid_cents": 30000,
    "total_value_to_breakeven_cents": 70000,
}


@pytest.fixture(autouse=True)
def book(today: Callable[[str], None]) -> Book:
    today("2026-02-18")
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", rate_pct="4", count=2, first_due="2026-02-10", on="2026-01-10")
    book.pay(loan, "300,00", on="2026-02-10", payment_id=UUID("00000000-0000-0000-0000-0000000000aa"))
    return book


def test_a_statement_has_exactly_the_figures_computed_by_hand(loanapp: Command) -> None:
    ended = loanapp("statement", 1, "--json")

    assert (ended.status, ended.error) == (0, "")
    assert json.loads(ended.out) == EXPECTED
    assert list(json.loads(ended.out)) == list(EXPECTED)


def test_a_statement_of_the_past_shows_what_stood_then(loanapp: Command) -> None:
    document = json.loads(loanapp("statement", 1, "--as-of", "2026-01-31", "--json").out)

    assert (document["total_open_cents"], document["total_value_paid_cents"]) == (108000, 0)
    assert [invoice["payments"] for invoice in document["invoices"]] == [[], []]


def test_the_cycles_change_no_figure_of_a_statement(loanapp: Command) -> None:
    before = loanapp("statement", 1, "--json").out
    run_cycles("2026-02-18")

    assert loanapp("statement", 1, "--json").out == before


def test_all_prints_a_document_a_line_by_number_without_requests_not_yet_made(loanapp: Command, book: Book) -> None:
    book.a_request(on="2026-02-15", first_due="2026-03-15")

    lines = loanapp("statement", "--all", "--json").out.splitlines()
    earlier = loanapp("statement", "--all", "--as-of", "2026-02-14", "--json").out.splitlines()

    assert [json.loads(line)["request"] for line in lines] == [1, 2]
    assert [json.loads(line)["request"] for line in earlier] == [1]


def test_without_json_a_person_reads_a_table(loanapp: Command) -> None:
    lines = loanapp("statement", 1).out.splitlines()

    assert lines[0] == "Empréstimo 1 · Maria das Dores Silva · ativo · posição em 18/02/2026"
    assert lines[3].split() == (
        [
            "1",
            "10/02/2026",
            "vencida",
            "R$",
            "540,00",
            "R$",
            "4,80",
            "R$",
            "0,64",
            "R$",
            "0,00",
            "R$",
            "300,00",
            "R$",
            "245,44",
            "8",
        ]
    )


def test_a_number_that_no_request_has_is_one_line_with_what_to_do(loanapp: Command) -> None:
    ended = loanapp("statement", 99, "--json")

    assert (ended.status, ended.out) == (1, "")
    assert ended.error == (
        "loanapp: No request had the number 99 on 2026-02-18: `loanapp statement --all` lists those there are.\n"
    )


@pytest.mark.parametrize("arguments", [(), (1, "--all"), ("x",), (1, "--as-of", "18/02/2026"), (10**20,)])
def test_a_call_that_makes_no_sense_is_one_line_and_status_2(loanapp: Command, arguments: tuple[object, ...]) -> None:
    ended = loanapp("statement", *arguments)

    assert (ended.status, ended.out, ended.error.count("\n")) == (2, "", 1)
