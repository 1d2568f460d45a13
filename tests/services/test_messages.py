"""What a person may send: one reminder a day by hand, a failed text again, each refused with nothing changed."""

from uuid import UUID

import pytest

from domain.clients import ClientNotFound
from domain.delivery import Accepted, InvalidNumber, Refused
from domain.errors import DomainError
from domain.messages import (
    MessageAlreadyToday,
    MessageNotFound,
    MessageNothingOwed,
    MessageNotResendable,
    MessageNumberFlagged,
    MessageOptedOut,
    MessageOutsideHours,
    MessageTooFrequent,
)
from domain.permissions import SYSTEM, PermissionMissing
from loanapp.clock import Moment
from loanapp.services import messages
from loanapp.services.delivery import ClaimedText
from tests.build.book import Book, an_id, at, everything, rows, run_cycles
from tests.build.texts import (
    DUE,
    MORNING,
    RECIPIENT,
    REMINDED,
    a_debtor,
    a_queued_charge,
    change_rows,
    claim,
    claimed,
    pay_with_receipt,
    settle,
    statuses,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def the_client() -> UUID:
    return rows("SELECT id FROM clients")[0][0]


def the_message() -> UUID:
    return rows("SELECT id FROM messages ORDER BY created_at DESC LIMIT 1")[0][0]


def remind(book: Book, moment: Moment = MORNING) -> messages.QueuedText:
    return messages.queue_charge(book.manager, moment, messages.QueueCharge(client_id=the_client()))


def send_again(book: Book, message_id: UUID, moment: Moment = MORNING) -> messages.QueuedText:
    return messages.resend(book.manager, moment, messages.Resend(message_id=message_id))


class TestQueueCharge:
    def test_a_reminder_by_hand_is_a_row_of_its_author(self, book: Book) -> None:
        a_debtor(book)

        queued = remind(book)

        assert rows("SELECT id, dedupe_key, status, created_by, available_at FROM messages") == [
            (queued.message_id, f"charge:{the_client()}:{REMINDED}", "QUEUED", book.manager.user_id, MORNING.now)
        ]
        assert rows("SELECT record_id FROM audit_events WHERE action = 'message.queued'") == [(str(queued.message_id),)]

    def test_before_the_window_it_waits_for_it(self, book: Book) -> None:
        a_debtor(book)

        assert remind(book, at(REMINDED, 6)).available_at == at(REMINDED, 8).now

    def test_a_persons_order_approves_a_formal_step(self, book: Book) -> None:
        a_debtor(book, due="2026-01-20")
        run_cycles(REMINDED)
        assert statuses() == [("WITHHELD", "NOT_APPROVED")]

        remind(book)

        assert rows("SELECT dedupe_key LIKE 'resend:%', template FROM messages WHERE status = 'QUEUED'") == [
            (True, "D+15")
        ]

    def test_a_reminder_of_what_is_due_today_may_leave_in_the_afternoon_when_a_person_sends_it(
        self, book: Book
    ) -> None:
        a_debtor(book)

        remind(book, at(DUE, 15))

        assert isinstance(claim(at(DUE, 15)), ClaimedText)

    @pytest.mark.parametrize(
        ("change", "hour", "refusal"),
        [
            ("UPDATE invoices SET status = 'RENEGOTIATED'", 10, MessageNothingOwed),
            ("UPDATE clients SET accepts_messages = false", 10, MessageOptedOut),
            ("UPDATE clients SET phone_flag = 'WRONG_NUMBER'", 10, MessageNumberFlagged),
            ("UPDATE clients SET state = 'RJ'", 19, MessageOutsideHours),
        ],
    )
    def test_what_may_not_be_sent_is_refused(
        self, book: Book, change: str, hour: int, refusal: type[DomainError]
    ) -> None:
        a_debtor(book)
        change_rows(change)
        before = everything()

        with pytest.raises(refusal):
            remind(book, at(REMINDED, hour))

        assert everything() == before

    def test_a_second_reminder_of_the_day_is_refused(self, book: Book) -> None:
        a_queued_charge(book)
        before = everything()

        with pytest.raises(MessageAlreadyToday):
            remind(book)

        assert everything() == before

    def test_a_fourth_reminder_of_a_week_is_refused(self, book: Book) -> None:
        a_debtor(book, due="2026-02-02")
        for day in ("2026-02-03", "2026-02-04", "2026-02-05"):
            remind(book, at(day, 10))
            settle(claimed(at(day, 10)), Accepted(key=day, recipient=RECIPIENT), at(day, 10))
        before = everything()

        with pytest.raises(MessageTooFrequent):
            remind(book, at("2026-02-06", 10))

        assert everything() == before

    def test_a_client_who_does_not_exist_is_refused(self, book: Book) -> None:
        with pytest.raises(ClientNotFound):
            messages.queue_charge(book.manager, MORNING, messages.QueueCharge(client_id=an_id()))

    def test_who_may_not_send_is_refused(self, book: Book) -> None:
        a_debtor(book)
        before = everything()

        with pytest.raises(PermissionMissing):
            messages.queue_charge(SYSTEM, MORNING, messages.QueueCharge(client_id=the_client()))

        assert everything() == before


class TestResend:
    def test_a_failed_reminder_becomes_a_new_row_once_a_day(self, book: Book) -> None:
        a_queued_charge(book)
        settle(claimed(), Refused(detail="400"))
        failed = the_message()

        queued = send_again(book, failed, at(REMINDED, 11))

        assert rows("SELECT id, status, dedupe_key FROM messages ORDER BY created_at") == [
            (failed, "FAILED", f"charge:{the_client()}:{REMINDED}"),
            (queued.message_id, "QUEUED", f"resend:{failed}:{REMINDED}"),
        ]
        assert rows("SELECT count(DISTINCT reference) FROM messages") == [(2,)]
        with pytest.raises(MessageAlreadyToday):
            send_again(book, failed, at(REMINDED, 11))

    def test_a_failed_receipt_is_written_from_its_own_figures(self, book: Book) -> None:
        loan = a_debtor(book)
        pay_with_receipt(book, loan, "40,00", DUE)
        settle(claimed(at(DUE, 12)), Refused(detail="400"), at(DUE, 12))

        queued = send_again(book, the_message(), at("2026-02-11", 12))

        assert rows("SELECT body FROM messages WHERE status = 'QUEUED'")[0][0].startswith(
            "Olá, Maria. Recebemos seu pagamento de R$ 40,00, de 10/02/2026, do contrato 1."
        )
        assert queued.available_at == at("2026-02-11", 12).now

    def test_a_number_that_is_not_on_whatsapp_gets_no_second_text(self, book: Book) -> None:
        a_queued_charge(book)
        settle(claimed(), InvalidNumber(detail="400"))
        before = everything()

        with pytest.raises(MessageNumberFlagged):
            send_again(book, the_message())

        assert everything() == before

    def test_only_a_failed_text_is_sent_again(self, book: Book) -> None:
        a_queued_charge(book)
        before = everything()

        with pytest.raises(MessageNotResendable):
            send_again(book, the_message())
        with pytest.raises(MessageNotFound):
            send_again(book, an_id())

        assert everything() == before


def test_resuming_an_instance_that_runs_changes_nothing(book: Book) -> None:
    messages.resume_sending(book.manager, MORNING, messages.ResumeSending(instance="loanapp"))
    before = everything()

    messages.resume_sending(book.manager, MORNING, messages.ResumeSending(instance="loanapp"))

    assert everything() == before
