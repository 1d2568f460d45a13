"""The state of “Registrar recebimento”: opened by the address (`?receber=`), counted live, registered once by its key.

`?receber=` holds `novo`, a request's number (`12`), a request's number with one of its invoices (`12-3`), or a client's
id.  What is typed stays in the browser until it is registered; the key of the payment is made there too.
"""

import functools
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.calendar import format_date, parse_date
from domain.errors import Checks
from domain.money import Money, parse_brl
from domain.payments import PaymentMethod
from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.components import address, feedback
from loanapp.components.formats import brl_text, counted
from loanapp.components.forms import settled
from loanapp.components.pix import NO_PIX, Pix, shown_of
from loanapp.components.receive_calculation import Calculated, calculated
from loanapp.components.receive_texts import (
    METHODS,
    NOT_DONE,
    PHRASES,
    Change,
    Choice,
    Done,
    Share,
    after_text,
    changes_of,
    charges_change,
    choice_of,
    done_of,
    moved_text,
    order_note,
    remainder_text,
    shares_of,
    twin_text,
)
from loanapp.gate import AuthState, requires
from loanapp.queries.payments import (
    PaymentForm,
    PaymentFormOf,
    Receivable,
    ReceivablesOf,
    payment_by_id,
    payment_form,
    receivables,
)
from loanapp.queries.pix import PixOf, pix_of
from loanapp.services.payments import RegisterPayment, register_payment

FORM_ID = "receive"
INVOICES_SHOWN = 6
_TARGET = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,4}))?")
_SELECT_AMOUNT = "setTimeout(() => { const f = document.getElementById('amount'); f?.focus(); f?.select(); }, 80)"
_FOCUS_DONE = "setTimeout(() => document.getElementById('receive-done')?.focus(), 80)"


def parse_form_of(texts: Mapping[str, str], today: date, *, asked: PaymentFormOf) -> PaymentFormOf:
    """Read the date and the amount as typed; an empty amount asks for the suggestion."""
    checks = Checks()
    received_on = checks.take("received_on", parse_date, texts["received_on"], today)
    amount = checks.take("amount", parse_brl, texts["amount"]) if texts["amount"] else None
    checks.finish()
    return PaymentFormOf(
        number=asked.number, invoice_number=asked.invoice_number, received_on=received_on, amount=amount
    )


def parse_payment(texts: Mapping[str, str], today: date, *, request_id: UUID, credit: Money) -> RegisterPayment:
    """Read the dialog's form, which showed a credit; raise `money.*` and `date.*` at their fields."""
    checks = Checks()
    amount = checks.take("amount", parse_brl, texts["amount"])
    received_on = checks.take("received_on", parse_date, texts["received_on"], today)
    checks.finish()
    assert amount is not None
    assert received_on is not None
    method = texts["payment_method"]
    return RegisterPayment(
        payment_id=UUID(texts["command_id"]),
        request_id=request_id,
        amount=amount,
        method=PaymentMethod(method if method in PHRASES else METHODS[0][0]),
        received_on=received_on,
        note=texts["payment_note"],
        send_receipt=texts["send_receipt"] == "on",
        waive_remainder=texts["waive_remainder"] == "on",
        refuse_twin=texts["is_another"] != "on",
        expected_credit=credit,
    )


class ReceiveState(AuthState):
    """What the dialog shows in this tab; `step` is empty (closed), `choose`, `form`, `done` or `failed`."""

    step: str = ""
    opened: int = 0
    problem: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the defaults for every tab.
    searched: str = ""
    choices: list[Choice] = []  # noqa: RUF012
    title: str = ""
    status: str = ""
    invoices: list[Calculated] = []  # noqa: RUF012
    others: str = ""
    more_invoices: str = ""
    today: str = ""
    received_on: str = ""
    amount: str = ""
    amount_shown: str = ""
    method: str = METHODS[0][0]
    method_phrase: str = METHODS[0][2]
    pix: Pix = NO_PIX
    shares: list[Share] = []  # noqa: RUF012
    after: str = ""
    order_note: str = ""
    twin: str = ""
    remainder: str = ""
    # Empty while the day is today.
    charges_change: str = ""
    changes: list[Change] = []  # noqa: RUF012
    moved: str = ""
    is_stale: bool = False
    done: Done = NOT_DONE
    _target: str = ""
    _asked: PaymentFormOf | None = None
    _request_id: UUID | None = None
    _typed: dict[str, str] = {}  # noqa: RUF012
    _refused: dict[str, str] = {}  # noqa: RUF012
    _credit_cents: int = 0
    _pix_asked: PixOf | None = None

    @rx.event
    @requires()
    async def look_at_address(self) -> Any:
        """Open, keep or close the dialog as the address says."""
        target = address.parameter(self, "receber")
        if target == self._target:
            return None
        self._clear()
        self._target = target
        if not target or Permission.PAYMENTS_REGISTER not in self.permissions:
            return None
        if match := _TARGET.fullmatch(target):
            return await self._open(PaymentFormOf(number=int(match[1]), invoice_number=int(match[2] or 0) or None))
        if client_id := address.identifier(target):
            return await self._choose(ReceivablesOf(client_id=client_id))
        self.step = "choose"
        return rx.call_script("setTimeout(() => document.getElementById('receive-search')?.focus(), 80)")

    @rx.event
    @requires()
    async def toggle(self, is_open: bool) -> Any:  # noqa: FBT001 - what the dialog sends.
        """Close the dialog: its address goes, and the page behind it loads again."""
        return None if is_open else rx.redirect(address.changed(self, receber=""), replace=True)

    @rx.event(supersedes=True)
    @requires(Permission.PAYMENTS_REGISTER)
    async def find(self, text: str) -> None:
        """Find loans that may receive by client or number."""
        self.searched = text.strip()[: address.LONGEST_PARAMETER] if isinstance(text, str) else ""
        outcome = await bridge.read(receivables, ReceivablesOf(text=self.searched))
        self.problem = feedback.message(outcome)
        self.choices = [self._choice(loan) for loan in outcome.value or ()]

    @rx.event(supersedes=True)
    @requires(Permission.PAYMENTS_REGISTER)
    async def count_amount(self, text: str) -> None:
        """Say where the typed amount would go."""
        self._typed = self._typed | {"amount": text.strip() if isinstance(text, str) else ""}
        await self._recount()

    @rx.event(supersedes=True)
    @requires(Permission.PAYMENTS_REGISTER)
    async def count_date(self, text: str) -> Any:
        """Count the charges as of the typed date; an amount that nobody typed follows."""
        self._typed = self._typed | {"received_on": text if isinstance(text, str) else ""}
        await self._recount()
        return None if self._typed["amount"] or self.is_stale else rx.set_value("amount", self.amount)

    @rx.event
    @requires(Permission.PAYMENTS_REGISTER)
    async def choose_method(self, value: str) -> None:
        """Put the method into the button's words."""
        if value in PHRASES:
            self.method, self.method_phrase = value, PHRASES[value]
        await self._show_pix()

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_REGISTER)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Register the payment, once by the key that its form made; a fault is resolved by that key."""
        key = address.identifier(bridge.texts_of(form)["command_id"])
        if key is None or self._request_id is None:
            return settled(FORM_ID, is_done=False)
        parse = functools.partial(parse_payment, request_id=self._request_id, credit=Money(self._credit_cents))
        outcome = await bridge.submit(register_payment, parse, form)
        if (outcome.ok or outcome.reference) and await self._finish(key):
            return [settled(FORM_ID, is_done=True), rx.call_script(_FOCUS_DONE)]
        self._refused = bridge.texts_of(form)
        self._typed = {name: self._refused[name] for name in self._typed}
        # What was refused may have changed since it was counted, such as another tab's payment of the same amount.
        await self._recount()
        self.errors = _at_our_fields(outcome)
        return settled(FORM_ID, is_done=False)

    @rx.event
    @requires(Permission.PAYMENTS_REGISTER)
    async def check(self, key: str) -> Any:
        """Resolve a press without an answer: shown as done when its key was registered, else said to be free."""
        payment_id = address.identifier(key)
        if payment_id is not None and await self._finish(payment_id):
            return [settled(FORM_ID, is_done=True), rx.call_script(_FOCUS_DONE)]
        self.errors = {"": "O recebimento não foi registrado. Confira e confirme de novo."}
        return settled(FORM_ID, is_done=False)

    def _clear(self) -> None:
        opened = self.opened
        self.reset()
        self.opened = opened + 1

    async def _choose(self, asked: ReceivablesOf) -> Any:
        """Open the only loan there is, or let one be chosen."""
        outcome = await bridge.read(receivables, asked)
        if outcome.ok and len(outcome.result) == 1:
            return await self._open(PaymentFormOf(number=outcome.result[0].number))
        self.problem = feedback.message(outcome) or (
            "" if outcome.value else "Este cliente não tem empréstimo em andamento que receba."
        )
        self.choices = [self._choice(loan) for loan in outcome.value or ()]
        self.step = "choose"
        return None

    async def _open(self, asked: PaymentFormOf) -> Any:
        outcome = await bridge.read(payment_form, asked)
        if not outcome.ok:
            self.problem, self.step = feedback.message(outcome), "failed"
            return None
        form = outcome.result
        self._asked, self._request_id = asked, form.request_id
        self._typed = {"amount": "", "received_on": format_date(form.received_on)}
        self.today, self.received_on = form.business_date.isoformat(), format_date(form.received_on)
        if form.last_method in PHRASES:
            self.method, self.method_phrase = form.last_method, PHRASES[form.last_method]
        self._show(form)
        await self._show_pix()
        self.step = "form"
        return rx.call_script(_SELECT_AMOUNT)

    async def _recount(self) -> None:
        if self._asked is None:
            return
        parse = functools.partial(parse_form_of, asked=self._asked)
        outcome = await bridge.submit(payment_form, parse, self._typed)
        found = _at_our_fields(outcome)
        self.errors = feedback.still_wrong(self.errors, found, refused=self._refused, typed=self._typed)
        self.is_stale = not outcome.ok
        if outcome.ok:
            self._show(outcome.result)
            await self._show_pix()

    async def _show_pix(self) -> None:
        """Show the Pix of the amount while the method is Pix; a day that passed was paid already."""
        asked = self._pix_asked if self.method == PaymentMethod.PIX else None
        self.pix = shown_of((await bridge.read(pix_of, asked)).value if asked else None)

    def _show(self, form: PaymentForm) -> None:
        self.title = f"{form.client_name} · empréstimo nº {form.number}"
        self.status = form.status
        self.invoices = [
            calculated(
                invoice, of=form.instalment_count, as_of=form.received_on, today=form.business_date,
                late_fee_pct=form.late_fee_pct, mora_pct_month=form.mora_pct_month,
            )
            for invoice in form.invoices[:INVOICES_SHOWN]
        ]  # fmt: skip
        others, rest = form.invoices[1:], form.invoices[INVOICES_SHOWN:]
        others_cents = sum(each.open_cents for each in others)
        words = counted(len(others), "outra parcela em aberto", "outras parcelas em aberto")
        self.others = f"{words} · {brl_text(others_cents)}" if others else ""
        more = counted(len(rest), "parcela", "parcelas")
        self.more_invoices = f"e mais {more} · {brl_text(sum(each.open_cents for each in rest))}" if rest else ""
        self.amount = brl_text(form.amount_cents).removeprefix("R$\N{NO-BREAK SPACE}") if form.amount_cents else ""
        self.amount_shown = brl_text(form.amount_cents)
        self.shares, self.after, self._credit_cents = shares_of(form), after_text(form), form.credit_cents
        self.order_note, self.twin = order_note(form, self._asked), twin_text(form)
        self.remainder, self.moved = remainder_text(form), moved_text(form)
        self.charges_change, self.changes = charges_change(form), changes_of(form)
        number = self._asked.invoice_number if self._asked else None
        is_today = form.received_on == form.business_date and form.amount_cents > 0
        amount = Money(form.amount_cents)
        self._pix_asked = PixOf(request_number=form.number, invoice_number=number, amount=amount) if is_today else None

    async def _finish(self, payment_id: UUID) -> bool:
        """Show the payment with the id as done; whether there is one."""
        outcome = await bridge.read(payment_by_id, payment_id)
        if outcome.value is None:
            return False
        self.done = done_of(outcome.value, address.changed(self, receber="novo"))
        self.status, self.errors, self.step = outcome.value.status, {}, "done"
        return True

    def _choice(self, loan: Receivable) -> Choice:
        return choice_of(loan, to=address.changed(self, receber=loan.number))


def _at_our_fields(outcome: Outcome) -> dict[str, str]:
    """Return the problems by the dialog's own field names, which differ where a page may have a field of the name."""
    return {"payment_note" if name == "note" else name: text for name, text in feedback.field_errors(outcome).items()}
