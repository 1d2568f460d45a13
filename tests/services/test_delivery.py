"""The sender's use cases: the lease, the claim that decides again, the settling fenced by the attempt."""

from datetime import timedelta

import pytest

from domain.delivery import Accepted, Answer, Config, InvalidNumber, NotSent, Refused, Unknown
from domain.messages import MessageNotFound
from domain.permissions import NOBODY, SYSTEM, PermissionMissing
from loanapp.clock import Moment
from loanapp.clock import at as moment_at
from loanapp.services import delivery, messages
from loanapp.services.delivery import ClaimedText, PassedOver, Pause
from tests.build.book import Book, an_id, at, everything, rows
from tests.build.texts import (
    INSTANCE,
    LEASE,
    MORNING,
    PHONE,
    RECIPIENT,
    REMINDED,
    a_queued_charge,
    change_rows,
    claim,
    claimed,
    moves,
    settle,
    statuses,
)

pytestmark = pytest.mark.usefixtures("database")
ACCEPTED = Accepted(key="3EB0AD7EF955F15085BDCF", recipient=RECIPIENT)


@pytest.fixture
def book() -> Book:
    return Book.opened()


def later(**times: float) -> Moment:
    return moment_at(MORNING.now + timedelta(**times))


class TestLease:
    def test_only_one_sender_has_an_instance_at_a_time(self) -> None:
        first, second = an_id(), an_id()
        order = delivery.TakeLease(instance=INSTANCE, holder=first, lease=LEASE)
        assert delivery.take_lease(SYSTEM, MORNING, order) == delivery.Lease(is_mine=True, is_open=True)

        other = delivery.TakeLease(instance=INSTANCE, holder=second, lease=LEASE)
        assert delivery.take_lease(SYSTEM, MORNING, other) == delivery.Lease(is_mine=False)
        assert delivery.take_lease(SYSTEM, later(seconds=180), other).is_mine

    def test_a_sender_that_lost_its_lease_gives_back_nothing(self) -> None:
        first, second = an_id(), an_id()
        for holder, moment in ((first, MORNING), (second, later(seconds=180))):
            delivery.take_lease(SYSTEM, moment, delivery.TakeLease(instance=INSTANCE, holder=holder, lease=LEASE))

        delivery.release_lease(SYSTEM, later(seconds=181), delivery.ReleaseLease(instance=INSTANCE, holder=first))

        assert rows("SELECT lease_holder FROM whatsapp_instances") == [(second,)]

    def test_nobody_but_the_system_delivers(self) -> None:
        with pytest.raises(PermissionMissing):
            delivery.take_lease(NOBODY, MORNING, delivery.TakeLease(instance=INSTANCE, holder=an_id(), lease=LEASE))
        assert rows("SELECT count(*) FROM whatsapp_instances") == [(0,)]


class TestClaim:
    def test_a_due_text_is_claimed_once(self, book: Book) -> None:
        a_queued_charge(book)

        text = claimed()

        assert (text.attempt, text.phone) == (1, PHONE)
        assert text.body == rows("SELECT body FROM messages")[0][0]
        assert statuses() == [("SENDING", "")]
        assert claim() is None

    def test_nothing_is_claimed_before_the_window_opens(self, book: Book) -> None:
        a_queued_charge(book)

        assert claim(at(REMINDED, 7)) is None
        assert isinstance(claim(at(REMINDED, 8)), ClaimedText)

    def test_nothing_is_claimed_without_the_lease(self, book: Book) -> None:
        a_queued_charge(book)
        stranger = delivery.ClaimNext(instance=INSTANCE, holder=an_id(), lease=LEASE)

        assert delivery.claim_next(SYSTEM, MORNING, stranger) is None
        assert statuses() == [("QUEUED", "")]

    @pytest.mark.parametrize(
        ("change", "moment", "reason"),
        [
            ("UPDATE invoices SET status = 'RENEGOTIATED'", MORNING, "PAID"),
            ("UPDATE clients SET accepts_messages = false", MORNING, "OPT_OUT"),
            ("UPDATE clients SET phone_flag = 'WRONG_NUMBER'", MORNING, "NUMBER"),
            ("UPDATE company_settings SET address = '', late_fee_pct = 2", at("2026-02-12", 10), "STALE"),
            ("UPDATE clients SET state = 'RJ'", at(REMINDED, 19), "NO_WINDOW"),
        ],
    )
    def test_what_raced_the_queue_is_withheld_at_send_time(
        self, book: Book, change: str, moment: Moment, reason: str
    ) -> None:
        a_queued_charge(book)
        change_rows(change)

        assert claim(moment) == PassedOver()

        assert statuses() == [("WITHHELD", reason)]
        assert moves()[-1] == ("QUEUED", "WITHHELD", reason)

    def test_a_borrower_who_moved_west_waits_for_the_window_there(self, book: Book) -> None:
        a_queued_charge(book)
        change_rows("UPDATE clients SET state = 'AC'")

        assert claim() == PassedOver()

        assert rows("SELECT status, available_at FROM messages") == [("QUEUED", at(REMINDED, 11).now)]

    def test_an_amount_that_changed_is_written_anew_in_the_same_words(self, book: Book) -> None:
        a_queued_charge(book)
        reference = rows("SELECT reference FROM messages")[0][0]
        change_rows("UPDATE invoices SET mora_cents = 500, mora_frozen_cents = 500")

        text = claimed()

        assert "Valor para pagamento até 11/02/2026: R$ 107,00." in text.body
        assert text.body.endswith(f"Ref. {reference}")
        assert rows("SELECT snapshot ->> 'total_cents', body FROM messages") == [("10700", text.body)]

    def test_a_text_that_can_no_longer_be_written_is_withheld(self, book: Book) -> None:
        a_queued_charge(book)
        change_rows("UPDATE invoices SET mora_cents = 500")
        change_rows("UPDATE company_settings SET address = ''")

        assert claim() == PassedOver()
        assert statuses() == [("WITHHELD", "INCOMPLETE")]

    def test_texts_of_one_instance_are_seconds_apart(self, book: Book) -> None:
        a_queued_charge(book)
        settle(claimed(), NotSent(detail="ConnectError"), jitter=1.0)
        a_queued_charge_of_another(book)

        assert claim() == Pause(until=later(seconds=15).now)
        assert isinstance(claim(later(seconds=15)), ClaimedText)

    def test_nothing_leaves_while_the_socket_is_closed(self, book: Book) -> None:
        a_queued_charge(book)
        delivery.note_connection(SYSTEM, MORNING, delivery.NoteConnection(instance=INSTANCE, state="close"))

        assert claim() is None
        assert statuses() == [("QUEUED", "")]

        delivery.note_connection(SYSTEM, MORNING, delivery.NoteConnection(instance=INSTANCE, state="open"))
        assert isinstance(claim(), ClaimedText)


class TestSettle:
    def test_an_accepted_text_is_sent_with_the_key_of_its_acks(self, book: Book) -> None:
        a_queued_charge(book)

        assert settle(claimed(), ACCEPTED) == "SENT"

        assert rows(
            "SELECT provider_key, provider_recipient, provider_status, sent_at, leased_until, attempts FROM messages"
        ) == [("3EB0AD7EF955F15085BDCF", RECIPIENT, "PENDING", MORNING.now, None, 1)]
        assert moves() == [(None, "QUEUED", ""), ("QUEUED", "SENDING", ""), ("SENDING", "SENT", "")]

    def test_what_never_left_is_tried_three_times(self, book: Book) -> None:
        a_queued_charge(book)
        not_sent = NotSent(detail="ConnectError")

        assert settle(claimed(), not_sent) == "QUEUED"
        assert claim(later(seconds=29)) is None
        assert settle(claimed(later(seconds=30)), not_sent, later(seconds=30)) == "QUEUED"
        assert settle(claimed(later(seconds=90)), not_sent, later(seconds=90)) == "FAILED"

        assert rows("SELECT status, reason, attempts FROM messages") == [("FAILED", "TRIES_SPENT", 3)]

    @pytest.mark.parametrize(
        ("answer", "status", "reason", "flag", "paused"),
        [
            (Refused(detail="400"), "FAILED", "REFUSED", "", ""),
            (InvalidNumber(detail="400"), "FAILED", "NUMBER", "NOT_ON_WHATSAPP", ""),
            (Config(detail="401"), "FAILED", "CONFIG", "", "CONFIG"),
            (Unknown(detail="ReadTimeout"), "UNKNOWN", "", "", ""),
            (
                Accepted(key="K", recipient="551133334444@s.whatsapp.net"),
                "SENT",
                "WRONG_RECIPIENT",
                "WRONG_RECIPIENT",
                "",
            ),
        ],
    )
    def test_every_answer_has_its_consequence(
        self, book: Book, answer: Answer, status: str, reason: str, flag: str, paused: str
    ) -> None:
        a_queued_charge(book)

        settle(claimed(), answer)

        assert statuses() == [(status, reason)]
        assert rows("SELECT phone_flag FROM clients") == [(flag,)]
        assert rows("SELECT paused_reason FROM whatsapp_instances") == [(paused,)]

    def test_a_paused_instance_sends_again_when_a_person_resumes_it(self, book: Book) -> None:
        a_queued_charge(book)
        settle(claimed(), Config(detail="401"))
        order = delivery.TakeLease(instance=INSTANCE, holder=an_id(), lease=LEASE)
        assert not delivery.take_lease(SYSTEM, MORNING, order).is_mine

        messages.resume_sending(book.manager, MORNING, messages.ResumeSending(instance=INSTANCE))

        assert delivery.take_lease(SYSTEM, MORNING, order).is_mine
        assert rows("SELECT action FROM audit_events WHERE chain = 'system' ORDER BY id DESC LIMIT 1") == [
            ("whatsapp.resumed",)
        ]

    def test_an_unknown_text_is_never_claimed_again(self, book: Book) -> None:
        a_queued_charge(book)
        settle(claimed(), Unknown(detail="ReadTimeout"))

        assert claim(later(hours=1)) is None
        assert statuses() == [("UNKNOWN", "")]

    def test_a_text_whose_sender_never_came_back_is_unknown(self, book: Book) -> None:
        a_queued_charge(book)
        claimed()

        assert delivery.expire_leases(SYSTEM, later(seconds=180), delivery.ExpireLeases()) == 0
        assert delivery.expire_leases(SYSTEM, later(seconds=181), delivery.ExpireLeases()) == 1

        assert statuses() == [("UNKNOWN", "LEASE_OVER")]

    def test_a_late_answer_moves_its_text_forward_only(self, book: Book) -> None:
        a_queued_charge(book)
        text = claimed()
        delivery.expire_leases(SYSTEM, later(seconds=181), delivery.ExpireLeases())

        assert settle(text, NotSent(detail="ConnectError"), later(seconds=182)) == "UNKNOWN"
        assert settle(text, ACCEPTED, later(seconds=183)) == "SENT"
        assert settle(text, Refused(detail="400"), later(seconds=184)) == "SENT"

    def test_an_answer_to_an_earlier_try_changes_nothing(self, book: Book) -> None:
        a_queued_charge(book)
        first = claimed()
        settle(first, NotSent(detail="ConnectError"))
        claimed(later(seconds=30))
        before = moves(), statuses()

        assert settle(first, ACCEPTED, later(seconds=31)) == "SENDING"

        assert (moves(), statuses()) == before

    def test_a_text_that_does_not_exist_is_refused(self) -> None:
        before = everything()
        with pytest.raises(MessageNotFound):
            settle(ClaimedText(message_id=an_id(), attempt=1, phone=PHONE, body=""), ACCEPTED)
        assert everything() == before


def a_queued_charge_of_another(book: Book) -> None:
    """Queue a reminder to somebody else by hand."""
    client_id = book.a_client("João Lima")
    book.a_loan(client_id, principal="50,00", first_due="2026-02-10")
    messages.queue_charge(book.manager, MORNING, messages.QueueCharge(client_id=client_id))
