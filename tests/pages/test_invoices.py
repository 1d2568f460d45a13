"""Parcelas, as a browser tab meets it: the address is the filter, hostile text is only text."""

from collections.abc import Callable

import pytest

from domain.cycles import Cycle
from domain.permissions import Role
from loanapp.pages.invoices.all_invoices import InvoicesState
from loanapp.pages.invoices.invoice_drawer import InvoiceState
from loanapp.settings import Settings
from tests.build.book import Book, run_cycles
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def analyst(database: object, change_settings: Callable[..., Settings]) -> str:  # noqa: ARG001 - it must be there first.
    """Lend Maria 500,00 in weekly invoices from 10 February, pass the cycles of the 22nd; an analyst's tab."""
    book = Book.opened()
    book.a_loan(
        book.a_client("Maria das Dores Silva"), principal="500,00", count=5, step="WEEKLY", first_due="2026-02-10"
    )
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)
    set_clock(change_settings, "2026-02-22T20:00")
    return signed_in_as(Role.RENEGOTIATION_ANALYST)


def listed(ref: str, query: str = "") -> InvoicesState:
    return after(InvoicesState, InvoicesState.load, ref=ref, path=f"/parcelas?{query}")[0]


def opened(ref: str, query: str) -> InvoiceState:
    return after(InvoiceState, InvoiceState.look_at_address, ref=ref, path=f"/parcelas?{query}")[0]


def test_a_line_says_what_is_owed_and_leads_to_client_calculation_and_payment(analyst: str) -> None:
    page = listed(analyst, "visao=em-atraso")

    line = page.rows[1]
    assert (line["client"], line["title"], line["due"]) == (
        "Maria das Dores Silva", "2/5", "17/02/2026 · sem encargos até 18/02"
    )  # fmt: skip
    assert (line["look"], line["look_note"], line["note"]) == ("UNPAID", "4 d", "")
    assert (line["original"], line["charges"], line["open"]) == ("R$\xa0100,00", "R$\xa02,13", "R$\xa0102,13")
    assert line["to"] == "/parcelas?visao=em-atraso&aberta=2"
    assert line["receive_to"] == "/parcelas?visao=em-atraso&receber=1-2"
    assert page.summary == "2 parcelas · R$\xa0204,53"
    assert (page.original_total, page.charges_total, page.open_total) == (
        "R$\xa0200,00", "R$\xa04,53", "R$\xa0204,53"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "view", "titles"),
    [
        ("", "vencem-hoje", []),
        ("visao=proximos-7-dias", "proximos-7-dias", ["3/5"]),
        ("visao=todas", "todas", ["1/5", "2/5", "3/5", "4/5", "5/5"]),
        ("visao=todas&ordem=-vencimento", "todas", ["5/5", "4/5", "3/5", "2/5", "1/5"]),
        ("atraso=1-15", "todas", ["1/5", "2/5"]),
        ("atraso=90%2B", "todas", []),
        ("situacao=a-vencer&vence=24/02/2026", "todas", ["3/5"]),
        ("busca=maria&visao=em-atraso", "em-atraso", ["1/5", "2/5"]),
        ("busca=%27%3B+DROP+TABLE+invoices%3B--", "todas", []),
        (
            "visao=%3Cscript%3E&ordem=1&pagina=-3&por_pagina=9999&atraso=x&situacao=y",
            "todas",
            ["1/5", "2/5", "3/5", "4/5", "5/5"],
        ),
    ],
)
def test_the_address_is_the_filter(analyst: str, query: str, view: str, titles: list[str]) -> None:
    page = listed(analyst, query)

    assert (page.view, [row["title"] for row in page.rows], page.fault) == (view, titles, "")


def test_a_date_that_is_none_is_refused_at_its_field_and_shows_no_lines(analyst: str) -> None:
    page = listed(analyst, "visao=todas&vence=31/02/2026")

    assert page.errors == {"vence": "Informe a data como 22/07/2025."}
    assert (page.rows, page.asked["vence"]) == ([], "31/02/2026")


def test_each_filter_is_a_chip_that_takes_it_away(analyst: str) -> None:
    page = listed(analyst, "atraso=1-15&busca=maria&pagina=2")

    assert page.chips == {"atraso": "1 a 15 dias", "situacao": "", "vence": "", "recebida_em": "", "busca": "maria"}
    assert page.clear_links["atraso"] == "/parcelas?busca=maria"


def test_late_charges_that_the_cycles_have_not_written_are_announced(
    analyst: str, change_settings: Callable[..., Settings]
) -> None:
    set_clock(change_settings, "2026-02-22T23:30")
    assert listed(analyst, "visao=em-atraso").stale == ""

    set_clock(change_settings, "2026-02-23T00:01")
    assert listed(analyst, "visao=em-atraso").stale == "22/02/2026"


def test_the_drawer_counts_an_invoice_up_to_today_and_up_to_the_day_asked(analyst: str) -> None:
    today, later = opened(analyst, "aberta=1"), opened(analyst, "aberta=1&ate=12/03/2026")

    assert today.shown["heading"] == "Memória de cálculo até 22/02/2026"
    assert [(line["label"], line["value"]) for line in today.lines] == [
        ("Principal", "R$\xa0100,00"),
        ("Juros", "R$\xa00,00"),
        ("Valor original", "R$\xa0100,00"),
        ("Multa 2,00% (uma vez, em 11/02)", "R$\xa02,00"),
        ("Mora 1,00% ao mês ÷ 30 \N{MULTIPLICATION SIGN} 12 dias sobre R$\xa0100,00", "R$\xa00,40"),
        ("Total hoje", "R$\xa0102,40"),
    ]
    assert (later.shown["heading"], later.shown["total"]) == ("Memória de cálculo até 12/03/2026", "R$\xa0103,00")
    assert today.shown["receive_to"] == "/parcelas?receber=1-1"


def test_a_day_that_is_none_is_refused_at_its_field(analyst: str) -> None:
    drawer = opened(analyst, "aberta=1&ate=ontem")

    assert drawer.errors == {"ate": "Informe a data como 22/07/2025."}


@pytest.mark.parametrize("number", ["999", "abc", "1' OR '1'='1", "9" * 40, "-1"])
def test_an_invoice_that_is_not_there_is_said_to_be_missing(analyst: str, number: str) -> None:
    assert opened(analyst, f"aberta={number}").step == "missing"


def test_closing_the_drawer_keeps_the_list_as_it_was(analyst: str) -> None:
    drawer, told = after(
        InvoiceState, InvoiceState.look_at_address, InvoiceState.set_open, ref=analyst,
        path="/parcelas?visao=em-atraso&aberta=1&ate=12/03/2026", is_open=False,
    )  # fmt: skip

    assert drawer.step == ""
    assert "/parcelas?visao=em-atraso'" in told.replace('"', "'")


def test_a_supervisor_sees_no_invoice_of_clients_assigned_to_others(analyst: str) -> None:  # noqa: ARG001 - its book.
    page, _ = after(InvoicesState, InvoicesState.load, ref=signed_in_as(Role.STREET_SUPERVISOR), path="/parcelas")

    assert (page.rows, page.place["total"], page.is_loaded) == ([], 0, True)
