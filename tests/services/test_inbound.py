"""Webhooks: stored once as they came, applied later in any order, once, and bounded in their patience."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.delivery import Accepted, AckReceived, ConnectionChanged, Fact, Nothing, TextReceived, TextSent, Unknown
from domain.permissions import NOBODY, SYSTEM, PermissionMissing
from loanapp.clock import Moment
from loanapp.clock import at as moment_at
from loanapp.services import inbound
from tests.build.book import Book, a_day, at, everything, rows
from tests.build.texts import (
    INSTANCE,
    MORNING,
    RECIPIENT,
    a_queued_charge,
    a_sent_charge,
    claimed,
    moves,
    settle,
    statuses,
)

pytestmark = pytest.mark.usefixtures("database")
KEY = "3EB0AD7EF955F15085BDCF"


@pytest.fixture
def book() -> Book:
    return Book.opened()


def store(key: str, moment: Moment = MORNING, *, event: str = "messages.update", is_state: bool = False) -> UUID:
    payload = {"data": {"keyId": KEY}}
    return inbound.store_event(
        NOBODY,
        moment,
        inbound.StoreEvent(instance=INSTANCE, event=event, dedupe_key=key, payload=payload, is_state=is_state),
    )


def apply(fact: Fact, moment: Moment = MORNING, *, key: str = "one") -> str:
    return inbound.apply_event(SYSTEM, moment, inbound.ApplyEvent(event_id=store(key, moment), fact=fact))


class TestStore:
    def test_an_event_delivered_twice_is_one_row(self) -> None:
        assert store("a") == store("a", at("2026-02-11", 11))
        assert rows("SELECT dedupe_key, received_at, handled_at FROM inbound_events") == [("a", MORNING.now, None)]

    def test_of_a_state_only_the_newest_is_kept_and_applied_again(self) -> None:
        event_id = store("state", event="connection.update", is_state=True)
        inbound.apply_event(SYSTEM, MORNING, inbound.ApplyEvent(event_id=event_id, fact=Nothing()))

        store("state", at("2026-02-11", 11), event="connection.update", is_state=True)

        assert rows("SELECT received_at, handled_at, attempts FROM inbound_events") == [
            (at("2026-02-11", 11).now, None, 0)
        ]

    def test_nobody_may_store_but_not_apply(self) -> None:
        event_id = store("a")
        before = everything()
        with pytest.raises(PermissionMissing):
            inbound.apply_event(NOBODY, MORNING, inbound.ApplyEvent(event_id=event_id, fact=Nothing()))
        assert everything() == before


class TestAcks:
    def test_acks_take_a_text_up_the_ladder(self, book: Book) -> None:
        a_sent_charge(book)

        for minute, ack in enumerate(("SERVER_ACK", "DELIVERY_ACK", "READ")):
            assert apply(AckReceived(key=KEY, ack=ack), at("2026-02-11", 11 + minute), key=ack) == "APPLIED"

        assert rows("SELECT status, provider_status, sent_at, delivered_at, read_at FROM messages") == [
            ("READ", "READ", MORNING.now, at("2026-02-11", 12).now, at("2026-02-11", 13).now)
        ]
        assert moves()[-3:] == [("SENT", "SENT", ""), ("SENT", "DELIVERED", ""), ("DELIVERED", "READ", "")]

    def test_acks_out_of_order_end_in_the_same_state(self, book: Book) -> None:
        a_sent_charge(book)

        outcomes = [apply(AckReceived(key=KEY, ack=ack), key=ack) for ack in ("READ", "DELIVERY_ACK", "SERVER_ACK")]

        assert outcomes == ["APPLIED", "NO_CHANGE", "NO_CHANGE"]
        assert rows("SELECT status, delivered_at, read_at FROM messages") == [("READ", MORNING.now, MORNING.now)]

    def test_an_error_ack_fails_the_text(self, book: Book) -> None:
        a_sent_charge(book)
        assert apply(AckReceived(key=KEY, ack="ERROR")) == "APPLIED"
        assert statuses() == [("FAILED", "REFUSED")]

    def test_an_event_is_applied_once(self, book: Book) -> None:
        a_sent_charge(book)
        apply(AckReceived(key=KEY, ack="SERVER_ACK"))
        before = everything()

        assert apply(AckReceived(key=KEY, ack="READ")) == "LEFT"

        assert everything() == before

    def test_an_ack_that_overtook_the_answer_waits_and_is_due_when_the_answer_comes(self, book: Book) -> None:
        a_queued_charge(book)
        text = claimed()
        assert apply(AckReceived(key=KEY, ack="DELIVERY_ACK")) == "WAITING"
        assert rows("SELECT available_at, handled_at FROM inbound_events") == [
            (MORNING.now + timedelta(seconds=60), None)
        ]

        settle(text, Accepted(key=KEY, recipient=RECIPIENT))

        assert rows("SELECT available_at FROM inbound_events") == [(MORNING.now,)]
        assert apply(AckReceived(key=KEY, ack="DELIVERY_ACK")) == "APPLIED"
        assert statuses() == [("DELIVERED", "")]

    def test_an_ack_about_a_text_that_is_not_ours_is_given_up(self) -> None:
        fact = AckReceived(key="SOMEBODY_ELSES", ack="READ")
        moment = MORNING
        outcomes = []
        for _ in range(12):
            outcomes.append(apply(fact, moment))
            moment = moment_at(rows("SELECT available_at FROM inbound_events")[0][0])
        assert outcomes == ["WAITING"] * 11 + ["UNMATCHED"]
        assert rows("SELECT handled_at IS NOT NULL FROM inbound_events") == [(True,)]


class TestSentTexts:
    def test_an_unknown_text_is_found_by_its_exact_words(self, book: Book) -> None:
        a_queued_charge(book)
        text = claimed()
        settle(text, Unknown(detail="ReadTimeout"))

        assert apply(TextSent(key=KEY, recipient=RECIPIENT, text=text.body)) == "APPLIED"

        assert rows("SELECT status, provider_key, sent_at FROM messages") == [("SENT", KEY, MORNING.now)]

    @pytest.mark.parametrize(("recipient", "tail"), [("5511900000000@s.whatsapp.net", ""), (RECIPIENT, " ")])
    def test_another_recipient_or_other_words_are_no_match(self, book: Book, recipient: str, tail: str) -> None:
        a_queued_charge(book)
        text = claimed()
        settle(text, Unknown(detail="ReadTimeout"))

        assert apply(TextSent(key=KEY, recipient=recipient, text=text.body + tail)) == "WAITING"

        assert statuses() == [("UNKNOWN", "")]

    def test_a_text_whose_answer_is_still_to_come_is_waited_for(self, book: Book) -> None:
        a_queued_charge(book)
        text = claimed()
        assert apply(TextSent(key=KEY, recipient=RECIPIENT, text=text.body)) == "WAITING"
        assert statuses() == [("SENDING", "")]

    def test_a_text_that_is_known_needs_nothing(self, book: Book) -> None:
        a_sent_charge(book)
        assert apply(TextSent(key=KEY, recipient=RECIPIENT, text="")) == "KNOWN"


class TestReplies:
    @pytest.mark.parametrize("sender", [RECIPIENT, "5511987654321:3@s.whatsapp.net"])
    def test_an_opt_out_ends_the_channel_and_cancels_what_is_queued(self, book: Book, sender: str) -> None:
        a_queued_charge(book)

        assert apply(TextReceived(sender=sender, text="Sair!")) == "OPT_OUT"

        assert rows("SELECT accepts_messages, phone_flag, consent_on, consent_origin FROM clients") == [
            (False, "", a_day("2026-02-11"), "WhatsApp")
        ]
        assert statuses() == [("CANCELLED", "OPT_OUT")]
        assert rows("SELECT text::json ->> 'origin' FROM audit_events WHERE action = 'client.consent_changed'") == [
            ("whatsapp",)
        ]

    def test_a_wrong_number_flags_the_contact(self, book: Book) -> None:
        a_queued_charge(book)

        assert apply(TextReceived(sender=RECIPIENT, text="número errado")) == "WRONG_NUMBER"

        assert rows("SELECT accepts_messages, phone_flag FROM clients") == [(True, "WRONG_NUMBER")]
        assert statuses() == [("CANCELLED", "WRONG_NUMBER")]

    def test_whatsapp_s_short_form_of_a_mobile_is_the_same_borrower(self, book: Book) -> None:
        a_queued_charge(book, phone="(31) 98888-7777", state="MG")

        assert apply(TextReceived(sender="553188887777@s.whatsapp.net", text="SAIR")) == "OPT_OUT"

        assert rows("SELECT accepts_messages FROM clients") == [(False,)]

    def test_a_second_opt_out_notes_nothing(self, book: Book) -> None:
        a_queued_charge(book)
        apply(TextReceived(sender=RECIPIENT, text="SAIR"))

        assert apply(TextReceived(sender=RECIPIENT, text="SAIR"), key="two") == "OPT_OUT"

        assert rows("SELECT count(*) FROM audit_events WHERE action = 'client.consent_changed'") == [(1,)]

    @pytest.mark.parametrize(
        ("sender", "text", "outcome"),
        [(RECIPIENT, "Já paguei ontem", "FOR_A_PERSON"), ("5521900000000@s.whatsapp.net", "SAIR", "UNKNOWN_SENDER")],
    )
    def test_any_other_answer_changes_no_client_and_no_text(
        self, book: Book, sender: str, text: str, outcome: str
    ) -> None:
        a_queued_charge(book)
        before = rows("SELECT * FROM clients"), rows("SELECT * FROM messages")

        assert apply(TextReceived(sender=sender, text=text)) == outcome

        assert (rows("SELECT * FROM clients"), rows("SELECT * FROM messages")) == before


def owner() -> list[tuple[object, ...]]:
    return rows("SELECT name FROM inbound_events LEFT JOIN clients ON clients.id = client_id")


class TestWhose:
    def test_an_ack_and_the_news_of_a_sent_text_are_the_borrower_s(self, book: Book) -> None:
        a_sent_charge(book, KEY)
        apply(AckReceived(key=KEY, ack="READ"), key="one")
        apply(AckReceived(key=KEY, ack="DELIVERY_ACK"), key="two")
        apply(TextSent(key=KEY, recipient=RECIPIENT, text=""), key="three")

        assert owner() == [("Maria das Dores Silva",)] * 3

    def test_a_text_found_by_its_words_is_the_borrower_s(self, book: Book) -> None:
        a_queued_charge(book)
        text = claimed()
        settle(text, Unknown(detail="ReadTimeout"))

        apply(TextSent(key=KEY, recipient=RECIPIENT, text=text.body))

        assert owner() == [("Maria das Dores Silva",)]

    def test_an_ack_that_waits_is_nobody_s_yet(self, book: Book) -> None:
        a_queued_charge(book)

        apply(AckReceived(key=KEY, ack="READ"))

        assert owner() == [(None,)]

    @pytest.mark.parametrize("sender", [RECIPIENT, "551131234567@s.whatsapp.net"])
    @pytest.mark.parametrize("text", ["Já paguei ontem", "SAIR"])
    def test_an_answer_is_the_borrower_s_from_either_number(self, book: Book, sender: str, text: str) -> None:
        book.a_client("Maria das Dores Silva", phone="(11) 98765-4321", other_phone="(11) 3123-4567")

        apply(TextReceived(sender=sender, text=text))

        assert owner() == [("Maria das Dores Silva",)]

    def test_who_has_the_number_as_the_other_one_gets_texts_still(self, book: Book) -> None:
        book.a_client("Maria das Dores Silva", phone="(11) 98765-4321", other_phone="(11) 3123-4567")

        assert apply(TextReceived(sender="551131234567@s.whatsapp.net", text="SAIR")) == "UNKNOWN_SENDER"

        assert rows("SELECT accepts_messages FROM clients") == [(True,)]

    def test_an_answer_from_a_shared_number_is_of_whom_our_last_text_was_for(self, book: Book) -> None:
        book.a_client("Ana Filha", phone="(11) 98765-4321")
        a_sent_charge(book)

        apply(TextReceived(sender=RECIPIENT, text="Pago amanhã"))

        assert owner() == [("Maria das Dores Silva",)]

    def test_an_answer_from_a_shared_number_that_nobody_wrote_to_is_nobody_s(self, book: Book) -> None:
        for name in ("Ana Filha", "Maria Mãe"):
            book.a_client(name, phone="(11) 98765-4321")

        apply(TextReceived(sender=RECIPIENT, text="Oi"))

        assert owner() == [(None,)]


@pytest.mark.parametrize(
    ("state", "code", "paused"), [("connecting", 200, ""), ("close", 401, "LOGGED_OUT"), ("open", 200, "")]
)
def test_the_socket_s_state_is_kept_on_the_instance(state: str, code: int, paused: str) -> None:
    assert apply(ConnectionChanged(state=state, status_code=code)) == "CONNECTION"
    assert rows("SELECT name, connection_state, paused_reason FROM whatsapp_instances") == [(INSTANCE, state, paused)]


def test_what_asks_for_nothing_is_handled() -> None:
    assert apply(Nothing()) == "IGNORED"
    assert rows("SELECT outcome, attempts, handled_at FROM inbound_events") == [("IGNORED", 1, MORNING.now)]
