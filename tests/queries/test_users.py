"""Reads about users: the list with its facts, open sessions, one's own page, and the roles with who holds them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from domain.permissions import SYSTEM, Actor, Limit, PermissionMissing, Role
from loanapp.models.auth import LoginSession, RecoveryCode
from loanapp.models.base import Session
from loanapp.queries import users
from loanapp.queries.users import Standing
from loanapp.services.limits import ChangeLimits, change_limits
from tests.build.book import Book, a_company, a_person, an_id, at
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")

NOW = at("2026-02-10")
HOUR = timedelta(hours=1)


def a_session(actor: Actor, *, hours_ago: int = 0, address: str = "203.0.113.7", **columns: object) -> UUID:
    """Open a session that was last used so many hours ago, and return its id."""
    session_id = an_id()
    seen = NOW.now - hours_ago * HOUR
    row = {
        "id": session_id, "reference": str(uuid4()), "user_id": actor.user_id, "address": address,
        "user_agent": "Firefox", "created_at": seen - HOUR, "seen_at": seen, "expires_at": NOW.now + HOUR,
    }  # fmt: skip
    with Session.begin() as session:
        session.add(LoginSession(**(row | columns)))
    return session_id


def change(statement: str, **parameters: object) -> None:
    with Session.begin() as session:
        session.execute(text(statement), parameters)


def test_users_stand_by_name_with_their_clients_sessions_and_standing() -> None:
    book = Book.opened()
    street = a_person(Role.STREET_SUPERVISOR, "rita Alves")
    change("UPDATE clients SET supervisor_id = :id WHERE id = :client", id=street.user_id, client=book.a_client())
    book.a_client()
    a_session(street, hours_ago=2)
    a_session(street, hours_ago=1, ended_at=NOW.now)
    invited = a_person(Role.RENEGOTIATION_ANALYST, "Bia Lima")
    change("UPDATE users SET password_hash = NULL WHERE id = :id", id=invited.user_id)
    gone = a_person(Role.SUPER_ADMIN, "Zé Prado")
    change(
        "UPDATE users SET is_active = false, totp_key = 'x', totp_confirmed_at = now() WHERE id = :id", id=gone.user_id
    )

    lines = users.users(SYSTEM, NOW, None)

    assert [
        (
            line.name,
            line.role,
            line.standing,
            line.client_count,
            line.open_sessions,
            line.seen_at,
            line.has_second_factor,
        )
        for line in lines
    ] == [
        ("Ana Souza", Role.LOAN_MANAGEMENT, Standing.ACTIVE, 0, 0, None, False),
        ("Bia Lima", Role.RENEGOTIATION_ANALYST, Standing.INVITED, 0, 0, None, False),
        ("João Reis", Role.LOAN_MANAGEMENT, Standing.ACTIVE, 0, 0, None, False),
        ("rita Alves", Role.STREET_SUPERVISOR, Standing.ACTIVE, 1, 1, NOW.now - HOUR, False),
        ("Zé Prado", Role.SUPER_ADMIN, Standing.DEACTIVATED, 0, 0, None, True),
    ]
    assert (lines[3].id, lines[3].email) == (street.user_id, f"{street.user_id}@teste.local")


def test_the_list_costs_one_statement_however_many_users_there_are(database: Engine) -> None:
    for index in range(5):
        a_session(a_person(Role.LOAN_MANAGEMENT, f"Pessoa {index}"))

    with counted(database) as statements:
        assert len(users.users(SYSTEM, NOW, None)) == 5

    assert len(statements) == 1


def test_only_sessions_that_are_good_now_are_listed_the_last_used_first() -> None:
    ana, rui = a_person(Role.LOAN_MANAGEMENT), a_person(Role.LOAN_MANAGEMENT, "Rui")
    older, newer = a_session(ana, hours_ago=3), a_session(ana, hours_ago=1, address="::1")
    a_session(ana, ended_at=NOW.now)
    a_session(ana, expires_at=NOW.now)
    a_session(rui)
    admin = a_person(Role.SUPER_ADMIN, "Ada")

    assert ana.user_id is not None
    found = users.sessions_of(admin, NOW, ana.user_id)

    assert [(line.id, line.address, line.created_at, line.seen_at, line.is_own) for line in found] == [
        (newer, "::1", NOW.now - 2 * HOUR, NOW.now - HOUR, False),
        (older, "203.0.113.7", NOW.now - 4 * HOUR, NOW.now - 3 * HOUR, False),
    ]


def test_my_sessions_are_mine_and_say_which_one_asks() -> None:
    ana, rui = a_person(Role.LOAN_MANAGEMENT), a_person(Role.LOAN_MANAGEMENT, "Rui")
    here, there = a_session(ana), a_session(ana, hours_ago=1)
    a_session(rui)
    asking = Actor.of(ana.role, name=ana.name, user_id=ana.user_id, session_id=here)

    found = users.my_sessions(asking, NOW, None)

    assert [(line.id, line.is_own) for line in found] == [(here, True), (there, False)]


def test_my_page_tells_my_second_factor_and_the_codes_that_are_left() -> None:
    a_company()
    change("UPDATE company_settings SET is_second_factor_required = true")
    admin, analyst = a_person(Role.SUPER_ADMIN, "Ada"), a_person(Role.RENEGOTIATION_ANALYST, "Bia")
    change("UPDATE users SET totp_key = 'sealed', totp_confirmed_at = now() WHERE id = :id", id=admin.user_id)
    with Session.begin() as session:
        for used_at in (None, None, NOW.now):
            session.add(RecoveryCode(id=an_id(), user_id=admin.user_id, code_hash="!", used_at=used_at))

    mine, others = users.my_profile(admin, NOW, None), users.my_profile(analyst, NOW, None)

    assert (mine.name, mine.role, mine.has_second_factor, mine.recovery_codes, mine.is_second_factor_required) == (
        "Ada", Role.SUPER_ADMIN, True, 2, True,
    )  # fmt: skip
    assert (others.email, others.has_second_factor, others.recovery_codes, others.is_second_factor_required) == (
        f"{analyst.user_id}@teste.local", False, 0, False,
    )  # fmt: skip


def test_roles_tell_who_holds_them_and_the_limits_as_they_stand() -> None:
    admin = a_person(Role.SUPER_ADMIN, "Ada")
    for name in ("rita Alves", "Bruno Dias"):
        a_person(Role.STREET_SUPERVISOR, name)
    gone = a_person(Role.STREET_SUPERVISOR, "Zé Prado")
    change("UPDATE users SET is_active = false WHERE id = :id", id=gone.user_id)
    change_limits(admin, NOW, ChangeLimits(role="STREET_SUPERVISOR", values={Limit.CASH_IN_HAND_CENTS: 100_000}))
    change_limits(admin, NOW, ChangeLimits(role="RENEGOTIATION_ANALYST", values={Limit.WAIVE_PCT: None}))

    found = users.roles(admin, NOW, None)

    assert [(line.role, line.holders, dict(line.limits)) for line in found.lines] == [
        (
            Role.LOAN_MANAGEMENT, (),
            {
                Limit.APPROVE_CENTS: 5_000_000, Limit.WRITE_OFF_CENTS: 500_000, Limit.WAIVE_PCT: 20,
                Limit.DISCOUNT_PCT: 20, Limit.CASH_IN_HAND_CENTS: None, Limit.BACKDATE_DAYS: 90,
            },
        ),
        (
            Role.RENEGOTIATION_ANALYST, (),
            {Limit.WAIVE_PCT: None, Limit.DISCOUNT_PCT: 20, Limit.CASH_IN_HAND_CENTS: None, Limit.BACKDATE_DAYS: 30},
        ),
        (
            Role.STREET_SUPERVISOR,
            ("Bruno Dias", "rita Alves"),
            {Limit.CASH_IN_HAND_CENTS: 100_000, Limit.BACKDATE_DAYS: 3},
        ),
        (Role.SUPER_ADMIN, ("Ada",), dict.fromkeys(Limit)),
    ]  # fmt: skip
    assert (found.is_second_factor_required, found.admins_without_second_factor) == (False, ("Ada",))


def test_roles_cost_three_statements(database: Engine) -> None:
    a_company()
    for index in range(5):
        a_person(Role.LOAN_MANAGEMENT, f"Pessoa {index}")

    with counted(database) as statements:
        users.roles(SYSTEM, NOW, None)

    assert len(statements) == 3


@pytest.mark.parametrize("role", [Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_who_is_no_administrator_sees_no_users_no_roles_and_nobody_elses_sessions(role: Role) -> None:
    person = a_person(role)

    for read, parameters in ((users.users, None), (users.roles, None), (users.sessions_of, person.user_id)):
        with pytest.raises(PermissionMissing):
            read(person, NOW, parameters)
