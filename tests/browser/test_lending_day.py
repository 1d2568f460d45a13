"""One lending day as people live it: a real browser, real servers, and a clock that makes a morning pass in seconds.

Monday: a client is onboarded, a loan asked for, decided by somebody else, disbursed.  Its invoice falls due on Tuesday
and is not paid.  Wednesday: the cycles pass, the text arrives with its acks, the payment comes, the dashboard moves.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import Desk
from tests.browser.product import Product

PASSWORD = "uma senha de testes comprida"
MANAGER, SECOND_MANAGER, ADMIN = "ana@teste.com", "rui@teste.com", "chefe@teste.com"
# Generous: the machines that test are small and busy.
ARRIVAL_MS = 120_000


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lending-day")


@pytest.fixture(scope="module")
def monday(start_product: Callable[..., Product], data_dir: Path) -> Iterator[Product]:
    product = start_product("--no-demo", data_dir=data_dir, LOANAPP_CLOCK="2026-03-02T10:00")
    for email, name, role in (
        (MANAGER, "Ana Prado", "LOAN_MANAGEMENT"),
        (SECOND_MANAGER, "Rui Prado", "LOAN_MANAGEMENT"),
        (ADMIN, "Chefe Prado", "SUPER_ADMIN"),
    ):
        add_user(product, email, name, role)
    return product


def add_user(product: Product, email: str, name: str, role: str) -> None:
    product.run("user", "add", "--email", email, "--name", name, "--role", role, "--password", PASSWORD)


def test_a_lending_day(
    monday: Product, start_product: Callable[..., Product], data_dir: Path, browser: Browser
) -> None:
    manager = Desk(browser, monday, MANAGER, PASSWORD)
    onboard(manager)
    ask(manager)
    manager.leave()
    second = Desk(browser, monday, SECOND_MANAGER, PASSWORD)
    approve_and_disburse(second)
    second.leave()
    monday.stop()

    wednesday = start_product("--no-demo", data_dir=data_dir, LOANAPP_CLOCK="2026-03-04T04:59 x300")
    desk = Desk(browser, wednesday, ADMIN, PASSWORD)
    see_the_cycles_and_the_text(desk)
    run_the_cycles_again(wednesday)
    receive(desk)
    see_the_dashboard_move(desk)
    desk.leave()
    assert "no differences" in wednesday.run("verify")


def onboard(desk: Desk) -> None:
    page = desk.page
    desk.open("/clientes/novo")
    desk.sees("h1", "Novo cliente")
    page.get_by_label("CPF ou CNPJ").fill("529.982.247-26")
    page.get_by_label("Nome ou razão social").fill("Maria das Dores <b>Silva</b>")
    page.get_by_role("button", name="Cadastrar cliente").click()
    # A wrong digit and a missing phone: told at the fields, and nothing typed is lost.
    desk.sees("main", "Há 2 problemas nesta página")
    expect(page.get_by_label("Nome ou razão social")).to_have_value("Maria das Dores <b>Silva</b>")
    page.get_by_label("CPF ou CNPJ").fill("529.982.247-25")
    page.get_by_label("Telefone com WhatsApp").fill("11 98765-4321")
    page.get_by_label("Estado (opcional)").select_option("SP")
    page.get_by_role("button", name="Cadastrar cliente").click()
    desk.sees("main", "Cliente cadastrado")
    page.get_by_role("link", name="Criar solicitação").click()


def ask(desk: Desk) -> None:
    page = desk.page
    desk.sees("h1", "Nova solicitação")
    page.get_by_label("Valor", exact=True).fill("350")
    page.get_by_label("Taxa por período").fill("0")
    page.get_by_label("Número de parcelas").fill("1")
    page.get_by_label("Frequência").select_option("Diária")
    page.get_by_label("Primeira data").fill("3/3")
    page.get_by_label("Primeira data").blur()
    desk.sees("aside", "R$ 350,00")
    page.get_by_role("button", name="Enviar para análise").click()
    desk.sees("h1", "Empréstimo nº 1")
    # Who asked does not approve.
    expect(page.get_by_role("button", name="Aprovar")).to_be_disabled()


def approve_and_disburse(desk: Desk) -> None:
    page = desk.page
    desk.open("/emprestimos/1")
    page.get_by_role("button", name="Aprovar").click()
    page.get_by_role("dialog").get_by_role("button", name="Aprovar empréstimo").click()
    desk.sees("main", "Aprovado")
    page.get_by_role("button", name="Liberar dinheiro").click()
    page.get_by_role("dialog").get_by_role("button", name="Liberar R$ 350,00").click()
    desk.sees("main", "Em andamento")
    desk.sees("table", "03/03/2026")


def see_the_cycles_and_the_text(desk: Desk) -> None:
    page = desk.page
    desk.open("/rotinas")
    for cycle in ("Vencidos", "Mora", "Cobranças"):
        card = page.get_by_role("region", name=cycle)
        mark = card.get_by_role("listitem", name="04/03/2026 (qua): Concluída")
        expect(mark).to_be_attached(timeout=ARRIVAL_MS)
    desk.open("/parcelas?visao=em-atraso")
    # 2 % once on R$ 350,00, and one day of 1 % a month: R$ 7,00 + R$ 0,12.
    row = page.get_by_role("row").filter(has_text="Maria das Dores <b>Silva</b>")
    for cell in ("Em atraso · 1 d", "R$ 7,12", "R$ 357,12"):
        expect(row.get_by_text(cell)).to_be_visible()
    desk.open("/mensagens?visao=todas")
    # Tuesday's text is past: recorded, never sent late.  Wednesday's leaves when the window opens, and is read.
    expect(page.get_by_role("row").filter(has_text="Data já passou")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Lida")).to_be_visible(timeout=ARRIVAL_MS)
    phone = desk.context.new_page()
    phone.goto(page.get_by_role("link", name="Abrir celular de testes").get_attribute("href") or "")
    expect(phone.get_by_text("Ainda não identificamos o pagamento").first).to_be_visible()
    phone.close()


def run_the_cycles_again(product: Product) -> None:
    before = [json.loads(line)["invoices"] for line in product.run("statement", "--all", "--json").splitlines()]
    again = json.loads(product.run("cycle", "all", "--date", "2026-03-04", "--json"))
    assert [(run["cycle"], run["changed"], run["messages_queued"]) for run in again] == [
        ("overdue", 0, 0),
        ("mora", 0, 0),
        ("charge", 0, 0),
    ]
    after = [json.loads(line)["invoices"] for line in product.run("statement", "--all", "--json").splitlines()]
    assert after == before


def receive(desk: Desk) -> None:
    """Take the payment from the list's row, with a double click: it is one payment."""
    page = desk.page
    desk.open("/parcelas?visao=em-atraso")
    page.get_by_role("link", name="Receber").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Valor recebido")).to_have_value("357,12")
    dialog.get_by_label("Valor recebido").fill("-5")
    dialog.get_by_label("Valor recebido").blur()
    dialog.get_by_role("button", name="Confirmar").click()
    expect(dialog.get_by_text("Há 1 problema nesta página")).to_be_visible()
    dialog.get_by_label("Valor recebido").fill("R$ 357,12")
    dialog.get_by_text("Dinheiro", exact=True).click()
    dialog.get_by_label("Enviar recibo pelo WhatsApp").check()
    dialog.get_by_role("button", name="Confirmar R$ 357,12 em dinheiro").dblclick()
    expect(dialog.get_by_text(re.compile(r"Recebimento nº \d+ registrado"))).to_be_visible()
    expect(dialog.get_by_text("Quitado")).to_be_visible()
    statement = json.loads(desk.product.run("statement", "1", "--json"))
    assert [payment["amount_cents"] for payment in statement["invoices"][0]["payments"]] == [35712]
    assert (statement["status"], statement["credit_cents"]) == ("PAID", 0)


def see_the_dashboard_move(desk: Desk) -> None:
    """See that what was overdue is gone, what was received is there, and the receipt reached the phone."""
    page = desk.page
    desk.open("/painel")
    expect(page.get_by_text("R$ 357,12").first).to_be_visible()
    expect(page.get_by_text("Tudo em dia").or_(page.get_by_text("R$ 0,00")).first).to_be_visible()
    desk.open("/mensagens?visao=todas")
    receipt = page.get_by_role("row").filter(has_text="Recibo")
    expect(receipt.get_by_text("Lida")).to_be_visible(timeout=ARRIVAL_MS)
