"""What led to what is open of an invoice, as shown: what was taken off, payments, mora by day (ux.md §2.11)."""

from typing import TypedDict

import reflex as rx

from domain.adjustments import AdjustmentKind
from domain.history import Component
from domain.payments import PaymentMethod
from loanapp.components.formats import brl_text, date_text
from loanapp.components.links import app_link
from loanapp.queries.calculations import ExplainedAdjustment, ExplainedInvoice, ExplainedPayment

METHODS = {
    PaymentMethod.PIX: "Pix",
    PaymentMethod.CASH: "Dinheiro",
    PaymentMethod.TRANSFER: "Transferência",
    PaymentMethod.BOLETO: "Boleto",
    PaymentMethod.CREDIT: "Crédito",
}
COMPONENTS = {
    Component.MORA: "mora",
    Component.LATE_FEE: "multa",
    Component.INTEREST: "juros",
    Component.PRINCIPAL: "principal",
}
_KINDS = {
    AdjustmentKind.WAIVER: "Dispensa",
    AdjustmentKind.REMAINDER: "Resto dispensado",
    AdjustmentKind.SETTLEMENT: "Desconto da quitação",
}


class Happened(TypedDict):
    """Something that changed what is open: a payment's share, or what was taken off; `to` is its record, or empty."""

    title: str
    detail: str
    amount: str
    to: str
    is_reversed: bool


class Facts(TypedDict):
    """What happened to one invoice, and how its mora grew by day."""

    received: list[Happened]
    taken_off: list[Happened]
    days: list[list[str]]


NO_FACTS = Facts(received=[], taken_off=[], days=[])


def facts_of(invoice: ExplainedInvoice) -> Facts:
    """Return what happened to an invoice, as shown."""
    return Facts(
        received=[_received(payment) for payment in invoice.payments],
        taken_off=[_taken_off(adjustment) for adjustment in invoice.adjustments],
        days=[[date_text(each.day), brl_text(each.cents)] for each in invoice.days],
    )


def _received(payment: ExplainedPayment) -> Happened:
    parts = (
        ("mora", payment.mora_cents),
        ("multa", payment.late_fee_cents),
        ("juros", payment.interest_cents),
        ("principal", payment.principal_cents),
    )
    allocated = " · ".join(f"{name} {brl_text(cents)}" for name, cents in parts if cents)
    return Happened(
        title=f"{date_text(payment.received_on)} · {METHODS[payment.method]} · recebimento nº {payment.number}",
        detail=f"Estornado: não conta. Tinha pago {allocated}" if payment.is_reversed else allocated,
        amount=brl_text(payment.amount_cents),
        to=f"/recebimentos/{payment.number}",
        is_reversed=payment.is_reversed,
    )


def _taken_off(adjustment: ExplainedAdjustment) -> Happened:
    told = [adjustment.reason, f"por {adjustment.author}" if adjustment.author else ""]
    kind = f"{_KINDS[adjustment.kind]} de {COMPONENTS[adjustment.component]}"
    return Happened(
        title=f"{date_text(adjustment.granted_on)} · {kind}",
        detail=" · ".join(["Estornado: não conta."] * adjustment.is_reversed + [text for text in told if text]),
        amount=brl_text(adjustment.amount_cents),
        to="",
        is_reversed=adjustment.is_reversed,
    )


def _happened(each: rx.Var[Happened]) -> rx.Component:
    struck = rx.cond(each["is_reversed"], "line-through", "")
    title = rx.cond(each["to"] != "", app_link(each["title"], to=each["to"].to(str)), rx.el.span(each["title"]))
    return rx.el.li(
        rx.el.div(
            rx.el.span(title, class_name=struck),
            rx.cond(each["detail"] != "", rx.el.div(each["detail"], class_name="caption [overflow-wrap:anywhere]")),
            class_name="min-w-0",
        ),
        rx.el.span(each["amount"], class_name=f"tabular-nums whitespace-nowrap {struck}"),
        class_name="flex justify-between gap-4 py-1",
    )


def _listed(heading: str, rows: rx.Var[list[Happened]]) -> rx.Component:
    return rx.cond(
        rows.length() > 0,
        rx.el.section(
            rx.el.h3(heading, class_name="title-small"),
            rx.el.ul(rx.foreach(rows, _happened)),
            class_name="flex flex-col gap-2",
        ),
    )


def facts_shown(facts: rx.Var[Facts]) -> rx.Component:
    """Show the mora by day, folded, and below it what was taken off and what was received."""
    days = facts["days"].to(list[list[str]])
    row = rx.foreach(
        days,
        lambda each: rx.el.tr(
            rx.el.td(each[0], class_name="py-1"),
            rx.el.td(each[1], class_name="text-right tabular-nums"),
            class_name="border-t border-[var(--c-line)]",
        ),
    )
    by_day = rx.el.details(
        rx.el.summary("Mora por dia", class_name="link min-h-6 max-md:min-h-12 cursor-pointer"),
        rx.el.p("Quanto a mora somava se paga em cada dia.", class_name="caption mt-1"),
        rx.el.table(rx.el.caption("Mora por dia", class_name="sr-only"), rx.el.tbody(row), class_name="w-full mt-1"),
    )
    return rx.el.div(
        rx.cond(days.length() > 0, by_day),
        _listed("Dispensas e descontos", facts["taken_off"].to(list[Happened])),
        rx.cond(
            facts["received"].to(list[Happened]).length() > 0,
            _listed("Recebimentos", facts["received"].to(list[Happened])),
            rx.el.p("Nenhum recebimento desta parcela.", class_name="muted"),
        ),
        class_name="flex flex-col gap-5",
    )
