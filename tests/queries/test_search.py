"""The search of the top bar: which hits, in which order, with which fact and default action."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.cycles import Cycle
from domain.permissions import NOBODY, Actor, PermissionMissing, Role
from loanapp.queries.search import SearchHit, search
from loanapp.services import clients
from tests.build.book import Book, an_id, at, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def found(book: Book, typed: str, day: str = "2026-02-22", actor: Actor | None = None) -> tuple[SearchHit, ...]:
    return search(actor or book.manager, at(day), typed)


def titles(hits: tuple[SearchHit, ...]) -> list[str]:
    return [hit.title for hit in hits]


def maria(book: Book) -> UUID:
    contact = clients.Contact(phone="(21) 98765-4321")
    command = clients.RegisterClient(
        client_id=an_id(), tax_id="529.982.247-25", name="Maria das Dores Silva", contact=contact
    )
    return clients.register(book.manager, at("2026-01-02"), command).client_id


def test_a_client_who_owes_comes_with_the_debt_and_the_payment_of_the_oldest_invoice() -> None:
    book = Book.opened()
    client_id = maria(book)
    book.a_loan(client_id, principal="300,00", count=3, first_due="2026-02-10")
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    (hit,) = found(book, "dores")

    assert (hit.kind, hit.group, hit.title, hit.status) == ("client", "Clientes", "Maria das Dores Silva", "ACTIVE")
    assert hit.detail == "***.982.247-** · R$ 102,40 em atraso há 12 dias"
    assert (hit.to, hit.action) == (f"/clientes/{client_id}", "Receber 1/3 — R$ 102,40")
    assert hit.action_to == f"/clientes/{client_id}?receber=1-1"


def test_a_client_who_owes_nothing_comes_with_a_new_request() -> None:
    book = Book.opened()
    client_id = maria(book)

    (hit,) = found(book, "maria")

    assert hit.detail == "***.982.247-** · nada em aberto"
    assert (hit.action, hit.action_to) == ("Nova solicitação", f"/emprestimos/novo?cliente={client_id}")


def test_a_blocked_client_has_no_default_action() -> None:
    book = Book.opened()
    order = clients.BlockClient(client_id=maria(book), reason="Documento falso")
    clients.block(book.manager, at("2026-01-05"), order)

    (hit,) = found(book, "maria")

    assert (hit.status, hit.action, hit.action_to) == ("BLOCKED", "", "")


def test_who_may_not_open_requests_is_not_offered_one() -> None:
    book = Book.opened()
    maria(book)

    (hit,) = found(book, "maria", actor=Actor.of(Role.RENEGOTIATION_ANALYST, name="Rui"))

    assert hit.action == ""


@pytest.mark.parametrize("typed", ["529.982.247-25", "982247", "(21) 98765-4321", "silva maria", "MARIA  dores"])
def test_cpf_phone_and_words_in_any_order_find_the_client(typed: str) -> None:
    book = Book.opened()
    maria(book)
    book.a_client("Ana Lúcia Souza")

    assert titles(found(book, typed)) == ["Maria das Dores Silva"]


def test_names_that_begin_with_the_text_come_first_and_more_than_five_lead_to_the_list() -> None:
    book = Book.opened()
    for name in ("Dora", "Bia Silva", "Silvana", "Caio Silva", "Ana Silva", "Edu Silva", "Silvio Reis"):
        book.a_client(name)

    hits = found(book, "silv")

    assert titles(hits) == ["Silvana", "Silvio Reis", "Ana Silva", "Bia Silva", "Caio Silva", "Ver todos os 6 clientes"]
    assert (hits[-1].kind, hits[-1].to) == ("more", "/clientes?busca=silv")


def test_a_number_finds_the_loan_and_the_payment_of_that_number() -> None:
    book = Book.opened()
    loan = book.a_loan(maria(book), principal="300,00", count=3)
    book.pay(loan, "100,00", on="2026-02-01")

    hits = {hit.kind: hit for hit in found(book, "1")}

    assert hits["request"].title == "Empréstimo nº 1 · Maria das Dores Silva"
    assert (hits["request"].detail, hits["request"].status) == ("R$ 300,00 · 1/3 pagas", "ACTIVE")
    assert (hits["request"].to, hits["request"].action) == ("/emprestimos/1", "Receber")
    assert hits["request"].action_to == "/emprestimos/1?receber=1"
    assert hits["payment"].title == "Recebimento nº 1 · Maria das Dores Silva"
    assert hits["payment"].detail == "R$ 100,00 em 01/02/2026, Pix"
    assert hits["payment"].to == "/emprestimos/1?aba=recebimentos"


@pytest.mark.parametrize("typed", ["1234,56", "1.234,56", "R$ 1.234,56", "1234.56"])
def test_a_value_finds_loans_and_payments_of_that_value(typed: str) -> None:
    book = Book.opened()
    client_id = maria(book)
    loan = book.a_loan(client_id, principal="1.234,56", count=2)
    book.pay(loan, "1.234,56", on="2026-02-01")

    assert titles(found(book, typed)) == [
        "Empréstimo nº 1 · Maria das Dores Silva",
        "Recebimento nº 1 · Maria das Dores Silva",
    ]


@pytest.mark.parametrize("typed", ["", "   ", "---", "%", "\\", "<script>", "'; DROP TABLE clients; --", "9" * 100])
def test_what_means_nothing_finds_nothing(typed: str) -> None:
    book = Book.opened()
    book.a_loan(maria(book))

    assert found(book, typed) == ()


def test_a_search_is_at_most_three_statements(database: Engine) -> None:
    book = Book.opened()
    book.a_loan(maria(book))

    with counted(database) as by_name:
        found(book, "maria")
    with counted(database) as by_number:
        found(book, "1")

    assert (len(by_name), len(by_number)) == (1, 3)


def test_nobody_finds_anything() -> None:
    book = Book.opened()
    maria(book)

    with pytest.raises(PermissionMissing):
        found(book, "maria", actor=NOBODY)
