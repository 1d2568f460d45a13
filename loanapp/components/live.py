"""A page that follows work done elsewhere: it asks again by itself while something moves and the tab is in sight."""

from typing import Any

import reflex as rx


def live(on_refresh: Any, *, is_moving: rx.Var[bool]) -> rx.Component:
    """Ask again every few seconds while something moves, and whenever the tab comes back into sight (app.js).

    `on_refresh` is a `temporal` event, so that what was asked in an outage is not asked again after it.
    """
    return rx.el.button(
        type="button",
        hidden=True,
        on_click=on_refresh,
        custom_attrs={"data-refresh": rx.cond(is_moving, "live", "idle")},
    )
