"""Marcar como perdido: a tier 3 dialog (reason, and the loan's number typed), and the wait for a second person."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import reflex as rx

from domain.permissions import Permission
from domain.requests import NumberNotTyped
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import text_area, text_field
from loanapp.components.formats import brl_text, instant_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState
from loanapp.queries.request_record import RequestRecord
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


def waiting_text(record: RequestRecord) -> str:
    """Say who asked for what, while it waits; empty when nothing does."""
    if record.write_off is None:
        return ""
    waiting = record.write_off
    return (
        f"Aguardando segunda pessoa: {waiting.asked_by} pediu em {instant_text(waiting.asked_at)} para marcar como"
        f" perdido ({brl_text(waiting.amount_cents)}). Motivo: {waiting.reason}"
    )


def waiting_notice(waiting: rx.Var[str]) -> rx.Component:
    """Show that a second person is awaited, with the way to decide."""
    may = AuthState.permissions.contains(Permission.APPROVALS_VIEW.value)
    return rx.cond(
        waiting != "",
        rx.el.p(
            glyph("clock", class_name="shrink-0 mt-0.5"),
            rx.el.span(waiting, rx.cond(may, rx.fragment(" ", app_link("Ver em Aprovações", to="/aprovacoes")))),
            class_name="notice rounded-md [overflow-wrap:anywhere]",
            role="status",
        ),
    )


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
