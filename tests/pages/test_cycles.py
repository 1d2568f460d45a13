"""Rotinas diárias, event by event: the cards, a replay with its preview and its typed date, and a run's progress."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.cycles import Cycle
from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.pages.cycles.overview import CyclesState
from loanapp.pages.cycles.replay import ReplayState
from loanapp.pages.cycles.run import RunState
from loanapp.services import _runner, cycles
from loanapp.settings import Settings
from tests.build.book import Book, a_day, everything, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import change_rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

Change = Callable[..., Settings]


@pytest.fixture(autouse=True)
def monday(change_settings: Change) -> None:
    set_clock(change_settings, "2026-02-23T12:00")


def overview(ref: str = "") -> CyclesState:
    return after(CyclesState, CyclesState.load, ref=ref or signed_in_as(Role.LOAN_MANAGEMENT), path="/rotinas")[0]


def values(facts: list[dict[str, str]]) -> dict[str, str]:
    return {fact["label"]: fact["value"] for fact in facts}


def replay(ref: str, form: dict[str, str], confirmation: str | None) -> tuple[ReplayState, str]:
    """Ask for a preview, and confirm the run where a confirmation is given; return the state and what the tab heard."""

    async def steps(tab: Tab) -> tuple[ReplayState, str]:
        await tab.send(ReplayState.begin)
        await tab.send(ReplayState.simulate, form=form)
        if confirmation is not None:
            await tab.send(ReplayState.confirm, is_open=True)
            await tab.send(ReplayState.run, form={"confirmation": confirmation})
        return await tab.state(ReplayState), tab.told()

    return in_a_tab(ref, "/rotinas", steps)


def test_before_the_first_run_the_page_says_when_it_will_be() -> None:
    page = overview()

    assert [(card["name"], card["next_at"], card["closed"], card["run_to"]) for card in page.cards] == [
        ("Vencidos", "24/02/2026 05:00", "nenhuma", ""),
        ("Mora", "24/02/2026 05:01", "nenhuma", ""),
        ("Cobranças", "24/02/2026 06:00", "nenhuma", ""),
    ]
    assert (page.rows, page.first_at) == ([], "24/02/2026 05:00")


def test_the_cards_tell_the_last_run_and_the_last_two_weeks() -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-20")
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    overdue, mora, charge = overview().cards

    assert (overdue["status"], overdue["counts"], overdue["closed"]) == (
        "SUCCESS", "1 processado · 0 falhas", "22/02/2026",
    )  # fmt: skip
    assert [mark["text"] for mark in overdue["marks"][-4:]] == [
        "20/02/2026 (sex): Concluída",
        "21/02/2026 (sáb): Não executada",
        "22/02/2026 (dom): Concluída",
        "23/02/2026 (seg): Não executada",
    ]
    assert overdue["attention"] == "Não executada: 21/02, 23/02"
    assert mora["waits"] == "Mora de 23/02 espera Vencidos de 23/02."
    assert [mark["text"] for mark in charge["marks"][-3:-1]] == [
        "21/02/2026 (sáb): Não prevista",
        "22/02/2026 (dom): Não prevista",
    ]


def test_the_preview_says_what_would_change_and_writes_nothing() -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    state, _ = replay(ref, {"cycle": "overdue", "business_date": "hoje"}, None)

    assert (state.title, state.headline, state.needs_date) == (
        "Vencidos de 23/02/2026 (seg)",
        "1 parcela mudaria.",
        False,
    )
    assert values(state.facts) == {
        "Parcelas analisadas": "1", "Mudariam": "1", "Já estão certas": "0", "Multa": "+R$\xa07,00",
        "Mensagens": "Nenhuma",
    }  # fmt: skip
    assert everything() == before


def test_texts_that_would_leave_ask_for_the_date_once_more() -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-20")
    run_cycles("2026-02-23", Cycle.OVERDUE, Cycle.MORA)

    state, _ = replay(signed_in_as(Role.SUPER_ADMIN), {"cycle": "charge", "business_date": "23/2"}, "")

    assert (state.needs_date, state.why_date) == (True, "1 mensagem sairia pelo WhatsApp.")
    assert (state.errors, state.is_confirming) == ({"confirmation": "Digite 23/02/2026 para confirmar."}, True)
    assert rows("SELECT count(*) FROM cycle_runs WHERE cycle = 'charge'") == [(0,)]


def test_another_date_runs_only_with_the_date_typed_once_more() -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    ref = signed_in_as(Role.SUPER_ADMIN)

    refused, _ = replay(ref, {"cycle": "overdue", "business_date": "20/2"}, "21/02/2026")
    assert (refused.why_date, refused.errors) == (
        "A data não é a de hoje.",
        {"confirmation": "Digite 20/02/2026 para confirmar."},
    )
    assert rows("SELECT count(*) FROM cycle_runs") == [(0,)]

    state, told = replay(ref, {"cycle": "overdue", "business_date": "20/2"}, "20/02/2026")
    ((run_id, *run),) = rows("SELECT id, cycle, business_date, status, origin FROM cycle_runs")
    assert run == ["overdue", a_day("2026-02-20"), "RUNNING", "screen"]
    assert (state.is_confirming, state.is_simulated) == (False, False)
    assert f"/rotinas/execucoes/{run_id}" in told


def test_a_cycle_waits_for_the_one_before_it_and_says_so_at_the_date() -> None:
    Book.opened()
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    state, _ = replay(ref, {"cycle": "mora", "business_date": "hoje"}, "")

    assert state.errors == {"business_date": "A rotina anterior ainda não terminou para esta data."}
    assert everything() == before


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"cycle": "overdue", "business_date": "24/02/2026"}, "A data de referência não pode ser depois de hoje."),
        (
            {"cycle": "charge", "business_date": "22/02/2026"},
            "A rotina Cobranças não roda neste dia: só de segunda a sexta-feira, conforme os feriados.",
        ),
        ({"cycle": "mora", "business_date": ""}, "Informe a data."),
        ({"cycle": "mora", "business_date": "'; DROP TABLE invoices"}, "Informe a data como 22/07/2025."),
        ({"cycle": "mora", "business_date": "😀" * 10_000}, "Informe a data como 22/07/2025."),
        ({}, "Informe a data."),
    ],
)
def test_a_date_that_can_not_run_is_told_at_its_field(form: dict[str, Any], problem: str) -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    state, _ = replay(ref, form, None)

    assert (state.is_simulated, state.errors) == (False, {"business_date": problem})
    assert everything() == before


def test_who_may_only_look_can_not_run() -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    state, told = replay(ref, {"cycle": "overdue", "business_date": "hoje"}, "")

    assert (state.is_simulated, state.is_confirming) == (False, False)
    assert "Você não tem permissão para isso." in told
    assert everything() == before


def test_a_run_s_page_follows_it_to_its_end() -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    ref = signed_in_as(Role.SUPER_ADMIN)
    order = cycles.OpenRun(cycle=Cycle.OVERDUE, business_date=a_day("2026-02-23"), origin="screen")
    opened = cycles.open_run(SYSTEM, clock.moment(), order)

    async def steps(tab: Tab) -> list[tuple[str, str, int, bool]]:
        seen = []
        await tab.send(RunState.load)
        for _ in range(2):
            page = await tab.state(RunState)
            seen.append((page.status, page.progress, page.percent, page.is_moving))
            _runner.drive(SYSTEM, clock.moment, opened)
            await tab.send(RunState.refresh)
        page = await tab.state(RunState)
        assert values(page.facts)["Multa"] == "+R$\xa07,00"
        assert (page.title, page.since) == ("Vencidos de 23/02/2026 (seg)", "12:00 (Tela)")
        return seen

    followed = in_a_tab(ref, f"/rotinas/execucoes/{opened.run_id}", steps)

    assert followed == [("RUNNING", "0 de 1", 0, True), ("SUCCESS", "1 de 1", 100, False)]


def test_a_run_s_page_lists_whom_it_set_aside() -> None:
    book = Book.opened()
    client_id = book.a_client("Maria das Dores Silva")
    book.a_loan(client_id, principal="350,00", first_due="2026-02-10")
    order = cycles.OpenRun(cycle=Cycle.OVERDUE, business_date=a_day("2026-02-23"), origin="screen")
    opened = cycles.open_run(SYSTEM, clock.moment(), order)
    aside = cycles.SetAside(run_id=opened.run_id, client_id=client_id, error="valor impossível")
    cycles.set_aside(SYSTEM, clock.moment(), aside)
    _runner.drive(SYSTEM, clock.moment, opened)

    page = after(
        RunState, RunState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=f"/rotinas/execucoes/{opened.run_id}"
    )[0]

    assert (page.status, page.failed_summary) == ("PARTIAL", "1 falha")
    assert page.failed == [
        {"client": "Maria das Dores Silva", "to": f"/clientes/{client_id}", "error": "valor impossível"}
    ]
    (line,) = overview(signed_in_as(Role.SUPER_ADMIN)).rows
    assert (line["status"], line["failed"], line["has_failed"]) == ("PARTIAL", "1", True)


@pytest.mark.parametrize("run_id", ["x", "1%27%20OR%201=1", str(UUID(int=7))])
def test_a_run_that_does_not_exist_says_so(run_id: str) -> None:
    page = after(RunState, RunState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=f"/rotinas/execucoes/{run_id}")[
        0
    ]

    assert page.step == "missing"


def test_a_broken_read_shows_its_reference() -> None:
    Book.opened()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    change_rows("ALTER TABLE cycle_runs RENAME TO cycle_runs_away")
    try:
        page = overview(ref)
    finally:
        change_rows("ALTER TABLE cycle_runs_away RENAME TO cycle_runs")

    assert len(page.fault) == 4


def test_a_refresh_costs_at_most_six_statements_with_the_one_that_lets_it_in(database: Engine) -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-23")

    async def steps(tab: Tab) -> int:
        await tab.send(CyclesState.load)
        with counted(database) as statements:
            await tab.send(CyclesState.refresh)
        return len(statements)

    assert in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), "/rotinas", steps) <= 6
