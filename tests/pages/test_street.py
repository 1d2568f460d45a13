"""The office's pages as a street supervisor meets them, and the office's hand on who visits whom, event by event."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from domain.permissions import Actor, Permission, Role
from loanapp.components.navigation import MENU, home_of
from loanapp.components.search import SearchState
from loanapp.gate import AuthState
from loanapp.pages.clients.assignment import AssignmentState
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.clients import ClientsState
from loanapp.pages.requests.all_requests import RequestsState
from loanapp.pages.requests.record_state import RequestRecordState
from loanapp.pages.start.start import StartState
from loanapp.settings import Settings
from tests.build.book import Book, a_person, assign, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give a book with two clients and a loan each; today is 22/02/2026."""
    set_clock(change_settings, "2026-02-22T12:00")
    book = Book.opened()
    for name in ("Maria Minha", "Otto Outro"):
        book.a_loan(book.a_client(name, district="Centro"), principal="500,00", first_due="2026-02-10")
    return book


def on_the_street() -> tuple[str, UUID, UUID]:
    """Sign a supervisor in who has the first of two clients; return the tab's reference and both ids."""
    ref = signed_in_as(Role.STREET_SUPERVISOR)
    [(user_id,)] = rows("SELECT id FROM users WHERE role = 'STREET_SUPERVISOR'")
    (mine,), (other,) = rows("SELECT id FROM clients ORDER BY number")
    assign(UUID(str(mine)), Actor.of(Role.STREET_SUPERVISOR, name="Ana Souza", user_id=UUID(str(user_id))))
    return ref, UUID(str(mine)), UUID(str(other))


def looked(ref: str, text: str) -> SearchState:
    return after(SearchState, SearchState.look, ref=ref, path="/clientes", text=text)[0]


def test_a_supervisors_day_begins_with_the_clients_and_the_menu_shows_what_the_role_may_see(book: Book) -> None:
    assert book
    ref, _, _ = on_the_street()

    state, told = after(AuthState, StartState.leave, ref=ref, path="/")

    assert "/clientes" in told
    assert home_of(Role.STREET_SUPERVISOR) == "/clientes"
    held = set(state.permissions)
    shown = [item.text for _, items in MENU for item in items if item.permission.value in held]
    assert shown == ["Empréstimos", "Parcelas", "Recebimentos", "Meu caixa", "Clientes"]
    assert Permission.DASHBOARD_VIEW.value not in held


def test_lists_and_their_sums_are_of_the_assigned_clients(book: Book) -> None:
    assert book
    ref, mine, _ = on_the_street()

    clients, _ = after(ClientsState, ClientsState.load, ref=ref, path="/clientes")
    loans, _ = after(RequestsState, RequestsState.load, ref=ref, path="/emprestimos?situacao=todos")

    assert [row["to"] for row in clients.rows] == [f"/clientes/{mine}"]
    assert clients.summary.startswith("1 cliente · R$\xa0500,00 em aberto")
    assert [row["client"] for row in loans.rows] == ["Maria Minha"]
    assert loans.tabs[-1]["text"] == "Todos (1)"


def test_another_supervisors_client_and_loan_are_not_there(book: Book) -> None:
    assert book
    ref, _, other = on_the_street()

    record, _ = after(ClientState, ClientState.load, ref=ref, path=f"/clientes/{other}")
    nobody, _ = after(ClientState, ClientState.load, ref=ref, path=f"/clientes/{uuid4()}")
    loan, _ = after(RequestRecordState, RequestRecordState.load, ref=ref, path="/emprestimos/2")

    assert (record.is_missing, record.is_loaded, record.record["name"]) == (True, False, "")
    assert nobody.is_missing
    assert (loan.is_missing, loan.client) == (True, "")


def test_the_search_finds_ones_own_by_name_and_a_stranger_by_the_exact_number_only(book: Book) -> None:
    assert book
    ref, _, other = on_the_street()
    [(tax_id,)] = rows("SELECT tax_id FROM clients WHERE id = :id", id=other)

    assert [hit["title"] for hit in looked(ref, "Maria").hits] == ["Maria Minha"]
    assert looked(ref, "Otto").hits == []
    assert looked(ref, str(tax_id)[:9]).hits == []
    (card,) = looked(ref, str(tax_id)).hits

    assert (card["kind"], card["title"], card["to"], card["action_to"]) == ("card", "Otto O.", "", "")
    assert card["detail"] == "Centro · sem supervisor. Peça à gestão para atender."
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'client.looked_up'") == [(1,)]


def test_a_manager_gives_a_client_to_a_supervisor_and_filters_the_list_by_one(book: Book) -> None:
    assert book
    rita, ref = a_person(Role.STREET_SUPERVISOR, "Rita Rua"), signed_in_as(Role.LOAN_MANAGEMENT)
    (one,), _ = rows("SELECT id FROM clients ORDER BY number")

    async def steps(tab: Tab) -> tuple[AssignmentState, ClientState]:
        await tab.send(ClientState.load)
        await tab.send(AssignmentState.ask)
        form = {"client_id": str(one), "supervisor_id": str(rita.user_id), "supervisor_reason": "", "command_id": "x"}
        await tab.send(AssignmentState.assign, form=form)
        return await tab.state(AssignmentState), await tab.state(ClientState)

    dialog, record = in_a_tab(ref, f"/clientes/{one}", steps)
    listed, _ = after(ClientsState, ClientsState.load, ref=ref, path=f"/clientes?supervisor={rita.user_id}")
    of_nobody, _ = after(ClientsState, ClientsState.load, ref=ref, path="/clientes?supervisor=nenhum")

    assert (dialog.is_open, dialog.errors) == (False, {})
    assert dialog.choices == [["nenhum", "Nenhum supervisor"], [str(rita.user_id), "Rita Rua"]]
    assert record.record["supervisor"] == "Rita Rua"
    assert [(row["name"], row["supervisor"]) for row in listed.rows] == [("Maria Minha", "Rita Rua")]
    assert [row["name"] for row in of_nobody.rows] == ["Otto Outro"]


@pytest.mark.parametrize("supervisor", ["", "x", "00000000-0000-0000-0000-000000000009"])
def test_a_hostile_choice_of_supervisor_is_refused_at_its_field(book: Book, supervisor: str) -> None:
    assert book
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    (one,), _ = rows("SELECT id FROM clients ORDER BY number")
    form = {"client_id": str(one), "supervisor_id": supervisor}

    state, _ = after(AssignmentState, AssignmentState.assign, ref=ref, path=f"/clientes/{one}", form=form)

    assert state.errors == {"supervisor_id": "Escolha um supervisor de rua que esteja ativo."}
    assert rows("SELECT DISTINCT supervisor_id FROM clients") == [(None,)]


def test_a_supervisor_can_not_take_clients(book: Book) -> None:
    assert book
    ref, _, other = on_the_street()
    [(user_id,)] = rows("SELECT id FROM users WHERE role = 'STREET_SUPERVISOR'")
    form = {"client_id": str(other), "supervisor_id": str(user_id)}

    _, told = after(AssignmentState, AssignmentState.assign, ref=ref, path=f"/clientes/{other}", form=form)

    assert "Você não tem permissão para isso." in told
    assert rows("SELECT supervisor_id FROM clients WHERE id = :id", id=other) == [(None,)]


def test_the_choice_of_the_filter_stands_in_the_address(book: Book) -> None:
    assert book
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    def told(chosen: str) -> str:
        return after(AssignmentState, AssignmentState.filter, ref=ref, path="/clientes?pagina=3", chosen=chosen)[1]

    assert "/clientes?supervisor=nenhum" in told("nenhum")
    assert "alert" not in told("javascript:alert(1)")


def test_the_record_of_an_assigned_client_has_no_tab_that_the_supervisor_may_not_read(book: Book) -> None:
    assert book
    ref, mine, _ = on_the_street()

    shown, _ = after(
        ClientState, ClientState.load, ClientState.load_tab, ref=ref, path=f"/clientes/{mine}?aba=mensagens"
    )

    assert (shown.tab, shown.tab_links["mensagens"]) == ("resumo", "")
    assert shown.tab_links["documentos"] == f"/clientes/{mine}?aba=documentos"
