"""Webhooks as they arrived: stored first, applied later, in any order, once (whatsapp.md §10.6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, func, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.delivery import digits_at_whatsapp
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


def is_about(phones: Sequence[str], provider_keys: Sequence[str]) -> ColumnElement[bool]:
    """Return whether a webhook came from or went to one of these numbers (E.164), or is about one of these texts."""
    data = InboundEvent.payload["data"]
    known = [digits for phone in phones for digits in digits_at_whatsapp(phone)]
    # A number stands before the device and the server: `5511987654321:3@s.whatsapp.net`.
    recipients = [
        func.split_part(func.split_part(recipient.astext, "@", 1), ":", 1)
        for recipient in (data["remoteJid"], data["key"]["remoteJid"], data["key"]["remoteJidAlt"])
    ]
    return or_(
        data["keyId"].astext.in_(provider_keys),
        data["key"]["id"].astext.in_(provider_keys),
        *(recipient.in_(known) for recipient in recipients),
    )
