"""“Memória de cálculo” as a tab drives it: over any page, of a loan or an invoice, as of any day; sent by WhatsApp."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.permissions import Role
from loanapp.components.explain import SEND_FORM, ExplainState
from loanapp.pages.invoices.invoice_drawer import InvoiceState
from loanapp.pages.requests.chain import ChainState
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows, run_cycles
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as
from tests.services.test_renegotiations import accepted, an_overdue_loan, drafted


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - its database.
    """Open a book on 12/03/2026."""
    set_clock(change_settings, "2026-03-12T12:00")
    return Book.opened()


@pytest.fixture
def loan(book: Book) -> RequestReceipt:
    """Give a loan of 1.000,00 that is 30 days overdue today: it owes 1.030,00."""
    return an_overdue_loan(book)


@pytest.fixture
def analyst(loan: RequestReceipt) -> str:  # noqa: ARG001 - its book.
    return signed_in_as(Role.RENEGOTIATION_ANALYST)


def opened(ref: str, query: str) -> ExplainState:
    return after(ExplainState, ExplainState.look_at_address, ref=ref, path=f"/clientes?{query}")[0]


def test_a_loan_opens_over_any_page_and_its_invoices_add_up(loan: RequestReceipt, analyst: str) -> None:
    shown = opened(analyst, f"calculo={loan.number}")

    assert (shown.step, shown.shown["total"], shown.shown["total_label"]) == ("shown", "R$\xa01.030,00", "Total hoje")
    assert [(each["title"], each["total"]) for each in shown.invoices] == [("Parcela 1/1", "R$\xa01.030,00")]
    assert (shown.shown["invoice_to"], shown.shown["moment"]) == ("", "")
    assert shown.shown["paper"] == f"/pdf/calculo/{loan.number}?ate=2026-03-12"


def test_an_invoice_shows_its_lines_and_its_mora_by_day(loan: RequestReceipt, analyst: str) -> None:
    shown = opened(analyst, f"calculo={loan.number}-1")

    assert [line["value"] for line in shown.invoices[0]["lines"]] == [
        "R$\xa01.000,00", "R$\xa00,00", "R$\xa01.000,00", "R$\xa020,00", "R$\xa010,00", "R$\xa01.030,00",
    ]  # fmt: skip
    assert len(shown.facts["days"]) == 30
    assert shown.facts["days"][0] == ["12/03/2026", "R$\xa010,00"]
    assert shown.shown["invoice_to"].startswith("/parcelas/")


def test_a_passed_day_and_a_later_one_say_from_what_they_answer(loan: RequestReceipt, analyst: str) -> None:
    then = opened(analyst, f"calculo={loan.number}&ate=10/02/2026")
    later = opened(analyst, f"calculo={loan.number}&ate=11/04/2026")

    assert (then.shown["total"], then.shown["until"]) == ("R$\xa01.000,00", "10/02/2026")
    assert then.shown["moment"] == "Como estava em 10/02/2026, com o que tinha sido recebido até esse dia."
    assert (later.shown["total"], later.shown["moment"]) == (
        "R$\xa01.040,00", "Se nada mais for pago até 11/04/2026.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "query", ["calculo=999", "calculo=x", "calculo=1-9", "calculo=1%27", "calculo=" + "9" * 40, "calculo=1&ate=nunca"]
)
def test_what_cannot_be_explained_is_said_to_be_missing(analyst: str, query: str) -> None:
    assert opened(analyst, query).step == "missing"


def test_without_its_parameter_nothing_is_open(analyst: str) -> None:
    assert opened(analyst, "busca=maria").step == ""


def test_the_calculation_goes_by_whatsapp_once_by_its_key(loan: RequestReceipt, analyst: str) -> None:
    form = {"command_id": str(uuid4())}

    async def twice(tab: Tab) -> str:
        await tab.send(ExplainState.look_at_address)
        await tab.send(ExplainState.send, form=form)
        await tab.send(ExplainState.send, form=form)
        return tab.told()

    told = in_a_tab(analyst, f"/clientes?calculo={loan.number}-1", twice)

    assert f"loanapp.settled('{SEND_FORM}', true)" in told
    ((kind, body),) = rows("SELECT kind, body FROM messages WHERE kind = 'CALCULATION'")
    assert kind == "CALCULATION"
    assert "Mora 1,00% ao mês ÷ 30 \N{MULTIPLICATION SIGN} 30 dias sobre R$ 1.000,00: R$ 10,00" in str(body)


def test_a_supervisor_of_others_sees_nothing_and_sends_nothing(loan: RequestReceipt) -> None:
    street = signed_in_as(Role.STREET_SUPERVISOR)
    before = everything()

    shown = opened(street, f"calculo={loan.number}")

    assert shown.step == "missing"
    assert everything() == before


def test_an_invoice_has_a_page_of_its_own(analyst: str) -> None:
    ((invoice_id,),) = rows("SELECT id FROM invoices")

    page, _ = after(InvoiceState, InvoiceState.look_at_path, ref=analyst, path=f"/parcelas/{invoice_id}?ate=11/04/2026")

    assert (page.step, page.shown["title"], page.shown["total"]) == ("shown", "Parcela 1/1", "R$\xa01.040,00")
    assert (page.previous_to, page.next_to) == ("", "")


def test_old_and_new_record_show_their_chain_and_an_agreement_in_arrears(
    book: Book, loan: RequestReceipt, change_settings: Callable[..., Settings]
) -> None:
    agreed = accepted(book.manager, drafted(book.manager, loan))
    run_cycles("2026-05-13")
    set_clock(change_settings, "2026-05-13T12:00")
    analyst = signed_in_as(Role.RENEGOTIATION_ANALYST)

    old, new = (
        after(ChainState, ChainState.load, ref=analyst, path=f"/emprestimos/{number}")[0]
        for number in (loan.number, agreed.new_request_number)
    )

    assert [(each["status"], each["offer"], each["is_here"]) for each in old.links] == [
        ("RENEGOTIATED", "", True), ("ACTIVE", "Proposta nº 1", False),
    ]  # fmt: skip
    assert old.broken == new.broken == "Acordo em atraso desde 13/04/2026."
    assert (old.newest_to, new.newest_to) == (f"/emprestimos/{agreed.new_request_number}", "")
