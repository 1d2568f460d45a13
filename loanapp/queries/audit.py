"""Reads of the audit trail for people: a page of events, newest first, what they are about, and the last check."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, String, cast, func, or_, select, tuple_

from domain import audit_words
from domain.audit import Origin
from domain.permissions import Permission, Role
from loanapp.models.audit import AuditEvent
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.clients import matches
from loanapp.settings import SAO_PAULO

PAGE_SIZE = 50
LARGEST_NUMBER_DIGITS = 15
NOBODY = "sistema"


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which events; AND across the fields, an empty one keeps all.

    `person` is a user's id, or `NOBODY` for what no person did.  `group` is a key of `audit_words.GROUPS`.  `record` is
    a record's number as users see it, or its id.  Dates are days in São Paulo, both kept.
    """

    person: str = ""
    group: str = ""
    client: str = ""
    record: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, kw_only=True)
class AuditAsked:
    """A page: the events older than `older_than`, or the next ones newer than `newer_than`; ids of events."""

    filter: AuditFilter = field(default_factory=AuditFilter)
    older_than: int | None = None
    newer_than: int | None = None
    size: int = PAGE_SIZE


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """One event. `request_number` is the loan that it leads to, `record_number` what users call the record."""

    event_id: int
    chain: str
    chain_number: int
    at: datetime
    business_date: date
    actor_name: str
    role: Role | None
    address: str
    session: str
    origin: Origin | None
    action: str
    client_id: UUID | None
    client_name: str
    record_kind: str
    record_id: str
    record_number: int | None
    request_number: int | None
    before: Mapping[str, object]
    after: Mapping[str, object]
    reason: str


@dataclass(frozen=True, kw_only=True)
class LastCheck:
    """When somebody last checked the whole trail, and what it showed."""

    at: datetime
    by: str
    events: int
    differences: int
    first: str


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """The events of a page, how many the filter keeps, who may be filtered by, and the last check of the trail."""

    lines: tuple[AuditLine, ...]
    total: int
    has_newer: bool
    has_older: bool
    people: tuple[tuple[UUID, str], ...]
    last_check: LastCheck | None


@dataclass(frozen=True, kw_only=True)
class AuditExtent:
    """How many events a filter keeps, and the newest event there is."""

    total: int
    newest_id: int


@query(Permission.AUDIT_VIEW)
def audit_page(tx: Tx, parameters: AuditAsked) -> AuditPage:
    """Return a page of events with its count, in at most six statements."""
    conditions = _conditions(parameters.filter)
    total = tx.session.scalar(select(func.count()).select_from(AuditEvent).where(*conditions)) or 0
    rows, has_more = _rows(tx, parameters, conditions)
    is_backwards = parameters.newer_than is not None
    return AuditPage(
        lines=_lines(tx, rows),
        total=total,
        has_newer=has_more if is_backwards else parameters.older_than is not None,
        has_older=is_backwards or has_more,
        people=tuple((row.id, row.name) for row in tx.session.execute(select(User.id, User.name).order_by(User.name))),
        last_check=_last_check(tx),
    )


@query(Permission.AUDIT_VIEW)
def audit_extent(tx: Tx, parameters: AuditFilter) -> AuditExtent:
    """Return how much an export holds, and where it begins: what happens meanwhile is not in it."""
    total, newest_id = tx.session.execute(
        select(func.count(), func.max(AuditEvent.id)).where(*_conditions(parameters))
    ).one()
    return AuditExtent(total=total, newest_id=newest_id or 0)


@query(Permission.AUDIT_VIEW)
def audit_chunk(tx: Tx, parameters: AuditAsked) -> tuple[AuditLine, ...]:
    """Return the next events of an export, newest first, none after the last; `older_than` is exclusive."""
    rows, _ = _rows(tx, parameters, _conditions(parameters.filter))
    return _lines(tx, rows)


def _rows(tx: Tx, parameters: AuditAsked, conditions: Sequence[ColumnElement[bool]]) -> tuple[list[Row[Any]], bool]:
    """Return the rows of a page, newest first, and whether more lie beyond it."""
    keys = (AuditEvent.at, AuditEvent.id)
    order: list[ColumnElement[Any]] = [key.desc() for key in keys]
    bounds: list[ColumnElement[bool]] = []
    if parameters.newer_than is not None:
        bounds, order = [tuple_(*keys) > _place_of(parameters.newer_than)], [key.asc() for key in keys]
    elif parameters.older_than is not None:
        bounds = [tuple_(*keys) < _place_of(parameters.older_than)]
    statement = (
        select(AuditEvent, Client.name.label("client_name"))
        .outerjoin(Client, Client.id == AuditEvent.client_id)
        .where(*conditions, *bounds)
        .order_by(*order)
        .limit(parameters.size + 1)
    )
    found: list[Row[Any]] = list(tx.session.execute(statement))
    rows = found[: parameters.size]
    return rows[::-1] if parameters.newer_than is not None else rows, len(found) > parameters.size


def _place_of(event_id: int) -> ColumnElement[Any]:
    return select(AuditEvent.at, AuditEvent.id).where(AuditEvent.id == event_id).scalar_subquery()


def _conditions(asked: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.person == NOBODY:
        conditions.append(AuditEvent.actor_id.is_(None))
    elif asked.person:
        conditions.append(AuditEvent.actor_id == UUID(asked.person))
    if asked.group:
        _, prefixes = audit_words.GROUPS[asked.group]
        conditions.append(or_(*(AuditEvent.action.startswith(prefix, autoescape=True) for prefix in prefixes)))
    if asked.client.strip():
        conditions.append(AuditEvent.client_id.in_(select(Client.id).where(*matches(asked.client))))
    if asked.record.strip():
        conditions.append(_is_record(asked.record.strip()))
    if asked.first_day is not None:
        conditions.append(AuditEvent.at >= _midnight(asked.first_day))
    if asked.last_day is not None:
        conditions.append(AuditEvent.at < _midnight(asked.last_day + timedelta(days=1)))
    return conditions


def _is_record(text: str) -> ColumnElement[bool]:
    """Say which events are about a record: its number as a loan, a payment or a client, or its id."""
    bare = text.lstrip("#nNº°. ")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= LARGEST_NUMBER_DIGITS):
        return AuditEvent.record_id == text
    number = int(bare)
    ids = [select(cast(table.id, String)).where(table.number == number) for table in (Request, Payment, Client)]
    return AuditEvent.record_id.in_(ids[0].union_all(*ids[1:]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=SAO_PAULO)


def _lines(tx: Tx, rows: Sequence[Row[Any]]) -> tuple[AuditLine, ...]:
    """Return events with the numbers of the loans and payments they are about, which two statements look up."""
    requests = {
        str(request_id): number
        for request_id, number in tx.session.execute(
            select(Request.id, Request.number).where(Request.id.in_(_ids(rows, "request")))
        )
    }
    payments = {
        str(payment_id): (number, request_number)
        for payment_id, number, request_number in tx.session.execute(
            select(Payment.id, Payment.number, Request.number)
            .join(Request, Request.id == Payment.request_id)
            .where(Payment.id.in_(_ids(rows, "payment")))
        )
    }
    return tuple(_line(row.AuditEvent, row.client_name or "", requests, payments) for row in rows)


def _ids(rows: Iterable[Row[Any]], kind: str) -> list[UUID]:
    return [UUID(row.AuditEvent.record_id) for row in rows if row.AuditEvent.record_kind == kind]


def _line(
    event: AuditEvent, client_name: str, requests: Mapping[str, int], payments: Mapping[str, tuple[int, int]]
) -> AuditLine:
    facts = json.loads(event.text)
    payment_number, of_payment = payments.get(event.record_id, (None, None))
    request_number = requests.get(event.record_id, of_payment)
    return AuditLine(
        event_id=event.id,
        chain=event.chain,
        chain_number=event.chain_number,
        at=event.at,
        business_date=event.business_date,
        actor_name=event.actor_name,
        role=Role(facts["role"]) if "role" in facts else None,
        address=facts.get("address", ""),
        session=facts.get("session") or "",
        origin=Origin(facts["origin"]) if "origin" in facts else None,
        action=event.action,
        client_id=event.client_id,
        client_name=client_name,
        record_kind=event.record_kind,
        record_id=event.record_id,
        record_number=payment_number or request_number,
        request_number=request_number,
        before=facts.get("before", {}),
        after=facts.get("after", {}),
        reason=facts.get("reason", ""),
    )


def _last_check(tx: Tx) -> LastCheck | None:
    event = tx.session.scalar(
        select(AuditEvent)
        .where(AuditEvent.record_id == "trail", AuditEvent.action == "audit.verified")
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    if event is None:
        return None
    found = json.loads(event.text)["after"]
    return LastCheck(
        at=event.at, by=event.actor_name, events=found["events"], differences=found["differences"], first=found["first"]
    )
