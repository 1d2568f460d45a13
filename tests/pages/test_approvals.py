"""Marking a loan as lost and deciding it, event by event, and what each role is shown of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from domain.permissions import Role
from loanapp import clock
from loanapp.components.pending import PendingState
from loanapp.pages.approvals.approvals import ApprovalsState
from loanapp.pages.requests.record_state import RequestRecordState
from loanapp.services import approvals
from loanapp.services.approvals import Decide, MarkLost
from loanapp.settings import Settings
from tests.build.book import Book, a_person, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

RECORD, INBOX = "/emprestimos/1", "/aprovacoes"


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give a book with one loan of R$ 8.000,00, 12 days overdue on 22/02/2026, which is today."""
    set_clock(change_settings, "2026-02-22T12:00")
    book = Book.opened()
    book.a_loan(book.a_client("Maria das Dores Silva"), principal="8.000,00", first_due="2026-02-10")
    return book


def a_form(**changes: str) -> dict[str, str]:
    return {"command_id": str(uuid4()), "reason": "Mudou sem aviso", "typed_number": "1", **changes}


def ask(book: Book) -> UUID:
    """Let the book's manager ask for the loss; return the question's id."""
    [(request_id,)] = rows("SELECT id FROM requests")
    approval_id = uuid4()
    approvals.mark_lost(
        book.manager, clock.moment(),
        MarkLost(request_id=UUID(str(request_id)), approval_id=approval_id, reason="Mudou sem aviso"),
    )  # fmt: skip
    return approval_id


def lost(ref: str, form: dict[str, str]) -> RequestRecordState:
    """Open the record and send the dialog's form."""

    async def steps(tab: Tab) -> RequestRecordState:
        await tab.send(RequestRecordState.load)
        await tab.send(RequestRecordState.ask, dialog="lose")
        await tab.send(RequestRecordState.lose, form=form)
        return await tab.state(RequestRecordState)

    return in_a_tab(ref, RECORD, steps)


def decided(ref: str, approval_id: UUID, dialog: str, handler: Any, **form: str) -> tuple[ApprovalsState, str]:
    """Open the inbox and answer a question."""

    async def steps(tab: Tab) -> tuple[ApprovalsState, str]:
        await tab.send(ApprovalsState.load)
        await tab.send(ApprovalsState.ask, dialog=dialog, approval_id=str(approval_id))
        await tab.send(handler, form={"command_id": str(uuid4()), "reason": "Confirmado", **form})
        return await tab.state(ApprovalsState), tab.told()

    return in_a_tab(ref, INBOX, steps)


def test_a_manager_asks_above_the_limit_and_the_record_says_that_it_waits(book: Book) -> None:
    assert book
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    shown = lost(ref, a_form())

    assert (shown.status, shown.dialog, shown.may_write_off) == ("ACTIVE", "", False)
    assert shown.notice == "Pedido registrado. Aguardando segunda pessoa."
    # 8.000,00 + 2 % fee + 12 days of 1 % a month: 160,00 and 32,00.
    assert shown.waiting[0].startswith("Aguardando segunda pessoa: Ana Souza pediu em 22/02/2026 12:")
    assert "(R$\xa08.192,00). Motivo: Mudou sem aviso" in shown.waiting[0]
    assert rows("SELECT status, amount_cents FROM approvals") == [("PENDING", 819_200)]


def test_an_administrator_marks_at_once_and_the_line_of_life_says_who_and_why(book: Book) -> None:
    assert book
    shown = lost(signed_in_as(Role.SUPER_ADMIN), a_form())

    assert (shown.status, shown.notice, shown.waiting) == ("LOST", "Empréstimo marcado como perdido.", [])
    assert (shown.life[-1]["status"], shown.life[-1]["reason"]) == ("LOST", "Mudou sem aviso")
    assert "Ana Souza" in shown.life[-1]["detail"]
    assert {fact["label"]: fact["value"] for fact in shown.facts}["Saldo hoje"] == "R$\xa08.192,00"


@pytest.mark.parametrize(
    ("changes", "field"), [({"typed_number": "2"}, "typed_number"), ({"reason": " "}, "reason")]
)  # fmt: skip
def test_a_wrong_number_or_no_reason_keeps_the_dialog_open_and_changes_nothing(
    book: Book, changes: dict[str, str], field: str
) -> None:
    assert book
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    shown = lost(ref, a_form(**changes))

    assert (shown.dialog, list(shown.errors)) == ("lose", [field])
    after_it = everything()
    assert {name: kept for name, kept in after_it.items() if name != "login_sessions"} == {
        name: kept for name, kept in before.items() if name != "login_sessions"
    }


def test_the_inbox_shows_the_facts_to_decide_and_the_menu_counts_them(book: Book) -> None:
    ask(book)
    ref = signed_in_as(Role.SUPER_ADMIN)

    async def steps(tab: Tab) -> tuple[ApprovalsState, int]:
        await tab.send(PendingState.count)
        await tab.send(ApprovalsState.load)
        return await tab.state(ApprovalsState), (await tab.state(PendingState)).approvals

    shown, counted = in_a_tab(ref, INBOX, steps)

    (card,) = shown.cards
    assert (card["title"], card["client"], card["reason"]) == (
        "Marcar como perdido: R$\xa08.192,00", "Maria das Dores Silva", "Mudou sem aviso",
    )  # fmt: skip
    assert dict(card["facts"])["Atraso"] == "12 dias em atraso"
    assert (card["is_own"], card["obstacle"], counted) == (False, "", 1)
    assert shown.view_texts == {"pendentes": "Pendentes (1)", "decididas": "Decididas (0)"}


def test_an_administrator_grants_and_the_list_of_decisions_keeps_it(book: Book) -> None:
    approval_id = ask(book)
    ref = signed_in_as(Role.SUPER_ADMIN)

    shown, _ = decided(ref, approval_id, "grant", ApprovalsState.grant)

    assert (shown.dialog, shown.cards) == ("", [])
    assert shown.notice == "Aprovado. O empréstimo está marcado como perdido."
    assert rows("SELECT status FROM requests") == [("LOST",)]
    told, _ = after(ApprovalsState, ApprovalsState.load, ref=ref, path=f"{INBOX}?visao=decididas")
    (row,) = told.answers
    assert (row["status"], row["reason"]) == ("GRANTED", "Confirmado")
    assert row["decided"].startswith("Ana Souza aprovou em 22/02/2026")


def test_a_second_manager_is_told_of_the_limit_before_pressing_and_refused_after(book: Book) -> None:
    approval_id = ask(book)
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    shown, _ = decided(ref, approval_id, "grant", ApprovalsState.grant)

    expected = "São R$\xa08.192,00 e o seu limite é R$\xa05.000,00. Peça a um administrador."
    assert shown.cards[0]["obstacle"] == expected
    assert shown.errors == {"": expected}
    assert rows("SELECT status FROM requests") == [("ACTIVE",)]


def test_a_second_manager_refuses(book: Book) -> None:
    approval_id = ask(book)

    shown, _ = decided(signed_in_as(Role.LOAN_MANAGEMENT), approval_id, "refuse", ApprovalsState.refuse)

    assert shown.notice == "Recusado. O empréstimo continua como estava."
    assert rows("SELECT a.status, r.status FROM approvals a JOIN requests r ON r.id = a.request_id") == [
        ("REFUSED", "ACTIVE")
    ]


def test_a_question_that_was_answered_meanwhile_is_said_so(book: Book) -> None:
    approval_id = ask(book)
    ref = signed_in_as(Role.SUPER_ADMIN)

    async def steps(tab: Tab) -> ApprovalsState:
        await tab.send(ApprovalsState.load)
        await tab.send(ApprovalsState.ask, dialog="grant", approval_id=str(approval_id))
        other = a_person(Role.SUPER_ADMIN, "Dora")
        approvals.refuse(other, clock.moment(), Decide(approval_id=approval_id, reason="Pagou ontem"))
        await tab.send(ApprovalsState.grant, form={"command_id": str(uuid4()), "reason": "Sim"})
        return await tab.state(ApprovalsState)

    shown = in_a_tab(ref, INBOX, steps)

    assert shown.errors == {"": "Outra pessoa já decidiu este pedido. Recarregue a página."}


def test_an_analyst_sees_the_inbox_and_decides_nothing_and_counts_nothing(book: Book) -> None:
    approval_id = ask(book)
    ref = signed_in_as(Role.RENEGOTIATION_ANALYST)

    shown, told = decided(ref, approval_id, "grant", ApprovalsState.grant)

    assert (len(shown.cards), shown.dialog) == (1, "")
    assert "Você não tem permissão para isso." in told
    assert rows("SELECT status FROM approvals") == [("PENDING",)]
    assert after(PendingState, PendingState.count, ref=ref, path=INBOX)[0].approvals == 0


def test_a_supervisor_is_shown_no_approvals(book: Book) -> None:
    ask(book)

    shown, told = after(ApprovalsState, ApprovalsState.load, ref=signed_in_as(Role.STREET_SUPERVISOR), path=INBOX)

    assert (shown.cards, shown.is_loaded) == ([], False)
    assert "Você não tem permissão para isso." in told


@pytest.mark.parametrize(("dialog", "approval_id"), [("drop", "x"), ("grant", "x"), ("grant", str(UUID(int=9)))])
def test_a_hostile_dialog_opens_nothing(book: Book, dialog: str, approval_id: str) -> None:
    ask(book)

    async def steps(tab: Tab) -> ApprovalsState:
        await tab.send(ApprovalsState.load)
        await tab.send(ApprovalsState.ask, dialog=dialog, approval_id=approval_id)
        await tab.send(ApprovalsState.grant, form={"reason": "x"})
        return await tab.state(ApprovalsState)

    shown = in_a_tab(signed_in_as(Role.SUPER_ADMIN), INBOX, steps)

    assert shown.dialog == ""
    assert rows("SELECT status FROM approvals") == [("PENDING",)]
