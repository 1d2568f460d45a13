"""Applies stored webhooks: reads the row, lets the adapter say what it means, applies that fact (whatsapp.md §10.6)."""

from uuid import UUID

from celery import shared_task

from domain.permissions import SYSTEM
from loanapp import clock, doorbell
from loanapp.clock import Moment
from loanapp.evolution import webhooks
from loanapp.queries import inbound as stored
from loanapp.services import inbound


def apply_one(event_id: UUID, moment: Moment) -> str:
    """Apply one stored webhook, unless it was applied before; return what came of it."""
    event = stored.waiting_event(SYSTEM, moment, event_id)
    if event is None:
        return "LEFT"
    fact = webhooks.interpret(event.event, event.payload)
    return inbound.apply_event(SYSTEM, moment, inbound.ApplyEvent(event_id=event_id, fact=fact))


@shared_task(name=doorbell.TASKS[inbound.QUEUE])
def apply(event_id: str) -> None:
    """Apply the webhook that the bell names."""
    apply_one(UUID(event_id), clock.moment())
