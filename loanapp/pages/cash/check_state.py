"""Conferir caixa: hand-ins that wait to be counted, who holds cash, and what was counted before (ux.md §2.13)."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.errors import Checks, DomainError
from domain.money import Money, parse_brl
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.formats import brl_text
from loanapp.components.forms import settled
from loanapp.gate import AuthState, requires
from loanapp.pages.cash.cash_rows import HandInRow, HolderRow, difference_text, hand_in_row, holder_row
from loanapp.queries.cash_desk import CashDesk, CountedOf, CountedPage, cash_desk, counted_page
from loanapp.services.cash import CheckCash, HandInCash, check_cash, hand_in_cash

COUNT_FORM, RECORD_FORM = "count-cash", "record-hand-in"
CONFIRM = "Confirmar conferência"
VIEWS = ("a-conferir", "em-maos", "conferidas")


def parse_count(texts: Mapping[str, str], _today: date, *, hand_in_id: UUID, expected: Money) -> CheckCash:
    """Read what was counted; raise `money.*` at its field."""
    checks = Checks()
    counted = checks.take("counted", parse_brl, texts["counted"])
    checks.finish()
    assert counted is not None
    return CheckCash(hand_in_id=hand_in_id, expected=expected, counted=counted, reason=texts["reason"])


def parse_record(texts: Mapping[str, str], _today: date, *, holder_id: UUID, expected: Money) -> HandInCash:
    """Read the form that records somebody's hand-in: it holds its key alone, the sum is what was shown."""
    return HandInCash(hand_in_id=UUID(texts["command_id"]), holder_id=holder_id, expected=expected)


class CheckCashState(AuthState):
    """What the page shows, and the hand-in or the holder whose dialog is open."""

    waiting: list[HandInRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    holders: list[HolderRow] = []  # noqa: RUF012
    counted: list[HandInRow] = []  # noqa: RUF012
    place: Place = NOWHERE  # type: ignore[assignment]
    view: str = VIEWS[0]
    view_texts: dict[str, str] = dict.fromkeys(VIEWS, "")
    view_links: dict[str, str] = {}  # noqa: RUF012
    is_loaded: bool = False
    fault: str = ""
    notice: str = ""
    dialog: str = ""
    asked: str = ""
    asked_amount: str = ""
    asked_note: str = ""
    difference: str = ""
    verb: str = CONFIRM
    is_different: bool = False
    errors: dict[str, str] = {}  # noqa: RUF012
    _asked_id: UUID | None = None
    _expected: Money = Money.ZERO
    # What each open hand-in should hold and each holder holds, in centavos: the sums that are confirmed.
    _sums: dict[str, int] = {}  # noqa: RUF012

    @rx.event
    @requires(Permission.CASH_CHECK)
    async def load(self) -> None:
        """Read the view that the address asks for."""
        self.notice, self.dialog = "", ""
        await self._read()

    @rx.event
    @requires(Permission.CASH_CHECK)
    async def ask_count(self, hand_in_id: str) -> None:
        """Open the dialog that counts a hand-in."""
        found = [row for row in self.waiting if row["id"] == hand_in_id and not row["obstacle"]]
        self._open("count" if found else "", hand_in_id)
        for row in found:
            self.asked = f"{row['title']} de {row['holder']}"
            self.asked_amount, self.asked_note = row["expected"], row["note"]

    @rx.event
    @requires(Permission.CASH_CHECK)
    async def ask_record(self, holder_id: str) -> None:
        """Open the dialog that records the hand-in of somebody who can't."""
        found = [row for row in self.holders if row["id"] == holder_id]
        self._open("record" if found else "", holder_id)
        for row in found:
            self.asked, self.asked_amount, self.asked_note = row["name"], row["amount"], row["receipts"]

    @rx.event
    @requires(Permission.CASH_CHECK)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was done."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(supersedes=True)
    @requires(Permission.CASH_CHECK)
    async def count_typed(self, text: str) -> None:
        """Say what is missing or over by what is typed, and put the amount on the button."""
        self.difference, self.is_different, self.verb = "", False, CONFIRM
        try:
            counted = parse_brl(text) if isinstance(text, str) else None
        except DomainError:
            return
        if counted is not None:
            cents = (counted - self._expected).cents
            self.difference, self.is_different = difference_text(cents), bool(cents)
            self.verb = f"Confirmar {brl_text(counted.cents)} contados"

    @rx.event(temporal=True)
    @requires(Permission.CASH_CHECK)
    async def count(self, form: dict[str, Any]) -> Any:
        """Close the hand-in with what was counted."""
        if self._asked_id is None:
            return settled(COUNT_FORM, is_done=False)
        parse = functools.partial(parse_count, hand_in_id=self._asked_id, expected=self._expected)
        outcome = await bridge.submit(check_cash, parse, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            await self._read()
            self._follow()
            return settled(COUNT_FORM, is_done=False)
        told = difference_text(outcome.result.difference.cents)
        await self._done(f"{self.asked} conferida. {told}.")
        return settled(COUNT_FORM, is_done=True)

    @rx.event(temporal=True)
    @requires(Permission.CASH_CHECK)
    async def record(self, form: dict[str, Any]) -> Any:
        """Record the hand-in of somebody who can't."""
        if self._asked_id is None:
            return settled(RECORD_FORM, is_done=False)
        parse = functools.partial(parse_record, holder_id=self._asked_id, expected=self._expected)
        outcome = await bridge.submit(hand_in_cash, parse, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            await self._read()
            self._follow()
            return settled(RECORD_FORM, is_done=False)
        receipt = outcome.result
        amount = brl_text(receipt.amount.cents)
        await self._done(f"Entrega nº {receipt.number} de {self.asked} registrada: {amount}. Outra pessoa confere.")
        return settled(RECORD_FORM, is_done=True)

    def _open(self, dialog: str, asked_id: str) -> None:
        self.errors, self.notice, self.difference, self.is_different = {}, "", "", False
        self.dialog, self.verb = dialog, CONFIRM
        self._asked_id = address.identifier(asked_id) if dialog else None
        self._expected = Money(self._sums.get(asked_id, 0))

    def _follow(self) -> None:
        """Take the sum of now into the open dialog: the next press confirms what is shown then."""
        if str(self._asked_id) in self._sums:
            self._expected = Money(self._sums[str(self._asked_id)])
            self.asked_amount = brl_text(self._expected.cents)

    async def _done(self, notice: str) -> None:
        self.dialog, self.errors, self.notice, self._asked_id = "", {}, notice, None
        await self._read()

    async def _read(self) -> None:
        self.view = address.choice(self, "visao", VIEWS, VIEWS[0])
        desk = await bridge.read(cash_desk, None)
        self.fault = desk.reference
        if not desk.ok:
            return
        self._show(desk.result)
        if self.view == "conferidas":
            number, size = address.page_asked(self)
            page = await bridge.read(counted_page, CountedOf(page=number, size=size))
            self.fault = page.reference
            if page.ok:
                self._show_counted(page.result)

    def _show(self, found: CashDesk) -> None:
        self.waiting = [hand_in_row(each, found.payments.get(each.hand_in_id, ())) for each in found.waiting]
        self.holders = [holder_row(each) for each in found.holders]
        self._sums = {str(each.hand_in_id): each.expected_cents for each in found.waiting} | {
            str(each.user_id): each.cents for each in found.holders
        }
        counts = (len(found.waiting), len(found.holders), found.counted)
        words = ("A conferir", "Em mãos", "Conferidas")
        self.view_texts = {key: f"{word} ({count})" for key, word, count in zip(VIEWS, words, counts, strict=True)}
        self.view_links = {key: address.changed(self, visao=key, pagina="", aberta="") for key in VIEWS}
        self.is_loaded = True

    def _show_counted(self, found: CountedPage) -> None:
        self.counted = [hand_in_row(each, found.payments.get(each.hand_in_id, ())) for each in found.lines]
        self.place = address.place(self, total=found.total)
