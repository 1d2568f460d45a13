"""How Conferir caixa is drawn: its three views and its two dialogs."""

from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import money_field, text_area
from loanapp.components.figures import fact, facts
from loanapp.components.filters import view_chips
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.states import empty_all_done, page_failed, table_skeleton
from loanapp.components.table import Column, data_table, pagination
from loanapp.pages.cash.cash_rows import HandInRow, HolderRow
from loanapp.pages.cash.check_state import COUNT_FORM, RECORD_FORM, VIEWS, CheckCashState


def _payment(payment: rx.Var[list[str]]) -> rx.Component:
    undone = payment[4] != ""
    return rx.el.li(
        rx.el.div(
            app_link(payment[0], to=payment[1]),
            rx.el.span(payment[2], class_name="muted [overflow-wrap:anywhere]"),
            class_name="flex flex-col min-w-0",
        ),
        rx.el.div(
            rx.el.span(payment[3], class_name=rx.cond(undone, "line-through", "")),
            rx.cond(undone, rx.el.span(payment[4], class_name="caption")),
            class_name="flex flex-col items-end tabular-nums shrink-0",
        ),
        class_name="flex justify-between gap-4 py-2 border-b border-[var(--c-line)] last:border-b-0",
    )


def _payments(row: rx.Var[HandInRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            row["payments_text"], class_name="cursor-pointer link font-medium flex items-center min-h-[var(--control)]"
        ),
        rx.el.ul(rx.foreach(row["payments"].to(list[list[str]]), _payment)),
    )


def _card(row: rx.Var[HandInRow]) -> rx.Component:
    return rx.el.li(
        rx.el.h2(row["title"], " · ", row["holder"], class_name="title-small [overflow-wrap:anywhere]"),
        facts(
            fact("A contar", rx.el.span(row["expected"], class_name="tabular-nums")),
            fact("Entregue em", row["handed_in"]),
        ),
        rx.cond(row["note"] != "", rx.el.p(row["note"], class_name="muted")),
        _payments(row),
        rx.cond(
            row["obstacle"] != "",
            rx.el.p(glyph("info", class_name="shrink-0 mt-0.5"), row["obstacle"], class_name="notice rounded-md"),
            button("Conferir", kind="primary", on_click=CheckCashState.ask_count(row["id"].to(str))),
        ),
        class_name="panel flex flex-col gap-3",
    )


def _holder(row: rx.Var[HolderRow]) -> rx.Component:
    return rx.cond(
        row["is_own"].to(bool),
        app_link("Entregar o seu", to="/campo/recebidos", class_name="button button-secondary"),
        button("Registrar entrega", on_click=CheckCashState.ask_record(row["id"].to(str))),
    )


HOLDER_COLUMNS = (
    Column(header="Pessoa", cell=lambda row: row["name"], on_phone="title"),
    Column(
        header="Em mãos",
        cell=lambda row: rx.el.span(row["amount"], class_name=rx.cond(row["is_over"].to(bool), "overdue", "")),
        is_numeric=True,
    ),
    Column(header="Limite", cell=lambda row: row["ceiling"], is_numeric=True),
    Column(header="Recebimentos", cell=lambda row: row["receipts"], on_phone="none"),
    Column(header="Desde", cell=lambda row: row["since"], class_name="tabular-nums"),
    Column(header="Ação", cell=_holder, on_phone="action"),
)


def _difference(row: rx.Var[HandInRow]) -> rx.Component:
    return rx.el.span(row["difference"], class_name=rx.cond(row["is_short"].to(bool), "overdue font-medium", ""))


COUNTED_COLUMNS = (
    Column(header="Entrega", cell=lambda row: rx.el.span(row["number"], " · ", row["holder"]), on_phone="title"),
    Column(header="Entregue em", cell=lambda row: row["handed_in"], on_phone="none", class_name="tabular-nums"),
    Column(header="Esperado", cell=lambda row: row["expected"], is_numeric=True),
    Column(header="Contado", cell=lambda row: row["counted"], is_numeric=True),
    Column(header="Diferença", cell=_difference, class_name="tabular-nums whitespace-nowrap"),
    Column(
        header="Motivo", cell=lambda row: row["reason"], on_phone="none", class_name="max-w-72 [overflow-wrap:anywhere]"
    ),
    Column(header="Conferida por", cell=lambda row: row["checked"], class_name="tabular-nums"),
    Column(header="Recebimentos", cell=_payments, on_phone="action", class_name="md:min-w-56"),
)


def _count_dialog() -> rx.Component:
    state = CheckCashState
    return command_dialog(
        "Conferir caixa",
        rx.el.p(rx.el.strong(state.asked)),
        rx.el.p("A contar: ", rx.el.strong(state.asked_amount, class_name="tabular-nums"), "."),
        rx.cond(state.asked_note != "", rx.el.p(state.asked_note, class_name="muted")),
        money_field(
            "counted", "Valor contado", errors=state.errors, on_change=state.count_typed.debounce(300),
            help_text="Conte o dinheiro e escreva o que achou",
        ),
        rx.el.p(
            state.difference,
            class_name=rx.cond(state.is_different, "overdue font-medium tabular-nums", "font-medium tabular-nums"),
            role="status",
        ),
        text_area(
            "reason", "Motivo da diferença", errors=state.errors,
            help_text="Só se o valor contado for outro. Fica na auditoria com o seu nome.",
        ),
        verb=state.verb,
        form_id=COUNT_FORM,
        is_open=state.dialog == "count",
        on_open_change=state.fold,
        on_submit=state.count,
        errors=state.errors,
        busy="Conferindo…",
    )  # fmt: skip


def _record_dialog() -> rx.Component:
    state = CheckCashState
    return command_dialog(
        "Registrar entrega",
        rx.el.p(
            rx.el.strong(state.asked), " entrega ", rx.el.strong(state.asked_amount, class_name="tabular-nums"),
            ", de ", state.asked_note, " em dinheiro.",
        ),
        rx.el.p("Para quem não pode registrar a própria entrega. Quem registra não confere: outra pessoa conta."),
        verb=f"Registrar entrega de {state.asked_amount}",
        form_id=RECORD_FORM,
        is_open=state.dialog == "record",
        on_open_change=state.fold,
        on_submit=state.record,
        errors=state.errors,
    )  # fmt: skip


def _listed(rows: rx.Var[Any], shown: rx.Component, nothing: str) -> rx.Component:
    return rx.cond(rows.length() > 0, shown, empty_all_done(nothing))


def _results() -> rx.Component:
    state = CheckCashState
    cards = rx.el.ul(rx.foreach(state.waiting, _card), class_name="grid items-start gap-4 lg:grid-cols-2")
    counted = rx.fragment(
        data_table(COUNTED_COLUMNS, state.counted, label="Entregas conferidas"), pagination(state.place)
    )
    shown = rx.match(
        state.view,
        (
            "em-maos",
            _listed(
                state.holders,
                data_table(HOLDER_COLUMNS, state.holders, label="Dinheiro em mãos"),
                "Ninguém tem dinheiro em mãos.",
            ),
        ),
        ("conferidas", _listed(state.counted, counted, "Nenhuma entrega foi conferida ainda.")),
        _listed(state.waiting, cards, "Tudo em dia. Nenhuma entrega aguarda conferência."),
    )
    return rx.cond(state.is_loaded, shown, table_skeleton())


@page(
    "/recebimentos/caixa",
    title="Conferir caixa",
    permission=Permission.CASH_CHECK,
    on_load=[CheckCashState.load],
    skeleton=table_skeleton,
)
def check() -> rx.Component:
    """Show the hand-ins of a view."""
    state = CheckCashState
    views = [(key, state.view_texts[key], state.view_links[key]) for key in VIEWS]
    notice = rx.el.p(
        glyph("circle-check-big", class_name="shrink-0 mt-0.5"), state.notice,
        class_name="notice notice-good rounded-md", role="status",
    )  # fmt: skip
    return rx.el.div(
        view_chips("Visões", views, state.view),
        rx.cond(state.notice != "", notice),
        rx.cond(state.fault != "", page_failed(state.fault, state.load), _results()),
        _count_dialog(),
        _record_dialog(),
        class_name="flex flex-col gap-4",
    )
