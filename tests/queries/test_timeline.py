"""The timeline of a client: what happened from every source, newest first, by scope, person, period, words and page."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.clients import ClientNotFound
from domain.delivery import Accepted, TextReceived
from domain.documents import DocumentKind
from domain.follow_ups import FollowUpKind, Outcome
from domain.history import Component
from domain.money import parse_brl
from domain.payments import PaymentMethod
from domain.permissions import NOBODY, SYSTEM, PermissionMissing, Role
from loanapp.pages.clients.timeline_rows import timeline_rows
from loanapp.queries.timeline import ItemKind, Scope, Timeline, TimelineFilter, timeline
from loanapp.services import clients, documents, follow_ups, inbound
from loanapp.services.documents import AttachDocument
from loanapp.services.follow_ups import RecordFollowUp, TakeBack
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import DUE, MORNING, RECIPIENT, REMINDED, a_debtor, change_rows, claimed, settle

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def the_client() -> UUID:
    return rows("SELECT id FROM clients ORDER BY number")[0][0]


def note(book: Book, text: str, *, day: str = REMINDED, hour: int = 12) -> UUID:
    order = RecordFollowUp(follow_up_id=an_id(), client_id=the_client(), kind=FollowUpKind.NOTE, text=text)
    return follow_ups.record(book.manager, at(day, hour), order).follow_up_id


def promise(book: Book, until: str, amount: str, *, day: str = REMINDED) -> UUID:
    order = RecordFollowUp(
        follow_up_id=an_id(), client_id=the_client(), kind=FollowUpKind.PROMISE,
        promised_on=a_day(until), promised=parse_brl(amount), promised_method=PaymentMethod.PIX,
    )  # fmt: skip
    return follow_ups.record(book.manager, at(day, 9), order).follow_up_id


def shown(book: Book, *, on: str = "2026-02-20", **search: object) -> Timeline:
    return timeline(book.approver, at(on), TimelineFilter(client_id=the_client(), **search))


def kinds(found: Timeline) -> list[str]:
    return [item.facts.get("action", item.kind.value) for item in found.items]


def texts(found: Timeline) -> list[str]:
    return [item.facts["text"] for item in found.items if item.kind is ItemKind.FOLLOW_UP]


def a_whole_story(book: Book) -> None:
    """Lend, run the cycles, remind, hear an answer, note, call, take a paper, get a promise and a payment."""
    loan = a_debtor(book)
    run_cycles(REMINDED)
    settle(claimed(), Accepted(key="KEY", recipient=RECIPIENT))
    payload = {"data": {"key": {"id": "A", "fromMe": False, "remoteJid": RECIPIENT},
                        "message": {"conversation": "Pago na sexta"}}}  # fmt: skip
    event = inbound.StoreEvent(instance="loanapp", event="messages.upsert", dedupe_key="A", payload=payload)
    event_id = inbound.store_event(SYSTEM, at(REMINDED, 11), event)
    fact = TextReceived(sender=RECIPIENT, text="Pago na sexta")
    inbound.apply_event(SYSTEM, at(REMINDED, 11), inbound.ApplyEvent(event_id=event_id, fact=fact))
    note(book, "Ligar só depois das 18h", hour=12)
    call = RecordFollowUp(
        follow_up_id=an_id(), client_id=the_client(), kind=FollowUpKind.CALL, outcome=Outcome.ANSWERED
    )
    follow_ups.record(book.approver, at(REMINDED, 13), call)
    paper = AttachDocument(
        document_id=an_id(), client_id=the_client(), kind=DocumentKind.ADDRESS, file_name="luz.pdf", content=b"%PDF-1"
    )
    documents.attach(book.manager, at(REMINDED, 14), paper)
    book.pay(loan, "40,00", on="2026-02-12")


def test_everything_that_happened_is_there_newest_first(book: Book) -> None:
    a_whole_story(book)

    found = shown(book)

    assert kinds(found) == [
        "PAYMENT", "DOCUMENT", "FOLLOW_UP", "FOLLOW_UP", "ANSWER", "MESSAGE", "invoices.overdue",
        "request.disbursed", "request.approved", "request.opened", "client.registered",
    ]  # fmt: skip
    assert [item.author for item in found.items[:4]] == ["Ana Souza", "Ana Souza", "João Reis", "Ana Souza"]
    payment, paper, call, remark, answer, message, overdue, *_ = (item.facts for item in found.items)
    assert (payment["amount_cents"], payment["received_on"], payment["request"]) == (4_000, "2026-02-12", 1)
    assert (paper["text"], paper["kind"], paper["is_removed"]) == ("luz.pdf", "ADDRESS", False)
    assert (call["kind"], call["outcome"], remark["text"]) == ("CALL", "ANSWERED", "Ligar só depois das 18h")
    assert answer["text"] == "Pago na sexta"
    assert [move["to"] for move in message["moves"]] == ["QUEUED", "SENDING", "SENT"]
    assert (len(overdue["after"]["invoices"]), overdue["after"]["late_fee_cents"]) == (1, 200)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.CONTACTS, ["FOLLOW_UP", "FOLLOW_UP", "ANSWER", "MESSAGE"]),
        (
            Scope.MONEY,
            ["PAYMENT", "invoices.overdue", "request.disbursed", "request.approved", "request.opened"],
        ),
        (
            Scope.HISTORY,
            ["DOCUMENT", "request.disbursed", "request.approved", "request.opened", "client.registered"],
        ),
    ],
)
def test_each_scope_shows_its_own(book: Book, scope: Scope, expected: Sequence[str]) -> None:
    a_whole_story(book)

    assert kinds(shown(book, scope=scope)) == list(expected)


def test_a_person_a_period_and_words_narrow_it(book: Book) -> None:
    a_whole_story(book)

    assert kinds(shown(book, person_id=book.approver.user_id)) == ["FOLLOW_UP", "request.approved"]
    assert kinds(shown(book, since=a_day("2026-02-12"))) == ["PAYMENT"]
    assert kinds(shown(book, until=a_day("2026-01-01"))) == []
    assert kinds(shown(book, text="DEPOIS das")) == ["FOLLOW_UP"]
    assert kinds(shown(book, text="sexta")) == ["ANSWER"]
    assert kinds(shown(book, text="só DEPÓIS")) == kinds(shown(book, text="so depois")) == ["FOLLOW_UP"]
    assert kinds(shown(book, text="joao  reis")) == ["FOLLOW_UP", "request.approved"]
    assert kinds(shown(book, text="%")) == []


def test_a_period_ends_with_its_last_minute_in_sao_paulo(book: Book) -> None:
    a_debtor(book)
    note(book, "de noite", hour=23)

    assert texts(shown(book, since=a_day(REMINDED), until=a_day(REMINDED))) == ["de noite"]
    assert texts(shown(book, since=a_day("2026-02-12"))) == []


def test_fifty_to_a_page_and_each_item_on_one_page_only(book: Book) -> None:
    book.a_client()
    for number in range(120):
        note(book, f"nota {number:03}", hour=12)

    first = shown(book, scope=Scope.CONTACTS)
    second = shown(book, scope=Scope.CONTACTS, before=first.next)
    third = shown(book, scope=Scope.CONTACTS, before=second.next)

    pages = [texts(page) for page in (first, second, third)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert sorted(text for page in pages for text in page) == [f"nota {number:03}" for number in range(120)]
    assert third.next is None


def test_the_number_of_statements_does_not_follow_the_history(book: Book, database: Engine) -> None:
    a_whole_story(book)
    for number in range(60):
        note(book, f"nota {number}")

    maria = the_client()

    with counted(database) as seen:
        timeline(book.approver, at("2026-02-20"), TimelineFilter(client_id=maria))

    assert len(seen) == 6


def test_what_became_of_a_promise_is_shown_and_a_broken_one_is_an_event(book: Book) -> None:
    loan = a_debtor(book)
    promise(book, "2026-02-12", "30,00")
    book.pay(loan, "30,00", on="2026-02-12")
    promise(book, "2026-02-16", "50,00", day="2026-02-13")

    found = shown(book, scope=Scope.CONTACTS)

    broken, second, first = found.items
    assert (broken.kind, broken.at, broken.facts["promised_cents"]) == (
        ItemKind.PROMISE_BROKEN, at("2026-02-17", 0).now, 5_000,
    )  # fmt: skip
    assert (second.facts["received_cents"], first.facts["received_cents"]) == (0, 3_000)


def test_what_was_taken_back_says_so(book: Book) -> None:
    book.a_client()
    entry = note(book, "engano")
    follow_ups.take_back(book.manager, at(REMINDED, 13), TakeBack(follow_up_id=entry))

    (item,) = shown(book, scope=Scope.CONTACTS).items

    assert (item.facts["undone_by"], item.facts["undone_at"][:16]) == ("Ana Souza", "2026-02-11T16:00")


def test_what_is_to_come_stands_on_top(book: Book) -> None:
    maria = book.a_client()
    book.a_loan(maria, principal="300,00", count=3, first_due="2026-02-10")
    promise(book, "2026-02-25", "50,00", day="2026-02-12")

    planned = shown(book).planned

    assert (planned.promised_on, planned.promised_cents) == (a_day("2026-02-25"), 5_000)
    assert (planned.next_due_on, planned.next_due_cents, planned.queued) == (a_day("2026-03-10"), 10_000, ())


def test_a_withheld_reminder_and_the_cycles_are_automatic(book: Book) -> None:
    a_debtor(book, accepts_messages=False)
    run_cycles(REMINDED)

    found = shown(book)

    assert [(item.facts.get("action", "MESSAGE"), item.is_automatic) for item in found.items[:3]] == [
        ("MESSAGE", True), ("invoices.overdue", True), ("request.disbursed", False),
    ]  # fmt: skip


def test_another_clients_items_are_never_there(book: Book) -> None:
    a_whole_story(book)
    jose = book.a_client("José Lima", phone="(11) 91234-5678")

    found = timeline(book.manager, at("2026-02-20"), TimelineFilter(client_id=jose))

    assert kinds(found) == ["client.registered"]


def test_an_unknown_client_and_who_may_not_are_refused(book: Book) -> None:
    a_debtor(book)
    before = everything()

    with pytest.raises(ClientNotFound):
        timeline(book.manager, MORNING, TimelineFilter(client_id=an_id()))
    with pytest.raises(PermissionMissing):
        timeline(NOBODY, MORNING, TimelineFilter(client_id=the_client()))

    assert everything() == before


def test_a_supervisor_sees_the_timeline_of_assigned_clients_only(book: Book) -> None:
    a_whole_story(book)
    street = a_person(Role.STREET_SUPERVISOR)

    with pytest.raises(ClientNotFound):
        timeline(street, MORNING, TimelineFilter(client_id=the_client()))
    change_rows("UPDATE clients SET supervisor_id = (SELECT id FROM users WHERE role = 'STREET_SUPERVISOR')")

    found = timeline(street, at("2026-02-20"), TimelineFilter(client_id=the_client()))
    assert {"PAYMENT", "ANSWER"} <= set(kinds(found))


def test_a_change_of_the_record_names_what_changed(book: Book) -> None:
    maria = book.a_client()
    order = clients.BlockClient(client_id=maria, reason="Documento falso")
    clients.block(book.manager, at(DUE), order)

    item = shown(book).items[0]

    assert (item.facts["action"], item.facts["after"], item.facts["reason"]) == (
        "client.status_changed", {"status": "BLOCKED"}, "Documento falso",
    )  # fmt: skip


def test_what_was_undone_let_go_and_moved_is_told_among_the_money(book: Book) -> None:
    loan = a_debtor(book)
    paid = book.pay(loan, "40,00", on="2026-02-12")
    book.reverse(paid, on="2026-02-13")
    book.waive(loan, (1, Component.LATE_FEE, "0,50"), on="2026-02-14")
    book.move_due_date(loan, 1, "2026-02-11", on="2026-02-15")

    found = shown(book, scope=Scope.MONEY)

    assert kinds(found)[:4] == ["invoice.due_date_changed", "charges.waived", "payment.reversed", "PAYMENT"]
    assert found.items[3].facts["reversed_at"]
    rows_ = timeline_rows(found.items[:4], today=a_day("2026-02-16"), user_id=None, is_management=True)
    assert [(row["title"], row["note"]) for row in rows_[:3]] == [
        ("Empréstimo nº 1: vencimento alterado", "parcela 1: de 10/02/2026 para 11/02/2026"),
        ("Empréstimo nº 1: multa e mora dispensadas", "R$\xa00,50"),
        ("Recebimento estornado", f"R$\xa040,00 · recibo nº {paid.number} · empréstimo nº 1"),
    ]
    assert (rows_[3]["is_undone"], rows_[3]["moves"][:12]) == (True, "Estornado em")
