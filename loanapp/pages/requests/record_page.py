"""Empréstimo: everything about one loan, with its one primary action (ux.md §2.9)."""

import reflex as rx

from domain.permissions import Permission
from loanapp.components.badges import status_badge
from loanapp.components.due_date import DueDateState, due_date_dialog
from loanapp.components.explain import explained_amount
from loanapp.components.figures import fact, facts
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.pix import pix_offer
from loanapp.components.receive_calculation import Line, calculation
from loanapp.components.states import error_card, not_found, page_skeleton
from loanapp.components.table import Column, data_table
from loanapp.components.waive import WaiveState
from loanapp.components.waive_dialog import waive_dialog
from loanapp.pages.requests.actions import action_bar, may
from loanapp.pages.requests.adjustments import AdjustmentsState, adjustments_dialog, adjustments_tab
from loanapp.pages.requests.chain import ChainState, chain_panel
from loanapp.pages.requests.client_credit import credit_notice
from loanapp.pages.requests.decisions import decision_dialogs
from loanapp.pages.requests.guarantor import GuarantorState, guarantor_panel
from loanapp.pages.requests.papers import papers_panel
from loanapp.pages.requests.record_state import RequestRecordState
from loanapp.pages.requests.record_texts import Fact, InvoiceRow, LifeLine, PaymentRow
from loanapp.pages.requests.settle import SettleState
from loanapp.pages.requests.settle_dialog import settle_dialog
from loanapp.pages.requests.simulation import simulation_details
from loanapp.pages.requests.take_back import waiting_notices


def _fact(item: rx.Var[Fact]) -> rx.Component:
    value = rx.cond(item["is_alarming"], rx.el.span(item["value"], class_name="overdue"), item["value"])
    explained = explained_amount(item["value"], to=f"?calculo={RequestRecordState.number}")
    return fact(
        item["label"],
        rx.cond(item["label"] == "Saldo hoje", explained, rx.el.span(value, class_name="tabular-nums")),
    )


def _header() -> rx.Component:
    state = RequestRecordState
    return rx.el.section(
        rx.el.div(
            app_link(state.client, to=state.client_to, class_name="link title-small"),
            status_badge("request", state.status),
            class_name="flex flex-wrap items-center gap-3",
        ),
        facts(rx.foreach(state.facts, _fact)),
        class_name="panel flex flex-col gap-4",
        aria_label="Resumo",
    )


def _life_line(step: rx.Var[LifeLine]) -> rx.Component:
    return rx.el.li(
        status_badge("request", step["status"]),
        rx.el.div(
            rx.el.div(step["detail"], class_name="caption tabular-nums"),
            rx.cond(step["reason"] != "", rx.el.div("Motivo: ", step["reason"], class_name="[overflow-wrap:anywhere]")),
            class_name="min-w-0",
        ),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1",
    )


def _life() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Linha de vida", class_name="title-small mb-2"),
        rx.el.ol(rx.foreach(RequestRecordState.life, _life_line), class_name="flex flex-col gap-2"),
        class_name="panel",
    )


def _notices() -> rx.Component:
    state = RequestRecordState
    info = glyph("info", class_name="shrink-0 mt-0.5")
    warn = glyph("triangle-alert", class_name="shrink-0 mt-0.5")
    return rx.fragment(
        waiting_notices(state.waiting),
        credit_notice(state.credit, state.credit_to),
        rx.cond(
            state.notice != "",
            rx.el.p(
                info,
                state.notice,
                class_name=rx.cond(state.is_notice_good, "notice notice-good rounded-md", "notice rounded-md"),
                role="status",
            ),
        ),
        rx.cond(
            (state.obstacle != "") & may(Permission.REQUESTS_DECIDE),
            rx.el.p(warn, rx.cond(state.is_own, "Quem pediu não aprova. ", ""), rx.cond(
                state.is_own, "Peça a outra pessoa para decidir.", state.obstacle
            ), class_name="notice rounded-md", id="obstacle"),
        ),
        rx.cond(state.warning != "", rx.el.p(warn, state.warning, class_name="notice rounded-md")),
    )  # fmt: skip


def _explained(row: rx.Var[InvoiceRow]) -> rx.Component:
    """Show what an invoice asks for; a press on it shows how it came to that."""
    shown = row["calculation"]
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                row["open"],
                type="button",
                class_name="link tabular-nums min-h-6",
                aria_label=f"Memória de cálculo da parcela {row['title']}: {row['open']}",
            )
        ),
        rx.popover.content(
            rx.el.p(shown["title"], class_name="font-semibold mb-2"),
            calculation(shown["lines"].to(list[Line])),
            max_width="min(440px, 92vw)",
        ),
    )


def _invoices() -> rx.Component:
    state = RequestRecordState
    columns = (
        Column(header="Parcela", cell=lambda row: row["title"], on_phone="title", total="Total"),
        Column(header="Vencimento", cell=lambda row: row["due"]),
        Column(header="Situação", cell=lambda row: status_badge("invoice", row["look"], row["look_note"])),
        Column(
            header="Valor original", cell=lambda row: row["original"], is_numeric=True, on_phone="none",
            total=state.totals["original"].to(str),
        ),
        Column(
            header="Multa + mora", cell=lambda row: row["charges"], is_numeric=True,
            total=state.totals["charges"].to(str),
        ),
        Column(
            header="Pago", cell=lambda row: row["paid"], is_numeric=True, on_phone="none",
            total=state.totals["paid"].to(str),
        ),
        Column(header="Em aberto", cell=_explained, is_numeric=True, total=state.totals["open"].to(str)),
    )  # fmt: skip
    return rx.fragment(
        rx.cond(state.totals["shown"] != "", rx.el.p(state.totals["shown"], class_name="muted mb-2")),
        data_table(columns, state.invoices, label="Parcelas do empréstimo"),
    )


def _payment_link(row: rx.Var[PaymentRow]) -> rx.Component:
    return app_link(row["number"], to=row["to"], aria_label="Recebimento nº " + row["number"].to(str))


def _paid_amount(row: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.span(row["amount"], class_name=rx.cond(row["standing"] == "CONFIRMED", "", "line-through muted"))


def _payments() -> rx.Component:
    state = RequestRecordState
    columns = (
        Column(header="Nº", cell=_payment_link, on_phone="title"),
        Column(header="Data", cell=lambda row: row["received"]),
        Column(header="Valor", cell=_paid_amount, is_numeric=True),
        Column(header="Situação", cell=lambda row: status_badge("payment", row["standing"].to(str)), on_phone="none"),
        Column(header="Forma", cell=lambda row: row["method"]),
        Column(header="Parcelas", cell=lambda row: row["shares"]),
        Column(header="Registrado por", cell=lambda row: row["author"]),
        Column(header="Observação", cell=lambda row: row["note"], on_phone="none",
               class_name="max-w-60 [overflow-wrap:anywhere]"),
    )  # fmt: skip
    return rx.cond(
        state.payments.length() > 0,
        data_table(columns, state.payments, label="Recebimentos do empréstimo"),
        rx.el.p("Nenhum recebimento ainda.", class_name="panel muted"),
    )


def _conditions() -> rx.Component:
    return rx.el.div(facts(rx.foreach(RequestRecordState.conditions, _fact)), class_name="panel")


def _tabs() -> rx.Component:
    tabs = (("parcelas", "Parcelas", _invoices), ("recebimentos", "Recebimentos", _payments),
            ("ajustes", "Ajustes", adjustments_tab), ("condicoes", "Condições", _conditions))  # fmt: skip
    return rx.tabs.root(
        rx.tabs.list(*(rx.tabs.trigger(text, value=key) for key, text, _ in tabs), class_name="mb-3"),
        *(rx.tabs.content(content(), value=key) for key, _, content in tabs),
        default_value="parcelas",
    )


def _before_money() -> rx.Component:
    """Show what is decided on: the plan, the conditions and, while it is open, the client's history."""
    state = RequestRecordState
    return rx.el.div(
        rx.el.section(
            rx.el.h2("Simulação", class_name="title-small mb-3"),
            simulation_details(state.simulation),
            class_name="panel",
        ),
        rx.el.div(
            rx.cond(
                state.history != "",
                rx.el.section(
                    rx.el.h2("Histórico do cliente", class_name="title-small mb-2"),
                    rx.el.p(state.history),
                    class_name="panel",
                ),
            ),
            rx.el.section(rx.el.h2("Condições", class_name="title-small mb-2"), _conditions_list(), class_name="panel"),
            _life(),
            class_name="flex flex-col gap-4",
        ),
        class_name="grid items-start gap-4 lg:grid-cols-2",
    )


def _conditions_list() -> rx.Component:
    return facts(rx.foreach(RequestRecordState.conditions, _fact))


@page(
    "/emprestimos/[numero]",
    title=rx.cond(RequestRecordState.number > 0, f"Empréstimo nº {RequestRecordState.number}", "Empréstimo"),
    permission=Permission.REQUESTS_VIEW,
    on_load=[
        RequestRecordState.load,
        GuarantorState.load,
        ChainState.load,
        AdjustmentsState.load,
        WaiveState.look_at_address,
        DueDateState.look_at_address,
        SettleState.look_at_address,
    ],
    actions=action_bar,
)
def record() -> rx.Component:
    """Draw the record."""
    state = RequestRecordState
    loaded = rx.el.div(
        _notices(),
        _header(),
        chain_panel(),
        rx.cond(
            rx.Var.create(["ACTIVE", "LOST"]).contains(RequestRecordState.status),
            pix_offer(RequestRecordState.number.to_string(), has_more=True),
        ),
        rx.cond(state.invoices.length() > 0, rx.fragment(_tabs(), _life()), _before_money()),
        papers_panel(),
        guarantor_panel(),
        decision_dialogs(),
        adjustments_dialog(),
        waive_dialog(),
        due_date_dialog(),
        settle_dialog(),
        class_name="flex flex-col gap-4 max-md:pb-20",
    )
    return rx.cond(
        state.is_missing,
        not_found("Este empréstimo não existe."),
        rx.cond(
            state.problem != "",
            error_card(state.problem, state.load),
            rx.cond(state.is_loaded, loaded, page_skeleton()),
        ),
    )
