"""Notes, calls, visits and promises: recorded once, taken back with a trace, each refusal with nothing changed."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.clients import ClientNotFound, TextMissing, TextTooLong
from domain.cycles import Cycle
from domain.errors import DomainError, SeveralProblems
from domain.follow_ups import (
    FollowUpIdTaken,
    FollowUpKind,
    FollowUpNotFound,
    FollowUpOfAnother,
    Outcome,
    OutcomeMissing,
    PromiseDateImpossible,
    PromiseState,
    PromiseTooLarge,
    PromiseWithoutDebt,
    promise_state,
)
from domain.messages import MessagePromised
from domain.money import Money, parse_brl
from domain.payments import PaymentMethod, PaymentMethodBringsNoMoney, PaymentNotPositive
from domain.permissions import SYSTEM, PermissionMissing, Role
from loanapp.services import follow_ups, messages
from loanapp.services.follow_ups import RecordFollowUp, TakeBack
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import DUE, MORNING, REMINDED, a_debtor, a_queued_charge, change_rows, statuses

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def the_client() -> UUID:
    return rows("SELECT id FROM clients")[0][0]


def a_note(text: str = "Ligar só depois das 18h") -> RecordFollowUp:
    return RecordFollowUp(follow_up_id=an_id(), client_id=the_client(), kind=FollowUpKind.NOTE, text=text)


def a_call(outcome: Outcome | None = Outcome.ANSWERED) -> RecordFollowUp:
    return RecordFollowUp(follow_up_id=an_id(), client_id=the_client(), kind=FollowUpKind.CALL, outcome=outcome)


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


class TestRecord:
    def test_a_note_is_a_row_of_its_author_and_the_trail_keeps_only_its_hash(self, book: Book) -> None:
        book.a_client()
        note = a_note()

        follow_ups.record(book.manager, MORNING, note)

        assert rows("SELECT id, kind, outcome, text, author_id, business_date, at FROM follow_ups") == [
            (note.follow_up_id, "NOTE", "", "Ligar só depois das 18h", book.manager.user_id, a_day(REMINDED),
             MORNING.now)
        ]  # fmt: skip
        ((trail,),) = rows("SELECT text FROM audit_events WHERE action = 'follow_up.recorded'")
        assert "18h" not in trail
        assert "text_sha256" in trail

    def test_the_same_id_and_order_twice_is_one_entry(self, book: Book) -> None:
        book.a_client()
        note = a_note()
        follow_ups.record(book.manager, MORNING, note)
        before = everything()

        again = follow_ups.record(book.manager, at(REMINDED, 11), note)

        assert (again.follow_up_id, again.is_new, everything() == before) == (note.follow_up_id, False, True)

    def test_the_same_id_with_another_order_or_author_is_a_conflict(self, book: Book) -> None:
        book.a_client()
        note = a_note()
        follow_ups.record(book.manager, MORNING, note)
        before = everything()

        with pytest.raises(FollowUpIdTaken):
            follow_ups.record(book.manager, MORNING, replace(note, text="Outra coisa"))
        with pytest.raises(FollowUpIdTaken):
            follow_ups.record(book.approver, MORNING, note)

        assert everything() == before

    def test_a_text_with_markup_is_kept_as_typed(self, book: Book) -> None:
        book.a_client()

        follow_ups.record(book.manager, MORNING, a_note("<script>alert(1)</script> =1+1"))

        assert rows("SELECT text FROM follow_ups") == [("<script>alert(1)</script> =1+1",)]

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"text": "  "}, TextMissing),
            ({"text": "x" * 2_001}, TextTooLong),
            ({"kind": FollowUpKind.CALL, "outcome": None}, OutcomeMissing),
            ({"kind": FollowUpKind.VISIT, "outcome": None}, OutcomeMissing),
        ],
    )
    def test_an_entry_that_says_nothing_is_refused(
        self, book: Book, changes: dict[str, object], refusal: type[DomainError]
    ) -> None:
        book.a_client()
        before = everything()

        with pytest.raises(refusal):
            follow_ups.record(book.manager, MORNING, replace(a_note(), **changes))

        assert everything() == before

    def test_a_client_who_does_not_exist_and_an_actor_who_may_not_are_refused(self, book: Book) -> None:
        book.a_client()
        before = everything()

        with pytest.raises(ClientNotFound):
            follow_ups.record(book.manager, MORNING, replace(a_note(), client_id=an_id()))
        with pytest.raises(PermissionMissing):
            follow_ups.record(SYSTEM, MORNING, a_note())

        assert everything() == before

    def test_a_call_that_reached_somebody_else_stops_every_text_to_the_number(self, book: Book) -> None:
        a_queued_charge(book)

        follow_ups.record(book.manager, MORNING, a_call(Outcome.WRONG_CONTACT))

        assert rows("SELECT phone_flag FROM clients") == [("WRONG_NUMBER",)]
        assert statuses() == [("CANCELLED", "WRONG_NUMBER")]
        assert rows("SELECT record_kind FROM audit_events WHERE action = 'client.phone_flagged'") == [("follow_up",)]

    def test_a_visit_to_a_wrong_address_leaves_the_number_alone(self, book: Book) -> None:
        book.a_client()

        follow_ups.record(book.manager, MORNING, replace(a_call(Outcome.WRONG_CONTACT), kind=FollowUpKind.VISIT))

        assert rows("SELECT phone_flag FROM clients") == [("",)]


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


class TestTakeBack:
    def test_the_author_takes_back_and_the_row_stays(self, book: Book) -> None:
        book.a_client()
        note = a_note()
        follow_ups.record(book.manager, MORNING, note)

        follow_ups.take_back(book.manager, at(REMINDED, 11), TakeBack(follow_up_id=note.follow_up_id))
        before = everything()
        follow_ups.take_back(book.manager, at(REMINDED, 12), TakeBack(follow_up_id=note.follow_up_id))

        assert rows("SELECT text, undone_at, undone_by FROM follow_ups") == [
            ("Ligar só depois das 18h", at(REMINDED, 11).now, book.manager.user_id)
        ]
        assert everything() == before

    def test_the_management_takes_back_anothers_with_a_reason(self, book: Book) -> None:
        book.a_client()
        note = a_note()
        follow_ups.record(a_person(Role.RENEGOTIATION_ANALYST), MORNING, note)
        before = everything()

        with pytest.raises(TextMissing):
            follow_ups.take_back(book.manager, MORNING, TakeBack(follow_up_id=note.follow_up_id))
        assert everything() == before
        follow_ups.take_back(book.manager, MORNING, TakeBack(follow_up_id=note.follow_up_id, reason="Cliente errado"))

        assert rows("SELECT undone_by FROM follow_ups") == [(book.manager.user_id,)]

    def test_another_person_and_an_unknown_entry_are_refused(self, book: Book) -> None:
        book.a_client()
        note = a_note()
        follow_ups.record(book.manager, MORNING, note)
        before = everything()

        with pytest.raises(FollowUpOfAnother):
            follow_ups.take_back(
                a_person(Role.RENEGOTIATION_ANALYST), MORNING,
                TakeBack(follow_up_id=note.follow_up_id, reason="Não gostei"),
            )  # fmt: skip
        with pytest.raises(FollowUpNotFound):
            follow_ups.take_back(book.manager, MORNING, TakeBack(follow_up_id=an_id()))

        assert rows("SELECT undone_at FROM follow_ups") == [(None,)]
        assert len(everything()["audit_events"]) == len(before["audit_events"])

    def test_a_supervisor_records_and_takes_back_on_assigned_clients_only(self, book: Book) -> None:
        book.a_client()
        note, street = a_note(), a_person(Role.STREET_SUPERVISOR)
        follow_ups.record(book.manager, MORNING, note)
        before = everything()

        with pytest.raises(ClientNotFound):
            follow_ups.record(street, MORNING, a_note())
        with pytest.raises(FollowUpNotFound):
            follow_ups.take_back(street, MORNING, TakeBack(follow_up_id=note.follow_up_id))

        assert everything() == before
        change_rows("UPDATE clients SET supervisor_id = (SELECT id FROM users WHERE role = 'STREET_SUPERVISOR')")
        follow_ups.record(street, MORNING, a_note("Visitado"))
        with pytest.raises(FollowUpOfAnother):
            follow_ups.take_back(street, MORNING, TakeBack(follow_up_id=note.follow_up_id, reason="x"))

    def test_taking_back_the_call_that_flagged_the_number_trusts_it_again(self, book: Book) -> None:
        book.a_client()
        first, second = a_call(Outcome.WRONG_CONTACT), a_call(Outcome.WRONG_CONTACT)
        follow_ups.record(book.manager, MORNING, first)

        follow_ups.record(book.manager, MORNING, second)
        follow_ups.take_back(book.manager, MORNING, TakeBack(follow_up_id=second.follow_up_id))
        assert rows("SELECT phone_flag FROM clients") == [("WRONG_NUMBER",)]

        follow_ups.take_back(book.manager, MORNING, TakeBack(follow_up_id=first.follow_up_id))
        assert rows("SELECT phone_flag FROM clients") == [("",)]


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
