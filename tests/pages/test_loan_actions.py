"""What is done on a loan besides receiving: waive, move a due date, settle, reopen, cancel; event by event."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.history import Component
from domain.permissions import Role
from loanapp import clock
from loanapp.components.due_date import DueDateState
from loanapp.components.waive import WaiveState
from loanapp.pages.requests.adjustments import AdjustmentsState
from loanapp.pages.requests.record_state import RequestRecordState
from loanapp.pages.requests.settle import SettleState
from loanapp.services import approvals
from loanapp.services.approvals import MarkLost, TakeBack
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as

FEE, MORA = "waive-late-fee-1", "waive-mora-1"


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give a book on 22/02/2026."""
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


@pytest.fixture
def loan(book: Book) -> RequestReceipt:
    """Give two invoices of 350,00 (290,00 + 60,00), the first 12 days overdue: fee 7,00, mora 1,40."""
    return book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")


def seen(page: Any, path: str, *events: tuple[Any, dict[str, Any]], role: Role = Role.LOAN_MANAGEMENT) -> Any:
    """Return what a page's state holds after events at an address."""

    async def steps(tab: Tab) -> Any:
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(page)

    return in_a_tab(signed_in_as(role), path, steps)


def waived(*events: tuple[Any, dict[str, Any]], role: Role = Role.LOAN_MANAGEMENT, target: str = "1") -> WaiveState:
    opened = (WaiveState.look_at_address, {})
    return seen(WaiveState, f"/emprestimos/1?dispensar={target}", opened, *events, role=role)


def a_form(**fields: str) -> dict[str, Any]:
    return {"form": {"command_id": str(uuid4()), **fields}}


def counted(**fields: str) -> dict[str, str]:
    return {"form_as_json": json.dumps(fields)}


@pytest.mark.usefixtures("loan")
def test_waiving_shows_each_open_charge_and_ones_own_limit() -> None:
    shown = waived()

    assert [(field["field"], field["label"], field["open"], field["alone"]) for field in shown.fields] == [
        (FEE, "Parcela 1/2 · multa de R$\xa07,00", "7,00", "1,40"),
        (MORA, "Parcela 1/2 · mora de R$\xa01,40", "1,40", "0,28"),
    ]
    assert shown.limit.startswith("Sem aprovação você dispensa até 20% de cada encargo")
    assert (shown.effect, shown.verb) == ("Em aberto no empréstimo: R$\xa0708,40.", "Dispensar R$\xa00,00")


@pytest.mark.usefixtures("loan")
def test_what_is_typed_shows_its_effect() -> None:
    within = waived((WaiveState.count, counted(**{FEE: "1,40"})))
    assert (within.verb, within.needs_approval) == ("Dispensar R$\xa01,40", False)
    assert within.effect == "Em aberto no empréstimo: R$\xa0708,40 → R$\xa0707,00."


@pytest.mark.usefixtures("loan")
def test_a_centavo_above_the_limit_is_for_somebody_else_to_decide() -> None:
    above = waived((WaiveState.count, counted(**{FEE: "1,41"})))

    assert (above.verb, above.needs_approval) == ("Pedir aprovação para R$\xa01,41", True)


@pytest.mark.usefixtures("loan")
def test_a_waiver_within_the_limit_is_done_once_however_often_it_is_sent() -> None:
    form = a_form(**{FEE: "1,40", MORA: "0,28", "waive_reason": "Bom pagador"})

    shown = waived((WaiveState.submit, form), (WaiveState.submit, form))

    assert (shown.step, shown.done, shown.rest) == (
        "done", "Encargos dispensados.", "R$\xa0706,72 em aberto no empréstimo.",
    )  # fmt: skip
    assert rows("SELECT component, amount_cents, reason FROM adjustments ORDER BY 1") == [
        ("LATE_FEE", 140, "Bom pagador"), ("MORA", 28, "Bom pagador"),
    ]  # fmt: skip


@pytest.mark.usefixtures("loan")
def test_a_waiver_above_the_limit_asks_and_takes_nothing_off() -> None:
    typed = {FEE: "7,00", "waive_reason": "Ficou internado"}

    shown = waived((WaiveState.count, counted(**typed)), (WaiveState.submit, a_form(**typed)))

    assert (shown.step, shown.done) == ("done", "Pedido registrado. Aguardando segunda pessoa.")
    assert rows("SELECT kind, amount_cents, status FROM approvals") == [("WAIVER", 700, "PENDING")]
    assert rows("SELECT count(*) FROM adjustments") == [(0,)]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({FEE: "7,01", "waive_reason": "x"}, {FEE: "Estão em aberto só R$\xa07,00."}),
        ({FEE: "1,005", "waive_reason": "x"}, {FEE}),
        ({FEE: "-1", "waive_reason": "x"}, {FEE}),
        ({"waive_reason": "x"}, {""}),
        ({FEE: "1,00", "waive_reason": " "}, {"waive_reason"}),
    ],
)
@pytest.mark.usefixtures("loan")
def test_a_wrong_waiver_is_refused_at_its_field_with_nothing_changed(fields: dict[str, str], errors: Any) -> None:
    before = everything()

    shown = waived((WaiveState.submit, a_form(**fields)))

    assert shown.step == "form"
    assert shown.errors == errors if isinstance(errors, dict) else set(shown.errors) == errors
    assert rows("SELECT count(*) FROM adjustments") == [(0,)]
    assert everything()["approvals"] == before["approvals"]


@pytest.mark.usefixtures("loan")
def test_what_became_too_much_since_it_was_counted_asks_for_approval_at_the_next_press() -> None:
    shown = waived((WaiveState.submit, a_form(**{FEE: "7,00", "waive_reason": "x"})))

    assert (shown.step, shown.needs_approval, shown.verb) == ("form", True, "Pedir aprovação para R$\xa07,00")
    assert shown.errors == {"": "São mais que os 20% deste encargo que seu papel dispensa. Peça a quem pode mais."}


@pytest.mark.usefixtures("loan")
def test_a_supervisor_of_the_street_opens_neither_waiver_nor_due_date() -> None:
    assert waived(role=Role.STREET_SUPERVISOR).step == ""


def moved(*events: tuple[Any, dict[str, Any]], target: str = "1-1") -> DueDateState:
    opened = (DueDateState.look_at_address, {})
    return seen(DueDateState, f"/emprestimos/1?vencimento={target}", opened, *events, role=Role.SUPER_ADMIN)


@pytest.mark.usefixtures("loan")
def test_a_new_due_date_shows_what_it_changes_before_it_is_confirmed() -> None:
    shown = moved((DueDateState.count, counted(due_date_invoice="1", new_due_date="28/02/2026")))

    # Saturday: without charges until Monday, 2 March.
    assert shown.lines == [
        ["Vencimento", "10/02/2026", "28/02/2026 · sem encargos até 02/03/2026"],
        ["Atraso", "12 dias", "em dia"],
        ["Multa", "R$\xa07,00", "R$\xa00,00"],
        ["Mora", "R$\xa01,40", "R$\xa00,00"],
        ["Em aberto na parcela", "R$\xa0358,40", "R$\xa0350,00"],
        ["Em aberto no empréstimo", "R$\xa0708,40", "R$\xa0700,00"],
    ]
    assert (shown.verb, shown.obstacle) == ("Alterar para 28/02/2026", "")
    assert rows("SELECT count(*) FROM due_date_changes") == [(0,)]


@pytest.mark.usefixtures("loan")
def test_without_an_invoice_the_oldest_open_one_is_chosen_and_any_may_be() -> None:
    shown = moved(target="1")

    assert (shown.invoice, shown.invoices, shown.lines) == (
        "1", [["1", "Parcela 1 · vence 10/02/2026"], ["2", "Parcela 2 · vence 10/03/2026"]], [],
    )  # fmt: skip


@pytest.mark.usefixtures("loan")
def test_a_due_date_is_moved_once() -> None:
    form = a_form(due_date_invoice="1", new_due_date="27/02/2026", due_date_reason="Recebe no dia 27")

    shown = moved((DueDateState.submit, form), (DueDateState.submit, form))

    assert (shown.step, shown.done) == ("done", "Vencimento alterado para 27/02/2026")
    assert rows("SELECT reason, late_fee_relief_cents FROM due_date_changes") == [("Recebe no dia 27", 700)]
    assert rows("SELECT total_value_open FROM requests") == [(70_000,)]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"new_due_date": "10/02/2026", "due_date_reason": "x"}, {"new_due_date"}),
        ({"new_due_date": "31/02/2026", "due_date_reason": "x"}, {"new_due_date"}),
        ({"new_due_date": "", "due_date_reason": "x"}, {"new_due_date"}),
        ({"new_due_date": "27/02/2026", "due_date_reason": ""}, {"due_date_reason"}),
        ({"new_due_date": "27/02/2026", "due_date_reason": "x", "due_date_invoice": "9"}, {""}),
    ],
)
@pytest.mark.usefixtures("loan")
def test_a_wrong_due_date_is_refused_at_its_field_with_nothing_changed(fields: dict[str, str], names: set[str]) -> None:
    shown = moved((DueDateState.submit, a_form(**{"due_date_invoice": "1", **fields})))

    assert (shown.step, set(shown.errors)) == ("form", names)
    assert rows("SELECT count(*) FROM due_date_changes") == [(0,)]


@pytest.mark.usefixtures("loan")
def test_a_manager_is_told_before_that_a_new_date_takes_too_much_off() -> None:
    opened = (DueDateState.look_at_address, {})
    typed = (DueDateState.count, counted(due_date_invoice="1", new_due_date="28/02/2026"))

    shown = seen(DueDateState, "/emprestimos/1?vencimento=1-1", opened, typed)

    assert shown.obstacle == "São mais que os 20% deste encargo que seu papel dispensa. Peça a quem pode mais."


def paid_off(*events: tuple[Any, dict[str, Any]]) -> SettleState:
    return seen(SettleState, "/emprestimos/1?quitar=1", (SettleState.look_at_address, {}), *events)


BOTH = {"settle-1": "on", "settle-2": "on", "settled_on": "22/02/2026", "settle_method": "PIX"}


@pytest.mark.usefixtures("loan")
def test_settling_shows_the_interest_that_comes_off_line_by_line() -> None:
    shown = paid_off()

    # Of the second's 60,00, 16 of 28 days have not yet run: 34,29.
    assert [(line["title"], line["open"], line["discount"], line["to_pay"]) for line in shown.lines] == [
        ("Parcela 1", "R$\xa0358,40", "", "R$\xa0358,40"),
        ("Parcela 2", "R$\xa0350,00", "\N{MINUS SIGN}R$\xa034,29", "R$\xa0315,71"),
    ]
    assert (shown.total, shown.discount, shown.after) == ("R$\xa0674,11", "R$\xa034,29", "Quita o empréstimo.")


@pytest.mark.usefixtures("loan")
def test_chosen_invoices_are_quoted_alone() -> None:
    shown = paid_off((SettleState.count, counted(**{"settle-2": "on", "settled_on": "22/02/2026"})))

    assert (shown.total, shown.discount, shown.after) == (
        "R$\xa0315,71", "R$\xa034,29", "Restam R$\xa0358,40 no empréstimo.",
    )  # fmt: skip


@pytest.mark.usefixtures("loan")
def test_a_loan_is_settled_once_for_what_was_shown() -> None:
    form = a_form(**BOTH)

    shown = paid_off((SettleState.submit, form), (SettleState.submit, form))

    assert (shown.step, shown.done) == ("done", "Recebimento nº 1 registrado")
    assert shown.summary == "R$\xa0674,11 em Pix, em 22/02/2026. Empréstimo quitado."
    assert rows("SELECT status FROM requests") == [("PAID",)]
    assert rows("SELECT amount_cents FROM payments") == [(67_411,)]


def test_a_total_that_changed_is_shown_anew_and_nothing_is_paid(book: Book, loan: RequestReceipt) -> None:
    async def steps(tab: Tab) -> SettleState:
        await tab.send(SettleState.look_at_address)
        book.pay(loan, "8,40", on="2026-02-22")
        await tab.send(SettleState.submit, **a_form(**BOTH))
        return await tab.state(SettleState)

    shown = in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/1?quitar=1", steps)

    assert shown.errors == {
        "": "O valor mudou de R$\xa0674,11 para R$\xa0665,71. Nada foi alterado. Confira e confirme de novo."
    }
    assert (shown.step, shown.total) == ("form", "R$\xa0665,71")
    assert rows("SELECT count(*) FROM payments") == [(1,)]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"settled_on": "23/02/2026"}, {"settled_on"}),
        ({"settled_on": "09/01/2026"}, {"settled_on"}),
        ({"settle-1": "", "settle-2": ""}, {""}),
        ({"settled_on": "20/02/2026"}, {"settle_note", ""}),
    ],
)
@pytest.mark.usefixtures("loan")
def test_a_wrong_settlement_is_refused_at_its_field_and_nothing_is_paid(
    fields: dict[str, str], names: set[str]
) -> None:
    shown = paid_off((SettleState.submit, a_form(**(BOTH | fields))))

    assert shown.step == "form"
    assert set(shown.errors) <= names
    assert shown.errors
    assert rows("SELECT count(*) FROM payments") == [(0,)]


def on_record(*events: tuple[Any, dict[str, Any]], role: Role = Role.LOAN_MANAGEMENT) -> RequestRecordState:
    return seen(RequestRecordState, "/emprestimos/1", (RequestRecordState.load, {}), *events, role=role)


def write_off(book: Book, loan: RequestReceipt) -> None:
    order = MarkLost(request_id=loan.request_id, approval_id=uuid4(), reason="Mudou sem aviso")
    approvals.mark_lost(book.admin, clock.moment(), order)


@pytest.mark.usefixtures("loan")
def test_a_cancelled_disbursement_is_asked_for_and_the_record_says_so() -> None:
    shown = on_record((RequestRecordState.cancel, a_form(reason="Cliente desistiu")))

    assert (shown.status, shown.notice) == ("ACTIVE", "Pedido registrado. Aguardando segunda pessoa.")
    assert shown.waiting_kinds == ["CANCELLATION"]
    assert "para cancelar a liberação (R$\xa0580,00). Motivo: Cliente desistiu" in shown.waiting[0]


def test_a_lost_loan_is_asked_to_be_reopened(book: Book, loan: RequestReceipt) -> None:
    write_off(book, loan)

    shown = on_record((RequestRecordState.reopen, a_form(reason="Voltou a pagar")))

    assert (shown.status, shown.waiting_kinds) == ("LOST", ["REOPENING"])


def test_a_cancelled_loan_shows_its_plan_and_that_it_ended(book: Book, loan: RequestReceipt) -> None:
    order = TakeBack(request_id=loan.request_id, approval_id=uuid4(), reason="Cliente desistiu")
    approvals.ask_cancellation(book.manager, clock.moment(), order)
    answer = approvals.Decide(approval_id=order.approval_id, reason="De acordo")
    approvals.grant(book.approver, clock.moment(), answer)

    shown = on_record()

    assert (shown.status, shown.invoices, shown.waiting) == ("UNAPPROVED", [], [])
    assert [fact["label"] for fact in shown.facts] == ["Valor", "Taxa", "CET"]
    assert (shown.life[-1]["status"], shown.life[-1]["reason"]) == ("UNAPPROVED", "Cliente desistiu")


def adjusted(*events: tuple[Any, dict[str, Any]]) -> AdjustmentsState:
    return seen(AdjustmentsState, "/emprestimos/1", (AdjustmentsState.load, {}), *events)


def test_what_was_waived_and_moved_is_told_with_who_and_why(book: Book, loan: RequestReceipt) -> None:
    book.waive(loan, (1, Component.LATE_FEE, "7,00"), on="2026-02-22")
    book.move_due_date(loan, 2, "2026-03-20", on="2026-02-22")

    told = {row["what"]: (row["invoice"], row["amount"], row["reason"], bool(row["id"])) for row in adjusted().rows}

    assert told == {
        "Dispensa (multa)": ("1", "R$\xa07,00", "Acordo com o cliente", True),
        "Vencimento de 10/03/2026 para 20/03/2026": ("2", "—", "Recebe no dia 5", False),
    }


def test_a_waiver_is_undone_with_a_reason_and_both_lines_stay(book: Book, loan: RequestReceipt) -> None:
    book.waive(loan, (1, Component.LATE_FEE, "7,00"), on="2026-02-22")
    [(adjustment_id,)] = rows("SELECT id FROM adjustments")
    form = a_form(undo_reason="Era de outra parcela")

    shown = adjusted((AdjustmentsState.ask, {"adjustment_id": str(adjustment_id)}), (AdjustmentsState.undo, form))

    assert shown.notice == "Dispensa estornada: o encargo volta a ser devido."
    assert shown.rows[0]["undone"].startswith("Estornado por Ana Souza em 22/02/2026")
    assert (shown.rows[0]["id"], shown.title) == ("", "")
    assert rows("SELECT total_value_open FROM requests") == [(70_840,)]


def test_an_undone_waiver_needs_its_reason(book: Book, loan: RequestReceipt) -> None:
    book.waive(loan, (1, Component.LATE_FEE, "7,00"), on="2026-02-22")
    [(adjustment_id,)] = rows("SELECT id FROM adjustments")

    shown = adjusted(
        (AdjustmentsState.ask, {"adjustment_id": str(adjustment_id)}),
        (AdjustmentsState.undo, a_form(undo_reason=" ")),
    )

    assert list(shown.errors) == ["undo_reason"]
    assert rows("SELECT count(*) FROM reversals") == [(0,)]
