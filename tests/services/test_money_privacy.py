"""What people type about money holds no person where it can't be taken out again, and `verify` agrees with it."""

import json
from uuid import UUID

import pytest

from domain.history import Component
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM
from loanapp.queries import verification
from loanapp.services import credits as credits_
from loanapp.services import due_dates, payments, reversals, waivers
from loanapp.services.credits import RefundCredit
from loanapp.services.due_dates import ChangeDueDate
from loanapp.services.payments import RegisterPayment
from loanapp.services.reversals import ReversePayment, ReverseRefund
from loanapp.services.waivers import Waive
from tests.build.book import Book, a_day, an_id, at, rows

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-03-02"
TYPED = "Maria Silva (CPF 529.982.247-25) ligou do 11 98765-4321"
KEPT = "M. S. (CPF ***.982.247-**) ligou do +55 11 9****-4321"


def test_the_reasons_of_what_refuses_every_change_are_kept_without_the_person() -> None:
    book = Book.opened()
    client_id = book.a_client("Maria Silva")
    loan = book.a_loan(client_id, principal="300,00", count=3, first_due="2026-02-10")
    paid_off = book.a_loan(client_id, principal="20,00", count=1, first_due="2026-02-10")
    book.pay(paid_off, "90,00", on="2026-02-05")
    payment = payments.register_payment(book.manager, at("2026-02-06"), RegisterPayment(
        payment_id=an_id(), request_id=loan.request_id, amount=Money(1000), method=PaymentMethod.PIX,
        received_on=a_day("2026-02-05"), note=TYPED,
    ))  # fmt: skip
    [(invoice_id,)] = rows("SELECT id FROM invoices WHERE request_id = :id AND number = 3", id=loan.request_id)
    refund_id = an_id()

    reversals.reverse_payment(book.manager, at(DAY), ReversePayment(
        reversal_id=an_id(), payment_id=payment.payment_id, reason=TYPED
    ))  # fmt: skip
    waivers.waive(book.admin, at(DAY), Waive(
        waiver_id=an_id(), request_id=loan.request_id, lines=((1, Component.LATE_FEE, Money(50)),), reason=TYPED
    ))  # fmt: skip
    credits_.refund_credit(book.manager, at(DAY), RefundCredit(
        refund_id=refund_id, client_id=client_id, amount=Money(500), method=PaymentMethod.PIX, reason=TYPED
    ))  # fmt: skip
    reversals.reverse_refund(book.manager, at(DAY), ReverseRefund(
        reversal_id=an_id(), refund_id=refund_id, reason=TYPED
    ))  # fmt: skip
    due_dates.change_due_date(book.admin, at(DAY), ChangeDueDate(
        change_id=an_id(), invoice_id=int(str(invoice_id)), due_date=a_day("2026-04-20"), reason=TYPED
    ))  # fmt: skip

    assert rows("SELECT note FROM payments WHERE id = :id", id=payment.payment_id) == [(KEPT,)]
    for table, count in (("reversals", 2), ("adjustments", 1), ("refunds", 1), ("due_date_changes", 1)):
        assert rows(f"SELECT reason FROM {table}") == [(KEPT,)] * count, table  # noqa: S608
    told = [json.loads(str(text))["reason"] for (text,) in rows("SELECT text FROM audit_events ORDER BY id")]
    assert told[-6:] == [KEPT] * 6
    assert verification.verify(SYSTEM, lambda: at(DAY, 20), lambda _: None)[0] == []


def test_the_same_order_sent_again_is_the_same_whatever_was_masked() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(book.a_client("Maria Silva")), "10,00", on="2026-02-06")
    order = ReversePayment(reversal_id=UUID(int=7), payment_id=paid.payment_id, reason=TYPED)

    assert reversals.reverse_payment(book.manager, at(DAY), order).is_new
    assert not reversals.reverse_payment(book.manager, at(DAY), order).is_new
