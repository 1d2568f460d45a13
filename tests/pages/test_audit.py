"""Auditoria and the masked identities of the Ficha, event by event: what is shown, what is asked for, what is noted."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.permissions import Role
from loanapp.pages.audit.audit import AuditState
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.reveal import NOTHING, RevealState
from loanapp.services import clients
from loanapp.settings import Settings
from tests.build.book import Book, at, everything, rows
from tests.pages.harness import Harness
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")
CPF = "529.982.247-25"


@pytest.fixture(autouse=True)
def noon(change_settings: Callable[..., Settings]) -> None:
    set_clock(change_settings, "2026-02-12T12:00")


def audit(query: str = "", ref: str = "") -> AuditState:
    ref = ref or signed_in_as(Role.LOAN_MANAGEMENT)
    return after(AuditState, AuditState.load, ref=ref, path=f"/auditoria?{query}")[0]


def actions_noted() -> list[str]:
    return [str(action) for (action,) in rows("SELECT action FROM audit_events ORDER BY id")]


def test_an_event_is_a_line_with_before_and_after_reason_and_origin() -> None:
    book = Book.opened()
    client_id = book.a_client("Maria das Dores Silva")
    clients.block(book.manager, at("2026-02-12", 9), clients.BlockClient(client_id=client_id, reason="Documento falso"))
    event_id = rows("SELECT id FROM audit_events WHERE action = 'client.status_changed'")[0][0]

    page = audit(f"grupo=clientes&aberta={event_id}")

    row = page.rows[0]
    assert {name: row[name] for name in ("at", "who", "what", "record", "client", "summary", "reason", "origin")} == {
        "at": "12/02/2026 09:00",
        "who": "Ana Souza",
        "what": "Bloqueio alterado",
        "record": "Cliente",
        "client": "Maria das Dores Silva",
        "summary": "situação: ativo → bloqueado",
        "reason": "Documento falso",
        "origin": "Tela",
    }
    assert (row["client_to"], row["is_open"]) == (f"/clientes/{client_id}", True)
    assert page.summary == "2 eventos"
    assert (page.csv_to, page.newer_to, page.older_to) == ("/exports/auditoria.csv?grupo=clientes", "", "")
    assert page.integrity["text"] == "O registro ainda não foi verificado."


def test_fifty_events_a_page_and_the_address_leads_to_the_next() -> None:
    book = Book.opened()
    for _ in range(55):
        book.a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    first = audit("grupo=clientes", ref)
    second = audit(first.older_to.partition("?")[2], ref)

    assert (len(first.rows), len(second.rows), first.summary) == (50, 5, "55 eventos")
    assert first.newer_to == ""
    assert second.newer_to.startswith("/auditoria?grupo=clientes&depois=")


def test_checking_says_that_the_trail_is_whole_or_names_the_first_changed_row(database: Engine) -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    whole, _ = after(AuditState, AuditState.check, AuditState.load, ref=ref, path="/auditoria")
    with database.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_events SET actor_name = 'X' WHERE action = 'company.changed'"))
    broken, _ = after(AuditState, AuditState.check, AuditState.load, ref=ref, path="/auditoria")

    assert (whole.integrity["look"], whole.is_checking) == ("whole", False)
    assert whole.integrity["text"] == "Registro íntegro, verificado em 12/02/2026 12:00 por Ana Souza"
    assert broken.integrity["look"] == "broken"
    assert broken.integrity["text"].startswith("Registro alterado: 1 diferença, verificado em 12/02/2026 12:00")
    assert broken.integrity["detail"].startswith("Primeira: chain system, event 1, audit_events.id ")
    assert actions_noted().count("audit.verified") == 2


@pytest.mark.parametrize("role", [Role.STREET_SUPERVISOR, Role.RENEGOTIATION_ANALYST])
def test_others_see_nothing_of_it(role: Role) -> None:
    Book.opened()
    ref = signed_in_as(role)
    before = everything()

    state, told = after(AuditState, AuditState.load, AuditState.check, ref=ref, path="/auditoria")

    assert (state.rows, state.summary, state.integrity["look"]) == ([], "", "unknown")
    assert "Você não tem permissão para isso." in told
    assert everything()["audit_events"] == before["audit_events"]


def revealed(ref: str, client_id: object, *handlers: Any, **payload: object) -> tuple[RevealState, str]:
    return after(RevealState, *handlers, ref=ref, path=f"/clientes/{client_id}", **payload)


def test_an_identity_shows_in_full_only_when_asked_and_is_hidden_on_leaving() -> None:
    book = Book.opened()
    client_id = book.a_client(phone="(11) 98765-4321")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    record, _ = after(ClientState, ClientState.load, ref=ref, path=f"/clientes/{client_id}")

    # The first event of a tab runs what the page loads: hide comes first.
    shown, _ = revealed(ref, client_id, RevealState.hide, RevealState.show, field="phone")
    hidden, _ = revealed(ref, client_id, RevealState.hide)

    assert record.record["phone"] == "+55 11 9****-4321"
    assert record.record["tax_id"].startswith("***.")
    assert "98765" not in json.dumps(record.record)
    assert (shown.of, shown.shown["phone"], shown.shown["tax_id"]) == (str(client_id), "(11) 98765-4321", "")
    assert (hidden.of, hidden.shown) == ("", NOTHING)
    assert actions_noted().count("client.revealed") == 1


@pytest.mark.parametrize("hydrate", ["hydrate", "hydrate_and_load"])
def test_what_was_revealed_is_not_sent_again_when_another_page_loads(hydrate: str) -> None:
    client_id = Book.opened().a_client(phone="(11) 98765-4321")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    async def visit() -> tuple[dict[str, str], dict[str, str]]:
        async with Harness() as tab:
            await tab.send(RevealState.hide, ref=ref, path=f"/clientes/{client_id}")
            asked = await tab.send(RevealState.show, ref=ref, path=f"/clientes/{client_id}", field="phone")
            shown = dict((await asked.get_state(RevealState)).shown)
            left = await tab.send(f"reflex___state____state.{hydrate}", ref=ref, path="/painel")
            return shown, (await left.get_state(RevealState)).shown

    shown, left = asyncio.run(visit())

    assert (shown["phone"], left) == ("(11) 98765-4321", NOTHING)


def test_the_form_of_the_contact_holds_the_phones_and_their_showing_is_noted() -> None:
    book = Book.opened()
    client_id = book.a_client(phone="(11) 98765-4321", other_phone="(21) 3333-4444")

    state, _ = revealed(signed_in_as(Role.LOAN_MANAGEMENT), client_id, RevealState.hide, RevealState.edit_contact)

    assert (state.shown["phone"], state.shown["other_phone"]) == ("(11) 98765-4321", "(21) 3333-4444")
    assert actions_noted().count("client.revealed") == 2


def test_calling_dials_the_number_and_is_noted() -> None:
    client_id = Book.opened().a_client(phone="(11) 98765-4321")

    _, told = revealed(signed_in_as(Role.RENEGOTIATION_ANALYST), client_id, RevealState.call)

    assert "tel:+5511987654321" in told
    assert actions_noted().count("client.revealed") == 1


@pytest.mark.parametrize("field", ["name", "password_hash", "", "__class__"])
def test_no_other_field_is_shown(field: str) -> None:
    client_id = Book.opened().a_client()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = actions_noted()

    state, _ = revealed(ref, client_id, RevealState.show, field=field)

    assert state.shown == NOTHING
    assert actions_noted() == before
