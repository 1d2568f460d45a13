"""The sender: claims a due text, calls the provider in no transaction, settles what became of it (whatsapp.md §10.3).

One sender per instance: who doesn't get the lease ends at once.  Clock, sleep and randomness are handed in, so that
tests run pauses and back-offs in milliseconds.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from celery import shared_task

from domain.delivery import LEASE_SECONDS, Answer
from domain.permissions import SYSTEM
from loanapp import clock, doorbell
from loanapp.clock import Moment
from loanapp.evolution.client import EvolutionClient
from loanapp.services import delivery
from loanapp.services._outbox import QUEUE
from loanapp.settings import current

TEXTS_PER_TASK = 10


class Provider(Protocol):
    """What the sender asks of a provider of texts (whatsapp.md §10.8)."""

    def send_text(self, phone: str, text: str) -> Answer:
        """Send a text and say what became of it."""

    def connection(self) -> str:
        """Return the socket's state."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """One run of the sender of an instance. `speed` is how many seconds of `moment` pass in one of `sleep`."""

    instance: str
    provider: Provider
    moment: Callable[[], Moment] = clock.moment
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    speed: float = 1.0

    def drain(self) -> int:
        """Send what is due, at most ten texts, and return how many calls were made."""
        holder = uuid.uuid4()
        # The lease is counted on the clock that everybody is told, the call takes real time.
        lease = timedelta(seconds=LEASE_SECONDS * self.speed)
        taken = delivery.take_lease(
            SYSTEM, self.moment(), delivery.TakeLease(instance=self.instance, holder=holder, lease=lease)
        )
        if not taken.is_mine:
            return 0
        try:
            if not taken.is_open:
                self._ask_connection()
            return self._send_all(delivery.ClaimNext(instance=self.instance, holder=holder, lease=lease))
        finally:
            delivery.release_lease(SYSTEM, self.moment(), delivery.ReleaseLease(instance=self.instance, holder=holder))

    def _send_all(self, command: delivery.ClaimNext) -> int:
        calls = 0
        while calls < TEXTS_PER_TASK:
            claim = delivery.claim_next(SYSTEM, self.moment(), command)
            match claim:
                case None:
                    break
                case delivery.Pause(until=until):
                    wait = (until - self.moment().now).total_seconds()
                    self.sleep(max(0.0, wait / self.speed))
                case delivery.ClaimedText():
                    self._send(claim)
                    calls += 1
        return calls

    def _send(self, claim: delivery.ClaimedText) -> None:
        answer = self.provider.send_text(claim.phone, claim.body)
        delivery.settle(
            SYSTEM,
            self.moment(),
            delivery.Settle(
                instance=self.instance,
                message_id=claim.message_id,
                attempt=claim.attempt,
                answer=answer,
                jitter=self.jitter(),
            ),
        )

    def _ask_connection(self) -> None:
        """Ask whether the socket is open again: the webhook that says so may have been lost."""
        state = self.provider.connection()
        delivery.note_connection(SYSTEM, self.moment(), delivery.NoteConnection(instance=self.instance, state=state))


@shared_task(name=doorbell.TASKS[QUEUE])
def drain(_message_id: str) -> None:
    """Send what is due; the id only says that something is."""
    settings = current()
    with EvolutionClient(
        url=settings.evolution_url, key=settings.evolution_key, instance=settings.instance_name
    ) as provider:
        sender = Sender(instance=settings.instance_name, provider=provider, speed=clock.speed())
        if sender.drain() == TEXTS_PER_TASK:
            # There may be more: the next run goes on at once instead of at the next sweep.
            doorbell.ring(QUEUE, "")
