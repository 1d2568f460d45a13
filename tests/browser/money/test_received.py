"""Money comes in, as people do it in a browser: in part, too much, late told of, twice by mistake, and taken back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import Desk
from tests.browser.office import Office


@pytest.fixture(scope="module")
def ana(office: Office, browser: Browser) -> Iterator[Desk]:
    """Give the manager's browser, which all these tests share."""
    desk = office.desk(browser, "ana")
    yield desk
    desk.leave()


def receive(desk: Desk, office: Office, loan: str, amount: str) -> None:
    """Open the payment dialog of a loan and type an amount in cash."""
    desk.open(f"{office.path(loan)}?receber={office.loans[loan]}")
    desk.dialog.get_by_label("Valor recebido").fill(amount)
    desk.dialog.get_by_text("Dinheiro", exact=True).click()


def confirm(desk: Desk, amount: str) -> None:
    """Wait until the button states the amount, and press it."""
    desk.dialog.get_by_role("button", name=f"Confirmar R$ {amount} em dinheiro").click()


def done(desk: Desk) -> None:
    """Wait until the payment is registered, and close the dialog: its address opens what it showed last."""
    desk.reads(desk.dialog, re.compile(r"Recebimento nº \d+ registrado"))
    desk.press("Fechar", within=desk.dialog)
    expect(desk.dialog).to_have_count(0)


def test_a_part_is_received_once_and_the_same_again_only_when_said(office: Office, ana: Desk) -> None:
    receive(ana, office, "partial", "10,123")
    ana.press("Confirmar", within=ana.dialog)
    ana.reads(ana.dialog, "Há 1 problema nesta página")
    assert office.payments("partial") == []

    ana.dialog.get_by_label("Valor recebido").fill("500,00")
    # R$ 6,67 of mora and R$ 20,00 of late fee go first, the rest to the oldest invoice.
    ana.reads(ana.dialog, "mora R$ 6,67 · multa R$ 20,00 · principal R$ 473,33")
    ana.reads(ana.dialog, "Restam R$ 2.526,67 no empréstimo.")
    ana.dialog.get_by_role("button", name="Confirmar R$ 500,00 em dinheiro").dblclick()
    done(ana)
    assert office.payments("partial") == [(50000, "2026-03-02", "CASH")]

    receive(ana, office, "partial", "500,00")
    ana.reads(ana.dialog, re.compile(r"Ana Prado registrou R\$\s500,00 às \d\d:\d\d\. Registrar outro\?"))
    confirm(ana, "500,00")
    ana.reads(ana.dialog, "Há 1 problema nesta página")
    assert office.payments("partial") == [(50000, "2026-03-02", "CASH")]

    ana.dialog.get_by_label("Sim, é outro recebimento").check()
    confirm(ana, "500,00")
    done(ana)
    assert office.payments("partial") == [(50000, "2026-03-02", "CASH")] * 2


def test_what_is_over_becomes_credit(office: Office, ana: Desk) -> None:
    receive(ana, office, "partial", "99999,00")
    ana.press("Confirmar", within=ana.dialog)
    ana.reads(ana.dialog, "O valor passa de dez vezes o que se deve")

    ana.dialog.get_by_label("Valor recebido").fill("2.050,00")
    ana.reads(ana.dialog, "Quita o empréstimo. R$ 23,33 viram crédito do cliente.")
    confirm(ana, "2.050,00")

    ana.reads(ana.dialog, "Nada mais em aberto")
    assert office.status("partial") == "PAID"
    ana.open(office.path("partial"))
    ana.sees("main", "O cliente tem R$ 23,33 de crédito.")
    assert office.payments("partial")[-1] == (205000, "2026-03-02", "CASH")


def test_an_earlier_day_shows_what_it_changes_and_asks_why(office: Office, ana: Desk) -> None:
    receive(ana, office, "backdated", "1.000,00")
    day = ana.dialog.get_by_label("Data", exact=True)
    day.fill("03/03/2026")
    day.blur()
    ana.press("Confirmar", within=ana.dialog)
    ana.reads(ana.dialog, "A data do recebimento não pode ser depois de hoje (02/03/2026).")

    day.fill("10/02/2026")
    day.blur()
    ana.reads(ana.dialog, "Multa e mora até hoje: R$ 26,67 → R$ 0,00")
    confirm(ana, "1.000,00")
    ana.reads(ana.dialog, "Escreva por que a data é anterior a hoje.")
    assert office.payments("backdated") == []

    ana.dialog.get_by_label("Por que a data é anterior a hoje").fill("O comprovante chegou hoje")
    confirm(ana, "1.000,00")
    done(ana)
    assert office.payments("backdated") == [(100000, "2026-02-10", "CASH")]
    assert office.status("backdated") == "PAID"


def test_a_payment_of_a_paid_loan_is_reversed_once(office: Office, ana: Desk) -> None:
    number = office.newest_payment("reversed")
    ana.open(f"/recebimentos/{number}")
    ana.page.get_by_role("button", name="Estornar").click()
    # The effect stands there before anybody confirms: the loan runs again, with its charges counted until today.
    ana.reads(ana.dialog, "R$ 1.026,67")
    ana.press("Estornar R$ 1.000,00", within=ana.dialog)
    ana.reads(ana.dialog, "Há 1 problema nesta página")
    assert office.status("reversed") == "PAID"

    ana.dialog.get_by_label("Motivo").fill("O Pix foi devolvido pelo banco")
    ana.press("Estornar R$ 1.000,00", within=ana.dialog)

    ana.reads(ana.page.get_by_label("O que desfez este recebimento"), "Estorno de R$ 1.000,00")
    ana.reads(ana.page.get_by_label("O que desfez este recebimento"), "Motivo: O Pix foi devolvido pelo banco")
    expect(ana.page.get_by_role("button", name="Estornar")).to_have_count(0)
    assert office.status("reversed") == "ACTIVE"


def test_a_reversal_that_somebody_else_made_meanwhile_is_refused(office: Office, ana: Desk) -> None:
    receive(ana, office, "reversed", "10,00")
    confirm(ana, "10,00")
    done(ana)
    number = office.newest_payment("reversed")
    ana.open(f"/recebimentos/{number}")
    ana.page.get_by_role("button", name="Estornar").click()
    ana.dialog.get_by_label("Motivo").fill("Lançado duas vezes")
    office.product.run("reverse", str(number), "--reason", "Lançado duas vezes")

    ana.press("Estornar R$ 10,00", within=ana.dialog)

    ana.reads(ana.dialog, "Isto já foi estornado.")
    assert office.rows("SELECT count(*) FROM reversals JOIN payments ON payments.id = payment_id WHERE number = %s",
                       number) == [(1,)]  # fmt: skip


def test_credit_is_used_and_refunded_never_more_than_there_is(office: Office, ana: Desk) -> None:
    ana.open(office.path("creditor"))
    ana.press("Usar crédito")
    ana.dialog.get_by_label("Valor").fill("200,01")
    ana.press("Usar crédito", within=ana.dialog)
    ana.reads(ana.dialog, "O cliente tem R$ 200,00 de crédito.")
    assert office.payments("creditor") == []

    ana.dialog.get_by_label("Valor").fill("150,00")
    ana.press("Usar crédito", within=ana.dialog)
    ana.reads(ana.page.get_by_label("Saldo de crédito"), "R$ 50,00")
    assert office.payments("creditor") == [(15000, "2026-03-02", "CREDIT")]

    ana.press("Devolver crédito")
    ana.dialog.get_by_label("Motivo").fill("A pedido do cliente")
    ana.dialog.get_by_label("Valor").fill("60,00")
    ana.press("Devolver crédito", within=ana.dialog)
    ana.reads(ana.dialog, "O cliente tem R$ 50,00 de crédito.")
    ana.dialog.get_by_label("Valor").fill("50,00")
    ana.press("Devolver crédito", within=ana.dialog)
    ana.sees("main", "Este cliente não tem crédito.")
