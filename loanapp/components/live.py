"""A page that follows work done elsewhere: it asks again by itself while its tab is in sight."""

from typing import Any

import reflex as rx


def live(on_refresh: Any, *, is_moving: rx.Var[bool]) -> rx.Component:
    """Ask again every 3 s while something moves, every 30 s while nothing does, and when the tab comes into sight.

    The browser decides when (app.js), so that a page nobody looks at costs nothing.

    `on_refresh` is a `temporal` event, so that what was asked in an outage is not asked again after it.
    """
    return rx.el.button(
        type="button",
        hidden=True,
        on_click=on_refresh,
        custom_attrs={"data-refresh": rx.cond(is_moving, "live", "idle")},
    )
