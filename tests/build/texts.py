"""Texts for tests: a borrower who owes, the charge cycle's row, and the sender's steps one by one."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.delivery import Accepted, Answer
from domain.money import parse_brl
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM
from loanapp.clock import Moment
from loanapp.models.base import Session
from loanapp.services import delivery, payments
from loanapp.services.delivery import Claim, ClaimedText
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, an_id, at, rows, run_cycles

INSTANCE = "loanapp"
PHONE = "+5511987654321"
RECIPIENT = "5511987654321@s.whatsapp.net"
LEASE = timedelta(seconds=180)
# A Tuesday, and the Wednesday after it, on which the first reminder of what is overdue is due.
DUE = "2026-02-10"
REMINDED = "2026-02-11"
MORNING = at(REMINDED, 10)


def a_debtor(book: Book, *, due: str = DUE, principal: str = "100,00", **contact: object) -> RequestReceipt:
    """Lend 100,00 to Maria, due in one instalment."""
    client_id = book.a_client("Maria das Dores Silva", **{"phone": "(11) 98765-4321", **contact})
    return book.a_loan(client_id, principal=principal, first_due=due)


def a_queued_charge(book: Book, **contact: object) -> RequestReceipt:
    """Run the cycles of the day after the due date: one reminder waits for its window."""
    loan = a_debtor(book, **contact)
    run_cycles(REMINDED)
    return loan


def pay_with_receipt(book: Book, loan: RequestReceipt, amount: str, day: str) -> None:
    """Register a payment at noon, and ask for its receipt."""
    payments.register_payment(
        book.manager,
        at(day),
        payments.RegisterPayment(
            payment_id=an_id(),
            request_id=loan.request_id,
            amount=parse_brl(amount),
            method=PaymentMethod.PIX,
            received_on=a_day(day),
            send_receipt=True,
        ),
    )


def claim(moment: Moment = MORNING, *, holder: UUID | None = None, instance: str = INSTANCE) -> Claim | None:
    """Take the lease, and claim the next text."""
    holder = holder or an_id()
    taken = delivery.take_lease(SYSTEM, moment, delivery.TakeLease(instance=instance, holder=holder, lease=LEASE))
    assert taken.is_mine
    claimed = delivery.claim_next(SYSTEM, moment, delivery.ClaimNext(instance=instance, holder=holder, lease=LEASE))
    delivery.release_lease(SYSTEM, moment, delivery.ReleaseLease(instance=instance, holder=holder))
    return claimed


def claimed(moment: Moment = MORNING) -> ClaimedText:
    """Claim the next text, which must be there."""
    found = claim(moment)
    assert isinstance(found, ClaimedText)
    return found


def settle(claim: ClaimedText, answer: Answer, moment: Moment = MORNING, *, jitter: float = 0.5) -> str:
    """Settle a claimed text."""
    return delivery.settle(
        SYSTEM,
        moment,
        delivery.Settle(
            instance=INSTANCE, message_id=claim.message_id, attempt=claim.attempt, answer=answer, jitter=jitter
        ),
    )


def a_sent_charge(book: Book, key: str = "3EB0AD7EF955F15085BDCF") -> RequestReceipt:
    """Queue, claim and send one reminder."""
    loan = a_queued_charge(book)
    settle(claimed(), Accepted(key=key, recipient=RECIPIENT))
    return loan


def change_rows(statement: str) -> None:
    """Change rows behind the product's back, to bring about what no use case of today does."""
    with Session.begin() as session:
        session.execute(text(statement))


def statuses() -> list[tuple[object, ...]]:
    """Return state and reason of every text, in the order of queuing."""
    return rows("SELECT status, reason FROM messages ORDER BY created_at, dedupe_key")


def moves() -> list[tuple[object, ...]]:
    """Return every move of every text, in order."""
    return rows("SELECT from_status, to_status, reason FROM message_events ORDER BY id")
