"""Webhooks as they arrived: stored first, applied later, in any order, once (whatsapp.md §10.6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loanapp.models.base import Base


class InboundEvent(Base):
    """One webhook. `dedupe_key` makes a repeated delivery the same row; `handled_at` is set with its effect."""

    __tablename__ = "inbound_events"
    __table_args__ = (Index("ix_inbound_events_due", "available_at", postgresql_where=text("handled_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    instance: Mapped[str]
    event: Mapped[str]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
