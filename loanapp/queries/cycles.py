"""Reads about the daily cycles: what a run did, what one would do, and how the last two weeks went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from domain.calendar import BusinessCalendar
from domain.cycles import TRIGGERS, Cycle, RunNotFound, RunStatus, is_due_on
from domain.permissions import Permission
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.cycle_sql import Part
from loanapp.models.cycles import IS_WHOLE, CycleFailure, CycleItem, CycleRun, charge_holidays
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.settings import SAO_PAULO

STRIP_DAYS = 14
ITEMS_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class CycleCounts:
    """What a run did or would do: invoices, for `charge` borrowers; deltas in centavos; withheld messages by reason."""

    examined: int
    changed: int
    failed: int = 0
    late_fee_cents_delta: int = 0
    mora_cents_delta: int = 0
    messages_queued: int = 0
    messages_skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunLine:
    """One run of a cycle; `clients_total` and `clients_done` are its progress."""

    run_id: UUID
    cycle: Cycle
    business_date: date
    replay_number: int
    status: RunStatus
    origin: str
    opened_at: datetime
    finished_at: datetime | None
    clients_total: int
    clients_done: int
    counts: CycleCounts
    error: str


@dataclass(frozen=True, kw_only=True)
class RunsAsked:
    """Which page of the history of runs, newest first; `page` counts from 1, one past the end is the last."""

    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class RequestedRun:
    """A run and the name of the person who asked for it; None for the clock, the terminal and the seed."""

    line: RunLine
    requested_by_name: str | None


@dataclass(frozen=True, kw_only=True)
class RunsPage:
    """One page of the history, and how many runs there are."""

    runs: tuple[RequestedRun, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class FailedClient:
    """A client that a run set aside, with the error."""

    client_id: UUID
    client_name: str
    error: str


@dataclass(frozen=True, kw_only=True)
class ChangedItem:
    """What a replay changed of one contract: late fee or mora of its changed invoices, before and after."""

    request_number: int
    client_name: str
    invoices: int
    cents_before: int
    cents_after: int


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run with the clients that it set aside, by name, and, of a replay, the contracts it changed, most first.

    `part` says in one word over which clients it went; `only_client_name` where that was one.
    """

    run: RequestedRun
    failed: tuple[FailedClient, ...]
    changed: tuple[ChangedItem, ...]
    changed_total: int
    part: Part
    only_client_name: str


@dataclass(frozen=True, kw_only=True)
class DayMark:
    """A cycle on one date: the state of its newest run; None with `is_missed` when it should have run and did not.

    A partial run whose failures a retry made good counts as a success; `is_due` says whether the cycle runs that day.
    """

    business_date: date
    status: RunStatus | None
    is_missed: bool
    is_due: bool


@dataclass(frozen=True, kw_only=True)
class CycleOverview:
    """A cycle at a glance: its newest run, when the next is due, and the last days, oldest first."""

    cycle: Cycle
    skips_holidays: bool
    last_run: RunLine | None
    next_at: datetime
    days: tuple[DayMark, ...]


@query(Permission.CYCLES_VIEW)
def run_line(tx: Tx, run_id: UUID) -> RunLine:
    """Return one run; raise RunNotFound."""
    run = tx.session.get(CycleRun, run_id)
    if run is None:
        raise RunNotFound
    return _line(run)


@query(Permission.CYCLES_VIEW)
def charge_days(tx: Tx, _parameters: None) -> BusinessCalendar | None:
    """Return the calendar whose holidays have no `charge`; None where the company lets it run on them."""
    return charge_holidays(tx.session)


@query(Permission.CYCLES_VIEW)
def run_with_failures(tx: Tx, wanted: tuple[Cycle, date]) -> UUID:
    """Return the newest run of a cycle for a date that set somebody aside; raise RunNotFound where none did."""
    cycle, business_date = wanted
    found = tx.session.scalar(
        select(CycleRun.id)
        .where(CycleRun.cycle == cycle, CycleRun.business_date == business_date, CycleRun.failed > 0)
        .order_by(CycleRun.replay_number.desc())
        .limit(1)
    )
    if found is None:
        raise RunNotFound
    return found


@query(Permission.CYCLES_VIEW)
def runs_overview(tx: Tx, _parameters: None) -> tuple[CycleOverview, ...]:
    """Return each cycle's newest run, its next due time and its last two weeks, in two statements."""
    since = tx.business_date - timedelta(days=STRIP_DAYS - 1)
    newest_first = (CycleRun.business_date.desc(), CycleRun.replay_number.desc())
    rank = func.row_number().over(partition_by=CycleRun.cycle, order_by=newest_first)
    first_on = func.min(CycleRun.business_date).over(partition_by=CycleRun.cycle)
    # What went over a part of the book closed no date, so it marks none.
    ranked = select(CycleRun.id, rank.label("rank"), first_on.label("first_on")).where(IS_WHOLE).subquery()
    retry = aliased(CycleRun)
    is_healed = select(retry.id).where(retry.retry_of == CycleRun.id, retry.status == RunStatus.SUCCESS).exists()
    runs = tx.session.execute(
        select(CycleRun, ranked.c.first_on, is_healed)
        .join(ranked, ranked.c.id == CycleRun.id)
        .where((CycleRun.business_date >= since) | (ranked.c.rank == 1))
        .order_by(*newest_first)
    ).all()
    first_run_on = {run.cycle: day for run, day, _ in runs}
    healed = {run.id for run, _, was_healed in runs if was_healed}
    skipping = charge_holidays(tx.session)
    return tuple(
        _overview(
            tx, cycle, [run for run, _, _ in runs if run.cycle == cycle],
            first_run_on=first_run_on.get(cycle), healed=healed, skipping=skipping,
        )
        for cycle in Cycle
    )  # fmt: skip


@query(Permission.CYCLES_VIEW)
def runs_page(tx: Tx, asked: RunsAsked) -> RunsPage:
    """Return one page of the history of runs, the newest first, in two statements."""
    total = tx.session.scalar(select(func.count()).select_from(CycleRun)) or 0
    page = min(max(asked.page, 1), max(1, -(-total // asked.size)))
    rows = tx.session.execute(
        _requested_runs()
        .order_by(CycleRun.opened_at.desc(), CycleRun.business_date.desc(), CycleRun.id)
        .limit(asked.size)
        .offset((page - 1) * asked.size)
    )
    return RunsPage(runs=tuple(_requested(run, name) for run, name in rows), total=total)


@query(Permission.CYCLES_VIEW)
def run_record(tx: Tx, run_id: UUID) -> RunRecord:
    """Return one run with the clients that it set aside; raise RunNotFound."""
    found = tx.session.execute(_requested_runs().where(CycleRun.id == run_id)).one_or_none()
    if found is None:
        raise RunNotFound
    failures = tx.session.execute(
        select(CycleFailure.client_id, Client.name, CycleFailure.error)
        .join(Client, Client.id == CycleFailure.client_id)
        .where(CycleFailure.run_id == run_id)
        .order_by(Client.name, Client.id)
    )
    changed = tx.session.execute(
        select(Request.number, Client.name, CycleItem.invoices, CycleItem.cents_before, CycleItem.cents_after)
        .join(Request, Request.id == CycleItem.request_id)
        .join(Client, Client.id == Request.client_id)
        .where(CycleItem.run_id == run_id)
        .order_by(func.abs(CycleItem.cents_after - CycleItem.cents_before).desc(), Request.number)
        .limit(ITEMS_SHOWN)
    )
    run = found[0]
    only_client = tx.session.get(Client, run.only_client_id) if run.only_client_id else None
    return RunRecord(
        changed=tuple(
            ChangedItem(
                request_number=number, client_name=name, invoices=invoices, cents_before=before, cents_after=after
            )
            for number, name, invoices, before, after in changed
        ),
        changed_total=tx.session.scalar(select(func.count()).where(CycleItem.run_id == run_id)) or 0,
        part=run.part,
        only_client_name=only_client.name if only_client else "",
        run=_requested(found[0], found[1]),
        failed=tuple(
            FailedClient(client_id=client_id, client_name=name, error=error) for client_id, name, error in failures
        ),
    )


def _requested_runs() -> Select[CycleRun, str | None]:
    return select(CycleRun, User.name).outerjoin(User, User.id == CycleRun.requested_by)


def _requested(run: CycleRun, name: str | None) -> RequestedRun:
    return RequestedRun(line=_line(run), requested_by_name=name)


def _line(run: CycleRun) -> RunLine:
    return RunLine(
        run_id=run.id,
        cycle=Cycle(run.cycle),
        business_date=run.business_date,
        replay_number=run.replay_number,
        status=RunStatus(run.status),
        origin=run.origin,
        opened_at=run.opened_at,
        finished_at=run.finished_at,
        clients_total=run.clients_total,
        clients_done=run.clients_done,
        counts=CycleCounts(
            examined=run.examined,
            changed=run.changed,
            failed=run.failed,
            late_fee_cents_delta=run.late_fee_cents_delta,
            mora_cents_delta=run.mora_cents_delta,
            messages_queued=run.messages_queued,
            messages_skipped=run.messages_skipped,
        ),
        error=run.error,
    )


def _overview(
    tx: Tx,
    cycle: Cycle,
    newest_first: Sequence[CycleRun],
    *,
    first_run_on: date | None,
    healed: set[UUID],
    skipping: BusinessCalendar | None,
) -> CycleOverview:
    by_date: dict[date, CycleRun] = {}
    for run in newest_first:
        by_date.setdefault(run.business_date, run)
    days = [tx.business_date - timedelta(days=back) for back in reversed(range(STRIP_DAYS))]
    return CycleOverview(
        cycle=cycle,
        skips_holidays=cycle is Cycle.CHARGE and skipping is not None,
        last_run=_line(newest_first[0]) if newest_first else None,
        next_at=_next_at(tx, cycle, skipping),
        days=tuple(
            _mark(
                by_date.get(day), day,
                has_come=first_run_on is not None and first_run_on <= day and _trigger(cycle, day) <= tx.now,
                is_due=is_due_on(cycle, day, skipping), healed=healed,
            )
            for day in days
        ),
    )  # fmt: skip


def _mark(run: CycleRun | None, day: date, *, has_come: bool, is_due: bool, healed: set[UUID]) -> DayMark:
    """Mark a date; one before the first run was missed by nobody, since the system was not there yet."""
    if run is None:
        return DayMark(business_date=day, status=None, is_missed=has_come and is_due, is_due=is_due)
    is_healed = run.status == RunStatus.PARTIAL and run.id in healed
    status = RunStatus.SUCCESS if is_healed else RunStatus(run.status)
    return DayMark(business_date=day, status=status, is_missed=False, is_due=is_due)


def _next_at(tx: Tx, cycle: Cycle, skipping: BusinessCalendar | None) -> datetime:
    days = (tx.business_date + timedelta(days=ahead) for ahead in count())
    due = (_trigger(cycle, day) for day in days if is_due_on(cycle, day, skipping))
    return next(at for at in due if at > tx.now)


def _trigger(cycle: Cycle, day: date) -> datetime:
    return datetime.combine(day, TRIGGERS[cycle], tzinfo=SAO_PAULO)
