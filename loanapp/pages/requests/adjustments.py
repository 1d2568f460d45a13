"""What was adjusted on a loan beside its payments, and “Estornar dispensa” for a waiver that stands."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.adjustments import AdjustmentKind
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.explanation import COMPONENTS
from loanapp.components.fields import text_area
from loanapp.components.formats import brl_text, date_text, instant_text
from loanapp.components.forms import settled
from loanapp.components.glyphs import glyph
from loanapp.components.table import Column, data_table
from loanapp.gate import AuthState, requires
from loanapp.queries.adjustments import Adjusted, DueDateMoved, TakenOff, adjustments_of
from loanapp.services.reversals import ReverseAdjustment, reverse_adjustment

FORM_ID = "undo-waiver"
_NAMES = {
    AdjustmentKind.WAIVER.value: "Dispensa",
    AdjustmentKind.REMAINDER.value: "Resto dispensado",
    AdjustmentKind.SETTLEMENT.value: "Desconto da quitação",
}


_COMPONENT_NAMES = {component.value: word for component, word in COMPONENTS.items()}


class AdjustmentRow(TypedDict):
    """One adjustment; `id` is empty where it can't be undone by itself."""

    id: str
    what: str
    invoice: str
    amount: str
    told: str
    reason: str
    undone: str


def taken_off_row(line: TakenOff) -> AdjustmentRow:
    """Return an amount that was taken off."""
    of_payment = f", recebimento nº {line.payment_number}" if line.payment_number else ""
    undone = ""
    if line.undone_at:
        because = f": {line.undone_reason}" if line.undone_reason else ""
        undone = f"Estornado por {line.undone_by or 'Sistema'} em {instant_text(line.undone_at)}{because}"
    is_open_waiver = line.kind == AdjustmentKind.WAIVER and not line.undone_at
    return AdjustmentRow(
        id=str(line.adjustment_id) if is_open_waiver else "",
        what=f"{_NAMES[line.kind]} ({_COMPONENT_NAMES[line.component]}){of_payment}",
        invoice=str(line.invoice_number),
        amount=brl_text(line.amount_cents),
        told=f"{line.author or 'Sistema'}, {instant_text(line.recorded_at)}",
        reason=line.reason,
        undone=undone,
    )


def moved_row(line: DueDateMoved) -> AdjustmentRow:
    """Return a due date that was moved."""
    return AdjustmentRow(
        id="",
        what=f"Vencimento de {date_text(line.old_due_date)} para {date_text(line.new_due_date)}",
        invoice=str(line.invoice_number),
        amount=brl_text(line.relief_cents) if line.relief_cents else "—",
        told=f"{line.author or 'Sistema'}, {instant_text(line.changed_at)}",
        reason=line.reason,
        undone="",
    )


def adjustment_rows(found: Adjusted) -> list[AdjustmentRow]:
    """Return all that was adjusted, the newest first."""
    lines = [(line.recorded_at, taken_off_row(line)) for line in found.taken_off]
    lines += [(line.changed_at, moved_row(line)) for line in found.moved]
    return [row for _, row in sorted(lines, key=lambda pair: pair[0], reverse=True)]


def parse_reversal(texts: Mapping[str, str], _today: date, *, adjustment_id: UUID) -> ReverseAdjustment:
    """Read the form."""
    return ReverseAdjustment(
        reversal_id=UUID(texts["command_id"]), adjustment_id=adjustment_id, reason=texts["undo_reason"]
    )


class AdjustmentsState(AuthState):
    """The adjustments of the loan that the tab shows, and the waiver whose dialog is open."""

    rows: list[AdjustmentRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    problem: str = ""
    notice: str = ""
    title: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    _adjustment_id: UUID | None = None
    _number: int = 0

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def load(self) -> None:
        """Read what was adjusted on the loan whose number the address ends with."""
        number = address.number(address.local_path(self).rsplit("/", 1)[-1])
        if number != self._number:
            self.reset()
        self._number = number
        await self._read()

    @rx.event
    @requires(Permission.PAYMENTS_REVERSE)
    async def ask(self, adjustment_id: str) -> None:
        """Open the dialog of a waiver."""
        found = [row for row in self.rows if row["id"] and row["id"] == adjustment_id]
        self.errors, self.notice = {}, ""
        self._adjustment_id = address.identifier(adjustment_id) if found else None
        self.title = f"{found[0]['what']}, parcela {found[0]['invoice']}: {found[0]['amount']}" if found else ""

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the dialog; nothing was undone."""
        if not is_open:
            self.title, self._adjustment_id = "", None

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_REVERSE)
    async def undo(self, form: dict[str, Any]) -> Any:
        """Reverse the waiver, once by the key that the form made; the page then shows the loan as it stands."""
        key = address.identifier(bridge.texts_of(form)["command_id"])
        if self._adjustment_id is None or key is None:
            return settled("undo-waiver", is_done=False)
        parse = functools.partial(parse_reversal, adjustment_id=self._adjustment_id)
        outcome = await bridge.submit(reverse_adjustment, parse, form)
        errors = feedback.field_errors(outcome)
        self.errors = {"undo_reason" if name == "reason" else name: text for name, text in errors.items()}
        if not outcome.ok:
            return settled("undo-waiver", is_done=False)
        self.notice, self.title, self._adjustment_id = "Dispensa estornada: o encargo volta a ser devido.", "", None
        await self._read()
        return [settled("undo-waiver", is_done=True), rx.redirect(address.changed(self), replace=True)]

    async def _read(self) -> None:
        outcome = await bridge.read(adjustments_of, self._number)
        self.problem = feedback.message(outcome)
        self.rows = adjustment_rows(outcome.value) if outcome.value else []


def _what(row: rx.Var[AdjustmentRow]) -> rx.Component:
    undone = rx.el.div(row["undone"], class_name="caption [overflow-wrap:anywhere]")
    return rx.el.div(
        rx.el.span(row["what"], class_name=rx.cond(row["undone"] != "", "line-through muted", "")),
        rx.cond(row["undone"] != "", undone),
    )


def _undo(row: rx.Var[AdjustmentRow]) -> rx.Component:
    may = AuthState.permissions.contains(Permission.PAYMENTS_REVERSE.value)
    return rx.cond(
        may & (row["id"] != ""),
        button("Estornar", on_click=AdjustmentsState.ask(row["id"]), aria_label="Estornar " + row["what"].to(str)),
    )


def adjustments_tab() -> rx.Component:
    """Show what was adjusted on the loan."""
    state = AdjustmentsState
    columns = (
        Column(header="O quê", cell=_what, on_phone="title"),
        Column(header="Parcela", cell=lambda row: row["invoice"]),
        Column(header="Valor", cell=lambda row: row["amount"], is_numeric=True),
        Column(header="Por", cell=lambda row: row["told"]),
        Column(header="Motivo", cell=lambda row: row["reason"], class_name="max-w-72 [overflow-wrap:anywhere]"),
        Column(header="Ação", cell=_undo, on_phone="action"),
    )
    notice = rx.el.p(
        glyph("info", class_name="shrink-0 mt-0.5"), state.notice, class_name="notice notice-good rounded-md mb-3",
        role="status",
    )  # fmt: skip
    return rx.fragment(
        rx.cond(state.notice != "", notice),
        rx.cond(state.problem != "", rx.el.p(state.problem, class_name="panel", role="alert")),
        rx.cond(
            state.rows.length() > 0,
            data_table(columns, state.rows, label="Ajustes do empréstimo"),
            rx.el.p("Nada foi dispensado nem alterado.", class_name="panel muted"),
        ),
    )


def adjustments_dialog() -> rx.Component:
    """Draw the dialog that undoes a waiver."""
    state = AdjustmentsState
    return command_dialog(
        "Estornar dispensa",
        rx.el.p(rx.el.strong(state.title), class_name="tabular-nums [overflow-wrap:anywhere]"),
        rx.el.p("O encargo volta a ser devido, como se não tivesse sido dispensado. As duas linhas ficam no extrato."),
        text_area("undo_reason", "Motivo", errors=state.errors),
        verb="Estornar dispensa",
        form_id=FORM_ID,
        is_open=state.title != "",
        on_open_change=state.fold,
        on_submit=state.undo,
        errors=state.errors,
        kind="danger",
        busy="Estornando…",
    )
