"""Buttons and links that look like them: 32 px on a desktop, 40 in dialogs, 48 on a phone (ux.md §3.2)."""

from typing import Literal

import reflex as rx

from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link

Kind = Literal["primary", "secondary", "danger", "quiet"]


def _content(text: str | rx.Var[str], icon: str) -> tuple[rx.Component | str | rx.Var, ...]:
    return (glyph(icon), text) if icon else (text,)


def button(text: str | rx.Var[str], *, kind: Kind = "secondary", icon: str = "", **props) -> rx.Component:  # noqa: ANN003
    """Show a button that does something here; give `on_click`."""
    props.setdefault("type", "button")
    return rx.el.button(
        *_content(text, icon), class_name=f"button button-{kind} {props.pop('class_name', '')}", **props
    )


def link_button(
    text: str | rx.Var[str], *, to: str | rx.Var[str], kind: Kind = "secondary", icon: str = "", class_name: str = ""
) -> rx.Component:
    """Show a link to another page of the app in the shape of a button."""
    return app_link(*_content(text, icon), to=to, class_name=f"button button-{kind} {class_name}")


def download_button(*text: str | rx.Var[str], to: str | rx.Var[str], icon: str = "download") -> rx.Component:
    """Show a link to a file of a route in the shape of a button; the browser fetches it, not the app's router."""
    return app_link(
        glyph(icon),
        *text,
        to=to,
        class_name="button button-secondary",
        reload_document=True,
        discover="none",
        download="",
    )


def submit_button(
    text: str | rx.Var[str], *, busy: str = "Registrando…", kind: Kind = "primary", class_name: str = ""
) -> rx.Component:
    """Show the button that sends its form; inside `once_form` it says `busy` while the answer is awaited."""
    return rx.el.button(
        rx.el.span(text, class_name="while-idle"),
        rx.el.span(busy, class_name="while-busy"),
        type="submit",
        class_name=f"button button-{kind} {class_name}",
    )
