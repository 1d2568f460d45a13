"""The payment dialog: opened by its address, counted as typed, registered once by its key, refusals at the field."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.permissions import Role
from loanapp.components.receive import ReceiveState
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def loan(change_settings: Callable[..., Settings]) -> RequestReceipt:
    """Give two invoices of 350,00 (290,00 + 60,00); today, 22/02/2026, the first is 12 days overdue: 358,40."""
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened().a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")


def a_form(**changes: str) -> dict[str, str]:
    return {
        "command_id": str(uuid4()), "amount": "358,40", "received_on": "22/02/2026", "payment_method": "CASH",
        "payment_note": "", **changes,
    }  # fmt: skip


def seen(loan: RequestReceipt, *events: tuple[Any, dict[str, Any]], target: str | None = None) -> ReceiveState:
    """Open the dialog for a loan, send events, and return what it then shows."""

    async def steps(tab: Tab) -> ReceiveState:
        await tab.send(ReceiveState.look_at_address)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(ReceiveState)

    path = f"/parcelas?receber={target if target is not None else loan.number}"
    return in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), path, steps)


def test_the_address_opens_the_dialog_with_the_next_invoices_total_and_its_calculation(loan: RequestReceipt) -> None:
    shown = seen(loan)

    assert (shown.step, shown.title) == ("form", f"Maria das Dores Silva · empréstimo nº {loan.number}")
    assert (shown.amount, shown.amount_shown, shown.received_on) == ("358,40", "R$\xa0358,40", "22/02/2026")
    assert [(line["label"], line["value"]) for line in shown.invoices[0]["lines"]] == [
        ("Principal", "R$\xa0290,00"),
        ("Juros", "R$\xa060,00"),
        ("Valor original", "R$\xa0350,00"),
        ("Multa 2,00% (uma vez, em 11/02)", "R$\xa07,00"),
        ("Mora 1,00% ao mês ÷ 30 \N{MULTIPLICATION SIGN} 12 dias sobre R$\xa0350,00", "R$\xa01,40"),
        ("Total hoje", "R$\xa0358,40"),
    ]
    assert shown.shares[0]["parts"] == (
        "mora R$\xa01,40 · multa R$\xa07,00 · juros R$\xa060,00 · principal R$\xa0290,00"
    )
    assert (shown.shares[0]["rest"], shown.after) == ("Fica paga", "Restam R$\xa0350,00 no empréstimo.")


@pytest.mark.parametrize("typed", ["1.234,56", "1234.56", "R$ 1.234,56"])
def test_an_amount_is_understood_as_it_is_written_in_brazil(loan: RequestReceipt, typed: str) -> None:
    shown = seen(loan, (ReceiveState.count_amount, {"text": typed}))

    assert (shown.amount_shown, shown.is_stale) == ("R$\xa01.234,56", False)
    assert shown.after == "Quita o empréstimo. R$\xa0526,16 viram crédito do cliente."


def test_a_partial_amount_says_where_it_goes_and_what_remains(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.count_amount, {"text": "100"}))

    assert shown.shares[0]["parts"] == "mora R$\xa01,40 · multa R$\xa07,00 · juros R$\xa060,00 · principal R$\xa031,60"
    assert shown.shares[0]["rest"] == "Restam R$\xa0258,40"


def test_an_earlier_date_recounts_and_an_untouched_amount_follows(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.count_date, {"text": "10/02/2026"}))

    assert (shown.amount, shown.invoices[0]["total"]) == ("350,00", "R$\xa0350,00")


def test_what_is_not_understood_while_typing_greys_the_last_distribution_without_an_error(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.count_amount, {"text": "10x"}))

    assert (shown.is_stale, shown.errors, shown.amount_shown) == (True, {}, "R$\xa0358,40")


def test_a_confirmed_payment_is_registered_and_shown_with_its_number(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.submit, {"form": a_form(payment_note="na loja")}))

    assert rows("SELECT amount_cents, method, note FROM payments") == [(35_840, "CASH", "na loja")]
    assert (shown.step, shown.done["title"]) == ("done", "Recebimento nº 1 registrado")
    assert shown.done["summary"] == "R$\xa0358,40 em dinheiro, em 22/02/2026"
    assert (shown.done["status"], shown.done["rest"]) == ("ACTIVE", "R$\xa0350,00 em aberto")


def test_the_same_press_twice_is_one_payment(loan: RequestReceipt) -> None:
    form = a_form()

    shown = seen(loan, (ReceiveState.submit, {"form": form}), (ReceiveState.submit, {"form": form}))

    assert rows("SELECT count(*) FROM payments") == [(1,)]
    assert shown.step == "done"


def test_a_press_without_an_answer_is_resolved_by_its_key(loan: RequestReceipt) -> None:
    form = a_form()
    unknown = seen(loan, (ReceiveState.check, {"key": form["command_id"]}))
    assert (unknown.step, unknown.errors) == (
        "form", {"": "O recebimento não foi registrado. Confira e confirme de novo."},
    )  # fmt: skip


def test_a_press_whose_answer_was_lost_is_found_by_its_key(loan: RequestReceipt) -> None:
    form = a_form()

    async def steps(tab: Tab) -> ReceiveState:
        await tab.send(ReceiveState.look_at_address)
        await tab.send(ReceiveState.submit, form=form)
        (await tab.state(ReceiveState)).step = "form"
        await tab.send(ReceiveState.check, key=form["command_id"])
        return await tab.state(ReceiveState)

    shown = in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), f"/parcelas?receber={loan.number}", steps)

    assert (shown.step, shown.done["title"]) == ("done", "Recebimento nº 1 registrado")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"amount": ""}, {"amount": "Informe o valor."}),
        ({"amount": "0"}, {"amount": "Informe um valor maior que zero."}),
        ({"amount": "-5"}, {"amount": "Informe um valor que não seja negativo."}),
        ({"amount": "999999999999"}, {"amount": "Informe um valor de até R$ 100.000.000,00."}),
        ({"amount": "🙂"}, {"amount": "Informe o valor como 1.234,56."}),
        ({"amount": "<script>"}, {"amount": "Informe o valor como 1.234,56."}),
        (
            {"received_on": "23/02/2026"},
            {"received_on": "A data do recebimento não pode ser depois de hoje (22/02/2026)."},
        ),
        (
            {"received_on": "09/01/2026"},
            {"received_on": "A data não pode ser antes da liberação do dinheiro (10/01/2026)."},
        ),
        ({"received_on": "31/02/2026"}, {"received_on": "Informe a data como 22/07/2025."}),
        ({"payment_note": "x" * 10_000}, {"payment_note": "Use até 500 caracteres. Há 10000."}),
    ],
)  # fmt: skip
def test_bad_input_is_refused_at_its_field_and_nothing_changes(
    loan: RequestReceipt, changes: dict[str, str], errors: dict[str, str]
) -> None:
    reference = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    async def steps(tab: Tab) -> tuple[ReceiveState, str]:
        await tab.send(ReceiveState.look_at_address)
        await tab.send(ReceiveState.submit, form=a_form(**changes))
        return await tab.state(ReceiveState), tab.told()

    shown, told = in_a_tab(reference, f"/parcelas?receber={loan.number}", steps)

    assert (shown.step, shown.errors) == ("form", errors)
    assert "loanapp.settled('receive', false)" in told
    assert everything() == before


def test_a_field_with_an_error_is_checked_again_while_typing(loan: RequestReceipt) -> None:
    shown = seen(
        loan,
        (ReceiveState.submit, {"form": a_form(amount="0")}),
        (ReceiveState.count_amount, {"text": "100"}),
    )

    assert shown.errors == {}


def test_a_refusal_stays_when_the_count_of_the_same_amount_comes_after_the_press(loan: RequestReceipt) -> None:
    refused = (ReceiveState.submit, {"form": a_form(amount="99.999,00")})
    late = (ReceiveState.count_amount, {"text": "99.999,00"})
    too_much = {"amount": "O valor passa de dez vezes o que se deve. Confira: até R$\xa07.000,00."}

    assert seen(loan, refused, late).errors == too_much


def test_a_later_invoice_is_told_that_an_older_one_receives_first(loan: RequestReceipt) -> None:
    shown = seen(loan, target=f"{loan.number}-2")

    assert (shown.amount, shown.order_note) == ("350,00", "A parcela 1/2 está em aberto e recebe primeiro.")


def test_a_client_with_one_loan_opens_it_and_a_search_finds_it(loan: RequestReceipt) -> None:
    client_id = rows("SELECT client_id FROM requests")[0][0]

    assert seen(loan, target=str(client_id)).step == "form"


def test_without_a_loan_the_dialog_searches(loan: RequestReceipt) -> None:
    shown = seen(loan, (ReceiveState.find, {"text": "dores"}), target="novo")

    assert shown.step == "choose"
    assert [(choice["title"], choice["to"]) for choice in shown.choices] == [
        (f"Maria das Dores Silva · empréstimo nº {loan.number}", f"/parcelas?receber={loan.number}")
    ]


@pytest.mark.parametrize("target", ["999", "999-1"])
def test_an_address_of_nothing_says_so(loan: RequestReceipt, target: str) -> None:
    shown = seen(loan, target=target)

    assert (shown.step, shown.problem) == ("failed", "Este empréstimo não existe.")


def test_a_supervisor_to_whom_the_client_is_not_assigned_is_told_of_no_such_loan_and_pays_nothing(
    loan: RequestReceipt,
) -> None:
    reference = signed_in_as(Role.STREET_SUPERVISOR)
    before = everything()

    async def steps(tab: Tab) -> ReceiveState:
        await tab.send(ReceiveState.look_at_address)
        await tab.send(ReceiveState.submit, form=a_form())
        return await tab.state(ReceiveState)

    shown = in_a_tab(reference, f"/parcelas?receber={loan.number}", steps)

    assert (shown.step, shown.problem) == ("failed", "Este empréstimo não existe.")
    assert everything() == before


@pytest.mark.parametrize("hostile", [None, 5, ["x"], {"amount": 1}, {"command_id": "x"}])
def test_a_forged_form_registers_nothing(loan: RequestReceipt, hostile: object) -> None:
    seen(loan, (ReceiveState.submit, {"form": hostile}), (ReceiveState.count_amount, {"text": hostile}))

    assert rows("SELECT count(*) FROM payments") == [(0,)]
