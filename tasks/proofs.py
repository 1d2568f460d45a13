"""The nightly proof as a task: whatever proof waits or is due is made, found differences and all, and kept."""

import logging

from celery import shared_task

from domain.permissions import SYSTEM
from loanapp import clock, doorbell
from loanapp.queries import verification
from loanapp.services import proofs

log = logging.getLogger(__name__)


def prove_what_is_due() -> int:
    """Make the proofs that wait and the one that is due after the cycles; return how many."""
    made = 0
    while (proof_id := proofs.take_proof(SYSTEM, clock.moment(), None)) is not None:
        differences, checked = verification.verify(SYSTEM, clock.moment, _count)
        finished = proofs.FinishProof(
            proof_id=proof_id,
            requests_checked=checked["requests"],
            clients_checked=checked["clients"],
            differences=differences,
        )
        proofs.finish_proof(SYSTEM, clock.moment(), finished)
        if differences:
            log.error("The proof %s of the book found %d differences: see Conferência", proof_id, len(differences))
        made += 1
    return made


def _count(_checked: int) -> None:
    """Show nothing: a task has no screen."""


@shared_task(name=doorbell.TASKS[proofs.QUEUE])
def prove(_proof_id: str) -> None:
    """Make the proof that the bell names, and any other that waits."""
    prove_what_is_due()
