"""The record of a client, event by event: its head, its tabs, and what its dialogs change or refuse."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.invoices import InvoiceStatus
from domain.money import Money
from domain.permissions import Role
from domain.requests import RequestStatus
from loanapp.pages.clients.client_rows import loan_row
from loanapp.pages.clients.client_state import ClientState
from loanapp.queries.client_loans import ClientLoan, InvoiceMark
from tests.build.book import Book, a_day, an_id, everything, rows
from tests.pages.harness import Harness
from tests.pages.tabs import after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


def a_contact(**changes: str) -> dict[str, Any]:
    return {
        "phone": "(11) 98765-4321", "other_phone": "", "accepts_messages": True, "zip_code": "01310-100",
        "street": "Rua das Flores", "street_number": "100", "complement": "", "district": "Centro",
        "city": "São Paulo", "state": "SP", "occupation": "Costureira", "income": "R$ 2.345,67", **changes,
    }  # fmt: skip


def opened(ref: str, client_id: UUID | str, tab: str = "") -> Any:
    path = f"/clientes/{client_id}" + (f"?aba={tab}" if tab else "")
    return after(ClientState, ClientState.load, ClientState.load_tab, ref=ref, path=path)[0]


def test_the_record_shows_who_it_is_and_what_is_owed() -> None:
    book = Book.opened()
    maria = book.a_client(district="Centro", city="São Paulo", phone="(11) 98765-4321", income=Money(234_567))
    book.a_loan(maria, principal="300,00", count=3, first_due="2090-02-10", on="2090-01-20")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    state = opened(ref, maria)

    record = state.record
    assert (record["name"], record["place"], record["open"]) == (
        "Maria das Dores Silva", "Centro · São Paulo/SP", "R$\u00a0300,00",
    )  # fmt: skip
    assert (record["overdue"], record["is_overdue"], record["next_due"], record["credit"]) == (
        "R$\u00a00,00", False, "10/02/2090", "",
    )  # fmt: skip
    assert record["contact"]["income"] == "2.345,67"
    (loan,) = state.running
    assert (loan["title"], loan["paid"], [mark["word"] for mark in loan["marks"]]) == (
        "Empréstimo nº 1", "0/3", ["A vencer"] * 3,
    )  # fmt: skip
    assert (state.is_missing, state.fault, state.tab_fault) == (False, "", "")


@pytest.mark.parametrize("named", ["00000000-0000-0000-0000-000000000000", "1", "x' OR 1=1", "..%2F"])
def test_a_client_that_does_not_exist_is_said_to_be_missing(named: str) -> None:
    Book.opened()

    state = opened(signed_in_as(Role.LOAN_MANAGEMENT), named)

    assert (state.is_missing, state.is_loaded, state.fault) == (True, False, "")


def test_each_tab_reads_its_own() -> None:
    book = Book.opened()
    maria = book.a_client()
    book.a_loan(maria, principal="300,00", count=3, first_due="2090-02-10", on="2090-01-20")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    loans, invoices, texts, nonsense = (
        opened(ref, maria, tab) for tab in ("emprestimos", "parcelas", "mensagens", "nada")
    )

    assert ([row["status"] for row in loans.loans], loans.loans_summary) == (["ACTIVE"], "1 empréstimo")
    assert [(row["title"], row["open"]) for row in invoices.invoices] == [
        ("1/3", "R$\u00a0100,00"), ("2/3", "R$\u00a0100,00"), ("3/3", "R$\u00a0100,00"),
    ]  # fmt: skip
    assert invoices.invoices_summary == "3 parcelas · R$\u00a0300,00 em aberto"
    assert invoices.invoices[0]["receive_to"] == f"/clientes/{maria}?aba=parcelas&receber=1-1"
    assert (texts.texts, texts.tab_fault) == ([], "")
    assert (nonsense.tab, len(nonsense.running)) == ("resumo", 1)


def test_the_strip_of_a_long_loan_shows_twelve_invoices_around_the_next_one() -> None:
    def strip(paid: int, count: int) -> tuple[list[str], str]:
        marks = tuple(
            InvoiceMark(
                number=number,
                status=InvoiceStatus.PAID if number <= paid else InvoiceStatus.OPEN,
                effective_due_date=a_day("2026-02-10"),
                is_due_today=False,
                is_part_paid=False,
                days_overdue=0,
            )
            for number in range(1, count + 1)
        )
        loan = ClientLoan(
            request_id=an_id(), number=7, status=RequestStatus.ACTIVE, requested_on=a_day("2026-01-10"),
            principal_cents=100, instalment_count=count, invoices_paid=paid, open_cents=1, overdue_cents=0,
            days_overdue=0, next_due_date=None, invoices=marks,
        )  # fmt: skip
        row = loan_row(loan)
        return [mark["number"] for mark in row["marks"]], row["marks_note"]

    assert strip(6, 10) == ([str(number) for number in range(1, 11)], "")
    assert strip(20, 40) == ([str(number) for number in range(18, 30)], "Parcelas 18 a 29 de 40")
    assert strip(39, 40) == ([str(number) for number in range(29, 41)], "Parcelas 29 a 40 de 40")


def acted(ref: str, client_id: UUID, event: Any, **payload: Any) -> tuple[Any, str]:
    return after(ClientState, ClientState.load, event, ref=ref, path=f"/clientes/{client_id}", **payload)


def test_a_client_is_blocked_and_unblocked_with_a_reason() -> None:
    book = Book.opened()
    maria = book.a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    _, told = acted(ref, maria, ClientState.block, form={"reason": "Documento falso"})
    assert "Cliente bloqueado." in told
    assert rows("SELECT status, blocked_reason FROM clients") == [("BLOCKED", "Documento falso")]
    assert opened(ref, maria).record["blocked_reason"] == "Documento falso"

    acted(ref, maria, ClientState.block, form={"reason": "Documento conferido"})
    assert rows("SELECT status, blocked_reason FROM clients") == [("ACTIVE", "")]


def test_without_a_reason_nobody_is_blocked() -> None:
    book = Book.opened()
    maria = book.a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    state, _ = acted(ref, maria, ClientState.block, form={"reason": " "})

    assert state.errors == {"reason": "Preencha este campo."}
    assert everything() == before


def test_a_contact_is_put_right() -> None:
    book = Book.opened()
    maria = book.a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    state, told = acted(ref, maria, ClientState.change_contact, form=a_contact(phone="(21) 91234-5678"))

    assert (state.errors, state.dialog) == ({}, "")
    assert "Contato atualizado." in told
    assert rows("SELECT phone, district, income_cents, accepts_messages FROM clients") == [
        ("+5521912345678", "Centro", 234567, True)
    ]


def test_a_wrong_contact_is_said_at_its_fields_and_nothing_changes() -> None:
    book = Book.opened()
    maria = book.a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    state, _ = acted(ref, maria, ClientState.change_contact, form=a_contact(phone="1", income="x", state="XX"))

    assert set(state.errors) == {"phone", "income", "state"}
    assert everything() == before


def test_a_reminder_to_who_owes_nothing_is_refused_in_the_dialog() -> None:
    book = Book.opened()
    maria = book.a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    state, _ = acted(ref, maria, ClientState.remind, _form={})

    assert state.errors == {"": "O cliente não tem parcela vencendo hoje nem em atraso."}
    assert everything() == before


def test_an_analyst_neither_blocks_nor_changes_a_contact() -> None:
    book = Book.opened()
    maria = book.a_client()
    ref = signed_in_as(Role.RENEGOTIATION_ANALYST)
    before = everything()

    acted(ref, maria, ClientState.block, form={"reason": "Documento falso"})
    acted(ref, maria, ClientState.change_contact, form=a_contact())

    assert everything() == before


def test_a_tab_shows_nothing_of_the_client_before() -> None:
    book = Book.opened()
    maria, jose = book.a_client(), book.a_client("José Pereira")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    async def run() -> ClientState:
        async with Harness() as tab:
            await tab.send(ClientState.load, ref=ref, path=f"/clientes/{maria}")
            await tab.send(ClientState.open_dialog, ref=ref, path=f"/clientes/{maria}", dialog="block")
            root = await tab.send(ClientState.load, ref=ref, path=f"/clientes/{jose}")
            return await root.get_state(ClientState)

    state = asyncio.run(run())
    assert (state.record["name"], state.dialog) == ("José Pereira", "")
