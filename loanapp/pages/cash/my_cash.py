"""Meu caixa: what one holds in cash and may hold, today's receipts, and handing the cash in (ux.md §2.23)."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.money import Money
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import feedback
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.figures import fact, facts
from loanapp.components.formats import brl_text, counted
from loanapp.components.forms import settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.page import page
from loanapp.components.states import empty_all_done, page_failed, page_skeleton
from loanapp.components.table import Column, data_table
from loanapp.gate import AuthState, requires
from loanapp.pages.cash.cash_rows import (
    NO_GAUGE,
    Gauge,
    HandInRow,
    ReceiptRow,
    gauge,
    hand_in_row,
    receipt_row,
)
from loanapp.queries.cash import MyCash, my_cash
from loanapp.services.cash import HandInCash, hand_in_cash

FORM_ID = "hand-in"


def parse_hand_in(texts: Mapping[str, str], _today: date, *, holder_id: UUID, expected: Money) -> HandInCash:
    """Read the form that hands in: it holds its key alone, the sum is what was shown."""
    return HandInCash(hand_in_id=UUID(texts["command_id"]), holder_id=holder_id, expected=expected)


class MyCashState(AuthState):
    """One's own cash as it stood when it was read last."""

    gauge: Gauge = NO_GAUGE
    to_hand_in: str = ""
    to_hand_in_text: str = ""
    awaiting: str = ""
    sums: list[list[str]] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    rows: list[ReceiptRow] = []  # noqa: RUF012
    hand_ins: list[HandInRow] = []  # noqa: RUF012
    is_loaded: bool = False
    fault: str = ""
    notice: str = ""
    is_asking: bool = False
    errors: dict[str, str] = {}  # noqa: RUF012
    _holder_id: UUID | None = None
    _expected: Money = Money.ZERO

    @rx.event
    @requires(Permission.CASH_HAND_IN)
    async def load(self) -> None:
        """Read one's own cash."""
        self.notice, self.is_asking = "", False
        await self._read()

    @rx.event
    @requires(Permission.CASH_HAND_IN)
    async def ask(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Open or close the question whether to hand in, with the sum of this moment."""
        self.errors, self.notice = {}, ""
        if is_open:
            await self._read()
        self.is_asking = is_open and self._holder_id is not None and bool(self._expected)

    @rx.event(temporal=True)
    @requires(Permission.CASH_HAND_IN)
    async def hand_in(self, form: dict[str, Any]) -> Any:
        """Hand in what was shown."""
        if self._holder_id is None:
            return settled(FORM_ID, is_done=False)
        parse = functools.partial(parse_hand_in, holder_id=self._holder_id, expected=self._expected)
        outcome = await bridge.submit(hand_in_cash, parse, form)
        self.errors = feedback.field_errors(outcome)
        await self._read()
        if not outcome.ok:
            return settled(FORM_ID, is_done=False)
        receipt = outcome.result
        self.is_asking = False
        amount = brl_text(receipt.amount.cents)
        self.notice = f"Entrega nº {receipt.number} registrada: {amount}. Leve o dinheiro à gestão, que vai contar."
        return settled(FORM_ID, is_done=True)

    async def _read(self) -> None:
        outcome = await bridge.read(my_cash, None)
        self.fault = outcome.reference
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, found: MyCash) -> None:
        self._holder_id, self._expected = found.user_id, Money(found.to_hand_in_cents)
        self.gauge = gauge(found.in_hand_cents, found.room)
        self.to_hand_in = brl_text(found.to_hand_in_cents) if found.to_hand_in_cents else ""
        self.to_hand_in_text = counted(found.to_hand_in_count, "recebimento", "recebimentos")
        waits = found.in_hand_cents - found.to_hand_in_cents
        self.awaiting = f"{brl_text(waits)} entregues esperam a conferência e contam no limite até lá." if waits else ""
        sums = found.by_method
        self.sums = [[word, brl_text(sums[method])] for method, word in METHOD_NAMES.items() if method in sums]
        self.rows = [receipt_row(line) for line in found.lines]
        self.hand_ins = [hand_in_row(line) for line in found.hand_ins]
        self.is_loaded = True


def _held() -> rx.Component:
    state = MyCashState
    bar = rx.el.div(
        rx.el.div(
            class_name=rx.cond(
                state.gauge["is_full"],
                "h-full rounded-full bg-[var(--c-money-overdue)]",
                "h-full rounded-full bg-[var(--c-primary)]",
            ),
            style={"width": f"{state.gauge['pct']}%"},
        ),
        class_name="h-2 rounded-full bg-[var(--c-line)] overflow-hidden",
        aria_hidden="true",
    )
    return rx.el.section(
        rx.el.h2("Em mãos", class_name="caption"),
        rx.el.p(
            rx.el.span(state.gauge["in_hand"], class_name="amount tabular-nums"),
            rx.el.span(state.gauge["ceiling"], class_name="muted tabular-nums"),
            class_name="flex flex-wrap items-baseline gap-x-2",
        ),
        rx.cond(state.gauge["ceiling"] != "", bar),
        rx.cond(
            state.gauge["left"] != "",
            rx.el.p(state.gauge["left"], class_name=rx.cond(state.gauge["is_full"], "overdue font-medium", "muted")),
        ),
        rx.cond(state.awaiting != "", rx.el.p(state.awaiting, class_name="muted")),
        rx.cond(
            state.to_hand_in != "",
            button("Entregar caixa", kind="primary", icon="hand-coins", on_click=state.ask(True)),
        ),
        class_name="panel flex flex-col gap-3",
        aria_label="Em mãos",
    )


def _sums() -> rx.Component:
    listed = facts(
        rx.foreach(MyCashState.sums, lambda pair: fact(pair[0], rx.el.span(pair[1], class_name="tabular-nums")))
    )
    return rx.el.section(
        rx.el.h2("Recebido hoje", class_name="title-small mb-2"),
        rx.cond(MyCashState.sums.length() > 0, listed, rx.el.p("Nada recebido hoje.", class_name="muted")),
        class_name="panel",
    )


def _number(row: rx.Var[ReceiptRow]) -> rx.Component:
    return rx.cond(row["to"] != "", app_link(row["title"], to=row["to"]), rx.el.span(row["title"]))


def _situation(row: rx.Var[ReceiptRow]) -> rx.Component:
    return rx.cond(
        row["cash_status"] != "",
        status_badge("cash", row["cash_status"].to(str)),
        status_badge("payment", row["status"].to(str)),
    )


def _reverse(row: rx.Var[ReceiptRow]) -> rx.Component:
    return rx.cond(
        row["may_reverse"].to(bool),
        app_link(
            "Estornar", rx.el.span(" o ", row["title"], class_name="sr-only"), to=row["to"].to(str),
            class_name="button button-secondary",
        ),
    )  # fmt: skip


COLUMNS = (
    Column(header="Recebimento", cell=_number, on_phone="title"),
    Column(header="Cliente", cell=lambda row: row["client"]),
    Column(header="Valor", cell=lambda row: row["amount"], is_numeric=True),
    Column(header="Forma", cell=lambda row: row["method"], on_phone="none"),
    Column(header="Registrado em", cell=lambda row: row["at"], class_name="tabular-nums"),
    Column(header="Situação", cell=_situation),
    Column(header="Ação", cell=_reverse, on_phone="action"),
)


def _receipts() -> rx.Component:
    nothing = empty_all_done("Nenhum recebimento seu hoje, e nada em mãos.")
    return rx.el.section(
        rx.el.h2("Meus recebimentos", class_name="title-small mb-1"),
        rx.el.p("Os de hoje e o dinheiro de outros dias que ainda está em mãos.", class_name="muted mb-2"),
        rx.cond(
            MyCashState.rows.length() > 0, data_table(COLUMNS, MyCashState.rows, label="Meus recebimentos"), nothing
        ),
    )


def _hand_in(row: rx.Var[HandInRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["title"], class_name="font-medium"),
            status_badge("hand_in", row["status"].to(str)),
            class_name="flex flex-wrap items-center justify-between gap-2",
        ),
        rx.el.p(row["amount"], " · ", row["handed_in"], class_name="muted tabular-nums"),
        rx.cond(row["note"] != "", rx.el.p(row["note"], class_name="muted")),
        rx.cond(
            row["counted"] != "",
            rx.el.p(
                rx.el.span("Contado: ", row["counted"], " · "),
                rx.el.span(row["difference"], class_name=rx.cond(row["is_short"].to(bool), "overdue font-medium", "")),
                class_name="tabular-nums",
            ),
        ),
        rx.cond(row["reason"] != "", rx.el.p("Motivo: ", row["reason"], class_name="[overflow-wrap:anywhere]")),
        class_name="py-3 border-b border-[var(--c-line)] last:border-b-0",
    )


def _hand_ins() -> rx.Component:
    listed = rx.el.ul(rx.foreach(MyCashState.hand_ins, _hand_in))
    return rx.cond(
        MyCashState.hand_ins.length() > 0,
        rx.el.section(rx.el.h2("Minhas entregas", class_name="title-small"), listed, class_name="panel"),
    )


def _dialog() -> rx.Component:
    state = MyCashState
    return command_dialog(
        "Entregar caixa",
        rx.el.p(
            rx.el.strong(state.to_hand_in, class_name="tabular-nums"), " em dinheiro, de ", state.to_hand_in_text, "."
        ),
        rx.el.p(
            "Leve esse valor à gestão, que conta e confere. Até lá ele continua no seu limite. Depois de entregue, só a"
            " gestão estorna estes recebimentos."
        ),
        verb=f"Entregar {state.to_hand_in}",
        form_id=FORM_ID,
        is_open=state.is_asking,
        on_open_change=state.ask,
        on_submit=state.hand_in,
        errors=state.errors,
        busy="Entregando…",
    )


def _content() -> rx.Component:
    notice = rx.el.p(
        glyph("circle-check-big", class_name="shrink-0 mt-0.5"), MyCashState.notice,
        class_name="notice notice-good rounded-md", role="status",
    )  # fmt: skip
    return rx.el.div(
        rx.cond(MyCashState.notice != "", notice),
        rx.el.div(_held(), _sums(), class_name="grid items-start gap-4 md:grid-cols-2"),
        _receipts(),
        _hand_ins(),
        _dialog(),
        class_name="flex flex-col gap-4",
    )


@page(
    "/campo/recebidos",
    title="Meu caixa",
    permission=Permission.CASH_HAND_IN,
    on_load=[MyCashState.load],
)
def mine() -> rx.Component:
    """Show one's own cash."""
    loaded = rx.cond(MyCashState.is_loaded, _content(), page_skeleton())
    return rx.cond(MyCashState.fault != "", page_failed(MyCashState.fault, MyCashState.load), loaded)
