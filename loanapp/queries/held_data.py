"""Everything that is held about one borrower, in one structure, for the borrower's copy (LGPD art. 18 II, 19, 20).

What is read is listed by table below, and a test fails when a table that leads to a client is in neither list.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from domain.clients import ClientNotFound, TaxId
from domain.permissions import Permission
from domain.privacy import HOLDINGS, Holding, Retention
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.documents import Document
from loanapp.models.follow_ups import FollowUp
from loanapp.models.messages import Message
from loanapp.models.requests import Request
from loanapp.models.retention import load_retention
from loanapp.queries._creditor import Creditor, read_creditor
from loanapp.queries._held import SYSTEM_NAME
from loanapp.queries._query import Tx, query
from loanapp.queries.held_records import HeldRecords, records_of

# Table → the part of `HeldData` that holds it.
EXPORTED = {
    "clients": "person, consent",
    "requests": "records.requests",
    "guarantors": "records.requests.guarantor",
    "invoices": "records.requests.statement",
    "payments": "records.requests.payments",
    "allocations": "records.requests.statement",
    "settled_invoices": "records.requests.payments.settled",
    "returned_payments": "records.requests.payments.returns",
    "receipt_issues": "records.requests.payments.receipts",
    "receipt_links": "records.requests.payments.receipts",
    "reversals": "records.requests.payments.reversal, records.requests.adjustments.reversal, records.refunds.reversal",
    "adjustments": "records.requests.adjustments",
    "due_date_changes": "records.requests.due_date_changes",
    "renegotiations": "records.requests.renegotiations",
    "refunds": "records.refunds",
    "credit_uses": "records.credit_uses",
    "messages": "records.messages",
    "message_events": "records.messages.moves",
    "inbound_events": "records.webhooks",
    "follow_ups": "records.follow_ups",
    "documents": "records.documents",
    "approvals": "records.approvals",
    "audit_events": "records.audit_events",
    "cycle_failures": "records.routine_failures",
}
# Table → why the copy is without it.
LEFT_OUT = {
    "cycle_runs": "a daily cycle, asked for over one client at times; what it changed shows in the invoices themselves",
    "cycle_items": "what a replay changed of a contract, by sums; the invoices and the statement hold each amount",
    "handed_in_payments": "which hand-in of cash a payment was part of tells of the colleague, not of the borrower",
    "document_contents": "the papers themselves are opened one by one on the record; the copy names each by its hash",
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who the borrower is, and how and where to reach the person; phones in E.164."""

    number: int
    kind: str
    tax_id: str
    name: str
    preferred_name: str
    birth_date: date | None
    phone: str
    other_phone: str
    phone_flag: str
    zip_code: str
    street: str
    street_number: str
    complement: str
    district: str
    city: str
    state: str
    occupation: str
    income_cents: int
    status: str
    blocked_reason: str
    credit_cents: int
    supervisor: str
    registered_by: str
    registered_on: date
    registered_at: datetime


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Whether texts on WhatsApp are welcome, since when, and how the borrower said so."""

    accepts_messages: bool
    consent_on: date
    consent_origin: str


@dataclass(frozen=True, kw_only=True)
class HeldRetention:
    """Why and through which day the data is kept (none: as long as the reason lasts), and on which legal basis."""

    because: str
    until: date | None
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, kw_only=True)
class HeldData:
    """The borrower's copy. Amounts are centavos, rates percent, instants with their zone."""

    made_at: datetime
    business_date: date
    creditor: Creditor
    person: Person
    consent: Consent
    retention: HeldRetention
    records: HeldRecords


@dataclass(frozen=True, kw_only=True)
class PrivacySummary:
    """What a record's tab shows: how many of what is held, the consent, and the retention."""

    client_number: int
    accepts_messages: bool
    consent_on: date
    consent_origin: str
    retention: Retention
    has_retention_ended: bool
    anonymised_on: date | None
    requests: int
    messages: int
    follow_ups: int
    documents: int


@query(Permission.CLIENTS_EXPORT)
def client_id_of(tx: Tx, tax_id: str) -> UUID:
    """Return the client with a CPF or CNPJ, typed with any punctuation; raise what `TaxId.parse` or ClientNotFound."""
    found = tx.session.scalar(select(Client.id).where(Client.tax_id == TaxId.parse(tax_id).text))
    if found is None:
        raise ClientNotFound
    return found


@query(Permission.CLIENTS_EXPORT)
def held_data(tx: Tx, client_id: UUID) -> HeldData:
    """Return everything that is held about a client; raise ClientNotFound.  Note the export before."""
    client = _client(tx, client_id)
    return HeldData(
        made_at=tx.now,
        business_date=tx.business_date,
        creditor=read_creditor(tx),
        person=_person(tx, client),
        consent=Consent(
            accepts_messages=client.accepts_messages,
            consent_on=client.consent_on,
            consent_origin=client.consent_origin,
        ),
        retention=_retention(load_retention(tx.session, client)),
        records=records_of(tx, client),
    )


@query(Permission.CLIENTS_VIEW)
def privacy_summary(tx: Tx, client_id: UUID) -> PrivacySummary:
    """Return what is held about a client in short; raise ClientNotFound."""
    client = _client(tx, client_id)
    retention = load_retention(tx.session, client)
    counts = {
        table.__tablename__: tx.session.scalar(select(func.count(table.id)).where(table.client_id == client_id)) or 0
        for table in (Request, Message, FollowUp, Document)
    }
    return PrivacySummary(
        client_number=client.number,
        accepts_messages=client.accepts_messages,
        consent_on=client.consent_on,
        consent_origin=client.consent_origin,
        retention=retention,
        has_retention_ended=retention.has_ended(tx.business_date),
        anonymised_on=client.anonymised_on,
        **counts,
    )


def _client(tx: Tx, client_id: UUID) -> Client:
    client = tx.session.scalar(select(Client).where(Client.id == client_id))
    if client is None:
        raise ClientNotFound
    return client


_COPIED = (
    "number", "kind", "tax_id", "name", "preferred_name", "birth_date", "phone", "other_phone", "phone_flag",
    "zip_code", "street", "street_number", "complement", "district", "city", "state", "occupation", "income_cents",
    "status", "blocked_reason", "credit_cents", "registered_on", "registered_at",
)  # fmt: skip


def _person(tx: Tx, client: Client) -> Person:
    ids = [user_id for user_id in (client.supervisor_id, client.registered_by) if user_id]
    names = {user.id: user.name for user in tx.session.scalars(select(User).where(User.id.in_(ids)))}
    return Person(
        supervisor=names[client.supervisor_id] if client.supervisor_id else "",
        registered_by=names[client.registered_by] if client.registered_by else SYSTEM_NAME,
        **{column: getattr(client, column) for column in _COPIED},
    )


def _retention(retention: Retention) -> HeldRetention:
    return HeldRetention(because=retention.because.words, until=retention.until, holdings=HOLDINGS)
