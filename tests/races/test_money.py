"""Rivals over reversals, credit and payments on real connections: nothing is lost, nothing is doubled."""

import pytest

from domain.errors import DomainError
from domain.history import Component
from loanapp.services import reversals
from loanapp.services._received import PaymentReceipt
from loanapp.services.reversals import ReversalReceipt, ReversePayment
from loanapp.services.waivers import WaiverReceipt
from tests.build.book import Book, an_id, at, rows
from tests.races.test_payments import RIVALS, all_at_once, no_differences

pytestmark = pytest.mark.usefixtures("database")


def kinds(results: list[object]) -> list[str]:
    """Name what each rival got: its receipt, or the code of its refusal."""
    return sorted(result.code if isinstance(result, DomainError) else type(result).__name__ for result in results)


def test_twenty_rounds_of_eight_payments_on_one_invoice_lose_and_double_nothing() -> None:
    book = Book.opened()
    loans = [book.a_loan(principal="100,00", first_due="2026-01-20") for _ in range(20)]

    for round_number, loan in enumerate(loans):
        results = all_at_once(
            RIVALS,
            lambda index: book.pay(loan, "10,00", on=f"2026-02-{1 + (index + round_number) % 5:02d}"),  # noqa: B023
        )
        assert kinds(results) == ["PaymentReceipt"] * RIVALS

    assert rows("SELECT count(*), sum(amount_cents), count(DISTINCT number) FROM payments") == [(160, 160_000, 160)]
    assert rows("SELECT DISTINCT paid_cents FROM invoices") == [(8000,)]
    assert rows("SELECT sum(mora_cents + late_fee_cents + interest_cents + principal_cents) FROM allocations") == [
        (160_000,)
    ]
    assert no_differences()


def test_eight_reversals_of_one_payment_at_once_reverse_it_once() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    paid = book.pay(loan, "100,00", on="2026-02-01")

    results = all_at_once(RIVALS, lambda _index: book.reverse(paid, on="2026-02-02"))

    assert kinds(results) == ["ReversalReceipt", *["reversal.already"] * (RIVALS - 1)]
    assert rows("SELECT count(*) FROM reversals") == [(1,)]
    assert rows("SELECT status, total_value_open FROM requests") == [("ACTIVE", 10_000)]
    assert no_differences()


def test_eight_clicks_with_one_id_are_one_reversal() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(principal="100,00"), "100,00", on="2026-02-01")
    order = ReversePayment(reversal_id=an_id(), payment_id=paid.payment_id, reason="Engano")

    results = all_at_once(RIVALS, lambda _index: reversals.reverse_payment(book.manager, at("2026-02-02"), order))

    assert kinds(results) == ["ReversalReceipt"] * RIVALS
    assert sum(result.is_new for result in results if isinstance(result, ReversalReceipt)) == 1
    assert no_differences()


@pytest.mark.parametrize("round_number", range(5))
def test_a_reversal_against_payments_loses_neither(round_number: int) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    paid = book.pay(loan, "60,00", on="2026-02-01")

    def act(index: int) -> object:
        if index == round_number:
            return book.reverse(paid, on="2026-02-02")
        return book.pay(loan, "10,00", on="2026-02-02")

    results = all_at_once(RIVALS, act)

    assert kinds(results) == sorted(["ReversalReceipt", *["PaymentReceipt"] * (RIVALS - 1)])
    assert rows("SELECT paid_cents, open_cents FROM invoices") == [(7000, 3000)]
    assert no_differences()


def test_credit_is_used_once_however_many_want_it() -> None:
    book = Book.opened()
    client_id = book.a_client()
    first = book.a_loan(client_id, principal="100,00")
    second = book.a_loan(client_id, principal="500,00")
    book.pay(first, "130,00", on="2026-02-01")

    def act(index: int) -> object:
        if index % 2:
            return book.refund(client_id, "20,00", on="2026-02-02")
        return book.use_credit(second, "20,00", on="2026-02-02")

    results = all_at_once(RIVALS, act)

    assert kinds(results).count("credit.not_enough") == RIVALS - 1
    assert rows("SELECT credit_cents FROM clients") == [(1000,)]
    assert rows("SELECT sum(amount_cents) FROM credit_uses") == [(2000,)]
    assert no_differences()


def test_credit_used_while_its_payment_is_reversed_is_one_or_the_other() -> None:
    book = Book.opened()
    client_id = book.a_client()
    first = book.a_loan(client_id, principal="100,00")
    second = book.a_loan(client_id, principal="500,00")
    source = book.pay(first, "130,00", on="2026-02-01")

    results = all_at_once(
        2,
        lambda index: (
            book.reverse(source, on="2026-02-02") if index else book.use_credit(second, "30,00", on="2026-02-02")
        ),
    )

    assert kinds(results) in (["PaymentReceipt", "payment.credit_in_use"], ["ReversalReceipt", "credit.not_enough"])
    assert no_differences()


def test_small_waivers_at_once_pass_the_limit_no_more_than_one_by_one() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")

    results = all_at_once(
        RIVALS, lambda _index: book.waive(loan, (1, Component.LATE_FEE, "1,00"), on="2026-05-21", actor=book.manager)
    )

    # The fee is 20,00, a manager may take off a fifth.
    assert sum(isinstance(result, WaiverReceipt) for result in results) == 4
    assert kinds(results).count("waiver.above_limit") == RIVALS - 4
    assert rows("SELECT waived_cents FROM invoices") == [(400,)]
    assert no_differences()


def test_two_who_settle_early_settle_once() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", rate_pct="10", count=2, first_due="2026-02-10")

    results = all_at_once(2, lambda _index: book.settle_early(loan, "1.100,00", on="2026-02-10"))

    assert kinds(results) == ["PaymentReceipt", "request.takes_no_payment"]
    assert sum(isinstance(result, PaymentReceipt) for result in results) == 1
    assert no_differences()
