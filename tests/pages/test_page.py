"""What every page has in common: between two records of a kind, none is shown under the other's address."""

import pytest
from reflex.state import State

from domain.permissions import Role
from loanapp.components.page import registered
from loanapp.gate import AuthState
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, signed_in_as

SHOWN_AT_THE_END = {
    "/clientes/[client_id]",
    "/clientes/[client_id]/credito",
    "/emprestimos/[numero]",
    "/parcelas/[invoice_id]",
    "/recebimentos/[numero]",
    "/renegociacoes/[offer_number]",
    "/rotinas/execucoes/[run_id]",
}


def test_a_record_is_shown_when_all_of_its_page_is_loaded() -> None:
    last = {str(page["route"]): page["on_load"][-1] for page in registered() if page["on_load"]}

    assert {route for route, handler in last.items() if handler is AuthState.show} == SHOWN_AT_THE_END


@pytest.mark.usefixtures("database")
def test_a_record_that_was_left_is_not_shown_again_before_it_is_read_again() -> None:
    async def steps(tab: Tab) -> list[str]:
        seen = []
        for handler in (AuthState.show, AuthState.arrive):
            await tab.send(handler)
            seen.append((await tab.state(AuthState)).shown_path)
        await Tab(tab.harness, tab.reference, "/aprovacoes").send(AuthState.arrive)
        return [*seen, (await tab.state(AuthState)).shown_path]

    # Arriving at the same address, such as for a dialog, keeps it; leaving it does not.
    assert in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/7", steps) == [
        "/emprestimos/7",
        "/emprestimos/7",
        "",
    ]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("hashes", "shown"), [(["a"], ""), (None, "/emprestimos/7")])
def test_a_page_that_loads_anew_shows_nothing_old_and_one_that_connects_again_keeps_what_is_typed(
    hashes: list[str] | None, shown: str
) -> None:
    async def steps(tab: Tab) -> str:
        await tab.send(AuthState.show)
        # A page that does not exist loads nothing after it.
        await Tab(tab.harness, tab.reference, "/nada").send(f"{State.get_full_name()}.hydrate_and_load", hashes=hashes)
        return (await tab.state(AuthState)).shown_path

    assert in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/7", steps) == shown


@pytest.mark.usefixtures("database")
def test_what_is_shown_is_that_of_the_address() -> None:
    state, _ = after(AuthState, AuthState.show, ref=signed_in_as(Role.LOAN_MANAGEMENT), path="/emprestimos/7/")

    assert state.shown_path == "/emprestimos/7"
