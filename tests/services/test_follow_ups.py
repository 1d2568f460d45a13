"""Notes, calls and visits: recorded once, taken back with a trace, each refusal with nothing changed."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.clients import ClientNotFound, TextMissing, TextTooLong
from domain.errors import DomainError
from domain.follow_ups import (
    FollowUpIdTaken,
    FollowUpKind,
    FollowUpNotFound,
    FollowUpOfAnother,
    Outcome,
    OutcomeMissing,
)
from domain.permissions import SYSTEM, PermissionMissing, Role
from loanapp.services import follow_ups
from loanapp.services.follow_ups import RecordFollowUp, TakeBack
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows
from tests.build.texts import MORNING, REMINDED, a_queued_charge, change_rows, statuses

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
