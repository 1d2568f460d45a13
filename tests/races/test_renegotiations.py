"""Two analysts and one request: exactly one agreement is made, and a payment in between is never lost."""

import pytest

from domain.permissions import Role
from loanapp.services.payments import PaymentReceipt
from loanapp.services.renegotiations import OfferReceipt
from tests.build.book import Book, a_person, rows
from tests.races.test_payments import all_at_once, no_differences
from tests.services.test_renegotiations import OFFERED, accepted, an_overdue_loan, drafted

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("_round", range(5))
def test_two_offers_accepted_at_once_make_one_agreement_and_the_other_is_told(_round: int) -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    analysts = [a_person(Role.RENEGOTIATION_ANALYST, name) for name in ("Rita", "Rui")]
    offers = [drafted(analyst, loan) for analyst in analysts]

    results = all_at_once(2, lambda index: accepted(analysts[index], offers[index]))

    assert sorted(type(result).__name__ for result in results) == ["OfferReceipt", "RequestMoved"]
    assert rows("SELECT status FROM requests ORDER BY number") == [("RENEGOTIATED",), ("ACTIVE",)]
    assert sorted(rows("SELECT status FROM renegotiations")) == [("ACCEPTED",), ("EXPIRED",)]
    assert no_differences()


@pytest.mark.parametrize("_round", range(5))
def test_a_payment_and_an_agreement_at_once_leave_one_of_them_told_and_nothing_lost(_round: int) -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    offer = drafted(book.manager, loan)

    paid, agreed = all_at_once(
        2, lambda index: accepted(book.manager, offer) if index else book.pay(loan, "100,00", on=OFFERED)
    )

    if isinstance(paid, PaymentReceipt):
        assert type(agreed).__name__ == "OfferDebtChanged"
        assert rows("SELECT status, total_value_paid FROM requests") == [("ACTIVE", 10000)]
    else:
        assert (type(paid).__name__, type(agreed)) == ("RequestTakesNoPayment", OfferReceipt)
        assert rows("SELECT count(*) FROM payments") == [(0,)]
    assert no_differences()
