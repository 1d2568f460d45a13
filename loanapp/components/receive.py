"""The state of “Registrar recebimento”: opened by the address (`?receber=`), counted live, registered once by its key.

`?receber=` holds `novo`, a request's number (`12`), a request's number with one of its invoices (`12-3`), or a client's
id.  What is typed stays in the browser until it is registered; the key of the payment is made there too.
"""

import functools
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.calendar import format_date, parse_date
from domain.errors import Checks
from domain.money import parse_brl
from domain.payments import PaymentMethod
from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.components import address, feedback
from loanapp.components.formats import brl_text, counted, date_text, days_text, instant_text
from loanapp.components.forms import settled
from loanapp.components.receive_calculation import Calculated, calculated
from loanapp.gate import AuthState, requires
from loanapp.queries.payments import (
    PaymentDone,
    PaymentForm,
    PaymentFormOf,
    Receivable,
    ReceivablesOf,
    payment_by_id,
    payment_form,
    receivables,
)
from loanapp.services.payments import RegisterPayment, register_payment

FORM_ID = "receive"
INVOICES_SHOWN = 6
METHODS = (
    (PaymentMethod.PIX.value, "Pix", "em Pix"),
    (PaymentMethod.CASH.value, "Dinheiro", "em dinheiro"),
    (PaymentMethod.TRANSFER.value, "Transferência", "por transferência"),
    (PaymentMethod.BOLETO.value, "Boleto", "por boleto"),
)
_PHRASES = {value: phrase for value, _, phrase in METHODS}
_TARGET = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,4}))?")
_SELECT_AMOUNT = "setTimeout(() => { const f = document.getElementById('amount'); f?.focus(); f?.select(); }, 80)"
_FOCUS_DONE = "setTimeout(() => document.getElementById('receive-done')?.focus(), 80)"


class Choice(TypedDict):
    """A loan that may receive."""

    title: str
    detail: str
    overdue: str
    to: str


class Share(TypedDict):
    """What of the typed amount goes to one invoice."""

    title: str
    parts: str
    rest: str


class Done(TypedDict):
    """A registered payment."""

    title: str
    summary: str
    client: str
    status: str
    rest: str
    loan: str
    another: str


NOT_DONE = Done(title="", summary="", client="", status="", rest="", loan="", another="")


def parse_form_of(texts: Mapping[str, str], today: date, *, asked: PaymentFormOf) -> PaymentFormOf:
    """Read the date and the amount as typed; an empty amount asks for the suggestion."""
    checks = Checks()
    received_on = checks.take("received_on", parse_date, texts["received_on"], today)
    amount = checks.take("amount", parse_brl, texts["amount"]) if texts["amount"] else None
    checks.finish()
    return PaymentFormOf(
        number=asked.number, invoice_number=asked.invoice_number, received_on=received_on, amount=amount
    )


def parse_payment(texts: Mapping[str, str], today: date, *, request_id: UUID) -> RegisterPayment:
    """Read the dialog's form; raise `money.*` and `date.*` at their fields."""
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
        method=PaymentMethod(method if method in _PHRASES else METHODS[0][0]),
        received_on=received_on,
        note=texts["payment_note"],
        send_receipt=texts["send_receipt"] == "on",
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
    shares: list[Share] = []  # noqa: RUF012
    after: str = ""
    order_note: str = ""
    twin: str = ""
    is_stale: bool = False
    done: Done = NOT_DONE
    _target: str = ""
    _asked: PaymentFormOf | None = None
    _request_id: UUID | None = None
    _typed: dict[str, str] = {}  # noqa: RUF012

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
        if value in _PHRASES:
            self.method, self.method_phrase = value, _PHRASES[value]

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_REGISTER)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Register the payment, once by the key that its form made; a fault is resolved by that key."""
        key = address.identifier(bridge.texts_of(form)["command_id"])
        if key is None or self._request_id is None:
            return settled(FORM_ID, is_done=False)
        parse = functools.partial(parse_payment, request_id=self._request_id)
        outcome = await bridge.submit(register_payment, parse, form)
        if (outcome.ok or outcome.reference) and await self._finish(key):
            return [settled(FORM_ID, is_done=True), rx.call_script(_FOCUS_DONE)]
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
        if form.last_method in _PHRASES:
            self.method, self.method_phrase = form.last_method, _PHRASES[form.last_method]
        self._show(form)
        self.step = "form"
        return rx.call_script(_SELECT_AMOUNT)

    async def _recount(self) -> None:
        if self._asked is None:
            return
        parse = functools.partial(parse_form_of, asked=self._asked)
        outcome = await bridge.submit(payment_form, parse, self._typed)
        if self.errors:
            # A field with an error is checked again while typing; the others wait for the press (ux.md §1.2).
            now = _at_our_fields(outcome)
            self.errors = {field: now[field] for field in self.errors if field in now}
        self.is_stale = not outcome.ok
        if outcome.ok:
            self._show(outcome.result)

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
        self.amount = brl_text(form.amount_cents).removeprefix("R$\N{NO-BREAK SPACE}")
        self.amount_shown = brl_text(form.amount_cents)
        self.shares, self.after = _shares(form), _after(form)
        self.order_note, self.twin = _order_note(form, self._asked), _twin(form)

    async def _finish(self, payment_id: UUID) -> bool:
        """Show the payment with the id as done; whether there is one."""
        outcome = await bridge.read(payment_by_id, payment_id)
        if outcome.value is None:
            return False
        self.done = _done(outcome.value, address.changed(self, receber="novo"))
        self.status, self.errors, self.step = outcome.value.status, {}, "done"
        return True

    def _choice(self, loan: Receivable) -> Choice:
        due = f" · próxima em {date_text(loan.next_due_date)}" if loan.next_due_date else ""
        return Choice(
            title=f"{loan.client_name} · empréstimo nº {loan.number}",
            detail=f"{loan.invoices_paid}/{loan.instalment_count} pagas · {brl_text(loan.open_cents)} em aberto{due}",
            overdue=f"{brl_text(loan.overdue_cents)} · {days_text(loan.days_overdue)}" if loan.overdue_cents else "",
            to=address.changed(self, receber=loan.number),
        )


def _at_our_fields(outcome: Outcome) -> dict[str, str]:
    """Return the problems by the dialog's own field names, which differ where a page may have a field of the name."""
    return {"payment_note" if name == "note" else name: text for name, text in feedback.field_errors(outcome).items()}


def _shares(form: PaymentForm) -> list[Share]:
    names = (("mora", "mora_cents"), ("multa", "late_fee_cents"), ("juros", "interest_cents"),
             ("principal", "principal_cents"))  # fmt: skip
    return [
        Share(
            title=f"Parcela {share.invoice_number}/{form.instalment_count}",
            parts=" · ".join(f"{name} {brl_text(cents)}" for name, part in names if (cents := getattr(share, part))),
            rest=f"Restam {brl_text(share.remaining_cents)}" if share.remaining_cents else "Fica paga",
        )
        for share in form.distribution
    ]


def _after(form: PaymentForm) -> str:
    rest = "Quita o empréstimo." if form.settles else f"Restam {brl_text(form.remaining_cents)} no empréstimo."
    return f"{rest} {brl_text(form.credit_cents)} viram crédito do cliente." if form.credit_cents else rest


def _order_note(form: PaymentForm, asked: PaymentFormOf | None) -> str:
    """Say that an older invoice receives first, where a later one was pressed."""
    if asked is None or asked.invoice_number is None or not form.invoices:
        return ""
    first = form.invoices[0].number
    is_later = asked.invoice_number != first
    return f"A parcela {first}/{form.instalment_count} está em aberto e recebe primeiro." if is_later else ""


def _twin(form: PaymentForm) -> str:
    if form.twin is None:
        return ""
    at = instant_text(form.twin.at)[-5:]
    return f"{form.twin.author} registrou {brl_text(form.twin.amount_cents)} às {at}. Confira antes de registrar outro."


def _done(payment: PaymentDone, another: str) -> Done:
    rest = f"{brl_text(payment.open_cents)} em aberto" if payment.open_cents else "Nada mais em aberto"
    if payment.overdue_cents:
        rest = f"{rest}, {brl_text(payment.overdue_cents)} em atraso"
    return Done(
        title=f"Recebimento nº {payment.number} registrado",
        summary=f"{brl_text(payment.amount_cents)} {_PHRASES[payment.method]}, em {date_text(payment.received_on)}",
        client=f"{payment.client_name} · empréstimo nº {payment.request_number}",
        status=payment.status,
        rest=rest,
        loan=f"/emprestimos/{payment.request_number}",
        another=another,
    )
