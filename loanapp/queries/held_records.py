"""The records that are held about one borrower, read whole for the borrower's copy (LGPD art. 19; brazil.md §8).

Colleagues appear by name only; what would identify somebody else, or how a colleague signs in, is not read.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select

from loanapp.models.approvals import Approval
from loanapp.models.audit import AuditEvent
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.cycles import CycleFailure, CycleRun
from loanapp.models.documents import Document
from loanapp.models.follow_ups import FollowUp
from loanapp.models.guarantors import Guarantor
from loanapp.models.inbound import InboundEvent, is_about, numbers_of_one
from loanapp.models.messages import Message, MessageEvent
from loanapp.models.requests import Request
from loanapp.queries import statements
from loanapp.queries._held import Names, copied, name_of
from loanapp.queries._query import Tx
from loanapp.queries.held_money import (
    HeldAdjustment,
    HeldCreditUse,
    HeldDueDateChange,
    HeldPayment,
    HeldRefund,
    HeldRenegotiation,
    credit_uses_of,
    money_of,
    refunds_of,
)

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class HeldRequest:
    """A loan from first ask to last cent: terms, who decided and why (LGPD art. 20), payments, and its statement.

    Of the guarantor, who is somebody else, only the name that the borrower's contract holds.
    """

    number: int
    status: str
    principal_cents: int
    plan: str
    step: str
    instalment_count: int
    rate_pct: Decimal
    first_due_date: date
    late_fee_pct: Decimal | None
    mora_pct_month: Decimal | None
    effective_annual_cost_pct: Decimal | None
    note: str
    guarantor: str
    requested_by: str
    requested_on: date
    approved_on: date | None
    unapproved_on: date | None
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    disbursed_by: str
    disbursed_on: date | None
    disbursement_method: str | None
    paid_on: date | None
    renegotiated_on: date | None
    lost_on: date | None
    payments: tuple[HeldPayment, ...]
    adjustments: tuple[HeldAdjustment, ...]
    due_date_changes: tuple[HeldDueDateChange, ...]
    renegotiations: tuple[HeldRenegotiation, ...]
    statement: statements.Document


@dataclass(frozen=True, kw_only=True)
class HeldMove:
    """One move of a text, or an acknowledgement that moved nothing."""

    at: datetime
    from_status: str | None
    to_status: str
    reason: str
    attempt: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class HeldMessage:
    """One text and its fate; `snapshot` holds the figures that it was made from."""

    kind: str
    status: str
    reason: str
    template: str
    template_version: int
    body: str
    body_hash: str
    reference: str
    snapshot: dict[str, Any]
    phone: str
    business_date: date
    created_by: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    provider_key: str | None
    provider_recipient: str | None
    provider_status: str
    moves: tuple[HeldMove, ...]


@dataclass(frozen=True, kw_only=True)
class HeldWebhook:
    """What WhatsApp told: an answer (`text`), or how far a text of ours got."""

    event: str
    received_at: datetime
    outcome: str
    text: str
    payload: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HeldFollowUp:
    """A note, call, visit or promise."""

    kind: str
    outcome: str
    text: str
    promised_on: date | None
    promised_cents: int | None
    promised_method: str
    author: str
    at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class HeldDocument:
    """A paper: what it is and the SHA-256 of its content, which itself is on the record."""

    kind: str
    file_name: str
    content_type: str
    size_bytes: int
    content_sha256: str
    uploaded_by: str
    uploaded_at: datetime
    removed_at: datetime | None
    removal_reason: str


@dataclass(frozen=True, kw_only=True)
class HeldApproval:
    """A question that needed a second person, and the answer."""

    kind: str
    request: int
    amount_cents: int
    reason: str
    status: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


@dataclass(frozen=True, kw_only=True)
class HeldEvent:
    """An event of the audit trail: who did what and when, without where the colleague sat."""

    number: int
    at: datetime
    actor: str
    action: str
    record: str
    business_date: date
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class HeldFailure:
    """A daily routine that could not be done for this borrower, and waited."""

    cycle: str
    business_date: date
    failed_at: datetime


@dataclass(frozen=True, kw_only=True)
class HeldRecords:
    """Everything that happened with one borrower, each part in the order of time."""

    requests: tuple[HeldRequest, ...]
    refunds: tuple[HeldRefund, ...]
    credit_uses: tuple[HeldCreditUse, ...]
    messages: tuple[HeldMessage, ...]
    webhooks: tuple[HeldWebhook, ...]
    follow_ups: tuple[HeldFollowUp, ...]
    documents: tuple[HeldDocument, ...]
    approvals: tuple[HeldApproval, ...]
    audit_events: tuple[HeldEvent, ...]
    routine_failures: tuple[HeldFailure, ...]


def records_of(tx: Tx, client: Client) -> HeldRecords:
    """Read everything that happened with a client, each part in one or two statements."""
    names = {user.id: user.name for user in tx.session.execute(select(User.id, User.name))}
    messages = tx.session.scalars(
        select(Message).where(Message.client_id == client.id).order_by(Message.created_at, Message.dedupe_key)
    ).all()
    return HeldRecords(
        requests=_requests(tx, client.id, names),
        refunds=refunds_of(tx, client.id, names),
        credit_uses=credit_uses_of(tx, client.id),
        messages=_messages(tx, messages, names),
        webhooks=_webhooks(tx, client, messages),
        follow_ups=tuple(
            copied(HeldFollowUp, row, author=name_of(names, row.author_id))
            for row in tx.session.scalars(_of(FollowUp, client.id).order_by(FollowUp.at, FollowUp.id))
        ),
        documents=tuple(
            copied(HeldDocument, row, uploaded_by=name_of(names, row.uploaded_by))
            for row in tx.session.scalars(_of(Document, client.id).order_by(Document.uploaded_at, Document.id))
        ),
        approvals=_approvals(tx, client.id, names),
        audit_events=_audit_events(tx, client.id),
        routine_failures=tuple(
            HeldFailure(cycle=cycle, business_date=day, failed_at=failed_at)
            for cycle, day, failed_at in tx.session.execute(
                select(CycleRun.cycle, CycleRun.business_date, CycleFailure.failed_at)
                .join(CycleRun, CycleRun.id == CycleFailure.run_id)
                .where(CycleFailure.client_id == client.id)
                .order_by(CycleFailure.failed_at)
            )
        ),
    )


def _of(table: type[Row], client_id: UUID) -> Select[Row]:
    return select(table).where(table.client_id == client_id)  # type: ignore[attr-defined]


def _requests(tx: Tx, client_id: UUID, names: Names) -> tuple[HeldRequest, ...]:
    requests = tx.session.scalars(_of(Request, client_id).order_by(Request.number)).all()
    money = money_of(tx, [request.id for request in requests], names)
    of_these = Guarantor.request_id.in_([request.id for request in requests])
    guarantors = {row.request_id: row.name for row in tx.session.scalars(select(Guarantor).where(of_these))}
    wanted = statements.StatementsOf(numbers=tuple(request.number for request in requests), as_of=tx.business_date)
    documents = {document["request"]: document for document in statements.statements_in(tx, wanted)}
    return tuple(
        copied(
            HeldRequest,
            request,
            guarantor=guarantors.get(request.id, ""),
            requested_by=name_of(names, request.requested_by),
            decided_by=name_of(names, request.decided_by) if request.decided_at else "",
            disbursed_by=name_of(names, request.disbursed_by) if request.disbursed_at else "",
            payments=tuple(money.payments.get(request.id, ())),
            adjustments=tuple(money.adjustments.get(request.id, ())),
            due_date_changes=tuple(money.due_date_changes.get(request.id, ())),
            renegotiations=tuple(money.renegotiations.get(request.id, ())),
            statement=documents[request.number],
        )
        for request in requests
    )


def _messages(tx: Tx, messages: Sequence[Message], names: Names) -> tuple[HeldMessage, ...]:
    moves: defaultdict[UUID, list[HeldMove]] = defaultdict(list)
    for event in tx.session.scalars(
        select(MessageEvent)
        .where(MessageEvent.message_id.in_([message.id for message in messages]))
        .order_by(MessageEvent.id)
    ):
        moves[event.message_id].append(copied(HeldMove, event))
    return tuple(
        copied(
            HeldMessage, message, created_by=name_of(names, message.created_by), moves=tuple(moves[message.id])
        )
        for message in messages
    )  # fmt: skip


def _webhooks(tx: Tx, client: Client, messages: Sequence[Message]) -> tuple[HeldWebhook, ...]:
    """Read what came from the client; what nobody knows the author of, only from numbers that no other client has."""
    phones = numbers_of_one(
        tx.session, client.id, (client.phone, client.other_phone, *(message.phone for message in messages))
    )
    keys = [message.provider_key for message in messages if message.provider_key]
    text = func.coalesce(
        InboundEvent.payload["data"]["message"]["conversation"].astext,
        InboundEvent.payload["data"]["message"]["extendedTextMessage"]["text"].astext,
        "",
    )
    rows = tx.session.execute(
        select(InboundEvent, text)
        .where(is_about(client.id, phones, keys))
        .order_by(InboundEvent.received_at, InboundEvent.id)
    )
    return tuple(copied(HeldWebhook, event, text=words) for event, words in rows)


def _approvals(tx: Tx, client_id: UUID, names: Names) -> tuple[HeldApproval, ...]:
    rows = tx.session.execute(
        select(Approval, Request.number)
        .join(Request, Request.id == Approval.request_id)
        .where(Approval.client_id == client_id)
        .order_by(Approval.asked_at)
    )
    return tuple(
        copied(
            HeldApproval,
            approval,
            request=number,
            asked_by=name_of(names, approval.asked_by),
            decided_by=name_of(names, approval.decided_by) if approval.decided_at else "",
        )
        for approval, number in rows
    )


def _audit_events(tx: Tx, client_id: UUID) -> tuple[HeldEvent, ...]:
    rows = tx.session.scalars(_of(AuditEvent, client_id).order_by(AuditEvent.chain_number))
    return tuple(
        copied(
            HeldEvent,
            event,
            number=event.chain_number,
            actor=event.actor_name,
            record=f"{event.record_kind}:{event.record_id}",
            **{name: json.loads(event.text)[name] for name in ("before", "after", "reason")},
        )
        for event in rows
    )
