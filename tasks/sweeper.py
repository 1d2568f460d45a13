"""The guarantee behind the bells: rings for whatever is due in the tables, and gives up what nobody came back for.

Offers past their validity expire here too: the terms of an offer end by the calendar, with nobody at a screen.

Runs by the beat; two at once do no harm (architecture.md §9, P12).
"""

from celery import current_app, shared_task

from domain.permissions import SYSTEM
from loanapp import clock, doorbell
from loanapp.clock import Moment
from loanapp.queries import inbound as stored
from loanapp.queries import messages as outbox
from loanapp.services import delivery, inbound, renegotiations
from loanapp.services._outbox import QUEUE as MESSAGES
from tasks import beat

# The backlog lives in the tables, never in Redis.
BELLS_PER_TABLE = 20
# What is left is expired by the next sweep: a sweep stays short whatever the backlog.
OFFERS_PER_SWEEP = 20


def sweep_once(moment: Moment) -> None:
    """Expire the leases of texts and the offers whose validity is over, then ring for due texts and webhooks."""
    delivery.expire_leases(SYSTEM, moment, delivery.ExpireLeases())
    for _ in range(OFFERS_PER_SWEEP):
        if renegotiations.expire_next(SYSTEM, moment, None) is None:
            break
    # One sender drains them all, so one bell is enough however many texts are due.
    for message_id in outbox.due_messages(SYSTEM, moment, 1):
        doorbell.ring(MESSAGES, str(message_id))
    for event_id in stored.due_events(SYSTEM, moment, BELLS_PER_TABLE):
        doorbell.ring(inbound.QUEUE, str(event_id))


@shared_task(name=beat.SWEEP)
def sweep() -> None:
    """Sweep, and let the cycles that are due open: a date that the beat missed, or any under a sandbox clock."""
    sweep_once(clock.moment())
    # While a long cycle keeps the workers busy, bells for it must not pile up.
    current_app.send_task(beat.OPEN_DUE, queue=beat.QUEUE, retry=False, expires=beat.SWEEP_SECONDS)
