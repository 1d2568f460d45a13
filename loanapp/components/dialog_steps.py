"""The last step of a dialog that moved something: what happened, or why it can't be opened, and a way out."""

import reflex as rx

from loanapp.components.buttons import button
from loanapp.components.glyphs import glyph


def done_step(*body: rx.Component, title: rx.Var[str], id: str) -> rx.Component:  # noqa: A002 - the HTML attribute.
    """Show what was done; `focus_done(id)` takes the focus to its title."""
    return rx.el.div(
        rx.el.h2(
            glyph("circle-check-big", size=20, class_name="shrink-0"),
            title,
            id=id,
            tab_index=-1,
            class_name="title-small flex items-center gap-2 outline-none",
        ),
        *body,
        rx.el.div(rx.dialog.close(button("Fechar", kind="primary")), class_name="dialog-foot"),
        class_name="flex flex-col gap-4",
    )


def failed_step(problem: rx.Var[str]) -> rx.Component:
    """Show why a dialog has nothing to offer."""
    return rx.el.div(
        rx.el.p(problem, role="alert"),
        rx.el.div(rx.dialog.close(button("Fechar")), class_name="dialog-foot"),
        class_name="flex flex-col gap-4",
    )


def focus_done(step_id: str) -> rx.event.EventSpec:
    """Return the event that takes the focus to what was done; `step_id` is a literal of the page's code."""
    return rx.call_script(f"setTimeout(() => document.getElementById('{step_id}')?.focus(), 80)")
