"""The state of a client's credit: what is left, what used it, and the dialogs that use it, pay it back or undo that."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

import reflex as rx

from domain.clients import ClientNotFound
from domain.credits import RefundMethodPaysNothing
from domain.errors import Checks
from domain.money import parse_brl
from domain.payments import PaymentMethod
from domain.permissions import Permission
from domain.requests import RequestNotFound
from domain.reversals import RefundNotFound
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.badges import LOOKS
from loanapp.components.formats import brl_text, date_text, instant_text
from loanapp.components.forms import settled
from loanapp.components.method_names import METHOD_NAMES
from loanapp.gate import AuthState, requires
from loanapp.queries.credits import ClientCredit, CreditLeft, CreditTaker, CreditUsed, client_credit
from loanapp.services.credits import RefundCredit, UseCredit, refund_credit, use_credit
from loanapp.services.reversals import ReverseRefund, reverse_refund

FORM_ID = "credit"
DIALOGS = ("use", "refund", "undo")
# The fields that are called differently here, where a page holds several forms.
_FIELDS = {"note": "credit_note", "method": "refund_method"}


class LeftRow(TypedDict):
    """What one payment left over."""

    title: str
    to: str
    detail: str
    amount: str


class UsedRow(TypedDict):
    """One use of credit, or credit paid back."""

    title: str
    to: str
    detail: str
    reason: str
    amount: str
    is_undone: bool
    undone: str
    refund_id: str


def parse_use(texts: Mapping[str, str], _today: date) -> UseCredit:
    """Read the form; its key is the payment's id."""
    checks = Checks()
    amount = checks.take("amount", parse_brl, texts["amount"])
    checks.finish()
    request_id = address.identifier(texts["request_id"])
    if request_id is None:
        raise RequestNotFound(field="request_id")
    assert amount is not None
    return UseCredit(
        payment_id=UUID(texts["command_id"]), request_id=request_id, amount=amount, note=texts["credit_note"]
    )


def parse_undo(texts: Mapping[str, str], _today: date) -> ReverseRefund:
    """Read the form; its key is the reversal's id."""
    refund_id = address.identifier(texts["refund_id"])
    if refund_id is None:
        raise RefundNotFound(field="refund_id")
    return ReverseRefund(reversal_id=UUID(texts["command_id"]), refund_id=refund_id, reason=texts["reason"])


class CreditState(AuthState):
    """One client's credit in this tab."""

    is_loaded: bool = False
    is_missing: bool = False
    problem: str = ""
    notice: str = ""
    client: str = ""
    client_to: str = ""
    credit: str = ""
    has_credit: bool = False
    left: list[LeftRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    used: list[UsedRow] = []  # noqa: RUF012
    takers: list[list[str]] = []  # noqa: RUF012
    taker: str = ""
    suggested: str = ""
    dialog: str = ""
    opened: int = 0
    undo_title: str = ""
    undo_id: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    _client_id: UUID | None = None

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def load(self) -> None:
        """Read the credit of the client whom the address names; `usar` in it opens that dialog for a loan."""
        client_id = address.identifier(address.local_path(self).removesuffix("/credito").rpartition("/")[2])
        if client_id != self._client_id:
            self.reset()
            self._client_id = client_id
        found = await self._read()
        if found is not None and (wanted := address.number(address.parameter(self, "usar"))):
            self._open_use(found, wanted)

    @rx.event
    @requires(Permission.CREDIT_USE)
    async def ask(self, dialog: str, refund_id: str = "") -> None:
        """Open a dialog, on the figures of now."""
        self.errors, self.notice = {}, ""
        found = await self._read()
        if dialog not in DIALOGS or found is None:
            return
        if dialog == "use":
            self._open_use(found, 0)
            return
        undone = [row for row in self.used if row["refund_id"] == refund_id and refund_id]
        if dialog == "undo" and not undone:
            return
        if undone:
            self.undo_id, self.undo_title = refund_id, f"{undone[0]['title']}: {undone[0]['amount']}"
        self.suggested = _typed(found.credit_cents)
        self._open(dialog)

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def fold(self, is_open: bool) -> Any:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was done."""
        self.dialog = self.dialog if is_open else ""
        has_asked = bool(address.parameter(self, "usar")) and not is_open
        return rx.redirect(address.changed(self, usar=""), replace=True) if has_asked else None

    @rx.event(temporal=True)
    @requires(Permission.CREDIT_USE)
    async def use(self, form: dict[str, Any]) -> Any:
        """Pay a loan with credit."""
        return await self._do(use_credit, parse_use, form, "Crédito usado: o recebimento está no empréstimo.")

    @rx.event(temporal=True)
    @requires(Permission.CREDIT_REFUND)
    async def refund(self, form: dict[str, Any]) -> Any:
        """Pay credit back."""
        return await self._do(refund_credit, self._parse_refund, form, "Crédito devolvido ao cliente.")

    @rx.event(temporal=True)
    @requires(Permission.PAYMENTS_REVERSE)
    async def undo(self, form: dict[str, Any]) -> Any:
        """Reverse a refund that did not reach the client."""
        return await self._do(reverse_refund, parse_undo, form, "Devolução estornada: o crédito voltou ao cliente.")

    def _parse_refund(self, texts: Mapping[str, str], _today: date) -> RefundCredit:
        if self._client_id is None:
            raise ClientNotFound
        checks = Checks()
        amount = checks.take("amount", parse_brl, texts["amount"])
        checks.finish()
        assert amount is not None
        if texts["refund_method"] not in METHOD_NAMES:
            raise RefundMethodPaysNothing(field="refund_method")
        return RefundCredit(
            refund_id=UUID(texts["command_id"]),
            client_id=self._client_id,
            amount=amount,
            method=PaymentMethod(texts["refund_method"]),
            reason=texts["reason"],
        )

    async def _do(
        self, use_case: Callable[..., Any], parse: Callable[..., Any], form: object, done: str
    ) -> rx.event.EventSpec | list[rx.event.EventSpec]:
        if address.identifier(bridge.texts_of(form)["command_id"]) is None:
            return settled(FORM_ID, is_done=False)
        outcome = await bridge.submit(use_case, parse, form)
        problems = feedback.field_errors(outcome)
        self.errors = {_FIELDS.get(name, name): text for name, text in problems.items()}
        if not outcome.ok:
            return settled(FORM_ID, is_done=False)
        self.dialog, self.notice = "", done
        await self._read()
        left = [rx.redirect(address.changed(self, usar=""), replace=True)] if address.parameter(self, "usar") else []
        return [settled(FORM_ID, is_done=True), *left]

    async def _read(self) -> ClientCredit | None:
        outcome = await bridge.read(client_credit, self._client_id) if self._client_id else None
        self.is_loaded = True
        self.is_missing = outcome is None or any(p.code == ClientNotFound.code for p in outcome.problems)
        self.problem = "" if outcome is None or self.is_missing else feedback.message(outcome)
        if outcome is None or outcome.value is None:
            return None
        found = outcome.value
        self.client, self.client_to = found.client_name, f"/clientes/{found.client_id}"
        self.credit, self.has_credit = brl_text(found.credit_cents), found.credit_cents > 0
        self.left = [_left_row(each) for each in found.left]
        self.used = [_used_row(each) for each in found.used]
        self.takers = [[str(each.request_id), _taker_text(each)] for each in found.takers]
        return found

    def _open_use(self, found: ClientCredit, number: int) -> None:
        """Open the dialog for one loan, the oldest where none is named; what it can take is suggested."""
        named = [each for each in found.takers if each.number == number] or list(found.takers)
        if not named or not found.credit_cents or Permission.CREDIT_USE.value not in self.permissions:
            return
        self.taker = str(named[0].request_id)
        self.suggested = _typed(min(found.credit_cents, named[0].open_cents))
        self._open("use")

    def _open(self, dialog: str) -> None:
        self.dialog, self.opened = dialog, self.opened + 1


def _typed(cents: int) -> str:
    return brl_text(cents).removeprefix("R$\N{NO-BREAK SPACE}")


def _left_row(each: CreditLeft) -> LeftRow:
    return LeftRow(
        title=f"Recebimento nº {each.payment_number}",
        to=f"/recebimentos/{each.payment_number}",
        detail=f"{date_text(each.received_on)}, empréstimo nº {each.request_number}",
        amount=brl_text(each.cents),
    )


def _used_row(each: CreditUsed) -> UsedRow:
    by = f" por {each.author}" if each.author else ""
    if each.refund_id is not None:
        method = METHOD_NAMES[each.method.value] if each.method else ""
        title, to, detail = f"Devolução nº {each.number}", "", f"{method}, {date_text(each.on)}{by}"
    else:
        title, to = f"Recebimento nº {each.number}", f"/recebimentos/{each.number}"
        detail = f"pagou o empréstimo nº {each.request_number}, {date_text(each.on)}{by}"
    is_undone = each.reversed_at is not None
    return UsedRow(
        title=title,
        to=to,
        detail=detail,
        reason=each.reason,
        amount=brl_text(each.cents),
        is_undone=is_undone,
        undone=f"Estornado em {instant_text(each.reversed_at)}" if is_undone else "",
        refund_id=str(each.refund_id) if each.refund_id and not is_undone else "",
    )


def _taker_text(each: CreditTaker) -> str:
    word = LOOKS["request"][each.status]["word"]
    return f"Empréstimo nº {each.number} ({word.lower()}) · {brl_text(each.open_cents)} em aberto"
