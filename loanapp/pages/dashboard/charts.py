"""The dashboard's two charts: pictures for the eye, links and tables with the same numbers for everybody else.

The chart library is loaded in a chunk of its own.  Bars are drawn from centavos; every text is made on the server.
"""

from typing import TypedDict

import reflex as rx

from loanapp.components.links import app_link
from loanapp.components.table import Column, data_table

HEIGHT = 220
BUCKETS = 6
# Room above the highest bar for its value.
_MARGIN = {"top": 24, "right": 0, "bottom": 0, "left": 0}
_LABEL_SIZE = 12


class AgingBar(TypedDict):
    """One bucket of days overdue; `short` stands at the bar, `cents` draws it; `noun` goes with the number."""

    bucket: str
    to: str
    number: str
    noun: str
    open: str
    short: str
    cents: int


class WeekBar(TypedDict):
    """One week; the amounts of a week that has not begun are not received yet."""

    week: str
    expected: str
    received: str
    expected_cents: int
    received_cents: int


def _chart(*parts: rx.Component, data: rx.Var, **options: object) -> rx.Component:
    # Screen readers get the table: the picture says nothing more.
    return rx.el.div(
        rx.recharts.responsive_container(
            rx.recharts.bar_chart(
                *parts, data=data, margin=_MARGIN, custom_attrs={"accessibilityLayer": False}, **options
            ),
            width="100%",
            height=HEIGHT,
        ),
        aria_hidden="true",
    )


def _card(title: str, summary: rx.Var[str], picture: rx.Component, table: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="title-small"),
        rx.el.p(summary, class_name="muted mb-3"),
        picture,
        rx.el.details(
            rx.el.summary("Ver como tabela", class_name="link w-fit cursor-pointer py-1 max-md:py-3"),
            rx.el.div(table, class_name="mt-2"),
            class_name="mt-3",
        ),
        class_name="panel min-w-0",
        aria_label=title,
    )


def aging_chart(bars: rx.Var[list[AgingBar]], summary: rx.Var[str]) -> rx.Component:
    """Show what is owed by days overdue; each bar is a link to its invoices."""
    picture = _chart(
        rx.recharts.bar(
            *(rx.recharts.cell(fill=f"var(--aging-{place})") for place in range(BUCKETS)),
            rx.recharts.label_list(
                data_key="short", position="top", fill="var(--c-text)", custom_attrs={"fontSize": _LABEL_SIZE}
            ),
            data_key="cents",
            is_animation_active=False,
            radius=[4, 4, 0, 0],
        ),
        rx.recharts.y_axis(hide=True, domain=[0, "auto"]),
        data=bars,
        bar_category_gap="12%",
    )
    links = rx.foreach(
        bars,
        lambda bar: app_link(
            rx.el.span(bar["bucket"], class_name="font-medium whitespace-nowrap text-xs md:text-sm"),
            rx.el.span(bar["number"], rx.el.span(bar["noun"], class_name="max-md:sr-only"), class_name="caption"),
            rx.el.span(": ", bar["open"], class_name="sr-only"),
            to=bar["to"],
            class_name="flex flex-col items-center justify-end text-center rounded-lg no-underline"
            " hover:bg-[var(--c-row-hover)]/40 hover:underline",
        ),
    )
    layered = rx.el.div(
        rx.el.div(picture, class_name="pb-12"),
        # The links lie over the bars, a column each.
        rx.el.div(links, class_name="absolute inset-0 grid grid-cols-6"),
        class_name="relative",
    )
    columns = (
        Column(
            header="Faixa (dias em atraso)", cell=lambda bar: app_link(bar["bucket"], to=bar["to"]), on_phone="title"
        ),
        Column(header="Parcelas", cell=lambda bar: bar["number"], is_numeric=True),
        Column(header="Em aberto", cell=lambda bar: bar["open"], is_numeric=True),
    )
    table = data_table(columns, bars, label="Parcelas por faixa de atraso")
    return _card("Parcelas por faixa de atraso", summary, layered, table)


def weeks_chart(bars: rx.Var[list[WeekBar]], summary: rx.Var[str]) -> rx.Component:
    """Show what fell due (hatched) and what came in (solid) per week."""
    picture = _chart(
        rx.recharts.bar(
            data_key="expected_cents",
            fill="url(#expected)",
            stroke="var(--chart-expected)",
            is_animation_active=False,
        ),
        rx.recharts.bar(data_key="received_cents", fill="var(--chart-received)", is_animation_active=False),
        rx.recharts.x_axis(
            data_key="week", tick_line=False, interval=0, tick={"fill": "var(--c-text-muted)", "fontSize": _LABEL_SIZE}
        ),
        rx.recharts.y_axis(hide=True, domain=[0, "auto"]),
        data=bars,
        bar_gap=2,
    )
    columns = (
        Column(header="Semana de", cell=lambda bar: bar["week"], on_phone="title"),
        Column(header="Previsto", cell=lambda bar: bar["expected"], is_numeric=True),
        Column(header="Recebido", cell=lambda bar: bar["received"], is_numeric=True),
    )
    table = data_table(columns, bars, label="Previsto e recebido por semana")
    return _card(
        "Previsto \N{MULTIPLICATION SIGN} recebido por semana", summary, rx.el.div(_hatch(), _legend(), picture), table
    )


def _hatch() -> rx.Component:
    line = rx.el.svg.line(x1="0", y1="0", x2="0", y2="6", stroke="var(--chart-expected)", stroke_width="3")
    pattern = rx.el.svg.pattern(
        line, id="expected", width="6", height="6", pattern_units="userSpaceOnUse", pattern_transform="rotate(45)"
    )
    return rx.el.svg(rx.el.svg.defs(pattern), width="0", height="0", class_name="absolute", aria_hidden="true")


def _legend() -> rx.Component:
    hatched = "repeating-linear-gradient(45deg, var(--chart-expected) 0 2px, transparent 2px 4px)"
    marks = (("Previsto", hatched), ("Recebido", "var(--chart-received)"))
    return rx.el.ul(
        *(
            rx.el.li(
                rx.el.span(
                    class_name="inline-block size-3 rounded-sm border border-[var(--chart-expected)]",
                    style={"background": background},
                    aria_hidden="true",
                ),
                text,
                class_name="flex items-center gap-2",
            )
            for text, background in marks
        ),
        class_name="flex gap-4 caption",
    )
