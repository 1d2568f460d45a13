"""Webhooks as they arrived: stored first, applied later, in any order, once (whatsapp.md §10.6)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.delivery import digits_at_whatsapp
from loanapp.models.base import Base
from loanapp.models.clients import Client


class InboundEvent(Base):
    """One webhook. `dedupe_key` makes a repeated delivery the same row; `handled_at` is set with its effect.

    `client_id` is whose text or answer it is about, once that is known.
    """

    __tablename__ = "inbound_events"
    __table_args__ = (
        Index("ix_inbound_events_due", "available_at", postgresql_where=text("handled_at IS NULL")),
        Index(None, "client_id", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey(Client.id))
    instance: Mapped[str]
    event: Mapped[str]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")


def numbers_of_one(session: Session, client_id: UUID, phones: Iterable[str]) -> list[str]:
    """Return those of the numbers that no other client has: what came from the others may be somebody else's."""
    wanted = set(phones) - {""}
    shared = session.execute(
        select(Client.phone, Client.other_phone).where(
            Client.id != client_id, Client.phone.in_(wanted) | Client.other_phone.in_(wanted)
        )
    )
    return sorted(wanted - {phone for row in shared for phone in row})


def is_about(client_id: UUID, phones: Sequence[str], provider_keys: Sequence[str]) -> ColumnElement[bool]:
    """Return whether a webhook is about a client, by what is known of the client's numbers (E.164) and texts.

    What was found to be somebody else's is not; of what was found to be nobody's, the numbers and the texts decide.
    """
    data = InboundEvent.payload["data"]
    known = [digits for phone in phones for digits in digits_at_whatsapp(phone)]
    # A number stands before the device and the server: `5511987654321:3@s.whatsapp.net`.
    recipients = [
        func.split_part(func.split_part(recipient.astext, "@", 1), ":", 1)
        for recipient in (data["remoteJid"], data["key"]["remoteJid"], data["key"]["remoteJidAlt"])
    ]
    is_alike = or_(
        data["keyId"].astext.in_(provider_keys),
        data["key"]["id"].astext.in_(provider_keys),
        *(recipient.in_(known) for recipient in recipients),
    )
    return or_(InboundEvent.client_id == client_id, and_(InboundEvent.client_id.is_(None), is_alike))
