"""Facts in odd orders: what one operation left behind meets another that came late, twice or at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from domain.approvals import ApprovalIdTaken
from domain.cash import CashCeilingReached
from domain.history import Component
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Actor, Limit, Role
from domain.reversals import CreditInUse
from loanapp.models.base import Session
from loanapp.services import approvals, settlements
from loanapp.services._received import PaymentReceipt
from loanapp.services.approvals import AskWaiver
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, at, rows, run_cycles
from tests.build.refusals import refused
from tests.services.test_renegotiations import accepted, an_offer, drafted, verified
from tests.services.test_returns import AGREED, of_agreement, renegotiated, returned, taken_back

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-03-02"


@pytest.fixture
def book() -> Book:
    return Book.opened()


def test_a_question_sent_again_with_another_amount_is_another_question_with_the_same_id(book: Book) -> None:
    loan = book.a_loan()
    run_cycles(DAY)
    approval_id = an_id()

    def ask(cents: int) -> None:
        lines = ((1, Component.LATE_FEE, Money(cents)),)
        order = AskWaiver(request_id=loan.request_id, approval_id=approval_id, lines=lines, reason="Cliente antigo")
        approvals.ask_waiver(book.manager, at(DAY), order)

    ask(1000)
    ask(1000)

    refused(lambda: ask(2000), ApprovalIdTaken)


def wait_for_locks(count: int) -> None:
    """Wait until so many others wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while rows(waiting) != [(count,)]:
        pass


def test_a_return_is_taken_back_while_somebody_pays_the_invoice_that_it_added(book: Book) -> None:
    _, paid, agreed = renegotiated(book)
    agreement = of_agreement(agreed)
    receipt = returned(book, paid)
    client_id = book.client_of(agreement)

    with ThreadPoolExecutor(2) as pool:
        with Session.begin() as session:
            session.execute(text("SELECT 1 FROM clients WHERE id = :id FOR NO KEY UPDATE"), {"id": client_id})
            # Both wait for the client; the payment, which came first, pays the invoice that the other one read before.
            paying = pool.submit(lambda: book.pay(agreement, "700,00", on="2026-03-17"))
            wait_for_locks(1)
            taking_back = pool.submit(lambda: taken_back(book, receipt, on="2026-03-17"))
            wait_for_locks(2)
        paying.result()
        taking_back.result()

    assert rows("SELECT status, paid_cents, paid_on, open_cents FROM invoices WHERE number = 3") == [
        ("CANCELLED", 0, None, 0)
    ]
    # Of 700,00 the agreement owed 530,00.
    assert rows(
        "SELECT status, total_value_open, credit_cents FROM requests WHERE id = :id", id=agreed.new_request_id
    ) == [("PAID", 0, 17_000)]
    assert verified() == []


def a_failed_payment_that_left_credit(book: Book) -> tuple[PaymentReceipt, PaymentReceipt]:
    """Give a payment of 1.000,00 on an agreed loan, of which 200,00 were left over, and the use of these elsewhere."""
    client_id = book.a_client()
    loan = book.a_loan(client_id, principal="1.000,00")
    run_cycles("2026-02-20")
    first = book.pay(loan, "300,00", on="2026-02-20")
    failed = book.pay(loan, "1.000,00", on="2026-02-20")
    other = book.a_loan(client_id, principal="500,00", on="2026-02-20", first_due="2026-06-10")
    used = book.use_credit(other, "200,00", on="2026-02-20")
    book.reverse(first, on="2026-03-11")
    run_cycles(AGREED)
    accepted(book.manager, drafted(book.manager, loan))
    return failed, used


def test_a_payment_whose_credit_is_in_use_is_not_returned(book: Book) -> None:
    failed, used = a_failed_payment_that_left_credit(book)

    refusal = refused(lambda: returned(book, failed), CreditInUse)

    assert refusal.values == {"used_by": f"recebimento nº {used.number}"}


def test_what_a_returned_payment_had_left_over_is_no_credit_until_the_return_is_taken_back(book: Book) -> None:
    failed, used = a_failed_payment_that_left_credit(book)
    book.reverse(used, on="2026-03-16")
    assert rows("SELECT credit_cents FROM clients") == [(20_000,)]

    receipt = returned(book, failed)

    assert receipt.amount == Money(80_000)
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert rows("SELECT sum(credit_cents) FROM requests") == [(0,)]
    assert verified() == []
    taken_back(book, receipt, on="2026-03-17")
    assert rows("SELECT credit_cents FROM clients") == [(20_000,)]
    assert verified() == []


def an_analyst_who_holds_at_most_500(book: Book) -> tuple[Actor, RequestReceipt]:
    """Give an analyst whose role got a ceiling of cash, and a loan of 1.000,00 due on 10 February."""
    known = a_person(Role.RENEGOTIATION_ANALYST)
    limits = {Limit.CASH_IN_HAND_CENTS: 50_000}
    return Actor.of(known.role, name=known.name, user_id=known.user_id, limits=limits), book.a_loan()


def test_cash_that_settles_a_loan_early_counts_against_the_ceiling_of_cash_in_hand(book: Book) -> None:
    analyst, loan = an_analyst_who_holds_at_most_500(book)
    order = settlements.SettleEarly(
        payment_id=an_id(),
        request_id=loan.request_id,
        received_on=a_day("2026-02-05"),
        method=PaymentMethod.CASH,
        expected_total=Money(100_000),
    )

    refused(lambda: settlements.settle_early(analyst, at("2026-02-05"), order), CashCeilingReached)


def test_the_down_payment_of_an_agreement_in_cash_counts_against_the_ceiling_of_cash_in_hand(book: Book) -> None:
    analyst, loan = an_analyst_who_holds_at_most_500(book)
    run_cycles(AGREED)
    draft = drafted(analyst, loan, an_offer(down=50_001))
    cash = {"down_payment_id": an_id(), "down_payment_method": PaymentMethod.CASH}

    refused(lambda: accepted(analyst, draft, **cash), CashCeilingReached)
