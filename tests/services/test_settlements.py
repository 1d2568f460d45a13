"""Early settlement: the unearned interest comes off to the centavo, in one transaction, never for a stale total."""

import pytest

from domain.errors import DomainError
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import NOBODY, SYSTEM, PermissionMissing
from loanapp.queries.statements import StatementsOf, statements
from loanapp.queries.verification import verify
from loanapp.services import settlements
from loanapp.services.requests import RequestReceipt
from loanapp.services.settlements import SettleEarly
from tests.build.book import Book, a_day, an_id, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")


def is_clean() -> bool:
    assert verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []
    return True


def a_loan(book: Book) -> RequestReceipt:
    """Lend 1.000,00 at 10 % a month flat: three instalments of 433,33 / 433,33 / 433,34, 100,00 of each interest."""
    return book.a_loan(principal="1.000,00", rate_pct="10", count=3, first_due="2026-02-10", on="2026-01-10")


def test_the_interest_of_the_days_that_did_not_run_comes_off_all_open_invoices() -> None:
    book = Book.opened()
    loan = a_loan(book)
    # On 20 January 10 of 31 days ran: 21/31 of 100,00 = 67,74 off the first, all of the other two.
    book.settle_early(loan, "1.032,26", on="2026-01-20")

    assert rows("SELECT number, status, waived_cents, paid_cents FROM invoices ORDER BY 1") == [
        (1, "PAID", 6774, 36559), (2, "PAID", 10000, 33333), (3, "PAID", 10000, 33334),
    ]  # fmt: skip
    assert rows("SELECT status, paid_on, total_value_open, credit_cents FROM requests") == [
        ("PAID", a_day("2026-01-20"), 0, 0)
    ]
    assert is_clean()


def test_chosen_invoices_are_settled_before_older_ones() -> None:
    book = Book.opened()
    loan = a_loan(book)

    book.settle_early(loan, "666,67", on="2026-01-20", chosen=(2, 3))

    assert rows("SELECT number, status, open_cents FROM invoices ORDER BY 1") == [
        (1, "OPEN", 43333), (2, "PAID", 0), (3, "PAID", 0),
    ]  # fmt: skip
    run_cycles("2026-02-12")
    book.pay(loan, "50,00", on="2026-02-12")
    assert is_clean()


def test_a_backdated_payment_before_a_settlement_leaves_its_excess_as_credit() -> None:
    book = Book.opened()
    loan = a_loan(book)
    book.settle_early(loan, "1.032,26", on="2026-01-20")

    # It pays half of the first interest: only the other 50,00 can come off, not 67,74.
    book.pay(loan, "50,00", on="2026-01-21", received="2026-01-15")

    assert rows("SELECT status, credit_cents FROM requests") == [("PAID", 5000 - 1774)]
    assert is_clean()


def test_in_the_past_nothing_was_settled_yet() -> None:
    book = Book.opened()
    loan = a_loan(book)
    book.settle_early(loan, "1.032,26", on="2026-01-20")

    past = statements(SYSTEM, at("2026-01-25"), StatementsOf(numbers=(loan.number,), as_of=a_day("2026-01-19")))[0]

    assert (past["status"], past["total_open_cents"], past["invoices"][0]["waived_cents"]) == ("ACTIVE", 130_000, 0)


def an_order(loan: RequestReceipt, **changes: object) -> SettleEarly:
    return SettleEarly(
        **{
            "payment_id": an_id(), "request_id": loan.request_id, "received_on": a_day("2026-01-20"),
            "method": PaymentMethod.PIX, "expected_total": Money(103_226), **changes,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expected_total": Money(103_225)}, "settlement.changed"),
        ({"expected_total": Money(0)}, "payment.not_positive"),
        ({"chosen": (1, 9)}, "settlement.invoice_not_open"),
        ({"chosen": ()}, "settlement.invoice_not_open"),
        ({"received_on": a_day("2026-01-21")}, "payment.in_future"),
        ({"received_on": a_day("2026-01-19")}, "payment.backdate_needs_reason"),
        ({"received_on": a_day("2026-01-09"), "note": "x"}, "payment.before_disbursement"),
        ({"method": PaymentMethod.CREDIT}, "payment.method_brings_no_money"),
        ({"request_id": an_id()}, "request.not_found"),
    ],
)
def test_a_wrong_or_stale_settlement_is_refused_and_nothing_changes(changes: dict[str, object], code: str) -> None:
    book = Book.opened()
    loan = a_loan(book)
    before = everything()

    with pytest.raises(DomainError) as refusal:
        settlements.settle_early(book.manager, at("2026-01-20"), an_order(loan, **changes))

    assert refusal.value.code == code
    assert everything() == before


def test_the_same_settlement_twice_is_one_a_second_finds_nothing_open_and_nobody_settles() -> None:
    book = Book.opened()
    loan = a_loan(book)
    order = an_order(loan)
    first = settlements.settle_early(book.manager, at("2026-01-20"), order)
    before = everything()

    again = settlements.settle_early(book.manager, at("2026-01-20"), order)
    with pytest.raises(DomainError, match=r"request\.takes_no_payment"):
        settlements.settle_early(book.manager, at("2026-01-20"), an_order(loan))
    with pytest.raises(PermissionMissing):
        settlements.settle_early(NOBODY, at("2026-01-20"), order)

    assert (again.number, again.is_new, first.is_new) == (first.number, False, True)
    assert everything() == before
