"""Reads of stored webhooks, for the task that applies them and the sweeper."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.permissions import Permission
from loanapp.models.inbound import InboundEvent
from loanapp.queries._query import Tx, query


@dataclass(frozen=True)
class WaitingEvent:
    """A webhook not yet applied, as it came."""

    event: str
    payload: dict[str, Any]


@query(Permission.INBOUND_APPLY)
def waiting_event(tx: Tx, event_id: UUID) -> WaitingEvent | None:
    """Return a stored webhook, None when it was applied already."""
    row = tx.session.execute(
        select(InboundEvent.event, InboundEvent.payload).where(
            InboundEvent.id == event_id, InboundEvent.handled_at.is_(None)
        )
    ).first()
    return WaitingEvent(row.event, row.payload) if row else None


@query(Permission.INBOUND_APPLY)
def due_events(tx: Tx, limit: int) -> list[UUID]:
    """Return the webhooks that are due and not applied, the longest due first."""
    return list(
        tx.session.scalars(
            select(InboundEvent.id)
            .where(InboundEvent.handled_at.is_(None), InboundEvent.available_at <= tx.now)
            .order_by(InboundEvent.available_at, InboundEvent.id)
            .limit(limit)
        )
    )
