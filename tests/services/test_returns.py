"""A payment that failed after its request was renegotiated is owed again on the newest request of the chain."""

from collections.abc import Callable

import pytest

from domain.errors import DomainError
from domain.money import Money
from domain.permissions import PermissionMissing, Role
from domain.requests import RequestStatus
from loanapp.queries.statements import StatementsOf, statements
from loanapp.services import returns, reversals
from loanapp.services._received import PaymentReceipt
from loanapp.services.renegotiations import OfferReceipt
from loanapp.services.requests import RequestReceipt
from loanapp.services.returns import ReturnPayment, ReturnReceipt
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.services.test_renegotiations import accepted, an_offer, drafted, verified

pytestmark = pytest.mark.usefixtures("database")
AGREED, FAILED = "2026-03-12", "2026-03-16"


@pytest.fixture
def book() -> Book:
    return Book.opened()


def renegotiated(book: Book) -> tuple[RequestReceipt, PaymentReceipt, OfferReceipt]:
    """Lend 1.000,00 due 10 February; of 500,00 paid on 12 March 20,00 were fee, 10,00 mora; the rest is agreed anew."""
    loan = book.a_loan(principal="1.000,00")
    run_cycles(AGREED)
    paid = book.pay(loan, "500,00", on=AGREED)
    agreed = accepted(book.manager, drafted(book.manager, loan))
    return loan, paid, agreed


def of_agreement(agreed: OfferReceipt) -> RequestReceipt:
    """Return the request that an agreement made, to pay it."""
    assert agreed.new_request_id is not None
    assert agreed.new_request_number is not None
    return RequestReceipt(agreed.new_request_id, agreed.new_request_number, RequestStatus.ACTIVE)


def returned(book: Book, paid: PaymentReceipt, *, on: str = FAILED, **changes: object) -> ReturnReceipt:
    order = {"return_id": an_id(), "payment_id": paid.payment_id, "reason": "TED devolvida pelo banco", **changes}
    return returns.return_payment(book.manager, at(on), ReturnPayment(**order))


def taken_back(book: Book, receipt: ReturnReceipt, *, on: str) -> reversals.ReversalReceipt:
    order = reversals.ReverseReturn(reversal_id=an_id(), return_id=receipt.return_id, reason="O dinheiro entrou")
    return reversals.reverse_return(book.manager, at(on), order)


def test_the_newest_request_gets_an_invoice_of_what_the_payment_had_settled_due_that_day(book: Book) -> None:
    loan, paid, agreed = renegotiated(book)
    old_before = rows("SELECT * FROM invoices WHERE request_id = :id", id=loan.request_id)

    receipt = returned(book, paid)

    assert (receipt.request_number, receipt.invoice_number, receipt.amount, receipt.is_new) == (
        agreed.new_request_number, 3, Money(50_000), True,
    )  # fmt: skip
    assert rows(
        "SELECT due_date, original_cents, interest_cents, mora_base_cents, open_cents FROM invoices WHERE number = 3"
    ) == [(a_day(FAILED), 50_000, 0, 47_000, 50_000)]
    assert rows("SELECT * FROM invoices WHERE request_id = :id", id=loan.request_id) == old_before
    assert rows("SELECT total_value_open, total_value_to_breakeven FROM requests ORDER BY number") == [
        (0, 0),
        (103_000, 100_000),
    ]
    assert verified() == []


def test_its_mora_counts_on_the_part_that_was_original_value(book: Book) -> None:
    _, paid, _ = renegotiated(book)
    returned(book, paid)

    run_cycles("2026-04-15")

    assert rows("SELECT late_fee_cents, mora_cents FROM invoices WHERE number = 3") == [(1000, 470)]
    assert verified() == []


def test_a_day_before_the_return_knows_nothing_of_it(book: Book) -> None:
    _, paid, agreed = renegotiated(book)
    returned(book, paid)

    def numbers(day: str) -> list[int]:
        asked = StatementsOf(numbers=(agreed.new_request_number,), as_of=a_day(day))
        (document,) = statements(book.manager, at("2026-03-20"), asked)
        return [invoice["number"] for invoice in document["invoices"]]

    assert (numbers("2026-03-13"), numbers(FAILED)) == ([1, 2], [1, 2, 3])


def test_a_paid_agreement_is_open_again_and_the_credit_it_left_pays_first(book: Book) -> None:
    _, paid, agreed = renegotiated(book)
    agreement = of_agreement(agreed)
    book.pay(agreement, "630,00", on="2026-03-13")

    returned(book, paid)

    assert rows("SELECT status, total_value_open, credit_cents FROM requests WHERE id = :id",
                id=agreed.new_request_id) == [("ACTIVE", 40_000, 0)]  # fmt: skip
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert verified() == []


def test_the_return_of_a_payment_far_back_in_a_chain_is_owed_on_its_newest_request(book: Book) -> None:
    _, paid, agreed = renegotiated(book)
    first = of_agreement(agreed)
    second = accepted(
        book.manager,
        drafted(book.manager, first, an_offer(on="2026-03-17", valid_through="2026-03-25"), on="2026-03-17"),
        on="2026-03-17",
    )

    receipt = returned(book, paid, on="2026-03-18")

    assert receipt.request_number == second.new_request_number
    assert verified() == []


def test_credit_that_the_failed_payment_had_used_is_the_clients_again_and_its_source_can_be_reversed(
    book: Book,
) -> None:
    client_id = book.a_client()
    source = book.pay(book.a_loan(client_id, principal="100,00"), "300,00", on="2026-02-01")
    loan = book.a_loan(client_id, principal="1.000,00")
    run_cycles(AGREED)
    used = book.use_credit(loan, "200,00", on=AGREED)
    accepted(book.manager, drafted(book.manager, loan))

    receipt = returned(book, used)

    assert rows("SELECT credit_cents FROM clients") == [(20_000,)]
    assert verified() == []
    with pytest.raises(DomainError, match=r"return\.of_credit"):
        taken_back(book, receipt, on="2026-03-17")
    book.reverse(source, on="2026-03-17")
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert verified() == []


def test_an_offer_made_before_the_return_is_stale(book: Book) -> None:
    _, paid, agreed = renegotiated(book)
    first = of_agreement(agreed)
    draft = drafted(book.manager, first, an_offer(on="2026-03-13", valid_through="2026-03-25"), on="2026-03-13")
    returned(book, paid)

    with pytest.raises(DomainError, match=r"renegotiation\.debt_changed"):
        accepted(book.manager, draft, on=FAILED)


def test_a_return_taken_back_cancels_its_invoice_and_frees_what_paid_it(book: Book) -> None:
    _, paid, agreed = renegotiated(book)
    agreement = of_agreement(agreed)
    receipt = returned(book, paid)
    book.pay(agreement, "100,00", on="2026-03-17")

    taken_back(book, receipt, on="2026-03-18")

    assert rows("SELECT status, paid_cents, open_cents FROM invoices WHERE number = 3") == [("CANCELLED", 0, 0)]
    assert rows("SELECT total_value_open FROM requests WHERE id = :id", id=agreed.new_request_id) == [(43_000,)]
    assert verified() == []
    asked = StatementsOf(numbers=(agreed.new_request_number,), as_of=a_day("2026-03-17"))
    (document,) = statements(book.manager, at("2026-03-20"), asked)
    assert [invoice["number"] for invoice in document["invoices"]] == [1, 2, 3]


def test_what_did_fail_in_the_end_can_be_returned_again(book: Book) -> None:
    _, paid, _ = renegotiated(book)
    taken_back(book, returned(book, paid), on="2026-03-17")

    receipt = returned(book, paid, on="2026-03-18")

    assert receipt.invoice_number == 4
    assert verified() == []


def test_the_same_return_twice_is_one(book: Book) -> None:
    _, paid, _ = renegotiated(book)
    return_id = an_id()

    first, second = returned(book, paid, return_id=return_id), returned(book, paid, return_id=return_id)

    assert (first.is_new, second.is_new, first.invoice_number) == (True, False, second.invoice_number)
    assert rows("SELECT count(*) FROM returned_payments") == [(1,)]


def of_a_running_request(book: Book) -> PaymentReceipt:
    return book.pay(book.a_loan(), "10,00", on="2026-02-01")


def reversed_before_the_agreement(book: Book) -> PaymentReceipt:
    loan = book.a_loan(principal="1.000,00")
    run_cycles("2026-03-11")
    paid = book.pay(loan, "100,00", on="2026-03-11")
    book.reverse(paid, on="2026-03-11")
    run_cycles(AGREED)
    accepted(book.manager, drafted(book.manager, loan))
    return paid


def returned_already(book: Book) -> PaymentReceipt:
    _, paid, _ = renegotiated(book)
    returned(book, paid)
    return paid


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (of_a_running_request, "return.of_running"),
        (reversed_before_the_agreement, "reversal.already"),
        (returned_already, "return.already"),
    ],
)
def test_what_can_not_be_returned_is_refused_and_nothing_changed(
    book: Book, case: Callable[[Book], PaymentReceipt], code: str
) -> None:
    paid = case(book)
    before = everything()

    with pytest.raises(DomainError) as refusal:
        returned(book, paid)

    assert refusal.value.code == code
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"reason": " "}, "text.missing"), ({"payment_id": an_id()}, "payment.not_found")],
)
def test_a_wrong_order_is_refused_and_nothing_changed(book: Book, changes: dict[str, object], code: str) -> None:
    _, paid, _ = renegotiated(book)
    before = everything()

    with pytest.raises(DomainError) as refusal:
        returned(book, paid, **changes)

    problems = getattr(refusal.value, "problems", (refusal.value,))
    assert [problem.code for problem in problems] == [code]
    assert everything() == before


@pytest.mark.parametrize("role", [Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_only_management_says_that_a_payment_failed(role: Role) -> None:
    order = ReturnPayment(return_id=an_id(), payment_id=an_id(), reason="TED devolvida")

    with pytest.raises(PermissionMissing):
        returns.return_payment(a_person(role), at(FAILED), order)
