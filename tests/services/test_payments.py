"""Registering a payment: permitted, refused with nothing changed, its effects to the centavo, once by its id."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from domain.errors import DomainError
from domain.money import Money
from domain.payments import PaymentIdTaken, PaymentLeavesCredit, PaymentMethod
from domain.permissions import NOBODY, PermissionMissing, Role
from loanapp.services import payments
from loanapp.services.payments import RegisterPayment
from tests.build.book import Book, a_day, a_person, an_id, assign_all, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")


def an_order(request_id: UUID, **changes: object) -> RegisterPayment:
    return RegisterPayment(
        **{
            "payment_id": an_id(),
            "request_id": request_id,
            "amount": Money(10_000),
            "method": PaymentMethod.PIX,
            "received_on": a_day("2026-02-22"),
            **changes,
        }
    )


def test_a_late_partial_payment_settles_mora_then_fee_then_interest_then_principal() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="290,00", rate_pct="20.689655", first_due="2026-02-10")
    run_cycles("2026-02-22")

    book.pay(loan, "100,00", on="2026-02-22")

    assert rows("SELECT original_cents, principal_cents, interest_cents FROM invoices") == [(35000, 29000, 6000)]
    # 12 days: 350,00 x 1 % / 30 x 12 = 1,40; fee 2 % = 7,00.
    assert rows("SELECT mora_cents, late_fee_cents, interest_cents, principal_cents FROM allocations") == [
        (140, 700, 6000, 3160)
    ]
    assert rows("SELECT status, paid_cents, open_cents, mora_frozen_cents, mora_since FROM invoices") == [
        ("UNPAID", 10000, 25840, 140, a_day("2026-02-22"))
    ]
    assert rows(
        "SELECT total_value_paid, total_value_open, total_value_overdue, total_value_to_breakeven FROM requests"
    ) == [(10000, 25840, 25840, 19000)]


def test_a_payment_of_everything_makes_the_request_paid_and_the_rest_is_the_clients_credit() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="200,00", count=2)

    book.pay(loan, "250,00", on="2026-02-01")

    assert rows("SELECT status, paid_on FROM requests") == [("PAID", a_day("2026-02-01"))]
    assert rows("SELECT status, paid_cents FROM invoices ORDER BY number") == [("PAID", 10000), ("PAID", 10000)]
    assert rows("SELECT credit_cents FROM clients") == [(5000,)]
    assert rows("SELECT total_value_to_breakeven, total_value_open, next_due_date FROM requests") == [(0, 0, None)]


def test_a_backdated_payment_moves_later_allocations_and_keeps_their_rows() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="200,00", count=2)
    later = book.pay(loan, "150,00", on="2026-02-05")

    earlier = book.pay(loan, "100,00", on="2026-02-06", received="2026-02-03")

    assert rows(
        "SELECT p.number, i.number, sum(a.principal_cents) FROM allocations a JOIN payments p ON p.id = a.payment_id"
        " JOIN invoices i ON i.id = a.invoice_id GROUP BY 1, 2 HAVING sum(a.principal_cents) <> 0 ORDER BY 1, 2"
    ) == [(later.number, 2, 10000), (earlier.number, 1, 10000)]
    assert rows("SELECT count(*) FROM allocations WHERE cause_payment_id = :id", id=earlier.payment_id) == [(4,)]
    assert rows("SELECT credit_cents FROM clients") == [(5000,)]


def test_the_same_order_twice_is_one_payment_and_gives_the_first_receipt() -> None:
    book = Book.opened()
    loan = book.a_loan()
    first = book.pay(loan, "100,00", on="2026-02-01", payment_id=UUID(int=7))
    before = everything()

    again = book.pay(loan, "100,00", on="2026-02-01", payment_id=UUID(int=7))

    assert (again.number, again.is_new, first.is_new) == (first.number, False, True)
    assert everything() == before


def test_the_same_id_with_another_order_is_refused_and_nothing_changes() -> None:
    book = Book.opened()
    loan = book.a_loan()
    book.pay(loan, "100,00", on="2026-02-01", payment_id=UUID(int=8))
    before = everything()

    with pytest.raises(PaymentIdTaken):
        book.pay(loan, "100,01", on="2026-02-01", payment_id=UUID(int=8))

    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"amount": Money(0)}, "payment.not_positive", "amount"),
        ({"amount": Money(-1)}, "payment.not_positive", "amount"),
        ({"amount": Money(10_000_000_001)}, "payment.too_large", "amount"),
        ({"received_on": a_day("2026-02-23")}, "payment.in_future", "received_on"),
        ({"received_on": a_day("2026-01-09"), "note": "x"}, "payment.before_disbursement", "received_on"),
        ({"received_on": a_day("2026-02-21")}, "payment.backdate_needs_reason", "note"),
        ({"received_on": a_day("2026-02-21"), "note": " "}, "payment.backdate_needs_reason", "note"),
        ({"amount": Money(1_000_001)}, "payment.above_debt", "amount"),
        ({"method": PaymentMethod.CREDIT}, "payment.method_brings_no_money", "method"),
        ({"note": "x" * 501}, "text.too_long", "note"),
        ({"request_id": UUID(int=1)}, "request.not_found", "request_id"),
    ],
)
def test_a_wrong_order_is_refused_with_its_field_and_nothing_changes(
    changes: dict[str, object], code: str, field: str
) -> None:
    book = Book.opened()
    loan = book.a_loan()
    before = everything()

    with pytest.raises(DomainError) as refusal:
        order = an_order(**{"request_id": loan.request_id, **changes})
        payments.register_payment(book.manager, at("2026-02-22"), order)

    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert everything() == before


def test_a_request_that_was_not_disbursed_takes_no_payment() -> None:
    book = Book.opened()
    asked = book.a_request()
    before = everything()

    with pytest.raises(DomainError) as refusal:
        payments.register_payment(book.manager, at("2026-02-22"), an_order(asked.request_id))

    assert refusal.value.code == "request.takes_no_payment"
    assert everything() == before


def test_nobody_registers_nothing() -> None:
    book = Book.opened()
    loan = book.a_loan()
    before = everything()

    with pytest.raises(PermissionMissing):
        payments.register_payment(NOBODY, at("2026-02-22"), an_order(loan.request_id))

    assert everything() == before


@pytest.mark.parametrize("count", [2, 60])
@pytest.mark.parametrize(("send_receipt", "expected"), [(False, 15), (True, 25)])
def test_a_payment_takes_the_same_few_statements_whatever_the_number_of_invoices(
    database: Engine, count: int, *, send_receipt: bool, expected: int
) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="6.000,00", count=count, first_due="2026-01-20")
    run_cycles("2026-05-10")
    changes = {"amount": Money(600_000), "received_on": a_day("2026-05-10"), "send_receipt": send_receipt}
    statements: list[str] = []

    @event.listens_for(database, "before_cursor_execute")
    def note(*execution: object) -> None:
        statements.append(str(execution[2]))

    payments.register_payment(book.manager, at("2026-05-10"), an_order(loan.request_id, **changes))

    event.remove(database, "before_cursor_execute", note)
    assert len(statements) == expected


def test_a_backdated_payment_on_a_paid_request_moves_its_day_of_settlement() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    book.pay(loan, "1.100,00", on="2026-03-16")

    book.pay(loan, "1.000,00", on="2026-03-17", received="2026-02-05")

    assert rows("SELECT status, paid_on FROM requests") == [("PAID", a_day("2026-02-05"))]
    assert rows("SELECT credit_cents FROM clients") == [(110_000,)]


def test_who_waited_for_the_lock_does_not_set_the_figures_back_in_time() -> None:
    book = Book.opened()
    loan = book.a_loan()
    book.pay(loan, "10,00", on="2026-01-20")
    fixed_before = an_order(loan.request_id, received_on=a_day("2026-01-20"))

    payments.register_payment(book.manager, at("2026-01-20", hour=11), fixed_before)

    assert rows("SELECT metrics_updated_at FROM requests") == [(at("2026-01-20").now,)]


@pytest.mark.parametrize(
    ("role", "days"), [(Role.LOAN_MANAGEMENT, 90), (Role.RENEGOTIATION_ANALYST, 30), (Role.STREET_SUPERVISOR, 3)]
)
def test_each_role_dates_payments_back_as_far_as_its_limit(role: Role, days: int) -> None:
    book = Book.opened()
    loan = book.a_loan(on="2026-01-10", first_due="2026-02-10")
    book.manager, manager = a_person(role), book.manager
    if role is Role.STREET_SUPERVISOR:
        assign_all(book.manager)
    furthest = a_day("2026-05-29") - timedelta(days=days)
    before = everything()

    with pytest.raises(DomainError) as refusal:
        book.pay(loan, "10,00", on="2026-05-29", received=(furthest - timedelta(days=1)).isoformat())

    assert (refusal.value.code, refusal.value.values["limit_days"]) == ("payment.backdated_too_far", days)
    assert everything() == before
    assert book.pay(loan, "10,00", on="2026-05-29", received=furthest.isoformat()).is_new
    assert manager.user_id


def test_a_paid_loan_keeps_money_that_did_arrive_as_credit_up_to_ten_times_what_was_lent() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    book.pay(loan, "100,00", on="2026-02-01")

    book.pay(loan, "1.000,00", on="2026-02-02")
    before = everything()

    assert rows("SELECT credit_cents FROM clients") == [(100_000,)]
    with pytest.raises(DomainError, match=r"payment\.above_debt"):
        book.pay(loan, "1.000,01", on="2026-02-02")
    assert everything() == before


def test_the_reason_of_an_earlier_day_stands_in_the_trail_and_other_notes_do_not() -> None:
    book = Book.opened()
    loan = book.a_loan()
    note = "Ligou antes"
    for received in ("2026-02-21", "2026-02-22"):
        order = an_order(loan.request_id, received_on=a_day(received), note=note)
        payments.register_payment(book.manager, at("2026-02-22"), order)

    told = rows("SELECT text::json->>'reason' FROM audit_events WHERE action = 'payment.registered' ORDER BY id")
    assert told == [(note,), ("",)]


def test_a_paid_loan_is_paid_only_as_the_credit_that_was_shown() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    book.pay(loan, "100,00", on="2026-02-01")
    order = an_order(loan.request_id, amount=Money(5000), expected_credit=Money.ZERO)
    before = everything()

    with pytest.raises(PaymentLeavesCredit) as refusal:
        payments.register_payment(book.manager, at("2026-02-22"), order)
    assert refusal.value.values["credit"] == Money(5000)
    assert everything() == before

    payments.register_payment(book.manager, at("2026-02-22"), replace(order, expected_credit=Money(5000)))
    assert rows("SELECT credit_cents FROM clients") == [(5000,)]
