"""“Memória de cálculo”: how an invoice came to what it asks for, line by line, never a rounded value per day."""

from datetime import date
from decimal import Decimal
from typing import TypedDict

import reflex as rx

from loanapp.components.badges import invoice_look, status_badge
from loanapp.components.formats import brl_text, date_text, percent_text
from loanapp.queries.charged import ChargedInvoice, MoraStretch


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
        title=f"Parcela {invoice.number}/{of}",
        due=due_text(invoice),
        look=look,
        look_note=note,
        total=brl_text(invoice.open_cents),
        lines=_lines(invoice, as_of_text, late_fee_pct, mora_pct_month),
    )


def due_text(invoice: ChargedInvoice) -> str:
    """Write a due date, and the day up to which it is free of charges where that is a later one."""
    if invoice.due_date == invoice.effective_due_date:
        return date_text(invoice.due_date)
    return f"{date_text(invoice.due_date)} · sem encargos até {invoice.effective_due_date:%d/%m}"


def _lines(invoice: ChargedInvoice, as_of_text: str, late_fee_pct: Decimal, mora_pct_month: Decimal) -> list[Line]:
    lines = [
        _line("Principal", invoice.principal_cents),
        _line("Juros", invoice.interest_cents),
        _line("Valor original", invoice.original_cents, "sum"),
    ]
    if invoice.late_fee_cents:
        base = f" sobre {brl_text(invoice.late_fee_base_cents)}"
        on = base if invoice.late_fee_base_cents != invoice.original_cents else ""
        lines.append(_line(f"Multa {percent_text(late_fee_pct)} (uma vez){on}", invoice.late_fee_cents))
    last = len(invoice.stretches) - 1
    lines.extend(
        _line(_mora_label(stretch, mora_pct_month, is_first=place == 0, is_last=place == last), stretch.amount_cents)
        for place, stretch in enumerate(invoice.stretches)
    )
    if invoice.waived_cents:
        lines.append(_line("Dispensado", -invoice.waived_cents))
    if invoice.paid_cents:
        lines.append(_line("Pago", -invoice.paid_cents))
    return [*lines, _line(f"Total {as_of_text}", invoice.open_cents, "sum")]


def _mora_label(stretch: MoraStretch, mora_pct_month: Decimal, *, is_first: bool, is_last: bool) -> str:
    days = f"{stretch.days} dia{'' if stretch.days == 1 else 's'}"
    rate = f"{percent_text(mora_pct_month)} ao mês ÷ 30 \N{MULTIPLICATION SIGN} {days}"
    label = f"Mora {rate} sobre {brl_text(stretch.base_cents)}"
    if not is_last:
        return f"{label} (até {stretch.until:%d/%m}, congelada)"
    return label if is_first else f"{label} (desde {stretch.since:%d/%m}, sobre o que restou)"


def _line(label: str, cents: int, kind: str = "") -> Line:
    return Line(label=label, value=brl_text(cents), kind=kind)


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
