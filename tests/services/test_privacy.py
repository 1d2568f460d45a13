"""Consent with date and origin, the note of a copy, and taking the person out when retention has ended."""

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update

from domain.calendar import Step
from domain.clients import ClientNotFound, TextMissing
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from domain.privacy import (
    ClientAnonymised,
    ConsentOriginUnknown,
    ConsentUnchanged,
    RetentionOpen,
    RetentionRunning,
)
from domain.renegotiations import Offer
from loanapp.models.base import Session
from loanapp.models.clients import Client
from loanapp.queries import verification
from loanapp.queries.held_data import held_data
from loanapp.services import clients, privacy, renegotiations, requests
from loanapp.services.privacy import Anonymise, ExportFormat, NoteExport, SetConsent
from loanapp.services.renegotiations import DecideOffer, DraftOffer
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows
from tests.build.kept import a_note, a_paper, an_answer, the_client
from tests.build.texts import a_queued_charge, a_sent_charge, statuses

pytestmark = pytest.mark.usefixtures("database")
LATE = "2033-01-03"


@pytest.fixture
def book() -> Book:
    return Book.opened()


@pytest.fixture
def admin(book: Book) -> Actor:  # noqa: ARG001 - the company comes first.
    return a_person(Role.SUPER_ADMIN, "Ada Lima")


def last_event() -> tuple[str, dict[str, object]]:
    ((action, text),) = rows("SELECT action, text FROM audit_events ORDER BY id DESC LIMIT 1")
    return str(action), json.loads(str(text))


def differences() -> list[object]:
    return list(verification.verify(SYSTEM, lambda: at(LATE), lambda _: None)[0])


def a_paid_loan(book: Book) -> UUID:
    """Lend to Maria, remind her, and take her payment; the contract ends on 20 February 2026."""
    loan = a_sent_charge(book)
    book.pay(loan, "102,33", on="2026-02-20")
    assert rows("SELECT status FROM requests") == [("PAID",)]
    return the_client()


def a_paid_loan_that_was_offered_new_terms(book: Book) -> UUID:
    loan = a_sent_charge(book)
    terms = PlanTerms(
        principal=Money.ZERO, plan=Plan.FLAT, step=Step.MONTHLY, count=2, rate_pct=Decimal(0),
        first_due_date=a_day("2026-03-20"),
    )  # fmt: skip
    offer = Offer(
        offered_on=a_day("2026-02-12"), valid_through=a_day("2026-02-19"), terms=terms, down_payment=Money.ZERO
    )
    draft = DraftOffer(renegotiation_id=an_id(), request_id=loan.request_id, offer=offer)
    renegotiations.draft_offer(book.manager, at("2026-02-12"), draft)
    no = DecideOffer(renegotiation_id=draft.renegotiation_id, reason="Maria vai pagar na sexta")
    renegotiations.reject(book.manager, at("2026-02-12"), no)
    book.pay(loan, "102,33", on="2026-02-20")
    return the_client()


class TestSetConsent:
    def test_an_opt_out_is_dated_with_its_origin_and_cancels_what_is_queued(self, book: Book) -> None:
        a_queued_charge(book)
        client_id = the_client()

        order = SetConsent(client_id=client_id, accepts=False, origin="telefone", reason="Pediu à Ana")
        privacy.set_consent(book.manager, at("2026-02-11"), order)

        assert rows("SELECT accepts_messages, consent_on, consent_origin FROM clients") == [
            (False, a_day("2026-02-11"), "telefone")
        ]
        assert statuses() == [("CANCELLED", "OPT_OUT")]
        action, facts = last_event()
        assert (action, facts["before"], facts["after"]) == (
            "client.consent_changed",
            {"accepts_messages": True, "consent_on": "2026-01-02", "consent_origin": "cadastro"},
            {"accepts_messages": False, "consent_on": "2026-02-11", "consent_origin": "telefone"},
        )
        assert (facts["actor"], facts["reason"]) == ("Ana Souza", "Pediu à Ana")

    def test_who_accepts_again_gets_no_text_back(self, book: Book) -> None:
        a_queued_charge(book)
        client_id = the_client()
        for accepts in (False, True):
            privacy.set_consent(
                book.manager, at("2026-02-11"), SetConsent(client_id=client_id, accepts=accepts, origin="telefone")
            )

        assert rows("SELECT accepts_messages FROM clients") == [(True,)]
        assert statuses() == [("CANCELLED", "OPT_OUT")]

    def test_the_same_again_is_refused_and_keeps_its_date(self, book: Book) -> None:
        client_id = book.a_client()
        before = everything()
        with pytest.raises(ConsentUnchanged):
            privacy.set_consent(
                book.manager, at("2026-02-11"), SetConsent(client_id=client_id, accepts=True, origin="telefone")
            )
        assert everything() == before

    def test_an_origin_that_is_none_is_refused(self, book: Book) -> None:
        client_id = book.a_client()
        before = everything()
        with pytest.raises(ConsentOriginUnknown) as refusal:
            privacy.set_consent(
                book.manager, at("2026-02-11"), SetConsent(client_id=client_id, accepts=False, origin="carta falsa")
            )
        assert refusal.value.field == "origin"
        assert everything() == before

    def test_a_client_that_does_not_exist_is_said_to_be_missing(self, book: Book) -> None:
        before = everything()
        with pytest.raises(ClientNotFound):
            privacy.set_consent(
                book.manager, at("2026-02-11"), SetConsent(client_id=an_id(), accepts=False, origin="telefone")
            )
        assert everything() == before

    def test_a_contact_form_changes_the_consent_by_the_same_path(self, book: Book) -> None:
        a_queued_charge(book)
        client_id = the_client()

        contact = clients.Contact(phone="(11) 98765-4321", state="SP", accepts_messages=False)
        clients.change_contact(
            book.manager, at("2026-02-11"), clients.ChangeContact(client_id=client_id, contact=contact)
        )

        assert rows("SELECT accepts_messages, consent_on, consent_origin FROM clients") == [
            (False, a_day("2026-02-11"), "cadastro")
        ]
        assert statuses() == [("CANCELLED", "OPT_OUT")]
        assert rows("SELECT count(*) FROM audit_events WHERE action = 'client.consent_changed'") == [(1,)]


class TestNoteExport:
    def test_a_copy_is_an_event_of_the_client(self, book: Book) -> None:
        client_id = book.a_client()

        privacy.note_export(book.manager, at("2026-02-11"), NoteExport(client_id=client_id, format=ExportFormat.PDF))

        action, facts = last_event()
        assert (action, facts["record"], facts["after"]) == (
            "client.exported", f"client:{client_id}", {"format": "pdf"},
        )  # fmt: skip

    def test_an_analyst_takes_no_copy(self, book: Book) -> None:
        client_id, analyst = book.a_client(), a_person(Role.RENEGOTIATION_ANALYST)
        before = everything()
        with pytest.raises(PermissionMissing):
            privacy.note_export(analyst, at("2026-02-11"), NoteExport(client_id=client_id, format=ExportFormat.JSON))
        assert everything() == before


class TestAnonymise:
    def refused(self, actor: Actor, client_id: UUID, day: str, error: type[Exception], reason: str = "Pediu") -> None:
        before = everything()
        with pytest.raises(error):
            privacy.anonymise(actor, at(day), Anonymise(client_id=client_id, reason=reason))
        assert everything() == before

    def test_nothing_that_tells_who_it_was_is_left_and_verify_is_clean(self, book: Book, admin: Actor) -> None:
        client_id = a_paid_loan(book)
        a_paper(client_id)
        a_note(client_id, "Mora com a mãe, Rua das Acácias")
        an_answer("Oi, aqui é a Maria das Dores")
        an_answer("Sou a Maria", sender="551187654321@s.whatsapp.net", key="IN2")
        money = [everything()[table] for table in ("payments", "allocations", "invoices")]
        assert differences() == []

        privacy.anonymise(admin, at(LATE), Anonymise(client_id=client_id, reason="Maria das Dores Silva pediu"))

        text = repr({name: held for name, held in everything().items() if name != "users"})
        for trace in ("Maria", "Dores", "Silva", "98765", "8765-4321", "87654321", "Acácias", "rg-", "100000"):
            assert trace not in text, trace
        assert rows("SELECT name, tax_id, phone, search_text, anonymised_on, accepts_messages FROM clients") == [
            ("Cliente anonimizado nº 1", "ANON-1", "", "cliente anonimizado no 1  anon-1 ", a_day(LATE), False)
        ]
        assert [everything()[table] for table in ("payments", "allocations", "invoices")] == money
        assert rows("SELECT count(*) FROM document_contents") == [(0,)]
        assert rows("SELECT payload FROM inbound_events") == [({},), ({},)]
        assert differences() == []
        action, facts = last_event()
        assert (action, facts["after"]) == (
            "client.anonymised", {"webhooks": 2, "documents": 1, "kept": "CONTRACT"},
        )  # fmt: skip

    def test_why_an_offer_was_let_go_is_emptied_with_the_person(self, book: Book, admin: Actor) -> None:
        client_id = a_paid_loan_that_was_offered_new_terms(book)
        (request,) = held_data(SYSTEM, at("2026-02-21"), client_id).records.requests
        assert [(offer.status, offer.closing_reason) for offer in request.renegotiations] == [
            ("REJECTED", "Maria vai pagar na sexta")
        ]

        privacy.anonymise(admin, at(LATE), Anonymise(client_id=client_id, reason="Pediu"))

        assert rows("SELECT status, closing_reason FROM renegotiations") == [("REJECTED", "")]
        assert differences() == []

    def test_before_the_end_it_is_refused_with_the_reason_and_the_day(self, book: Book, admin: Actor) -> None:
        client_id = a_paid_loan(book)
        before = everything()

        with pytest.raises(RetentionRunning) as refusal:
            privacy.anonymise(admin, at("2031-02-20"), Anonymise(client_id=client_id, reason="Pediu"))

        assert refusal.value.values == {
            "until": a_day("2031-02-20"),
            "because": "corre o prazo de guarda desde o último fato de um contrato encerrado",
        }
        assert everything() == before
        privacy.anonymise(admin, at("2031-02-21"), Anonymise(client_id=client_id, reason="Pediu"))

    def test_who_owes_is_never_anonymised(self, book: Book, admin: Actor) -> None:
        client_id = book.a_client()
        book.a_loan(client_id)
        self.refused(admin, client_id, "2060-01-02", RetentionOpen)

    def test_whose_request_waits_is_not_anonymised(self, book: Book, admin: Actor) -> None:
        client_id = book.a_client()
        book.a_request(client_id)
        self.refused(admin, client_id, "2060-01-02", RetentionOpen)

    def test_who_has_credit_left_is_not_anonymised(self, book: Book, admin: Actor) -> None:
        client_id = book.a_client()
        book.pay(book.a_loan(client_id, principal="100,00"), "150,00", on="2026-01-20")
        self.refused(admin, client_id, "2060-01-02", RetentionOpen)

    def test_who_was_declined_goes_after_half_a_year(self, book: Book, admin: Actor) -> None:
        client_id = book.a_client()
        asked = book.a_request(client_id)
        requests.decline(
            book.approver, at("2026-01-12"), requests.DeclineRequest(request_id=asked.request_id, reason="Renda baixa")
        )
        self.refused(admin, client_id, "2026-07-12", RetentionRunning)

        privacy.anonymise(admin, at("2026-07-13"), Anonymise(client_id=client_id, reason="Pediu"))

        assert rows("SELECT status, decision_reason FROM requests") == [("UNAPPROVED", "")]
        assert differences() == []

    def test_without_a_reason_or_the_right_nothing_happens(self, book: Book, admin: Actor) -> None:
        client_id = book.a_client()
        self.refused(admin, client_id, LATE, TextMissing, reason=" ")
        self.refused(book.manager, client_id, LATE, PermissionMissing)
        self.refused(admin, an_id(), LATE, ClientNotFound)

    def test_a_number_that_somebody_else_has_keeps_its_answers(self, book: Book, admin: Actor) -> None:
        client_id = a_paid_loan(book)
        book.a_client("João da Silva", on="2032-12-01", phone="(11) 98765-4321")
        an_answer("Sou eu")

        privacy.anonymise(admin, at(LATE), Anonymise(client_id=client_id, reason="Pediu"))

        assert rows("SELECT payload -> 'data' -> 'message' ->> 'conversation' FROM inbound_events") == [("Sou eu",)]

    def test_the_answers_from_an_old_number_go_too_and_those_found_to_be_somebody_else_s_stay(
        self, book: Book, admin: Actor
    ) -> None:
        client_id = a_paid_loan(book)
        joao = book.a_client("João da Silva", on="2032-12-01", phone="(11) 98765-4321")
        an_answer("Do número antigo", sender="5511900001111@s.whatsapp.net", key="IN2", client_id=client_id)
        an_answer("Sou o João", key="IN3", client_id=joao)

        privacy.anonymise(admin, at(LATE), Anonymise(client_id=client_id, reason="Pediu"))

        assert rows("SELECT client_id, payload = '{}' FROM inbound_events ORDER BY dedupe_key") == [
            (client_id, True), (joao, False),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "act",
        [
            lambda book, who: clients.block(book.manager, at(LATE), clients.BlockClient(client_id=who, reason="x")),
            lambda book, who: book.a_request(who, on=LATE, first_due="2033-02-01"),
            lambda book, who: privacy.set_consent(
                book.manager, at(LATE), SetConsent(client_id=who, accepts=True, origin="telefone")
            ),
            lambda book, who: privacy.note_export(
                book.manager, at(LATE), NoteExport(client_id=who, format=ExportFormat.JSON)
            ),
            lambda _book, who: privacy.anonymise(
                a_person(Role.SUPER_ADMIN), at(LATE), Anonymise(client_id=who, reason="de novo")
            ),
        ],
        ids=["block", "request", "consent", "export", "again"],
    )
    def test_nothing_can_be_done_any_more(self, book: Book, admin: Actor, act: Callable[[Book, UUID], object]) -> None:
        client_id = a_paid_loan(book)
        privacy.anonymise(admin, at(LATE), Anonymise(client_id=client_id, reason="Pediu"))
        before = {name: held for name, held in everything().items() if name != "users"}

        with pytest.raises(ClientAnonymised) as refusal:
            act(book, client_id)

        assert refusal.value.values == {"on": a_day(LATE)}
        assert {name: held for name, held in everything().items() if name != "users"} == before


def test_a_supervisor_writes_down_the_consent_of_an_assigned_client_and_of_no_other(book: Book) -> None:
    supervisor, mine, other = a_person(Role.STREET_SUPERVISOR), book.a_client(), book.a_client("José Pereira")
    with Session.begin() as session:
        session.execute(update(Client).where(Client.id == mine).values(supervisor_id=supervisor.user_id))
    order = SetConsent(client_id=mine, accepts=False, origin="atendimento presencial")

    privacy.set_consent(supervisor, at("2026-02-11"), order)

    before = everything()
    with pytest.raises(ClientNotFound):
        privacy.set_consent(supervisor, at("2026-02-11"), dataclasses.replace(order, client_id=other))
    assert everything() == before
    assert rows("SELECT accepts_messages FROM clients ORDER BY number") == [(False,), (True,)]
