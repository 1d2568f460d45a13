"""The three daily cycles: when each is due, and what it waits for (product.md, architecture.md §7).

The clock only triggers: `mora` of a date runs after `overdue` of that date, `charge` after `mora`.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from domain.calendar import BusinessCalendar
from domain.errors import Conflict, Invalid, NotFound


class Cycle(StrEnum):
    """In the order in which they run for one business date."""

    OVERDUE = "overdue"
    MORA = "mora"
    CHARGE = "charge"


class RunStatus(StrEnum):
    """SUCCESS and PARTIAL (some clients set aside) let the next cycle start; FAILED holds it."""

    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


CLOSED = frozenset({RunStatus.SUCCESS, RunStatus.PARTIAL, RunStatus.SKIPPED})
TRIGGERS: dict[Cycle, time] = {Cycle.OVERDUE: time(5, 0), Cycle.MORA: time(5, 1), Cycle.CHARGE: time(6, 0)}
WAITS_FOR: dict[Cycle, Cycle | None] = {Cycle.OVERDUE: None, Cycle.MORA: Cycle.OVERDUE, Cycle.CHARGE: Cycle.MORA}
SATURDAY = 5


class CycleInFuture(Invalid):
    """A cycle can't run for a business date that has not come."""

    code = "cycle.in_future"


class CycleNotDue(Invalid):
    """The charge cycle runs Monday to Friday, where the company wants it so without the holidays."""

    code = "cycle.not_due"


class CycleWaits(Conflict):
    """The cycle before it has not succeeded for this business date."""

    code = "cycle.waits"


class RunNotFound(NotFound):
    """No such run."""

    code = "cycle.run_not_found"


class CycleDatesMissed(Conflict):
    """Earlier dates are still open: they are closed first, oldest first, by the next tick of the clock."""

    code = "cycle.dates_missed"


class NothingToRetry(Conflict):
    """The run set nobody aside, or is still going on."""

    code = "cycle.nothing_to_retry"


def is_due_on(cycle: Cycle, business_date: date, skipping: BusinessCalendar | None = None) -> bool:
    """`overdue` and `mora` run every day, `charge` Monday to Friday (product.md), not on the holidays of `skipping`."""
    if cycle is not Cycle.CHARGE:
        return True
    return business_date.weekday() < SATURDAY and not (skipping and skipping.is_holiday(business_date))


def due_runs(
    last_closed: Mapping[Cycle, date | None], *, local_now: datetime, skipping: BusinessCalendar | None = None
) -> list[tuple[Cycle, date]]:
    """Return every (cycle, business date) that is due by now and was not closed, oldest date first, in order.

    `last_closed` is the newest business date each cycle closed; a cycle that never ran starts today. `local_now` is the
    wall clock in America/Sao_Paulo, `skipping` the calendar whose holidays have no `charge`.
    """
    today = local_now.date()
    due: list[tuple[date, Cycle]] = []
    for cycle in Cycle:
        last = last_closed.get(cycle)
        day = today if last is None else last + timedelta(days=1)
        while day <= today:
            if is_due_on(cycle, day, skipping) and (day < today or local_now.time() >= TRIGGERS[cycle]):
                due.append((day, cycle))
            day += timedelta(days=1)
    order = list(Cycle)
    return [(cycle, day) for day, cycle in sorted(due, key=lambda entry: (entry[0], order.index(entry[1])))]


def next_cycle(cycle: Cycle) -> Cycle | None:
    """Return the cycle that waits for this one; None for the last."""
    return next((later for later, earlier in WAITS_FOR.items() if earlier is cycle), None)


def check_business_date(
    cycle: Cycle, business_date: date, *, today: date, skipping: BusinessCalendar | None = None
) -> None:
    """Raise CycleInFuture for a date after today's business date, CycleNotDue for one on which the cycle never runs."""
    if business_date > today:
        raise CycleInFuture(field="business_date", today=today)
    if not is_due_on(cycle, business_date, skipping):
        raise CycleNotDue(field="business_date", business_date=business_date)
