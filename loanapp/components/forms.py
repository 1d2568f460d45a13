"""Forms that write: one key per opened form, one press at a time (reflex.md §4).

The key is made in the browser (`command_id`, a hidden field) and kept until the server says settled; app.js disables
the button at the first press and says so when no answer comes within ten seconds.
"""

import json
from typing import Any

import reflex as rx

from loanapp import bridge
from loanapp.components.glyphs import glyph


def once_form(
    *children: rx.Component,
    id: str,  # noqa: A002 - the HTML attribute.
    on_submit: Any,
    on_doubt: Any = None,
    class_name: str = "flex flex-col gap-4",
) -> rx.Component:
    """Show a form whose submit writes; its handler must end each path in `settled(id, is_done=…)`.

    `on_doubt` is the event that looks the command up by its key when no answer came: it receives nothing and reads
    the last key that the page's state knows.
    """
    return rx.el.form(
        rx.el.input(type="hidden", name="command_id"),
        *children,
        rx.el.p("Não sabemos se foi registrado. Verificando…", data_doubt="1", hidden=True, role="status"),
        rx.el.p(
            glyph("wifi-off"), " Sem conexão — aguarde para registrar.", class_name="only-offline muted", role="status"
        ),
        rx.el.button(type="button", hidden=True, data_ask="1", on_click=on_doubt) if on_doubt else rx.fragment(),
        id=id,
        on_submit=on_submit,
        no_validate=True,
        class_name=class_name,
        custom_attrs={"data-once": "1"},
    )


def settled(form_id: str, *, is_done: bool) -> rx.event.EventSpec:
    """Return the event that releases a form: done, its key is used up; not done, its problems get the focus.

    `form_id` is a literal of the page's code, never data.
    """
    return rx.call_script(f"loanapp.settled('{form_id}', {'true' if is_done else 'false'})")


def form_held(form_id: str, *, callback: Any) -> rx.event.EventSpec:
    """Return the event that hands `callback` what a form holds now, as JSON, for figures that follow the typing.

    The fields stay in the browser, and any of them sends all of them; read the text with `held`.  `form_id` is a
    literal of the page's code, never data.
    """
    script = (
        "((form) => form ? JSON.stringify(Object.fromEntries(new FormData(form))) : '{}')"
        f"(document.getElementById('{form_id}'))"
    )
    return rx.call_script(script, callback=callback)


def held(form_as_json: object) -> bridge.FormText:
    """Return what the browser says a form holds; nothing for what is no JSON."""
    is_text = isinstance(form_as_json, str) and len(form_as_json) <= bridge.LONGEST_TEXT
    try:
        return bridge.texts_of(json.loads(form_as_json) if is_text else {})
    except ValueError:
        return bridge.FormText()
