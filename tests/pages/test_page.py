"""What every page has in common: between two records of a kind, none is shown under the other's address."""

import pytest

from domain.permissions import Role
from loanapp.components.page import registered
from loanapp.gate import AuthState
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
def test_what_is_shown_is_that_of_the_address() -> None:
    state, _ = after(AuthState, AuthState.show, ref=signed_in_as(Role.LOAN_MANAGEMENT), path="/emprestimos/7/")

    assert state.shown_path == "/emprestimos/7"
