"""The rule of the throttle, to the minute."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.sign_in import ACCOUNT_RULE, ADDRESS_RULE, Failures, Rule, counted, minutes, origin, taken_back, wait

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NONE = Failures(count=0, last_at=NOW)


def after(count: int, rule: Rule = ACCOUNT_RULE) -> Failures:
    """Return the failures after so many tries, each when the block of the one before is over."""
    failures = NONE
    for _ in range(count):
        failures = counted(rule, failures, failures.blocked_until or failures.last_at)
    return failures


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, 0), (4, 0), (5, 15), (6, 30), (7, 60), (8, 120), (9, 240), (10, 240), (100, 240)],
)
def test_an_account_has_five_tries_and_then_waits_twice_as_long_each_time(count: int, expected: int) -> None:
    failures = after(count)

    assert minutes(wait(failures, failures.last_at)) == expected


@pytest.mark.parametrize(("count", "expected"), [(19, 0), (20, 15), (21, 30), (24, 240), (25, 240)])
def test_an_address_has_twenty(count: int, expected: int) -> None:
    failures = after(count, ADDRESS_RULE)

    assert minutes(wait(failures, failures.last_at)) == expected


def test_a_wait_is_over_at_its_minute_and_rounded_up_before() -> None:
    blocked = after(5)

    assert minutes(wait(blocked, NOW + timedelta(seconds=1))) == 15
    assert minutes(wait(blocked, NOW + timedelta(minutes=14, seconds=59))) == 1
    assert wait(blocked, NOW + timedelta(minutes=15)) == timedelta(0)


@pytest.mark.parametrize(("hours", "count"), [(23, 6), (24, 1), (1000, 1)])
def test_failures_without_another_for_a_day_are_forgotten(hours: int, count: int) -> None:
    assert counted(ACCOUNT_RULE, after(5), NOW + timedelta(hours=hours)).count == count


def test_a_try_taken_back_takes_its_block_along() -> None:
    assert taken_back(after(5)) == Failures(count=4, last_at=NOW)
    assert taken_back(NONE).count == 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(address: str, expected: str) -> None:
    assert origin(address) == expected
