"""Configurações, event by event: what stands, what each form writes, and the guard rails of the late charges."""

from typing import Any
from uuid import uuid4

import pytest

from domain.permissions import Role
from loanapp.pages.settings.settings_state import SettingsState
from tests.build.book import a_company, everything, rows
from tests.build.texts import change_rows
from tests.pages.tabs import after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

PATH = "/configuracoes"
COMPANY = {
    "name": "Financeira Nova Ltda.", "tax_id": "11222333000181", "address": "Rua B, 2",
    "email": "contato@nova.com.br", "support_channel": "(11) 4000-2000", "support_hours": "das 8h às 17h",
}  # fmt: skip


def sent(handler: Any, role: Role = Role.SUPER_ADMIN, **form: str) -> tuple[SettingsState, str]:
    """Load the page and send one of its forms; return what it then shows and what the tab was told."""
    ref = signed_in_as(role)
    return after(
        SettingsState, SettingsState.load, handler, ref=ref, path=PATH, form={"command_id": str(uuid4())} | form
    )


def test_the_page_shows_what_stands() -> None:
    a_company()

    page, _ = after(SettingsState, SettingsState.load, ref=signed_in_as(Role.SUPER_ADMIN), path=PATH)

    assert page.now == {
        "name": "Financeira Teste", "tax_id": "11.222.333/0001-81", "address": "Rua das Flores, 100, São Paulo",
        "email": "", "support_channel": "(11) 4000-1000", "support_hours": "das 9h às 18h", "late_fee_pct": "2,00",
        "mora_pct_month": "1,00", "pix_key": "", "pix_city": "",
    }  # fmt: skip
    assert page.example == ("R$\xa0100,00 + multa R$\xa02,00 + mora R$\xa00,33 = R$\xa0102,33")
    assert (page.guard, page.holidays, page.errors) == ("", [], {})


def test_only_an_administrator_sees_and_changes_them() -> None:
    a_company()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = rows("SELECT * FROM company_settings")

    page, _ = after(
        SettingsState, SettingsState.load, SettingsState.save_company, ref=ref, path=PATH,
        form={"command_id": str(uuid4())} | COMPANY,
    )  # fmt: skip

    assert (page.is_loaded, page.now["name"]) == (False, "")
    assert rows("SELECT * FROM company_settings") == before


def test_the_company_is_saved_and_shown_as_it_is_kept() -> None:
    a_company()

    page, told = sent(SettingsState.save_company, **COMPANY)

    assert rows("SELECT name, email, late_fee_pct FROM company_settings") == [
        ("Financeira Nova Ltda.", "contato@nova.com.br", 2)
    ]
    assert (page.now["tax_id"], page.errors) == ("11.222.333/0001-81", {})
    assert "Empresa alterada." in told


def test_problems_stand_at_their_fields_and_nothing_is_written() -> None:
    a_company()
    before = rows("SELECT * FROM company_settings")

    page, _ = sent(SettingsState.save_company, **COMPANY | {"tax_id": "123", "email": "contato"})

    assert (set(page.errors), page.sent_form) == ({"tax_id", "email"}, "company")
    assert rows("SELECT * FROM company_settings") == before


def test_typed_rates_show_what_they_come_to_and_ask_for_a_reason_beyond_a_persons_limits() -> None:
    a_company()
    ref = signed_in_as(Role.SUPER_ADMIN)

    page, _ = after(
        SettingsState, SettingsState.load, SettingsState.count_charges, ref=ref, path=PATH,
        form_as_json='{"late_fee_pct": "5", "mora_pct_month": "0,9"}',
    )  # fmt: skip

    assert page.example == "R$\xa0100,00 + multa R$\xa05,00 + mora R$\xa00,30 = R$\xa0105,30"
    assert page.guard == "Multa acima de 2% para pessoa física: só um administrador, com motivo."


@pytest.mark.parametrize("typed", ["", "null", "[]", '{"late_fee_pct": "muito", "mora_pct_month": "1"}', "x" * 99])
def test_what_is_no_rate_leaves_the_example_standing(typed: str) -> None:
    a_company()
    ref = signed_in_as(Role.SUPER_ADMIN)

    page, _ = after(
        SettingsState, SettingsState.load, SettingsState.count_charges, ref=ref, path=PATH, form_as_json=typed
    )

    assert page.example.endswith("= R$\xa0102,33")


def test_rates_beyond_the_guard_rails_need_a_reason() -> None:
    a_company()

    page, _ = sent(SettingsState.save_charges, late_fee_pct="5", mora_pct_month="1", reason="")

    assert page.errors == {"late_fee_pct": "Multa acima de 2% para pessoa física: só um administrador, com motivo."}
    assert rows("SELECT late_fee_pct FROM company_settings") == [(2,)]


def test_rates_with_a_reason_are_written() -> None:
    a_company()

    page, _ = sent(SettingsState.save_charges, late_fee_pct="5", mora_pct_month="1,00", reason="Só empresas")

    assert (rows("SELECT late_fee_pct FROM company_settings"), page.now["late_fee_pct"]) == ([(5,)], "5,00")


def test_a_holiday_is_added_and_listed() -> None:
    a_company()

    page, _ = sent(SettingsState.save_holiday, day="25/01/2090", holiday_name="Aniversário da cidade")

    assert [(row["day"], row["name"], row["has_passed"]) for row in page.holidays] == [
        ("25/01/2090 (qua)", "Aniversário da cidade", False)
    ]


@pytest.mark.parametrize(("day", "name", "field"), [("", "Padroeira", "day"), ("25/01/2090", " ", "holiday_name")])
def test_a_holiday_without_day_or_name_changes_nothing(day: str, name: str, field: str) -> None:
    a_company()

    page, _ = sent(SettingsState.save_holiday, day=day, holiday_name=name)

    assert set(page.errors) == {field}
    assert rows("SELECT count(*) FROM holidays") == [(0,)]


def test_a_pix_key_is_saved_and_shown_as_people_read_it() -> None:
    a_company()

    page, _ = sent(SettingsState.save_pix, pix_key="11222333000181", pix_city="São Paulo")

    assert (page.now["pix_key"], page.now["pix_city"]) == ("11.222.333/0001-81", "São Paulo")


def test_a_pix_key_that_is_none_is_told_at_its_field() -> None:
    a_company()
    before = everything()["company_settings"]

    page, _ = sent(SettingsState.save_pix, pix_key="minha chave", pix_city="")

    assert set(page.errors) == {"pix_key", "pix_city"}
    assert everything()["company_settings"] == before


def test_a_tick_keeps_reminders_from_holidays() -> None:
    a_company()

    page, told = sent(SettingsState.save_charge_days, skips_charge_on_holidays="on")

    assert rows("SELECT skips_charge_on_holidays FROM company_settings") == [(True,)]
    assert page.skips_charge_on_holidays is True
    assert "Dias de cobrança alterados." in told


def test_who_is_no_administrator_does_not_keep_reminders_from_holidays() -> None:
    a_company()

    _, told = sent(SettingsState.save_charge_days, Role.LOAN_MANAGEMENT, skips_charge_on_holidays="on")

    assert rows("SELECT skips_charge_on_holidays FROM company_settings") == [(False,)]
    assert "Você não tem permissão para isso." in told


def test_a_box_without_its_tick_lets_reminders_leave_on_holidays() -> None:
    a_company()
    change_rows("UPDATE company_settings SET skips_charge_on_holidays = true")

    page, _ = sent(SettingsState.save_charge_days)

    assert rows("SELECT skips_charge_on_holidays FROM company_settings") == [(False,)]
    assert page.skips_charge_on_holidays is False
