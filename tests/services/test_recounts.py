"""Money booked on an earlier day meets that day as it is counted now; credit back at a closed contract is credit."""

import pytest

from domain.history import Component
from domain.money import Money
from domain.permissions import SYSTEM
from domain.renegotiations import OfferDebtChanged
from domain.reversals import ReversalOnAgreementDay
from loanapp.queries import settlements, statements, verification
from loanapp.queries.payments import PaymentFormOf, payment_form
from loanapp.queries.settlements import SettlementOf
from loanapp.services import payments
from loanapp.services._received import PaymentReceipt
from loanapp.services.requests import RequestReceipt
from loanapp.services.settlements import SettleEarly, settle_early
from tests.build.book import Book, a_day, an_id, at, everything, rows
from tests.services.test_renegotiations import accepted, an_offer, drafted

pytestmark = pytest.mark.usefixtures("database")


def is_clean() -> bool:
    return verification.verify(SYSTEM, lambda: at("2026-06-30"), lambda _: None)[0] == []


def test_a_backdated_settlement_pays_what_a_payment_reversed_since_no_longer_pays() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    bounced = book.pay(loan, "400,00", on="2026-02-02")
    book.reverse(bounced, on="2026-02-09")
    day, today = a_day("2026-02-05"), at("2026-02-10")

    quote = settlements.settlement_quote(book.manager, today, SettlementOf(request_id=loan.request_id, received_on=day))
    order = SettleEarly(
        payment_id=an_id(), request_id=loan.request_id, received_on=day, method="PIX", note="Chegou no dia 5",
        expected_total=Money(quote.to_pay_cents),
    )  # fmt: skip
    settle_early(book.manager, today, order)

    assert quote.to_pay_cents == 100_000
    assert rows("SELECT status, credit_cents FROM requests") == [("PAID", 0)]
    assert is_clean()


def test_a_backdated_settlement_counts_charges_from_the_due_date_of_now() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    # Until it was moved, the invoice was ten days late on 20 February.
    book.move_due_date(loan, 1, "2026-03-10", on="2026-02-23")

    quote = settlements.settlement_quote(
        book.manager, at("2026-02-23"), SettlementOf(request_id=loan.request_id, received_on=a_day("2026-02-20"))
    )

    assert [(line.due_date, line.to_pay_cents) for line in quote.lines] == [(a_day("2026-03-10"), 100_000)]


def test_the_form_of_a_backdated_payment_shows_what_is_open_now_of_that_day() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    book.reverse(book.pay(loan, "400,00", on="2026-02-02"), on="2026-02-09")

    form = payment_form(
        book.manager, at("2026-02-10"), PaymentFormOf(number=loan.number, received_on=a_day("2026-02-05"))
    )

    assert (form.amount_cents, form.settles) == (100_000, True)


def test_a_remainder_is_let_go_of_what_is_open_now_of_an_earlier_day() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    book.reverse(book.pay(loan, "999,50", on="2026-02-02"), on="2026-02-09")
    order = payments.RegisterPayment(
        payment_id=an_id(), request_id=loan.request_id, amount=Money(99_950), method="PIX",
        received_on=a_day("2026-02-05"), note="Chegou no dia 5", waive_remainder=True,
    )  # fmt: skip

    payments.register_payment(book.manager, at("2026-02-10"), order)

    assert rows("SELECT component, amount_cents FROM adjustments") == [(Component.PRINCIPAL, 50)]
    assert rows("SELECT status FROM requests") == [("PAID",)]
    assert is_clean()


def a_debt_beside_credit_in_use(book: Book) -> tuple[RequestReceipt, PaymentReceipt]:
    """Owe 60,00 on a loan whose other payment left 50,00 of credit, in use elsewhere since 3 February."""
    client_id = book.a_client()
    first, second = book.a_loan(client_id, principal="100,00"), book.a_loan(client_id, principal="200,00")
    early = book.pay(first, "60,00", on="2026-02-01")
    book.pay(first, "90,00", on="2026-02-02")
    used = book.use_credit(second, "50,00", on="2026-02-03")
    book.reverse(early, on="2026-02-04")
    return first, used


def test_credit_that_comes_back_to_a_closed_contract_is_the_clients_and_pays_nothing_there() -> None:
    book = Book.opened()
    first, used = a_debt_beside_credit_in_use(book)
    agreed = accepted(
        book.manager, drafted(book.manager, first, an_offer(on="2026-02-05"), on="2026-02-05"), on="2026-02-05"
    )

    book.reverse(used, on="2026-02-06")

    # The agreement took over 60,00, and that it stays: of what came back, all 50,00 are credit.
    assert rows("SELECT number, total_value_open, total_value_paid, credit_cents FROM requests ORDER BY number") == [
        (1, 0, 4000, 5000), (2, 20000, 0, 0), (agreed.new_request_number, 6000, 0, 0),
    ]  # fmt: skip
    assert rows("SELECT credit_cents FROM clients") == [(5000,)]
    assert is_clean()


def test_credit_does_not_come_back_on_the_very_day_of_offer_and_agreement() -> None:
    book = Book.opened()
    first, used = a_debt_beside_credit_in_use(book)
    accepted(book.manager, drafted(book.manager, first, an_offer(on="2026-02-05"), on="2026-02-05"), on="2026-02-05")
    before = everything()

    with pytest.raises(ReversalOnAgreementDay):
        book.reverse(used, on="2026-02-05")

    assert everything() == before


def test_credit_that_came_back_since_the_offer_changed_its_debt() -> None:
    book = Book.opened()
    first, used = a_debt_beside_credit_in_use(book)
    offer = drafted(book.manager, first, an_offer(on="2026-02-05"), on="2026-02-05")
    book.reverse(used, on="2026-02-06")
    before = everything()

    with pytest.raises(OfferDebtChanged):
        accepted(book.manager, offer, on="2026-02-09")

    assert everything() == before


def test_the_statement_of_a_day_between_write_off_and_agreement_says_lost() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    book.write_off(loan, on="2026-03-02")
    accepted(book.manager, drafted(book.manager, loan))

    days = ("2026-03-01", "2026-03-02", "2026-03-11", "2026-03-12")
    said = [
        statements.statements(SYSTEM, at("2026-04-01"), statements.StatementsOf(numbers=(1,), as_of=a_day(day)))
        for day in days
    ]

    assert [document["status"] for (document,) in said] == ["ACTIVE", "LOST", "LOST", "RENEGOTIATED"]
