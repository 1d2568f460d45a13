"""WhatsApp texts: outbox and communication log in one, each transition an append-only row (whatsapp.md §10.1)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.messages import MessageKind, MessageStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client


class WhatsappInstance(Base):
    """One connected number: who holds the lease is its only sender; `next_send_at` keeps the pause over restarts."""

    __tablename__ = "whatsapp_instances"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    connection_state: Mapped[str] = mapped_column(default="open")
    state_changed_at: Mapped[datetime]
    paused_reason: Mapped[str] = mapped_column(default="")
    lease_holder: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    next_send_at: Mapped[datetime | None]


class Message(Base):
    """One text to one borrower. `dedupe_key` says what it is about, so that nothing is queued twice."""

    __tablename__ = "messages"
    __table_args__ = (
        one_of("kind", MessageKind),
        one_of("status", MessageStatus),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(status = 'SENDING') = (leased_until IS NOT NULL)", name="sending_has_lease"),
        CheckConstraint("status NOT IN ('SENT', 'DELIVERED', 'READ') OR sent_at IS NOT NULL", name="sent_has_time"),
        Index(None, "client_id", "created_at"),
        Index(None, "created_by"),
        Index(None, "created_at", "id"),
        Index("ix_messages_due", "available_at", postgresql_where=text("status IN ('QUEUED', 'SENDING')")),
        Index(
            "uq_messages_provider_key",
            "provider_key",
            unique=True,
            postgresql_where=text("provider_key IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    template: Mapped[str]
    template_version: Mapped[int]
    body: Mapped[str]
    body_hash: Mapped[str]
    reference: Mapped[str]
    snapshot: Mapped[dict[str, Any]]
    phone: Mapped[str]
    business_date: Mapped[date]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    provider_key: Mapped[str | None]
    provider_recipient: Mapped[str | None]
    provider_status: Mapped[str] = mapped_column(default="")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class MessageEvent(Base):
    """One move of a message, append-only: when, from, to, why, at which try, and the class of the provider's answer."""

    __tablename__ = "message_events"
    __table_args__ = (Index(None, "message_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey(Message.id))
    at: Mapped[datetime]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    attempt: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(default="")
