"""Reads of the communication log: exact rows, counts, and a bounded number of statements."""

import pytest
from sqlalchemy import Engine

from domain.delivery import Accepted, Unknown
from domain.messages import MessageKind, MessageStatus
from domain.permissions import NOBODY, PermissionMissing
from loanapp.queries import messages
from loanapp.queries.messages import MessagesFilter, MessagesView, SenderState
from tests.build.book import Book, at, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import (
    DUE,
    MORNING,
    RECIPIENT,
    REMINDED,
    a_debtor,
    a_queued_charge,
    a_sent_charge,
    claimed,
    pay_with_receipt,
    settle,
)

pytestmark = pytest.mark.usefixtures("database")
NOTHING = dict.fromkeys(MessageStatus, 0)


@pytest.fixture
def book() -> Book:
    return Book.opened()


def test_an_empty_log_is_an_empty_page(book: Book) -> None:
    page = messages.messages_page(book.manager, MORNING, MessagesFilter())
    assert (page.lines, page.total, page.by_status, page.today_by_status) == ((), 0, NOTHING, NOTHING)


def test_a_line_says_all_about_its_text(book: Book) -> None:
    a_sent_charge(book)

    (line,) = messages.messages_page(book.manager, MORNING, MessagesFilter()).lines

    assert (line.client_name, line.kind, line.template, line.status) == (
        "Maria das Dores Silva",
        MessageKind.CHARGE,
        "D+1",
        MessageStatus.SENT,
    )
    # 100,00 + 2,00 + 0,03 of one day.
    assert (line.total_cents, line.invoice_count, line.attempts, line.provider_status) == (10_203, 1, 1, "PENDING")
    assert (line.is_from_cycle, line.created_by_name) == (True, None)
    assert (line.created_at, line.sent_at, line.delivered_at) == (at(REMINDED, 7).now, MORNING.now, None)


def test_views_and_filters_choose_the_lines(book: Book) -> None:
    loan = a_debtor(book)
    pay_with_receipt(book, loan, "30,00", DUE)
    run_cycles(REMINDED)
    settle(claimed(at(DUE, 13)), Unknown(detail="ReadTimeout"), at(DUE, 13))

    def kinds(**parameters: object) -> list[str]:
        page = messages.messages_page(book.manager, MORNING, MessagesFilter(**parameters))
        assert page.total == len(page.lines)
        return [line.kind.value for line in page.lines]

    assert kinds() == ["CHARGE"]
    assert kinds(view=MessagesView.ALL) == ["CHARGE", "RECEIPT"]
    assert kinds(view=MessagesView.UNCONFIRMED) == ["RECEIPT"]
    assert kinds(view=MessagesView.QUEUED) == ["CHARGE"]
    assert kinds(view=MessagesView.FAILED) == []
    assert kinds(view=MessagesView.ALL, kind=MessageKind.RECEIPT) == ["RECEIPT"]
    assert kinds(view=MessagesView.ALL, status=MessageStatus.QUEUED) == ["CHARGE"]
    assert kinds(view=MessagesView.ALL, text="dores") == ["CHARGE", "RECEIPT"]
    assert kinds(view=MessagesView.ALL, text="ninguém") == []
    page = messages.messages_page(book.manager, MORNING, MessagesFilter())
    assert page.by_status == NOTHING | {MessageStatus.QUEUED: 1, MessageStatus.UNKNOWN: 1}
    assert page.today_by_status == NOTHING | {MessageStatus.QUEUED: 1}


def test_a_page_costs_three_statements_and_a_thread_two(book: Book, database: Engine) -> None:
    a_queued_charge(book)
    client_id = rows("SELECT id FROM clients")[0][0]
    with counted(database) as page:
        messages.messages_page(book.manager, MORNING, MessagesFilter(text="maria"))
    with counted(database) as thread:
        messages.thread(book.manager, MORNING, client_id)
    assert (len(page), len(thread)) == (3, 2)


def test_a_page_past_the_end_is_the_last(book: Book) -> None:
    for name in ("Ana Lima", "Bia Reis", "Caio Alves"):
        book.a_loan(book.a_client(name), principal="100,00", first_due=DUE)
    run_cycles(REMINDED)

    page = messages.messages_page(book.manager, MORNING, MessagesFilter(page=9, size=2))

    assert (len(page.lines), page.total) == (1, 3)


def test_a_thread_has_each_text_with_its_moves(book: Book) -> None:
    a_queued_charge(book)
    settle(claimed(), Accepted(key="K", recipient=RECIPIENT))
    client_id = rows("SELECT id FROM clients")[0][0]

    (text,) = messages.thread(book.manager, MORNING, client_id)

    assert [(move.from_status, move.to_status, move.attempt, move.answer) for move in text.moves] == [
        (None, MessageStatus.QUEUED, 0, ""),
        (MessageStatus.QUEUED, MessageStatus.SENDING, 1, ""),
        (MessageStatus.SENDING, MessageStatus.SENT, 1, "Accepted"),
    ]


def test_the_sender_s_state_counts_what_waits(book: Book) -> None:
    assert messages.sender_state(book.manager, MORNING, "loanapp") == SenderState(
        connection_state="open", state_changed_at=None, paused_reason="", queued=0
    )
    a_queued_charge(book)
    assert messages.sender_state(book.manager, MORNING, "loanapp").queued == 1


def test_who_may_not_see_texts_is_refused() -> None:
    with pytest.raises(PermissionMissing):
        messages.messages_page(NOBODY, MORNING, MessagesFilter())
