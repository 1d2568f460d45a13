"""Key figures and lists of facts."""

import reflex as rx

from loanapp.components.links import app_link

# On a phone both are targets of 48 px (ux.md section 3.2).
_QUESTION = "caption size-6 max-md:size-12 max-md:-m-3 shrink-0"
_LINK = "no-underline hover:underline max-md:flex max-md:items-center max-md:min-h-12"


def key_figure(
    label: str | rx.Var,
    value: str | rx.Var,
    *,
    note: str | rx.Var = "",
    definition: str = "",
    to: str | rx.Var = "",
    is_alarming: bool | rx.Var = False,
) -> rx.Component:
    """Show one number with its name; `definition` opens behind “?”, `to` is the list it counts."""
    colour = rx.cond(is_alarming, "figure overdue", "figure")
    number = rx.el.div(value, class_name=colour)
    explained = (
        rx.popover.root(
            rx.popover.trigger(rx.el.button("?", type="button", aria_label=f"O que é {label}", class_name=_QUESTION)),
            rx.popover.content(definition, max_width="320px"),
        )
        if definition
        else rx.fragment()
    )
    return rx.el.div(
        rx.el.div(
            rx.el.div(label, class_name="caption"), explained, class_name="flex min-h-6 items-center justify-between"
        ),
        app_link(number, to=to, class_name=_LINK) if isinstance(to, rx.Var) or to else number,
        rx.el.div(note, class_name="caption") if isinstance(note, rx.Var) or note else rx.fragment(),
        class_name="panel min-w-0",
    )


def figures(*cards: rx.Component) -> rx.Component:
    """Lay key figures out side by side, two a line on a phone."""
    return rx.el.div(*cards, class_name="grid grid-cols-2 md:grid-cols-3 xl:grid-cols-6 gap-3")


def fact(label: str, value: str | rx.Var | rx.Component) -> rx.Component:
    """Show one fact of a record: its name above its value."""
    return rx.el.div(rx.el.dt(label, class_name="caption"), rx.el.dd(value, class_name="font-medium"))


def facts(*items: rx.Component) -> rx.Component:
    """Lay the facts of a record out side by side."""
    return rx.el.dl(*items, class_name="definition")
