"""What the clock rings for: the three cycles and the sweeper, in America/Sao_Paulo (product.md, architecture.md §9).

The times only trigger: which runs are due is decided by `domain/cycles.py` from the rows, so that a beat missed or
doubled is made good by the next sweep.
"""

from typing import Any

from celery.schedules import crontab
from celery.schedules import schedule as every

QUEUE = "cycles"
OPEN_DUE = "tasks.cycles.open_due"
SWEEP = "tasks.sweeper.sweep"
SWEEP_SECONDS = 30
# A sandbox clock may run an hour in a minute: the crontab of real time says nothing then, the sweeper must look often.
SWEEP_SECONDS_SANDBOX = 1


def schedule(*, is_clock_set: bool) -> dict[str, dict[str, Any]]:
    """Return the beat's table; with a sandbox clock only the sweeper rings, once a second."""
    sweep_seconds = SWEEP_SECONDS_SANDBOX if is_clock_set else SWEEP_SECONDS
    # A sweep that nobody took before the next one is due is worth nothing.
    table = {"sweep": _entry(SWEEP, every(sweep_seconds), {"expires": sweep_seconds})}
    if not is_clock_set:
        table |= {
            "overdue": _entry(OPEN_DUE, crontab(hour="5", minute="0")),
            "mora": _entry(OPEN_DUE, crontab(hour="5", minute="1")),
            "charge": _entry(OPEN_DUE, crontab(hour="6", minute="0", day_of_week="mon-fri")),
        }
    return table


def _entry(task: str, when: object, options: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"task": task, "schedule": when, "options": {"queue": QUEUE, **(options or {})}}
