"""Reversing: from any state, as if it had never been; refused with nothing changed; both rows stay."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.errors import DomainError
from domain.history import Component
from domain.permissions import NOBODY, SYSTEM, PermissionMissing, Role
from loanapp.queries.statements import Document, StatementsOf, statements
from loanapp.queries.verification import verify
from loanapp.services import reversals
from loanapp.services.requests import RequestReceipt
from loanapp.services.reversals import ReverseAdjustment, ReversePayment, ReverseRefund
from tests.build.book import Book, a_day, a_person, an_id, assign_all, at, everything, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import a_debtor, pay_with_receipt

pytestmark = pytest.mark.usefixtures("database")

STORED = (
    "SELECT i.*, r.status, r.paid_on, r.total_value_paid, r.total_value_to_breakeven, r.total_value_open,"
    " r.total_value_overdue, r.credit_cents, r.invoices_paid, r.next_due_date, r.overdue_since, c.credit_cents"
    " FROM invoices i JOIN requests r ON r.id = i.request_id JOIN clients c ON c.id = r.client_id ORDER BY i.id"
)


def is_clean(day: str = "2026-12-31") -> bool:
    found = verify(SYSTEM, lambda: at(day), lambda _checked: None)[0]
    assert found == []
    return True


def the_statement(loan: RequestReceipt, as_of: str) -> Document:
    return statements(SYSTEM, at(as_of), StatementsOf(numbers=(loan.number,), as_of=a_day(as_of)))[0]


def without_reversed(document: Document) -> Document:
    return document | {
        "invoices": [
            invoice | {"payments": [line for line in invoice["payments"] if not line["reversed"]]}
            for invoice in document["invoices"]
        ]
    }


def test_a_reversed_payment_leaves_the_book_as_if_it_had_never_been() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", rate_pct="5", count=3, first_due="2026-02-10")
    book.pay(loan, "60,00", on="2026-02-05")
    run_cycles("2026-03-20")
    before, stored = the_statement(loan, "2026-03-20"), rows(STORED)
    mistaken = book.pay(loan, "100,00", on="2026-03-20", received="2026-02-20")

    book.reverse(mistaken, on="2026-03-20")

    assert rows(STORED) == stored
    assert without_reversed(the_statement(loan, "2026-03-20")) == before
    assert rows("SELECT count(*) FROM payments") == [(2,)]
    assert is_clean()


def test_a_reversed_payment_stays_listed_with_what_it_had_settled() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    paid = book.pay(loan, "40,00", on="2026-03-12")

    book.reverse(paid, on="2026-03-13")

    invoice = the_statement(loan, "2026-03-13")["invoices"][0]
    assert invoice["payments"] == [
        {
            "payment": str(paid.payment_id), "received_on": "2026-03-12", "amount_cents": 4000, "mora_cents": 100,
            "late_fee_cents": 200, "interest_cents": 0, "principal_cents": 3700, "reversed": True,
        }
    ]  # fmt: skip
    assert (invoice["paid_cents"], invoice["open_cents"]) == (0, 10_000 + 200 + 103)
    past = the_statement(loan, "2026-03-12")["invoices"][0]
    assert (past["paid_cents"], [line["reversed"] for line in past["payments"]]) == (4000, [False])


def test_a_paid_request_is_active_again_and_its_invoice_overdue() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    paid = book.pay(loan, "100,00", on="2026-02-10")
    run_cycles("2026-03-12")

    book.reverse(paid, on="2026-03-12")

    assert rows("SELECT status, paid_on, total_value_overdue, overdue_since FROM requests") == [
        ("ACTIVE", None, 10_300, a_day("2026-02-10"))
    ]
    assert rows("SELECT status, late_fee_cents, mora_cents, paid_on FROM invoices") == [("UNPAID", 200, 100, None)]
    assert is_clean("2026-03-12")


def test_an_early_settlement_reversed_brings_its_interest_back() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", rate_pct="10", count=2, first_due="2026-02-10", on="2026-01-10")
    # 31 and 28 days of interest 100,00 each: on 10 February the whole second period has not run.
    settled = book.settle_early(loan, "1.100,00", on="2026-02-10")
    assert rows("SELECT status FROM requests") == [("PAID",)]
    assert rows("SELECT number, waived_cents, paid_cents FROM invoices ORDER BY 1") == [
        (1, 0, 60000),
        (2, 10000, 50000),
    ]
    assert is_clean()

    book.reverse(settled, on="2026-02-10")

    assert rows("SELECT status, total_value_open FROM requests") == [("ACTIVE", 120_000)]
    assert rows("SELECT sum(waived_cents), sum(paid_cents) FROM invoices") == [(0, 0)]
    assert is_clean()


def test_credit_used_elsewhere_stands_in_the_way_and_comes_back_with_the_reversal_of_its_use() -> None:
    book = Book.opened()
    client_id = book.a_client()
    first = book.a_loan(client_id, principal="100,00")
    second = book.a_loan(client_id, principal="200,00")
    source = book.pay(first, "150,00", on="2026-02-01")
    used = book.use_credit(second, "30,00", on="2026-02-02")
    refunded = book.refund(client_id, "20,00", on="2026-02-03")
    before = everything()

    with pytest.raises(DomainError) as refusal:
        book.reverse(source, on="2026-02-04")

    assert (refusal.value.code, refusal.value.values["used_by"]) == (
        "payment.credit_in_use", f"recebimento nº {used.number}, devolução nº {refunded.number}",
    )  # fmt: skip
    assert everything() == before
    book.reverse(used, on="2026-02-04")
    assert rows("SELECT credit_cents FROM clients") == [(3000,)]
    order = ReverseRefund(reversal_id=an_id(), refund_id=refunded.refund_id, reason="Pix devolvido")
    reversals.reverse_refund(book.manager, at("2026-02-04"), order)
    assert rows("SELECT credit_cents FROM clients") == [(5000,)]
    book.reverse(source, on="2026-02-04")
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert rows("SELECT number, status, total_value_open FROM requests ORDER BY 1") == [
        (1, "ACTIVE", 10_000), (2, "ACTIVE", 20_000),
    ]  # fmt: skip
    assert is_clean()


def test_credit_that_comes_back_pays_what_its_own_request_owes_again() -> None:
    book = Book.opened()
    client_id = book.a_client()
    first, second = book.a_loan(client_id, principal="100,00"), book.a_loan(client_id, principal="200,00")
    early = book.pay(first, "60,00", on="2026-02-01")
    book.pay(first, "90,00", on="2026-02-02")
    used = book.use_credit(second, "50,00", on="2026-02-03")
    book.reverse(early, on="2026-02-04")
    assert rows("SELECT total_value_open FROM requests ORDER BY number") == [(6000,), (15000,)]

    book.reverse(used, on="2026-02-05")

    assert rows("SELECT total_value_open, credit_cents FROM requests ORDER BY number") == [(1000, 0), (20000, 0)]
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert is_clean()


def test_the_same_reversal_twice_is_one_and_a_second_one_is_refused() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on="2026-02-01")
    order = ReversePayment(reversal_id=an_id(), payment_id=paid.payment_id, reason="Engano")
    first = reversals.reverse_payment(book.manager, at("2026-02-01"), order)
    before = everything()

    again = reversals.reverse_payment(book.manager, at("2026-02-02"), order)
    with pytest.raises(DomainError) as second:
        book.reverse(paid, on="2026-02-01")
    with pytest.raises(DomainError) as other:
        reversals.reverse_payment(book.approver, at("2026-02-01"), order)

    assert (first.is_new, again.is_new) == (True, False)
    assert (second.value.code, other.value.code) == ("reversal.already", "reversal.id_taken")
    assert everything() == before


def test_a_waiver_is_reversed_and_owed_again() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.waive(loan, (1, Component.LATE_FEE, "2,00"), on="2026-03-12")
    book.pay(loan, "50,00", on="2026-03-12")
    ((adjustment_id,),) = rows("SELECT id FROM adjustments")
    order = ReverseAdjustment(reversal_id=an_id(), adjustment_id=UUID(str(adjustment_id)), reason="Sem acordo")

    reversals.reverse_adjustment(book.manager, at("2026-03-12"), order)

    assert rows("SELECT waived_cents, open_cents FROM invoices") == [(0, 10_000 + 200 + 100 - 5_000)]
    assert rows("SELECT sum(late_fee_cents), sum(principal_cents) FROM allocations") == [(200, 4700)]
    assert is_clean()


def test_what_belongs_to_a_payment_is_reversed_with_it_only() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", rate_pct="10", count=2)
    book.settle_early(loan, "1.100,00", on="2026-02-10")
    ((adjustment_id,),) = rows("SELECT id FROM adjustments")
    before = everything()

    with pytest.raises(DomainError) as refusal:
        order = ReverseAdjustment(reversal_id=an_id(), adjustment_id=UUID(str(adjustment_id)), reason="Engano")
        reversals.reverse_adjustment(book.manager, at("2026-02-10"), order)

    assert refusal.value.code == "adjustment.of_payment"
    assert everything() == before


@pytest.mark.parametrize(
    ("role", "is_own", "on", "hour", "code"),
    [
        (Role.LOAN_MANAGEMENT, False, "2026-02-20", 12, ""),
        (Role.SUPER_ADMIN, False, "2026-02-20", 12, ""),
        (Role.RENEGOTIATION_ANALYST, True, "2026-02-02", 18, ""),
        (Role.RENEGOTIATION_ANALYST, True, "2026-02-03", 12, "reversal.too_late"),
        (Role.RENEGOTIATION_ANALYST, False, "2026-02-02", 12, "reversal.not_yours"),
        (Role.STREET_SUPERVISOR, True, "2026-02-02", 12, ""),
        (Role.STREET_SUPERVISOR, True, "2026-02-02", 13, "reversal.too_late"),
        (Role.STREET_SUPERVISOR, False, "2026-02-02", 12, "reversal.not_yours"),
    ],
)
def test_who_may_reverse_what_and_until_when(role: Role, on: str, hour: int, code: str, *, is_own: bool) -> None:
    book = Book.opened()
    actor = a_person(role, "Rita Alves")
    # Registered before the actor's hour, by the actor or by a manager.
    loan = book.a_loan()
    if role is Role.STREET_SUPERVISOR:
        assign_all(actor)
    book.manager, manager = (actor if is_own else book.manager), book.manager
    paid = book.pay(loan, "10,00", on="2026-02-02")
    book.manager = manager
    before = everything()
    order = ReversePayment(reversal_id=an_id(), payment_id=paid.payment_id, reason="Engano")

    if not code:
        assert reversals.reverse_payment(actor, at(on, hour), order).is_new
        assert is_clean()
        return
    with pytest.raises(DomainError) as refusal:
        reversals.reverse_payment(actor, at(on, hour), order)
    assert refusal.value.code == code
    assert everything() == before


@pytest.mark.parametrize(("reason", "code"), [(" ", "text.missing"), ("x" * 501, "text.too_long")])
def test_a_reversal_needs_a_reason_of_some_length(reason: str, code: str) -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on="2026-02-02")
    before = everything()

    with pytest.raises(DomainError) as refusal:
        order = ReversePayment(reversal_id=an_id(), payment_id=paid.payment_id, reason=reason)
        reversals.reverse_payment(book.manager, at("2026-02-02"), order)

    assert (refusal.value.code, refusal.value.field) == (code, "reason")
    assert everything() == before


def test_what_is_not_there_and_nobody_are_refused() -> None:
    book = Book.opened()
    paid = book.pay(book.a_loan(), "10,00", on="2026-02-02")
    before = everything()

    for function, order, code in (
        (reversals.reverse_payment, ReversePayment(reversal_id=an_id(), payment_id=an_id(), reason="x"), "payment"),
        (reversals.reverse_adjustment, ReverseAdjustment(reversal_id=an_id(), adjustment_id=an_id(), reason="x"),
         "adjustment"),
        (reversals.reverse_refund, ReverseRefund(reversal_id=an_id(), refund_id=an_id(), reason="x"), "refund"),
    ):  # fmt: skip
        with pytest.raises(DomainError, match=f"{code}.not_found"):
            function(book.manager, at("2026-02-02"), order)
    with pytest.raises(PermissionMissing):
        order = ReversePayment(reversal_id=an_id(), payment_id=paid.payment_id, reason="x")
        reversals.reverse_payment(NOBODY, at("2026-02-02"), order)

    assert everything() == before


def test_a_receipt_that_still_waits_is_not_sent_for_a_reversed_payment() -> None:
    book = Book.opened()
    loan = a_debtor(book)
    pay_with_receipt(book, loan, "10,00", "2026-02-09")
    ((payment_id,),) = rows("SELECT id FROM payments")
    assert rows("SELECT kind, status FROM messages") == [("RECEIPT", "QUEUED")]

    order = ReversePayment(reversal_id=an_id(), payment_id=UUID(str(payment_id)), reason="Engano")
    reversals.reverse_payment(book.manager, at("2026-02-09"), order)

    assert rows("SELECT kind, status, reason FROM messages") == [("RECEIPT", "CANCELLED", "REVERSED")]
    assert is_clean("2026-02-09")


@pytest.mark.parametrize("count", [2, 60])
def test_a_reversal_takes_the_same_few_statements_whatever_the_number_of_invoices(database: Engine, count: int) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="6.000,00", count=count, first_due="2026-01-20")
    run_cycles("2026-05-10")
    paid = book.pay(loan, "6.000,00", on="2026-05-10")

    with counted(database) as seen:
        book.reverse(paid, on="2026-05-10")

    assert len(seen) == 20
