"""What can be done with a receipt, in a tab: sent once a press, a link shown once, links taken back."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.permissions import Role
from domain.privacy import ConsentOrigin
from loanapp.components.receipt_actions import ReceiptState
from loanapp.services._received import PaymentReceipt
from loanapp.services.privacy import SetConsent, set_consent
from loanapp.settings import Settings
from tests.build.book import Book, an_id, at, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book(change_settings: Callable[..., Settings]) -> Book:
    set_clock(change_settings, "2026-02-22T12:00")
    return Book.opened()


@pytest.fixture
def paid(book: Book) -> PaymentReceipt:
    return book.pay(book.a_loan(), "100,00", on="2026-02-22")


def a_press(payment: PaymentReceipt, **changes: object) -> dict[str, object]:
    return {"command_id": str(uuid4()), "payment_id": str(payment.payment_id), **changes}


def seen(
    paid: PaymentReceipt, *events: tuple[Any, dict[str, Any]], role: Role = Role.LOAN_MANAGEMENT
) -> tuple[ReceiptState, str]:
    """Look at a payment's receipt, send events, and return what is shown then and what the tab was told."""
    reference = signed_in_as(role)

    async def steps(tab: Tab) -> tuple[ReceiptState, str]:
        await tab.send(ReceiptState.look, payment_id=str(paid.payment_id))
        for handler, payload in events:
            await tab.send(handler, **payload)
        told = tab.told()
        return await tab.state(ReceiptState), told

    return in_a_tab(reference, "/recebimentos/1", steps)


def test_a_receipt_nobody_handed_out_has_no_link_to_revoke(paid: PaymentReceipt) -> None:
    shown, _ = seen(paid)

    assert (shown.open_links, shown.link, shown.said, shown.problem) == (0, "", "", "")


def test_sending_queues_one_text_a_press(paid: PaymentReceipt) -> None:
    press = a_press(paid)

    shown, told = seen(paid, (ReceiptState.send, {"form": press}), (ReceiptState.send, {"form": press}))

    assert (shown.said, shown.problem) == ("Recibo na fila: sai pelo WhatsApp em instantes.", "")
    assert rows("SELECT kind, status FROM messages") == [("RECEIPT", "QUEUED")]
    assert "loanapp.settled('receipt-send', true)" in told


def test_who_wants_no_texts_is_told_and_nothing_is_queued(book: Book, paid: PaymentReceipt) -> None:
    ((client_id,),) = rows("SELECT id FROM clients")
    order = SetConsent(client_id=client_id, accepts=False, origin=ConsentOrigin.PHONE)
    set_consent(book.manager, at("2026-02-22"), order)

    shown, _ = seen(paid, (ReceiptState.send, {"form": a_press(paid)}))

    assert (shown.said, shown.problem) == ("", "O cliente pediu para não receber mensagens.")
    assert rows("SELECT count(*) FROM messages") == [(0,)]


def test_a_link_is_shown_once_and_copied_by_the_browser(paid: PaymentReceipt) -> None:
    shown, _ = seen(paid, (ReceiptState.make_link, {"form": a_press(paid)}), (ReceiptState.copied, {"is_copied": True}))

    assert shown.link.startswith("http://127.0.0.1:8000/r/")
    assert (shown.link_until, shown.open_links, shown.open_until, shown.said) == (
        "23/05/2026", 1, "23/05/2026", "Link copiado.",
    )  # fmt: skip


def test_a_browser_that_copies_nothing_is_not_said_to_have_copied(paid: PaymentReceipt) -> None:
    shown, _ = seen(
        paid, (ReceiptState.make_link, {"form": a_press(paid)}), (ReceiptState.copied, {"is_copied": False})
    )

    assert shown.said == "Copie o link do campo abaixo."


def test_the_link_is_gone_when_another_receipt_is_looked_at(book: Book, paid: PaymentReceipt) -> None:
    other = book.pay(book.a_loan(), "50,00", on="2026-02-22")

    shown, _ = seen(
        paid,
        (ReceiptState.make_link, {"form": a_press(paid)}),
        (ReceiptState.look, {"payment_id": str(other.payment_id)}),
    )

    assert (shown.link, shown.open_links, shown.about) == ("", 0, str(other.payment_id))


def test_revoking_takes_every_link_and_the_shown_one_away(paid: PaymentReceipt) -> None:
    shown, _ = seen(
        paid,
        (ReceiptState.make_link, {"form": a_press(paid)}),
        (ReceiptState.make_link, {"form": a_press(paid)}),
        (ReceiptState.revoke, {"form": a_press(paid)}),
    )

    assert (shown.link, shown.open_links, shown.said) == ("", 0, "2 links revogados: não abrem mais.")
    assert rows("SELECT count(*) FROM receipt_links WHERE revoked_at IS NULL") == [(0,)]


@pytest.mark.parametrize("hostile", [None, 5, ["x"], {"payment_id": "x"}, {"payment_id": 1, "command_id": "x"}])
@pytest.mark.parametrize("name", ["send", "make_link", "revoke"])
def test_a_forged_press_does_nothing(paid: PaymentReceipt, name: str, hostile: object) -> None:
    shown, _ = seen(paid, (getattr(ReceiptState, name), {"form": hostile}))

    assert shown.problem == "Este recebimento não existe."
    assert rows("SELECT count(*) FROM receipt_issues") == [(0,)]


def test_a_supervisor_does_nothing_with_a_receipt_of_a_client_of_somebody_else(paid: PaymentReceipt) -> None:
    reference = signed_in_as(Role.STREET_SUPERVISOR)
    before = everything()

    async def steps(tab: Tab) -> list[str]:
        await tab.send(ReceiptState.look, payment_id=str(paid.payment_id))
        problems = []
        for handler in (ReceiptState.send, ReceiptState.make_link, ReceiptState.revoke):
            await tab.send(handler, form=a_press(paid))
            problems.append((await tab.state(ReceiptState)).problem)
        return problems

    assert in_a_tab(reference, "/recebimentos/1", steps) == ["Este recebimento não existe."] * 3
    assert everything() == before


def test_a_payment_that_does_not_exist_is_told(paid: PaymentReceipt) -> None:
    shown, _ = seen(paid, (ReceiptState.make_link, {"form": a_press(paid, payment_id=str(an_id()))}))

    assert shown.problem == "Este recebimento não existe."
