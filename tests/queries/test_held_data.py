"""The borrower's copy: every table is in it or has a reason, nobody else is, and it says why and until when."""

import dataclasses
import json
from uuid import UUID

import pytest
from sqlalchemy import Table, update

from domain.clients import ClientNotFound, TaxIdWrongLength
from domain.history import Component
from domain.money import format_brl
from domain.permissions import SYSTEM, PermissionMissing, Role
from domain.privacy import RetentionReason
from loanapp.models import scope
from loanapp.models.base import Base, Session
from loanapp.models.clients import Client
from loanapp.papers.held_data import held_data_json, held_data_pdf
from loanapp.queries import held_data as module
from loanapp.queries.held_data import Consent, HeldData, Person, client_id_of, held_data, privacy_summary
from loanapp.queries.settlements import SettlementOf, settlement_quote
from loanapp.services import requests
from loanapp.services.privacy import ExportFormat, NoteExport, note_export
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, at
from tests.build.kept import a_note, a_paper, an_answer, the_client
from tests.build.texts import RECIPIENT, a_sent_charge

pytestmark = pytest.mark.usefixtures("database")
TODAY = at("2026-02-20")
# Columns of `clients` that say nothing about the person.
TECHNICAL = {"id", "search_text", "audit_count", "audit_head", "anonymised_on", "supervisor_id"}


@pytest.fixture
def book() -> Book:
    return Book.opened()


def a_whole_life(book: Book) -> UUID:
    """Lend to Maria, remind her, hear from her, note, keep a paper, and take a part of the money."""
    loan = a_sent_charge(book)
    client_id = the_client()
    an_answer("Pago na sexta")
    a_note(client_id, "Prefere ligação à tarde")
    a_paper(client_id)
    book.pay(loan, "50,00", on="2026-02-12")
    return client_id


def copy_of(client_id: UUID) -> HeldData:
    return held_data(SYSTEM, TODAY, client_id)


def test_every_table_that_leads_to_a_client_is_exported_or_left_out_with_a_reason() -> None:
    def is_about_a_client(table: Table) -> bool:
        return scope.path_to_client(table) is not None

    about = {table.name for table in Base.metadata.tables.values() if is_about_a_client(table)}

    assert about == module.EXPORTED.keys() | module.LEFT_OUT.keys()
    assert not module.EXPORTED.keys() & module.LEFT_OUT.keys()
    assert all(module.LEFT_OUT.values())


def test_each_table_s_part_of_the_copy_exists() -> None:
    held = {field.name: field.type for field in dataclasses.fields(HeldData)}

    assert {part.split(".")[0] for parts in module.EXPORTED.values() for part in parts.split(", ")} <= held.keys()


def test_every_column_about_the_person_is_in_the_copy() -> None:
    copied = {field.name for shape in (Person, Consent) for field in dataclasses.fields(shape)}

    assert {column.name for column in Client.__table__.columns} - copied == TECHNICAL


def test_the_copy_holds_everything_that_happened(book: Book) -> None:
    client_id = a_whole_life(book)
    note_export(book.manager, TODAY, NoteExport(client_id=client_id, format=ExportFormat.JSON))

    held = copy_of(client_id)

    assert (held.creditor.name, held.creditor.tax_id) == ("Financeira Teste", "11222333000181")
    assert (held.person.name, held.person.phone, held.person.registered_by) == (
        "Maria das Dores Silva", "+5511987654321", "Ana Souza",
    )  # fmt: skip
    assert held.consent == Consent(accepts_messages=True, consent_on=a_day("2026-01-02"), consent_origin="cadastro")
    (request,) = held.records.requests
    assert (request.status, request.requested_by, request.decided_by, request.disbursed_by) == (
        "ACTIVE", "Ana Souza", "João Reis", "Ana Souza",
    )  # fmt: skip
    assert (request.statement["total_open_cents"], request.statement["total_value_paid_cents"]) == (5221, 5000)
    assert [(payment.amount_cents, payment.registered_by) for payment in request.payments] == [(5000, "Ana Souza")]
    (message,) = held.records.messages
    assert (message.status, message.created_by, message.provider_recipient) == ("SENT", "Sistema", RECIPIENT)
    assert "Maria" in message.body
    assert [(move.from_status, move.to_status) for move in message.moves] == [
        (None, "QUEUED"), ("QUEUED", "SENDING"), ("SENDING", "SENT"),
    ]  # fmt: skip
    assert [(webhook.text, webhook.outcome) for webhook in held.records.webhooks] == [("Pago na sexta", "FOR_A_PERSON")]
    assert [entry.text for entry in held.records.follow_ups] == ["Prefere ligação à tarde"]
    assert [(paper.file_name, paper.content_sha256) for paper in held.records.documents] == [
        ("rg-maria-silva.pdf", "ab" * 32)
    ]
    assert [event.action for event in held.records.audit_events][-2:] == ["payment.registered", "client.exported"]
    assert [event.number for event in held.records.audit_events] == [1, 2, 3, 4, 5, 6, 7]


def test_a_declined_request_says_who_decided_and_why(book: Book) -> None:
    client_id = book.a_client()
    asked = book.a_request(client_id)
    requests.decline(
        book.approver, at("2026-01-12"), requests.DeclineRequest(request_id=asked.request_id, reason="Renda baixa")
    )

    (request,) = copy_of(client_id).records.requests

    assert (request.status, request.decided_by, request.decision_reason, request.decided_at) == (
        "UNAPPROVED", "João Reis", "Renda baixa", at("2026-01-12").now,
    )  # fmt: skip


def test_nothing_of_anybody_else_is_in_the_copy_and_nothing_by_which_colleagues_sign_in(book: Book) -> None:
    client_id = a_whole_life(book)
    jose = book.a_client("José Pereira", phone="(21) 91234-5678")
    book.a_loan(jose)
    a_paper(jose, "rg-jose.pdf")
    an_answer("Sou o José", sender="5521912345678@s.whatsapp.net", key="IN2")

    document = held_data_json(copy_of(client_id)).decode()

    for foreign in ("José", "rg-jose", "912345678", "password", str(book.manager.user_id), "@teste.local"):
        assert foreign not in document, foreign


def test_an_answer_from_a_number_of_two_clients_is_in_neither_copy_while_nobody_knows_who_wrote_it(book: Book) -> None:
    maria = book.a_client(phone="(11) 98765-4321")
    jose = book.a_client("José Pereira", phone="(21) 91234-5678", other_phone="(11) 98765-4321")
    an_answer("Perdi o emprego", sender="5511987654321@s.whatsapp.net")

    assert [copy_of(who).records.webhooks for who in (maria, jose)] == [(), ()]


def test_an_answer_is_in_the_copy_of_whom_it_was_found_to_be_from_whatever_the_numbers_say(book: Book) -> None:
    client_id = a_whole_life(book)
    jose = book.a_client("José Pereira", phone="(21) 91234-5678")
    an_answer("Do meu número antigo", sender="5511900001111@s.whatsapp.net", key="IN2", client_id=client_id)
    an_answer("O José, no telefone da Maria", key="IN3", client_id=jose)

    answers = {who: {each.text for each in copy_of(who).records.webhooks} for who in (client_id, jose)}

    assert answers == {
        client_id: {"Pago na sexta", "Do meu número antigo"}, jose: {"O José, no telefone da Maria"},
    }  # fmt: skip


def test_the_json_is_one_document_of_plain_values(book: Book) -> None:
    document = json.loads(held_data_json(copy_of(a_whole_life(book))))

    assert list(document) == ["made_at", "business_date", "creditor", "person", "consent", "retention", "records"]
    assert (document["business_date"], document["person"]["registered_on"]) == ("2026-02-20", "2026-01-02")
    assert document["records"]["requests"][0]["rate_pct"] == "0.000000"
    assert document["retention"]["because"] == "há um empréstimo com valor em aberto"
    assert document["retention"]["until"] is None


def test_a_client_is_found_by_cpf_with_any_punctuation(book: Book) -> None:
    client_id = book.a_client()
    tax_id = copy_of(client_id).person.tax_id

    written = f"{tax_id[:3]}.{tax_id[3:6]}.{tax_id[6:9]}-{tax_id[9:]}"
    assert client_id_of(SYSTEM, TODAY, written) == client_id
    with pytest.raises(ClientNotFound):
        client_id_of(SYSTEM, TODAY, "529.982.247-25")
    with pytest.raises(TaxIdWrongLength):
        client_id_of(SYSTEM, TODAY, "123")


def test_a_client_that_does_not_exist_has_no_copy(book: Book) -> None:
    with pytest.raises(ClientNotFound):
        copy_of(an_id())
    with pytest.raises(ClientNotFound):
        privacy_summary(book.manager, TODAY, an_id())


@pytest.mark.parametrize("role", [Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_who_may_not_export_reads_no_copy(book: Book, role: Role) -> None:
    client_id, person = book.a_client(), a_person(role)
    with pytest.raises(PermissionMissing):
        held_data(person, TODAY, client_id)


def test_the_summary_counts_what_is_held_and_says_until_when(book: Book) -> None:
    client_id = a_whole_life(book)

    running = privacy_summary(book.manager, TODAY, client_id)

    assert (running.requests, running.messages, running.follow_ups, running.documents) == (1, 1, 1, 1)
    assert (running.retention.because, running.retention.until, running.has_retention_ended) == (
        RetentionReason.DEBT_OPEN, None, False,
    )  # fmt: skip


def test_the_summary_of_who_only_registered_ends_half_a_year_later(book: Book) -> None:
    client_id = book.a_client(on="2026-01-02")

    on_the_day, after = (privacy_summary(book.manager, at(day), client_id) for day in ("2026-07-02", "2026-07-03"))

    assert on_the_day.retention.until == a_day("2026-07-02")
    assert (on_the_day.has_retention_ended, after.has_retention_ended) == (False, True)


def test_a_supervisor_reads_the_summary_of_an_assigned_client_and_of_no_other(book: Book) -> None:
    supervisor = a_person(Role.STREET_SUPERVISOR)
    client_id = a_whole_life(book)
    other = book.a_client("José Pereira", phone="(21) 91234-5678")
    with Session.begin() as session:
        session.execute(update(Client).where(Client.id == client_id).values(supervisor_id=supervisor.user_id))

    mine = privacy_summary(supervisor, TODAY, client_id)

    assert (mine.requests, mine.messages, mine.retention.because) == (1, 1, RetentionReason.DEBT_OPEN)
    with pytest.raises(ClientNotFound):
        privacy_summary(supervisor, TODAY, other)


def test_what_happened_to_money_beside_payments_is_in_the_copy(book: Book) -> None:
    client_id = book.a_client("Maria Silva")
    loan = book.a_loan(client_id, principal="300,00", count=3, first_due="2026-02-10")
    other = book.a_loan(client_id, principal="20,00", count=1, first_due="2026-02-10")
    book.pay(other, "90,00", on="2026-02-05")
    undone = book.pay(loan, "10,00", on="2026-02-06")
    book.reverse(undone, on="2026-02-07")
    book.use_credit(loan, "15,00", on="2026-02-08")
    refund = book.refund(client_id, "5,00", on="2026-02-09")
    book.waive(loan, (1, Component.LATE_FEE, "0,50"), on="2026-02-18")
    book.move_due_date(loan, 3, "2026-04-20", on="2026-02-18")
    book.settle_early(loan, settles(book, loan, 2), on="2026-02-18", chosen=(2,))

    records = copy_of(client_id).records

    request = next(each for each in records.requests if each.number == loan.number)
    reversal = request.payments[0].reversal
    assert reversal is not None
    assert (reversal.reason, reversal.reversed_by) == ("Transferência devolvida", "Ana Souza")
    assert [(payment.method, payment.settled) for payment in request.payments] == [
        ("PIX", ()), ("CREDIT", ()), ("PIX", (2,)),
    ]  # fmt: skip
    assert [(each.invoice, each.kind, each.amount_cents) for each in request.adjustments][:1] == [(1, "WAIVER", 50)]
    (change,) = request.due_date_changes
    assert (change.invoice, change.new_due_date) == (3, a_day("2026-04-20"))
    assert [(each.number, each.amount_cents) for each in records.refunds] == [(refund.number, 500)]
    assert [(each.amount_cents, each.used_by_payment, each.refund) for each in records.credit_uses] == [
        (1500, request.payments[1].number, None), (500, None, refund.number),
    ]  # fmt: skip
    paper = held_data_pdf(copy_of(client_id), is_compressed=False).decode("cp1252", "replace")
    for told in ("Dispensa", "Estornado", "quitou as parcelas 2", "Devolução nº", "Crédito usado"):
        assert told in paper, told


def settles(book: Book, loan: RequestReceipt, number: int) -> str:
    asked = SettlementOf(request_id=loan.request_id, received_on=a_day("2026-02-18"), chosen=(number,))
    quote = settlement_quote(book.manager, at("2026-02-18"), asked)
    return format_brl(quote.to_pay_cents).removeprefix("R$").strip()
