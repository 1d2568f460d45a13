"""What `verify` finds of agreements that somebody changed by hand: each change names its request."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from domain.payments import PaymentMethod
from domain.permissions import SYSTEM
from loanapp.models.base import Session
from loanapp.queries.verification import Difference, verify
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, an_id, at, run_cycles
from tests.services.test_renegotiations import accepted, an_offer, drafted


@pytest.fixture(autouse=True)
def chain(database: Engine) -> None:  # noqa: ARG001 - the database first.
    """Make loan 1, renegotiated to 2 with a down payment, renegotiated to 3 when it was broken."""
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    draft = drafted(book.manager, loan, an_offer(down=20_000))
    first = accepted(
        book.manager, draft, on="2026-03-16", down_payment_id=an_id(), down_payment_method=PaymentMethod.PIX
    )
    assert first.new_request_id is not None
    run_cycles("2026-05-13")
    middle = RequestReceipt(first.new_request_id, first.new_request_number or 0, None)
    offer = an_offer(on="2026-05-13", valid_through="2026-05-20")
    offer = replace(offer, terms=replace(offer.terms, first_due_date=a_day("2026-06-15")))
    accepted(book.manager, drafted(book.manager, middle, offer, on="2026-05-13"), on="2026-05-14")


def found_differences() -> list[Difference]:
    return verify(SYSTEM, lambda: at("2026-05-14"), lambda _checked: None)[0]


def test_a_chain_of_agreements_has_no_difference() -> None:
    assert found_differences() == []


# Statements that leave every sum as it was; the record that must be named.
BY_HAND = {
    "the mora base that was carried": (
        (
            "UPDATE invoices SET mora_base_cents = mora_base_cents - 1,"
            " mora_remaining_base_cents = mora_remaining_base_cents - 1"
            " WHERE number = 2 AND request_id = (SELECT id FROM requests WHERE number = 3)"
        ),
        "request 3 invoice 2",
    ),
    "a centavo between principal and interest": (
        (
            "UPDATE invoices SET principal_cents = principal_cents - 1, interest_cents = interest_cents + 1"
            " WHERE number = 1 AND request_id = (SELECT id FROM requests WHERE number = 3)"
        ),
        "request 3 invoice 1",
    ),
    "the debt that the offer was made of": (
        (
            "UPDATE renegotiations SET debt_mora_cents = debt_mora_cents - 1,"
            " debt_late_fee_cents = debt_late_fee_cents + 1 WHERE number = 1"
        ),
        "request 2 debt",
    ),
    "the discount": ("UPDATE renegotiations SET mora_discount_pct = 50 WHERE number = 2", "request 3 principal"),
    "the day on which the old charges end": (
        "UPDATE requests SET charges_end_on = '2026-05-12' WHERE number = 2",
        "request 3 parent closed",
    ),
    "the rates of the new request": (
        "UPDATE requests SET mora_pct_month = 2 WHERE number = 3",
        "request 3 rates",
    ),
    "the offer that was accepted": (
        "UPDATE renegotiations SET status = 'EXPIRED', accepted_on = NULL, new_request_id = NULL WHERE number = 2",
        "request 3",
    ),
}


@pytest.mark.parametrize(("statement", "record"), BY_HAND.values(), ids=BY_HAND)
def test_what_was_changed_by_hand_is_found(statement: str, record: str) -> None:
    with Session.begin() as session:
        session.execute(text(statement))

    found = [each.record for each in found_differences() if each.invariant == "1 plan"]

    assert any(each.startswith(record) for each in found), found
