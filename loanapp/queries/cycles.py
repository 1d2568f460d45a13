"""Reads about the daily cycles: what a run did, what one would do, and how the last two weeks went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import Select, func, select, text

from domain import templates
from domain.calendar import BusinessCalendar
from domain.cycles import CLOSED, TRIGGERS, Cycle, RunNotFound, RunStatus, check_business_date, is_due_on
from domain.messages import DEBT_KINDS, MAY_HAVE_LEFT, Reason, reason_to_withhold
from domain.permissions import Permission
from domain.templates import Lender
from domain.windows import opening, state_of
from loanapp.models import promises
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings
from loanapp.models.contracts import company_holidays
from loanapp.models.cycle_sql import PREVIEW
from loanapp.models.cycles import CycleFailure, CycleRun
from loanapp.queries._query import Tx, query
from loanapp.settings import SAO_PAULO

STRIP_DAYS = 14


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
class RunRecord:
    """One run with the clients that it set aside, by name."""

    run: RequestedRun
    failed: tuple[FailedClient, ...]


@dataclass(frozen=True, kw_only=True)
class PreviewOf:
    """Which cycle for which business date."""

    cycle: Cycle
    business_date: date


@dataclass(frozen=True, kw_only=True)
class DayMark:
    """A cycle on one date: the state of its newest run; None with `is_missed` when it should have run and did not."""

    business_date: date
    status: RunStatus | None
    is_missed: bool


@dataclass(frozen=True, kw_only=True)
class CycleOverview:
    """A cycle at a glance: its newest run, when the next is due, and the last days, oldest first."""

    cycle: Cycle
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
def preview(tx: Tx, parameters: PreviewOf) -> CycleCounts:
    """Return what running a cycle for a date now would do; raise CycleInFuture or CycleNotDue. Nothing is written.

    Dates missed before it would be run first: what is shown is what the date itself then adds.
    The rule is the statement from which the run itself updates; for `charge`, the decision by which it queues.
    """
    check_business_date(parameters.cycle, parameters.business_date, today=tx.business_date)
    if parameters.cycle is Cycle.CHARGE:
        return _charge_preview(tx, parameters.business_date)
    bounds = {"date": parameters.business_date, "caught_up_to": _last_missed(tx, parameters)}
    counts = tx.session.execute(PREVIEW[parameters.cycle], bounds).one()
    is_overdue = parameters.cycle is Cycle.OVERDUE
    return CycleCounts(
        examined=counts.examined,
        changed=counts.changed,
        late_fee_cents_delta=counts.delta_cents if is_overdue else 0,
        mora_cents_delta=0 if is_overdue else counts.delta_cents,
    )


@query(Permission.CYCLES_VIEW)
def runs_overview(tx: Tx, _parameters: None) -> tuple[CycleOverview, ...]:
    """Return each cycle's newest run, its next due time and its last two weeks, in two statements."""
    oldest = select(CycleRun.cycle, func.min(CycleRun.business_date)).group_by(CycleRun.cycle)
    first_run_on = dict(tx.session.execute(oldest).all())
    since = tx.business_date - timedelta(days=STRIP_DAYS - 1)
    newest_first = (CycleRun.business_date.desc(), CycleRun.replay_number.desc())
    rank = func.row_number().over(partition_by=CycleRun.cycle, order_by=newest_first)
    ranked = select(CycleRun.id, rank.label("rank")).subquery()
    runs = tx.session.scalars(
        select(CycleRun)
        .join(ranked, ranked.c.id == CycleRun.id)
        .where((CycleRun.business_date >= since) | (ranked.c.rank == 1))
        .order_by(*newest_first)
    ).all()
    return tuple(
        _overview(tx, cycle, [run for run in runs if run.cycle == cycle], first_run_on.get(cycle)) for cycle in Cycle
    )


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
    return RunRecord(
        run=_requested(found[0], found[1]),
        failed=tuple(
            FailedClient(client_id=client_id, client_name=name, error=error) for client_id, name, error in failures
        ),
    )


def _requested_runs() -> Select[CycleRun, str | None]:
    return select(CycleRun, User.name).outerjoin(User, User.id == CycleRun.requested_by)


def _requested(run: CycleRun, name: str | None) -> RequestedRun:
    return RequestedRun(line=_line(run), requested_by_name=name)


def _last_missed(tx: Tx, parameters: PreviewOf) -> date | None:
    """Return the date before, where it was not closed and would be run first; a cycle that never ran missed nothing."""
    closed = select(func.max(CycleRun.business_date)).where(
        CycleRun.cycle == parameters.cycle, CycleRun.status.in_(CLOSED)
    )
    last_closed = tx.session.scalar(closed)
    day_before = parameters.business_date - timedelta(days=1)
    return day_before if last_closed is not None and last_closed < day_before else None


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


def _overview(tx: Tx, cycle: Cycle, newest_first: Sequence[CycleRun], first_run_on: date | None) -> CycleOverview:
    by_date: dict[date, CycleRun] = {}
    for run in newest_first:
        by_date.setdefault(run.business_date, run)
    days = [tx.business_date - timedelta(days=back) for back in reversed(range(STRIP_DAYS))]
    return CycleOverview(
        cycle=cycle,
        last_run=_line(newest_first[0]) if newest_first else None,
        next_at=_next_at(tx, cycle),
        days=tuple(_mark(tx, cycle, day, by_date.get(day), first_run_on) for day in days),
    )


def _mark(tx: Tx, cycle: Cycle, day: date, run: CycleRun | None, first_run_on: date | None) -> DayMark:
    """Mark a date; one before the first run was missed by nobody, since the system was not there yet."""
    has_begun = first_run_on is not None and day >= first_run_on
    is_missed = run is None and has_begun and is_due_on(cycle, day) and _trigger(cycle, day) <= tx.now
    return DayMark(business_date=day, status=RunStatus(run.status) if run else None, is_missed=is_missed)


def _next_at(tx: Tx, cycle: Cycle) -> datetime:
    days = (tx.business_date + timedelta(days=ahead) for ahead in count())
    return next(_trigger(cycle, day) for day in days if is_due_on(cycle, day) and _trigger(cycle, day) > tx.now)


def _trigger(cycle: Cycle, day: date) -> datetime:
    return datetime.combine(day, TRIGGERS[cycle], tzinfo=SAO_PAULO)


# Whoever owes something due by the date, and has no charge text for it yet.
_BORROWERS = text("""
SELECT c.id, c.phone, c.state, c.phone_flag, c.accepts_messages, min(i.effective_due_date) AS oldest,
       m.id IS NOT NULL AS has_text,
       (SELECT count(*) FROM messages w
         WHERE w.client_id = c.id AND w.kind = ANY(:kinds) AND w.status = ANY(:may_have_left)
           AND w.business_date BETWEEN CAST(:date AS date) - 6 AND CAST(:date AS date)) AS charges_in_week
  FROM clients c
  JOIN requests r ON r.client_id = c.id AND r.status = 'ACTIVE'
  JOIN invoices i ON i.request_id = r.id AND i.status IN ('OPEN', 'UNPAID') AND i.effective_due_date <= :date
  LEFT JOIN messages m ON m.dedupe_key = 'charge:' || c.id || ':' || CAST(:date AS date)
 GROUP BY c.id, m.id
""")


def _charge_preview(tx: Tx, business_date: date) -> CycleCounts:
    parameters = {
        "date": business_date,
        "kinds": [kind.value for kind in DEBT_KINDS],
        "may_have_left": [status.value for status in MAY_HAVE_LEFT],
    }
    borrowers = tx.session.execute(_BORROWERS, parameters).all()
    promised = set(tx.session.scalars(promises.standing(business_date)))
    calendar = BusinessCalendar(company_holidays(tx.session))
    lender = _lender(tx)
    new = [borrower for borrower in borrowers if not borrower.has_text]
    reasons: Counter[str] = Counter()
    for borrower in new:
        step = templates.step_for(max(0, (business_date - borrower.oldest).days))
        state = state_of(borrower.state, borrower.phone)
        reason = reason_to_withhold(
            is_past=business_date < tx.business_date,
            accepts_messages=borrower.accepts_messages,
            is_number_flagged=bool(borrower.phone_flag),
            has_promise=borrower.id in promised,
            needs_approval=step.needs_approval,
            charges_in_week=borrower.charges_in_week,
            opens_at=opening(tx.now, business_date, state, calendar, step.hours),
        )
        if not templates.is_lender_known(templates.LATEST[step.template], lender):
            reason = Reason.INCOMPLETE
        if reason is not None:
            reasons[reason.value] += 1
    return CycleCounts(
        examined=len(borrowers),
        changed=len(new),
        messages_queued=len(new) - reasons.total(),
        messages_skipped=dict(sorted(reasons.items())),
    )


def _lender(tx: Tx) -> Lender:
    company = tx.session.get(CompanySettings, 1)
    names = ("name", "tax_id", "address", "support_channel", "support_hours")
    name, tax_id, address, support_channel, support_hours = (getattr(company, name, "") for name in names)
    return Lender(
        name=name, tax_id=tax_id, address=address, support_channel=support_channel, support_hours=support_hours
    )
