"""“Memória de cálculo”: how an invoice came to what it asks for, line by line, never a rounded value per day."""

from datetime import date
from decimal import Decimal
from typing import TypedDict

import reflex as rx

from domain.explanations import ExplainedLine, effective_due_words, explained_lines
from loanapp.components.badges import invoice_look, status_badge
from loanapp.components.formats import brl_text, date_text
from loanapp.queries.charged import ChargedInvoice


class Line(TypedDict):
    """One line of a calculation; `kind` is `sum` for a result, else empty."""

    label: str
    value: str
    kind: str


class Calculated(TypedDict):
    """One invoice with its calculation, as shown."""

    number: int
    title: str
    due: str
    look: str
    look_note: str
    total: str
    lines: list[Line]


def calculated(
    invoice: ChargedInvoice, *, of: int, as_of: date, today: date, late_fee_pct: Decimal, mora_pct_month: Decimal
) -> Calculated:
    """Return what is shown of an invoice as of a date; `of` counts the instalments, rates are in percent."""
    as_of_text = "hoje" if as_of == today else f"em {date_text(as_of)}"
    look, note = invoice_look(
        invoice.status,
        is_due_today=invoice.effective_due_date == as_of,
        is_part_paid=invoice.paid_cents > 0,
        days_overdue=invoice.days_overdue,
    )
    return Calculated(
        number=invoice.number,
        title=invoice_title(invoice.number, of),
        due=due_text(invoice),
        look=look,
        look_note=note,
        total=brl_text(invoice.open_cents),
        lines=[
            line_of(line)
            for line in explained_lines(
                invoice,
                late_fee_pct=late_fee_pct,
                mora_pct_month=mora_pct_month,
                total_label=f"Total {as_of_text}",
            )
        ],
    )


def invoice_title(number: int, of: int) -> str:
    """Write which invoice of a loan: `Parcela 3/12`, an agreement's down payment by its name."""
    return f"Parcela {number}/{of}" if number else "Entrada"


def due_text(invoice: ChargedInvoice) -> str:
    """Write a due date, and the day up to which it is free of charges where that is a later one."""
    return effective_due_words(invoice.due_date, invoice.effective_due_date)


def line_of(line: ExplainedLine) -> Line:
    """Return a line as shown."""
    return Line(label=line.label, value=brl_text(line.cents), kind="sum" if line.is_sum else "")


def calculation(lines: rx.Var[list[Line]]) -> rx.Component:
    """Show the lines of a calculation, amounts under one another."""
    return rx.el.dl(
        rx.foreach(
            lines,
            lambda line: rx.el.div(
                rx.el.dt(line["label"], class_name="muted"),
                rx.el.dd(line["value"], class_name="tabular-nums whitespace-nowrap text-right"),
                class_name=rx.cond(
                    line["kind"] == "sum",
                    "flex justify-between gap-4 font-semibold border-t border-[var(--c-line)] pt-1 mt-1",
                    "flex justify-between gap-4",
                ),
            ),
        ),
        class_name="flex flex-col gap-1",
    )


def calculated_invoice(invoice: rx.Var[Calculated], *, is_open: rx.Var[bool] | bool) -> rx.Component:
    """Show an invoice as one row that opens its calculation."""
    return rx.el.details(
        rx.el.summary(
            rx.el.span(invoice["title"], class_name="font-medium"),
            rx.el.span(invoice["due"], class_name="muted"),
            status_badge("invoice", invoice["look"], invoice["look_note"]),
            rx.el.span(invoice["total"], class_name="ml-auto font-semibold tabular-nums"),
            class_name="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 min-h-[var(--control)] cursor-pointer",
        ),
        rx.el.div(calculation(invoice["lines"].to(list[Line])), class_name="pb-3"),
        open=is_open,
        class_name="border-b border-[var(--c-line)]",
    )
