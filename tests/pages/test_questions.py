"""Aprovações shows each kind of question with the facts that decide it, and says what a grant did."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.history import Component
from domain.money import Money
from domain.permissions import Role
from loanapp import clock
from loanapp.pages.approvals.approvals import ApprovalsState
from loanapp.services import approvals
from loanapp.services.approvals import AskWaiver, TakeBack
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give a book on 22/02/2026."""
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


@pytest.fixture
def loan(book: Book) -> RequestReceipt:
    """Give two invoices of 350,00 (290,00 + 60,00), the first 12 days overdue: fee 7,00, mora 1,40."""
    return book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")


def inbox(*events: tuple[Any, dict[str, Any]]) -> ApprovalsState:
    """Return what an administrator's list holds after events."""

    async def steps(tab: Tab) -> ApprovalsState:
        await tab.send(ApprovalsState.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(ApprovalsState)

    return in_a_tab(signed_in_as(Role.SUPER_ADMIN), "/aprovacoes", steps)


def test_the_inbox_shows_each_kinds_facts(book: Book, loan: RequestReceipt) -> None:
    lines = ((1, Component.LATE_FEE, Money(700)), (1, Component.MORA, Money(140)))
    waiver = AskWaiver(request_id=loan.request_id, approval_id=uuid4(), lines=lines, reason="Ficou internado")
    approvals.ask_waiver(book.manager, clock.moment(), waiver)
    cancellation = TakeBack(request_id=loan.request_id, approval_id=uuid4(), reason="Cliente desistiu")
    approvals.ask_cancellation(book.manager, clock.moment(), cancellation)
    book.pay(loan, "1,40", on="2026-02-22")

    shown = inbox()

    cards = {card["kind"]: card for card in shown.cards}
    assert cards["WAIVER"]["title"] == "Dispensar encargos: R$\xa08,40"
    assert cards["WAIVER"]["facts"][:3] == [
        ["Parcela 1, multa", "R$\xa07,00 de R$\xa07,00 em aberto"],
        ["Parcela 1, mora", "R$\xa01,40 de R$\xa00,00 em aberto"],
        ["Em aberto hoje", "R$\xa0707,00"],
    ]
    assert cards["WAIVER"]["obstacle"] == "Estão em aberto só R$\xa00,00."
    assert cards["CANCELLATION"]["title"] == "Cancelar liberação: R$\xa0580,00"
    assert cards["CANCELLATION"]["obstacle"].startswith("Este empréstimo já recebeu dinheiro (recebimento nº 1)")


def test_a_granted_waiver_says_what_was_done(book: Book, loan: RequestReceipt) -> None:
    lines = ((1, Component.LATE_FEE, Money(700)),)
    waiver = AskWaiver(request_id=loan.request_id, approval_id=uuid4(), lines=lines, reason="Ficou internado")
    approvals.ask_waiver(book.manager, clock.moment(), waiver)
    asked = {"dialog": "grant", "approval_id": str(waiver.approval_id)}

    answer = {"form": {"command_id": str(uuid4()), "reason": "Confirmado"}}
    shown = inbox((ApprovalsState.ask, asked), (ApprovalsState.grant, answer))

    assert shown.notice == "Aprovado. Os encargos estão dispensados."
    assert rows("SELECT total_value_open FROM requests") == [(70_140,)]
