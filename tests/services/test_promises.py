"""Promises to pay: what one may be, what it stops and until when, what became of it; refusals change nothing."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.cycles import Cycle
from domain.errors import DomainError, SeveralProblems
from domain.follow_ups import (
    FollowUpKind,
    PromiseDateImpossible,
    PromiseState,
    PromiseTooLarge,
    PromiseWithoutDebt,
    promise_state,
)
from domain.messages import MessagePromised
from domain.money import Money, parse_brl
from domain.payments import PaymentMethod, PaymentMethodBringsNoMoney, PaymentNotPositive
from loanapp.models import promises
from loanapp.models.base import Session
from loanapp.services import follow_ups, messages
from loanapp.services.follow_ups import RecordFollowUp, TakeBack
from tests.build.book import Book, a_day, an_id, at, everything, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import DUE, MORNING, REMINDED, a_debtor, a_queued_charge, statuses

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def the_client() -> UUID:
    return rows("SELECT id FROM clients")[0][0]


def a_promise(until: str = "2026-02-13", amount: str = "60,00", **changes: object) -> RecordFollowUp:
    promise = RecordFollowUp(
        follow_up_id=an_id(),
        client_id=the_client(),
        kind=FollowUpKind.PROMISE,
        promised_on=a_day(until),
        promised=parse_brl(amount),
        promised_method=PaymentMethod.PIX,
    )
    return replace(promise, **changes)


class TestPromise:
    def test_a_promise_keeps_its_day_amount_and_method(self, book: Book) -> None:
        a_debtor(book)

        follow_ups.record(book.manager, MORNING, a_promise())

        assert rows("SELECT promised_on, promised_cents, promised_method, outcome FROM follow_ups") == [
            (a_day("2026-02-13"), 6_000, "PIX", "")
        ]

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"promised_on": None}, PromiseDateImpossible),
            ({"promised_on": date(2026, 2, 10)}, PromiseDateImpossible),
            ({"promised_on": date(2026, 4, 13)}, PromiseDateImpossible),
            ({"promised": Money.ZERO}, PaymentNotPositive),
            ({"promised": Money(102_001 * 10)}, PromiseTooLarge),
            ({"promised_method": None}, PaymentMethodBringsNoMoney),
            ({"promised_method": PaymentMethod.CREDIT}, PaymentMethodBringsNoMoney),
        ],
    )
    def test_a_promise_that_cannot_be_is_refused(
        self, book: Book, changes: dict[str, object], refusal: type[DomainError]
    ) -> None:
        a_debtor(book)
        before = everything()

        with pytest.raises(refusal):
            follow_ups.record(book.manager, MORNING, a_promise(**changes))

        assert everything() == before

    def test_the_first_and_the_last_possible_day_are_taken(self, book: Book) -> None:
        a_debtor(book)

        follow_ups.record(book.manager, MORNING, a_promise("2026-02-11"))
        follow_ups.record(book.manager, MORNING, a_promise("2026-04-12"))

        assert rows("SELECT promised_on FROM follow_ups WHERE undone_at IS NULL") == [(a_day("2026-04-12"),)]

    def test_all_problems_come_at_once(self, book: Book) -> None:
        a_debtor(book)

        with pytest.raises(SeveralProblems) as refused:
            follow_ups.record(book.manager, MORNING, a_promise(promised_on=None, promised=Money.ZERO))

        assert [problem.field for problem in refused.value.problems] == ["promised_on", "promised"]

    def test_who_owes_nothing_promises_nothing(self, book: Book) -> None:
        book.a_client()
        before = everything()

        with pytest.raises(PromiseWithoutDebt):
            follow_ups.record(book.manager, MORNING, a_promise())

        assert everything() == before

    def test_a_new_promise_takes_back_the_one_that_stands(self, book: Book) -> None:
        a_debtor(book)
        first, second = a_promise(), a_promise("2026-02-20")
        follow_ups.record(book.manager, MORNING, first)

        recorded = follow_ups.record(book.approver, at(REMINDED, 11), second)

        assert recorded.replaced_id == first.follow_up_id
        assert rows("SELECT id, undone_at, undone_by FROM follow_ups ORDER BY at") == [
            (first.follow_up_id, at(REMINDED, 11).now, book.approver.user_id),
            (second.follow_up_id, None, None),
        ]
        assert rows("SELECT record_id FROM audit_events WHERE action = 'follow_up.taken_back'") == [
            (str(first.follow_up_id),)
        ]

    def test_a_promise_that_was_broken_stays_as_it_is(self, book: Book) -> None:
        a_debtor(book)
        follow_ups.record(book.manager, MORNING, a_promise("2026-02-12"))

        recorded = follow_ups.record(book.manager, at("2026-02-16"), a_promise("2026-02-20"))

        assert recorded.replaced_id is None

    def test_a_queued_reminder_is_cancelled_and_a_receipt_is_not(self, book: Book) -> None:
        a_queued_charge(book)

        recorded = follow_ups.record(book.manager, MORNING, a_promise())

        assert (recorded.reminders_cancelled, statuses()) == (1, [("CANCELLED", "PROMISE_MADE")])

    def test_nobody_reminds_by_hand_while_a_promise_stands(self, book: Book) -> None:
        a_debtor(book)
        follow_ups.record(book.manager, MORNING, a_promise("2026-02-12"))
        before = everything()

        with pytest.raises(MessagePromised):
            messages.queue_charge(book.manager, MORNING, messages.QueueCharge(client_id=the_client()))

        assert everything() == before
        messages.queue_charge(book.manager, at("2026-02-13", 10), messages.QueueCharge(client_id=the_client()))
        assert statuses() == [("QUEUED", "")]


class TestTheChargeCycle:
    def test_it_withholds_while_the_promise_stands_and_goes_on_the_day_after(self, book: Book) -> None:
        a_debtor(book)
        follow_ups.record(book.manager, at(DUE), a_promise("2026-02-12"))

        for day in ("2026-02-11", "2026-02-12", "2026-02-13"):
            run_cycles(day)

        assert rows("SELECT business_date, status, reason FROM messages ORDER BY business_date") == [
            (a_day("2026-02-11"), "WITHHELD", "PROMISE"),
            (a_day("2026-02-12"), "WITHHELD", "PROMISE"),
            (a_day("2026-02-13"), "QUEUED", ""),
        ]
        assert rows("SELECT messages_skipped FROM cycle_runs WHERE cycle = 'charge' AND messages_queued = 0")[0] == (
            {"PROMISE": 1},
        )

    def test_promises_cost_a_chunk_the_same_however_many_borrowers_it_has(self, book: Book, database: Engine) -> None:
        costs = []
        for debtors, day in ((1, "2026-02-11"), (6, "2026-02-12")):
            for _ in range(debtors):
                client = book.a_client()
                book.a_loan(client, principal="100,00", first_due="2026-02-10")
                follow_ups.record(book.manager, at("2026-02-10"), a_promise("2026-02-20", client_id=client))
            run_cycles(day, Cycle.OVERDUE, Cycle.MORA)
            with counted(database) as seen:
                run_cycles(day, Cycle.CHARGE)
            costs.append(len(seen))

        assert costs[0] == costs[1]
        assert statuses() == [("WITHHELD", "PROMISE")] * 8

    def test_a_promise_taken_back_withholds_nothing(self, book: Book) -> None:
        a_debtor(book)
        promise = a_promise("2026-02-12")
        follow_ups.record(book.manager, at(DUE), promise)
        follow_ups.take_back(book.manager, at(DUE), TakeBack(follow_up_id=promise.follow_up_id))

        run_cycles("2026-02-11")

        assert statuses() == [("QUEUED", "")]

    def test_a_promise_that_is_kept_withholds_nothing(self, book: Book) -> None:
        loan = a_debtor(book)
        follow_ups.record(book.manager, at(DUE, 10), a_promise("2026-02-12", "60,00"))
        book.pay(loan, "60,00", on=DUE)

        run_cycles("2026-02-11")

        assert statuses() == [("QUEUED", "")]

    def test_part_of_what_was_promised_keeps_nothing_and_the_promise_stands(self, book: Book) -> None:
        loan = a_debtor(book)
        follow_ups.record(book.manager, at(DUE, 10), a_promise("2026-02-12", "60,00"))
        book.pay(loan, "59,99", on=DUE)

        run_cycles("2026-02-11")

        assert statuses() == [("WITHHELD", "PROMISE")]

    def test_what_was_paid_before_the_promise_does_not_keep_it(self, book: Book) -> None:
        loan = a_debtor(book)
        book.pay(loan, "60,00", on=DUE)
        follow_ups.record(book.manager, at(DUE, 14), a_promise("2026-02-12", "40,00"))

        run_cycles("2026-02-11")

        assert statuses() == [("WITHHELD", "PROMISE")]


@pytest.mark.parametrize(
    ("received", "is_taken_back", "today", "state"),
    [
        (0, False, "2026-02-10", PromiseState.ACTIVE),
        (0, False, "2026-02-12", PromiseState.ACTIVE),
        (5_999, False, "2026-02-13", PromiseState.BROKEN),
        (6_000, False, "2026-02-10", PromiseState.KEPT),
        (6_000, False, "2026-02-13", PromiseState.KEPT),
        (6_000, True, "2026-02-13", PromiseState.TAKEN_BACK),
    ],
)
def test_what_became_of_a_promise_follows_from_what_was_received(
    received: int,
    is_taken_back: bool,  # noqa: FBT001 - a row of the table.
    today: str,
    state: PromiseState,
) -> None:
    assert (
        promise_state(
            promised_on=a_day("2026-02-12"),
            promised=Money(6_000),
            received=Money(received),
            is_taken_back=is_taken_back,
            today=a_day(today),
        )
        is state
    )


def test_money_that_was_reversed_keeps_no_promise(book: Book) -> None:
    loan = a_debtor(book)
    follow_ups.record(book.manager, MORNING, a_promise())
    paid = book.pay(loan, "60,00", on=REMINDED)
    assert promised_until(book) is None

    book.reverse(paid, on=REMINDED)

    assert promised_until(book) == a_day("2026-02-13")


def promised_until(book: Book) -> date | None:
    with Session() as session:
        found = session.execute(promises.standing(a_day(REMINDED))).all()
    assert book.manager
    return found[0][1] if found else None
