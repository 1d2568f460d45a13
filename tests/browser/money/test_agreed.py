"""A debt is explained, renegotiated and put on paper, and a receipt goes to who paid, as people do it in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.desk import Desk
from tests.browser.office import Office


@pytest.fixture(scope="module")
def ana(office: Office, browser: Browser) -> Iterator[Desk]:
    """Give the manager's browser, which all these tests share."""
    desk = office.desk(browser, "ana")
    yield desk
    desk.leave()


def is_paper(desk: Desk, link: Locator) -> None:
    """Fetch what a link of the page gives, with the session of who sits there: a PDF."""
    answer = desk.context.request.get(desk.product.url + (link.get_attribute("href") or ""))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-")


def refused_paper(desk: Desk, path: str) -> str:
    """Ask for a paper that is not written, and return why."""
    answer = desk.context.request.get(desk.product.url + path)
    assert answer.status == 409
    return answer.text()


def test_an_amount_is_explained_until_any_day(office: Office, ana: Desk) -> None:
    number = office.loans["agreed"]
    ana.open(f"{office.path('agreed')}?calculo={number}-1")
    ana.reads(ana.dialog, "Multa 2,00%")
    ana.reads(ana.dialog, "R$ 1.026,67")
    until = ana.dialog.get_by_label("Se pagar até")
    until.fill("31/02/2026")
    ana.press("Calcular", within=ana.dialog)
    ana.reads(ana.dialog, "Informe a data como 22/07/2025.")

    # Ten days more of 1 % a month on R$ 1.000,00.
    until.fill("12/03/2026")
    ana.press("Calcular", within=ana.dialog)
    ana.reads(ana.dialog, "Total em 12/03/2026")
    ana.reads(ana.dialog, "R$ 1.030,00")
    ana.reads(ana.dialog, "Se nada mais for pago até 12/03/2026.")
    is_paper(ana, ana.dialog.get_by_role("link", name="PDF"))


def test_papers_come_as_the_loan_stands(office: Office, ana: Desk) -> None:
    ana.open(office.path("agreed"))
    for name in ("Contrato", "Carnê", "Extrato"):
        is_paper(ana, ana.page.get_by_role("link", name=f"{name} (PDF)"))
    expect(ana.page.get_by_role("link", name="Termo de quitação (PDF)")).to_have_count(0)
    quittance = f"/pdf/emprestimos/{office.loans['agreed']}/quitacao"
    assert "O termo de quitação sai quando o empréstimo está quitado." in refused_paper(ana, quittance)

    ana.open(office.path("paid"))
    is_paper(ana, ana.page.get_by_role("link", name="Termo de quitação (PDF)"))


def test_a_stale_offer_is_refused_and_one_of_today_becomes_the_agreement(office: Office, ana: Desk) -> None:
    number = office.loans["agreed"]
    ana.open(office.path("agreed"))
    ana.press("Renegociar")
    ana.sees("main", "Proposta A")
    for letter in "ABC":
        ana.sees("article", f"Proposta {letter}")
    ana.page.get_by_label("Na multa", exact=True).fill("50")
    ana.sees("button", "Pedir aprovação da proposta B")
    # A tenth of R$ 20,00 is within a manager's limit, and makes this the cheapest of the three.
    ana.page.get_by_label("Na multa", exact=True).fill("10")
    ana.sees("article", "Menor total")
    ana.sees("main", "R$ 1.024,67")
    ana.press("Fazer proposta B")
    ana.press("Registrar envio")
    ana.press("Registrar envio", within=ana.dialog)
    ana.sees("main", "Proposta enviada")
    is_paper(ana, ana.page.get_by_role("link", name="Gerar termo (PDF)"))

    ana.press("Confirmar acordo")
    ana.reads(ana.dialog, "Dívida de R$ 1.026,67")
    office.product.run("pay", str(number), "--amount-cents", "2667", "--method", "PIX")
    ana.press("Confirmar acordo", within=ana.dialog)
    ana.reads(ana.dialog, "Recalcul")
    assert office.status("agreed") == "ACTIVE"

    ana.press("Recalcular", within=ana.dialog)
    ana.sees("h1", "Simular renegociação")
    ana.press("Fazer proposta B")
    ana.press("Registrar envio")
    ana.press("Registrar envio", within=ana.dialog)
    ana.press("Confirmar acordo")
    ana.reads(ana.dialog, "Dívida de R$ 1.000,00")
    ana.press("Confirmar acordo", within=ana.dialog)
    ana.sees("main", "Abrir novo acordo")
    assert office.status("agreed") == "RENEGOTIATED"
    assert office.rows("SELECT count(*) FROM requests WHERE parent_id IS NOT NULL") == [(1,)]
    ana.press("Abrir novo acordo")
    ana.sees("main", "Renegociações deste empréstimo")


def test_a_receipt_opens_to_whoever_has_its_link_until_it_is_revoked(
    office: Office, ana: Desk, browser: Browser
) -> None:
    ana.open(f"/recebimentos/{office.newest_payment('paid')}")
    is_paper(ana, ana.page.get_by_role("link", name="Baixar PDF"))
    ana.press("Copiar link")
    link = ana.page.get_by_label("Link do recibo")
    expect(link).to_have_value(re.compile(r"/r/[\w-]{22,}$"))
    address = link.input_value()

    borrower = browser.new_context(locale="pt-BR", viewport={"width": 360, "height": 800}).new_page()
    opened = borrower.goto(address)
    assert opened is not None
    assert opened.status == 200
    assert "no-store" in opened.headers["cache-control"]
    expect(borrower.locator("body")).to_contain_text("R$ 1.200,00")
    # A CPF has eleven digits, written with dots or without.
    assert not re.search(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b", borrower.locator("body").inner_text())

    ana.press("Revogar link")
    ana.sees("main", "1 link revogado: não abre mais.")
    again = borrower.goto(address)
    assert again is not None
    assert again.status == 404
    expect(borrower.locator("body")).not_to_contain_text("R$ 1.200,00")
    unknown = borrower.goto(address[:-3] + "abc")
    assert unknown is not None
    assert unknown.status == 404
    borrower.context.close()
