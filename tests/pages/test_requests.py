"""The pages of loans: the list as its address asks, a new request as typed, the record with its decisions."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from domain.cycles import Cycle
from domain.permissions import Role
from loanapp.pages.requests.all_requests import RequestsState
from loanapp.pages.requests.new_request import NewRequestState
from loanapp.pages.requests.record_state import RequestRecordState
from loanapp.services import requests
from loanapp.settings import Settings
from tests.build.book import Book, a_day, at, everything, rows, run_cycles
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as

_FIRST_DATE = "A primeira data fica depois de hoje e até um ano à frente."


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give an empty book; today is 22/02/2026."""
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


def a_form(client_id: object, **changes: str) -> dict[str, str]:
    return {
        "command_id": str(uuid4()), "client_id": str(client_id), "principal": "1.000,00", "rate_pct": "10",
        "count": "3", "step": "MONTHLY", "plan": "FLAT", "first_due_date": "22/03/2026", "note": "", **changes,
    }  # fmt: skip


def sent(reference: str, path: str, state: Any, *events: tuple[Any, dict[str, Any]]) -> tuple[Any, str]:
    """Send events from one tab; return what the page's state then holds and what the tab was told."""

    async def steps(tab: Tab) -> tuple[Any, str]:
        # A tab begins by loading its page.
        await tab.send(state.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(state), tab.told()

    return in_a_tab(reference, path, steps)


def test_the_list_shows_the_view_of_its_address_with_counts_sums_and_the_next_step(book: Book) -> None:
    book.a_request(principal="300,00", count=3)
    book.a_loan(principal="1.000,00", rate_pct="10", count=2, first_due="2026-02-10")
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)
    path = "/emprestimos?situacao=em-andamento"

    shown, _ = after(RequestsState, RequestsState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=path)

    assert [tab["text"] for tab in shown.tabs] == [
        "Em análise (1)", "Aprovados (a liberar) (0)", "Em andamento (1)", "Quitados (0)", "Reprovados (0)",
        "Renegociados e perdidos (0)", "Todos (2)",
    ]  # fmt: skip
    # 2 x 600,00; the first is 12 days overdue: fee 12,00, mora 600,00 x 1 % / 30 x 12 = 2,40.
    assert shown.caption == ("1 empréstimo · R$\xa01.000,00 · R$\xa01.214,40 em aberto · R$\xa0614,40 em atraso")
    (row,) = shown.rows
    assert (row["instalments"], row["rate"], row["paid"]) == (
        "2 \N{MULTIPLICATION SIGN} R$\xa0600,00", "10,00% ao mês", "0/2",
    )  # fmt: skip
    assert (row["overdue"], row["days_overdue"]) == ("R$\xa0614,40", "12 d")
    assert (row["action"], row["action_to"]) == ("Receber", "/emprestimos?situacao=em-andamento&receber=2")


def test_hostile_parameters_of_the_list_count_as_none(book: Book) -> None:
    book.a_request()
    path = "/emprestimos?situacao=%00&pagina=-5&ordem=drop&por_pagina=1000000"

    shown, _ = after(RequestsState, RequestsState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=path)

    assert (shown.view, shown.problem, len(shown.rows)) == ("em-analise", "", 1)


def test_an_analyst_is_offered_to_open_what_only_managers_decide(book: Book) -> None:
    book.a_request()

    shown, _ = after(
        RequestsState, RequestsState.load, ref=signed_in_as(Role.RENEGOTIATION_ANALYST), path="/emprestimos"
    )

    assert (shown.rows[0]["action"], shown.rows[0]["action_to"]) == ("Abrir", "/emprestimos/1")


def test_a_new_request_begins_with_its_client_and_a_date_a_month_away(book: Book) -> None:
    client_id = book.a_client("Maria das Dores Silva")
    book.a_loan(client_id, principal="300,00", first_due="2026-02-10")
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)
    reference = signed_in_as(Role.LOAN_MANAGEMENT)

    shown, _ = after(
        NewRequestState, NewRequestState.load, ref=reference, path=f"/emprestimos/novo?cliente={client_id}"
    )

    assert (shown.asker["name"], shown.first_due_date) == ("Maria das Dores Silva", "22/03/2026")
    # 300,00 + 2 % + 300,00 x 1 % / 30 x 12.
    assert shown.asker["warning"] == "Tem R$\xa0307,20 em atraso, há 12 dias."
    assert shown.asker["history"] == "1 em andamento · R$\xa0307,20 em aberto"


@pytest.mark.usefixtures("book")
def test_a_simulation_follows_what_is_typed_and_the_last_valid_one_stays_greyed() -> None:
    reference = signed_in_as(Role.LOAN_MANAGEMENT)
    typed = [{"form_as_json": json.dumps(a_form("", principal=text))} for text in ("R$ 1.234,56", "1.234,5x")]

    first, _ = sent(reference, "/emprestimos/novo", NewRequestState, (NewRequestState.count, typed[0]))
    headline = first.simulation["headline"]
    second, _ = sent(
        reference, "/emprestimos/novo", NewRequestState,
        (NewRequestState.count, typed[0]), (NewRequestState.count, typed[1]),
    )  # fmt: skip

    assert headline == "3 \N{MULTIPLICATION SIGN} R$\xa0534,98 · total R$\xa01.604,93"
    assert (first.is_stale, first.simulation["last"]) == (
        False, "A última parcela é de R$\xa0534,97: fica com os centavos.",
    )  # fmt: skip
    assert (second.is_stale, second.simulation["headline"], second.errors) == (True, headline, {})


def test_a_sent_request_is_opened_once_by_its_key_and_its_record_follows(book: Book) -> None:
    form = a_form(book.a_client())
    submit = (NewRequestState.submit, {"form": form})

    shown, told = sent(signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/novo", NewRequestState, submit, submit)

    assert rows("SELECT id, principal_cents, instalment_count, status FROM requests") == [
        (UUID(form["command_id"]), 100_000, 3, "OPEN")
    ]
    assert shown.errors == {}
    assert "/emprestimos/1" in told


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"client_id": ""}, {"client_id": "Escolha o cliente."}),
        ({"client_id": str(UUID(int=7))}, {"client_id": "Este cliente não existe."}),
        ({"principal": ""}, {"principal": "Informe o valor."}),
        ({"principal": "0"}, {"principal": "Informe um valor maior que zero."}),
        ({"principal": "-1"}, {"principal": "Informe um valor que não seja negativo."}),
        ({"principal": "1e9"}, {"principal": "Informe o valor como 1.234,56."}),
        ({"principal": "999.999.999.999,00"}, {"principal": "Informe um valor de até R$ 100.000.000,00."}),
        ({"count": "0"}, {"count": "Informe de 1 a 420 parcelas."}),
        ({"count": "1,5"}, {"count": "Informe de 1 a 420 parcelas."}),
        ({"count": "٣"}, {"count": "Informe de 1 a 420 parcelas."}),
        ({"rate_pct": "101"}, {"rate_pct": "Informe uma taxa de 0 a 100% por período."}),
        ({"rate_pct": "abc"}, {"rate_pct": "Informe a taxa como 4,50."}),
        ({"first_due_date": "22/02/2026"}, {"first_due_date": _FIRST_DATE}),
        ({"first_due_date": "01/01/2199"}, {"first_due_date": _FIRST_DATE}),
        ({"first_due_date": "31/02/2026"}, {"first_due_date": "Informe a data como 22/07/2025."}),
        ({"note": "x" * 10_000}, {"note": "Use até 1000 caracteres. Há 10000."}),
    ],
)  # fmt: skip
def test_bad_input_of_a_new_request_is_refused_at_its_field_and_nothing_changes(
    book: Book, changes: dict[str, str], errors: dict[str, str]
) -> None:
    client_id, reference = book.a_client(), signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()
    form = a_form(client_id) | changes

    shown, told = sent(reference, "/emprestimos/novo", NewRequestState, (NewRequestState.submit, {"form": form}))

    assert {field: text.replace("\xa0", " ") for field, text in shown.errors.items()} == errors
    assert "loanapp.settled('new-request', false)" in told
    assert everything() == before


def test_hostile_texts_are_kept_as_text(book: Book) -> None:
    note = "<script>alert(1)</script>'; DROP TABLE requests; -- 🙂"

    sent(
        signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/novo", NewRequestState,
        (NewRequestState.submit, {"form": a_form(book.a_client(), note=note)}),
    )  # fmt: skip

    assert rows("SELECT note FROM requests") == [(note,)]


@pytest.mark.parametrize("forged", ["", "[1]", "{", "null", '{"principal": 5}', "x" * 30_000])
@pytest.mark.usefixtures("book")
def test_forged_form_texts_only_leave_the_simulation_greyed(forged: str) -> None:
    reference = signed_in_as(Role.LOAN_MANAGEMENT)

    shown, _ = sent(reference, "/emprestimos/novo", NewRequestState, (NewRequestState.count, {"form_as_json": forged}))

    assert (shown.is_stale, shown.simulation["headline"]) == (True, "")


def test_a_record_lives_from_approval_to_disbursement(book: Book) -> None:
    asked = book.a_request(principal="1.000,00", rate_pct="10", count=2, on="2026-02-20", first_due="2026-03-20")
    reference, path = signed_in_as(Role.LOAN_MANAGEMENT), f"/emprestimos/{asked.number}"
    state = RequestRecordState

    shown, _ = sent(
        reference, path, state,
        (state.ask, {"dialog": "approve"}),
        (state.approve, {"form": {}}),
        (state.ask, {"dialog": "disburse"}),
        (state.disburse, {"form": {"disbursed_on": "hoje", "disbursement_method": "CASH"}}),
    )  # fmt: skip

    assert (shown.status, shown.dialog, shown.notice) == ("ACTIVE", "", "Dinheiro liberado: R$\xa01.000,00.")
    assert [line["status"] for line in shown.life] == ["OPEN", "APPROVED", "ACTIVE"]
    assert [row["title"] for row in shown.invoices] == ["1/2", "2/2"]
    assert (shown.totals["original"], shown.totals["open"]) == ("R$\xa01.200,00", "R$\xa01.200,00")
    assert rows("SELECT disbursed_on, disbursement_method FROM requests") == [(a_day("2026-02-22"), "CASH")]


def test_who_asked_sees_why_the_decision_is_not_theirs_and_the_press_is_refused(book: Book) -> None:
    reference = signed_in_as(Role.LOAN_MANAGEMENT)
    sent(
        reference, "/emprestimos/novo", NewRequestState,
        (NewRequestState.submit, {"form": a_form(book.a_client())}),
    )  # fmt: skip
    before = everything()

    shown, _ = sent(
        reference, "/emprestimos/1", RequestRecordState,
        (RequestRecordState.approve, {"form": {}}),
    )  # fmt: skip

    assert (shown.is_own, shown.obstacle) == (True, "Quem pede não aprova. Peça a outra pessoa.")
    assert shown.errors == {"": "Quem pede não aprova. Peça a outra pessoa."}
    assert everything() == before


def test_an_amount_above_the_limit_names_the_limit(book: Book) -> None:
    asked = book.a_request(principal="50.000,01", on="2026-02-20", first_due="2026-03-20")

    shown, _ = after(
        RequestRecordState, RequestRecordState.load,
        ref=signed_in_as(Role.LOAN_MANAGEMENT), path=f"/emprestimos/{asked.number}",
    )  # fmt: skip

    assert shown.obstacle == "Acima de R$\xa050.000,00 só um administrador aprova."


@pytest.mark.parametrize(
    ("form", "field"),
    [({}, "reason"), ({"reason": "inventado"}, "reason"), ({"reason": "Outro motivo"}, "reason_note")],
)
def test_a_refusal_needs_a_reason_of_the_list(book: Book, form: dict[str, str], field: str) -> None:
    asked = book.a_request(on="2026-02-20", first_due="2026-03-20")
    reference, state = signed_in_as(Role.LOAN_MANAGEMENT), RequestRecordState
    before = everything()

    shown, _ = sent(reference, f"/emprestimos/{asked.number}", state, (state.decline, {"form": form}))

    assert shown.errors == {field: "Escreva o motivo."}
    assert everything() == before


def test_a_refused_request_keeps_reason_and_note(book: Book) -> None:
    asked = book.a_request(on="2026-02-20", first_due="2026-03-20")
    form = {"reason": "Outro motivo", "reason_note": "mora em outro estado"}
    state = RequestRecordState

    shown, _ = sent(
        signed_in_as(Role.LOAN_MANAGEMENT), f"/emprestimos/{asked.number}", state,
        (state.decline, {"form": form}),
    )  # fmt: skip

    assert (shown.status, shown.life[-1]["reason"]) == ("UNAPPROVED", "Outro motivo: mora em outro estado")


def test_a_loan_that_somebody_moved_meanwhile_says_who_and_shows_it_as_it_stands(book: Book) -> None:
    asked = book.a_request(on="2026-02-20", first_due="2026-03-20")
    state = RequestRecordState

    async def steps(tab: Tab) -> RequestRecordState:
        await tab.send(state.load)
        requests.approve(book.approver, at("2026-02-22"), requests.ApproveRequest(request_id=asked.request_id))
        await tab.send(state.approve, form={})
        return await tab.state(state)

    shown = in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), f"/emprestimos/{asked.number}", steps)

    assert shown.status == "APPROVED"
    assert shown.notice == ("João Reis aprovou este empréstimo em 22/02/2026 às 12:00. Nada foi alterado agora.")


def test_a_first_date_that_passed_asks_for_a_new_one_at_its_field(book: Book) -> None:
    asked = book.a_request(on="2026-01-10", first_due="2026-02-10")
    requests.approve(book.approver, at("2026-01-11"), requests.ApproveRequest(request_id=asked.request_id))
    state = RequestRecordState
    form = {"disbursed_on": "22/02/2026", "disbursement_method": "PIX", "first_due_date": ""}

    shown, _ = sent(
        signed_in_as(Role.LOAN_MANAGEMENT), f"/emprestimos/{asked.number}", state,
        (state.disburse, {"form": form}),
    )  # fmt: skip

    assert (shown.first_due_passed, shown.errors) == ("10/02/2026", {"first_due_date": "Informe a data."})


@pytest.mark.parametrize("number", ["999", "abc", "-1", "9" * 40])
@pytest.mark.usefixtures("book")
def test_an_address_of_no_loan_is_not_found(number: str) -> None:
    shown, _ = after(
        RequestRecordState, RequestRecordState.load,
        ref=signed_in_as(Role.LOAN_MANAGEMENT), path=f"/emprestimos/{number}",
    )  # fmt: skip

    assert (shown.is_missing, shown.problem) == (True, "")
