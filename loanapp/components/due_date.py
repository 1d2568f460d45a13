"""“Alterar vencimento”: opened by the address (`?vencimento=12-3`), with the effect before it is confirmed."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.calendar import parse_date
from domain.errors import Checks
from domain.invoices import InvoiceNotOpen
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import button, submit_button
from loanapp.components.dialog_steps import done_step, failed_step, focus_done
from loanapp.components.dialogs import dialog
from loanapp.components.fields import date_field, error_summary, select_field, text_area
from loanapp.components.formats import brl_text, counted, date_text
from loanapp.components.forms import form_held, held, once_form, settled
from loanapp.components.glyphs import glyph
from loanapp.components.targets import Target, target
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, requires
from loanapp.queries.due_dates import DatedInvoice, DueDateAsked, DueDateEffect, due_date_effect
from loanapp.services.due_dates import ChangeDueDate, change_due_date

FORM_ID = "due-date"


def parse_asked(texts: Mapping[str, str], today: date, *, of: Target) -> DueDateAsked:
    """Read the chosen invoice and the typed date; an empty one asks how it stands now; raise `date.*` at its field."""
    checks = Checks()
    typed = texts["new_due_date"]
    due_date = checks.take("new_due_date", parse_date, typed, today) if typed.strip() else None
    checks.finish()
    chosen = address.number(texts["due_date_invoice"]) if texts["due_date_invoice"] else of.invoice_number
    return DueDateAsked(number=of.number, invoice_number=chosen, due_date=due_date)


def parse_change(texts: Mapping[str, str], today: date, *, ids: Mapping[int, int]) -> ChangeDueDate:
    """Read the form; `ids` are those of the open invoices by number; raise `date.*` at its field, InvoiceNotOpen."""
    checks = Checks()
    due_date = checks.take("new_due_date", parse_date, texts["new_due_date"], today)
    checks.finish()
    assert due_date is not None
    number = address.number(texts["due_date_invoice"])
    if number not in ids:
        raise InvoiceNotOpen
    return ChangeDueDate(
        change_id=UUID(texts["command_id"]),
        invoice_id=ids[number],
        due_date=due_date,
        reason=texts["due_date_reason"],
    )


class DueDateState(AuthState):
    """What the dialog shows in this tab; `step` is empty (closed), `form`, `done` or `failed`."""

    step: str = ""
    opened: int = 0
    title: str = ""
    invoice: str = ""
    invoices: list[list[str]] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    lines: list[list[str]] = []  # noqa: RUF012
    obstacle: str = ""
    verb: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    problem: str = ""
    done: str = ""
    _target: str = ""
    _of: Target | None = None
    _ids: dict[int, int] = {}  # noqa: RUF012
    _refused: dict[str, str] = {}  # noqa: RUF012

    @rx.event
    @requires()
    async def look_at_address(self) -> None:
        """Open, keep or close the dialog as the address says."""
        asked = address.parameter(self, "vencimento")
        if asked == self._target:
            return
        opened = self.opened
        self.reset()
        self._target, self.opened, self._of = asked, opened + 1, target(asked)
        if self._of is None or Permission.INVOICES_CHANGE_DUE_DATE not in self.permissions:
            return
        outcome = await bridge.submit(due_date_effect, functools.partial(parse_asked, of=self._of), {})
        if not outcome.ok:
            self.step, self.problem = "failed", feedback.message(outcome)
            return
        self.step = "form"
        self._show(outcome.result)

    @rx.event
    @requires()
    async def toggle(self, is_open: bool) -> Any:  # noqa: FBT001 - what the dialog sends.
        """Close the dialog: its address goes, and the page behind it loads again."""
        return None if is_open else rx.redirect(address.changed(self, vencimento=""), replace=True)

    @rx.event(supersedes=True)
    @requires(Permission.INVOICES_CHANGE_DUE_DATE)
    async def count(self, form_as_json: str) -> None:
        """Say what the typed date would change."""
        if self._of is None:
            return
        parse = functools.partial(parse_asked, of=self._of)
        typed = held(form_as_json)
        outcome = await bridge.submit(due_date_effect, parse, typed)
        found = _at_our_fields(feedback.field_errors(outcome))
        self.errors = feedback.still_wrong(self.errors, found, refused=self._refused, typed=typed)
        if outcome.ok:
            self._show(outcome.result)
        else:
            self.lines, self.obstacle = [], ""

    @rx.event(temporal=True)
    @requires(Permission.INVOICES_CHANGE_DUE_DATE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Move the due date, once by the key that the form made."""
        if not self._ids or address.identifier(bridge.texts_of(form)["command_id"]) is None:
            return settled("due-date", is_done=False)
        outcome = await bridge.submit(change_due_date, functools.partial(parse_change, ids=self._ids), form)
        self.errors = _at_our_fields(feedback.field_errors(outcome))
        if not outcome.ok:
            self._refused = bridge.texts_of(form)
            return settled("due-date", is_done=False)
        changed = outcome.result
        self.step = "done"
        self.done = f"Vencimento alterado para {due_words(changed.due_date, changed.effective_due_date)}"
        return [settled("due-date", is_done=True), focus_done("due-date-done")]

    def _show(self, effect: DueDateEffect) -> None:
        self._ids = {each.number: each.invoice_id for each in effect.movable}
        self.title = f"Empréstimo nº {effect.number} de {effect.client_name}"
        self.invoice = str(effect.invoice_number)
        self.invoices = [
            [str(each.number), f"Parcela {each.number} · vence {date_text(each.due_date)}"] for each in effect.movable
        ]
        self.lines = effect_lines(effect.before, effect.after)
        self.obstacle = text_of(effect.obstacle, effect.values) if effect.obstacle else ""
        is_moved = effect.after.due_date != effect.before.due_date
        self.verb = f"Alterar para {date_text(effect.after.due_date)}" if is_moved else "Alterar vencimento"


def due_words(due_date: date, effective_due_date: date) -> str:
    """Write a due date: `12/07/2025 · sem encargos até 14/07/2025` where it is no business day."""
    if due_date == effective_due_date:
        return date_text(due_date)
    return f"{date_text(due_date)} · sem encargos até {date_text(effective_due_date)}"


def effect_lines(before: DatedInvoice, after: DatedInvoice) -> list[list[str]]:
    """Return (what, before, after) for what the new due date changes; nothing while no other date is typed."""
    if before.due_date == after.due_date:
        return []
    overdue = [counted(each.days_overdue, "dia", "dias") if each.days_overdue else "em dia" for each in (before, after)]
    return [
        ["Vencimento", *(due_words(each.due_date, each.effective_due_date) for each in (before, after))],
        ["Atraso", *overdue],
        ["Multa", brl_text(before.late_fee_cents), brl_text(after.late_fee_cents)],
        ["Mora", brl_text(before.mora_cents), brl_text(after.mora_cents)],
        ["Em aberto na parcela", brl_text(before.open_cents), brl_text(after.open_cents)],
        ["Em aberto no empréstimo", brl_text(before.loan_open_cents), brl_text(after.loan_open_cents)],
    ]


def _at_our_fields(errors: dict[str, str]) -> dict[str, str]:
    names = {"reason": "due_date_reason", "due_date": "new_due_date", "amount": "new_due_date", "invoice_id": ""}
    return {names.get(name, name): text for name, text in errors.items()}


def due_date_dialog() -> rx.Component:
    """Draw the dialog; the address opens and closes it."""
    state = DueDateState
    return dialog(
        "Alterar vencimento",
        rx.match(state.step, ("form", _form()), ("done", _done()), failed_step(state.problem)),
        is_open=state.step != "",
        on_open_change=state.toggle,
    )


def _form() -> rx.Component:
    state = DueDateState
    effect = rx.el.table(
        rx.el.thead(
            rx.el.tr(*(rx.el.th(text, scope="col", class_name="text-left caption") for text in ("", "Agora", "Depois")))
        ),
        rx.el.tbody(
            rx.foreach(
                state.lines,
                lambda line: rx.el.tr(
                    rx.el.th(line[0], scope="row", class_name="text-left caption py-1 pr-2"),
                    rx.el.td(line[1], class_name="tabular-nums py-1 pr-2"),
                    rx.el.td(line[2], class_name="tabular-nums font-medium py-1"),
                ),
            )
        ),
        class_name="w-full [overflow-wrap:normal]",
    )
    count = form_held(FORM_ID, callback=state.count)
    hint = rx.el.p("Digite a nova data para ver o efeito.", class_name="muted")
    form = once_form(
        error_summary(state.errors),
        rx.el.p(state.title, class_name="font-medium [overflow-wrap:anywhere]"),
        select_field("due_date_invoice", "Parcela", state.invoices, value=state.invoice, on_change=count),
        date_field(
            "new_due_date", "Novo vencimento", errors=state.errors,
            on_change=count.debounce(300),
        ),
        rx.el.div(rx.cond(state.lines.length() > 0, effect, hint), class_name="panel", aria_live="polite"),
        rx.cond(
            state.obstacle != "",
            rx.el.p(glyph("triangle-alert", class_name="mt-0.5"), state.obstacle, class_name="notice rounded-md"),
        ),
        rx.el.p("Os encargos passam a contar da nova data. Lembretes na fila são cancelados.", class_name="muted"),
        text_area("due_date_reason", "Motivo", errors=state.errors, help_text="Fica na auditoria com o seu nome."),
        rx.el.div(
            rx.dialog.close(button("Cancelar")),
            submit_button(state.verb, busy="Alterando…"),
            class_name="dialog-foot",
        ),
        id=FORM_ID,
        on_submit=state.submit,
    )  # fmt: skip
    # A new key gives the fields of another invoice their own first values.
    return rx.el.div(form, key=state.opened.to_string())


def _done() -> rx.Component:
    title = rx.el.p(DueDateState.title, class_name="[overflow-wrap:anywhere]", role="status")
    return done_step(title, title=DueDateState.done, id="due-date-done")
