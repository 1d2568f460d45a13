"""The state of a payment's record: what the read says, and the dialogs that undo it."""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.payments import PaymentNotFound
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.formats import brl_text
from loanapp.components.forms import settled
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, requires
from loanapp.pages.payments import record_texts
from loanapp.pages.payments.record_texts import (
    NO_PARTS,
    NOT_UNDONE,
    EffectRow,
    Fact,
    MoveRow,
    PartRow,
    UndoneLine,
)
from loanapp.queries.payment_record import PaymentRecord, payment_record
from loanapp.queries.reversals import reversal_effect
from loanapp.services.returns import ReturnPayment, return_payment
from loanapp.services.reversals import ReversePayment, ReverseReturn, reverse_payment, reverse_return

FORM_ID = "payment-undo"
DIALOGS = ("reverse", "return", "keep")
DONE = {
    "reverse": "Recebimento estornado. O empréstimo foi recalculado como se ele não tivesse existido.",
    "return": "Devolução registrada. O valor está em aberto no acordo mais novo.",
    "keep": "Devolução desfeita. A parcela que ela tinha criado foi cancelada.",
}


def parse_reversal(texts: Mapping[str, str], _today: date, *, payment_id: UUID) -> ReversePayment:
    """Read the form; its key is the reversal's id."""
    return ReversePayment(reversal_id=UUID(texts["command_id"]), payment_id=payment_id, reason=texts["reason"])


def parse_return(texts: Mapping[str, str], _today: date, *, payment_id: UUID) -> ReturnPayment:
    """Read the form; its key is the return's id."""
    return ReturnPayment(return_id=UUID(texts["command_id"]), payment_id=payment_id, reason=texts["reason"])


def parse_keep(texts: Mapping[str, str], _today: date, *, return_id: UUID) -> ReverseReturn:
    """Read the form; its key is the reversal's id."""
    return ReverseReturn(reversal_id=UUID(texts["command_id"]), return_id=return_id, reason=texts["reason"])


class PaymentRecordState(AuthState):
    """One payment in this tab."""

    is_loaded: bool = False
    is_missing: bool = False
    problem: str = ""
    notice: str = ""
    number: int = 0
    payment_id: str = ""
    amount: str = ""
    standing: str = ""
    client: str = ""
    client_to: str = ""
    credit_to: str = ""
    loan: str = ""
    loan_to: str = ""
    loan_status: str = ""
    facts: list[Fact] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    parts: list[PartRow] = []  # noqa: RUF012
    parts_total: PartRow = NO_PARTS
    beside: list[str] = []  # noqa: RUF012
    moves: list[MoveRow] = []  # noqa: RUF012
    undone: UndoneLine = NOT_UNDONE
    obstacle: str = ""
    can_return: bool = False
    can_keep: bool = False
    dialog: str = ""
    effect: list[EffectRow] = []  # noqa: RUF012
    errors: dict[str, str] = {}  # noqa: RUF012
    _payment_id: UUID | None = None
    _return_id: UUID | None = None
    _return_effect: list[EffectRow] = []  # noqa: RUF012

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def load(self) -> None:
        """Read the payment whose number the address ends with."""
        number = address.local_path(self).rsplit("/", 1)[-1]
        if number != str(self.number):
            self.reset()
        await self._read(number)

    @rx.event
    @requires(Permission.PAYMENTS_REVERSE)
    async def ask(self, dialog: str) -> None:
        """Open a dialog with what it would change, counted now."""
        self.errors, self.notice, self.effect = {}, "", []
        if dialog not in DIALOGS or self._payment_id is None:
            return
        if dialog == "reverse":
            outcome = await bridge.read(reversal_effect, self._payment_id)
            self.effect = record_texts.effect_rows(outcome.value) if outcome.value else []
            self.errors = feedback.field_errors(outcome)
        elif dialog == "return":
            self.effect = self._return_effect
        self.dialog = dialog

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was undone."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_REVERSE)
    async def reverse(self, form: dict[str, Any]) -> Any:
        """Reverse the payment."""
        parse = functools.partial(parse_reversal, payment_id=self._payment_id)
        return await self._undo("reverse", reverse_payment, parse, form)

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_RETURN)
    async def give_back(self, form: dict[str, Any]) -> Any:
        """Say that the payment failed: its loan was renegotiated, the money is owed on the newest agreement."""
        parse = functools.partial(parse_return, payment_id=self._payment_id)
        return await self._undo("return", return_payment, parse, form)

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_RETURN)
    async def keep(self, form: dict[str, Any]) -> Any:
        """Take back that the payment failed."""
        parse = functools.partial(parse_keep, return_id=self._return_id)
        return await self._undo("keep", reverse_return, parse, form)

    async def _undo(
        self, dialog: str, use_case: Callable[..., Any], parse: Callable[..., Any], form: object
    ) -> rx.event.EventSpec:
        has_key = address.identifier(bridge.texts_of(form)["command_id"]) is not None
        target = self._return_id if dialog == "keep" else self._payment_id
        if target is None or not has_key:
            return settled(FORM_ID, is_done=False)
        outcome = await bridge.submit(use_case, parse, form)
        self.errors = feedback.field_errors(outcome)
        if outcome.ok:
            self.dialog, self.notice = "", DONE[dialog]
            await self._read(str(self.number))
        return settled(FORM_ID, is_done=outcome.ok)

    async def _read(self, number: str) -> None:
        outcome = await bridge.read(payment_record, address.number(number))
        self.is_loaded = True
        self.is_missing = any(problem.code == PaymentNotFound.code for problem in outcome.problems)
        self.problem = "" if self.is_missing else feedback.message(outcome)
        if outcome.value is not None:
            self._show(outcome.value)
            await self._look_for_obstacle(outcome.value)

    def _show(self, record: PaymentRecord) -> None:
        self._payment_id, self.payment_id, self.number = record.payment_id, str(record.payment_id), record.number
        self.amount, self.standing = brl_text(record.amount_cents), record.standing.value
        self.client, self.client_to = record.client_name, f"/clientes/{record.client_id}"
        self.credit_to = f"/clientes/{record.client_id}/credito" if record.unused_cents else ""
        self.loan, self.loan_to = f"Empréstimo nº {record.request_number}", f"/emprestimos/{record.request_number}"
        self.loan_status = record.request_status
        self.facts, self.beside = record_texts.facts_of(record), record_texts.beside_texts(record)
        self.parts = record_texts.part_rows(record)
        self.parts_total = record_texts.part_total(record) if record.parts else NO_PARTS
        self.moves, self.undone = record_texts.move_rows(record), record_texts.undone_line(record)
        self._return_id = record.returned.return_id if record.returned else None
        self.can_return, self.can_keep = record.successor is not None, record.returned is not None
        self._return_effect = record_texts.return_effect(record)

    async def _look_for_obstacle(self, record: PaymentRecord) -> None:
        """Say why the payment can't be reversed, for whom it concerns: what stands in the way is no surprise."""
        self.obstacle = ""
        if Permission.PAYMENTS_REVERSE.value in self.permissions and record.reversal is None:
            outcome = await bridge.read(reversal_effect, record.payment_id)
            effect = outcome.value
            self.obstacle = text_of(effect.obstacle, effect.values) if effect and effect.obstacle else ""
