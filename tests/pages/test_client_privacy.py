"""The tab Dados, event by event: consent, until when data is kept, the copy's addresses, and anonymising."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from domain.permissions import Role
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.privacy import PrivacyState
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def maria(change_settings: Callable[..., Settings]) -> UUID:
    set_clock(change_settings, "2026-07-02T23:50 x1")
    return Book.opened().a_client(on="2026-01-02")


def opened(ref: str, client_id: UUID, tab: str = "dados") -> PrivacyState:
    return after(PrivacyState, PrivacyState.load, ref=ref, path=f"/clientes/{client_id}?aba={tab}")[0]


def acted(ref: str, client_id: UUID, event: Any, **form: str) -> tuple[PrivacyState, str]:
    path = f"/clientes/{client_id}?aba=dados"
    return after(PrivacyState, PrivacyState.load, event, ref=ref, path=path, form=form)


def test_the_section_says_what_is_held_the_consent_and_until_when(maria: UUID) -> None:
    shown = opened(signed_in_as(Role.LOAN_MANAGEMENT), maria).shown

    assert shown["held"] == "0 empréstimos · 0 mensagens · 0 registros de contato · 0 documentos"
    assert shown["consent"] == "Aceita, desde 02/01/2026 (cadastro)"
    assert shown["retention"] == "Guardado até 02/07/2026, porque corre o prazo de guarda desde o último contato."
    assert (shown["may_anonymise"], shown["anonymised"], shown["number"]) == (False, "", "1")
    assert (shown["json_to"], shown["pdf_to"]) == (
        f"/exports/cliente/{maria}.json", f"/exports/cliente/{maria}.pdf",
    )  # fmt: skip


def test_another_tab_reads_nothing_of_it(maria: UUID) -> None:
    state = opened(signed_in_as(Role.LOAN_MANAGEMENT), maria, tab="parcelas")

    assert (state.is_loaded, state.shown["held"]) == (False, "")


def test_an_opt_out_is_written_down_with_its_origin(maria: UUID) -> None:
    ref = signed_in_as(Role.RENEGOTIATION_ANALYST)

    state, told = acted(
        ref, maria, PrivacyState.set_consent, accepts="nao", origin="telefone", consent_reason="Ligou hoje"
    )

    assert (state.errors, state.dialog) == ({}, "")
    assert "Aceite de mensagens registrado." in told
    assert rows("SELECT accepts_messages, consent_origin FROM clients") == [(False, "telefone")]
    assert opened(ref, maria).shown["consent"] == "Não aceita, desde 02/07/2026 (telefone)"


def test_what_is_wrong_with_a_consent_stands_at_its_field_and_nothing_changes(maria: UUID) -> None:
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    state, _ = acted(ref, maria, PrivacyState.set_consent, accepts="nao", origin="fumaça", consent_reason="x" * 121)

    assert state.errors == {
        "origin": "Escolha como o cliente avisou.", "consent_reason": "Use até 120 caracteres. Há 121.",
    }  # fmt: skip
    assert everything() == before


def test_who_anonymises_types_the_number_after_the_last_day_of_keeping(
    maria: UUID, change_settings: Callable[..., Settings]
) -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    running, _ = acted(ref, maria, PrivacyState.anonymise, number="1", anonymise_reason="Pediu")
    assert running.errors == {
        "": "Os dados ficam guardados até 02/07/2026, porque corre o prazo de guarda desde o último contato."
        " Nada foi alterado."
    }

    set_clock(change_settings, "2026-07-03T00:10 x1")
    before = everything()
    unsure, _ = acted(ref, maria, PrivacyState.anonymise, number="2", anonymise_reason="Pediu")
    assert unsure.errors == {"number": "Digite o número do cliente, 1, para confirmar."}
    assert everything() == before

    done, told = acted(ref, maria, PrivacyState.anonymise, number=" 1 ", anonymise_reason="Pediu")
    assert (done.errors, "Cliente anonimizado." in told) == ({}, True)
    assert rows("SELECT name FROM clients") == [("Cliente anonimizado nº 1",)]

    shown = opened(ref, maria).shown
    assert (shown["anonymised"], shown["may_anonymise"]) == ("03/07/2026", False)
    head = after(ClientState, ClientState.load, ref=ref, path=f"/clientes/{maria}")[0].record
    assert (head["name"], head["phone"]) == ("Cliente anonimizado nº 1", "")
    assert head["anonymised"] == (
        "Os dados deste cliente foram anonimizados em 03/07/2026. Nada mais pode ser feito aqui."
    )


def test_only_an_administrator_anonymises(maria: UUID, change_settings: Callable[..., Settings]) -> None:
    set_clock(change_settings, "2026-07-03T12:00 x1")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    acted(ref, maria, PrivacyState.anonymise, number="1", anonymise_reason="Pediu")

    assert everything() == before


def test_a_dialog_opens_and_closes_and_one_that_is_none_does_not_open(maria: UUID) -> None:
    ref, path = signed_in_as(Role.LOAN_MANAGEMENT), f"/clientes/{maria}?aba=dados"

    def dialog_after(event: Any, **payload: object) -> str:
        return after(PrivacyState, PrivacyState.load, event, ref=ref, path=path, **payload)[0].dialog

    assert dialog_after(PrivacyState.open_dialog, dialog="consent") == "consent"
    assert dialog_after(PrivacyState.open_dialog, dialog="<x>") == ""
    assert dialog_after(PrivacyState.close_dialog, is_open=False) == ""
