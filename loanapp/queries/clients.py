"""Reads about borrowers: the page of a list, with the sums of everything it filters, and the head of one record.

Money comes from the aggregates that the requests keep, never from a replay; only running loans (`ACTIVE`) count.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Row,
    Select,
    Subquery,
    false,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased

from domain import masking
from domain.clients import ClientKind, ClientNotFound, ClientStatus, TaxId, fold
from domain.errors import DomainError
from domain.invoices import InvoiceStatus
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.follow_ups import FollowUp
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.queries._contacts import last_contact_at, of_promise
from loanapp.queries._query import Tx, query

SEARCH_WORDS_MAXIMUM = 8
_SUPERVISOR = aliased(User)
_FULL_PHONE_LENGTHS = (12, 13)  # 55, the area code, and 8 or 9 digits.


class ClientsView(StrEnum):
    """Which clients a list holds."""

    ALL = "ALL"
    OVERDUE = "OVERDUE"
    BLOCKED = "BLOCKED"


class ClientsOrder(StrEnum):
    """What a list is sorted by; names break ties."""

    NAME = "NAME"
    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    DAYS_OVERDUE = "DAYS_OVERDUE"


@dataclass(frozen=True, kw_only=True)
class ClientsFilter:
    """What a list shows; `page` counts from 1, and one past the end is the last page.

    `supervisor_id` keeps the clients of one street supervisor, `is_unassigned` those of none.
    """

    text: str = ""
    supervisor_id: UUID | None = None
    is_unassigned: bool = False
    view: ClientsView = ClientsView.ALL
    order: ClientsOrder = ClientsOrder.NAME
    is_descending: bool = False
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class ClientLine:
    """One client in a list, identities masked.

    `next_due_date` is the first effective due date from today on of what is unpaid.
    """

    client_id: UUID
    name: str
    tax_id: str
    phone: str
    district: str
    supervisor: str
    status: ClientStatus
    open_cents: int
    overdue_cents: int
    days_overdue: int
    next_due_date: date | None
    last_contact_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ClientsPage:
    """The lines of one page, and count and sums of the whole filtered set."""

    lines: tuple[ClientLine, ...]
    total: int
    open_cents: int
    overdue_cents: int


@dataclass(frozen=True, kw_only=True)
class ClientRecord:
    """What is kept about one client, CPF, CNPJ and phones masked, and what the client owes today.

    Who needs an identity in full asks `services/disclosure.py`, which leaves a trace.
    """

    client_id: UUID
    number: int
    kind: ClientKind
    status: ClientStatus
    blocked_reason: str
    name: str
    preferred_name: str
    tax_id: str
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
    accepts_messages: bool
    consent_on: date
    consent_origin: str
    credit_cents: int
    anonymised_on: date | None
    registered_on: date
    registered_by: str
    supervisor_id: UUID | None
    supervisor: str
    open_cents: int
    overdue_cents: int
    days_overdue: int
    next_due_date: date | None
    last_contact_at: datetime | None
    promised_on: date | None
    promised_cents: int


@dataclass(frozen=True, kw_only=True)
class KnownClient:
    """Who already has a CPF or CNPJ."""

    client_id: UUID
    name: str
    kind: ClientKind


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a search as `Client.search_text` holds them: folded, numbers without their punctuation.

    >>> search_words("José  PEREIRA")
    ('jose', 'pereira')
    >>> search_words("+55 (11) 98765-4321")
    ('11987654321',)
    >>> search_words("12.ABC.345/01DE-35")
    ('12abc34501de35',)
    """
    folded = fold(text)
    if re.search(r"[0-9]", folded) and not re.search(r"[^\W\d_]", folded):
        digits = re.sub(r"[^0-9]", "", folded)
        return (digits.removeprefix("55") if len(digits) in _FULL_PHONE_LENGTHS else digits,)
    words = (re.sub(r"[^\w]|_", "", word) if re.search(r"[0-9]", word) else word for word in folded.split())
    return tuple(word for word in words if re.search(r"\w", word))[:SEARCH_WORDS_MAXIMUM]


def matches(text: str) -> list[ColumnElement[bool]]:
    """Return the conditions on `Client` of a search: every word, in any order, anywhere; none for a blank text."""
    if not text.strip():
        return []
    return [Client.search_text.contains(word, autoescape=True) for word in search_words(text)] or [false()]


def owed() -> Subquery:
    """Return what each client owes by its running loans: open and overdue centavos, and since when overdue."""
    return (
        select(
            Request.client_id,
            func.sum(Request.total_value_open).label("open_cents"),
            func.sum(Request.total_value_overdue).label("overdue_cents"),
            func.min(Request.overdue_since).label("overdue_since"),
        )
        .where(Request.status == RequestStatus.ACTIVE)
        .group_by(Request.client_id)
        .subquery("owed")
    )


@query(Permission.CLIENTS_VIEW)
def clients_page(tx: Tx, parameters: ClientsFilter) -> ClientsPage:
    """Return one page of the clients that match, in two statements."""
    owes = owed()
    conditions = [*matches(parameters.text), *_of_view(parameters.view, owes), *_of_supervisor(parameters)]
    total, open_cents, overdue_cents = tx.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(owes.c.open_cents), 0),
            func.coalesce(func.sum(owes.c.overdue_cents), 0),
        )
        .select_from(Client)
        .outerjoin(owes, owes.c.client_id == Client.id)
        .where(*conditions)
    ).one()
    page = min(parameters.page, max(1, -(-total // parameters.size)))
    rows = tx.session.execute(_page_of_lines(tx, parameters, page, conditions, owes))
    return ClientsPage(
        lines=tuple(_line(tx, row) for row in rows),
        total=total,
        open_cents=int(open_cents),
        overdue_cents=int(overdue_cents),
    )


def _of_view(view: ClientsView, owes: Subquery) -> list[ColumnElement[bool]]:
    if view is ClientsView.OVERDUE:
        return [owes.c.overdue_cents > 0]
    if view is ClientsView.BLOCKED:
        return [Client.status == ClientStatus.BLOCKED]
    return []


def _of_supervisor(parameters: ClientsFilter) -> list[ColumnElement[bool]]:
    if parameters.is_unassigned:
        return [Client.supervisor_id.is_(None)]
    return [Client.supervisor_id == parameters.supervisor_id] if parameters.supervisor_id else []


def _page_of_lines(
    tx: Tx, parameters: ClientsFilter, page: int, conditions: Sequence[ColumnElement[bool]], owes: Subquery
) -> Select[*tuple[Any, ...]]:
    """Choose the page's clients first, so that the two correlated reads are made for them alone."""
    chosen = (
        select(
            Client.id, Client.name, Client.tax_id, Client.phone, Client.district, Client.status, Client.search_text,
            Client.supervisor_id,
            owes.c.open_cents, owes.c.overdue_cents, owes.c.overdue_since, _key(tx, parameters.order, owes),
        )
        .outerjoin(owes, owes.c.client_id == Client.id)
        .where(*conditions)
        .order_by(*_sorting(parameters, literal_column("sort_key"), Client.search_text, Client.id))
        .limit(parameters.size)
        .offset((page - 1) * parameters.size)
        .subquery("chosen")
    )  # fmt: skip
    return (
        select(
            chosen, User.name.label("supervisor"),
            _next_due_date(chosen.c.id, tx.business_date), last_contact_at(chosen.c.id),
        )
        .outerjoin(User, User.id == chosen.c.supervisor_id)
        .order_by(*_sorting(parameters, chosen.c.sort_key, chosen.c.search_text, chosen.c.id))
    )  # fmt: skip


def _key(tx: Tx, order: ClientsOrder, owes: Subquery) -> ColumnElement[Any]:
    # The search text begins with the folded name, so that Álvaro stands among the As whatever the database's collation.
    keys: dict[ClientsOrder, ColumnElement[Any]] = {
        ClientsOrder.NAME: Client.search_text.expression,
        ClientsOrder.OPEN: func.coalesce(owes.c.open_cents, 0),
        ClientsOrder.OVERDUE: func.coalesce(owes.c.overdue_cents, 0),
        ClientsOrder.DAYS_OVERDUE: func.coalesce(literal(tx.business_date) - owes.c.overdue_since, 0),
    }
    return keys[order].label("sort_key")


def _sorting(
    parameters: ClientsFilter, key: ColumnElement[Any], *ties: ColumnExpressionArgument[Any]
) -> list[ColumnExpressionArgument[Any]]:
    return [key.desc() if parameters.is_descending else key.asc(), *ties]


def _next_due_date(client_id: ColumnExpressionArgument[UUID], today: date) -> ColumnElement[Any]:
    return (
        select(func.min(Invoice.effective_due_date))
        .join(Request, Request.id == Invoice.request_id)
        .where(
            Request.client_id == client_id,
            Request.status == RequestStatus.ACTIVE,
            Invoice.status.in_((InvoiceStatus.OPEN, InvoiceStatus.UNPAID)),
            Invoice.effective_due_date >= today,
        )
        .correlate_except(Invoice, Request)
        .scalar_subquery()
        .label("next_due_date")
    )


def _line(tx: Tx, row: Row[*tuple[Any, ...]]) -> ClientLine:
    return ClientLine(
        client_id=row.id,
        name=row.name,
        tax_id=masking.tax_id(row.tax_id),
        phone=masking.phone(row.phone),
        district=row.district,
        supervisor=row.supervisor or "",
        status=ClientStatus(row.status),
        open_cents=int(row.open_cents or 0),
        overdue_cents=int(row.overdue_cents or 0),
        days_overdue=days_since(tx, row.overdue_since),
        next_due_date=row.next_due_date,
        last_contact_at=row.last_contact_at,
    )


def days_since(tx: Tx, overdue_since: date | None) -> int:
    """Return how many days something is overdue on the read's business date; 0 when it is not."""
    return max(0, (tx.business_date - overdue_since).days) if overdue_since else 0


@query(Permission.CLIENTS_VIEW)
def client_record(tx: Tx, client_id: UUID) -> ClientRecord:
    """Return the record of a client, in one statement; raise ClientNotFound."""
    owes = owed()
    found = tx.session.execute(
        select(
            Client, User.name, _SUPERVISOR.name, owes.c.open_cents, owes.c.overdue_cents, owes.c.overdue_since,
            _next_due_date(Client.id, tx.business_date), last_contact_at(Client.id),
            of_promise(FollowUp.promised_on, Client.id, tx.business_date),
            of_promise(FollowUp.promised_cents, Client.id, tx.business_date),
        )
        .outerjoin(owes, owes.c.client_id == Client.id)
        .outerjoin(User, User.id == Client.registered_by)
        .outerjoin(_SUPERVISOR, _SUPERVISOR.id == Client.supervisor_id)
        .where(Client.id == client_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise ClientNotFound
    client, registered_by, supervisor, open_cents, overdue_cents, *dates, promised_on, promised_cents = found
    overdue_since, next_due_date, contacted_at = dates
    kept = (
        "number", "blocked_reason", "name", "preferred_name", "birth_date", "phone_flag", "zip_code", "street",
        "street_number", "complement", "district", "city", "state", "occupation",
        "income_cents", "accepts_messages", "consent_on", "consent_origin", "credit_cents", "anonymised_on",
        "registered_on",
    )  # fmt: skip
    return ClientRecord(
        client_id=client.id,
        tax_id=masking.tax_id(client.tax_id),
        phone=masking.phone(client.phone),
        other_phone=masking.phone(client.other_phone),
        kind=ClientKind(client.kind),
        status=ClientStatus(client.status),
        registered_by=registered_by or "",
        supervisor_id=client.supervisor_id,
        supervisor=supervisor or "",
        open_cents=int(open_cents or 0),
        overdue_cents=int(overdue_cents or 0),
        days_overdue=days_since(tx, overdue_since),
        next_due_date=next_due_date,
        last_contact_at=contacted_at,
        promised_on=promised_on,
        promised_cents=promised_cents or 0,
        **{name: getattr(client, name) for name in kept},
    )


@query(Permission.CLIENTS_VIEW)
def client_with_tax_id(tx: Tx, text: str) -> KnownClient | None:
    """Return who has the CPF or CNPJ, typed with any punctuation; None when nobody has, or when it is none."""
    try:
        tax_id = TaxId.parse(text)
    except DomainError:
        return None
    found = tx.session.execute(select(Client.id, Client.name).where(Client.tax_id == tax_id.text)).one_or_none()
    return KnownClient(client_id=found.id, name=found.name, kind=tax_id.kind) if found else None
