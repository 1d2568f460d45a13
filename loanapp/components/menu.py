"""“Mais ações”: what can be done besides a record's primary action, behind one button (ux.md §2.9).

What a person may never do is left out; what is not possible now stays, disabled, with the reason under it.
"""

from typing import Any

import reflex as rx

from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link

_ITEM = "menu-action"


def more_actions(*items: rx.Component, label: str = "Mais ações") -> rx.Component:
    """Show the button whose menu holds `items`: those below, `rx.cond` of them, and `menu_line()` between groups."""
    trigger = rx.el.button(
        label, glyph("chevron-down"), type="button", class_name="button button-secondary", data_menu="1"
    )
    return rx.menu.root(
        rx.menu.trigger(trigger),
        rx.menu.content(*items, align="end", class_name="menu-actions"),
        modal=False,
    )


def menu_link(text: str | rx.Var[str], *, to: str | rx.Var[str], icon: str) -> rx.Component:
    """Show an item that leads to an address of the app, also to a dialog that the address opens (`?quitar=12`)."""
    return rx.menu.item(app_link(glyph(icon), rx.el.span(text), to=to, class_name=_ITEM), as_child=True)


def menu_action(
    text: str | rx.Var[str], *, on_select: Any, icon: str, obstacle: str | rx.Var[str] = ""
) -> rx.Component:
    """Show an item that does something here; with an `obstacle` it is disabled and says why."""
    return rx.menu.item(
        glyph(icon),
        rx.el.span(text, rx.cond(obstacle != "", rx.el.span(obstacle, class_name="block caption"))),
        on_select=on_select,
        disabled=obstacle != "",
        class_name=_ITEM,
    )


def menu_line() -> rx.Component:
    """Show the line between two groups of items."""
    return rx.menu.separator()
