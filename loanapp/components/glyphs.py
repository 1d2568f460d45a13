"""Icons as references into one sprite, `assets/icons.svg`: a name may be a Var, and no icon code is loaded."""

import reflex as rx


def glyph(name: str | rx.Var[str], *, size: int = 16, class_name: str = "") -> rx.Component:
    """Show an icon of the sprite, `size` px wide; decoration only, the word stands beside it."""
    return rx.el.svg(
        rx.el.svg.use(href="/icons.svg#" + name),
        width=str(size),
        height=str(size),
        fill="none",
        stroke="currentColor",
        stroke_width="2",
        stroke_linecap="round",
        stroke_linejoin="round",
        aria_hidden="true",
        class_name=class_name,
    )
