"""The audit trail: append-only events, each linked to the one before it in its chain (a client's, or `system`)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loanapp.models.auth import User
from loanapp.models.base import Base
from loanapp.models.clients import Client


class AuditEvent(Base):
    """One fact about who did what. `text` is the canonical JSON that `hash` covers: sha256(previous hash, text)."""

    __tablename__ = "audit_events"
    __table_args__ = (
        UniqueConstraint("chain", "chain_number"),
        Index(None, "client_id", "id"),
        Index(None, "actor_id"),
        Index(None, "record_id"),
        Index("ix_audit_events_at_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    chain: Mapped[str]
    chain_number: Mapped[int]
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey(Client.id))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    actor_name: Mapped[str]
    action: Mapped[str]
    record_kind: Mapped[str]
    record_id: Mapped[str]
    business_date: Mapped[date]
    at: Mapped[datetime]
    text: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """The head of a chain that belongs to no client, so that a cut tail shows too."""

    __tablename__ = "audit_heads"

    chain: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    head: Mapped[str]
