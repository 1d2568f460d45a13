"""The golden cases through the database: lent, paid, reversed and waived by the use cases (money.md §7)."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.calendar import BusinessCalendar
from domain.history import Component
from domain.money import format_brl
from domain.permissions import SYSTEM
from loanapp.models.base import Session
from loanapp.queries.statements import StatementsOf, statements
from loanapp.queries.verification import verify
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, at

pytestmark = pytest.mark.usefixtures("database")

GOLDEN = Path(__file__).parents[1] / "data" / "late_charges_golden.csv"


def cases() -> Iterator[dict[str, str]]:
    """Yield the cases that a first loan can be: their due date moves as our calendar says, their base is the value."""
    calendar = BusinessCalendar()
    for row in csv.DictReader(GOLDEN.read_text(encoding="utf-8").splitlines()):
        is_first_loan = row["original_cents"] == row["mora_base_cents"]
        if is_first_loan and calendar.effective(a_day(row["due_date"])).isoformat() == row["effective_due_date"]:
            yield row


CASES = list(cases())


def lend(book: Book, row: dict[str, str]) -> RequestReceipt:
    """Lend what the case lends, long enough before it falls due or is first paid."""
    days = [a_day(row["due_date"]), *(a_day(each.split("=")[0]) for each in row["payments"].split(";") if each)]
    lent_on = date.fromordinal(min(days).toordinal() - 1)
    return book.a_loan(
        principal=format_brl(int(row["original_cents"])).removeprefix("R$").strip(),
        first_due=row["due_date"], on=lent_on.isoformat(),
    )  # fmt: skip


def set_rates(loan: RequestReceipt, row: dict[str, str]) -> None:
    """Give the loan the case's rates, which for a person no use case would."""
    with Session.begin() as session:
        session.execute(
            text("UPDATE requests SET late_fee_pct = :fee, mora_pct_month = :mora WHERE id = :id"),
            {"fee": row["late_fee_pct"], "mora": row["mora_pct_month"], "id": loan.request_id},
        )


def differences(day: str) -> list[object]:
    return list(verify(SYSTEM, lambda: at(day), lambda _checked: None)[0])


def test_enough_of_the_golden_cases_are_first_loans_reversed_payments_among_them() -> None:
    assert len(CASES) >= 60
    assert sum("!" in row["payments"] for row in CASES) >= 3


def test_every_golden_case_is_the_same_through_the_database() -> None:
    book = Book.opened()
    loans: dict[str, RequestReceipt] = {}
    for row in CASES:
        loan = loans[row["case"]] = lend(book, row)
        set_rates(loan, row)
        for each in filter(None, row["payments"].split(";")):
            day, cents = each.rstrip("!").split("=")
            paid = book.pay(loan, format_brl(int(cents)).removeprefix("R$").strip(), on=day)
            if each.endswith("!"):
                book.reverse(paid, on=row["as_of"])

    found = {
        row["case"]: statements(
            SYSTEM, at(row["as_of"]), StatementsOf(numbers=(loans[row["case"]].number,), as_of=a_day(row["as_of"]))
        )[0]["invoices"][0]
        for row in CASES
    }

    names = ("late_fee_cents", "mora_cents", "open_cents")
    assert {case: tuple(invoice[name] for name in names) for case, invoice in found.items()} == {
        row["case"]: tuple(int(row[name]) for name in names) for row in CASES
    }
    reversed_cases = {row["case"] for row in CASES if "!" in row["payments"]}
    assert {case for case, invoice in found.items() if any(line["reversed"] for line in invoice["payments"])} == (
        reversed_cases
    )
    assert differences("2027-12-31") == []


def test_a_waiver_of_all_the_golden_charges_leaves_the_original_value_open() -> None:
    book = Book.opened()
    rows_ = [row for row in CASES if not row["payments"] and int(row["mora_cents"]) and int(row["late_fee_cents"])]
    assert len(rows_) >= 5
    for row in rows_:
        loan = lend(book, row)
        set_rates(loan, row)
        lines = ((Component.MORA, row["mora_cents"]), (Component.LATE_FEE, row["late_fee_cents"]))
        book.waive(
            loan,
            *((1, component, format_brl(int(cents)).removeprefix("R$").strip()) for component, cents in lines),
            on=row["as_of"],
        )
        as_of = a_day(row["as_of"])
        document = statements(SYSTEM, at(row["as_of"]), StatementsOf(numbers=(loan.number,), as_of=as_of))[0]
        assert document["total_open_cents"] == int(row["original_cents"])
    assert differences("2027-12-31") == []
    assert isinstance(book.admin.user_id, UUID)
