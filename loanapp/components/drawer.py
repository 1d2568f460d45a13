"""A drawer at the right of a page: Esc, a press outside and Fechar close it."""

from typing import Any

import reflex as rx

from loanapp.components.buttons import button
from loanapp.components.dialogs import RETURN_FOCUS


def drawer(title: str | rx.Var, body: rx.Component, *, is_open: rx.Var[bool], on_open_change: Any) -> rx.Component:
    """Show `body` over the page, as wide as a phone and 480 px elsewhere."""
    head = rx.el.div(
        rx.drawer.title(title, class_name="title", letter_spacing="0"),
        rx.drawer.close(button("Fechar", kind="quiet", icon="x"), as_child=True),
        class_name="flex items-center justify-between gap-3 mb-4",
    )
    return rx.drawer.root(
        rx.drawer.overlay(z_index="30", background="rgb(0 0 0 / .5)"),
        rx.drawer.portal(
            rx.drawer.content(
                head,
                body,
                class_name="max-md:!w-full",
                display="block",
                left="auto",
                height="100%",
                width="480px",
                padding="24px",
                overflow_y="auto",
                background="var(--c-panel)",
                z_index="30",
                aria_describedby=rx.Var.create(None),
                on_close_auto_focus=RETURN_FOCUS,
            )
        ),
        open=is_open,
        on_open_change=on_open_change,
        direction="right",
        # Only the buttons close it: dragging would make its text impossible to select.
        handle_only=True,
    )
