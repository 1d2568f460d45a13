"""The decisions about a loan as tier 2 dialogs: who, how much, what follows, a verb on the button (ux.md §2.9)."""

import reflex as rx

from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, date_field, select_field, text_area
from loanapp.components.receive import METHODS
from loanapp.pages.requests.record_state import REASONS, RequestRecordState
from loanapp.pages.requests.take_back import take_back_dialog
from loanapp.pages.requests.write_off import write_off_dialog

FORM_ID = "decision"


def decision_dialogs() -> rx.Component:
    """Draw the dialog that is open."""
    return rx.fragment(_approve(), _decline(), _disburse(), _lose(), _reopen(), _cancel())


def _lose() -> rx.Component:
    state = RequestRecordState
    return write_off_dialog(
        number=state.number,
        client=state.client,
        owed=state.owed,
        is_alone=state.may_write_off,
        errors=state.errors,
        is_open=state.dialog == "lose",
        on_open_change=state.fold,
        on_submit=state.lose,
        form_id=FORM_ID,
    )


def _reopen() -> rx.Component:
    state = RequestRecordState
    return take_back_dialog(
        "Reabrir empréstimo",
        "O empréstimo volta a Em andamento, com multa e mora contadas até hoje; as rotinas e as cobranças o visitam de"
        " novo. O que entrou como recuperação continua recebido.",
        about=(_who_and_how_much(), rx.el.p("Em aberto hoje: ", rx.el.strong(state.owed))),
        errors=state.errors,
        is_open=state.dialog == "reopen",
        on_open_change=state.fold,
        on_submit=state.reopen,
        form_id=FORM_ID,
    )


def _cancel() -> rx.Component:
    state = RequestRecordState
    return take_back_dialog(
        "Cancelar liberação",
        "O empréstimo fica reprovado, as parcelas canceladas, e nada mais é devido. Só enquanto nada foi recebido; não"
        " há volta.",
        about=(_who_and_how_much(),),
        errors=state.errors,
        is_open=state.dialog == "cancel",
        on_open_change=state.fold,
        on_submit=state.cancel,
        form_id=FORM_ID,
    )


def _who_and_how_much() -> rx.Component:
    state = RequestRecordState
    return rx.el.p(
        f"Empréstimo nº {state.number} de ",
        rx.el.strong(state.client),
        ": ",
        rx.el.strong(state.principal),
        rx.cond(state.simulation["headline"] != "", f", {state.simulation['headline']}", ""),
        ".",
    )


def _approve() -> rx.Component:
    state = RequestRecordState
    return command_dialog(
        "Aprovar empréstimo",
        _who_and_how_much(),
        rx.el.p("A multa e a mora da empresa passam a valer para este contrato. O dinheiro ainda não sai."),
        rx.cond(
            state.needs_reason,
            text_area(
                "reason", "Motivo", errors=state.errors,
                help_text="Pedido próprio ou encargos acima do padrão: o motivo fica na auditoria.",
            ),
        ),
        verb="Aprovar empréstimo",
        form_id=FORM_ID,
        is_open=state.dialog == "approve",
        on_open_change=state.fold,
        on_submit=state.approve,
        errors=state.errors,
        busy="Aprovando…",
    )  # fmt: skip


def _decline() -> rx.Component:
    state = RequestRecordState
    is_withdrawal = state.status == "APPROVED"
    return command_dialog(
        rx.cond(is_withdrawal, "Cancelar aprovação", "Reprovar empréstimo"),
        _who_and_how_much(),
        rx.el.p("O empréstimo fica reprovado, com o motivo e o seu nome. Não há volta: um novo pedido é feito."),
        select_field(
            "reason",
            "Motivo",
            [("", "Escolha"), *((reason, reason) for reason in REASONS)],
            errors=state.errors,
        ),
        text_area("reason_note", "Observação (opcional)", errors=state.errors),
        verb=rx.cond(is_withdrawal, "Cancelar aprovação", "Reprovar empréstimo"),
        form_id=FORM_ID,
        is_open=state.dialog == "decline",
        on_open_change=state.fold,
        on_submit=state.decline,
        errors=state.errors,
        kind="danger",
        busy="Registrando…",
    )


def _disburse() -> rx.Component:
    state = RequestRecordState
    new_date = rx.fragment(
        rx.el.p(f"A primeira data combinada, {state.first_due_passed}, já passou.", class_name="notice rounded-md"),
        date_field("first_due_date", "Nova primeira data", errors=state.errors, today=state.today_iso),
    )
    return command_dialog(
        "Liberar dinheiro",
        _who_and_how_much(),
        rx.el.p("As parcelas são criadas e o empréstimo fica em andamento."),
        choice_field(
            "disbursement_method", "Meio", [(value, word) for value, word, _ in METHODS], value=METHODS[0][0],
        ),
        date_field(
            "disbursed_on", "Data da liberação", errors=state.errors, value=state.today, today=state.today_iso
        ),
        rx.cond(state.first_due_passed != "", new_date),
        verb=f"Liberar {state.principal}",
        form_id=FORM_ID,
        is_open=state.dialog == "disburse",
        on_open_change=state.fold,
        on_submit=state.disburse,
        errors=state.errors,
        busy="Liberando…",
    )  # fmt: skip
