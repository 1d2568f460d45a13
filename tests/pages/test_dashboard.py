"""Painel, as a browser tab meets it: the figures as text with their lists, and that a payment moves them."""

from collections.abc import Callable

import pytest

from domain.cycles import Cycle
from domain.permissions import Role
from loanapp.pages.dashboard.home import DashboardState
from loanapp.settings import Settings
from tasks.proofs import prove_what_is_due
from tests.build.book import Book, run_cycles
from tests.build.texts import change_rows
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

Change = Callable[..., Settings]


def shown(ref: str) -> DashboardState:
    return after(DashboardState, DashboardState.load, ref=ref, path="/painel")[0]


def test_before_the_first_loan_there_are_no_figures_but_what_waits_is_told(change_settings: Change) -> None:
    set_clock(change_settings, "2026-02-23T12:00")
    Book.opened().a_request(on="2026-02-20", first_due="2026-03-10")

    page = shown(signed_in_as(Role.LOAN_MANAGEMENT))

    assert (page.has_loans, page.updated) == (False, "")
    assert page.matters == [
        {
            "text": "1 empréstimo em análise · 1 há mais de 24 h",
            "icon": "clock",
            "to": "/emprestimos?situacao=em-analise",
        }
    ]


def test_the_figures_are_text_with_their_shares(change_settings: Change) -> None:
    set_clock(change_settings, "2026-02-23T12:00")
    book = Book.opened()
    book.a_loan(principal="300,00", first_due="2026-02-10")
    book.pay(book.a_loan(principal="100,00", first_due="2026-02-23"), "40,00", on="2026-02-23")
    run_cycles("2026-02-23")

    page = shown(signed_in_as(Role.LOAN_MANAGEMENT))

    # 300,00 for 13 days: 6,00 + 1,30.
    assert page.figures == {
        "due": "R$\xa060,00", "due_note": "1 parcela",
        "received": "R$\xa040,00", "received_note": "40,0% do previsto",
        "received_to": "/parcelas?recebida_em=2026-02-23",
        "overdue": "R$\xa0307,30", "overdue_note": "83,7% da carteira",
        "at_risk": "0,0%", "at_risk_note": "R$\xa00,00",
        "open": "R$\xa0367,30", "open_note": "2 empréstimos",
        "to_breakeven": "R$\xa0360,00", "to_breakeven_note": "Total recebido R$\xa040,00",
    }  # fmt: skip
    assert page.updated == "Atualizado às 12:00"
    assert (
        page.aging_summary == "1 parcela em atraso, R$\xa0307,30; a maior parte há 1\N{EN DASH}15 dias (R$\xa0307,30)."
    )
    assert [(bar["bucket"], bar["number"], bar["short"], bar["to"]) for bar in page.aging[:2]] == [
        ("A vencer", "1", "60", "/parcelas?atraso=a-vencer"),
        ("1\N{EN DASH}15", "1", "307", "/parcelas?atraso=1-15"),
    ]
    assert page.weeks_summary == "Na semana de 23/02/2026: R$\xa040,00 recebidos de R$\xa0100,00 previstos."


def test_the_figures_move_with_a_payment(change_settings: Change) -> None:
    set_clock(change_settings, "2026-02-23T12:00")
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-23")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    assert shown(ref).figures["received"] == "R$\xa00,00"

    book.pay(loan, "100,00", on="2026-02-23")

    after_payment = shown(ref).figures
    assert (after_payment["received"], after_payment["received_note"]) == ("R$\xa0100,00", "100,0% do previsto")
    assert (after_payment["due"], after_payment["open"]) == ("R$\xa00,00", "R$\xa00,00")


@pytest.mark.parametrize(("role", "to"), [(Role.LOAN_MANAGEMENT, "/rotinas"), (Role.RENEGOTIATION_ANALYST, "")])
def test_a_missed_cycle_leads_those_to_it_who_may_see_it(change_settings: Change, role: Role, to: str) -> None:
    set_clock(change_settings, "2026-02-22T12:00")
    run_cycles("2026-02-22", Cycle.OVERDUE)

    assert shown(signed_in_as(role)).matters == [
        {"text": "Rotina Mora de 22/02 não executada", "icon": "calendar-x-2", "to": to}
    ]


def test_many_missed_cycles_are_told_in_one_line_more(change_settings: Change) -> None:
    set_clock(change_settings, "2026-02-23T12:00")
    run_cycles("2026-02-20", Cycle.OVERDUE)

    texts = [matter["text"] for matter in shown(signed_in_as(Role.LOAN_MANAGEMENT)).matters]

    assert texts == [
        "Rotina Vencidos de 23/02 não executada",
        "Rotina Mora de 23/02 não executada",
        "Rotina Cobranças de 23/02 não executada",
        "6 outras rotinas com falha",
    ]


def test_the_last_proof_is_told_with_its_result(change_settings: Change) -> None:
    set_clock(change_settings, "2026-02-23T12:00")
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    assert shown(ref).proven == "Carteira ainda não conferida"

    run_cycles("2026-02-23")
    prove_what_is_due()

    page = shown(ref)
    assert (page.proven, page.matters) == ("Carteira conferida em 23/02/2026 12:00: tudo certo", [])


@pytest.mark.parametrize(
    ("role", "to"), [(Role.LOAN_MANAGEMENT, "/rotinas/conferencia"), (Role.RENEGOTIATION_ANALYST, "")]
)
def test_a_proof_that_found_something_is_a_matter_of_its_own(change_settings: Change, role: Role, to: str) -> None:
    set_clock(change_settings, "2026-02-23T12:00")
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-23")
    change_rows("UPDATE invoices SET mora_cents = mora_cents + 1")
    prove_what_is_due()

    page = shown(signed_in_as(role))

    assert page.matters == [{"text": "1 diferença na conferência", "icon": "shield-alert", "to": to}]
    assert page.proven == "Carteira conferida em 23/02/2026 12:00: 1 diferença"


def test_the_street_sees_no_figures() -> None:
    page, told = after(DashboardState, DashboardState.load, ref=signed_in_as(Role.STREET_SUPERVISOR), path="/painel")

    assert page.is_loaded is False
    assert "Você não tem permissão para isso." in told
