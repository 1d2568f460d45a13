"""The company's settings: rates within bounds, holidays that move what is not yet due."""

from datetime import date
from decimal import Decimal

import pytest

from domain.cycles import Cycle
from domain.errors import SeveralProblems
from domain.permissions import SYSTEM, PermissionMissing, Role
from loanapp.queries import verification
from loanapp.services import company
from loanapp.services.company import AddHoliday, ChangeCompany
from tests.build.book import Book, a_day, a_person, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")

DUE = "SELECT number, due_date, effective_due_date, mora_since FROM invoices ORDER BY request_id, number"


def test_wrong_settings_are_told_all_at_once_and_nothing_changes() -> None:
    Book.opened()
    before = everything()
    order = ChangeCompany(
        name="", tax_id="1", address="Rua A", support_channel="x", support_hours="y",
        late_fee_pct=Decimal(-1), mora_pct_month=Decimal(101),
    )  # fmt: skip

    with pytest.raises(SeveralProblems) as refusal:
        company.change_company(SYSTEM, at("2026-01-10"), order)

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        ("tax_id", "tax_id.wrong_length"),
        ("name", "text.missing"),
        ("late_fee_pct", "percent.negative"),
        ("mora_pct_month", "percent.too_large"),
    ]
    assert everything() == before


def test_a_manager_changes_no_settings() -> None:
    book = Book.opened()
    before = everything()

    with pytest.raises(PermissionMissing):
        company.add_holiday(book.manager, at("2026-01-10"), AddHoliday(day=a_day("2026-02-10"), name="Aniversário"))

    assert everything() == before


def test_a_holiday_moves_what_falls_due_on_it_and_nothing_that_is_due_already() -> None:
    book = Book.opened()
    book.a_loan(principal="200,00", count=2, first_due="2026-02-10")
    admin = a_person(Role.SUPER_ADMIN)

    company.add_holiday(admin, at("2026-02-10"), AddHoliday(day=a_day("2026-02-10"), name="Aniversário"))
    company.add_holiday(admin, at("2026-02-10"), AddHoliday(day=a_day("2026-03-10"), name="Padroeira"))

    assert rows(DUE) == [
        (1, date(2026, 2, 10), date(2026, 2, 10), date(2026, 2, 10)),
        (2, date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 11)),
    ]
    run_cycles("2026-03-11", Cycle.OVERDUE, Cycle.MORA)
    assert rows("SELECT status FROM invoices ORDER BY number") == [("UNPAID",), ("OPEN",)]
    assert verification.verify(SYSTEM, lambda: at("2026-03-12"), lambda _checked: None)[0] == []


def test_the_next_due_date_of_a_loan_moves_with_its_invoice() -> None:
    book = Book.opened()
    book.a_loan(principal="100,00", first_due="2026-03-10")

    company.add_holiday(SYSTEM, at("2026-02-10"), AddHoliday(day=a_day("2026-03-10"), name="Padroeira"))

    assert rows("SELECT next_due_date FROM requests") == [(date(2026, 3, 11),)]
