"""The state of “Dispensar encargos”: opened by the address (`?dispensar=12` or `12-3`), counted live, done once."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.adjustments import WAIVABLE, WaiverAboveOpen, WaiverOfNothing
from domain.errors import Checks
from domain.history import Component
from domain.money import Money, parse_brl
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.dialog_steps import focus_done
from loanapp.components.formats import brl_text, counted
from loanapp.components.forms import held, settled
from loanapp.components.targets import Target, target
from loanapp.gate import AuthState, requires
from loanapp.queries.waivers import WaivableCharge, WaiverForm, WaiverOf, waiver_form
from loanapp.services.approvals import AskWaiver, ask_waiver
from loanapp.services.waivers import Waive, waive

FORM_ID = "waive"
CHARGES_SHOWN = 40
CHARGE_NAMES = {Component.LATE_FEE.value: "multa", Component.MORA.value: "mora"}


class ChargeField(TypedDict):
    """One charge with its field; `open` and `alone` as they are typed."""

    field: str
    label: str
    open: str
    alone: str


def field_of(number: int, component: str) -> str:
    """Return the name of the field of a charge."""
    return f"waive-{component.lower().replace('_', '-')}-{number}"


def parse_lines(
    texts: Mapping[str, str], charges: Mapping[tuple[int, Component], Money]
) -> dict[tuple[int, Component], Money]:
    """Read the amounts typed for charges that have something open; raise `money.*` and `waiver.*` at their fields."""
    checks = Checks()
    lines = {}
    for (number, component), is_open in charges.items():
        name = field_of(number, component.value)
        if texts[name].strip():
            amount = checks.take(name, _amount, texts[name], number, is_open)
            if amount:
                lines[number, component] = amount
    checks.finish()
    return lines


def _amount(text: str, number: int, is_open: Money) -> Money:
    amount = parse_brl(text)
    if amount > is_open:
        raise WaiverAboveOpen(invoice=number, open=is_open)
    return amount


def parse_waiver(
    texts: Mapping[str, str],
    _today: date,
    *,
    request_id: UUID,
    charges: Mapping[tuple[int, Component], Money],
    is_asked_for: bool,
) -> Waive | AskWaiver:
    """Read the form, as an order or as a question; without any amount there is nothing to waive."""
    lines = parse_lines(texts, charges)
    if not lines:
        raise WaiverOfNothing
    ordered = tuple((number, component, amount) for (number, component), amount in lines.items())
    key, reason = UUID(texts["command_id"]), texts["waive_reason"]
    if is_asked_for:
        return AskWaiver(request_id=request_id, approval_id=key, lines=ordered, reason=reason)
    return Waive(waiver_id=key, request_id=request_id, lines=ordered, reason=reason)


class WaiveState(AuthState):
    """What the dialog shows in this tab; `step` is empty (closed), `form`, `done` or `failed`."""

    step: str = ""
    opened: int = 0
    title: str = ""
    limit: str = ""
    fields: list[ChargeField] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    more: str = ""
    effect: str = ""
    verb: str = ""
    needs_approval: bool = False
    is_asked: bool = False
    has_limit: bool = True
    errors: dict[str, str] = {}  # noqa: RUF012
    problem: str = ""
    done: str = ""
    rest: str = ""
    _target: str = ""
    _of: Target | None = None
    _request_id: UUID | None = None
    _charges: dict[tuple[int, Component], Money] = {}  # noqa: RUF012
    _refused: dict[str, str] = {}  # noqa: RUF012

    @rx.event
    @requires()
    async def look_at_address(self) -> None:
        """Open, keep or close the dialog as the address says."""
        asked = address.parameter(self, "dispensar")
        if asked == self._target:
            return
        opened = self.opened
        self.reset()
        self._target, self.opened, self._of = asked, opened + 1, target(asked)
        if self._of is None or Permission.CHARGES_WAIVE not in self.permissions:
            return
        outcome = await bridge.read(waiver_form, self._parameters({}))
        if not outcome.ok:
            self.step, self.problem = "failed", feedback.message(outcome)
            return
        self.step = "form"
        self._show(outcome.result)

    @rx.event
    @requires()
    async def toggle(self, is_open: bool) -> Any:  # noqa: FBT001 - what the dialog sends.
        """Close the dialog: its address goes, and the page behind it loads again."""
        return None if is_open else rx.redirect(address.changed(self, dispensar=""), replace=True)

    @rx.event(supersedes=True)
    @requires(Permission.CHARGES_WAIVE)
    async def count(self, form_as_json: str) -> None:
        """Say what the typed amounts would do, and whether somebody else has to decide."""
        if self._of is None:
            return
        typed = held(form_as_json)
        outcome = await bridge.submit(waiver_form, self._parse_count, typed)
        found = feedback.field_errors(outcome)
        self.errors = feedback.still_wrong(self.errors, found, refused=self._refused, typed=typed)
        if outcome.ok:
            self._show_effect(outcome.result)

    @rx.event(temporal=True)
    @requires(Permission.CHARGES_WAIVE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Waive, or ask for it where it is above the person's share; once, by the key that the form made."""
        if self._request_id is None or address.identifier(bridge.texts_of(form)["command_id"]) is None:
            return settled("waive", is_done=False)
        is_asked_for = self.needs_approval
        parse = functools.partial(
            parse_waiver, request_id=self._request_id, charges=self._charges, is_asked_for=is_asked_for
        )
        outcome = await bridge.submit(ask_waiver if is_asked_for else waive, parse, form)
        self.errors = _at_our_fields(feedback.field_errors(outcome))
        if not outcome.ok:
            self._refused = bridge.texts_of(form)
            # What the press found too much may have been typed since the last count.
            counted_again = await bridge.submit(waiver_form, self._parse_count, form)
            if counted_again.ok:
                self._show_effect(counted_again.result)
            return settled("waive", is_done=False)
        after = await bridge.read(waiver_form, self._parameters({}))
        self.step, self.errors = "done", {}
        self.done = "Pedido registrado. Aguardando segunda pessoa." if is_asked_for else "Encargos dispensados."
        self.rest = f"{brl_text(after.result.open_before_cents)} em aberto no empréstimo." if after.ok else ""
        return [settled("waive", is_done=True), focus_done("waive-done")]

    def _parameters(self, asked: Mapping[tuple[int, Component], Money]) -> WaiverOf:
        assert self._of is not None
        return WaiverOf(number=self._of.number, invoice_number=self._of.invoice_number, asked=asked)

    def _parse_count(self, texts: Mapping[str, str], _today: date) -> WaiverOf:
        return self._parameters(parse_lines(texts, self._charges))

    def _show(self, form: WaiverForm) -> None:
        self._request_id = form.request_id
        shown = form.charges[:CHARGES_SHOWN]
        self._charges = {
            (each.invoice_number, Component(each.component)): Money(each.open_cents)
            for each in shown
            if each.component in WAIVABLE
        }
        self.title = f"Empréstimo nº {form.number} de {form.client_name}"
        self.has_limit = form.limit_pct is not None
        self.limit = (
            "Seu papel não tem limite de dispensa."
            if form.limit_pct is None
            else f"Sem aprovação você dispensa até {form.limit_pct}% de cada encargo; acima disso outra pessoa decide."
        )
        self.fields = [_field(each, form.instalment_count) for each in shown]
        rest = len(form.charges) - len(shown)
        self.more = f"e mais {counted(rest, 'encargo', 'encargos')}, de parcelas mais novas" if rest > 0 else ""
        self.is_asked = form.is_asked
        self._show_effect(form)

    def _show_effect(self, form: WaiverForm) -> None:
        amount = brl_text(form.total_cents)
        self.needs_approval = form.needs_approval
        self.verb = f"Pedir aprovação para {amount}" if form.needs_approval else f"Dispensar {amount}"
        after = f" → {brl_text(form.open_after_cents)}" if form.total_cents else ""
        self.effect = f"Em aberto no empréstimo: {brl_text(form.open_before_cents)}{after}."


def _field(charge: WaivableCharge, count: int) -> ChargeField:
    name = CHARGE_NAMES[charge.component]
    return ChargeField(
        field=field_of(charge.invoice_number, charge.component),
        label=f"Parcela {charge.invoice_number}/{count} · {name} de {brl_text(charge.open_cents)}",
        open=_typed(charge.open_cents),
        alone=_typed(charge.alone_cents),
    )


def _typed(cents: int) -> str:
    return brl_text(cents).removeprefix("R$\N{NO-BREAK SPACE}")


def _at_our_fields(errors: dict[str, str]) -> dict[str, str]:
    """Return the problems by the dialog's own field names; what is about all lines stands in the summary."""
    names = {"reason": "waive_reason", "amount": "", "lines": "", "component": ""}
    return {names.get(name, name): text for name, text in errors.items()}
