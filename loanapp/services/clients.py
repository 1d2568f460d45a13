"""Use cases about borrowers: register, change the contact, block and unblock."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clients import (
    BirthDateImpossible,
    ClientExists,
    ClientKind,
    ClientNotFound,
    ClientStatus,
    ClientStatusUnchanged,
    Phone,
    TaxId,
    check_income,
    client_name,
    optional_text,
    required_text,
    search_text,
    state_code,
    zip_code,
)
from domain.errors import Checks
from domain.money import Money
from domain.permissions import Permission
from domain.privacy import ConsentOrigin
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.services import _audit, _consent
from loanapp.services._use_case import Tx, use_case

ADULT_AGE_YEARS = 18
AGE_MAXIMUM_YEARS = 120


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How and where a client is reached, as typed; empty texts are allowed except for the phone."""

    phone: str
    other_phone: str = ""
    zip_code: str = ""
    street: str = ""
    street_number: str = ""
    complement: str = ""
    district: str = ""
    city: str = ""
    state: str = ""
    occupation: str = ""
    income: Money = Money.ZERO
    accepts_messages: bool = True


@dataclass(frozen=True, kw_only=True)
class RegisterClient:
    """Onboard a borrower. `client_id` is made by the caller: the same id and CPF or CNPJ twice is one client."""

    client_id: UUID
    tax_id: str
    name: str
    contact: Contact
    preferred_name: str = ""
    birth_date: date | None = None
    consent_origin: ConsentOrigin = ConsentOrigin.REGISTRATION


@dataclass(frozen=True, kw_only=True)
class ChangeContact:
    """Put a client's contact right."""

    client_id: UUID
    contact: Contact


@dataclass(frozen=True, kw_only=True)
class BlockClient:
    """Block a client from new requests, or unblock, with a reason."""

    client_id: UUID
    reason: str


@dataclass(frozen=True)
class ClientRegistered:
    """A client's identity after registration."""

    client_id: UUID
    number: int
    name: str


@use_case(Permission.CLIENTS_REGISTER)
def register(tx: Tx, command: RegisterClient) -> ClientRegistered:
    """Register a client; raise field errors of `domain.clients`, or ClientExists naming who has the CPF or CNPJ."""
    checks = Checks()
    identity = check_identity(checks, command, tx.business_date)
    contact = check_contact(checks, command.contact)
    checks.finish()
    existing = tx.session.scalar(select(Client).where(Client.tax_id == identity["tax_id"]))
    if existing is not None:
        if existing.id == command.client_id:
            return ClientRegistered(existing.id, existing.number, existing.name)
        raise ClientExists(field="tax_id", name=existing.name, client_id=str(existing.id))
    client = Client(
        id=command.client_id,
        status=ClientStatus.ACTIVE,
        accepts_messages=command.contact.accepts_messages,
        consent_on=tx.business_date,
        consent_origin=command.consent_origin,
        registered_by=tx.actor.user_id,
        registered_on=tx.business_date,
        registered_at=tx.now,
        search_text="",
        audit_count=0,
        audit_head="",
        **identity,
        **contact,
    )
    _refresh_search_text(client)
    tx.session.add(client)
    # The client before its first event: without a relationship between them, the order of the inserts is anybody's.
    tx.session.flush()
    _audit.note(tx, client, "client.registered", "client", client.id, after={"name": client.name, **contact})
    return ClientRegistered(client.id, client.number, client.name)


def check_identity(checks: Checks, command: RegisterClient, business_date: date) -> dict[str, Any]:
    """Note the problems of who the client is in `checks`; return the columns that the fields make.

    A form calls this and `check_contact` too, so that what it could not even read is shown with all the rest.
    """
    tax_id = checks.take("tax_id", TaxId.parse, command.tax_id)
    checks.take("birth_date", _check_birth_date, command.birth_date, business_date)
    return {
        "tax_id": tax_id.text if tax_id else "",
        "kind": tax_id.kind if tax_id else None,
        "name": checks.take("name", client_name, command.name),
        "preferred_name": checks.take("preferred_name", optional_text, command.preferred_name),
        "birth_date": command.birth_date if tax_id and tax_id.kind is ClientKind.PERSON else None,
    }


@use_case(Permission.CLIENTS_REGISTER)
def change_contact(tx: Tx, command: ChangeContact) -> None:
    """Replace a client's contact; whether messages are accepted is a consent, with its own date and event."""
    checks = Checks()
    contact = check_contact(checks, command.contact)
    checks.finish()
    client = _locked(tx.session, command.client_id)
    before = {column: getattr(client, column) for column in contact}
    _consent.change(tx, client, accepts=command.contact.accepts_messages, origin=ConsentOrigin.REGISTRATION)
    if client.phone != contact["phone"]:
        # A number proven wrong was the old one; the new one has its own fate.
        client.phone_flag = ""
    changed = {column: value for column, value in contact.items() if before[column] != value}
    for column, value in changed.items():
        setattr(client, column, value)
    _refresh_search_text(client)
    _audit.note(
        tx, client, "client.contact_changed", "client", client.id,
        before={column: before[column] for column in changed}, after=changed,
    )  # fmt: skip


@use_case(Permission.CLIENTS_BLOCK)
def block(tx: Tx, command: BlockClient) -> None:
    """Block a client from new requests; loans that run go on."""
    _change_status(tx, command, ClientStatus.BLOCKED)


@use_case(Permission.CLIENTS_BLOCK)
def unblock(tx: Tx, command: BlockClient) -> None:
    """Let a blocked client ask for loans again."""
    _change_status(tx, command, ClientStatus.ACTIVE)


def _change_status(tx: Tx, command: BlockClient, status: ClientStatus) -> None:
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason)
    checks.finish()
    client = _locked(tx.session, command.client_id)
    if client.status == status:
        raise ClientStatusUnchanged
    before = client.status
    client.status = status
    client.blocked_reason = reason if status is ClientStatus.BLOCKED and reason else ""
    _audit.note(
        tx, client, "client.status_changed", "client", client.id,
        before={"status": before}, after={"status": status}, reason=reason or "",
    )  # fmt: skip


def _locked(session: Session, client_id: UUID) -> Client:
    client = locks.client(session, client_id)
    if client is None:
        raise ClientNotFound
    return client


def check_contact(checks: Checks, contact: Contact) -> dict[str, object]:
    """Note the problems of a contact's fields in `checks`; return the columns that the fields make."""
    phone = checks.take("phone", Phone.parse, contact.phone)
    other_phone = checks.take("other_phone", Phone.parse, contact.other_phone) if contact.other_phone.strip() else None
    checks.take("income", check_income, contact.income)
    columns: dict[str, object] = {
        "phone": phone.e164 if phone else "",
        "other_phone": other_phone.e164 if other_phone else "",
        "zip_code": checks.take("zip_code", zip_code, contact.zip_code),
        "state": checks.take("state", state_code, contact.state),
        "income_cents": contact.income.cents,
    }
    for field in ("street", "street_number", "complement", "district", "city", "occupation"):
        columns[field] = checks.take(field, optional_text, getattr(contact, field))
    return columns


def _check_birth_date(birth_date: date | None, business_date: date) -> None:
    if birth_date is None:
        return
    had_birthday = (business_date.month, business_date.day) >= (birth_date.month, birth_date.day)
    age_years = business_date.year - birth_date.year - (not had_birthday)
    if not ADULT_AGE_YEARS <= age_years <= AGE_MAXIMUM_YEARS:
        raise BirthDateImpossible


def _refresh_search_text(client: Client) -> None:
    client.search_text = search_text(
        client.name, client.preferred_name, TaxId(client.tax_id), client.phone, client.other_phone
    )
