"""Dialogs (ux.md §2.0): what, who, how much, effect; a verb on the button; Cancelar first in focus order.

Tier 0 needs no dialog (act, offer Desfazer), tier 1 is the form's own button that states the amount; these are tier 2.
"""

from typing import Any

import reflex as rx

from loanapp.components.buttons import Kind, button, submit_button
from loanapp.components.fields import Errors, error_summary
from loanapp.components.forms import once_form

# What opened a dialog here is no trigger of Radix's: assets/app.js remembers it.
RETURN_FOCUS = rx.call_script("window.loanapp.returnFocus()")


def dialog(
    title: str | rx.Var,
    *body: rx.Component,
    is_open: rx.Var[bool],
    on_open_change: Any,
    width: str = "520px",
) -> rx.Component:
    """Show a dialog over the page; Esc and a press outside call `on_open_change(False)`."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title, class_name="title-small"),
            *body,
            max_width=width,
            aria_describedby=rx.Var.create(None),
            on_close_auto_focus=RETURN_FOCUS,
        ),
        open=is_open,
        on_open_change=on_open_change,
    )


def command_dialog(
    title: str | rx.Var,
    *body: rx.Component,
    verb: str | rx.Var,
    form_id: str,
    is_open: rx.Var[bool],
    on_open_change: Any,
    on_submit: Any,
    errors: Errors,
    kind: Kind = "primary",
    busy: str = "Registrando…",
) -> rx.Component:
    """Show a tier 2 dialog: `body` says what happens and holds the fields, `verb` is its button.

    The handler of `on_submit` receives the form (with `command_id`) and ends in `settled(form_id, …)`.
    """
    return dialog(
        title,
        once_form(
            error_summary(errors),
            *body,
            rx.el.div(
                rx.dialog.close(button("Cancelar")),
                submit_button(verb, kind=kind, busy=busy),
                class_name="dialog-foot",
            ),
            id=form_id,
            on_submit=on_submit,
        ),
        is_open=is_open,
        on_open_change=on_open_change,
    )
