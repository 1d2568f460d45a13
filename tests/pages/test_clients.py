"""Clientes and Novo cliente, event by event: what is shown, what is refused with nothing stored."""

import asyncio
from typing import Any

import pytest

from domain.permissions import Role
from loanapp.pages.clients.clients import ClientsState
from loanapp.pages.clients.new_client import NewClientState
from tests.build.book import Book, an_id, everything, rows
from tests.pages.harness import Harness
from tests.pages.tabs import after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


def a_form(**changes: str) -> dict[str, Any]:
    return {
        "command_id": str(an_id()), "tax_id": "529.982.247-25", "name": "Maria das Dores Silva",
        "preferred_name": "Maria", "birth_date": "22/07/1985", "phone": "(11) 98765-4321", "other_phone": "",
        "accepts_messages": True, "zip_code": "01310-100", "street": "Rua das Flores", "street_number": "100",
        "complement": "", "district": "Centro", "city": "São Paulo", "state": "SP", "occupation": "Costureira",
        "income": "R$ 2.345,67", **changes,
    }  # fmt: skip


def sent(ref: str, form: dict[str, Any]) -> tuple[NewClientState, str]:
    return after(
        NewClientState, NewClientState.load, NewClientState.register, ref=ref, path="/clientes/novo", form=form
    )


def test_the_list_shows_what_the_address_asks_for() -> None:
    book = Book.opened()
    maria = book.a_client("Maria das Dores Silva", phone="(11) 98765-4321", district="Centro")
    book.a_client("José Pereira")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    state, _ = after(ClientsState, ClientsState.load, ref=ref, path="/clientes?busca=dores%20maria&ordem=-nome")

    (row,) = state.rows
    assert (row["name"], row["phone"], row["district"]) == ("Maria das Dores Silva", "+55 11 9****-4321", "Centro")
    assert row["tax_id"].startswith("***.")
    assert (row["to"], row["receive_to"]) == (f"/clientes/{maria}", "")
    assert (row["days"], row["next_due"], row["last_contact"]) == ("—", "—", "—")
    assert (state.search, state.is_filtered, state.view, state.fault) == ("dores maria", True, "todos", "")
    assert state.summary == "1 cliente · R$\u00a00,00 em aberto · R$\u00a00,00 em atraso"


@pytest.mark.parametrize(
    "query", ["visao=nada", "ordem=DROP", "pagina=-3", "pagina=9999999", "por_pagina=7", "busca=%00"]
)
def test_an_address_that_makes_no_sense_shows_the_first_page_of_all(query: str) -> None:
    book = Book.opened()
    book.a_client()

    state, _ = after(ClientsState, ClientsState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=f"/clientes?{query}")

    assert (len(state.rows), state.view, state.place["page"], state.place["order"]) == (1, "todos", 1, "nome")


def test_typing_a_search_writes_the_address_and_leaves_the_other_parameters() -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    _, told = after(
        ClientsState, ClientsState.find, ref=ref, path="/clientes?ordem=-dias&pagina=3", text=" jose & cia "
    )

    assert "/clientes?ordem=-dias&busca=jose+%26+cia" in told


def test_the_list_of_a_supervisor_to_whom_nobody_is_assigned_is_empty() -> None:
    book = Book.opened()
    book.a_client()

    state, _ = after(ClientsState, ClientsState.load, ref=signed_in_as(Role.STREET_SUPERVISOR), path="/clientes")

    assert (state.rows, state.place["total"], state.is_loaded) == ([], 0, True)


def test_a_client_is_registered_and_what_comes_next_is_offered() -> None:
    Book.opened()
    ref, form = signed_in_as(Role.LOAN_MANAGEMENT), a_form()

    _, told = sent(ref, form)
    here = f"/clientes/novo?cadastrado={form['command_id']}"
    state, _ = after(NewClientState, NewClientState.load, ref=ref, path=here)

    assert here in told
    assert (state.registered, state.registered_id, state.errors) == ("Maria das Dores Silva", form["command_id"], {})
    assert rows("SELECT tax_id, phone, zip_code, income_cents, birth_date::text, accepts_messages FROM clients") == [
        ("52998224725", "+5511987654321", "01310100", 234567, "1985-07-22", True)
    ]


def test_the_same_form_sent_twice_is_one_client() -> None:
    Book.opened()
    form, ref = a_form(), signed_in_as(Role.LOAN_MANAGEMENT)

    answers = [sent(ref, form)[1] for _ in range(2)]

    assert [f"cadastrado={form['command_id']}" in told for told in answers] == [True, True]
    assert rows("SELECT count(*) FROM clients") == [(1,)]


WRONG = [
    ("tax_id", "", "Informe o CPF com 11 números ou o CNPJ com 14 caracteres."),
    ("tax_id", "529.982.247-26", "Os dígitos do CPF ou CNPJ não conferem. Confira o número."),
    ("tax_id", "111.111.111-11", "Os dígitos do CPF ou CNPJ não conferem. Confira o número."),
    ("tax_id", "12.ABC.345/01DE-36", "Os dígitos do CPF ou CNPJ não conferem. Confira o número."),
    ("tax_id", "😀", "Informe o CPF com 11 números ou o CNPJ com 14 caracteres."),
    ("name", "   ", "Preencha este campo."),
    ("name", "x" * 10_000, "Use até 120 caracteres. Há 10000."),
    ("name", "Ma\x07ria", "Tire os caracteres especiais deste campo."),
    ("birth_date", "31/02/1985", "Informe a data como 22/07/2025."),
    ("birth_date", "ontem", "Informe a data como 22/07/2025."),
    ("birth_date", "01/01/2190", "Informe uma data de nascimento de quem tem de 18 a 120 anos."),
    ("phone", "", "Informe o telefone com DDD."),
    ("phone", "98765-4321", "Informe o telefone com DDD, como (11) 98765-4321."),
    ("phone", "(11) 8765-4321", "Falta o 9 na frente do celular. Seria (11) 98765-4321?"),
    ("other_phone", "(00) 98765-4321", "Informe o telefone com DDD, como (11) 98765-4321."),
    ("zip_code", "0131", "Informe o CEP com 8 números."),
    ("state", "XX", "Escolha um estado da lista."),
    ("income", "dois mil", "Informe o valor como 1.234,56."),
    ("income", "-1", "Informe um valor que não seja negativo."),
    ("income", "999999999999", "Informe um valor de até R$ 100.000.000,00."),
    ("street", "x" * 121, "Use até 120 caracteres. Há 121."),
]


def test_each_wrong_field_is_said_at_the_field_and_nothing_is_stored() -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    async def run() -> list[dict[str, str]]:
        said = []
        async with Harness() as tab:
            await tab.send(NewClientState.load, ref=ref, path="/clientes/novo")
            for field, typed, _ in WRONG:
                form = a_form(**{field: typed})
                root = await tab.send(NewClientState.register, ref=ref, path="/clientes/novo", form=form)
                said.append(dict((await root.get_state(NewClientState)).errors))
        return said

    assert asyncio.run(run()) == [{field: text} for field, _, text in WRONG]
    assert everything() == before


def test_all_wrong_fields_are_said_at_once_in_the_order_of_the_form() -> None:
    Book.opened()
    form = a_form(tax_id="1", name="", birth_date="x", phone="1", zip_code="1", income="x")

    state, _ = sent(signed_in_as(Role.LOAN_MANAGEMENT), form)

    assert list(state.errors) == ["tax_id", "name", "birth_date", "phone", "zip_code", "income"]
    assert rows("SELECT count(*) FROM clients") == [(0,)]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "Robert'); DROP TABLE clients;--", "João 😀 D'Ávila"])
def test_markup_sql_and_emoji_in_a_name_are_kept_as_typed(name: str) -> None:
    Book.opened()

    sent(signed_in_as(Role.LOAN_MANAGEMENT), a_form(name=name))

    assert rows("SELECT name FROM clients") == [(name,)]


def test_a_cpf_that_is_taken_names_its_owner_with_the_way_there() -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    first = a_form()
    sent(ref, first)
    before = everything()

    state, _ = sent(ref, a_form(name="Outra pessoa"))

    assert state.errors == {"tax_id": "Este CPF já é de Maria das Dores Silva."}
    assert state.existing_to == f"/clientes/{first['command_id']}"
    assert everything() == before


def test_leaving_the_field_tells_who_has_the_cpf_before_the_form_is_sent() -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    sent(ref, a_form())

    state, _ = after(
        NewClientState, NewClientState.load, NewClientState.look_up, ref=ref, path="/clientes/novo", text="52998224725"
    )

    assert (state.existing, state.errors) == ("Este CPF já é de Maria das Dores Silva.", {})


def test_a_press_without_an_answer_is_resolved_by_its_key() -> None:
    Book.opened()
    ref, form = signed_in_as(Role.LOAN_MANAGEMENT), a_form()
    sent(ref, form)

    def checked(key: str) -> tuple[NewClientState, str]:
        path = "/clientes/novo"
        return after(NewClientState, NewClientState.load, NewClientState.check, ref=ref, path=path, key=key)

    (_, told), (unknown, _) = checked(form["command_id"]), checked(str(an_id()))

    assert f"cadastrado={form['command_id']}" in told
    assert unknown.errors == {"": "O cliente não foi cadastrado. Confira e cadastre de novo."}


@pytest.mark.parametrize("form", [{}, {"command_id": "x"}, {"command_id": ["x"]}, {"command_id": None, "name": 7}])
def test_a_form_without_a_key_stores_nothing(form: dict[str, Any]) -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    _, told = sent(ref, form)

    assert "cadastrado" not in told
    assert everything() == before


def test_an_analyst_registers_nobody() -> None:
    Book.opened()
    ref = signed_in_as(Role.RENEGOTIATION_ANALYST)
    before = everything()

    _, told = sent(ref, a_form())

    assert "Você não tem permissão para isso." in told
    assert everything() == before
