"""The only reader of the clock: everybody else is told the moment and the business date.

With `LOANAPP_CLOCK` (sandbox only) time starts at a chosen instant and runs at a chosen speed.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from loanapp.settings import SAO_PAULO, SandboxClock, current


@dataclass(frozen=True)
class Moment:
    """An instant in UTC and the business date it belongs to in America/Sao_Paulo, fixed once for a whole action."""

    now: datetime
    business_date: date


def at(now: datetime) -> Moment:
    """Return the moment of an aware instant."""
    return Moment(now=now.astimezone(UTC), business_date=now.astimezone(SAO_PAULO).date())


def on(business_date: date, hour: int = 12, minute: int = 0) -> Moment:
    """Return the moment of a wall-clock time in São Paulo on a business date: for seeds, replays and tests."""
    wall = datetime(business_date.year, business_date.month, business_date.day, hour, minute, tzinfo=SAO_PAULO)
    return Moment(now=wall.astimezone(UTC), business_date=business_date)


def moment() -> Moment:
    """Return the present moment, real or the sandbox clock's."""
    return at(_sandbox_now(clock) if (clock := current().clock) else datetime.now(UTC))


def speed() -> float:
    """How many times as fast as real time the clock runs: what a sleeper divides its pause by."""
    clock = current().clock
    return clock.speed if clock else 1.0


def _sandbox_now(clock: SandboxClock) -> datetime:
    return clock.start + timedelta(seconds=(time.time() - clock.anchor) * clock.speed)
