"""Receipts handed out: copies counted, links of 128 random bits that end and are revoked, texts sent once."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.clients import ClientNotFound
from domain.messages import MessageNumberFlagged, MessageOptedOut, MessageTooFrequent
from domain.payments import PaymentNotFound
from domain.permissions import NOBODY, Actor, PermissionMissing, Role
from domain.privacy import ConsentOrigin
from domain.receipts import ReceiptLinkIdTaken, ReceiptLinkNotGood, ReceiptOfReversed, ReceiptWay, hash_of_token
from loanapp.clock import Moment
from loanapp.clock import at as moment_of
from loanapp.queries.receipts import opened_receipt, receipt_links
from loanapp.services import messages, privacy, receipts
from loanapp.services._received import PaymentReceipt
from loanapp.services.receipts import (
    IssueReceipt,
    MakeReceiptLink,
    ReceiptIssued,
    RevokeReceiptLinks,
    SendReceipt,
)
from tests.build.book import Book, a_person, an_id, assign_all, at, everything, rows
from tests.build.refusals import refused
from tests.build.texts import change_rows

pytestmark = pytest.mark.usefixtures("database")
TODAY = "2026-02-10"


@pytest.fixture
def book() -> Book:
    return Book.opened()


@pytest.fixture
def paid(book: Book) -> PaymentReceipt:
    """Give a payment of 40,00 on a loan of 100,00, on its due date."""
    return book.pay(book.a_loan(principal="100,00"), "40,00", on=TODAY)


def issue(book: Book, payment: PaymentReceipt, way: ReceiptWay = ReceiptWay.PDF) -> ReceiptIssued:
    return receipts.issue_receipt(book.manager, at(TODAY), IssueReceipt(number=payment.number, way=way))


def a_link(actor: Actor, payment: PaymentReceipt, link_id: UUID | None = None, *, on: str = TODAY) -> Any:
    order = MakeReceiptLink(link_id=link_id or an_id(), payment_id=payment.payment_id)
    return receipts.make_receipt_link(actor, at(on), order)


def sent(book: Book, payment: PaymentReceipt, message_id: UUID | None = None) -> receipts.ReceiptQueued:
    order = SendReceipt(payment_id=payment.payment_id, message_id=message_id or an_id())
    return receipts.send_receipt(book.manager, at(TODAY), order)


def opens(token: str, moment: Moment | None = None) -> bool:
    try:
        opened_receipt(NOBODY, moment or at(TODAY), token)
    except ReceiptLinkNotGood:
        return False
    return True


def test_each_copy_that_leaves_is_counted_and_noted(book: Book, paid: PaymentReceipt) -> None:
    assert [issue(book, paid).copy_number, issue(book, paid, ReceiptWay.PRINT).copy_number] == [1, 2]

    assert rows("SELECT copy_number, way FROM receipt_issues ORDER BY id") == [(1, "PDF"), (2, "PRINT")]
    assert rows("SELECT DISTINCT issued_by FROM receipt_issues") == [(book.manager.user_id,)]
    assert rows(
        "SELECT text::json -> 'after' FROM audit_events WHERE action = 'receipt.issued' ORDER BY chain_number"
    ) == [
        ({"number": 1, "copy_number": 1, "way": "PDF"},),
        ({"number": 1, "copy_number": 2, "way": "PRINT"},),
    ]


def test_another_payment_s_receipt_starts_at_its_own_first_copy(book: Book, paid: PaymentReceipt) -> None:
    other = book.pay(book.a_loan(), "10,00", on=TODAY)
    issue(book, paid)

    assert issue(book, other).copy_number == 1


def test_a_receipt_of_nothing_is_not_found(book: Book, paid: PaymentReceipt) -> None:
    before = everything()

    with pytest.raises(PaymentNotFound):
        receipts.issue_receipt(book.manager, at(TODAY), IssueReceipt(number=paid.number + 1, way=ReceiptWay.PDF))

    assert everything() == before


def test_a_link_has_128_random_bits_and_only_its_hash_is_kept(book: Book, paid: PaymentReceipt) -> None:
    made, another = a_link(book.manager, paid), a_link(book.manager, paid)

    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", made.token)
    assert made.token != another.token
    assert made.address == f"http://127.0.0.1:8000/r/{made.token}"
    assert rows("SELECT token_hash FROM receipt_links WHERE id = :id", id=made.link_id) == [
        (hash_of_token(made.token),)
    ]
    assert not any(made.token in row for table in everything().values() for row in table)


def test_a_link_opens_its_copy_for_ninety_days_and_no_longer(book: Book, paid: PaymentReceipt) -> None:
    issue(book, paid)
    made = a_link(book.manager, paid)
    end = at(TODAY).now + timedelta(days=90)

    assert opened_receipt(NOBODY, at(TODAY), made.token).copy_number == 2
    assert made.expires_at == end
    assert opens(made.token, moment_of(end - timedelta(seconds=1)))
    assert not opens(made.token, moment_of(end))


def test_the_same_id_again_is_refused_and_makes_no_second_link(book: Book, paid: PaymentReceipt) -> None:
    made = a_link(book.manager, paid)
    before = everything()

    with pytest.raises(ReceiptLinkIdTaken):
        a_link(book.manager, paid, made.link_id)

    assert everything() == before


@pytest.mark.parametrize("token", ["", "x", "../x", "A" * 22, "A" * 20_000, "\x00", "ação"])
def test_a_guessed_token_opens_nothing(book: Book, paid: PaymentReceipt, token: str) -> None:
    a_link(book.manager, paid)

    assert not opens(token)


def test_the_stored_hash_is_no_token(book: Book, paid: PaymentReceipt) -> None:
    assert not opens(hash_of_token(a_link(book.manager, paid).token))


def test_revoking_ends_every_link_of_the_receipt_and_no_other(book: Book, paid: PaymentReceipt) -> None:
    other = a_link(book.manager, book.pay(book.a_loan(), "10,00", on=TODAY))
    made = [a_link(book.manager, paid), a_link(book.manager, paid)]
    order = RevokeReceiptLinks(payment_id=paid.payment_id)

    revoked = [receipts.revoke_receipt_links(book.manager, at(TODAY), order) for _ in range(2)]

    assert revoked == [2, 0]
    assert [opens(link.token) for link in (*made, other)] == [False, False, True]
    assert receipt_links(book.manager, at(TODAY), paid.payment_id).open == 0
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'receipt.links_revoked'") == [(1,)]


def test_a_receipt_is_sent_with_a_link_of_its_own(book: Book, paid: PaymentReceipt) -> None:
    sent(book, paid)

    ((body, status, snapshot),) = rows("SELECT body, status, snapshot FROM messages")
    token = re.search(r"http://127\.0\.0\.1:8000/r/(\S+)", str(body))
    assert status == "QUEUED"
    assert isinstance(snapshot, dict)
    assert snapshot["payment_id"] == str(paid.payment_id)
    assert token
    assert opens(token[1])


def test_the_same_press_twice_is_one_text_and_another_press_is_another(book: Book, paid: PaymentReceipt) -> None:
    message_id = an_id()

    first, again, other = sent(book, paid, message_id), sent(book, paid, message_id), sent(book, paid)

    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert first.message_id == again.message_id
    assert rows("SELECT count(*) FROM messages") == [(2,)]
    assert rows("SELECT way, copy_number FROM receipt_issues ORDER BY id") == [("WHATSAPP", 1), ("WHATSAPP", 2)]


def test_one_receipt_is_sent_three_times_in_seven_days_and_no_more(book: Book, paid: PaymentReceipt) -> None:
    for _ in range(3):
        sent(book, paid)

    refused(lambda: sent(book, paid), MessageTooFrequent)

    order = SendReceipt(payment_id=paid.payment_id, message_id=an_id())
    assert receipts.send_receipt(book.manager, at("2026-02-17"), order).is_new


def test_who_asked_for_no_texts_gets_no_receipt(book: Book, paid: PaymentReceipt) -> None:
    client_id = UUID(str(rows("SELECT id FROM clients")[0][0]))
    privacy.set_consent(
        book.manager, at(TODAY), privacy.SetConsent(client_id=client_id, accepts=False, origin=ConsentOrigin.PHONE)
    )
    before = everything()

    with pytest.raises(MessageOptedOut):
        sent(book, paid)

    assert everything() == before


def test_a_wrong_number_gets_no_receipt(book: Book, paid: PaymentReceipt) -> None:
    change_rows("UPDATE clients SET phone_flag = 'WRONG_NUMBER'")
    before = everything()

    with pytest.raises(MessageNumberFlagged):
        sent(book, paid)

    assert everything() == before


def test_a_reversed_payment_s_receipt_is_not_sent_and_what_waits_is_cancelled(book: Book, paid: PaymentReceipt) -> None:
    sent(book, paid)
    book.reverse(paid, on=TODAY)
    before = everything()

    with pytest.raises(ReceiptOfReversed):
        sent(book, paid)

    assert everything() == before
    assert rows("SELECT status, reason FROM messages") == [("CANCELLED", "REVERSED")]


def test_a_receipt_that_failed_is_sent_again_with_a_link_that_opens(book: Book, paid: PaymentReceipt) -> None:
    message_id = sent(book, paid).message_id
    change_rows("UPDATE messages SET status = 'FAILED'")

    messages.resend(book.manager, at(TODAY), messages.Resend(message_id=message_id))

    bodies = [str(body) for (body,) in rows("SELECT body FROM messages")]
    tokens = {match[1] for body in bodies if (match := re.search(r"/r/(\S+)", body))}
    assert len(tokens) == 2
    assert all(opens(token) for token in tokens)


def test_a_supervisor_hands_out_receipts_of_own_clients_only(paid: PaymentReceipt) -> None:
    own, stranger = a_person(Role.STREET_SUPERVISOR, "Rui Sá"), a_person(Role.STREET_SUPERVISOR, "Bia Reis")
    assign_all(own)
    made = a_link(own, paid)
    before = everything()

    with pytest.raises((PaymentNotFound, ClientNotFound)):
        a_link(stranger, paid)
    with pytest.raises(PaymentNotFound):
        receipts.revoke_receipt_links(stranger, at(TODAY), RevokeReceiptLinks(payment_id=paid.payment_id))

    assert everything() == before
    assert opens(made.token)
    assert receipts.revoke_receipt_links(own, at(TODAY), RevokeReceiptLinks(payment_id=paid.payment_id)) == 1


def test_nobody_makes_no_link(book: Book, paid: PaymentReceipt) -> None:  # noqa: ARG001 - the payment is there.
    before = everything()

    with pytest.raises(PermissionMissing):
        a_link(NOBODY, paid)

    assert everything() == before


def test_anonymising_a_client_ends_the_links(book: Book) -> None:
    client_id = book.a_client()
    payment = book.pay(book.a_loan(client_id, principal="100,00"), "100,00", on=TODAY)
    made = a_link(book.manager, payment)
    change_rows("UPDATE receipt_links SET expires_at = '2050-01-01'")

    privacy.anonymise(book.admin, at("2040-01-01"), privacy.Anonymise(client_id=client_id, reason="Prazo encerrado"))

    assert not opens(made.token, at("2040-01-02"))
