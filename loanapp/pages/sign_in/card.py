"""What the pages for whoever is not signed in share: the card, the password field and the box for a problem."""

import reflex as rx

from loanapp.components.fields import text_field
from loanapp.components.glyphs import glyph
from loanapp.components.shell import BRAND, sandbox_strip


def card(heading: str | rx.Var[str], *content: rx.Component) -> rx.Component:
    """Draw the page: one card under the brand, in the middle."""
    panel = rx.el.main(
        rx.el.div(
            rx.el.img(src="/icon.svg", alt="", class_name="size-10"),
            rx.el.span(BRAND, class_name="title-small"),
            class_name="flex items-center gap-3",
        ),
        rx.el.h1(heading, class_name="title", tab_index=-1),
        *content,
        class_name="panel !p-6 flex flex-col gap-5 w-full max-w-[400px] [--control:48px]",
    )
    return rx.el.div(
        sandbox_strip(), rx.el.div(panel, class_name="grow grid place-items-center p-4"),
        class_name="min-h-dvh flex flex-col",
    )  # fmt: skip


def problem_box(problem: rx.Var[str]) -> rx.Component:
    """Show why the last try failed, where it did."""
    return rx.cond(
        problem != "",
        rx.el.div(
            glyph("circle-alert"),
            rx.el.span(problem),
            id="problem",
            class_name="summary field-error",
            role="alert",
        ),
    )


def password_field(label: str, *, auto_complete: str, help_text: str = "") -> rx.Component:
    """Show a password field named `senha` that can show what is typed."""
    described = "senha-help problem" if help_text else "problem"
    return rx.el.div(
        text_field(
            "senha", label, type="password", auto_complete=auto_complete, required=True, help_text=help_text,
            custom_attrs={"aria-describedby": described},
        ),
        rx.el.button(
            "Mostrar senha",
            type="button",
            class_name="link self-start min-h-6 max-md:min-h-12",
            custom_attrs={"data-shows": "senha", "aria-pressed": "false"},
        ),
        class_name="flex flex-col gap-2",
    )  # fmt: skip
