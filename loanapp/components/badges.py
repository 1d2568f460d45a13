"""Status badges: for each kind of record, what each stored state is called and how it looks (ux.md §3.4).

Always icon and word, never clickable.  The states are data; `status_badge` is the only drawing of them.
"""

from typing import TypedDict

import reflex as rx

from domain.clients import ClientStatus
from loanapp.components.glyphs import glyph


class Look(TypedDict):
    """What a state is called, its hue and its icon."""

    word: str
    hue: str
    icon: str


def _look(word: str, hue: str, icon: str) -> Look:
    return Look(word=word, hue=hue, icon=icon)


LOOKS: dict[str, dict[str, Look]] = {
    "request": {
        "OPEN": _look("Em análise", "blue", "clock"),
        "APPROVED": _look("Aprovado", "teal", "badge-check"),
        "ACTIVE": _look("Em andamento", "indigo", "circle-play"),
        "PAID": _look("Quitado", "green", "circle-check-big"),
        "RENEGOTIATED": _look("Renegociado", "violet", "repeat-2"),
        "UNAPPROVED": _look("Reprovado", "gray", "circle-x"),
        "LOST": _look("Perdido", "bronze", "circle-slash"),
    },
    "invoice": {
        "OPEN": _look("A vencer", "gray", "calendar"),
        # The next three are shown for stored OPEN or UNPAID: `invoice_look` decides which.
        "DUE_TODAY": _look("Vence hoje", "amber", "calendar-clock"),
        "PART_PAID": _look("Paga em parte", "orange", "circle-dot"),
        "UNPAID": _look("Em atraso", "red", "alarm-clock"),
        "PAID": _look("Paga", "green", "circle-check-big"),
        "RENEGOTIATED": _look("Renegociada", "violet", "repeat-2"),
        "CANCELLED": _look("Cancelada", "gray", "ban"),
    },
    "message": {
        "QUEUED": _look("Na fila", "gray", "clock"),
        "SENDING": _look("Enviando", "blue", "loader-circle"),
        "SENT": _look("Enviada", "blue", "check"),
        "DELIVERED": _look("Entregue", "teal", "check-check"),
        "READ": _look("Lida", "green", "eye"),
        "FAILED": _look("Falhou", "red", "triangle-alert"),
        "UNKNOWN": _look("Sem confirmação", "amber", "circle-help"),
        "WITHHELD": _look("Não enviada (regra)", "bronze", "shield-ban"),
        "CANCELLED": _look("Cancelada", "gray", "ban"),
    },
    "promise": {
        "ACTIVE": _look("Ativa", "blue", "handshake"),
        "KEPT": _look("Cumprida", "green", "circle-check-big"),
        "BROKEN": _look("Quebrada", "red", "triangle-alert"),
        "TAKEN_BACK": _look("Desfeita", "gray", "undo-2"),
    },
    "renegotiation": {
        "DRAFT": _look("Rascunho", "gray", "pencil-line"),
        "PROPOSED": _look("Proposta enviada", "blue", "send"),
        "ACCEPTED": _look("Aceita", "violet", "handshake"),
        "REJECTED": _look("Recusada", "gray", "circle-x"),
        "EXPIRED": _look("Expirada", "bronze", "timer-off"),
    },
    "approval": {
        "PENDING": _look("Aguardando segunda pessoa", "amber", "clock"),
        "GRANTED": _look("Aprovada", "green", "circle-check-big"),
        "REFUSED": _look("Recusada", "gray", "circle-x"),
    },
    "run": {
        "SCHEDULED": _look("Agendada", "gray", "clock"),
        "RUNNING": _look("Executando", "blue", "loader-circle"),
        "SUCCESS": _look("Concluída", "green", "circle-check-big"),
        "PARTIAL": _look("Concluída com falhas", "amber", "triangle-alert"),
        "FAILED": _look("Falhou", "red", "octagon-x"),
        "SKIPPED": _look("Ignorada", "bronze", "skip-forward"),
        "MISSED": _look("Não executada", "red", "calendar-x-2"),
    },
    "payment": {
        "CONFIRMED": _look("Confirmado", "green", "circle-check-big"),
        "REVERSED": _look("Estornado", "gray", "undo-2"),
        "RETURNED": _look("Devolvido", "bronze", "undo-2"),
        "WAITING": _look("Aguardando envio", "gray", "clock"),
        "TO_CHECK": _look("A conferir", "amber", "triangle-alert"),
    },
    "cash": {
        "IN_HAND": _look("Em mãos", "amber", "banknote"),
        "HANDED_IN": _look("Entregue", "blue", "send"),
        "COUNTED": _look("Conferido", "green", "circle-check-big"),
    },
    "hand_in": {
        "OPEN": _look("Aguardando conferência", "amber", "clock"),
        "CHECKED": _look("Conferida", "green", "circle-check-big"),
    },
    "user": {
        "ACTIVE": _look("Ativo", "green", "circle-check-big"),
        "INVITED": _look("Convidado", "amber", "clock"),
        "DEACTIVATED": _look("Desativado", "gray", "ban"),
    },
    "client": {ClientStatus.BLOCKED.value: _look("Bloqueado", "bronze", "lock")},
}


def word_of(kind: str, value: str) -> str:
    """Return what users read for a stored state."""
    look = LOOKS[kind].get(value)
    return look["word"] if look else value


def invoice_look(status: str, *, is_due_today: bool, is_part_paid: bool, days_overdue: int) -> tuple[str, str]:
    """Return the (value, note) to give to `status_badge("invoice", …)`: one badge, the most urgent fact first.

    Past due but still stored OPEN, because the Vencidos routine has not run yet, is overdue all the same.
    """
    if status in ("OPEN", "UNPAID"):
        if days_overdue > 0:
            return "UNPAID", f"{days_overdue} d"
        if is_due_today:
            return "DUE_TODAY", ""
        if is_part_paid:
            return "PART_PAID", ""
    return status, ""


def status_badge(kind: str, value: str | rx.Var[str], note: str | rx.Var[str] = "") -> rx.Component:
    """Show a state's badge, with a short note after the word (“Em atraso · 12 d”); nothing for a state without one."""
    if isinstance(value, str):
        look = LOOKS[kind].get(value)
        return _badge(look["word"], look["hue"], look["icon"], note) if look else rx.fragment()
    looks = rx.Var.create(LOOKS[kind])
    look = looks[value].to(Look)
    return rx.cond(looks.contains(value), _badge(look["word"], look["hue"], look["icon"], note))


def _badge(word: str | rx.Var, hue: str | rx.Var, icon: str | rx.Var, note: str | rx.Var) -> rx.Component:
    has_note = note != ""
    text = rx.cond(has_note, f"{word} · {note}", word) if isinstance(note, rx.Var) else _joined(word, note)
    return rx.el.span(glyph(icon, size=14), rx.el.span(text), class_name=f"badge badge-{hue}")


def _joined(word: str | rx.Var, note: str) -> str | rx.Var:
    return f"{word} · {note}" if note else word
