"""Cash on the street and on the desk: a supervisor takes it by phone and hands it in, another person counts it."""

from playwright.sync_api import Browser, expect

from tests.browser.office import Office


def test_cash_is_taken_by_phone_handed_in_and_counted_by_another(office: Office, browser: Browser) -> None:
    rita = office.desk(browser, "rita", width=360)
    number = office.loans["street"]
    rita.open(f"{office.path('street')}?receber={number}")
    amount = rita.dialog.get_by_label("Valor recebido")
    rita.dialog.get_by_text("Dinheiro", exact=True).click()
    # R$ 3.000,00 is what a supervisor may hold.
    amount.fill("3.000,01")
    rita.dialog.get_by_role("button", name="Confirmar R$ 3.000,01 em dinheiro").click()
    rita.reads(rita.dialog, "você pode ter em mãos até R$ 3.000,00")
    amount.fill("200,00")
    rita.dialog.get_by_role("button", name="Confirmar R$ 200,00 em dinheiro").click()
    rita.reads(rita.dialog, "R$ 826,67 em aberto")
    assert office.payments("street") == [(20000, "2026-03-02", "CASH")]

    rita.open("/campo/recebidos")
    rita.reads(rita.page.get_by_role("region", name="Em mãos"), "R$ 200,00")
    rita.press("Entregar caixa")
    rita.press("Entregar R$ 200,00", within=rita.dialog)
    rita.sees("main", "Entrega nº 1 registrada: R$ 200,00. Leve o dinheiro à gestão, que vai contar.")
    # Nothing is left to hand in, and what was handed in is the management's to reverse.
    expect(rita.page.get_by_role("button", name="Entregar caixa")).to_have_count(0)
    rita.press("Recebimento nº")
    rita.sees("main", "Este dinheiro já foi entregue no caixa. Peça o estorno à gestão.")
    rita.open("/recebimentos/caixa")
    rita.sees("main", "Você não tem acesso")
    rita.leave()

    rui = office.desk(browser, "rui")
    rui.open("/recebimentos/caixa")
    rui.page.get_by_role("button", name="Conferir", exact=True).click()
    rui.dialog.get_by_label("Valor contado").fill("190,00")
    rui.press("Confirmar", within=rui.dialog)
    rui.reads(rui.dialog, "Escreva o motivo.")
    assert office.rows("SELECT count(*) FROM cash_hand_ins WHERE checked_at IS NOT NULL") == [(0,)]

    rui.dialog.get_by_label("Motivo da diferença").fill("Faltou uma nota de dez")
    rui.press("Confirmar", within=rui.dialog)
    rui.sees("main", "Tudo em dia. Nenhuma entrega aguarda conferência.")
    rui.leave()
