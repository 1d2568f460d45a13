"""Recebimentos and the record of a payment: views, sums, filters; Estornar, its effect first, refused and done."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.permissions import Role
from loanapp.pages.payments.all_payments import PaymentsState
from loanapp.pages.payments.record_state import PaymentRecordState
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows, run_cycles
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as
from tests.services.test_returns import renegotiated

pytestmark = pytest.mark.usefixtures("database")
LEDGER = ("payments", "allocations", "reversals", "invoices", "requests", "clients")
LIST, RECORD = "/recebimentos", "/recebimentos/1"


@pytest.fixture
def book(change_settings: Callable[..., Settings]) -> Book:
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


def listed(path: str, role: Role = Role.LOAN_MANAGEMENT) -> PaymentsState:
    async def steps(tab: Tab) -> PaymentsState:
        await tab.send(PaymentsState.load)
        return await tab.state(PaymentsState)

    return in_a_tab(signed_in_as(role), path, steps)


def seen(
    *events: tuple[Any, dict[str, Any]], path: str = RECORD, role: Role = Role.LOAN_MANAGEMENT
) -> PaymentRecordState:
    async def steps(tab: Tab) -> PaymentRecordState:
        await tab.send(PaymentRecordState.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(PaymentRecordState)

    return in_a_tab(signed_in_as(role), path, steps)


def asked(dialog: str) -> tuple[Any, dict[str, Any]]:
    return PaymentRecordState.ask, {"dialog": dialog}


def a_form(reason: str = "Pix devolvido") -> dict[str, Any]:
    return {"form": {"command_id": str(uuid4()), "reason": reason}}


def test_the_view_of_today_lists_what_came_in_today_with_sums_by_method(book: Book) -> None:
    loan = book.a_loan(principal="100,00", count=2, first_due="2026-02-10")
    book.pay(loan, "20,00", on="2026-02-21")
    book.pay(loan, "30,00", on="2026-02-22")
    book.pay(loan, "45,00", on="2026-02-22")

    shown = listed(LIST)

    assert [(row["number"], row["amount"], row["invoices"]) for row in shown.rows] == [
        ("3", "R$\xa045,00", "1, 2 de 2"),
        ("2", "R$\xa030,00", "1 de 2"),
    ]
    assert [(each["name"], each["total"], each["count"]) for each in shown.methods] == [("Pix", "R$\xa075,00", "2")]
    assert shown.summary == "2 recebimentos · R$\xa075,00 recebidos"


def test_a_reversed_payment_stays_listed_struck_through_with_its_reversal_and_counts_in_no_sum(book: Book) -> None:
    loan = book.a_loan(principal="100,00")
    book.reverse(book.pay(loan, "30,00", on="2026-02-22"), on="2026-02-22")
    book.pay(loan, "40,00", on="2026-02-22")

    shown = listed(f"{LIST}?visao=todos")

    assert [(row["standing"], row["is_undone"], row["invoices"]) for row in shown.rows] == [
        ("CONFIRMED", False, "1 de 1"),
        ("REVERSED", True, "1 de 1"),
    ]
    assert shown.rows[1]["undone"].startswith("Estorno de R$\xa030,00 em 22/02/2026 12:00 por Ana Souza: Transferência")
    assert shown.summary == "2 recebimentos · R$\xa040,00 recebidos · 1 estornado ou devolvido, R$\xa030,00"
    assert [row["number"] for row in listed(f"{LIST}?visao=estornados", Role.SUPER_ADMIN).rows] == ["1"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("forma=PIX", ["3", "2", "1"]),
        ("forma=CREDIT", ["4"]),
        ("de=10/02/2026", ["4", "3"]),
        ("de=05/02/2026&ate=09/02/2026", ["2"]),
        ("busca=2", ["4", "2"]),
        ("busca=ninguém", []),
    ],
)
def test_filters_of_the_address_narrow_the_list(book: Book, query: str, numbers: list[str]) -> None:
    client_id = book.a_client()
    first, second = book.a_loan(client_id, principal="100,00"), book.a_loan(client_id, principal="200,00")
    book.pay(first, "10,00", on="2026-02-01")
    book.pay(first, "20,00", on="2026-02-07")
    book.pay(first, "100,00", on="2026-02-10")
    book.use_credit(second, "30,00", on="2026-02-12")

    assert [row["number"] for row in listed(f"{LIST}?{query}").rows] == numbers


def test_a_date_that_is_none_is_told_at_its_field(book: Book) -> None:
    shown = listed(f"{LIST}?de=ontem+mesmo")

    assert (list(shown.errors), shown.rows) == (["de"], [])
    assert book.manager.name


def test_the_view_by_supervisor_sums_what_each_person_registered_this_month(book: Book) -> None:
    book.pay(book.a_loan(principal="100,00"), "30,00", on="2026-02-20")

    shown = listed(f"{LIST}?visao=por-supervisor")

    (person,) = shown.people
    assert (person["name"], person["note"], person["pix"], person["total"]) == (
        "Ana Souza", "Gestão de empréstimos", "R$\xa030,00", "R$\xa030,00",
    )  # fmt: skip


def test_a_supervisor_sees_own_payments_only(book: Book) -> None:
    book.pay(book.a_loan(principal="100,00"), "30,00", on="2026-02-22")

    assert listed(LIST, Role.STREET_SUPERVISOR).rows == []


def test_the_record_shows_the_breakdown_and_who_took_it(book: Book) -> None:
    loan = book.a_loan(principal="290,00", rate_pct="20.689655", first_due="2026-02-10")
    run_cycles("2026-02-22")
    book.pay(loan, "400,00", on="2026-02-22")

    shown = seen()

    (part,) = shown.parts
    assert [part[key] for key in ("title", "mora", "late_fee", "interest", "principal", "total")] == [
        "1/1", "R$\xa01,40", "R$\xa07,00", "R$\xa060,00", "R$\xa0290,00", "R$\xa0358,40",
    ]  # fmt: skip
    assert shown.beside == ["R$\xa041,60 ficaram como crédito do cliente."]
    assert {fact["label"]: fact["value"] for fact in shown.facts}["Registrado por"] == "Ana Souza"
    assert shown.loan_status == "PAID"


def test_estornar_shows_what_changes_before_it_is_confirmed(book: Book) -> None:
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.pay(loan, "130,00", on="2026-02-10")
    before = {table: kept for table, kept in everything().items() if table in LEDGER}

    shown = seen(asked("reverse"))

    assert [(row["what"], row["before"], row["after"]) for row in shown.effect] == [
        (f"Empréstimo nº {loan.number}", "Quitado", "Em andamento"),
        ("Em aberto no empréstimo", "R$\xa00,00", "R$\xa0102,40"),
        ("Parcela 1", "Paga", "Em atraso · 12 dias, R$\xa0102,40 em aberto (encargos R$\xa02,40)"),
        ("Crédito do cliente", "", "perde R$\xa030,00"),
    ]
    assert shown.dialog == "reverse"
    assert {table: kept for table, kept in everything().items() if table in LEDGER} == before


def test_a_confirmed_reversal_shows_its_own_line_and_the_struck_original(book: Book) -> None:
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.pay(loan, "100,00", on="2026-02-10")

    shown = seen(asked("reverse"), (PaymentRecordState.reverse, a_form()))

    assert rows("SELECT status, total_value_open FROM requests") == [("ACTIVE", 10_240)]
    assert (shown.dialog, shown.standing, shown.undone["title"]) == ("", "REVERSED", "Estorno de R$\xa0100,00")
    assert shown.undone["detail"].endswith("Motivo: Pix devolvido")
    assert [part["total"] for part in shown.parts] == ["R$\xa0100,00"]


def test_the_same_press_twice_is_one_reversal(book: Book) -> None:
    book.pay(book.a_loan(principal="100,00"), "10,00", on="2026-02-10")
    form = a_form()

    shown = seen((PaymentRecordState.reverse, form), (PaymentRecordState.reverse, form))

    assert rows("SELECT count(*) FROM reversals") == [(1,)]
    assert shown.errors == {}


def test_a_reversal_without_a_reason_is_refused_at_its_field_and_nothing_changed(book: Book) -> None:
    book.pay(book.a_loan(principal="100,00"), "10,00", on="2026-02-10")

    shown = seen(asked("reverse"), (PaymentRecordState.reverse, a_form("")))

    assert (shown.dialog, shown.errors) == ("reverse", {"reason": "Preencha este campo."})
    assert rows("SELECT count(*) FROM reversals") == [(0,)]


def test_what_stands_in_the_way_is_told_before_anybody_presses(book: Book) -> None:
    client_id = book.a_client()
    first, second = book.a_loan(client_id, principal="100,00"), book.a_loan(client_id, principal="200,00")
    book.pay(first, "150,00", on="2026-02-01")
    book.use_credit(second, "50,00", on="2026-02-02")

    shown = seen()

    assert shown.obstacle == "O crédito deste recebimento foi usado. Estorne antes: recebimento nº 2."
    assert [(move["text"], move["to"]) for move in shown.moves] == [
        ("R$\xa050,00 do crédito pagaram o recebimento nº 2", "/recebimentos/2")
    ]


def test_a_payment_of_a_renegotiated_loan_is_returned_and_that_is_undone(
    change_settings: Callable[..., Settings],
) -> None:
    set_clock(change_settings, "2026-03-16T12:00")
    _, _, agreed = renegotiated(Book.opened())

    shown = seen(asked("return"), (PaymentRecordState.give_back, a_form("TED devolvida")))

    assert (shown.standing, shown.can_keep, shown.can_return) == ("RETURNED", True, False)
    assert shown.undone["to_text"] == f"Cobrado na parcela 3 do empréstimo nº {agreed.new_request_number}"
    undone = seen(asked("keep"), (PaymentRecordState.keep, a_form("Entrou")), role=Role.SUPER_ADMIN)
    assert (undone.standing, undone.can_return) == ("CONFIRMED", True)
    assert rows("SELECT status FROM invoices WHERE number = 3") == [("CANCELLED",)]


def test_a_number_that_no_payment_has_is_told(book: Book) -> None:
    assert book.manager.name

    assert seen(path="/recebimentos/99").is_missing
    assert seen(path="/recebimentos/x", role=Role.SUPER_ADMIN).is_missing
