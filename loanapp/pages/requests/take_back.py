"""Reopening a lost loan and cancelling a disbursement: always asked by one, decided by another; and what waits."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import reflex as rx

from domain.permissions import Permission
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import text_area
from loanapp.components.formats import brl_text, instant_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState
from loanapp.queries.request_record import WaitingQuestion
from loanapp.services.approvals import TakeBack

ASKED = "Pedido registrado. Aguardando segunda pessoa."
_WISHES = {
    "WRITE_OFF": "marcar como perdido",
    "WAIVER": "dispensar encargos",
    "REOPENING": "reabrir o empréstimo",
    "CANCELLATION": "cancelar a liberação",
}


def parse_take_back(texts: Mapping[str, str], _today: date, *, request_id: UUID) -> TakeBack:
    """Read the form: the opened form's key is the question's id."""
    return TakeBack(request_id=request_id, approval_id=UUID(texts["command_id"]), reason=texts["reason"])


def waiting_text(question: WaitingQuestion) -> str:
    """Say who asked for what, while it waits."""
    return (
        f"Aguardando segunda pessoa: {question.asked_by} pediu em {instant_text(question.asked_at)} para"
        f" {_WISHES[question.kind]} ({brl_text(question.amount_cents)}). Motivo: {question.reason}"
    )


def waiting_notices(waiting: rx.Var[list[str]]) -> rx.Component:
    """Show that a second person is awaited, with the way to decide."""
    may = AuthState.permissions.contains(Permission.APPROVALS_VIEW.value)
    way = rx.cond(may, rx.fragment(" ", app_link("Ver em Aprovações", to="/aprovacoes")))
    return rx.foreach(
        waiting,
        lambda text: rx.el.p(
            glyph("clock", class_name="shrink-0 mt-0.5"),
            rx.el.span(text, way),
            class_name="notice rounded-md [overflow-wrap:anywhere]",
            role="status",
        ),
    )


def take_back_dialog(
    title: str,
    *effect: str,
    about: tuple[rx.Component, ...],
    errors: rx.Var[dict[str, str]],
    is_open: rx.Var[bool],
    on_open_change: rx.event.EventType,
    on_submit: rx.event.EventType,
    form_id: str,
) -> rx.Component:
    """Draw the dialog that asks for it; `effect` says what follows once another person grants it."""
    return command_dialog(
        title,
        *about,
        *(rx.el.p(text) for text in effect),
        rx.el.p("Outra pessoa decide em Aprovações; até lá nada muda.", class_name="muted"),
        text_area("reason", "Motivo", errors=errors, help_text="Quem decide lê este texto."),
        verb="Pedir aprovação",
        form_id=form_id,
        is_open=is_open,
        on_open_change=on_open_change,
        on_submit=on_submit,
        errors=errors,
    )
