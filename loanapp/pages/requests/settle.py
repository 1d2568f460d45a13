"""The state of “Quitar”: opened by the address (`?quitar=12`), quoted line by line for a day, paid once by its key."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.calendar import format_date, parse_date
from domain.errors import Checks
from domain.money import Money
from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import Permission
from domain.settlement import SettlementInvoiceNotOpen
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.dialog_steps import focus_done
from loanapp.components.formats import brl_text, date_text
from loanapp.components.forms import held, settled
from loanapp.components.receive_texts import METHODS, PHRASES
from loanapp.components.targets import target
from loanapp.gate import AuthState, requires
from loanapp.queries.payments import payment_by_id
from loanapp.queries.settlements import SettlementLine, SettlementOf, SettlementQuote, settlement_quote
from loanapp.queries.statements import request_id_of
from loanapp.services.settlements import SettleEarly, settle_early

FORM_ID = "settle"


class SettleLine(TypedDict):
    """One open invoice of the quote; `field` is its tick."""

    field: str
    title: str
    due: str
    open: str
    discount: str
    to_pay: str


def tick_of(number: int) -> str:
    """Return the name of the tick of an invoice."""
    return f"settle-{number}"


def parse_asked(texts: Mapping[str, str], today: date, *, request_id: UUID) -> SettlementOf:
    """Read the day as typed; raise `date.*` at its field."""
    checks = Checks()
    received_on = checks.take("settled_on", parse_date, texts["settled_on"], today)
    checks.finish()
    assert received_on is not None
    return SettlementOf(request_id=request_id, received_on=received_on)


def parse_settlement(
    texts: Mapping[str, str], today: date, *, request_id: UUID, to_pay: Mapping[int, int]
) -> SettleEarly:
    """Read the form; `to_pay` says in centavos what each open invoice was shown to cost."""
    asked = parse_asked(texts, today, request_id=request_id)
    chosen = tuple(number for number in to_pay if texts[tick_of(number)] == "on")
    if not chosen:
        raise SettlementInvoiceNotOpen(field="")
    method = texts["settle_method"]
    is_known = method in {each.value for each in RECEIVED_METHODS}
    return SettleEarly(
        payment_id=UUID(texts["command_id"]),
        request_id=request_id,
        received_on=asked.received_on,
        method=PaymentMethod(method) if is_known else PaymentMethod.PIX,
        expected_total=Money(sum(to_pay[number] for number in chosen)),
        chosen=None if len(chosen) == len(to_pay) else chosen,
        note=texts["settle_note"],
        send_receipt=texts["settle_receipt"] == "on",
    )


class SettleState(AuthState):
    """What the dialog shows in this tab; `step` is empty (closed), `form`, `done` or `failed`."""

    step: str = ""
    opened: int = 0
    title: str = ""
    day: str = ""
    today: str = ""
    is_backdated: bool = False
    lines: list[SettleLine] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    total: str = ""
    discount: str = ""
    after: str = ""
    method: str = METHODS[0][0]
    method_phrase: str = METHODS[0][2]
    errors: dict[str, str] = {}  # noqa: RUF012
    problem: str = ""
    done: str = ""
    summary: str = ""
    payment_to: str = ""
    _target: str = ""
    _request_id: UUID | None = None
    _quote: SettlementQuote | None = None

    @rx.event
    @requires()
    async def look_at_address(self) -> None:
        """Open, keep or close the dialog as the address says."""
        asked = address.parameter(self, "quitar")
        if asked == self._target:
            return
        opened = self.opened
        self.reset()
        self._target, self.opened = asked, opened + 1
        of = target(asked)
        if of is None or Permission.PAYMENTS_SETTLE not in self.permissions:
            return
        found = await bridge.read(request_id_of, of.number)
        self._request_id = found.value
        if found.value is None:
            self.step, self.problem = "failed", feedback.message(found) or "Este empréstimo não existe."
            return
        parse = functools.partial(parse_asked, request_id=found.value)
        outcome = await bridge.submit(settlement_quote, parse, {"settled_on": "hoje"})
        if not outcome.ok:
            self.step, self.problem = "failed", feedback.message(outcome)
            return
        self.step = "form"
        self.today, self.day = outcome.result.received_on.isoformat(), format_date(outcome.result.received_on)
        self._show(outcome.result, {line.number for line in outcome.result.lines})

    @rx.event
    @requires()
    async def toggle(self, is_open: bool) -> Any:  # noqa: FBT001 - what the dialog sends.
        """Close the dialog: its address goes, and the page behind it loads again."""
        return None if is_open else rx.redirect(address.changed(self, quitar=""), replace=True)

    @rx.event(supersedes=True)
    @requires(Permission.PAYMENTS_SETTLE)
    async def count(self, form_as_json: str) -> None:
        """Quote the ticked invoices for the typed day."""
        if self._request_id is None:
            return
        form = held(form_as_json)
        outcome = await bridge.submit(
            settlement_quote, functools.partial(parse_asked, request_id=self._request_id), form
        )
        self.errors = _at_our_fields(feedback.field_errors(outcome))
        if outcome.ok:
            texts = bridge.texts_of(form)
            self._show(outcome.result, {n.number for n in outcome.result.lines if texts[tick_of(n.number)] == "on"})

    @rx.event
    @requires(Permission.PAYMENTS_SETTLE)
    async def choose_method(self, value: str) -> None:
        """Put the method into the button's words."""
        if value in PHRASES:
            self.method, self.method_phrase = value, PHRASES[value]

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_SETTLE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Settle for the total that is shown, once by the key that the form made; a fault is resolved by that key."""
        key = address.identifier(bridge.texts_of(form)["command_id"])
        if key is None or self._request_id is None or self._quote is None:
            return settled("settle", is_done=False)
        to_pay = {line.number: line.to_pay_cents for line in self._quote.lines}
        parse = functools.partial(parse_settlement, request_id=self._request_id, to_pay=to_pay)
        outcome = await bridge.submit(settle_early, parse, form)
        if (outcome.ok or outcome.reference) and await self._finish(key):
            return [settled("settle", is_done=True), focus_done("settle-done")]
        self.errors = _at_our_fields(feedback.field_errors(outcome))
        if any(problem.code == "settlement.changed" for problem in outcome.problems):
            await self._quote_again(form)
        return settled("settle", is_done=False)

    @rx.event
    @requires(Permission.PAYMENTS_SETTLE)
    async def check(self, key: str) -> Any:
        """Resolve a press without an answer: shown as done when its key was registered, else said to be free."""
        payment_id = address.identifier(key)
        if payment_id is not None and await self._finish(payment_id):
            return [settled("settle", is_done=True), focus_done("settle-done")]
        self.errors = {"": "A quitação não foi registrada. Confira e confirme de novo."}
        return settled("settle", is_done=False)

    async def _quote_again(self, form: object) -> None:
        """Show what settles now, where it is something else than what was shown."""
        assert self._request_id is not None
        parse = functools.partial(parse_asked, request_id=self._request_id)
        outcome = await bridge.submit(settlement_quote, parse, form)
        if outcome.ok:
            texts = bridge.texts_of(form)
            self._show(outcome.result, {n.number for n in outcome.result.lines if texts[tick_of(n.number)] == "on"})

    async def _finish(self, payment_id: UUID) -> bool:
        outcome = await bridge.read(payment_by_id, payment_id)
        payment = outcome.value
        if payment is None:
            return False
        self.step, self.errors = "done", {}
        self.done = f"Recebimento nº {payment.number} registrado"
        rest = f"{brl_text(payment.open_cents)} em aberto." if payment.open_cents else "Empréstimo quitado."
        self.summary = (
            f"{brl_text(payment.amount_cents)} {PHRASES[payment.method]}, em {date_text(payment.received_on)}. {rest}"
        )
        self.payment_to = f"/recebimentos/{payment.number}"
        return True

    def _show(self, quote: SettlementQuote, chosen: set[int]) -> None:
        self._quote = quote
        self.title = f"Empréstimo nº {quote.request_number} de {quote.client_name}"
        self.is_backdated = quote.received_on.isoformat() < self.today
        self.lines = [_line(line) for line in quote.lines]
        ticked = [line for line in quote.lines if line.number in chosen]
        self.total = brl_text(sum(line.to_pay_cents for line in ticked))
        self.discount = brl_text(sum(line.discount_cents for line in ticked))
        left = sum(line.open_cents for line in quote.lines if line.number not in chosen)
        self.after = "Quita o empréstimo." if not left else f"Restam {brl_text(left)} no empréstimo."


def _line(line: SettlementLine) -> SettleLine:
    return SettleLine(
        field=tick_of(line.number),
        title=f"Parcela {line.number}",
        due=date_text(line.due_date),
        open=brl_text(line.open_cents),
        discount=f"\N{MINUS SIGN}{brl_text(line.discount_cents)}" if line.discount_cents else "",
        to_pay=brl_text(line.to_pay_cents),
    )


def _at_our_fields(errors: dict[str, str]) -> dict[str, str]:
    names = {
        "received_on": "settled_on", "note": "settle_note", "method": "settle_method", "expected_total": "",
        "invoices": "", "request_id": "",
    }  # fmt: skip
    return {names.get(name, name): text for name, text in errors.items()}
