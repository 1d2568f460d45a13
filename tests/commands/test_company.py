"""`loanapp company` and `loanapp pix`: the settings and a loan's Pix from the terminal."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from domain.money import Money
from domain.pix import PixReceiver, copy_and_paste
from tests.build.book import Book, a_company, a_pix_key, everything, rows
from tests.build.terminal import Command

pytestmark = pytest.mark.usefixtures("_a_day")
RECEIVER = PixReceiver(key="pix@financeira.com.br", name="Financeira Teste", city="São Paulo")


@pytest.fixture
def _a_day(today: Callable[[str], None]) -> None:
    today("2026-02-22")


def test_what_is_given_changes_and_the_rest_stays(loanapp: Command) -> None:
    a_company()

    ended = loanapp("company", "set", "--email", "Contato@Financeira.com.br", "--address", "Rua Nova, 5")

    assert (ended.status, ended.out) == (0, "Empresa alterada.\n")
    assert rows("SELECT name, address, email FROM company_settings") == [
        ("Financeira Teste", "Rua Nova, 5", "contato@financeira.com.br")
    ]


def test_the_settings_are_told_to_people_and_programs(loanapp: Command) -> None:
    a_company()
    a_pix_key("11.222.333/0001-81")
    assert loanapp("company", "holiday", "2026-08-15", "Padroeira").status == 0

    told = json.loads(loanapp("company", "show", "--json").out)

    assert (told["late_fee_pct"], told["pix_key"], told["holidays"]) == (
        "2.00", "11222333000181", [{"day": "2026-08-15", "name": "Padroeira"}],
    )  # fmt: skip
    shown = loanapp("company", "show").out
    assert "Multa: 2,00%\nMora: 1,00% ao mês\nChave Pix: 11.222.333/0001-81 São Paulo\n" in shown
    assert "E-mail: —\n" in shown


def test_charges_beyond_the_guard_rails_need_a_reason(loanapp: Command) -> None:
    a_company()
    before = everything()

    refused = loanapp("company", "charges", "5", "1")

    assert (refused.status, everything() == before) == (1, True)
    assert "rates.late_fee_above_person_limit" in refused.error
    assert loanapp("company", "charges", "5", "0,9", "--reason", "Só empresas").status == 0
    assert rows("SELECT late_fee_pct, mora_pct_month FROM company_settings") == [(Decimal(5), Decimal("0.9"))]


def test_a_key_that_is_none_changes_nothing_and_an_empty_one_ends_the_pix(loanapp: Command) -> None:
    a_company()
    a_pix_key()

    assert loanapp("company", "pix", "minha chave", "São Paulo").status == 1
    assert rows("SELECT pix_key FROM company_settings") == [("pix@financeira.com.br",)]
    assert loanapp("company", "pix", "").status == 0
    assert rows("SELECT pix_key, pix_city FROM company_settings") == [("", "")]


def test_the_pix_of_a_loan_is_printed_with_its_amount_and_day(loanapp: Command) -> None:
    loan = Book.opened().a_loan(principal="200,00", count=2, first_due="2026-02-10")
    a_pix_key()

    # 100,00 + 2 % + 1 % / 30 x 12 days.
    code = copy_and_paste(RECEIVER, Money(10_240), reference=f"E{loan.number}")
    assert loanapp("pix", str(loan.number)).out == f"R$ 102,40, válido até 22/02/2026\n{code}\n"
    whole = json.loads(loanapp("pix", str(loan.number), "--all", "--json").out)
    assert (whole["amount_cents"], whole["valid_until"]) == (20_240, "2026-02-22")


def test_without_a_key_there_is_no_pix_to_print(loanapp: Command) -> None:
    loan = Book.opened().a_loan()

    ended = loanapp("pix", str(loan.number))

    assert (ended.status, "company has no Pix key" in ended.error) == (1, True)


def test_reminders_are_kept_from_holidays_and_let_on_them_again(loanapp: Command) -> None:
    a_company()
    kept = "SELECT skips_charge_on_holidays FROM company_settings"

    assert loanapp("company", "charge-on-holidays", "off").out == "Cobrança em feriados: não.\n"
    assert rows(kept) == [(True,)]
    assert json.loads(loanapp("company", "show", "--json").out)["skips_charge_on_holidays"] is True
    assert loanapp("company", "charge-on-holidays", "on").out == "Cobrança em feriados: sim.\n"

    assert rows(kept) == [(False,)]
    assert "Cobrança em feriados: sim\n" in loanapp("company", "show").out


def test_a_word_that_is_none_changes_nothing(loanapp: Command) -> None:
    a_company()
    before = everything()

    assert loanapp("company", "charge-on-holidays", "às vezes").status == 2

    assert everything() == before
