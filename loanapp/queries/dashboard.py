"""The dashboard's read: key figures from the cached aggregates of the requests, aging, weeks, what needs attention.

Running loans (`ACTIVE`) only: closed ones owe nothing here, lost ones are not collected.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Date, cast, func, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import array

from domain.calendar import BusinessCalendar
from domain.cash import HandInStatus
from domain.cycles import TRIGGERS, Cycle, RunStatus, is_due_on
from domain.invoices import InvoiceStatus
from domain.messages import MessageStatus
from domain.money import round_half_up
from domain.payments import PaymentMethod
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models.cash import CashHandIn
from loanapp.models.cycles import CycleRun, charge_holidays
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.invoices import Aging, aging_days, still_owed
from loanapp.queries.proofs import ProofLine, last_proof
from loanapp.settings import SAO_PAULO

AT_RISK_DAYS = 30
WEEKS_BACK = 4
WEEKS_AHEAD = 1
# Older failures are history: nobody sends a reminder again after a week.
ATTENTION_DAYS = 7
LONG_IN_ANALYSIS = timedelta(hours=24)
# A run may take a while; it is missed only after this.
RUN_GRACE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """What the running loans stand for, from their cached aggregates, in centavos; `updated_at` is their newest change.

    `unsettled_count` is how many of their invoices are not settled; `at_risk_cents` is all that is owed of loans with
    an invoice more than 30 days overdue (PAR 30).
    """

    active_count: int
    unsettled_count: int
    open_cents: int
    overdue_cents: int
    at_risk_cents: int
    paid_cents: int
    to_breakeven_cents: int
    in_analysis: int
    long_in_analysis: int
    updated_at: datetime | None

    @property
    def overdue_pct(self) -> Decimal | None:
        """What of the portfolio is overdue; None without a portfolio."""
        return share_pct(self.overdue_cents, self.open_cents)

    @property
    def at_risk_pct(self) -> Decimal | None:
        """PAR 30: what of the portfolio is owed by loans more than 30 days overdue; None without a portfolio."""
        return share_pct(self.at_risk_cents, self.open_cents)


@dataclass(frozen=True)
class AgingLine:
    """How many invoices of running loans lie in a bucket of days overdue, and what is still owed of them."""

    bucket: Aging
    count: int
    open_cents: int


@dataclass(frozen=True, kw_only=True)
class Week:
    """Expected (face value of what fell due, or will) and received (all money in, early and late) of a week."""

    monday: date
    expected_cents: int
    received_cents: int


@dataclass(frozen=True, kw_only=True)
class Today:
    """The business date's own figures: what is still to come of today's invoices, what was expected, what came in."""

    due_count: int
    due_cents: int
    expected_cents: int
    received_cents: int

    @property
    def received_pct(self) -> Decimal | None:
        """What came in as a share of what fell due today; None where nothing did."""
        return share_pct(self.received_cents, self.expected_cents)


@dataclass(frozen=True, kw_only=True)
class RunTrouble:
    """A cycle that failed for a business date, closed with clients set aside, or did not run (`status` None)."""

    cycle: Cycle
    business_date: date
    status: RunStatus | None


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Everything on the dashboard, of one snapshot."""

    business_date: date
    portfolio: Portfolio
    today: Today
    aging: tuple[AgingLine, ...]
    weeks: tuple[Week, ...]
    messages_failed: int
    messages_unknown: int
    hand_ins_open: int
    run_troubles: tuple[RunTrouble, ...]
    last_proof: ProofLine | None


def share_pct(part_cents: int, whole_cents: int) -> Decimal | None:
    """Return a share as a percentage with one decimal, half up; None of nothing."""
    if not whole_cents:
        return None
    return Decimal(round_half_up(Decimal(part_cents * 1000) / Decimal(whole_cents))) / 10


@query(Permission.DASHBOARD_VIEW)
def dashboard(tx: Tx, _parameters: None) -> Dashboard:
    """Return the dashboard as of the business date, in six statements, seven where a calendar counts."""
    portfolio = _portfolio(tx)
    due_count, due_cents, aging = _aging(tx, portfolio)
    expected, received = _flows(tx)
    messages, runs, hand_ins = _events(tx)
    today = tx.business_date
    return Dashboard(
        business_date=today,
        portfolio=portfolio,
        today=Today(
            due_count=due_count,
            due_cents=due_cents,
            expected_cents=expected.get(today, 0),
            received_cents=received.get(today, 0),
        ),
        aging=aging,
        weeks=_weeks(today, expected, received),
        messages_failed=messages.get(MessageStatus.FAILED, 0),
        messages_unknown=messages.get(MessageStatus.UNKNOWN, 0),
        hand_ins_open=hand_ins,
        run_troubles=run_troubles(runs, tx.now.astimezone(SAO_PAULO), charge_holidays(tx.session)),
        last_proof=last_proof(tx),
    )


def _portfolio(tx: Tx) -> Portfolio:
    is_active = Request.status == RequestStatus.ACTIVE
    is_open = Request.status == RequestStatus.OPEN
    is_at_risk = Request.overdue_since < tx.business_date - timedelta(days=AT_RISK_DAYS)
    numbers = {
        "active_count": func.count().filter(is_active),
        "unsettled_count": func.sum(Request.invoices_open).filter(is_active),
        "open_cents": func.sum(Request.total_value_open).filter(is_active),
        "overdue_cents": func.sum(Request.total_value_overdue).filter(is_active),
        "at_risk_cents": func.sum(Request.total_value_open).filter(is_active, is_at_risk),
        "paid_cents": func.sum(Request.total_value_paid).filter(is_active),
        "to_breakeven_cents": func.sum(Request.total_value_to_breakeven).filter(is_active),
        "in_analysis": func.count().filter(is_open),
        "long_in_analysis": func.count().filter(is_open, Request.requested_at < tx.now - LONG_IN_ANALYSIS),
    }
    updated_at, *values = tx.session.execute(select(func.max(Request.metrics_updated_at), *numbers.values())).one()
    return Portfolio(
        updated_at=updated_at, **{name: int(value or 0) for name, value in zip(numbers, values, strict=True)}
    )


def _aging(tx: Tx, portfolio: Portfolio) -> tuple[int, int, tuple[AgingLine, ...]]:
    """Return how many invoices are due today, what is open of them, and the aging of the whole portfolio.

    What has not come due is most of a book: it is what the cached aggregates leave over, and no invoice of it is read.
    """
    due = Invoice.effective_due_date
    overdue = [bucket for bucket in Aging if bucket is not Aging.NOT_OVERDUE]
    # Places in the array: 1 is due today, 2 and on are the overdue buckets.
    first_days = array([0, *(aging_days(bucket)[0] for bucket in overdue)])
    place = func.width_bucket(literal(tx.business_date) - due, first_days)
    rows = tx.session.execute(
        select(place, func.count(), func.sum(Invoice.open_cents))
        .where(*still_owed(), due <= tx.business_date)
        .group_by(place)
    )
    found = {number: (count, int(cents)) for number, count, cents in rows}
    due_count, due_cents = found.get(1, (0, 0))
    lines = [AgingLine(bucket, *found.get(number, (0, 0))) for number, bucket in enumerate(overdue, start=2)]
    not_overdue = AgingLine(
        Aging.NOT_OVERDUE,
        portfolio.unsettled_count - sum(line.count for line in lines),
        portfolio.open_cents - sum(line.open_cents for line in lines),
    )
    return due_count, due_cents, (not_overdue, *lines)


def _flows(tx: Tx) -> tuple[dict[date, int], dict[date, int]]:
    """Return what was expected and what was received on each day of the weeks shown, in centavos."""
    monday = tx.business_date - timedelta(days=tx.business_date.weekday())
    first = monday - timedelta(weeks=WEEKS_BACK)
    last = monday + timedelta(weeks=WEEKS_AHEAD, days=6)
    owed = (InvoiceStatus.OPEN, InvoiceStatus.UNPAID, InvoiceStatus.PAID)
    due = (
        select(literal("expected"), Invoice.effective_due_date, func.sum(Invoice.original_cents))
        .where(Invoice.effective_due_date.between(first, last), Invoice.status.in_(owed))
        .group_by(Invoice.effective_due_date)
    )
    # Using a client's credit brings no money in, nor does what was reversed.
    undone = select(Reversal.id).where(Reversal.payment_id == Payment.id)
    came = (
        select(literal("received"), Payment.received_on, func.sum(Payment.amount_cents))
        .where(Payment.received_on.between(first, last), Payment.method != PaymentMethod.CREDIT, ~undone.exists())
        .group_by(Payment.received_on)
    )
    flows: dict[str, dict[date, int]] = {"expected": {}, "received": {}}
    for kind, day, cents in tx.session.execute(union_all(due, came)):
        flows[kind][day] = int(cents)
    return flows["expected"], flows["received"]


def _weeks(today: date, expected: dict[date, int], received: dict[date, int]) -> tuple[Week, ...]:
    this_monday = today - timedelta(days=today.weekday())
    mondays = [this_monday + timedelta(weeks=offset) for offset in range(-WEEKS_BACK, WEEKS_AHEAD + 1)]

    def total(cents: dict[date, int], monday: date) -> int:
        return sum(cents.get(monday + timedelta(days=offset), 0) for offset in range(7))

    return tuple(
        Week(monday=monday, expected_cents=total(expected, monday), received_cents=total(received, monday))
        for monday in mondays
    )


def _events(tx: Tx) -> tuple[dict[str, int], dict[tuple[Cycle, date], set[RunStatus]], int]:
    """Return the messages of the last days in each troubled state, the cycles' runs, and how much cash is uncounted."""
    since = tx.business_date - timedelta(days=ATTENTION_DAYS)
    messages = (
        select(literal("message"), Message.status, cast(null(), Date), func.count())
        .where(
            Message.created_at >= tx.now - timedelta(days=ATTENTION_DAYS),
            Message.status.in_((MessageStatus.FAILED, MessageStatus.UNKNOWN)),
        )
        .group_by(Message.status)
    )
    runs = select(CycleRun.cycle, CycleRun.status, CycleRun.business_date, literal(1)).where(
        CycleRun.business_date >= since, CycleRun.only_client_id.is_(None)
    )
    hand_ins = select(literal("cash"), literal(""), cast(null(), Date), func.count(CashHandIn.id)).where(
        CashHandIn.status == HandInStatus.OPEN
    )
    counts: dict[str, int] = {}
    open_hand_ins = 0
    states: dict[tuple[Cycle, date], set[RunStatus]] = {}
    for kind, status, business_date, count in tx.session.execute(union_all(messages, runs, hand_ins)):
        if kind == "message":
            counts[status] = count
        elif kind == "cash":
            open_hand_ins = count
        else:
            states.setdefault((Cycle(kind), business_date), set()).add(RunStatus(status))
    return counts, states, open_hand_ins


def run_troubles(
    runs: dict[tuple[Cycle, date], set[RunStatus]], local_now: datetime, skipping: BusinessCalendar | None = None
) -> tuple[RunTrouble, ...]:
    """Return what went wrong with the cycles since the first of these runs, newest date first.

    A replay heals a failure, as far as it got; a run in progress is no trouble; before the first run nothing is missed.
    """
    if not runs:
        return ()
    day, troubles = local_now.date(), []
    first = min(business_date for _, business_date in runs)
    while day >= first:
        for cycle in Cycle:
            states = runs.get((cycle, day), set())
            is_past_due = day < local_now.date() or (
                local_now - RUN_GRACE >= datetime.combine(day, TRIGGERS[cycle], tzinfo=local_now.tzinfo)
            )
            if (
                not is_due_on(cycle, day, skipping)
                or not is_past_due
                or states & {RunStatus.SUCCESS, RunStatus.RUNNING}
            ):
                continue
            worst = next((state for state in (RunStatus.PARTIAL, RunStatus.FAILED) if state in states), None)
            if not states or worst:
                troubles.append(RunTrouble(cycle=cycle, business_date=day, status=worst))
        day -= timedelta(days=1)
    return tuple(troubles)
