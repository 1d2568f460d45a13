"""Reads of the communication log: a page of texts with its counts, a thread, the sender's state, what is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select

from domain import masking
from domain.messages import MessageKind, MessageStatus
from domain.permissions import Permission
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.messages import Message, MessageEvent, WhatsappInstance
from loanapp.queries._query import Tx, query
from loanapp.queries.clients import matches

THREAD_LENGTH = 100

_COLUMNS = (
    Message.id,
    Message.client_id,
    Message.kind,
    Message.status,
    Message.reason,
    Message.template,
    Message.body,
    Message.phone,
    Message.attempts,
    Message.provider_status,
    Message.snapshot,
    Message.business_date,
    Message.created_at,
    Message.available_at,
    Message.sent_at,
    Message.delivered_at,
    Message.read_at,
    Client.name.label("client_name"),
    User.name.label("created_by_name"),
)


class MessagesView(StrEnum):
    """Which texts a list holds; TODAY is the business date's."""

    TODAY = "TODAY"
    QUEUED = "QUEUED"
    FAILED = "FAILED"
    UNCONFIRMED = "UNCONFIRMED"
    WITHHELD = "WITHHELD"
    ALL = "ALL"


STATUS_OF_VIEW = {
    MessagesView.QUEUED: MessageStatus.QUEUED,
    MessagesView.FAILED: MessageStatus.FAILED,
    MessagesView.UNCONFIRMED: MessageStatus.UNKNOWN,
    MessagesView.WITHHELD: MessageStatus.WITHHELD,
}


@dataclass(frozen=True, kw_only=True)
class MessagesFilter:
    """What a list shows, newest first; `page` counts from 1, one past the end is the last; `text` finds clients."""

    view: MessagesView = MessagesView.TODAY
    status: MessageStatus | None = None
    kind: MessageKind | None = None
    business_date: date | None = None
    text: str = ""
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class MessageLine:
    """One text. `total_cents` is what it asks for or receipts, `invoice_count` how many invoices it names.

    `phone` is masked.  `created_by_name` is the person who queued it, or started the cycle that did; None when the
    clock did.
    """

    message_id: UUID
    client_id: UUID
    client_name: str
    created_by_name: str | None
    is_from_cycle: bool
    kind: MessageKind
    template: str
    status: MessageStatus
    reason: str
    attempts: int
    provider_status: str
    body: str
    phone: str
    total_cents: int
    invoice_count: int
    business_date: date
    created_at: datetime
    available_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class MessagesPage:
    """One page, the count of all that the filter keeps, and the counts by status of the whole log and of today."""

    lines: tuple[MessageLine, ...]
    total: int
    by_status: Mapping[MessageStatus, int]
    today_by_status: Mapping[MessageStatus, int]


@dataclass(frozen=True, kw_only=True)
class MessageMove:
    """One row of a text's history: when, from where to where, why, and the class of the provider's answer."""

    at: datetime
    from_status: MessageStatus | None
    to_status: MessageStatus
    reason: str
    attempt: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class ThreadText:
    """A text of a client's thread with its moves, oldest first."""

    line: MessageLine
    moves: tuple[MessageMove, ...]


@dataclass(frozen=True, kw_only=True)
class SenderState:
    """The WhatsApp instance: its socket, since when, why it is paused, and how many texts wait for it."""

    connection_state: str
    state_changed_at: datetime | None
    paused_reason: str
    queued: int

    @property
    def is_sending(self) -> bool:
        """Whether due texts leave."""
        return self.connection_state == "open" and not self.paused_reason


@query(Permission.MESSAGES_VIEW)
def messages_page(tx: Tx, parameters: MessagesFilter) -> MessagesPage:
    """Return one page of the communication log."""
    by_status, today_by_status = _counts(tx)
    conditions = _conditions(parameters, tx.business_date)
    total = tx.session.scalar(select(func.count()).select_from(Message).where(*conditions)) or 0
    rows: list[Row[Any]] = []
    if total:
        page = min(max(parameters.page, 1), -(-total // parameters.size))
        chosen = (
            select(Message.id)
            .where(*conditions)
            .order_by(Message.created_at.desc(), Message.id)
            .limit(parameters.size)
            .offset((page - 1) * parameters.size)
        )
        rows = _rows(tx, Message.id.in_(chosen))
    return MessagesPage(
        lines=tuple(_line(row) for row in rows), total=total, by_status=by_status, today_by_status=today_by_status
    )


@query(Permission.MESSAGES_VIEW)
def thread(tx: Tx, client_id: UUID) -> tuple[ThreadText, ...]:
    """Return a client's last texts, newest first, each with its moves; empty for a client without texts."""
    newest = (
        select(Message.id)
        .where(Message.client_id == client_id)
        .order_by(Message.created_at.desc(), Message.id)
        .limit(THREAD_LENGTH)
    )
    rows = _rows(tx, Message.id.in_(newest))
    moves: dict[UUID, list[MessageMove]] = {row.id: [] for row in rows}
    for event in tx.session.scalars(
        select(MessageEvent).where(MessageEvent.message_id.in_(moves)).order_by(MessageEvent.id)
    ):
        moves[event.message_id].append(
            MessageMove(
                at=event.at,
                from_status=MessageStatus(event.from_status) if event.from_status else None,
                to_status=MessageStatus(event.to_status),
                reason=event.reason,
                attempt=event.attempt,
                answer=event.answer,
            )
        )
    return tuple(ThreadText(line=_line(row), moves=tuple(moves[row.id])) for row in rows)


@query(Permission.MESSAGES_VIEW)
def sender_state(tx: Tx, instance: str) -> SenderState:
    """Return the state of the instance that sends; one never heard of counts as open."""
    found = tx.session.scalar(select(WhatsappInstance).where(WhatsappInstance.name == instance))
    queued = tx.session.scalar(select(func.count()).select_from(Message).where(Message.status == MessageStatus.QUEUED))
    return SenderState(
        connection_state=found.connection_state if found else "open",
        state_changed_at=found.state_changed_at if found else None,
        paused_reason=found.paused_reason if found else "",
        queued=queued or 0,
    )


@query(Permission.MESSAGES_DELIVER)
def due_messages(tx: Tx, limit: int) -> list[UUID]:
    """Return the texts that may be claimed now, the longest due first."""
    return list(
        tx.session.scalars(
            select(Message.id)
            .where(Message.status == MessageStatus.QUEUED, Message.available_at <= tx.now)
            .order_by(Message.available_at, Message.id)
            .limit(limit)
        )
    )


def _counts(tx: Tx) -> tuple[dict[MessageStatus, int], dict[MessageStatus, int]]:
    is_today = Message.business_date == tx.business_date
    rows = tx.session.execute(
        select(Message.status, func.count(), func.count().filter(is_today)).group_by(Message.status)
    )
    everything, today = dict.fromkeys(MessageStatus, 0), dict.fromkeys(MessageStatus, 0)
    for status, count, count_today in rows:
        everything[MessageStatus(status)], today[MessageStatus(status)] = count, count_today
    return everything, today


def _conditions(parameters: MessagesFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if parameters.view is MessagesView.TODAY:
        conditions.append(Message.business_date == today)
    elif parameters.view in STATUS_OF_VIEW:
        conditions.append(Message.status == STATUS_OF_VIEW[parameters.view])
    if parameters.status is not None:
        conditions.append(Message.status == parameters.status)
    if parameters.kind is not None:
        conditions.append(Message.kind == parameters.kind)
    if parameters.business_date is not None:
        conditions.append(Message.business_date == parameters.business_date)
    if parameters.text.strip():
        conditions.append(Message.client_id.in_(select(Client.id).where(*matches(parameters.text))))
    return conditions


def _rows(tx: Tx, condition: ColumnElement[bool]) -> list[Row[Any]]:
    return list(
        tx.session.execute(
            select(*_COLUMNS)
            .join(Client, Client.id == Message.client_id)
            .outerjoin(User, User.id == Message.created_by)
            .where(condition)
            .order_by(Message.created_at.desc(), Message.id)
        )
    )


def _line(row: Row[Any]) -> MessageLine:
    kind = MessageKind(row.kind)
    return MessageLine(
        message_id=row.id,
        client_id=row.client_id,
        client_name=row.client_name,
        created_by_name=row.created_by_name,
        is_from_cycle=row.snapshot.get("origin") == "CYCLE",
        kind=kind,
        template=row.template,
        status=MessageStatus(row.status),
        reason=row.reason,
        attempts=row.attempts,
        provider_status=row.provider_status,
        body=row.body,
        phone=masking.phone(row.phone),
        total_cents=row.snapshot["amount_cents" if kind is MessageKind.RECEIPT else "total_cents"],
        invoice_count=len(row.snapshot.get("invoices", ())),
        business_date=row.business_date,
        created_at=row.created_at,
        available_at=row.available_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
    )
