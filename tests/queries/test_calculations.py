"""“Memória de cálculo”: today, then and later, with payments, reversals and waivers; of a loan and of an invoice."""

import pytest
from sqlalchemy import Engine

from domain.explanations import CalculationBeforeDisbursement
from domain.history import Component
from domain.permissions import NOBODY, PermissionMissing, Role
from domain.requests import RequestNotFound
from loanapp.queries.calculations import Calculation, CalculationOf, calculation
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, at
from tests.build.counting import counted
from tests.services.test_renegotiations import accepted, an_offer, drafted

pytestmark = pytest.mark.usefixtures("database")


def asked(
    book: Book, loan: RequestReceipt, as_of: str | None = None, *, on: str, invoice: int | None = None
) -> Calculation:
    day = a_day(as_of) if as_of else None
    return calculation(book.manager, at(on), CalculationOf(number=loan.number, invoice_number=invoice, as_of=day))


def test_a_loan_adds_its_invoices_up() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="600,00", count=2, first_due="2026-02-10")

    found = asked(book, loan, on="2026-02-20")

    # 300,00 late by ten days: 6,00 of fee and 1,00 of mora.
    assert [each.charged.open_cents for each in found.invoices] == [30700, 30000]
    assert (found.open_cents, found.as_of, found.carried_from) == (60700, a_day("2026-02-20"), None)


def test_one_invoice_tells_what_was_paid_of_what_and_waived_by_whom() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="350,00", first_due="2026-02-10")
    book.waive(loan, (1, Component.LATE_FEE, "2,00"), on="2026-02-15")
    book.pay(loan, "150,00", on="2026-02-16")

    (invoice,) = asked(book, loan, on="2026-02-26", invoice=1).invoices

    (payment,) = invoice.payments
    assert (payment.mora_cents, payment.late_fee_cents, payment.interest_cents, payment.principal_cents) == (
        70, 500, 0, 14430,
    )  # fmt: skip
    assert (payment.amount_cents, payment.is_reversed) == (15000, False)
    (waiver,) = invoice.adjustments
    assert (waiver.component, waiver.amount_cents, waiver.reason) == (
        Component.LATE_FEE, 200, "Acordo com o cliente",
    )  # fmt: skip
    assert waiver.author
    assert invoice.charged.open_cents == 35000 + 700 + invoice.charged.mora_cents - 200 - 15000
    assert (invoice.days[0].day, invoice.days[0].cents) == (a_day("2026-02-26"), invoice.charged.mora_cents)


def test_a_passed_day_knows_nothing_of_what_came_later_and_a_later_day_counts_that_nothing_more_is_paid() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", first_due="2026-02-10")
    book.pay(loan, "100,00", on="2026-02-20")

    then, later = (asked(book, loan, day, on="2026-02-20") for day in ("2026-02-15", "2026-03-12"))

    assert (then.open_cents, then.invoices[0].payments) == (30650, ())
    # 207,00 of the original value are left from the 20th on, for 20 days: 1,38.
    assert later.open_cents == 20700 + 138


def test_a_reversed_payment_is_told_and_counts_nowhere() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", first_due="2026-02-10")
    book.reverse(book.pay(loan, "100,00", on="2026-02-12"), on="2026-02-13")

    (invoice,) = asked(book, loan, on="2026-02-20").invoices

    assert [(each.is_reversed, each.amount_cents) for each in invoice.payments] == [(True, 10000)]
    assert (invoice.charged.paid_cents, invoice.charged.open_cents) == (0, 30700)


def test_an_agreement_names_the_first_loan_of_its_chain_and_a_closed_loan_the_day_it_closed() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    analyst = a_person(Role.RENEGOTIATION_ANALYST)
    agreed = accepted(analyst, drafted(analyst, loan, an_offer()))

    new = calculation(book.manager, at("2026-03-12"), CalculationOf(number=agreed.new_request_number or 0))
    old = asked(book, loan, on="2026-03-12")

    assert (new.carried_from, new.open_cents) == (loan.number, 103000)
    assert (old.closed_on, old.open_cents) == (a_day("2026-03-12"), 0)
    assert asked(book, loan, "2026-03-11", on="2026-03-12").open_cents == 102967


def test_before_the_money_left_nothing_was_owed() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", on="2026-01-10")

    with pytest.raises(CalculationBeforeDisbursement) as refused:
        asked(book, loan, "2026-01-09", on="2026-02-20")

    assert refused.value.field == "ate"


def test_what_is_not_there_and_what_has_no_money_out_yet_is_not_found() -> None:
    book = Book.opened()
    waiting = book.a_request()
    loan = book.a_loan()

    for number, invoice in ((999, None), (waiting.number, None), (loan.number, 2)):
        with pytest.raises(RequestNotFound):
            calculation(book.manager, at("2026-02-20"), CalculationOf(number=number, invoice_number=invoice))


def test_a_supervisor_sees_those_of_the_own_borrowers_only_and_a_stranger_none() -> None:
    book = Book.opened()
    loan = book.a_loan()
    order = CalculationOf(number=loan.number)

    with pytest.raises(RequestNotFound):
        calculation(a_person(Role.STREET_SUPERVISOR, "Rita Rua"), at("2026-02-20"), order)
    with pytest.raises(PermissionMissing):
        calculation(NOBODY, at("2026-02-20"), order)


def test_a_whole_loan_costs_eight_statements(database: Engine) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="600,00", count=12)
    book.reverse(book.pay(loan, "60,00", on="2026-02-12"), on="2026-02-13")

    with counted(database) as statements:
        asked(book, loan, on="2026-02-20")

    assert len(statements) == 8
