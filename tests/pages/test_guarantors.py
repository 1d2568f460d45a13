"""The guarantor on the pages: typed with a new request, shown masked on the record, changed before the money leaves."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.permissions import Role
from loanapp.pages.requests.guarantor import GuarantorState
from loanapp.pages.requests.new_request import NewRequestState
from loanapp.settings import Settings
from tests.build.book import Book, everything, rows
from tests.build.guarantors import JOSE
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as


@pytest.fixture
def book(database: Engine, change_settings: Callable[..., Settings]) -> Book:  # noqa: ARG001 - what it writes to.
    """Give an empty book; today is 22/02/2026."""
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


def sent(reference: str, path: str, state: Any, *events: tuple[Any, dict[str, Any]]) -> tuple[Any, str]:
    """Send events from one tab that loaded its page; return what the state then holds and what the tab was told."""

    async def steps(tab: Tab) -> tuple[Any, str]:
        await tab.send(state.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(state), tab.told()

    return in_a_tab(reference, path, steps)


def typed(**changes: str) -> dict[str, str]:
    return {
        "command_id": str(uuid4()), "guarantor_name": JOSE.name, "guarantor_tax_id": JOSE.tax_id,
        "guarantor_phone": JOSE.phone, "guarantor_address": JOSE.address, **changes,
    }  # fmt: skip


def a_request_form(book: Book, **changes: str) -> dict[str, str]:
    return typed(
        client_id=str(book.a_client()), principal="1.000,00", rate_pct="10", count="3", step="MONTHLY", plan="FLAT",
        first_due_date="22/03/2026", note="", **changes,
    )  # fmt: skip


def test_a_new_request_carries_its_guarantor(book: Book) -> None:
    _, told = sent(
        signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/novo", NewRequestState,
        (NewRequestState.submit, {"form": a_request_form(book)}),
    )  # fmt: skip

    assert "/emprestimos/1" in told
    assert rows("SELECT name, tax_id FROM guarantors") == [("José Carlos Pereira", "52998224725")]


def test_a_guarantor_half_typed_is_told_at_its_fields_beside_the_others(book: Book) -> None:
    form = a_request_form(book, guarantor_phone="", guarantor_tax_id="1")
    before = everything()

    shown, _ = sent(
        signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/novo", NewRequestState,
        (NewRequestState.submit, {"form": form}),
    )  # fmt: skip

    assert shown.errors == {
        "guarantor_tax_id": "Informe o CPF com 11 números ou o CNPJ com 14 caracteres.",
        "guarantor_phone": "Informe o telefone com DDD.",
    }
    assert everything()["requests"] == before["requests"]


def test_the_record_shows_the_guarantor_masked(book: Book) -> None:
    book.a_loan(on="2026-02-10", first_due="2026-03-10", guarantor=JOSE)

    shown, told = sent(signed_in_as(Role.RENEGOTIATION_ANALYST), "/emprestimos/1", GuarantorState)

    assert (shown.name, shown.tax_id, shown.phone, shown.is_changeable) == (
        "José Carlos Pereira", "***.982.247-**", "+55 11 9****-1234", False,
    )  # fmt: skip
    assert "52998224725" not in told


def test_before_the_money_leaves_a_guarantor_is_named_replaced_and_taken_out(book: Book) -> None:
    book.a_request()
    reference = signed_in_as(Role.LOAN_MANAGEMENT)
    other = typed(guarantor_name="Lia Ramos")

    named, _ = sent(reference, "/emprestimos/1", GuarantorState, (GuarantorState.submit, {"form": typed()}))
    replaced, _ = sent(reference, "/emprestimos/1", GuarantorState, (GuarantorState.submit, {"form": other}))
    gone, told = sent(
        reference, "/emprestimos/1", GuarantorState, (GuarantorState.remove, {"form": {"command_id": str(uuid4())}})
    )

    assert (named.name, replaced.name, gone.name) == ("José Carlos Pereira", "Lia Ramos", "")
    assert "Fiador retirado." in told
    assert rows("SELECT * FROM guarantors") == []


def test_an_empty_dialog_takes_nobody_out(book: Book) -> None:
    book.a_request(guarantor=JOSE)
    empty = dict.fromkeys(("guarantor_name", "guarantor_tax_id", "guarantor_phone", "guarantor_address"), "")

    shown, _ = sent(
        signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/1", GuarantorState,
        (GuarantorState.ask, {"dialog": "name"}), (GuarantorState.submit, {"form": typed(**empty)}),
    )  # fmt: skip

    assert (shown.name, shown.dialog, sorted(shown.errors)) == ("José Carlos Pereira", "name", sorted(empty))


def test_after_the_money_left_the_dialog_is_refused_with_its_reason(book: Book) -> None:
    book.a_loan(on="2026-02-10", first_due="2026-03-10", guarantor=JOSE)

    shown, _ = sent(
        signed_in_as(Role.LOAN_MANAGEMENT), "/emprestimos/1", GuarantorState,
        (GuarantorState.remove, {"form": {"command_id": str(uuid4())}}),
    )  # fmt: skip

    assert shown.errors == {"": "O fiador só muda antes de o dinheiro ser liberado."}
    assert rows("SELECT name FROM guarantors") == [("José Carlos Pereira",)]
