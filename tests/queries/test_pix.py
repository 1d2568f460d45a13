"""The Pix of a loan: what it asks for, whom it pays, and when there is none."""

from datetime import date

import pytest
from sqlalchemy import Engine

from domain.money import Money, parse_brl
from domain.payments import PaymentNotPositive
from domain.permissions import NOBODY, PermissionMissing, Role
from domain.pix import PixReceiver, copy_and_paste
from domain.requests import RequestNotFound
from loanapp.queries.pix import PixOf, PixShown, pix_of
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, a_pix_key, at, everything
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")

RECEIVER = PixReceiver(key="pix@financeira.com.br", name="Financeira Teste", city="São Paulo")


def the_pix(book: Book, loan: RequestReceipt, on: str, **options: object) -> PixShown | None:
    return pix_of(book.manager, at(on), PixOf(request_number=loan.number, **options))


def asked_for(book: Book, loan: RequestReceipt, on: str, **options: object) -> int:
    pix = the_pix(book, loan, on, **options)
    assert pix is not None
    return pix.amount.cents


def a_loan_of_three(book: Book) -> RequestReceipt:
    """Lend 300,00 in three instalments of 100,00, due on the 10th of February, March and April 2026."""
    a_pix_key()
    return book.a_loan(principal="300,00", count=3, first_due="2026-02-10")


def test_the_pix_of_an_overdue_invoice_asks_for_todays_total_and_is_right_until_today(database: Engine) -> None:
    book = Book.opened()
    loan = a_loan_of_three(book)
    before = everything()

    with counted(database) as seen:
        pix = the_pix(book, loan, "2026-02-22", invoice_number=1)

    assert len(seen) == 6
    assert pix is not None
    # 100,00 + 2 % + 1 % / 30 x 12 days.
    assert (pix.amount, pix.valid_until) == (Money(10_240), date(2026, 2, 22))
    assert pix.copy_and_paste == copy_and_paste(RECEIVER, Money(10_240), reference=f"E{loan.number}P1")
    assert pix.qr_svg.startswith("data:image/svg+xml")
    assert everything() == before


def test_the_pix_of_a_loan_asks_for_what_is_due_and_for_the_next_invoice_when_nothing_is() -> None:
    book = Book.opened()
    loan = a_loan_of_three(book)

    assert asked_for(book, loan, "2026-02-01") == 10_000
    assert asked_for(book, loan, "2026-02-10") == 10_000
    # The second falls due today, the first is 28 days late: 2,00 and 0,93.
    assert asked_for(book, loan, "2026-03-10") == 20_293
    assert asked_for(book, loan, "2026-03-10", is_whole=True) == 30_293


def test_an_amount_of_ones_own_stands_in_the_pix() -> None:
    book = Book.opened()
    loan = a_loan_of_three(book)

    assert asked_for(book, loan, "2026-02-22", invoice_number=1, amount=parse_brl("50,00")) == 5_000
    with pytest.raises(PaymentNotPositive):
        the_pix(book, loan, "2026-02-22", amount=Money.ZERO)


def test_there_is_no_pix_without_a_key() -> None:
    book = Book.opened()
    loan = book.a_loan()

    assert the_pix(book, loan, "2026-02-22") is None


def test_there_is_no_pix_for_what_is_paid_for_what_is_not_lent_and_for_an_invoice_that_is_not_there() -> None:
    book = Book.opened()
    loan = a_loan_of_three(book)
    asked = book.a_request()
    book.pay(loan, "100,00", on="2026-02-10")

    assert the_pix(book, loan, "2026-02-22", invoice_number=1) is None
    assert the_pix(book, loan, "2026-02-22", invoice_number=9) is None
    assert the_pix(book, asked, "2026-02-22") is None


def test_a_loan_that_is_not_there_or_not_ones_own_has_no_pix() -> None:
    book = Book.opened()
    loan = a_loan_of_three(book)
    supervisor = a_person(Role.STREET_SUPERVISOR)
    order = PixOf(request_number=loan.number, as_of=a_day("2026-02-22"))

    with pytest.raises(RequestNotFound):
        pix_of(supervisor, at("2026-02-22"), order)
    with pytest.raises(RequestNotFound):
        pix_of(book.manager, at("2026-02-22"), PixOf(request_number=10**9, as_of=a_day("2026-02-22")))
    with pytest.raises(PermissionMissing):
        pix_of(NOBODY, at("2026-02-22"), order)
