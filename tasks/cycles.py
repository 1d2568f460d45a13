"""The daily cycles as tasks: drive the run that the bell names, or whatever is due, oldest date first.

Any number of workers may drive the same run: they share its clients, and the rows decide when it is finished.
"""

from uuid import UUID

from celery import shared_task

from domain.permissions import SYSTEM
from loanapp import clock, doorbell
from loanapp.services import _runner, cycles
from tasks import beat
from tasks.proofs import prove_what_is_due


@shared_task(name=doorbell.TASKS["cycles"])
def run(run_id: str) -> None:
    """Help with one run until nothing of it is left; a run that was closed meanwhile is left alone."""
    opened = cycles.join_run(SYSTEM, clock.moment(), UUID(run_id))
    if opened is not None:
        _runner.drive(SYSTEM, clock.moment, opened)
        _runner.follow_up(SYSTEM, clock.moment, opened)


@shared_task(name=beat.OPEN_DUE)
def open_due() -> None:
    """Finish what is in progress, run every date that is due and was not closed, then prove the book."""
    _runner.catch_up(SYSTEM, clock.moment)
    prove_what_is_due()
