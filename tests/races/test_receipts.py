"""Receipts and confirmations on real connections: copies numbered once, one of two same amounts asked about."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.money import Money
from domain.payments import PaymentMethod
from domain.receipts import ReceiptLinkIdTaken, ReceiptWay
from loanapp.clock import at as moment_of
from loanapp.services import receipts
from loanapp.services._receipts import ReceiptLinkMade
from loanapp.services.payments import RegisterPayment, register_payment
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, an_id, at, rows
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

RIVALS = 8
TODAY = "2026-02-10"


def test_copies_handed_out_at_once_are_numbered_one_after_another() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on=TODAY)
    order = receipts.IssueReceipt(number=paid.number, way=ReceiptWay.PDF)

    results = all_at_once(RIVALS, lambda _index: receipts.issue_receipt(book.manager, at(TODAY), order))

    assert sorted(getattr(result, "copy_number", 0) for result in results) == list(range(1, RIVALS + 1)), results


def test_one_press_that_arrives_eight_times_is_one_link() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on=TODAY)
    order = receipts.MakeReceiptLink(link_id=UUID(int=77), payment_id=paid.payment_id)

    results = all_at_once(RIVALS, lambda _index: receipts.make_receipt_link(book.manager, at(TODAY), order))

    assert sum(isinstance(result, ReceiptLinkMade) for result in results) == 1, results
    assert sum(isinstance(result, ReceiptLinkIdTaken) for result in results) == RIVALS - 1, results
    assert rows("SELECT count(*) FROM receipt_issues") == [(1,)]


def test_one_press_that_arrives_eight_times_is_one_text() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on=TODAY)
    order = receipts.SendReceipt(payment_id=paid.payment_id, message_id=UUID(int=77))

    results = all_at_once(RIVALS, lambda _index: receipts.send_receipt(book.manager, at(TODAY), order))

    assert sum(getattr(result, "is_new", False) for result in results) == 1, results
    assert rows("SELECT count(*) FROM messages") == [(1,)]
    assert rows("SELECT count(*) FROM receipt_links") == [(1,)]


def an_order(loan: RequestReceipt) -> RegisterPayment:
    """Return an order of 40,00 as the dialog sends it: to be asked about the same amount."""
    return RegisterPayment(
        payment_id=an_id(),
        request_id=loan.request_id,
        amount=Money(4_000),
        method=PaymentMethod.PIX,
        received_on=a_day(TODAY),
        refuse_twin=True,
    )


def test_of_two_tabs_that_confirm_the_same_amount_at_once_one_is_asked() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    orders = [an_order(loan), an_order(loan)]

    results = all_at_once(2, lambda index: register_payment(book.manager, at(TODAY), orders[index]))

    assert sorted(type(result).__name__ for result in results) == ["PaymentReceipt", "PaymentTwin"], results
    assert rows("SELECT amount_cents FROM payments") == [(4_000,)]


def test_a_reversed_payment_is_no_twin() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    book.reverse(book.pay(loan, "40,00", on=TODAY), on=TODAY)

    assert register_payment(book.manager, at(TODAY), an_order(loan)).is_new


def test_an_order_that_comes_again_is_no_twin_of_itself() -> None:
    book = Book.opened()
    order = an_order(book.a_loan(principal="100,00"))

    results = [register_payment(book.manager, at(TODAY), order).is_new for _ in range(2)]

    assert results == [True, False]


def test_the_same_amount_ten_minutes_later_is_no_twin() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    book.pay(loan, "40,00", on=TODAY)
    later = moment_of(at(TODAY).now + timedelta(minutes=10))

    assert register_payment(book.manager, later, an_order(loan)).is_new
