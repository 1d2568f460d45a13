"""The ceiling of cash in hand: whoever has one takes cash up to it to the cent, whatever client and day it is from."""

import pytest
from sqlalchemy import Engine

from domain.cash import CashCeilingReached
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM, Actor, Limit, Role
from loanapp.queries import verification
from loanapp.services import payments, reversals
from loanapp.services.payments import PaymentReceipt, RegisterPayment
from loanapp.services.requests import RequestReceipt
from loanapp.services.reversals import ReversePayment
from tests.build.book import Book, a_day, a_person, an_id, assign, at, everything, rows
from tests.build.cash import a_street, count, hand_in
from tests.build.counting import counted
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

CEILING_CENTS = 300_000


def pay(
    actor: Actor, loan: RequestReceipt, cents: int, *, on: str = "2026-02-05", method: str = "CASH", **changes: object
) -> PaymentReceipt:
    order = RegisterPayment(
        **{
            "payment_id": an_id(),
            "request_id": loan.request_id,
            "amount": Money(cents),
            "method": method,
            "received_on": a_day(on),
            **changes,
        }
    )
    return payments.register_payment(actor, at(on), order)


def test_cash_is_taken_up_to_the_ceiling_and_not_one_cent_more() -> None:
    supervisor, (one, other) = a_street(Book.opened())
    pay(supervisor, one, 299_999)
    before = everything()

    with pytest.raises(CashCeilingReached) as refusal:
        pay(supervisor, other, 2)

    assert refusal.value.values == {"limit_cents": CEILING_CENTS, "left_cents": 1}
    assert refusal.value.field == "amount"
    assert everything() == before
    pay(supervisor, other, 1)
    assert rows("SELECT sum(amount_cents) FROM payments") == [(CEILING_CENTS,)]


def test_the_method_as_plain_text_meets_the_ceiling_too() -> None:
    supervisor, (one, _) = a_street(Book.opened())

    with pytest.raises(CashCeilingReached):
        pay(supervisor, one, CEILING_CENTS + 1, method="CASH")
    with pytest.raises(CashCeilingReached):
        pay(supervisor, one, CEILING_CENTS + 1, method=PaymentMethod.CASH)


def test_other_methods_and_other_people_do_not_count() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    pay(supervisor, one, 400_000, method="PIX")
    pay(book.manager, other, 500_000)

    pay(supervisor, other, CEILING_CENTS)

    assert rows("SELECT count(*) FROM payments") == [(3,)]


def test_cash_of_another_day_counts_until_it_is_handed_in_and_counted() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    pay(supervisor, one, 250_000, on="2026-02-04")

    with pytest.raises(CashCeilingReached) as held:
        pay(supervisor, other, 50_001)
    handed = hand_in(supervisor, 250_000)
    with pytest.raises(CashCeilingReached) as handed_in:
        pay(supervisor, other, 50_001)
    count(book.manager, handed, 250_000)
    pay(supervisor, other, CEILING_CENTS)

    assert [refusal.value.values["left_cents"] for refusal in (held, handed_in)] == [50_000, 50_000]
    assert rows("SELECT count(*) FROM payments") == [(2,)]


def test_cash_of_yesterday_that_is_registered_today_counts_today() -> None:
    supervisor, (one, other) = a_street(Book.opened())
    pay(supervisor, one, 200_000, received_on=a_day("2026-02-04"), note="Esqueci de registrar")

    with pytest.raises(CashCeilingReached):
        pay(supervisor, other, 100_001)


def test_cash_from_a_client_who_went_to_another_supervisor_still_counts() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    pay(supervisor, one, 200_000)
    [(client_id,)] = rows("SELECT client_id FROM requests WHERE id = :id", id=one.request_id)
    assign(client_id, a_person(Role.STREET_SUPERVISOR, "Outro"))

    with pytest.raises(CashCeilingReached) as refusal:
        pay(supervisor, other, 100_001)

    assert refusal.value.values["left_cents"] == 100_000


def test_the_same_order_again_is_the_first_receipt_also_at_the_ceiling() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    payment_id = an_id()
    first = pay(supervisor, one, CEILING_CENTS, payment_id=payment_id)

    again = pay(supervisor, one, CEILING_CENTS, payment_id=payment_id)

    assert (again.number, again.is_new) == (first.number, False)


def test_a_role_without_a_ceiling_takes_any_amount_and_one_with_a_lowered_ceiling_less() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    pay(book.manager, one, 850_000)
    lowered = Actor.of(
        Role.STREET_SUPERVISOR, name="Rita Rua", user_id=supervisor.user_id, limits={Limit.CASH_IN_HAND_CENTS: 5_000}
    )

    with pytest.raises(CashCeilingReached):
        pay(lowered, other, 5_001)
    pay(lowered, other, 5_000)


def test_payments_from_eight_clients_at_once_stay_under_the_ceiling() -> None:
    supervisor, loans = a_street(Book.opened(), loans=8)

    results = all_at_once(8, lambda index: pay(supervisor, loans[index], 100_000))

    assert sorted(type(result).__name__ for result in results) == ["CashCeilingReached"] * 5 + ["PaymentReceipt"] * 3
    assert rows("SELECT sum(amount_cents) FROM payments") == [(CEILING_CENTS,)]


def test_the_ceiling_costs_two_statements(database: Engine) -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)

    def cost(actor: Actor, loan: RequestReceipt) -> int:
        with counted(database) as statements:
            pay(actor, loan, 1_000)
        return len(statements)

    assert cost(supervisor, one) == cost(book.manager, other) + 2


def test_cash_that_was_reversed_makes_room_again_and_the_supervisor_sees_that_it_was() -> None:
    supervisor, (one, other) = a_street(Book.opened())
    wrong = pay(supervisor, one, CEILING_CENTS)
    order = ReversePayment(reversal_id=an_id(), payment_id=wrong.payment_id, reason="Contei errado")
    reversals.reverse_payment(supervisor, at("2026-02-05"), order)

    pay(supervisor, other, CEILING_CENTS)
    # Counted again by the supervisor: what was reversed pays nothing.
    pay(supervisor, one, 100, method="PIX")

    assert rows("SELECT total_value_paid, credit_cents FROM requests WHERE id = :id", id=one.request_id) == [(100, 0)]
    assert verification.verify(SYSTEM, lambda: at("2026-02-05"), lambda _: None)[0] == []
