"""Marcar como perdido: a tier 3 dialog (reason, and the loan's number typed), and the wait for a second person."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import reflex as rx

from domain.requests import NumberNotTyped
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import text_area, text_field
from loanapp.services.approvals import MarkLost, WriteOff

DONE_TEXTS = {
    WriteOff.DONE: "Empréstimo marcado como perdido.",
    WriteOff.ASKED: "Pedido registrado. Aguardando segunda pessoa.",
}


def parse_write_off(texts: Mapping[str, str], _today: date, *, request_id: UUID, number: int) -> MarkLost:
    """Read the form: the typed number says that it is this loan; the opened form's key is the question's id."""
    if texts["typed_number"].strip() != str(number):
        raise NumberNotTyped(field="typed_number", number=number)
    return MarkLost(request_id=request_id, approval_id=UUID(texts["command_id"]), reason=texts["reason"])


def write_off_dialog(
    *,
    number: rx.Var[int],
    client: rx.Var[str],
    owed: rx.Var[str],
    is_alone: rx.Var[bool],
    errors: rx.Var[dict[str, str]],
    is_open: rx.Var[bool],
    on_open_change: rx.event.EventType,
    on_submit: rx.event.EventType,
    form_id: str,
) -> rx.Component:
    """Draw the dialog; `is_alone` says that the amount is within the person's limit."""
    effect = (
        "As rotinas e as cobranças param; os encargos seguem no extrato, e o que ainda entrar é registrado como"
        " recuperação."
    )
    return command_dialog(
        "Marcar como perdido",
        rx.el.p(f"Empréstimo nº {number} de ", rx.el.strong(client), ": ", rx.el.strong(owed), " em aberto."),
        rx.el.p(
            rx.cond(is_alone, "", "O valor está acima do seu limite: outra pessoa decide em Aprovações. "), effect
        ),
        text_area("reason", "Motivo", errors=errors),
        text_field(
            "typed_number", f"Digite o número do empréstimo ({number}) para confirmar", errors=errors,
            input_mode="numeric",
        ),
        verb=rx.cond(is_alone, "Marcar como perdido", "Pedir aprovação"),
        form_id=form_id,
        is_open=is_open,
        on_open_change=on_open_change,
        on_submit=on_submit,
        errors=errors,
        kind="danger",
    )  # fmt: skip
