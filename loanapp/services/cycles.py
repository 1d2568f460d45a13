"""Use cases of the daily cycles: open a run, visit a chunk of clients, set a failing client aside, close the run.

`services/_runner.py` strings them together for tasks and the terminal.  Each chunk commits on its own: a crash loses
one chunk's transaction, and whoever comes next goes on where it stopped.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from domain.clients import ClientNotFound
from domain.cycles import (
    CLOSED,
    WAITS_FOR,
    Cycle,
    CycleDatesMissed,
    CycleWaits,
    NothingToRetry,
    RunNotFound,
    RunStatus,
    check_business_date,
    due_runs,
    next_cycle,
)
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.cycle_sql import OVERDUE_ACTION, OVERDUE_RECORD, PLAN_ANEW, STAMP_CHARGE, Part
from loanapp.models.cycle_sql import run_chunk as chunk_statement
from loanapp.models.cycles import IS_WHOLE, CycleFailure, CycleRun, charge_holidays
from loanapp.models.requests import Request
from loanapp.services import _audit, _borrowers, _outbox
from loanapp.services._use_case import HEALING_STATES, Tx, use_case
from loanapp.settings import SAO_PAULO

QUEUE = "cycles"
ORIGIN_SCREEN = "screen"
ERROR_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """Run a cycle for a business date, or replay it; `origin`: `clock`, `terminal`, `screen` or `seed`.

    Over a part of the book it closes no date: one client, or what the run `retry_of` had set aside.
    """

    cycle: Cycle
    business_date: date
    origin: str
    only_client_id: UUID | None = None
    retry_of: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RetryFailures:
    """Run a cycle again for the clients that a run had set aside."""

    run_id: UUID
    origin: str


@dataclass(frozen=True, kw_only=True)
class OpenNextDue:
    """Open the oldest run that is due and was not closed, up to and with `cycle` and `before`, where given."""

    cycle: Cycle | None = None
    before: date | None = None


@dataclass(frozen=True)
class OpenedRun:
    """A run to work on; `is_new` is False where it was already in progress."""

    run_id: UUID
    cycle: Cycle
    business_date: date
    clients_total: int
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class RunChunk:
    """Visit the next clients of a run that nobody holds, by number: those behind `after`, up to and with `until`.

    Where `is_waiting`, it waits for those that others hold: none visited from the front then means that none is left.
    """

    run_id: UUID
    clients_per_chunk: int
    after: int = 0
    until: int | None = None
    is_waiting: bool = False


@dataclass(frozen=True)
class Visited:
    """How many clients a chunk visited, and the number of the last of them."""

    clients: int
    last_client_number: int


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """Leave a failing client out of a run, with the error."""

    run_id: UUID
    client_id: UUID
    error: str


@dataclass(frozen=True, kw_only=True)
class CloseRun:
    """Close a run: as a success, or as failed with the error that stopped it."""

    run_id: UUID
    error: str = ""


@dataclass(frozen=True)
class Counts:
    """What a run did so far: invoices, for `charge` borrowers; deltas in centavos; skipped messages by reason."""

    clients: int = 0
    examined: int = 0
    changed: int = 0
    late_fee_cents_delta: int = 0
    mora_cents_delta: int = 0
    messages_queued: int = 0
    messages_skipped: dict[str, int] | None = None


class ChunkFailed(Exception):
    """A chunk could not be written; the clients it held, to be halved until one stands alone."""

    def __init__(self, client_ids: list[UUID], error: str) -> None:
        super().__init__(error)
        self.client_ids = client_ids
        self.error = error


@use_case(Permission.CYCLES_RUN)
def open_run(tx: Tx, command: OpenRun) -> OpenedRun:
    """Open a run, or return the one in progress; raise CycleInFuture, CycleNotDue or CycleWaits.

    The terminal closes missed dates itself before it; to a screen, which does not wait for them, CycleDatesMissed says
    that the clock closes them first.
    """
    skipping = charge_holidays(tx.session)
    check_business_date(command.cycle, command.business_date, today=tx.business_date, skipping=skipping)
    if command.only_client_id is not None and tx.session.get(Client, command.only_client_id) is None:
        raise ClientNotFound(field="client")
    if command.origin == ORIGIN_SCREEN and command.only_client_id is None:
        missed = [day for cycle, day in _due(tx) if cycle is command.cycle and day < command.business_date]
        if missed:
            raise CycleDatesMissed(field="business_date", since=missed[0])
    return _open(tx, command)


@use_case(Permission.CYCLES_RUN)
def retry_failures(tx: Tx, command: RetryFailures) -> OpenedRun:
    """Open a run over what a closed run had set aside; raise RunNotFound, or NothingToRetry where it set nobody aside.

    The cycles that waited for it follow over the same clients (`open_follow_up`).
    """
    failed = _run(tx, command.run_id)
    if failed.status == RunStatus.RUNNING or not failed.failed:
        raise NothingToRetry
    order = OpenRun(
        cycle=Cycle(failed.cycle), business_date=failed.business_date, origin=command.origin, retry_of=failed.id
    )
    return _open(tx, order)


@use_case(Permission.CYCLES_RUN)
def open_follow_up(tx: Tx, run_id: UUID) -> OpenedRun | None:
    """After a retry, open the next cycle for the same clients: they waited for it, and the others have had it."""
    run = _run(tx, run_id)
    later = next_cycle(Cycle(run.cycle))
    if run.retry_of is None or run.status not in CLOSED or later is None:
        return None
    if not _is_closed(tx, later, run.business_date):
        return None
    order = OpenRun(cycle=later, business_date=run.business_date, origin=run.origin, retry_of=run.retry_of)
    return _open(tx, order)


@use_case(Permission.CYCLES_RUN)
def open_next_due(tx: Tx, command: OpenNextDue) -> OpenedRun | None:
    """Return a run in progress, else open the oldest due one; None when every date is closed."""
    running = tx.session.scalar(
        select(CycleRun).where(CycleRun.status == RunStatus.RUNNING).order_by(CycleRun.opened_at).limit(1)
    )
    if running is not None:
        return _opened(running, is_new=False)
    for cycle, business_date in _due(tx):
        if command.cycle not in (None, cycle) or (command.before is not None and business_date >= command.before):
            continue
        if not _is_gate_open(tx, cycle, business_date):
            continue
        return _open(tx, OpenRun(cycle=cycle, business_date=business_date, origin="clock"))
    return None


@use_case(Permission.CYCLES_RUN)
def join_run(tx: Tx, run_id: UUID) -> OpenedRun | None:
    """Return a run to help with, or None where it is closed."""
    run = _run(tx, run_id)
    return _opened(run, is_new=False) if run.status == RunStatus.RUNNING else None


@use_case(Permission.CYCLES_RUN)
def run_chunk(tx: Tx, command: RunChunk) -> Visited:
    """Bring the next clients of a run to its date."""
    run = _run(tx, command.run_id)
    tx.session.execute(PLAN_ANEW)
    locked = locks.clients_of_run(
        tx.session, run, command.clients_per_chunk, after=command.after, until=command.until,
        is_waiting=command.is_waiting,
    )  # fmt: skip
    if not locked:
        return Visited(0, command.after)
    client_ids = sorted({row.client_id for row in locked})
    try:
        counts = _visit(tx, run, [row.request_id for row in locked])
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in HEALING_STATES:
            raise
        raise ChunkFailed(client_ids, str(error.orig)[:ERROR_LENGTH_MAXIMUM]) from error
    # The run's row is written last, so that workers who share the run wait for each other only for the commit.
    run = locks.run(tx.session, command.run_id)
    run.clients_done += counts.clients
    run.examined += counts.examined
    run.changed += counts.changed
    run.late_fee_cents_delta += counts.late_fee_cents_delta
    run.mora_cents_delta += counts.mora_cents_delta
    run.messages_queued += counts.messages_queued
    skipped = counts.messages_skipped or {}
    run.messages_skipped = {
        reason: run.messages_skipped.get(reason, 0) + skipped.get(reason, 0)
        for reason in sorted(run.messages_skipped.keys() | skipped.keys())
    }
    return Visited(len(client_ids), max(row.number for row in locked))


@use_case(Permission.CYCLES_RUN)
def set_aside(tx: Tx, command: SetAside) -> None:
    """Record, once, that a client failed in a run, so that the rest goes on: two workers may meet the same client."""
    is_new = tx.session.scalar(
        insert(CycleFailure)
        .values(run_id=command.run_id, client_id=command.client_id, error=command.error, failed_at=tx.now)
        .on_conflict_do_nothing()
        .returning(CycleFailure.client_id)
    )
    if is_new:
        tx.session.execute(update(CycleRun).where(CycleRun.id == command.run_id).values(failed=CycleRun.failed + 1))


@use_case(Permission.CYCLES_RUN)
def close_run(tx: Tx, command: CloseRun) -> RunStatus:
    """Close a run in progress and return its state; a run somebody else closed stays as it is."""
    run = _run(tx, command.run_id)
    locks.cycle(tx.session, run.cycle)
    run = _run(tx, command.run_id)
    if run.status == RunStatus.RUNNING:
        run.finished_at = tx.now
        run.error = command.error[:ERROR_LENGTH_MAXIMUM]
        if command.error:
            run.status = RunStatus.FAILED
        else:
            run.status = RunStatus.PARTIAL if run.failed else RunStatus.SUCCESS
        _audit.note(
            tx, None, "cycle_run.closed", "cycle_run", run.id,
            before={"status": RunStatus.RUNNING},
            after={"status": run.status, "clients_done": run.clients_done, "failed": run.failed},
        )  # fmt: skip
    return RunStatus(run.status)


def _due(tx: Tx) -> list[tuple[Cycle, date]]:
    """Return every run that is due by now and was not closed, oldest date first."""
    closed = tx.session.execute(
        select(CycleRun.cycle, func.max(CycleRun.business_date))
        .where(CycleRun.status.in_(CLOSED), IS_WHOLE)
        .group_by(CycleRun.cycle)
    )
    last_closed: dict[str, date] = {cycle: business_date for cycle, business_date in closed if business_date}
    newest = {cycle: last_closed.get(cycle.value) for cycle in Cycle}
    return due_runs(newest, local_now=tx.now.astimezone(SAO_PAULO), skipping=charge_holidays(tx.session))


def _open(tx: Tx, command: OpenRun) -> OpenedRun:
    locks.cycle(tx.session, command.cycle)
    if not _is_gate_open(tx, command.cycle, command.business_date):
        raise CycleWaits(field="business_date", cycle=command.cycle.value, waits_for=str(WAITS_FOR[command.cycle]))
    # Whatever its date: a contract carries the stamp of one run of a cycle, and two would visit it in turns for ever.
    running = tx.session.scalar(
        select(CycleRun).where(CycleRun.cycle == command.cycle, CycleRun.status == RunStatus.RUNNING).limit(1)
    )
    if running is not None:
        return _opened(running, is_new=False)
    replays = select(func.count()).where(
        CycleRun.cycle == command.cycle, CycleRun.business_date == command.business_date
    )
    run = CycleRun(
        retry_of=command.retry_of,
        only_client_id=command.only_client_id,
        id=uuid4(),
        cycle=command.cycle,
        business_date=command.business_date,
        replay_number=tx.session.scalar(replays) or 0,
        status=RunStatus.RUNNING,
        origin=command.origin,
        requested_by=tx.actor.user_id,
        opened_at=tx.now,
        started_at=tx.now,
        messages_skipped={},
    )
    run.clients_total = _clients_total(tx, run)
    tx.session.add(run)
    tx.session.flush()
    _audit.note(
        tx, None, "cycle_run.opened", "cycle_run", run.id,
        after={
            "cycle": command.cycle, "business_date": command.business_date.isoformat(),
            "replay_number": run.replay_number, "part": run.part,
        },
    )  # fmt: skip
    tx.ring(QUEUE, run.id)
    return _opened(run, is_new=True)


def _opened(run: CycleRun, *, is_new: bool) -> OpenedRun:
    return OpenedRun(run.id, Cycle(run.cycle), run.business_date, run.clients_total, is_new)


def _visit(tx: Tx, run: CycleRun, request_ids: list[UUID]) -> Counts:
    # A lock that waited may name contracts that another worker has visited meanwhile: they are not visited again.
    parameters = {"run": run.id, "date": run.business_date, "requests": request_ids, "now": tx.now}
    if run.cycle == Cycle.CHARGE:
        clients = set(tx.session.scalars(STAMP_CHARGE, parameters))
        borrowers = _borrowers.borrowers(tx.session, clients, run.business_date)
        promised = _outbox.queue_charges(tx, borrowers, run.business_date)
        return Counts(
            clients=len(clients),
            examined=len(borrowers),
            changed=promised.queued + sum(promised.withheld.values()),
            messages_queued=promised.queued,
            messages_skipped=dict(promised.withheld),
        )
    if run.cycle == Cycle.OVERDUE:
        # The statement links each client's event itself; its business date is the run's, not the day it is made up on.
        facts = _audit.facts_of(tx, OVERDUE_ACTION, OVERDUE_RECORD, run.id)
        facts["business_date"] = run.business_date.isoformat()
        parameters |= {"facts": json.dumps(facts), "actor": tx.actor.name, "actor_id": tx.actor.user_id}
    keeps_items = run.replay_number > 0 or run.part is not Part.ALL
    counts = tx.session.execute(chunk_statement(run.cycle, keeps_items=keeps_items), parameters).one()
    changes = Counts(clients=counts.clients, examined=counts.examined, changed=counts.changed)
    if run.cycle == Cycle.OVERDUE:
        return replace(changes, late_fee_cents_delta=counts.delta_cents)
    return replace(changes, mora_cents_delta=counts.delta_cents)


def _clients_total(tx: Tx, run: CycleRun) -> int:
    counted = select(func.count(Request.client_id.distinct())).where(Request.status == RequestStatus.ACTIVE)
    if run.only_client_id is not None:
        counted = counted.where(Request.client_id == run.only_client_id)
    if run.retry_of is not None:
        set_aside = select(CycleFailure.client_id).where(CycleFailure.run_id == run.retry_of)
        counted = counted.where(Request.client_id.in_(set_aside))
    return tx.session.scalar(counted) or 0


def _is_gate_open(tx: Tx, cycle: Cycle, business_date: date) -> bool:
    before = WAITS_FOR[cycle]
    return before is None or _is_closed(tx, before, business_date)


def _is_closed(tx: Tx, cycle: Cycle, business_date: date) -> bool:
    closed = select(CycleRun.id).where(
        CycleRun.cycle == cycle, CycleRun.business_date == business_date, CycleRun.status.in_(CLOSED), IS_WHOLE
    )
    return tx.session.scalar(closed.limit(1)) is not None


def _run(tx: Tx, run_id: UUID) -> CycleRun:
    run = tx.session.get(CycleRun, run_id, populate_existing=True)
    if run is None:
        raise RunNotFound
    return run
