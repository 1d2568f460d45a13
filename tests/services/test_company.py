"""The company's settings: rates within bounds, holidays that move what is not yet due."""

from datetime import date
from decimal import Decimal

import pytest

from domain.cycles import Cycle
from domain.errors import DomainError, SeveralProblems
from domain.permissions import SYSTEM, PermissionMissing, Role
from loanapp.queries import verification
from loanapp.services import company
from loanapp.services.company import AddHoliday, ChangeCharges, ChangeCompany, ChangePix
from tests.build.book import Book, a_day, a_person, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")

DUE = "SELECT number, due_date, effective_due_date, mora_since FROM invoices ORDER BY request_id, number"


def test_wrong_settings_are_told_all_at_once_and_nothing_changes() -> None:
    Book.opened()
    before = everything()
    order = ChangeCompany(name="", tax_id="1", address="Rua A", email="ana@", support_channel="x", support_hours="y")

    with pytest.raises(SeveralProblems) as refusal:
        company.change_company(SYSTEM, at("2026-01-10"), order)

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        ("tax_id", "tax_id.wrong_length"),
        ("name", "text.missing"),
        ("email", "auth.email_not_understood"),
    ]
    assert everything() == before


def test_the_company_keeps_its_late_charges_when_its_address_changes() -> None:
    Book.opened(late_fee_pct="1.5", mora_pct_month="0.5")
    order = ChangeCompany(
        name="Financeira Nova Ltda.", tax_id="11.222.333/0001-81", address="Rua B, 2", email=" Contato@Nova.com.br ",
        support_channel="(11) 4000-2000", support_hours="das 8h às 17h",
    )  # fmt: skip

    company.change_company(a_person(Role.SUPER_ADMIN), at("2026-01-10"), order)

    assert rows("SELECT name, address, email, late_fee_pct, mora_pct_month FROM company_settings") == [
        ("Financeira Nova Ltda.", "Rua B, 2", "contato@nova.com.br", Decimal("1.5"), Decimal("0.5"))
    ]


@pytest.mark.parametrize(
    ("late_fee_pct", "mora_pct_month", "reason", "field", "code"),
    [
        ("2.01", "1", "", "late_fee_pct", "rates.late_fee_above_person_limit"),
        ("2", "1.01", " ", "mora_pct_month", "rates.mora_above_person_limit"),
        ("10.01", "1", "Só empresas", "late_fee_pct", "rates.late_fee_above_company_limit"),
        ("-1", "1", "Engano", "late_fee_pct", "rates.out_of_range"),
        ("1", "1001", "Engano", "mora_pct_month", "rates.out_of_range"),
        ("1", "1", "x" * 501, "reason", "text.too_long"),
    ],
)
def test_late_charges_beyond_the_guard_rails_change_nothing(
    late_fee_pct: str, mora_pct_month: str, reason: str, field: str, code: str
) -> None:
    Book.opened()
    before = everything()
    order = ChangeCharges(late_fee_pct=Decimal(late_fee_pct), mora_pct_month=Decimal(mora_pct_month), reason=reason)

    with pytest.raises(DomainError) as refusal:
        company.change_charges(SYSTEM, at("2026-01-10"), order)

    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert everything() == before


def test_late_charges_beyond_a_persons_limits_are_written_with_their_reason() -> None:
    Book.opened()
    order = ChangeCharges(late_fee_pct=Decimal(5), mora_pct_month=Decimal(1), reason="Só emprestamos a empresas")

    company.change_charges(SYSTEM, at("2026-01-10"), order)

    assert rows("SELECT late_fee_pct FROM company_settings") == [(Decimal(5),)]
    found = rows("SELECT text::jsonb->>'reason' FROM audit_events WHERE action = 'company.charges_changed'")
    assert found == [("Só emprestamos a empresas",)]


def test_late_charges_that_hold_already_leave_no_trace() -> None:
    Book.opened()
    before = everything()

    company.change_charges(SYSTEM, at("2026-01-10"), ChangeCharges(late_fee_pct=Decimal(2), mora_pct_month=Decimal(1)))

    assert everything() == before


def test_a_changed_rate_leaves_the_contracts_as_they_are() -> None:
    book = Book.opened()
    book.a_loan(principal="200,00", count=2, first_due="2026-02-10")

    company.change_charges(SYSTEM, at("2026-01-20"), ChangeCharges(late_fee_pct=Decimal(1), mora_pct_month=Decimal(0)))

    assert rows("SELECT late_fee_pct, mora_pct_month FROM requests") == [(Decimal(2), Decimal(1))]


def test_a_pix_key_is_kept_as_banks_register_it_and_an_empty_one_ends_it() -> None:
    Book.opened()
    admin = a_person(Role.SUPER_ADMIN)

    company.change_pix(admin, at("2026-01-10"), ChangePix(pix_key="11.222.333/0001-81", pix_city=" São Paulo "))
    assert rows("SELECT pix_key, pix_city FROM company_settings") == [("11222333000181", "São Paulo")]

    company.change_pix(admin, at("2026-01-10"), ChangePix(pix_key=" ", pix_city="São Paulo"))
    assert rows("SELECT pix_key, pix_city FROM company_settings") == [("", "")]


@pytest.mark.parametrize(
    ("key", "city", "problems"),
    [
        ("minha chave", "São Paulo", ["pix.key_not_understood"]),
        ("pix@financeira.com.br", "", ["text.missing"]),
        ("111.111.111-11", " ", ["pix.key_not_understood", "text.missing"]),
    ],
)
def test_a_pix_key_that_is_none_or_has_no_city_changes_nothing(key: str, city: str, problems: list[str]) -> None:
    Book.opened()
    before = everything()

    with pytest.raises(DomainError) as refusal:
        company.change_pix(SYSTEM, at("2026-01-10"), ChangePix(pix_key=key, pix_city=city))

    told = refusal.value.problems if isinstance(refusal.value, SeveralProblems) else (refusal.value,)
    assert [problem.code for problem in told] == problems
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
