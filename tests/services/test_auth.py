from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.errors import DomainError
from domain.permissions import NOBODY, SYSTEM, Actor, PermissionMissing, Role
from loanapp import clock, edge
from loanapp.queries.auth import OpenSession, session_by_reference
from loanapp.services.auth import SignedIn, SignIn, SignOut, sign_in, sign_out
from loanapp.services.users import AddUser, add_user
from tests.build.book import rows

pytestmark = pytest.mark.usefixtures("database")
NOW = clock.on(date(2026, 11, 23))
LATER = clock.at(NOW.now + timedelta(hours=12))
PASSWORD = "a long enough secret"


def a_user(email: str = "ana@empresa.com.br", role: str = "LOAN_MANAGEMENT") -> UUID:
    return add_user(SYSTEM, NOW, AddUser(email=email, name="Ana Souza", role=role, password=PASSWORD))


def signed_in(email: str = "ana@empresa.com.br", password: str = PASSWORD) -> SignedIn:
    return sign_in(NOBODY, NOW, SignIn(email=email, password=password))


def session_of(signed: SignedIn, moment: clock.Moment = NOW) -> OpenSession | None:
    return session_by_reference(NOBODY, moment, edge.reference_of(signed.session_id))


def test_the_right_password_opens_a_session_that_knows_the_role() -> None:
    user_id = a_user()

    session = session_of(signed_in(email="  ANA@Empresa.com.br "))

    assert session is not None
    assert (session.actor.user_id, session.actor.role) == (user_id, Role.LOAN_MANAGEMENT)
    assert session.expires_at == LATER.now


def test_the_database_keeps_neither_the_password_nor_the_session_id() -> None:
    a_user()
    signed = signed_in()

    kept = str(rows("SELECT u.*, s.* FROM users u JOIN login_sessions s ON s.user_id = u.id"))
    assert PASSWORD not in kept
    assert signed.session_id not in kept
    assert rows("SELECT password_hash LIKE '$argon2id$%' FROM users") == [(True,)]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@empresa.com.br", "wrong"),
        ("nobody@empresa.com.br", PASSWORD),
        ("", ""),
        ("ana@empresa.com.br", "x" * 9999),
    ],
)
def test_what_does_not_match_is_refused_alike_and_opens_nothing(email: str, password: str) -> None:
    a_user()

    with pytest.raises(DomainError) as refusal:
        signed_in(email, password)

    assert refusal.value.code == "auth.credentials_wrong"
    assert rows("SELECT count(*) FROM login_sessions") == [(0,)]


def test_a_session_ends_with_sign_out_in_every_tab() -> None:
    a_user()
    signed = signed_in()
    actor = session_of(signed)
    assert actor is not None

    sign_out(actor.actor, NOW, SignOut(reference=edge.reference_of(signed.session_id)))

    assert session_of(signed) is None


def test_nobody_ends_the_session_of_another() -> None:
    a_user()
    a_user("rui@empresa.com.br", "SUPER_ADMIN")
    other = session_of(signed_in("rui@empresa.com.br"))
    signed = signed_in()
    assert other is not None

    sign_out(other.actor, NOW, SignOut(reference=edge.reference_of(signed.session_id)))

    assert session_of(signed) is not None


def test_a_session_ends_at_its_hour() -> None:
    a_user()
    signed = signed_in()

    assert session_of(signed, clock.at(LATER.now - timedelta(seconds=1))) is not None
    assert session_of(signed, LATER) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "no address"}, "auth.email_not_understood"),
        ({"email": "a@b"}, "auth.email_not_understood"),
        ({"email": "a" * 300 + "@empresa.com.br"}, "auth.email_not_understood"),
        ({"name": "   "}, "auth.name_missing"),
        ({"name": "n" * 10_000}, "auth.name_missing"),
        ({"role": "SYSTEM"}, "auth.role_unknown"),
        ({"role": "'; DROP TABLE users"}, "auth.role_unknown"),
        ({"password": "short"}, "auth.password_too_short"),
    ],
)
def test_a_user_with_a_wrong_field_is_not_added(changes: dict[str, str], code: str) -> None:
    order = {"email": "ana@empresa.com.br", "name": "Ana", "role": "SUPER_ADMIN", "password": PASSWORD, **changes}

    with pytest.raises(DomainError) as refusal:
        add_user(SYSTEM, NOW, AddUser(**order))

    assert refusal.value.code == code
    assert rows("SELECT count(*) FROM users") == [(0,)]


def test_an_email_belongs_to_one_user() -> None:
    a_user()

    with pytest.raises(DomainError) as refusal:
        a_user("ANA@empresa.com.br")

    assert refusal.value.code == "auth.email_taken"
    assert rows("SELECT count(*) FROM users") == [(1,)]


def test_only_who_manages_users_adds_one() -> None:
    with pytest.raises(PermissionMissing):
        add_user(
            Actor.of(Role.LOAN_MANAGEMENT, name="Ana"),
            NOW,
            AddUser(email="eu@empresa.com.br", name="Eu", role="SUPER_ADMIN", password=PASSWORD),
        )

    assert rows("SELECT count(*) FROM users") == [(0,)]
