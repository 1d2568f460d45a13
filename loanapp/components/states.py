"""What a page or a part of it shows when there is no data: loading, empty in three ways, failed (ux.md §2.0)."""

from typing import Any

import reflex as rx

from loanapp.components.buttons import button, link_button
from loanapp.components.glyphs import glyph


def skeleton(class_name: str = "h-5 w-full") -> rx.Component:
    """Show one grey block where something will be; it appears after 300 ms."""
    return rx.el.div(class_name=f"skeleton {class_name}")


def table_skeleton(rows: int = 8) -> rx.Component:
    """Show the shape of a table that loads."""
    return rx.el.div(
        *(skeleton("h-11 w-full") for _ in range(rows)), class_name="panel flex flex-col gap-2", aria_hidden="true"
    )


def page_skeleton() -> rx.Component:
    """Show the shape of a page that loads."""
    return rx.el.div(
        rx.el.div(*(skeleton("h-20") for _ in range(4)), class_name="grid grid-cols-2 lg:grid-cols-4 gap-3"),
        table_skeleton(),
        class_name="flex flex-col gap-4",
        aria_hidden="true",
    )


def _empty(text: str | rx.Var, icon: str, *actions: rx.Component) -> rx.Component:
    return rx.el.div(
        glyph(icon, size=24, class_name="muted"),
        rx.el.p(text),
        *actions,
        class_name="panel flex flex-col items-center gap-3 py-10 text-center",
        role="status",
    )


def empty_first_use(text: str, action: str = "", to: str | rx.Var = "") -> rx.Component:
    """Say that nothing exists yet, with the button that makes the first one."""
    return _empty(text, "file-text", *([link_button(action, to=to, kind="primary")] if action else []))


def empty_no_match(clear_to: str | rx.Var) -> rx.Component:
    """Say that the filters match nothing, with the link that takes them away."""
    return _empty("Nenhum resultado para estes filtros.", "filter", link_button("Limpar filtros", to=clear_to))


def empty_all_done(text: str | rx.Var) -> rx.Component:
    """Say that there is nothing left to do here (`Tudo em dia. Nenhuma parcela vence hoje.`)."""
    return _empty(text, "circle-check-big")


def error_card(text: str | rx.Var, on_retry: Any, *, reference: str | rx.Var = "") -> rx.Component:
    """Say that a part could not be loaded, with `Tentar de novo`; the reference finds the fault in the log."""
    code = rx.cond(reference != "", f" Código: {reference}.", "")
    return rx.el.div(
        glyph("triangle-alert", size=20, class_name="overdue shrink-0"),
        rx.el.p(text, code, class_name="grow"),
        button("Tentar de novo", on_click=on_retry, icon="refresh-cw"),
        class_name="panel flex flex-wrap items-center gap-3",
        role="alert",
    )


def page_failed(reference: str | rx.Var, on_retry: Any) -> rx.Component:
    """Say that the whole page could not be opened."""
    return error_card("Não foi possível abrir esta página. Nada foi alterado.", on_retry, reference=reference)


def not_found(text: str = "Este registro não existe.") -> rx.Component:
    """Say that the record of this address does not exist."""
    return _empty(text, "circle-help", link_button("Voltar ao início", to="/"))
