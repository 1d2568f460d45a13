"""Handing cash in and counting it, event by event, and what each role is shown of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from domain.money import Money
from domain.permissions import Actor, Role
from loanapp import clock
from loanapp.components.cash_room import CashRoomState
from loanapp.pages.cash.check_state import CheckCashState
from loanapp.pages.cash.my_cash import MyCashState
from loanapp.pages.dashboard.home import DashboardState
from loanapp.services import cash
from loanapp.services.cash import HandInCash
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, assign_all, everything, rows
from tests.build.cash import take
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

TODAY = "2026-02-20"
MINE, DESK = "/campo/recebidos", "/recebimentos/caixa"
SESSIONS = {"login_sessions"}


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give an open book; today is 20/02/2026, 17:00."""
    set_clock(change_settings, f"{TODAY}T17:00")
    return Book.opened()


def a_supervisor(book: Book) -> tuple[str, Actor, RequestReceipt]:
    """Sign a supervisor in who visits a client with a loan of R$ 1.000,00."""
    ref = signed_in_as(Role.STREET_SUPERVISOR)
    loan = book.a_loan(book.a_client("Maria das Dores Silva"))
    [(user_id,)] = rows("SELECT id FROM users WHERE role = 'STREET_SUPERVISOR'")
    supervisor = Actor.of(Role.STREET_SUPERVISOR, name="Ana Souza", user_id=UUID(str(user_id)))
    assign_all(supervisor)
    return ref, supervisor, loan


def handed_in(supervisor: Actor, cents: int) -> str:
    """Hand in what the supervisor holds; return the hand-in's id."""
    assert supervisor.user_id is not None
    order = HandInCash(hand_in_id=uuid4(), holder_id=supervisor.user_id, expected=Money(cents))
    return str(cash.hand_in_cash(supervisor, clock.moment(), order).hand_in_id)


def kept() -> dict[str, Any]:
    return {name: rows_ for name, rows_ in everything().items() if name not in SESSIONS}


def counts(ref: str, hand_in_id: str, **form: str) -> CheckCashState:
    """Open the desk, ask for a hand-in and send the dialog's form."""

    async def steps(tab: Tab) -> CheckCashState:
        await tab.send(CheckCashState.load)
        await tab.send(CheckCashState.ask_count, hand_in_id=hand_in_id)
        await tab.send(CheckCashState.count_typed, text=form.get("counted", ""))
        await tab.send(CheckCashState.count, form={"command_id": str(uuid4()), "reason": "", **form})
        return await tab.state(CheckCashState)

    return in_a_tab(ref, DESK, steps)


def test_a_supervisor_sees_what_is_in_hand_and_hands_it_in(book: Book) -> None:
    ref, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 124_000 // 4, on=TODAY, hour=9)

    async def steps(tab: Tab) -> tuple[MyCashState, dict[str, Any], bool, MyCashState]:
        await tab.send(MyCashState.load)
        shown = await tab.state(MyCashState)
        before = dict(shown.gauge)
        await tab.send(MyCashState.ask, is_open=True)
        is_asking = (await tab.state(MyCashState)).is_asking
        await tab.send(MyCashState.hand_in, form={"command_id": str(uuid4())})
        return shown, before, is_asking, await tab.state(MyCashState)

    _, before, is_asking, done = in_a_tab(ref, MINE, steps)

    assert before == {
        "in_hand": "R$\xa0310,00", "ceiling": "de R$\xa03.000,00", "left": "Cabem mais R$\xa02.690,00.", "pct": 10,
        "is_full": False,
    }  # fmt: skip
    assert is_asking
    assert (done.is_asking, done.errors, done.to_hand_in) == (False, {}, "")
    assert done.notice.startswith("Entrega nº 1 registrada: R$\xa0310,00.")
    assert done.awaiting == "R$\xa0310,00 entregues esperam a conferência e contam no limite até lá."
    assert [(row["title"], row["amount"], row["cash_status"], row["may_reverse"]) for row in done.rows] == [
        ("Recebimento nº 1", "R$\xa0310,00", "HANDED_IN", False)
    ]
    assert rows("SELECT amount_cents, status FROM cash_hand_ins") == [(31_000, "OPEN")]


def test_with_nothing_in_hand_there_is_nothing_to_ask(book: Book) -> None:
    ref, _, _ = a_supervisor(book)

    shown, _ = after(MyCashState, MyCashState.load, MyCashState.ask, ref=ref, path=MINE, is_open=True)

    assert (shown.is_loaded, shown.is_asking, shown.to_hand_in, shown.rows) == (True, False, "", [])


def test_a_payment_that_comes_meanwhile_is_shown_before_the_next_press_hands_it_in(book: Book) -> None:
    ref, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)

    async def steps(tab: Tab) -> tuple[dict[str, str], str, MyCashState]:
        await tab.send(MyCashState.load)
        await tab.send(MyCashState.ask, is_open=True)
        take(supervisor, loan, 500, on=TODAY)
        await tab.send(MyCashState.hand_in, form={"command_id": str(uuid4())})
        refused = await tab.state(MyCashState)
        errors, amount = dict(refused.errors), refused.to_hand_in
        assert rows("SELECT count(*) FROM cash_hand_ins") == [(0,)]
        await tab.send(MyCashState.hand_in, form={"command_id": str(uuid4())})
        return errors, amount, await tab.state(MyCashState)

    errors, amount, done = in_a_tab(ref, MINE, steps)

    assert errors == {
        "": "O valor mudou de R$\xa0100,00 para R$\xa0105,00. Nada foi alterado. Confira e confirme de novo."
    }
    assert (amount, done.errors) == ("R$\xa0105,00", {})
    assert rows("SELECT amount_cents FROM cash_hand_ins") == [(10_500,)]


def test_the_same_press_twice_hands_in_once(book: Book) -> None:
    ref, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)
    form = {"command_id": str(uuid4())}

    async def steps(tab: Tab) -> MyCashState:
        await tab.send(MyCashState.load)
        await tab.send(MyCashState.ask, is_open=True)
        await tab.send(MyCashState.hand_in, form=form)
        await tab.send(MyCashState.hand_in, form=form)
        return await tab.state(MyCashState)

    assert in_a_tab(ref, MINE, steps).errors == {}
    assert rows("SELECT count(*) FROM cash_hand_ins") == [(1,)]


def test_management_counts_what_was_handed_in(book: Book) -> None:
    _, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)
    hand_in_id = handed_in(supervisor, 10_000)

    shown = counts(signed_in_as(Role.LOAN_MANAGEMENT), hand_in_id, counted="100,00")

    assert (shown.dialog, shown.errors, shown.waiting) == ("", {}, [])
    assert shown.notice == "Entrega nº 1 de Ana Souza conferida. Confere."
    assert shown.view_texts == {
        "a-conferir": "A conferir (0)",
        "em-maos": "Em mãos (0)",
        "conferidas": "Conferidas (1)",
    }
    assert rows("SELECT status, expected_cents, counted_cents FROM cash_hand_ins") == [("CHECKED", 10_000, 10_000)]


def test_a_difference_is_told_while_typing_and_asks_for_its_reason(book: Book) -> None:
    _, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)
    hand_in_id = handed_in(supervisor, 10_000)
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = kept()

    shown = counts(ref, hand_in_id, counted="90,00")

    assert (shown.dialog, shown.difference, shown.is_different) == ("count", "Faltam R$\xa010,00", True)
    assert shown.verb == "Confirmar R$\xa090,00 contados"
    assert shown.errors == {"reason": "Há uma diferença de \N{MINUS SIGN}R$\xa010,00. Escreva o motivo."}
    assert kept() == before
    done = counts(ref, hand_in_id, counted="90,00", reason="Troco a mais para um cliente")
    assert done.notice == "Entrega nº 1 de Ana Souza conferida. Faltam R$\xa010,00."
    listed, _ = after(CheckCashState, CheckCashState.load, ref=ref, path=f"{DESK}?visao=conferidas")
    assert [(row["expected"], row["counted"], row["difference"], row["reason"]) for row in listed.counted] == [
        ("R$\xa0100,00", "R$\xa090,00", "Faltam R$\xa010,00", "Troco a mais para um cliente")
    ]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Informe o valor."),
        ("cem", "Informe o valor como 1.234,56."),
        ("-1", "Informe um valor que não seja negativo."),
        ("10,555", "Informe o valor como 1.234,56."),
    ],
)
def test_an_amount_that_is_none_is_refused_at_its_field(book: Book, typed: str, told: str) -> None:
    _, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)
    hand_in_id = handed_in(supervisor, 10_000)
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = kept()

    shown = counts(ref, hand_in_id, counted=typed, reason="x")

    assert (shown.errors, shown.difference, shown.verb) == ({"counted": told}, "", "Confirmar conferência")
    assert kept() == before


def test_management_records_the_hand_in_of_who_cannot_and_is_told_that_another_counts(book: Book) -> None:
    _, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)

    async def steps(tab: Tab) -> CheckCashState:
        await tab.send(CheckCashState.load)
        await tab.send(CheckCashState.ask_record, holder_id=str(supervisor.user_id))
        await tab.send(CheckCashState.record, form={"command_id": str(uuid4())})
        return await tab.state(CheckCashState)

    shown = in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), f"{DESK}?visao=em-maos", steps)

    assert shown.notice == "Entrega nº 1 de Ana Souza registrada: R$\xa0100,00. Outra pessoa confere."
    assert (shown.holders, [bool(row["obstacle"]) for row in shown.waiting]) == ([], [True])


def test_hostile_events_open_nothing_and_change_nothing(book: Book) -> None:
    _, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)
    handed_in(supervisor, 10_000)
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = kept()

    async def steps(tab: Tab) -> CheckCashState:
        await tab.send(CheckCashState.load)
        for hostile in ("x", str(UUID(int=9)), ""):
            await tab.send(CheckCashState.ask_count, hand_in_id=hostile)
            await tab.send(CheckCashState.count, form={"counted": "100,00"})
            await tab.send(CheckCashState.ask_record, holder_id=hostile)
            await tab.send(CheckCashState.record, form={"command_id": "x"})
        return await tab.state(CheckCashState)

    assert in_a_tab(ref, DESK, steps).dialog == ""
    assert kept() == before


def test_a_supervisor_and_an_analyst_count_nothing(book: Book) -> None:
    ref, _, _ = a_supervisor(book)

    for reference in (ref, signed_in_as(Role.RENEGOTIATION_ANALYST)):
        shown, told = after(CheckCashState, CheckCashState.load, ref=reference, path=DESK)
        assert (shown.is_loaded, "Você não tem permissão para isso." in told) == (False, True)


def test_the_receive_dialog_tells_a_supervisor_what_still_fits_and_the_office_nothing(book: Book) -> None:
    ref, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)

    shown, _ = after(CashRoomState, CashRoomState.load, ref=ref, path="/clientes")
    office, _ = after(CashRoomState, CashRoomState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path="/painel")

    assert shown.text == "Em mãos: R$\xa0100,00 de R$\xa03.000,00. Cabem mais R$\xa02.900,00."
    assert office.text == ""


def test_the_dashboard_links_management_to_the_desk_and_tells_the_analyst(book: Book) -> None:
    _, supervisor, loan = a_supervisor(book)
    take(supervisor, loan, 10_000, on=TODAY)
    handed_in(supervisor, 10_000)

    links = []
    for role in (Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST):
        shown, _ = after(DashboardState, DashboardState.load, ref=signed_in_as(role), path="/painel")
        links.append([each["to"] for each in shown.matters if each["text"] == "1 caixa de rua não conferido"])

    assert links == [[DESK], [""]]
