"""The client's credit: used by another request, paid back, never twice, refused with nothing changed."""

import pytest

from domain.errors import DomainError
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import NOBODY, SYSTEM, PermissionMissing, Role
from loanapp.queries.statements import StatementsOf, statements
from loanapp.queries.verification import verify
from loanapp.services import credits as credits_
from loanapp.services.credits import RefundCredit, UseCredit
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows

pytestmark = pytest.mark.usefixtures("database")


def is_clean() -> bool:
    assert verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []
    return True


def a_book_with_credit() -> tuple[Book, dict[str, object]]:
    """Leave 30,00 and 20,00 of credit on two paid loans; a third owes 200,00."""
    book = Book.opened()
    client_id = book.a_client()
    loans = [book.a_loan(client_id, principal=principal) for principal in ("100,00", "50,00", "200,00")]
    book.pay(loans[0], "130,00", on="2026-02-01")
    book.pay(loans[1], "70,00", on="2026-02-02")
    return book, {"client_id": client_id, "loan": loans[2]}


def test_credit_pays_another_loan_the_oldest_credit_first() -> None:
    book, made = a_book_with_credit()

    receipt = book.use_credit(made["loan"], "40,00", on="2026-02-05")

    assert (receipt.number, receipt.received_on) == (3, a_day("2026-02-05"))
    assert rows("SELECT method, amount_cents FROM payments WHERE number = 3") == [("CREDIT", 4000)]
    assert rows(
        "SELECT p.number, u.amount_cents FROM credit_uses u JOIN payments p ON p.id = u.source_payment_id ORDER BY 1"
    ) == [(1, 3000), (2, 1000)]
    assert rows("SELECT credit_cents, total_value_open FROM requests ORDER BY number") == [
        (0, 0),
        (1000, 0),
        (0, 16000),
    ]
    assert rows("SELECT credit_cents FROM clients") == [(1000,)]
    assert is_clean()


def test_in_the_past_the_credit_was_still_there() -> None:
    book, made = a_book_with_credit()
    book.use_credit(made["loan"], "40,00", on="2026-02-05")

    credit = {
        day: [
            each["credit_cents"]
            for each in statements(SYSTEM, at(day), StatementsOf(numbers=(1, 2, 3), as_of=a_day(day)))
        ]
        for day in ("2026-02-01", "2026-02-04", "2026-02-05")
    }

    assert credit == {"2026-02-01": [3000, 0, 0], "2026-02-04": [3000, 2000, 0], "2026-02-05": [0, 1000, 0]}


def test_a_refund_pays_credit_back_and_it_is_used_up() -> None:
    book, made = a_book_with_credit()

    receipt = book.refund(made["client_id"], "50,00", on="2026-02-05")

    assert (receipt.number, receipt.amount) == (1, Money(5000))
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert rows("SELECT method, refunded_on, amount_cents FROM refunds") == [("PIX", a_day("2026-02-05"), 5000)]
    assert is_clean()


def test_what_was_used_is_never_allocated_again_by_a_backdated_payment() -> None:
    book, made = a_book_with_credit()
    book.use_credit(made["loan"], "50,00", on="2026-02-05")
    loan = made["loan"]

    book.pay(loan, "150,00", on="2026-02-06")
    book.pay(loan, "10,00", on="2026-02-07", received="2026-02-01")

    assert rows("SELECT credit_cents FROM clients") == [(1000,)]
    assert rows("SELECT status FROM requests WHERE number = 3") == [("PAID",)]
    assert is_clean()


def test_the_same_order_twice_is_one_also_after_midnight() -> None:
    book, made = a_book_with_credit()
    use = UseCredit(payment_id=an_id(), request_id=made["loan"].request_id, amount=Money(1000))
    refund = RefundCredit(
        refund_id=an_id(), client_id=made["client_id"], amount=Money(1000), method=PaymentMethod.PIX, reason="A pedido"
    )
    first = credits_.use_credit(book.manager, at("2026-02-05"), use)
    credits_.refund_credit(book.manager, at("2026-02-05"), refund)
    before = everything()

    again = credits_.use_credit(book.manager, at("2026-02-06"), use)
    refunded = credits_.refund_credit(book.manager, at("2026-02-06"), refund)
    with pytest.raises(DomainError, match=r"payment\.id_taken"):
        other = UseCredit(payment_id=use.payment_id, request_id=use.request_id, amount=Money(999))
        credits_.use_credit(book.manager, at("2026-02-05"), other)
    with pytest.raises(DomainError, match=r"refund\.id_taken"):
        credits_.refund_credit(book.approver, at("2026-02-05"), refund)

    assert (first.is_new, again.is_new, again.number, refunded.is_new) == (True, False, first.number, False)
    assert everything() == before


@pytest.mark.parametrize(
    ("amount", "code"), [(0, "payment.not_positive"), (5001, "credit.not_enough"), (20_001, "credit.above_open")]
)
def test_credit_that_is_not_there_or_not_owed_is_refused(amount: int, code: str) -> None:
    book, made = a_book_with_credit()
    before = everything()

    with pytest.raises(DomainError) as refusal:
        order = UseCredit(payment_id=an_id(), request_id=made["loan"].request_id, amount=Money(amount))
        credits_.use_credit(book.manager, at("2026-02-05"), order)

    assert refusal.value.code == code
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": Money(5001)}, "credit.not_enough"),
        ({"amount": Money(-1)}, "payment.not_positive"),
        ({"method": PaymentMethod.BOLETO}, "refund.method_pays_nothing"),
        ({"reason": ""}, "text.missing"),
        ({"client_id": an_id()}, "client.not_found"),
    ],
)
def test_a_wrong_refund_is_refused_and_nothing_changes(changes: dict[str, object], code: str) -> None:
    book, made = a_book_with_credit()
    before = everything()
    order = {
        "refund_id": an_id(), "client_id": made["client_id"], "amount": Money(100), "method": PaymentMethod.PIX,
        "reason": "A pedido", **changes,
    }  # fmt: skip

    with pytest.raises(DomainError) as refusal:
        credits_.refund_credit(book.manager, at("2026-02-05"), RefundCredit(**order))

    assert refusal.value.code == code
    assert everything() == before


def test_who_may_not_is_refused() -> None:
    book, made = a_book_with_credit()
    analyst = a_person(Role.RENEGOTIATION_ANALYST)
    before = everything()

    with pytest.raises(PermissionMissing):
        order = RefundCredit(
            refund_id=an_id(), client_id=made["client_id"], amount=Money(1), method=PaymentMethod.PIX, reason="x"
        )
        credits_.refund_credit(analyst, at("2026-02-05"), order)
    with pytest.raises(PermissionMissing):
        use = UseCredit(payment_id=an_id(), request_id=made["loan"].request_id, amount=Money(1))
        credits_.use_credit(NOBODY, at("2026-02-05"), use)

    assert everything() == before
    assert book.manager
