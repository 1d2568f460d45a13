"""Tables of records: plain `<table>`, sort links, cards below 768 px by style alone; and their pagination."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from loanapp.components.address import Place
from loanapp.components.buttons import link_button
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its header, how it draws a row (a Var), and what becomes of it on a phone.

    `order` is the key of `?ordem=` that sorts by it.  `on_phone`: the card's title, a labelled line, its button, or
    left out; a card has at most four lines and one button (ux.md §2.0).
    """

    header: str
    cell: Callable[[Any], rx.Component | rx.Var | str]
    is_numeric: bool = False
    order: str = ""
    on_phone: Literal["title", "line", "action", "none"] = "line"
    class_name: str = ""
    total: rx.Var | str | None = None


def data_table(
    columns: Sequence[Column],
    rows: rx.Var,
    *,
    label: str,
    place: rx.Var[Place] | None = None,
    detail: Callable[[Any], rx.Component] | None = None,
    id: str = "",  # noqa: A002
) -> rx.Component:
    """Show rows (a `list[TypedDict]` var of at most 100) as a table; `label` names it for screen readers.

    With `place` the headers that have an order are links.  Columns with a `total` make a footer.  `detail` draws what
    unfolds under a row whose `is_open` is true.
    """
    head = rx.el.thead(rx.el.tr(*(_header(column, place) for column in columns)))
    body = rx.el.tbody(rx.foreach(rows, lambda row: _row(columns, row, detail)))
    has_totals = any(column.total is not None for column in columns)
    foot = rx.el.tfoot(rx.el.tr(*(_total(column) for column in columns))) if has_totals else rx.fragment()
    return rx.el.div(
        rx.el.table(head, body, foot, class_name="table", aria_label=label, **({"id": id} if id else {})),
        class_name="table-frame",
        # A wide table scrolls inside its frame, which the keyboard must reach.
        tab_index=0,
        role="region",
        aria_label=label,
    )


def _header(column: Column, place: rx.Var[Place] | None) -> rx.Component:
    class_name = f"{'numeric' if column.is_numeric else ''} {column.class_name}"
    if not column.order or place is None:
        return rx.el.th(column.header, scope="col", class_name=class_name)
    is_up, is_down = place["order"] == column.order, place["order"] == f"-{column.order}"
    icon = rx.cond(is_up, "arrow-up", rx.cond(is_down, "arrow-down", "arrow-up-down"))
    return rx.el.th(
        app_link(column.header, glyph(icon, size=12), to=place["orders"][column.order], class_name="", replace=True),
        scope="col",
        class_name=class_name,
        custom_attrs={"aria-sort": rx.cond(is_up, "ascending", rx.cond(is_down, "descending", "none"))},
    )


def _row(columns: Sequence[Column], row: rx.Var, detail: Callable[[Any], rx.Component] | None) -> rx.Component:
    line = rx.el.tr(*(_cell(column, row) for column in columns))
    if detail is None:
        return line
    unfolded = rx.el.tr(
        rx.el.td(detail(row), col_span=len(columns), custom_attrs={"data-card": "action"}), class_name="max-md:-mt-2"
    )
    return rx.fragment(line, rx.cond(row["is_open"], unfolded))


def _cell(column: Column, row: rx.Var) -> rx.Component:
    return rx.el.td(
        column.cell(row),
        class_name=f"{'numeric' if column.is_numeric else ''} {column.class_name}",
        custom_attrs={"data-label": column.header, "data-card": column.on_phone},
    )


def _total(column: Column) -> rx.Component:
    has_total = column.total is not None
    return rx.el.td(
        column.total if has_total else "",
        class_name=f"{'numeric' if column.is_numeric else ''} {column.class_name}",
        custom_attrs={"data-label": column.header, "data-card": "line" if has_total else "none"},
    )


def pagination(place: rx.Var[Place], *, label: str = "Páginas") -> rx.Component:
    """Show which rows of how many are on the page, its neighbours, and 25/50/100 a page; nothing for an empty list."""
    shown = f"{place['first']} a {place['last']} de {place['total']}"
    sizes = rx.foreach(
        place["sizes"].to(list[list[str]]),
        lambda size: app_link(
            size[0],
            to=size[1],
            class_name="button button-quiet aria-[current=true]:font-bold aria-[current=true]:underline",
            replace=True,
            custom_attrs={"aria-current": rx.cond(size[0] == place["size"].to_string(), "true", "false")},
        ),
    )
    return rx.cond(
        place["total"].to(int) > 0,
        rx.el.nav(
            rx.el.span(shown, class_name="muted grow tabular-nums"),
            rx.el.span("Por página", class_name="caption hidden md:inline"),
            rx.el.span(sizes, class_name="hidden md:inline-flex"),
            _neighbour("Anterior", place["previous"].to(str)),
            _neighbour("Próxima", place["next"].to(str)),
            class_name="flex items-center gap-2 mt-3",
            aria_label=label,
        ),
    )


def _neighbour(text: str, to: rx.Var[str]) -> rx.Component:
    disabled = rx.el.span(text, class_name="button button-secondary", custom_attrs={"aria-disabled": "true"})
    return rx.cond(to != "", link_button(text, to=to), disabled)


def caption(text: str | rx.Var) -> rx.Component:
    """Show the count and the sum of the filtered set above its list; changes are announced."""
    return rx.el.p(text, class_name="muted my-2 tabular-nums", role="status")
