"""Limits of the roles: who changes them and within what, what the audit trail says, and rivals who change them."""

import json

import pytest

from domain.audit import Link, first_break
from domain.errors import SeveralProblems
from domain.permissions import SYSTEM, Actor, Limit, PermissionMissing, Role
from loanapp.queries import users
from loanapp.services.limits import (
    ChangeLimits,
    ChangeSecurity,
    CompanyMissing,
    LimitNotOfRole,
    LimitOutOfRange,
    LimitsChanged,
    RoleWithoutLimits,
    change_limits,
    change_security,
)
from tests.build.book import a_company, a_person, at, everything, rows
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

DAY = "2026-02-10"
CHAIN = "SELECT chain_number, text, hash FROM audit_events ORDER BY chain_number"


def trail() -> list[tuple[object, ...]]:
    events = [json.loads(str(event)) for _, event, _ in rows(CHAIN)]
    return [tuple(event[name] for name in ("action", "record", "before", "after")) for event in events]


def limits_of(role: Role) -> dict[Limit, int | None]:
    found = users.roles(SYSTEM, at(DAY), None)
    return dict(next(line.limits for line in found.lines if line.role is role))


def test_an_administrator_changes_the_limits_of_a_role_and_the_trail_tells_before_and_after() -> None:
    admin = a_person(Role.SUPER_ADMIN)
    order = ChangeLimits(
        role="LOAN_MANAGEMENT",
        values={Limit.APPROVE_CENTS: 1_000_000, Limit.WAIVE_PCT: 20, Limit.CASH_IN_HAND_CENTS: 0},
    )

    change_limits(admin, at(DAY), order)

    assert limits_of(Role.LOAN_MANAGEMENT) == {
        Limit.APPROVE_CENTS: 1_000_000, Limit.WRITE_OFF_CENTS: 500_000, Limit.WAIVE_PCT: 20,
        Limit.DISCOUNT_PCT: 20, Limit.CASH_IN_HAND_CENTS: 0, Limit.BACKDATE_DAYS: 90,
    }  # fmt: skip
    assert rows("SELECT role, name, value, changed_by FROM role_limits ORDER BY name") == [
        ("LOAN_MANAGEMENT", "approve_cents", 1_000_000, admin.user_id),
        ("LOAN_MANAGEMENT", "cash_in_hand_cents", 0, admin.user_id),
    ]
    assert trail() == [
        (
            "limits.changed", "role:LOAN_MANAGEMENT",
            {"approve_cents": 5_000_000, "cash_in_hand_cents": None},
            {"approve_cents": 1_000_000, "cash_in_hand_cents": 0},
        )
    ]  # fmt: skip


def test_a_limit_may_be_taken_away_and_set_again() -> None:
    admin = a_person(Role.SUPER_ADMIN)
    for value in (None, 7):
        order = ChangeLimits(role=Role.STREET_SUPERVISOR, values={Limit.CASH_IN_HAND_CENTS: value})
        change_limits(admin, at(DAY), order)
        assert limits_of(Role.STREET_SUPERVISOR) == {Limit.CASH_IN_HAND_CENTS: value, Limit.BACKDATE_DAYS: 3}


def test_the_limits_that_hold_already_write_nothing_even_when_the_press_came_twice() -> None:
    admin = a_person(Role.SUPER_ADMIN)
    order = ChangeLimits(
        role=Role.STREET_SUPERVISOR, values={Limit.CASH_IN_HAND_CENTS: 100}, seen={Limit.CASH_IN_HAND_CENTS: 300_000}
    )
    change_limits(admin, at(DAY), order)
    before = everything()

    change_limits(admin, at(DAY), order)

    assert everything() == before


@pytest.mark.parametrize(
    ("role", "values", "refusal"),
    [
        ("SUPER_ADMIN", {Limit.APPROVE_CENTS: 1}, RoleWithoutLimits),
        ("SYSTEM", {Limit.APPROVE_CENTS: 1}, RoleWithoutLimits),
        ("", {}, RoleWithoutLimits),
        ("STREET_SUPERVISOR", {Limit.APPROVE_CENTS: 1}, LimitNotOfRole),
        ("STREET_SUPERVISOR", {Limit.CASH_IN_HAND_CENTS: -1}, LimitOutOfRange),
        ("LOAN_MANAGEMENT", {Limit.APPROVE_CENTS: 10_000_000_001}, LimitOutOfRange),
        ("LOAN_MANAGEMENT", {Limit.WAIVE_PCT: 101}, LimitOutOfRange),
        ("LOAN_MANAGEMENT", {Limit.WAIVE_PCT: 101, Limit.DISCOUNT_PCT: -1}, SeveralProblems),
    ],
)
def test_what_is_no_limit_is_refused_and_nothing_changes(
    role: str, values: dict[Limit, int], refusal: type[Exception]
) -> None:
    admin = a_person(Role.SUPER_ADMIN)
    before = everything()

    with pytest.raises(refusal):
        change_limits(admin, at(DAY), ChangeLimits(role=role, values=values))

    assert everything() == before


def test_limits_that_somebody_changed_since_they_were_shown_are_not_overwritten() -> None:
    admin = a_person(Role.SUPER_ADMIN)
    change_limits(admin, at(DAY), ChangeLimits(role=Role.STREET_SUPERVISOR, values={Limit.CASH_IN_HAND_CENTS: 100}))
    before = everything()
    stale = ChangeLimits(
        role=Role.STREET_SUPERVISOR, values={Limit.CASH_IN_HAND_CENTS: 200}, seen={Limit.CASH_IN_HAND_CENTS: 300_000}
    )

    with pytest.raises(LimitsChanged):
        change_limits(admin, at(DAY), stale)

    assert everything() == before


@pytest.mark.parametrize("role", [Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_only_an_administrator_changes_limits_and_the_rule_about_second_factors(role: Role) -> None:
    a_company()
    person = a_person(role)
    before = everything()

    with pytest.raises(PermissionMissing):
        change_limits(person, at(DAY), ChangeLimits(role=role, values={}))
    with pytest.raises(PermissionMissing):
        change_security(person, at(DAY), ChangeSecurity(is_second_factor_required=True))

    assert everything() == before


def test_of_eight_administrators_who_saw_the_same_limits_one_changes_them() -> None:
    admins: list[Actor] = [a_person(Role.SUPER_ADMIN, f"Ada {index}") for index in range(8)]

    results = all_at_once(
        8,
        lambda index: change_limits(
            admins[index],
            at(DAY),
            ChangeLimits(
                role=Role.STREET_SUPERVISOR, values={Limit.CASH_IN_HAND_CENTS: 100 + index},
                seen={Limit.CASH_IN_HAND_CENTS: 300_000},
            ),
        ),
    )  # fmt: skip

    assert sorted(type(result).__name__ for result in results) == ["LimitsChanged"] * 7 + ["NoneType"]
    assert rows("SELECT value FROM role_limits") == [(100 + results.index(None),)]


def test_of_eight_who_change_limits_at_once_each_follows_from_the_one_before() -> None:
    admins = [a_person(Role.SUPER_ADMIN, f"Ada {index}") for index in range(8)]

    results = all_at_once(
        8,
        lambda index: change_limits(
            admins[index],
            at(DAY),
            ChangeLimits(role=Role.STREET_SUPERVISOR, values={Limit.CASH_IN_HAND_CENTS: 100 + index}),
        ),
    )

    assert results == [None] * 8
    links = [Link(row_id=0, number=number, text=event, hash=hashed) for number, event, hashed in rows(CHAIN)]
    assert first_break(links) is None
    events = trail()
    seen = [300_000, *(after["cash_in_hand_cents"] for *_, after in events)]
    assert [before["cash_in_hand_cents"] for *_, before, _ in events] == seen[:-1]
    assert rows("SELECT value FROM role_limits") == [(seen[-1],)]


def test_the_second_factor_of_administrators_is_asked_for_or_not_and_the_trail_tells() -> None:
    a_company()
    admin = a_person(Role.SUPER_ADMIN, "Ada")
    order = ChangeSecurity(is_second_factor_required=True)

    change_security(admin, at(DAY), order)
    change_security(admin, at(DAY), order)

    found = users.roles(admin, at(DAY), None)
    assert (found.is_second_factor_required, found.admins_without_second_factor) == (True, ("Ada",))
    assert trail()[1:] == [
        (
            "company.security_changed", "company:1",
            {"is_second_factor_required": False}, {"is_second_factor_required": True},
        )
    ]  # fmt: skip


def test_before_the_company_is_set_up_there_is_no_rule_to_change() -> None:
    admin = a_person(Role.SUPER_ADMIN)
    before = everything()

    with pytest.raises(CompanyMissing):
        change_security(admin, at(DAY), ChangeSecurity(is_second_factor_required=True))

    assert everything() == before
