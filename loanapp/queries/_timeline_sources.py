"""Where a timeline's items come from: one SELECT for each source, all of one shape, merged by the newest.

The facts of each kind, as JSON: FOLLOW_UP id, kind, outcome, text, promised_on, promised_cents, promised_method,
received_cents, undone_at, undone_by; PROMISE_BROKEN promised_on, promised_cents; MESSAGE kind, status, reason, text,
moves (at, to, reason); ANSWER text; PAYMENT number, amount_cents, method, received_on, request, text, reversed_at;
DOCUMENT kind,
text (the file's name), is_removed; EVENT action, record_kind, request, before, after, reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from domain.clients import fold
from domain.follow_ups import FollowUpKind
from domain.messages import MessageStatus
from loanapp.models import promises
from loanapp.models.audit import AuditEvent
from loanapp.models.auth import User
from loanapp.models.documents import Document
from loanapp.models.follow_ups import FollowUp
from loanapp.models.inbound import InboundEvent
from loanapp.models.messages import Message, MessageEvent
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request

# What the trail holds of these is an item of its own source.
_TOLD_ELSEWHERE = (
    "payment.registered", "payment.settled_early", "credit.used", "message.queued", "follow_up.recorded",
    "follow_up.taken_back", "document.attached",
)  # fmt: skip
_OF_THE_CYCLES = "invoices.%"
_OF_MONEY = ("request.%", "payment.%", "charges.%", "credit.%", "invoice.%", "renegotiation.%", _OF_THE_CYCLES)
# The combining marks that NFKD takes apart from their letters.
_ACCENTS = "[\u0300-\u036f]"
_ZONE = "America/Sao_Paulo"


@dataclass(frozen=True, kw_only=True)
class Search:
    """What every source looks for; instants bound the period, `before` is the place (at, key) where a page begins."""

    client_id: UUID
    today: date
    person_id: UUID | None
    starts_at: datetime | None
    ends_at: datetime | None
    text: str
    before: tuple[datetime, str] | None
    is_about_money: bool
    is_history: bool
    most: int


@dataclass(frozen=True)
class _Source:
    """One source: where its rows are, and the columns of an item; `words` is what a search looks into."""

    rows: Any  # A Select without columns of its own: SQLAlchemy's types say no more.
    at: ColumnElement[datetime]
    key: ColumnElement[str]
    author_id: ColumnElement[Any]
    author: ColumnElement[Any]
    is_automatic: ColumnElement[bool]
    words: Sequence[ColumnElement[Any]]
    facts: dict[str, Any]


def merged(kinds: Sequence[str], search: Search) -> Any:  # noqa: ANN401 - SQLAlchemy's own type.
    """Return the statement that gives the newest items of these kinds, one more than a page holds."""
    parts = [select(_part(kind, _SOURCES[kind](search), search)) for kind in kinds]
    items = union_all(*parts).subquery("items")
    return select(items).order_by(items.c.at.desc(), items.c.key.desc()).limit(search.most)


def _part(kind: str, source: _Source, search: Search) -> Any:  # noqa: ANN401
    facts = [part for name, value in source.facts.items() for part in (literal(name), value)]
    key = literal(f"{kind}:") + source.key
    found = source.rows.add_columns(
        literal(kind).label("kind"),
        key.label("key"),
        source.at.label("at"),
        cast(source.author_id, UuidType).label("author_id"),
        cast(source.author, Text).label("author"),
        source.is_automatic.label("is_automatic"),
        func.jsonb_build_object(*facts).label("facts"),
    ).where(*_conditions(source, key, search))
    return found.order_by(source.at.desc(), key.desc()).limit(search.most).subquery(f"part_{kind.lower()}")


def _conditions(source: _Source, key: ColumnElement[str], search: Search) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.person_id is not None:
        conditions.append(source.author_id == search.person_id)
    if search.starts_at is not None:
        conditions.append(source.at >= search.starts_at)
    if search.ends_at is not None:
        conditions.append(source.at < search.ends_at)
    if search.text:
        words = fold(search.text)
        conditions.append(or_(*(_folded(column).contains(words, autoescape=True) for column in source.words)))
    if search.before is not None:
        at, last_key = search.before
        conditions.append(tuple_(source.at, key) < tuple_(literal(at, DateTime(timezone=True)), literal(last_key)))
    return conditions


def _folded(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text without accents and in lower case, as `fold` writes what is looked for."""
    plain = func.regexp_replace(func.normalize(column, literal_column("NFKD")), _ACCENTS, "", "g")
    return func.lower(plain, type_=Text)


def _follow_ups(search: Search) -> _Source:
    undoer = aliased(User)
    of_scope = FollowUp.kind == FollowUpKind.PROMISE if search.is_about_money else literal(True)  # noqa: FBT003
    return _Source(
        rows=select()
        .select_from(FollowUp)
        .outerjoin(User, User.id == FollowUp.author_id)
        .outerjoin(undoer, undoer.id == FollowUp.undone_by)
        .where(FollowUp.client_id == search.client_id, of_scope),
        at=FollowUp.at.expression,
        key=cast(FollowUp.id, Text),
        author_id=FollowUp.author_id.expression,
        author=User.name.expression,
        is_automatic=false(),
        words=(FollowUp.text.expression, User.name.expression),
        facts={
            "id": FollowUp.id,
            "kind": FollowUp.kind,
            "outcome": FollowUp.outcome,
            "text": FollowUp.text,
            "promised_on": FollowUp.promised_on,
            "promised_cents": FollowUp.promised_cents,
            "promised_method": FollowUp.promised_method,
            "received_cents": promises.received_cents(),
            "undone_at": FollowUp.undone_at,
            "undone_by": undoer.name,
        },
    )


def _broken_promises(search: Search) -> _Source:
    the_day_after = cast(cast(FollowUp.promised_on + 1, Date), DateTime)
    return _Source(
        rows=select()
        .select_from(FollowUp)
        .where(
            FollowUp.client_id == search.client_id,
            FollowUp.kind == FollowUpKind.PROMISE,
            FollowUp.undone_at.is_(None),
            FollowUp.promised_on < search.today,
            promises.received_cents() < FollowUp.promised_cents,
        ),
        at=func.timezone(_ZONE, the_day_after, type_=DateTime(timezone=True)),
        key=cast(FollowUp.id, Text),
        author_id=null(),
        author=null(),
        is_automatic=false(),
        words=(FollowUp.text.expression,),
        facts={"promised_on": FollowUp.promised_on, "promised_cents": FollowUp.promised_cents},
    )


def _messages(search: Search) -> _Source:
    move = func.jsonb_build_object(
        literal("at"), MessageEvent.at, literal("to"), MessageEvent.to_status, literal("reason"), MessageEvent.reason
    )
    moves = (
        select(func.jsonb_agg(move)).where(MessageEvent.message_id == Message.id).correlate(Message).scalar_subquery()
    )
    is_of_a_cycle = Message.snapshot["origin"].astext == "CYCLE"
    return _Source(
        rows=select()
        .select_from(Message)
        .outerjoin(User, User.id == Message.created_by)
        .where(Message.client_id == search.client_id),
        at=Message.created_at.expression,
        key=cast(Message.id, Text),
        author_id=Message.created_by.expression,
        author=User.name.expression,
        is_automatic=and_(Message.status == MessageStatus.WITHHELD, func.coalesce(is_of_a_cycle, false())),
        words=(Message.body.expression, User.name.expression),
        facts={
            "kind": Message.kind,
            "status": Message.status,
            "reason": Message.reason,
            "text": Message.body,
            "moves": moves,
        },
    )


def _answers(search: Search) -> _Source:
    data = InboundEvent.payload["data"]
    text = func.coalesce(
        data["message"]["conversation"].astext, data["message"]["extendedTextMessage"]["text"].astext, ""
    )
    return _Source(
        rows=select()
        .select_from(InboundEvent)
        .where(
            InboundEvent.client_id == search.client_id,
            InboundEvent.event == "messages.upsert",
            data["key"]["fromMe"].astext == "false",
        ),
        at=InboundEvent.received_at.expression,
        key=cast(InboundEvent.id, Text),
        author_id=null(),
        author=null(),
        is_automatic=false(),
        words=(text,),
        facts={"text": text},
    )


def _payments(search: Search) -> _Source:
    return _Source(
        rows=select()
        .select_from(Payment)
        .join(Request, Request.id == Payment.request_id)
        .outerjoin(User, User.id == Payment.registered_by)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Request.client_id == search.client_id),
        at=Payment.registered_at.expression,
        key=cast(Payment.id, Text),
        author_id=Payment.registered_by.expression,
        author=User.name.expression,
        is_automatic=false(),
        words=(Payment.note.expression, User.name.expression, cast(Payment.number, Text)),
        facts={
            "number": Payment.number,
            "amount_cents": Payment.amount_cents,
            "method": Payment.method,
            "received_on": Payment.received_on,
            "request": Request.number,
            "text": Payment.note,
            "reversed_at": Reversal.reversed_at,
        },
    )


def _documents(search: Search) -> _Source:
    return _Source(
        rows=select()
        .select_from(Document)
        .outerjoin(User, User.id == Document.uploaded_by)
        .where(Document.client_id == search.client_id),
        at=Document.uploaded_at.expression,
        key=cast(Document.id, Text),
        author_id=Document.uploaded_by.expression,
        author=User.name.expression,
        is_automatic=false(),
        words=(Document.file_name.expression, User.name.expression),
        facts={"kind": Document.kind, "text": Document.file_name, "is_removed": Document.removed_at.is_not(None)},
    )


def _events(search: Search) -> _Source:
    trail = cast(AuditEvent.text, JSONB)
    of_scope: list[ColumnElement[bool]] = []
    if search.is_about_money:
        of_scope.append(or_(*(AuditEvent.action.like(begins) for begins in _OF_MONEY)))
    if search.is_history:
        of_scope.append(AuditEvent.action.not_like(_OF_THE_CYCLES))
    is_of_a_cycle = AuditEvent.action.like(_OF_THE_CYCLES)
    return _Source(
        rows=select()
        .select_from(AuditEvent)
        .outerjoin(
            Request, and_(Request.client_id == AuditEvent.client_id, cast(Request.id, Text) == AuditEvent.record_id)
        )
        .where(AuditEvent.client_id == search.client_id, AuditEvent.action.not_in(_TOLD_ELSEWHERE), *of_scope),
        at=AuditEvent.at.expression,
        # Of equal length, so that they sort as the numbers do.
        key=func.lpad(cast(AuditEvent.id, Text), 19, "0"),
        author_id=AuditEvent.actor_id.expression,
        author=AuditEvent.actor_name.expression,
        is_automatic=is_of_a_cycle,
        words=(trail["reason"].astext, AuditEvent.actor_name.expression),
        facts={
            "action": AuditEvent.action,
            "record_kind": AuditEvent.record_kind,
            "request": Request.number,
            "before": trail["before"],
            "after": trail["after"],
            "reason": trail["reason"].astext,
        },
    )


_SOURCES: dict[str, Callable[[Search], _Source]] = {
    "FOLLOW_UP": _follow_ups,
    "PROMISE_BROKEN": _broken_promises,
    "MESSAGE": _messages,
    "ANSWER": _answers,
    "PAYMENT": _payments,
    "DOCUMENT": _documents,
    "EVENT": _events,
}
