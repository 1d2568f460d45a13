"""Waiving: at most what is open, within the role's share however many small waivers, refused with nothing changed."""

import pytest
from sqlalchemy import Engine

from domain.errors import DomainError
from domain.history import Component
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import NOBODY, SYSTEM, PermissionMissing, Role
from loanapp.queries.verification import verify
from loanapp.services import payments, waivers
from loanapp.services.payments import RegisterPayment
from loanapp.services.waivers import Waive
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def is_clean(day: str = "2026-12-31") -> bool:
    assert verify(SYSTEM, lambda: at(day), lambda _checked: None)[0] == []
    return True


def test_a_waiver_takes_off_what_it_says_and_is_told_in_the_trail() -> None:
    book = Book.opened()
    # 100 days: mora 1.000,00 x 1 % / 30 x 100 = 33,33; fee 20,00.
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")

    book.waive(loan, (1, Component.MORA, "33,33"), (1, Component.LATE_FEE, "5,00"), on="2026-05-21")

    assert rows("SELECT waived_cents, waived_mora_cents, waived_late_fee_cents, open_cents FROM invoices") == [
        (3833, 3333, 500, 100_000 + 1500)
    ]
    assert rows("SELECT kind, component, amount_cents, sequence FROM adjustments ORDER BY number") == [
        ("WAIVER", "MORA", 3333, 1), ("WAIVER", "LATE_FEE", 500, 1),
    ]  # fmt: skip
    assert rows("SELECT total_value_open FROM requests") == [(101_500,)]
    assert is_clean()


def test_a_waiver_of_all_that_is_left_settles_the_request_and_a_payment_may_follow_the_waiver() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.waive(loan, (1, Component.MORA, "1,00"), (1, Component.LATE_FEE, "2,00"), on="2026-03-12")

    book.pay(loan, "100,00", on="2026-03-12")

    assert rows("SELECT status, paid_on FROM requests") == [("PAID", a_day("2026-03-12"))]
    assert is_clean()


def test_ten_small_waivers_reach_no_further_than_the_limit() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    # The fee is 20,00; the analyst may take off a tenth.
    analyst = a_person(Role.RENEGOTIATION_ANALYST, "Rita Alves")
    for _ in range(2):
        book.waive(loan, (1, Component.LATE_FEE, "1,00"), on="2026-05-21", actor=analyst)
    before = everything()

    with pytest.raises(DomainError) as refusal:
        book.waive(loan, (1, Component.LATE_FEE, "0,01"), on="2026-05-21", actor=analyst)

    assert (refusal.value.code, refusal.value.values["limit_pct"]) == ("waiver.above_limit", 10)
    assert everything() == before
    # The manager's fifth counts what the analyst took off.
    book.waive(loan, (1, Component.LATE_FEE, "2,00"), on="2026-05-21", actor=book.manager)
    with pytest.raises(DomainError):
        book.waive(loan, (1, Component.LATE_FEE, "0,01"), on="2026-05-21", actor=book.manager)
    assert is_clean()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": ()}, "waiver.of_nothing"),
        ({"lines": ((1, Component.MORA, Money(0)),)}, "waiver.of_nothing"),
        ({"lines": ((1, Component.MORA, Money(-1)),)}, "waiver.of_nothing"),
        ({"lines": ((7, Component.MORA, Money(1)),)}, "waiver.of_nothing"),
        ({"lines": ((1, Component.MORA, Money(1)), (1, Component.MORA, Money(2)))}, "waiver.of_nothing"),
        ({"lines": ((1, Component.PRINCIPAL, Money(1)),)}, "waiver.not_of_charge"),
        ({"lines": ((1, Component.INTEREST, Money(1)),)}, "waiver.not_of_charge"),
        ({"lines": ((1, Component.MORA, Money(3334)),)}, "waiver.above_open"),
        ({"reason": " "}, "text.missing"),
        ({"request_id": an_id()}, "request.not_found"),
    ],
)
def test_a_wrong_waiver_is_refused_and_nothing_changes(changes: dict[str, object], code: str) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    lines = ((1, Component.MORA, Money(1)),)
    order = {"waiver_id": an_id(), "request_id": loan.request_id, "lines": lines, "reason": "Acordo", **changes}
    admin, before = book.admin, everything()

    with pytest.raises(DomainError) as refusal:
        waivers.waive(admin, at("2026-05-21"), Waive(**order))

    assert refusal.value.code == code
    assert everything() == before


def test_a_paid_loan_has_nothing_to_waive_and_nobody_waives() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.pay(loan, "100,00", on="2026-02-10")
    admin, before = book.admin, everything()
    order = Waive(
        waiver_id=an_id(), request_id=loan.request_id, lines=((1, Component.MORA, Money(1)),), reason="Acordo"
    )

    with pytest.raises(DomainError, match=r"request\.takes_no_payment"):
        waivers.waive(admin, at("2026-05-21"), order)
    with pytest.raises(PermissionMissing):
        waivers.waive(NOBODY, at("2026-05-21"), order)

    assert everything() == before


def test_the_same_waiver_twice_is_one_and_its_id_serves_no_other() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", first_due="2026-02-10")
    lines = ((1, Component.MORA, Money(100)), (1, Component.LATE_FEE, Money(100)))
    order = Waive(waiver_id=an_id(), request_id=loan.request_id, lines=lines, reason="Acordo")
    first = waivers.waive(book.admin, at("2026-05-21"), order)
    before = everything()

    again = waivers.waive(book.admin, at("2026-05-21"), order)
    with pytest.raises(DomainError, match=r"waiver\.id_taken"):
        other = Waive(waiver_id=order.waiver_id, request_id=loan.request_id, lines=lines[:1], reason="Acordo")
        waivers.waive(book.admin, at("2026-05-21"), other)

    assert (first.is_new, again.is_new, again.amount) == (True, False, Money(200))
    assert everything() == before


def test_a_reminder_names_what_is_left_of_the_charges_after_a_waiver() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    book.waive(loan, (1, Component.LATE_FEE, "1,50"), (1, Component.MORA, "0,01"), on="2026-02-11")

    run_cycles("2026-02-12")

    ((snapshot,),) = rows("SELECT snapshot FROM messages ORDER BY created_at DESC LIMIT 1")
    # Fee 2,00 less 1,50; two days of mora 0,07 less 0,01.
    assert (snapshot["invoices"][0]["late_fee_cents"], snapshot["invoices"][0]["mora_cents"]) == (50, 6)
    ((body,),) = rows("SELECT body FROM messages ORDER BY created_at DESC LIMIT 1")
    assert "100,56" in body
    assert is_clean("2026-02-12")


def pay_with_remainder(book: Book, request_id: object, cents: int) -> None:
    order = RegisterPayment(
        payment_id=an_id(), request_id=request_id, amount=Money(cents), method=PaymentMethod.CASH,
        received_on=a_day("2026-03-12"), waive_remainder=True,
    )  # fmt: skip
    payments.register_payment(book.manager, at("2026-03-12"), order)


def test_a_remainder_is_let_go_at_payment_principal_included_and_goes_with_it() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")

    pay_with_remainder(book, loan.request_id, 10_203)

    assert rows("SELECT status, waived_cents, paid_cents FROM invoices") == [("PAID", 97, 10_203)]
    assert rows("SELECT kind, component, amount_cents FROM adjustments") == [("REMAINDER", "PRINCIPAL", 97)]
    assert is_clean()
    ((payment_id,),) = rows("SELECT id FROM payments")
    assert rows("SELECT payment_id FROM adjustments") == [(payment_id,)]


def test_more_than_the_setting_is_no_remainder() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    before = everything()

    with pytest.raises(DomainError) as refusal:
        pay_with_remainder(book, loan.request_id, 10_199)

    assert (refusal.value.code, refusal.value.values) == (
        "payment.remainder_above_limit", {"limit": Money(100), "open": Money(101)},
    )  # fmt: skip
    assert everything() == before


@pytest.mark.parametrize("count", [2, 60])
def test_a_waiver_takes_the_same_few_statements_whatever_the_number_of_invoices(database: Engine, count: int) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="6.000,00", count=count, first_due="2026-01-20")
    run_cycles("2026-05-10")
    admin = book.admin

    with counted(database) as seen:
        book.waive(loan, (1, Component.MORA, "1,00"), (1, Component.LATE_FEE, "0,01"), on="2026-05-10", actor=admin)

    assert len(seen) <= 18
