"""Mensagens, event by event: what the log shows of each text, what follows by itself, and sending a failure again."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from domain.delivery import Accepted, Config, InvalidNumber, Refused
from domain.permissions import SYSTEM, Role
from loanapp.pages.messages.log import MessagesState
from loanapp.services import delivery
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows
from tests.build.counting import counted
from tests.build.texts import (
    INSTANCE,
    MORNING,
    RECIPIENT,
    REMINDED,
    a_queued_charge,
    a_sent_charge,
    change_rows,
    claimed,
    settle,
)
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

Change = Callable[..., Settings]


@pytest.fixture(autouse=True)
def morning(change_settings: Change) -> None:
    set_clock(change_settings, f"{REMINDED}T10:00")


def log(query: str = "", ref: str = "") -> MessagesState:
    ref = ref or signed_in_as(Role.RENEGOTIATION_ANALYST)
    return after(MessagesState, MessagesState.load, ref=ref, path=f"/mensagens?{query}")[0]


def test_a_queued_reminder_is_one_line_of_today() -> None:
    a_queued_charge(Book.opened())

    page = log()

    (row,) = page.rows
    assert {
        name: row[name] for name in ("at", "client", "template", "origin", "status", "reason", "tries", "owed")
    } == {
        "at": "11/02/2026 07:00",
        "client": "Maria das Dores Silva",
        "template": "1 dia de atraso",
        "origin": "Rotina · Sistema",
        "status": "QUEUED",
        "reason": "Sai a partir de 11/02/2026 08:00",
        "tries": "—",
        "owed": "1 parcela · R$\xa0102,03",
    }
    assert row["phone"] == "+55 11 9****-4321"
    assert [(step["step"], step["at"]) for step in row["ladder"]] == [
        ("Enfileirada", "11/02/2026 07:00"),
        ("Enviada", "—"),
        ("Entregue", "—"),
        ("Lida", "—"),
    ]
    assert (page.view, page.summary, page.is_moving) == ("hoje", "1 mensagem", True)
    assert page.view_texts == {
        "falhas": "Falhas (0)",
        "sem-confirmacao": "Sem confirmação (0)",
        "na-fila": "Na fila (1)",
        "nao-enviadas": "Não enviadas (0)",
        "hoje": "Hoje (1)",
        "todas": "Todas (1)",
    }
    assert page.sender["text"] == "WhatsApp conectado — 1 mensagem na fila"


def test_the_open_page_follows_a_text_on_its_way() -> None:
    a_queued_charge(Book.opened())

    async def steps(tab: Tab) -> tuple[tuple[str, str, bool], ...]:
        await tab.send(MessagesState.load)
        before = await tab.state(MessagesState)
        seen = [(before.rows[0]["status"], before.rows[0]["tries"], before.is_moving)]
        settle(claimed(), Accepted(key="3EB0", recipient=RECIPIENT))
        await tab.send(MessagesState.refresh)
        later = await tab.state(MessagesState)
        return (*seen, (later.rows[0]["status"], later.rows[0]["tries"], later.is_moving))

    followed = in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), "/mensagens", steps)

    assert followed == (("QUEUED", "—", True), ("SENT", "1 de 3", True))


def test_a_text_sent_long_ago_is_no_reason_to_ask_again_and_again(change_settings: Change) -> None:
    a_sent_charge(Book.opened())
    set_clock(change_settings, f"{REMINDED}T11:00")

    assert log().is_moving is False


def test_the_address_unfolds_one_text() -> None:
    a_queued_charge(Book.opened())
    message_id = rows("SELECT id FROM messages")[0][0]

    (row,) = log(f"aberta={message_id}").rows

    assert (row["is_open"], row["to"]) == (True, "/mensagens")
    assert row["body"].startswith("Olá, Maria, tudo bem?")


def test_a_failed_text_is_sent_again_as_a_new_line() -> None:
    a_queued_charge(Book.opened())
    settle(claimed(), Refused(detail="400"))
    message_id = rows("SELECT id FROM messages")[0][0]

    page, told = after(
        MessagesState, MessagesState.load, MessagesState.send_again,
        ref=signed_in_as(Role.RENEGOTIATION_ANALYST), path="/mensagens?visao=hoje", message_id=str(message_id),
    )  # fmt: skip

    assert [(row["status"], row["is_failed"], row["origin"], row["reason"]) for row in page.rows] == [
        ("QUEUED", False, "Manual · Ana Souza", "Sai a partir de 11/02/2026 10:00"),
        ("FAILED", True, "Rotina · Sistema", "Recusada pelo WhatsApp"),
    ]
    assert page.refusal == ""
    assert "Na fila outra vez. Sai a partir de 11/02/2026 10:00." in told


def test_what_can_not_be_sent_again_says_why_at_its_line_and_changes_nothing() -> None:
    a_queued_charge(Book.opened())
    settle(claimed(), InvalidNumber(detail="400"))
    message_id = str(rows("SELECT id FROM messages")[0][0])
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    page, _ = after(
        MessagesState, MessagesState.load, MessagesState.send_again,
        ref=ref, path="/mensagens?visao=falhas", message_id=message_id,
    )  # fmt: skip

    assert (page.refused_id, page.refusal) == (
        message_id,
        "O número do cliente não está confirmado no WhatsApp. Confira o telefone.",
    )
    assert [row["status"] for row in page.rows] == ["FAILED"]
    assert everything() == before


@pytest.mark.parametrize("message_id", ["", "x", "1' OR '1'='1", "00000000-0000-0000-0000-000000000000", 7, None])
def test_an_id_that_names_no_text_sends_nothing(message_id: object) -> None:
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    after(
        MessagesState, MessagesState.load, MessagesState.send_again, ref=ref, path="/mensagens", message_id=message_id
    )

    assert everything() == before


def test_a_text_without_confirmation_warns_and_offers_no_second_try() -> None:
    a_queued_charge(Book.opened())
    change_rows("UPDATE messages SET status = 'UNKNOWN', reason = 'LEASE_OVER', attempts = 1")

    (row,) = log("visao=sem-confirmacao").rows

    assert (row["reason"], row["is_failed"]) == (
        "Pode ter sido enviada. Confira no WhatsApp antes de reenviar.",
        False,
    )


def test_a_paused_sender_is_told_and_resumed() -> None:
    a_queued_charge(Book.opened())
    settle(claimed(), Config(detail="401"))
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    assert log(ref=ref).sender["text"] == ("Envio pausado: a chave ou o número do WhatsApp não confere — nada na fila")
    page, told = after(MessagesState, MessagesState.load, MessagesState.resume, ref=ref, path="/mensagens")

    assert page.sender["text"] == "WhatsApp conectado — nada na fila"
    assert "Envio retomado." in told


def test_a_lost_connection_is_told_with_how_long_ago(change_settings: Change) -> None:
    delivery.note_connection(SYSTEM, MORNING, delivery.NoteConnection(instance=INSTANCE, state="close"))
    set_clock(change_settings, f"{REMINDED}T10:12")

    assert log().sender["text"] == "WhatsApp desconectado há 12 min — nada na fila"


@pytest.mark.parametrize("query", ["visao=nada", "pagina=-3", "pagina=9999999", "busca=%00", "aberta=x"])
def test_an_address_that_makes_no_sense_shows_the_texts_of_today(query: str) -> None:
    a_queued_charge(Book.opened())

    page = log(query)

    assert (len(page.rows), page.view, page.place["page"], page.fault) == (1, "hoje", 1, "")


def test_the_street_sees_nothing() -> None:
    a_queued_charge(Book.opened())

    page, told = after(MessagesState, MessagesState.load, ref=signed_in_as(Role.STREET_SUPERVISOR), path="/mensagens")

    assert page.rows == []
    assert "Você não tem permissão para isso." in told


def test_a_refresh_costs_at_most_six_statements_with_the_one_that_lets_it_in(database: Engine) -> None:
    a_queued_charge(Book.opened())

    async def steps(tab: Tab) -> int:
        await tab.send(MessagesState.load)
        with counted(database) as statements:
            await tab.send(MessagesState.refresh)
        return len(statements)

    assert in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), "/mensagens", steps) <= 6
