"""Cash is handed in whole and once, counted by somebody else; a difference says why; refused, nothing changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.cash import (
    CashChanged,
    CashHolderNotFound,
    CashOfAnother,
    CountedOutOfRange,
    DifferenceNeedsReason,
    HandInChecked,
    HandInIdTaken,
    HandInNotFound,
    NoCashToHandIn,
    OwnHandIn,
)
from domain.clients import TextTooLong
from domain.errors import DomainError
from domain.money import Money
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from domain.reversals import ReversalNotYours, ReversalOfHandedIn, ReversalTooLate
from loanapp.clock import Moment
from loanapp.models.base import Session
from loanapp.queries.reversals import reversal_effect
from loanapp.queries.verification import verify
from loanapp.services import cash, reversals
from loanapp.services._received import PaymentReceipt
from loanapp.services.cash import CheckCash, HandInCash, HandInReceipt
from loanapp.services.reversals import ReversePayment
from tests.build.book import Book, a_day, a_person, an_id, assign_all, at, everything, rows
from tests.build.cash import DAY, a_street, count, hand_in, take
from tests.build.people import last_event
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")


def is_clean() -> bool:
    assert verify(SYSTEM, lambda: at(DAY), lambda _: None)[0] == []
    return True


def reverse(actor: Actor, paid: PaymentReceipt, moment: Moment) -> None:
    order = ReversePayment(reversal_id=an_id(), payment_id=paid.payment_id, reason="Contei errado")
    reversals.reverse_payment(actor, moment, order)


def refused(error: type[DomainError], action: Callable[[], object]) -> DomainError:
    before = everything()
    with pytest.raises(error) as refusal:
        action()
    assert everything() == before
    return refusal.value


def test_all_cash_in_hand_is_handed_in_and_other_money_is_not() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    take(supervisor, one, 10_000, on="2026-02-04")
    take(supervisor, other, 25_050)
    take(supervisor, other, 7_700, method="PIX")
    take(book.manager, one, 5_000)
    reverse(supervisor, take(supervisor, one, 900), at(DAY))

    receipt = hand_in(supervisor, 35_050)

    assert (receipt.number, receipt.amount, receipt.is_new) == (1, Money(35_050), True)
    stored = rows("SELECT holder_id, handed_in_by, amount_cents, status, business_date, checked_by FROM cash_hand_ins")
    assert stored == [
        (supervisor.user_id, supervisor.user_id, 35_050, "OPEN", a_day(DAY), None)
    ]  # fmt: skip
    assert rows(
        "SELECT p.amount_cents FROM handed_in_payments h JOIN payments p ON p.id = h.payment_id ORDER BY p.number"
    ) == [(10_000,), (25_050,)]
    assert last_event() == (
        "cash.handed_in", "Rita Rua", f"cash_hand_in:{receipt.hand_in_id}", {},
        {
            "number": 1, "amount_cents": 35_050, "payments": 2, "holder": "Rita Rua",
            "holder_id": str(supervisor.user_id),
        },
        "",
    )  # fmt: skip
    assert is_clean()


def test_the_same_hand_in_twice_is_one_and_its_id_serves_nobody_else() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    hand_in_id = an_id()
    first = hand_in(supervisor, 10_000, hand_in_id=hand_in_id)

    again = hand_in(supervisor, 10_000, hand_in_id=hand_in_id)

    assert (again.number, again.amount, again.is_new) == (first.number, Money(10_000), False)
    other = a_person(Role.STREET_SUPERVISOR, "Saulo Rua")
    refused(HandInIdTaken, lambda: hand_in(other, 10_000, hand_in_id=hand_in_id))
    refused(HandInIdTaken, lambda: hand_in(book.manager, 10_000, holder=supervisor, hand_in_id=hand_in_id))


def test_nothing_in_hand_is_nothing_to_hand_in() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000, method="PIX")

    refused(NoCashToHandIn, lambda: hand_in(supervisor, 0))
    take(supervisor, one, 10_000)
    hand_in(supervisor, 10_000)
    refused(NoCashToHandIn, lambda: hand_in(supervisor, 10_000))


def test_a_payment_that_came_after_the_sum_was_shown_is_not_handed_in_unseen() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    take(supervisor, one, 10_000)
    take(supervisor, one, 500)

    refusal = refused(CashChanged, lambda: hand_in(supervisor, 10_000))

    assert refusal.values == {"expected": Money(10_000), "now": Money(10_500)}


def test_cash_from_a_client_who_went_to_another_supervisor_is_handed_in_too() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    take(supervisor, one, 10_000)
    assign_all(a_person(Role.STREET_SUPERVISOR, "Saulo Rua"))

    assert hand_in(supervisor, 10_000).amount == Money(10_000)


def test_only_management_hands_in_what_somebody_else_took_and_then_does_not_count_it() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    for stranger in (
        a_person(Role.STREET_SUPERVISOR, "Saulo Rua"),
        a_person(Role.RENEGOTIATION_ANALYST, "Bia"),
    ):
        refused(CashOfAnother, lambda actor=stranger: hand_in(actor, 10_000, holder=supervisor))

    receipt = hand_in(book.manager, 10_000, holder=supervisor)

    refused(OwnHandIn, lambda: count(book.manager, receipt, 10_000))
    assert count(book.approver, receipt, 10_000).difference == Money.ZERO
    assert is_clean()


def test_the_cash_of_nobody_is_not_found() -> None:
    book = Book.opened()
    order = HandInCash(hand_in_id=an_id(), holder_id=an_id(), expected=Money(100))

    refused(CashHolderNotFound, lambda: cash.hand_in_cash(book.manager, at(DAY), order))


def test_a_count_closes_the_hand_in_and_is_told() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)

    done = count(book.manager, receipt, 10_000)

    assert (done.difference, done.is_new) == (Money.ZERO, True)
    assert rows("SELECT status, expected_cents, counted_cents, reason, checked_by, checked_on FROM cash_hand_ins") == [
        ("CHECKED", 10_000, 10_000, "", book.manager.user_id, a_day(DAY))
    ]
    assert last_event() == (
        "cash.checked", "Ana Souza", f"cash_hand_in:{receipt.hand_in_id}", {},
        {"number": 1, "expected_cents": 10_000, "counted_cents": 10_000, "difference_cents": 0}, "",
    )  # fmt: skip
    assert is_clean()


@pytest.mark.parametrize(("counted", "difference"), [(9_000, -1_000), (10_100, 100), (0, -10_000)])
def test_a_difference_is_kept_with_its_reason_and_without_one_refused(counted: int, difference: int) -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)

    refusal = refused(DifferenceNeedsReason, lambda: count(book.manager, receipt, counted, reason="  "))
    done = count(book.manager, receipt, counted, reason="Troco errado; ligar 11 98765-4321")

    assert (refusal.field, refusal.values) == ("reason", {"difference": Money(difference)})
    assert done.difference == Money(difference)
    assert rows("SELECT expected_cents, counted_cents, reason FROM cash_hand_ins") == [
        (10_000, counted, "Troco errado; ligar +55 11 9****-4321")
    ]
    assert is_clean()


@pytest.mark.parametrize(
    ("counted", "reason", "error"),
    [(-1, "x", CountedOutOfRange), (10_000_000_001, "x", CountedOutOfRange), (1, "x" * 501, TextTooLong)],
)
def test_an_impossible_count_is_refused(counted: int, reason: str, error: type[DomainError]) -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)

    refused(error, lambda: count(book.manager, receipt, counted, reason=reason))


def test_the_same_count_twice_is_one_and_another_is_refused() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)
    count(book.manager, receipt, 9_000, reason="Faltou")

    again = count(book.manager, receipt, 9_000, reason="Faltou")

    assert (again.difference, again.is_new) == (Money(-1_000), False)
    refused(HandInChecked, lambda: count(book.manager, receipt, 10_000))
    refused(HandInChecked, lambda: count(book.approver, receipt, 9_000, reason="Faltou"))


def test_who_holds_or_handed_in_never_counts_not_even_after_a_change_of_role() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)
    promoted = Actor.of(Role.LOAN_MANAGEMENT, name="Rita Rua", user_id=supervisor.user_id)

    refused(OwnHandIn, lambda: count(promoted, receipt, 10_000))
    refused(PermissionMissing, lambda: count(supervisor, receipt, 10_000))


def test_the_count_of_nothing_is_not_found() -> None:
    book = Book.opened()
    nothing = HandInReceipt(an_id(), 1, Money(1), is_new=True)

    refused(HandInNotFound, lambda: count(book.manager, nothing, 1))


def test_the_system_and_the_nameless_count_nothing() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)
    order = CheckCash(hand_in_id=receipt.hand_in_id, expected=Money(10_000), counted=Money(10_000))
    nameless = Actor.of(Role.SUPER_ADMIN, name="Script")

    refused(PermissionMissing, lambda: cash.check_cash(SYSTEM, at(DAY), order))
    refused(OwnHandIn, lambda: cash.check_cash(nameless, at(DAY), order))


def test_what_management_reversed_since_is_no_longer_expected() -> None:
    book = Book.opened()
    supervisor, (one, other) = a_street(book)
    wrong = take(supervisor, one, 4_000)
    take(supervisor, other, 6_000)
    receipt = hand_in(supervisor, 10_000)
    reverse(book.manager, wrong, at(DAY))

    refusal = refused(CashChanged, lambda: count(book.manager, receipt, 10_000))
    done = count(book.manager, receipt, 6_000, expected=6_000)

    assert refusal.values == {"expected": Money(10_000), "now": Money(6_000)}
    assert done.difference == Money.ZERO
    assert rows("SELECT amount_cents, expected_cents, counted_cents FROM cash_hand_ins") == [(10_000, 6_000, 6_000)]
    assert is_clean()


def test_management_reverses_what_was_handed_in_and_counted_and_the_count_stays() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    paid = take(supervisor, one, 10_000)
    count(book.manager, hand_in(supervisor, 10_000), 10_000)

    reverse(book.manager, paid, at(DAY, 19))

    assert rows("SELECT expected_cents, counted_cents FROM cash_hand_ins") == [(10_000, 10_000)]
    assert rows("SELECT total_value_paid FROM requests WHERE id = :id", id=one.request_id) == [(0,)]
    assert is_clean()


def test_a_supervisor_reverses_within_fifteen_minutes_and_not_one_second_later() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    first, second = take(supervisor, one, 10_000), take(supervisor, one, 20_000)
    registered = at(DAY)

    reverse(supervisor, first, Moment(registered.now + timedelta(minutes=15), registered.business_date))
    late = Moment(registered.now + timedelta(minutes=15, seconds=1), registered.business_date)
    refused(ReversalTooLate, lambda: reverse(supervisor, second, late))


def test_a_supervisor_does_not_reverse_what_was_handed_in_nor_what_another_registered() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    own, of_another = take(supervisor, one, 10_000, hour=17), take(book.manager, one, 5_000, hour=17)
    hand_in(supervisor, 10_000)

    refused(ReversalOfHandedIn, lambda: reverse(supervisor, own, at(DAY, 17)))
    refused(ReversalNotYours, lambda: reverse(supervisor, of_another, at(DAY, 17)))
    assert reversal_effect(supervisor, at(DAY, 17), own.payment_id).obstacle == "reversal.handed_in"
    assert reversal_effect(book.manager, at(DAY, 17), own.payment_id).obstacle == ""


def test_two_who_count_at_once_count_once() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)
    counters = [book.manager, book.approver]

    results = all_at_once(2, lambda index: count(counters[index], receipt, 10_000))

    assert sorted(type(result).__name__ for result in results) == ["CashChecked", "HandInChecked"]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'cash.checked'") == [(1,)]
    assert is_clean()


def test_eight_presses_at_once_hand_in_once() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    take(supervisor, one, 10_000)

    results = all_at_once(8, lambda _: hand_in(supervisor, 10_000))

    assert sorted(type(result).__name__ for result in results) == ["HandInReceipt"] + ["NoCashToHandIn"] * 7
    assert rows("SELECT count(*), sum(amount_cents) FROM cash_hand_ins") == [(1, 10_000)]
    assert is_clean()


def test_a_reversal_and_a_hand_in_at_once_leave_either_but_never_both() -> None:
    supervisor, (one, _) = a_street(Book.opened())
    paid = take(supervisor, one, 10_000, hour=17)
    deeds = (lambda: hand_in(supervisor, 10_000), lambda: reverse(supervisor, paid, at(DAY, 17)))

    results = all_at_once(2, lambda index: deeds[index]())

    names = {type(result).__name__ for result in results}
    assert names in ({"HandInReceipt", "ReversalOfHandedIn"}, {"NoCashToHandIn", "NoneType"})
    assert is_clean()


def test_verify_finds_a_count_that_somebody_changed() -> None:
    book = Book.opened()
    supervisor, (one, _) = a_street(book)
    take(supervisor, one, 10_000)
    receipt = hand_in(supervisor, 10_000)
    count(book.manager, receipt, 9_000, reason="Faltou")
    with Session.begin() as session:
        session.connection().exec_driver_sql("UPDATE cash_hand_ins SET counted_cents = 10000")

    found = verify(SYSTEM, lambda: at(DAY), lambda _: None)[0]

    assert [(each.invariant, each.record) for each in found] == [("5 cash", f"count {receipt.hand_in_id}")]
