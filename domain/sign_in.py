"""How often a password or a code may be tried: failures are counted for the account and for the address they come from.

A try counts as a failure when it begins and is taken back when it succeeds, so that guesses made at the same time
can't get more than the allowed number.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from domain.errors import NotAllowed

SHORTEST_PASSWORD = 8  # Characters.
FORGOTTEN_AFTER = timedelta(hours=24)
# One household or office has at least this much of IPv6, so whoever guesses owns all of it.
IPV6_NETWORK_BITS = 64


class TooManyAttempts(NotAllowed):
    """The account or the address had too many failures; after `minutes` it may try again."""

    code = "auth.too_many_attempts"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """From `free_failures` on, each failure blocks: first for `first_block`, then twice as long each time."""

    free_failures: int
    first_block: timedelta
    longest_block: timedelta


ACCOUNT_RULE = Rule(free_failures=5, first_block=timedelta(minutes=15), longest_block=timedelta(hours=4))
ADDRESS_RULE = Rule(free_failures=20, first_block=timedelta(minutes=15), longest_block=timedelta(hours=4))


@dataclass(frozen=True, kw_only=True)
class Failures:
    """The failures counted so far: how many, when the last one, and until when no other try is taken."""

    count: int
    last_at: datetime
    blocked_until: datetime | None = None


def wait(failures: Failures, now: datetime) -> timedelta:
    """Return how long no try is taken; zero when one is taken now."""
    return max((failures.blocked_until or now) - now, timedelta(0))


def minutes(waiting: timedelta) -> int:
    """Return a wait in whole minutes, rounded up: after so many it is over."""
    return -(-waiting // timedelta(minutes=1))


def counted(rule: Rule, failures: Failures, now: datetime) -> Failures:
    """Return the failures with one more; those without another for a day are forgotten first.

    >>> start = datetime(2026, 11, 23, 12)
    >>> counted(ACCOUNT_RULE, Failures(count=5, last_at=start), start).blocked_until
    datetime.datetime(2026, 11, 23, 12, 30)
    """
    count = failures.count + 1 if now - failures.last_at < FORGOTTEN_AFTER else 1
    if count < rule.free_failures:
        return Failures(count=count, last_at=now)
    longest_doublings = rule.longest_block // rule.first_block
    block = rule.first_block * min(2 ** min(count - rule.free_failures, longest_doublings), longest_doublings)
    return Failures(count=count, last_at=now, blocked_until=now + block)


def taken_back(failures: Failures) -> Failures:
    """Return the failures without the try that turned out right, and without the block that it began."""
    return Failures(count=max(failures.count - 1, 0), last_at=failures.last_at)


def origin(address: str) -> str:
    """Return what failures of an address are counted under: IPv6 by its network, everything else as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, IPV6_NETWORK_BITS), strict=False))
    return str(parsed)
