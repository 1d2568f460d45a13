"""Views and filters of lists, bound to the URL."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanapp.components import address
from loanapp.components.buttons import submit_button
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState, requires


class FilterState(AuthState):
    """Writes what a filter form holds into the tab's address; the page reads it when it loads."""

    @rx.event
    @requires()
    async def apply(self, form: dict[str, Any]) -> Any:
        """Go to the same page with the form's fields as parameters, from its first page."""
        texts = {name[:40]: text.strip() for name, text in form.items() if isinstance(text, str)}
        return rx.redirect(address.changed(self, **{**texts, "pagina": ""}), replace=True)


def view_chips(label: str, views: Sequence[tuple[str, str, str | rx.Var[str]]], current: rx.Var[str]) -> rx.Component:
    """Show the views of a list as links; each is (key, text, address), `current` is the key that is open.

    A view whose address is a Var is left out while that is empty: who looks may not see it.
    """

    def chip(key: str, text: str, to: str | rx.Var[str]) -> rx.Component:
        is_open = rx.cond(current == key, "true", "false")
        link = app_link(text, to=to, class_name="chip", custom_attrs={"aria-current": is_open})
        return rx.cond(to != "", link) if isinstance(to, rx.Var) else link

    links = [chip(*view) for view in views]
    return rx.el.nav(*links, class_name="chips", aria_label=label)


def filter_chip(label: str, value: rx.Var[str], clear_to: rx.Var[str]) -> rx.Component:
    """Show a filter that is on, `Campo: valor ✕`, as the link that takes it away; nothing while it is off."""
    return rx.cond(
        value != "",
        app_link(f"{label}: {value}", glyph("x", size=14), to=clear_to, class_name="chip", title="Remover filtro"),
    )


def filter_bar(*fields: rx.Component, button_text: str = "Filtrar") -> rx.Component:
    """Show fields whose names are query parameters; submitting writes them into the address."""
    return rx.el.form(
        *fields,
        submit_button(button_text, kind="secondary", busy=button_text),
        on_submit=FilterState.apply,
        class_name="flex flex-wrap items-end gap-3",
    )
