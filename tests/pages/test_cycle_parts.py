"""Rotinas diárias over a part of the book, event by event: what would change, one client alone, failures again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from domain.cycles import Cycle
from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.pages.cycles.overview import CyclesState
from loanapp.pages.cycles.replay import ReplayState
from loanapp.pages.cycles.run import RunState
from loanapp.services import _runner, cycles
from loanapp.settings import Settings
from tasks.proofs import prove_what_is_due
from tests.build.book import Book, everything, rows, run_cycles
from tests.build.texts import change_rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

TODAY = "2026-02-23"
CHARGES = (
    "SELECT i.status, i.late_fee_cents, i.mora_cents FROM invoices i"
    " JOIN requests r ON r.id = i.request_id ORDER BY r.number"
)


@pytest.fixture(autouse=True)
def _monday(database: object, change_settings: Callable[..., Settings]) -> None:  # noqa: ARG001 - first.
    """Two clients with a loan each: Maria's of R$ 350,00, number 1, and João's of R$ 100,00, both due 10 February."""
    set_clock(change_settings, f"{TODAY}T12:00")
    book = Book.opened()
    for name, principal in (("Maria das Dores Silva", "350,00"), ("João Pereira", "100,00")):
        book.a_loan(book.a_client(name), principal=principal, first_due="2026-02-10")


def simulated(cycle: str, ref: str = "", **form: str) -> ReplayState:
    ref = ref or signed_in_as(Role.SUPER_ADMIN)
    asked = {"cycle": cycle, "business_date": "hoje"} | form
    return after(ReplayState, ReplayState.simulate, ref=ref, path="/rotinas", form=asked)[0]


def a_run_with_a_failure() -> UUID:
    """Close today with Maria set aside by `overdue`, since the database refuses her fee; return that run's id."""
    change_rows("ALTER TABLE invoices ADD CONSTRAINT sabotage CHECK (late_fee_cents <> 700)")
    try:
        run_cycles(TODAY)
    finally:
        change_rows("ALTER TABLE invoices DROP CONSTRAINT sabotage")
    ((run_id,),) = rows("SELECT id FROM cycle_runs WHERE failed > 0")
    assert isinstance(run_id, UUID)
    return run_id


def run_page(run_id: object, *handlers: Any, role: Role = Role.SUPER_ADMIN, **payload: Any) -> tuple[RunState, str]:
    path = f"/rotinas/execucoes/{run_id}"
    return after(RunState, RunState.load, *handlers, ref=signed_in_as(role), path=path, **payload)


def test_a_preview_names_each_loan_before_and_after_and_why_the_largest_change_first() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    page = simulated("overdue", ref)

    assert [(row["title"], row["client"], row["before"], row["after"], row["why"]) for row in page.changes] == [
        ("Empréstimo 1", "Maria das Dores Silva", "R$\xa00,00", "R$\xa07,00",
         "1 passa a Em atraso; a mais antiga vencida em 10/02/2026"),
        ("Empréstimo 2", "João Pereira", "R$\xa00,00", "R$\xa02,00",
         "1 passa a Em atraso; a mais antiga vencida em 10/02/2026"),
    ]  # fmt: skip
    assert (page.changes[0]["to"], page.changes_note) == ("/emprestimos/1", "2 empréstimos mudariam")
    assert everything() == before


def test_a_preview_of_the_reminders_names_each_client_with_the_reason() -> None:
    change_rows("UPDATE clients SET accepts_messages = false WHERE name LIKE 'João%'")
    run_cycles(TODAY, Cycle.OVERDUE, Cycle.MORA)

    page = simulated("charge")

    assert [(row["title"], row["after"]) for row in page.changes] == [
        ("Maria das Dores Silva", "Na fila"),
        ("João Pereira", "Não enviada"),
    ]
    assert page.changes[0]["why"] == "Vence hoje ou está em atraso"
    assert page.changes_note == "2 clientes"


def test_a_preview_may_be_kept_to_the_client_of_one_loan_and_so_is_its_run() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)

    async def steps(tab: Tab) -> tuple[list[str], str]:
        form = {"cycle": "overdue", "business_date": "hoje", "request_number": " 2 "}
        await tab.send(ReplayState.simulate, form=form)
        named = [row["title"] for row in (await tab.state(ReplayState)).changes]
        await tab.send(ReplayState.confirm, is_open=True)
        await tab.send(ReplayState.run, form={})
        return named, tab.told()

    named, told = in_a_tab(ref, "/rotinas", steps)

    assert named == ["Empréstimo 2"]
    ((run_id, total),) = rows("SELECT id, clients_total FROM cycle_runs WHERE only_client_id IS NOT NULL")
    assert (total, f"/rotinas/execucoes/{run_id}" in told) == (1, True)
    assert isinstance(run_id, UUID)
    opened = cycles.join_run(SYSTEM, clock.moment(), run_id)
    assert opened is not None
    _runner.drive(SYSTEM, clock.moment, opened)
    assert rows(CHARGES) == [("OPEN", 0, 0), ("UNPAID", 200, 0)]
    page = after(RunState, RunState.load, ref=ref, path=f"/rotinas/execucoes/{run_id}")[0]
    assert page.part == "Só o cliente João Pereira: esta execução não fecha a data."


@pytest.mark.parametrize("number", ["99", "0", "-1", "um", "1' OR '1'='1", "9" * 40, "😀" * 10_000])
def test_the_number_of_no_loan_is_told_at_its_field_and_nothing_is_previewed(number: str) -> None:
    page = simulated("overdue", request_number=number)

    assert page.errors == {"request_number": "Este empréstimo não existe."}
    assert (page.is_simulated, page.changes) == (False, [])


def test_failures_are_retried_from_the_run_s_page_and_the_cycles_that_waited_follow() -> None:
    failed_run = a_run_with_a_failure()
    assert rows(CHARGES) == [("OPEN", 0, 0), ("UNPAID", 200, 43)]

    page, told = run_page(failed_run, RunState.retry, _form={})

    ((run_id,),) = rows("SELECT id FROM cycle_runs WHERE retry_of IS NOT NULL")
    assert (page.failed_summary, page.retry_errors, f"/rotinas/execucoes/{run_id}" in told) == ("1 falha", {}, True)
    assert isinstance(run_id, UUID)
    opened = cycles.join_run(SYSTEM, clock.moment(), run_id)
    assert opened is not None
    _runner.drive(SYSTEM, clock.moment, opened)
    _runner.follow_up(SYSTEM, clock.moment, opened)
    assert rows(CHARGES) == [("UNPAID", 700, 152), ("UNPAID", 200, 43)]
    assert rows("SELECT count(*), count(DISTINCT client_id) FROM messages") == [(2, 2)]


def test_what_a_retry_changed_is_listed_on_its_page() -> None:
    order = cycles.RetryFailures(run_id=a_run_with_a_failure(), origin="screen")
    made = _runner.retry(SYSTEM, clock.moment, order)

    page, _ = run_page(made[0].run_id, role=Role.LOAN_MANAGEMENT)

    assert [(row["title"], row["before"], row["after"]) for row in page.changed] == [
        ("Empréstimo 1", "R$\xa00,00", "R$\xa07,00")
    ]
    assert (page.changed_summary, page.part) == (
        "1 empréstimo mudou",
        "Só as falhas de outra execução: esta execução não fecha a data.",
    )


def test_a_run_without_failures_has_nothing_to_retry_and_nothing_changes() -> None:
    run_cycles(TODAY)
    ((run_id,),) = rows("SELECT id FROM cycle_runs WHERE cycle = 'overdue'")

    page, _ = run_page(run_id, RunState.retry, _form={})

    assert page.retry_errors == {"": "Esta execução não tem falhas para reprocessar."}
    assert rows("SELECT count(*) FROM cycle_runs") == [(3,)]


def test_who_may_only_look_can_not_retry() -> None:
    failed_run = a_run_with_a_failure()

    _, told = run_page(failed_run, RunState.retry, role=Role.LOAN_MANAGEMENT, _form={})

    assert "Você não tem permissão para isso." in told
    assert rows("SELECT count(*) FROM cycle_runs") == [(3,)]


def test_a_screen_is_told_at_the_date_that_missed_dates_come_first() -> None:
    run_cycles("2026-02-20")
    ref = signed_in_as(Role.SUPER_ADMIN)

    async def steps(tab: Tab) -> dict[str, str]:
        await tab.send(ReplayState.simulate, form={"cycle": "overdue", "business_date": "hoje"})
        await tab.send(ReplayState.run, form={})
        return (await tab.state(ReplayState)).errors

    assert in_a_tab(ref, "/rotinas", steps) == {
        "business_date": "As datas em aberto desde 21/02/2026 são fechadas primeiro, sozinhas, em menos de um minuto."
        " Tente de novo depois."
    }


def test_the_banner_tells_which_date_is_closed_and_whether_it_was_proven() -> None:
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    def banner() -> tuple[str, str, bool]:
        page = after(CyclesState, CyclesState.load, ref=ref, path="/rotinas")[0]
        return page.closed, page.proven, page.is_proven

    assert banner() == ("Nenhuma data fechada ainda", "Ainda não conferida", False)
    run_cycles(TODAY)
    assert banner() == ("Data fechada: 23/02/2026", "Ainda não conferida", False)
    prove_what_is_due()
    assert banner() == ("Data fechada: 23/02/2026", "Conferida em 23/02/2026 12:00: tudo certo", True)
