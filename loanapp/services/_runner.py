"""Strings the use cases of a cycle together: open, chunk after chunk, set aside what fails, close; and catches up.

Used by the Celery task and by the terminal.  Any number of them may drive the same run at the same time.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Lock
from uuid import UUID

from domain.cycles import Cycle, RunStatus
from domain.permissions import Actor
from loanapp.clock import Moment
from loanapp.services import cycles
from loanapp.services.cycles import (
    ChunkFailed,
    CloseRun,
    OpenedRun,
    OpenNextDue,
    OpenRun,
    RetryFailures,
    RunChunk,
    SetAside,
)

CLIENTS_PER_CHUNK = 400

Progress = Callable[[OpenedRun, int], None]


def _no_progress(_run: OpenedRun, _visited: int) -> None:
    """Show nothing."""


def drive(
    actor: Actor,
    clock: Callable[[], Moment],
    run: OpenedRun,
    progress: Progress = _no_progress,
    *,
    workers: int = 1,
) -> RunStatus:
    """Visit all clients of an opened run and close it; `progress` hears how many each chunk visited.

    More workers are as many threads with a connection each, which share the run as workers of other machines do.
    """
    heard = Lock()

    def hear(visited: int) -> None:
        with heard:
            progress(run, visited)

    try:
        # One of them is this thread.
        with ThreadPoolExecutor(max(1, workers - 1)) as pool:
            others = [pool.submit(_visit_clients, actor, clock, run, hear) for _ in range(workers - 1)]
            _visit_clients(actor, clock, run, hear)
            for other in others:
                other.result()
    except Exception as error:
        # The run could not finish: it says so, and holds the next cycle, unless the database itself is away.
        cycles.close_run(actor, clock(), CloseRun(run_id=run.run_id, error=str(error)))
        raise
    return cycles.close_run(actor, clock(), CloseRun(run_id=run.run_id))


def _visit_clients(actor: Actor, clock: Callable[[], Moment], run: OpenedRun, progress: Callable[[int], None]) -> None:
    # Each worker begins elsewhere, so that those who share a run rarely pass over each other's clients; it goes round
    # once, and then waits for whom somebody else held in passing, until a look from the front finds nobody.
    is_small = run.clients_total <= CLIENTS_PER_CHUNK
    begin = 0 if is_small else random.randrange(run.clients_total)  # noqa: S311 - where to begin is no secret.
    _go_over(actor, clock, RunChunk(run_id=run.run_id, clients_per_chunk=CLIENTS_PER_CHUNK, after=begin), progress)
    _go_over(actor, clock, RunChunk(run_id=run.run_id, clients_per_chunk=CLIENTS_PER_CHUNK, until=begin), progress)
    left = RunChunk(run_id=run.run_id, clients_per_chunk=CLIENTS_PER_CHUNK, is_waiting=True)
    while _go_over(actor, clock, left, progress):
        pass


def _go_over(actor: Actor, clock: Callable[[], Moment], first: RunChunk, progress: Callable[[int], None]) -> bool:
    """Visit chunk after chunk from `first` on until nobody is left there; return whether anybody was visited."""
    chunk, is_any = first, False
    while True:
        try:
            visited = cycles.run_chunk(actor, clock(), chunk)
        except ChunkFailed as failure:
            is_any = True
            # Halve until the one that fails stands alone, then go on without it at the full size.
            size = len(failure.client_ids) // 2
            if not size:
                alone = SetAside(run_id=chunk.run_id, client_id=failure.client_ids[0], error=failure.error)
                cycles.set_aside(actor, clock(), alone)
            chunk = replace(chunk, clients_per_chunk=size or first.clients_per_chunk)
            continue
        if not visited.clients:
            return is_any
        is_any = True
        progress(visited.clients)
        chunk = replace(chunk, after=visited.last_client_number)


def catch_up(
    actor: Actor,
    clock: Callable[[], Moment],
    progress: Progress = _no_progress,
    *,
    cycle: Cycle | None = None,
    before: date | None = None,
) -> list[UUID]:
    """Drive every run that is due, oldest date first, until none is left; return their ids."""
    done: list[UUID] = []
    while True:
        run = cycles.open_next_due(actor, clock(), OpenNextDue(cycle=cycle, before=before))
        if run is None or run.run_id in done:
            return done
        drive(actor, clock, run, progress)
        done.append(run.run_id)


def run_or_replay(
    actor: Actor,
    clock: Callable[[], Moment],
    order: OpenRun,
    progress: Progress = _no_progress,
    *,
    workers: int = 1,
) -> OpenedRun:
    """Run a cycle for a date, after helping a run in progress to its end; return the run that was made."""
    return _open_and_drive(actor, clock, lambda: cycles.open_run(actor, clock(), order), progress, workers)


def retry(
    actor: Actor, clock: Callable[[], Moment], order: RetryFailures, progress: Progress = _no_progress
) -> list[OpenedRun]:
    """Run a cycle again for what a run had set aside, then the cycles that waited for it; return the runs made."""
    run = _open_and_drive(actor, clock, lambda: cycles.retry_failures(actor, clock(), order), progress, 1)
    return [run, *follow_up(actor, clock, run, progress)]


def follow_up(
    actor: Actor, clock: Callable[[], Moment], run: OpenedRun, progress: Progress = _no_progress
) -> list[OpenedRun]:
    """Drive what follows a retry that was driven; nothing follows any other run."""
    done: list[OpenedRun] = []
    following = cycles.open_follow_up(actor, clock(), run.run_id)
    while following is not None:
        drive(actor, clock, following, progress)
        done.append(following)
        following = cycles.open_follow_up(actor, clock(), following.run_id)
    return done


def _open_and_drive(
    actor: Actor,
    clock: Callable[[], Moment],
    open_one: Callable[[], OpenedRun],
    progress: Progress,
    workers: int,
) -> OpenedRun:
    while True:
        run = open_one()
        drive(actor, clock, run, progress, workers=workers)
        if run.is_new:
            return run
