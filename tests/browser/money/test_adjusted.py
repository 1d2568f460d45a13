"""What a loan owes is put right in a browser: waived, moved, settled, lost, reopened, taken back, by two people."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import Desk
from tests.browser.office import Office


@pytest.fixture(scope="module")
def ana(office: Office, browser: Browser) -> Iterator[Desk]:
    """Give the manager who asks."""
    desk = office.desk(browser, "ana")
    yield desk
    desk.leave()


@pytest.fixture(scope="module")
def rui(office: Office, browser: Browser) -> Iterator[Desk]:
    """Give the manager who decides what others ask."""
    desk = office.desk(browser, "rui")
    yield desk
    desk.leave()


def choose(desk: Desk, action: str) -> None:
    """Choose something of the loan's menu."""
    desk.press("Mais ações")
    desk.page.get_by_role("menuitem", name=action).click()


def cannot_decide(desk: Desk, title: str, why: str) -> None:
    """See on Aprovações why one can't grant a question."""
    desk.open("/aprovacoes")
    card = desk.page.get_by_role("listitem", name=title)
    desk.reads(card, why)
    expect(card.get_by_role("button", name="Aprovar")).to_be_disabled()


def grant(desk: Desk, title: str, verb: str, said: str) -> None:
    """Grant a question, which needs a reason."""
    desk.open("/aprovacoes")
    desk.page.get_by_role("listitem", name=title).get_by_role("button", name="Aprovar").click()
    desk.press(verb, within=desk.dialog)
    desk.reads(desk.dialog, "Há 1 problema nesta página")
    desk.dialog.get_by_label("Motivo").fill("Conferido com o cliente")
    desk.press(verb, within=desk.dialog)
    desk.sees("main", said)


def test_charges_are_waived_within_ones_share_and_above_it_by_a_second_person(
    office: Office, ana: Desk, rui: Desk, browser: Browser
) -> None:
    number = office.loans["waived"]
    lia = office.desk(browser, "lia")
    lia.open(f"{office.path('waived')}?dispensar={number}")
    fee = lia.dialog.get_by_label("multa de R$ 20,00")
    fee.fill("20,01")
    lia.dialog.get_by_label("Motivo").fill("Primeiro atraso")
    lia.press(re.compile("Dispensar|Pedir"), within=lia.dialog)
    lia.reads(lia.dialog, "Estão em aberto só R$ 20,00.")

    # An analyst's own share is 10 %.
    fee.fill("2,00")
    lia.press("Dispensar R$ 2,00", within=lia.dialog)
    lia.reads(lia.dialog, "Encargos dispensados.")
    lia.reads(lia.dialog, "R$ 1.024,67 em aberto no empréstimo.")
    lia.press("Fechar", within=lia.dialog)
    expect(lia.dialog).to_have_count(0)

    lia.open(f"{office.path('waived')}?dispensar={number}")
    lia.dialog.get_by_label("multa de R$ 18,00").fill("2,00")
    lia.dialog.get_by_label("Motivo").fill("Enchente no bairro")
    lia.press("Pedir aprovação para R$ 2,00", within=lia.dialog)
    lia.reads(lia.dialog, "Pedido registrado. Aguardando segunda pessoa.")
    lia.leave()
    assert office.rows("SELECT sum(amount_cents) FROM adjustments WHERE kind = 'WAIVER'") == [(200,)]

    grant(rui, "Dispensar encargos: R$ 2,00", "Aprovar a dispensa", "Aprovado. Os encargos estão dispensados.")
    assert office.rows("SELECT sum(amount_cents) FROM adjustments WHERE kind = 'WAIVER'") == [(400,)]

    ana.open(office.path("waived"))
    ana.page.get_by_role("tab", name="Ajustes").click()
    ana.page.get_by_role("button", name="Estornar Dispensa (multa)").first.click()
    ana.dialog.get_by_label("Motivo").fill("A enchente foi noutro bairro")
    ana.press("Estornar dispensa", within=ana.dialog)
    ana.sees("main", "Dispensa estornada: o encargo volta a ser devido.")
    ana.sees("main", "R$ 1.024,67")


def test_a_due_date_moves_with_its_effect_shown(office: Office, ana: Desk) -> None:
    ana.open(office.path("moved"))
    choose(ana, "Alterar vencimento")
    day = ana.dialog.get_by_label("Novo vencimento")
    ana.dialog.get_by_label("Motivo").fill("Recebe no dia 20")
    day.fill("01/01/2026")
    ana.press("Alterar", within=ana.dialog)
    ana.reads(ana.dialog, "Informe outra data, de")

    day.fill("20/03/2026")
    ana.press("Alterar para 20/03/2026", within=ana.dialog)
    ana.reads(ana.dialog, "Vencimento alterado para 20/03/2026")
    ana.press("Fechar", within=ana.dialog)
    ana.sees("table", "20/03/2026")


def test_a_loan_is_settled_early_for_the_sum_that_was_shown(office: Office, ana: Desk) -> None:
    number = office.loans["settled"]
    ana.open(office.path("settled"))
    choose(ana, "Quitar antecipadamente")
    # Of R$ 2.400,00 the interest that did not run is off.
    ana.reads(ana.dialog, "Juros retiradosR$ 328,57")
    shown = ana.dialog.get_by_role("button", name="Quitar por R$ 2.071,43 em Pix")

    # Money that came in meanwhile changes what settles: refused, and the new sum is shown.
    office.product.run("pay", str(number), "--amount-cents", "10000", "--method", "PIX")
    shown.click()
    ana.reads(ana.dialog, "Nada foi alterado. Confira e confirme de novo.")
    assert office.payments("settled") == [(10000, "2026-03-02", "PIX")]

    expect(shown).to_have_count(0)
    ana.press("Quitar por", within=ana.dialog)
    ana.reads(ana.dialog, "Empréstimo quitado.")
    assert office.status("settled") == "PAID"


def test_a_loss_above_ones_limit_and_its_reopening_need_a_second_person(
    office: Office, ana: Desk, rui: Desk, browser: Browser
) -> None:
    number = office.loans["lost"]
    ana.open(office.path("lost"))
    choose(ana, "Marcar como perdido")
    ana.dialog.get_by_label("Motivo").fill("Mudou de cidade")
    ana.dialog.get_by_label("Digite o número do empréstimo").fill("0")
    ana.press("Pedir aprovação", within=ana.dialog)
    ana.reads(ana.dialog, f"Digite {number}, o número deste empréstimo.")
    ana.dialog.get_by_label("Digite o número do empréstimo").fill(str(number))
    ana.press("Pedir aprovação", within=ana.dialog)
    ana.sees("main", "Pedido registrado. Aguardando segunda pessoa.")

    loss = "R$ 6.160,00"
    cannot_decide(ana, loss, "Quem pede não decide.")
    cannot_decide(rui, loss, "o seu limite é R$ 5.000,00")
    assert office.status("lost") == "ACTIVE"
    ada = office.desk(browser, "ada")
    grant(ada, loss, "Aprovar a perda", "Aprovado. O empréstimo está marcado como perdido.")
    ada.leave()
    assert office.status("lost") == "LOST"

    ana.open(office.path("lost"))
    ana.press("Registrar recuperação")
    ana.dialog.get_by_label("Valor recebido").fill("0")
    ana.press("Confirmar", within=ana.dialog)
    ana.reads(ana.dialog, "Informe um valor maior que zero.")
    ana.dialog.get_by_label("Valor recebido").fill("60,00")
    ana.press("Confirmar R$ 60,00 em Pix", within=ana.dialog)
    ana.reads(ana.dialog, re.compile(r"Recebimento nº \d+ registrado"))
    assert office.status("lost") == "LOST"

    ana.open(office.path("lost"))
    choose(ana, "Reabrir empréstimo")
    ana.dialog.get_by_label("Motivo").fill("Voltou a pagar")
    ana.press("Pedir aprovação", within=ana.dialog)
    ana.sees("main", "Pedido registrado. Aguardando segunda pessoa.")
    cannot_decide(ana, "Reabrir empréstimo", "Quem pede não decide.")
    grant(rui, "Reabrir empréstimo", "Aprovar a reabertura", "Aprovado. O empréstimo está em andamento de novo.")
    assert office.status("lost") == "ACTIVE"


def test_a_disbursement_is_cancelled_by_two_people_and_only_while_nothing_came_in(
    office: Office, ana: Desk, rui: Desk
) -> None:
    ana.open(office.path("lost"))
    ana.press("Mais ações")
    barred = ana.page.get_by_role("menuitem", name="Cancelar liberação")
    ana.reads(barred, "Só enquanto nada foi recebido")
    expect(barred).to_be_disabled()

    ana.open(office.path("cancelled"))
    choose(ana, "Cancelar liberação")
    ana.press("Pedir aprovação", within=ana.dialog)
    ana.reads(ana.dialog, "Há 1 problema nesta página")
    ana.dialog.get_by_label("Motivo").fill("Liberado para a pessoa errada")
    ana.press("Pedir aprovação", within=ana.dialog)
    ana.sees("main", "Pedido registrado. Aguardando segunda pessoa.")

    cannot_decide(ana, "Cancelar liberação", "Quem pede não decide.")
    assert office.status("cancelled") == "ACTIVE"
    grant(rui, "Cancelar liberação", "Aprovar o cancelamento", "Aprovado. A liberação está cancelada.")
    assert office.status("cancelled") == "UNAPPROVED"
