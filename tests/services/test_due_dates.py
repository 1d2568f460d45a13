"""Moving a due date: charges follow throughout, the limit of waivers holds, the past keeps the old date."""

import pytest

from domain.errors import DomainError
from domain.history import Component
from domain.permissions import NOBODY, SYSTEM, PermissionMissing
from loanapp.queries.statements import StatementsOf, statements
from loanapp.queries.verification import verify
from loanapp.services import due_dates
from loanapp.services.due_dates import ChangeDueDate
from tests.build.book import Book, a_day, an_id, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")


def is_clean() -> bool:
    assert verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []
    return True


def test_a_later_due_date_takes_the_charges_off_and_the_past_keeps_the_old_one() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    run_cycles("2026-03-12")

    changed = book.move_due_date(loan, 1, "2026-03-21", on="2026-03-12")

    # A Saturday: the next business day counts.
    assert (changed.due_date, changed.effective_due_date) == (a_day("2026-03-21"), a_day("2026-03-23"))
    assert rows("SELECT status, late_fee_cents, mora_cents, mora_since FROM invoices") == [
        ("OPEN", 0, 0, a_day("2026-03-23"))
    ]
    assert rows("SELECT total_value_open, total_value_overdue, overdue_since, next_due_date FROM requests") == [
        (10_000, 0, None, a_day("2026-03-23"))
    ]
    seen = {
        day: statements(SYSTEM, at("2026-04-30"), StatementsOf(numbers=(loan.number,), as_of=a_day(day)))[0]["invoices"]
        for day in ("2026-03-11", "2026-03-12", "2026-04-22")
    }
    assert [
        (each[0]["due_date"], each[0]["status"], each[0]["late_fee_cents"], each[0]["mora_cents"])
        for each in seen.values()
    ] == [("2026-02-10", "UNPAID", 200, 97), ("2026-03-21", "OPEN", 0, 0), ("2026-03-21", "UNPAID", 200, 100)]
    assert is_clean()


def test_payments_after_the_old_date_are_counted_again_from_the_new_one() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.pay(loan, "50,00", on="2026-03-12")

    book.move_due_date(loan, 1, "2026-03-30", on="2026-03-13")

    assert rows("SELECT open_cents, late_fee_cents, mora_cents FROM invoices") == [(5000, 0, 0)]
    assert rows("SELECT sum(principal_cents), sum(mora_cents), sum(late_fee_cents) FROM allocations") == [(5000, 0, 0)]
    assert is_clean()


def test_an_earlier_due_date_charges_from_there() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")

    book.move_due_date(loan, 1, "2026-01-19", on="2026-02-18")

    assert rows("SELECT status, late_fee_cents, mora_cents FROM invoices") == [("UNPAID", 200, 100)]
    assert is_clean()


def test_what_it_takes_off_counts_against_the_limit_of_waivers() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    before = everything()

    with pytest.raises(DomainError) as refusal:
        book.move_due_date(loan, 1, "2026-02-11", on="2026-02-12", actor=book.manager)

    # A day of two is half of the mora; a manager takes off a fifth.
    assert refusal.value.code == "waiver.above_limit"
    assert everything() == before
    # A day of ten is a tenth of the mora: a twentieth more is left to waive, then no more.
    book.move_due_date(loan, 1, "2026-02-11", on="2026-02-20", actor=book.manager)
    assert rows("SELECT late_fee_relief_cents, mora_relief_cents FROM due_date_changes") == [(0, 33)]
    with pytest.raises(DomainError, match=r"waiver\.above_limit"):
        book.waive(loan, (1, Component.MORA, "0,35"), on="2026-02-20", actor=book.manager)
    book.waive(loan, (1, Component.MORA, "0,33"), on="2026-02-20", actor=book.manager)
    assert is_clean()


@pytest.mark.parametrize("due", ["2026-02-10", "2026-01-10", "2027-03-13"])
def test_a_date_that_cannot_be_is_refused_and_nothing_changes(due: str) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    admin, before = book.admin, everything()

    with pytest.raises(DomainError) as refusal:
        book.move_due_date(loan, 1, due, on="2026-03-11", actor=admin)

    assert (refusal.value.code, refusal.value.field) == ("invoice.due_date_impossible", "due_date")
    assert everything() == before


def test_a_paid_invoice_keeps_its_date_a_reason_is_needed_and_nobody_moves_one() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="200,00", count=2, first_due="2026-02-10")
    book.pay(loan, "100,00", on="2026-02-01")
    admin, before = book.admin, everything()
    paid_id, open_id = (row[0] for row in rows("SELECT id FROM invoices ORDER BY number"))
    orders = {
        "invoice.not_open": ChangeDueDate(
            change_id=an_id(), invoice_id=paid_id, due_date=a_day("2026-04-01"), reason="x"
        ),
        "text.missing": ChangeDueDate(change_id=an_id(), invoice_id=open_id, due_date=a_day("2026-04-01"), reason=""),
    }

    for code, order in orders.items():
        with pytest.raises(DomainError) as refusal:
            due_dates.change_due_date(admin, at("2026-02-02"), order)
        assert refusal.value.code == code
    with pytest.raises(PermissionMissing):
        due_dates.change_due_date(NOBODY, at("2026-02-02"), orders["text.missing"])

    assert everything() == before


def test_the_same_change_twice_is_one() -> None:
    book = Book.opened()
    book.a_loan(principal="100,00", first_due="2026-02-10")
    ((invoice_id,),) = rows("SELECT id FROM invoices")
    order = ChangeDueDate(change_id=an_id(), invoice_id=invoice_id, due_date=a_day("2026-03-10"), reason="Viagem")
    due_dates.change_due_date(book.manager, at("2026-02-01"), order)
    before = everything()

    again = due_dates.change_due_date(book.manager, at("2026-02-02"), order)

    assert (again.is_new, again.due_date) == (False, a_day("2026-03-10"))
    assert everything() == before
