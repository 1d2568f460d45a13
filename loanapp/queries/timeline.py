"""The timeline of a client: everything that happened, newest first, and what is to come (ux.md §2.6).

Each source gives its newest items that fit the filter, as rows of one shape; one statement merges them, so the cost
does not follow the length of anybody's history.  What became of a promise and of a text is read as it stands now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from domain.clients import ClientNotFound
from domain.invoices import InvoiceStatus
from domain.messages import MessageStatus
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models import promises
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.follow_ups import FollowUp
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message
from loanapp.models.requests import Request
from loanapp.queries import _timeline_sources as sources
from loanapp.queries._query import Tx, query
from loanapp.settings import SAO_PAULO

PAGE_LENGTH = 50
QUEUED_SHOWN = 5


class Scope(StrEnum):
    """Which part of the timeline is shown."""

    ALL = "ALL"
    CONTACTS = "CONTACTS"
    MONEY = "MONEY"
    HISTORY = "HISTORY"


class ItemKind(StrEnum):
    """Where an item comes from, which says what its facts hold (`_timeline_sources`)."""

    FOLLOW_UP = "FOLLOW_UP"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    MESSAGE = "MESSAGE"
    ANSWER = "ANSWER"
    PAYMENT = "PAYMENT"
    DOCUMENT = "DOCUMENT"
    EVENT = "EVENT"


SCOPES: dict[Scope, frozenset[ItemKind]] = {
    Scope.ALL: frozenset(ItemKind),
    Scope.CONTACTS: frozenset({ItemKind.FOLLOW_UP, ItemKind.PROMISE_BROKEN, ItemKind.MESSAGE, ItemKind.ANSWER}),
    Scope.MONEY: frozenset({ItemKind.FOLLOW_UP, ItemKind.PROMISE_BROKEN, ItemKind.PAYMENT, ItemKind.EVENT}),
    Scope.HISTORY: frozenset({ItemKind.DOCUMENT, ItemKind.EVENT}),
}


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last item of a page: the next page begins after it."""

    at: datetime
    key: str


@dataclass(frozen=True, kw_only=True)
class TimelineFilter:
    """What a timeline shows; `since` and `until` are days in São Paulo, both included."""

    client_id: UUID
    scope: Scope = Scope.ALL
    person_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""
    before: Cursor | None = None


@dataclass(frozen=True, kw_only=True)
class TimelineItem:
    """One thing that happened. `author` is empty where no person did it; automatic items may be shown as one."""

    kind: ItemKind
    key: str
    at: datetime
    author_id: UUID | None
    author: str
    is_automatic: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is to come: the promise that stands, the texts that wait, and the next day on which something falls due."""

    promised_on: date | None
    promised_cents: int
    queued: tuple[tuple[str, datetime], ...]
    next_due_on: date | None
    next_due_cents: int


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One page, newest first; `next` is where the page after it begins, None on the last one."""

    items: tuple[TimelineItem, ...]
    next: Cursor | None
    planned: Planned
    people: tuple[tuple[UUID, str], ...]


@query(Permission.TIMELINE_VIEW)
def timeline(tx: Tx, parameters: TimelineFilter) -> Timeline:
    """Return a page of a client's timeline, in six statements at most; raise ClientNotFound."""
    if tx.session.scalar(select(Client.id).where(Client.id == parameters.client_id)) is None:
        raise ClientNotFound
    rows = tx.session.execute(_page(tx, parameters)).all()
    items = tuple(_item(row) for row in rows[:PAGE_LENGTH])
    has_more = len(rows) > PAGE_LENGTH
    people = tx.session.execute(select(User.id, User.name).order_by(User.name, User.id))
    return Timeline(
        items=items,
        next=Cursor(at=items[-1].at, key=items[-1].key) if has_more else None,
        planned=_planned(tx, parameters.client_id),
        people=tuple((row.id, row.name) for row in people),
    )


def _page(tx: Tx, parameters: TimelineFilter) -> Any:  # noqa: ANN401 - SQLAlchemy's own type.
    search = sources.Search(
        client_id=parameters.client_id,
        today=tx.business_date,
        person_id=parameters.person_id,
        starts_at=_midnight(parameters.since) if parameters.since else None,
        ends_at=_midnight(parameters.until + timedelta(days=1)) if parameters.until else None,
        text=parameters.text.strip(),
        before=(parameters.before.at, parameters.before.key) if parameters.before else None,
        is_about_money=parameters.scope is Scope.MONEY,
        is_history=parameters.scope is Scope.HISTORY,
        most=PAGE_LENGTH + 1,
    )
    kinds = [kind.value for kind in ItemKind if kind in SCOPES[parameters.scope]]
    return sources.merged(kinds, search)


def _item(row: Row[Any]) -> TimelineItem:
    return TimelineItem(
        kind=ItemKind(row.kind),
        key=row.key,
        at=row.at,
        author_id=row.author_id,
        author=row.author or "",
        is_automatic=row.is_automatic,
        facts=row.facts,
    )


def _planned(tx: Tx, client_id: UUID) -> Planned:
    promise = tx.session.execute(
        select(FollowUp.promised_on, FollowUp.promised_cents)
        .where(FollowUp.client_id == client_id, promises.is_active(tx.business_date))
        .limit(1)
    ).first()
    queued = tx.session.execute(
        select(Message.kind, Message.available_at)
        .where(Message.client_id == client_id, Message.status == MessageStatus.QUEUED)
        .order_by(Message.available_at, Message.id)
        .limit(QUEUED_SHOWN)
    )
    due = tx.session.execute(
        select(Invoice.effective_due_date, func.sum(Invoice.open_cents).label("cents"))
        .join(Request, Request.id == Invoice.request_id)
        .where(
            Request.client_id == client_id,
            Request.status == RequestStatus.ACTIVE,
            Invoice.status.in_((InvoiceStatus.OPEN, InvoiceStatus.UNPAID)),
            Invoice.effective_due_date >= tx.business_date,
        )
        .group_by(Invoice.effective_due_date)
        .order_by(Invoice.effective_due_date)
        .limit(1)
    ).first()
    return Planned(
        promised_on=promise.promised_on if promise else None,
        promised_cents=(promise.promised_cents or 0) if promise else 0,
        queued=tuple((row.kind, row.available_at) for row in queued),
        next_due_on=due.effective_due_date if due else None,
        next_due_cents=int(due.cents) if due else 0,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SAO_PAULO)
