"""Signing in: who gets a session, what it stands for, and when it ends."""

from datetime import timedelta
from typing import Any

import pytest
from passlib.hash import argon2
from sqlalchemy import event, text

from domain.errors import DomainError
from domain.permissions import NOBODY, SYSTEM, Actor, Limit, PermissionMissing, Role
from loanapp import clock, edge
from loanapp.models.base import Session
from loanapp.queries.auth import session_by_reference
from loanapp.services import _passwords, auth, users
from loanapp.services.auth import ChangePassword, EndSession, SignedIn, SignOut
from tests.build.book import a_company, rows
from tests.build.people import (
    EMAIL,
    NOW,
    PASSWORD,
    a_user,
    actor_of,
    events,
    last_event,
    session_of,
    signed_actor,
    signed_in,
)
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")
LATER = clock.at(NOW.now + timedelta(hours=12))


def in_database(statement: str, **values: object) -> None:
    with Session.begin() as session:
        session.execute(text(statement), values)


def refusal_of(action: Any) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        action()
    return refusal.value


def test_the_right_password_opens_a_session_that_knows_who_from_where_and_how_far() -> None:
    user_id = a_user()
    in_database(
        "INSERT INTO role_limits (role, name, value, changed_at) VALUES"
        " ('LOAN_MANAGEMENT', 'approve_cents', 100, now()), ('LOAN_MANAGEMENT', 'waive_pct', NULL, now()),"
        " ('STREET_SUPERVISOR', 'cash_in_hand_cents', 7, now())"
    )

    session = session_of(signed_in("  ANA@Empresa.com.br ", address="203.0.113.7", user_agent="Firefox"))

    assert session is not None
    assert (session.actor.user_id, session.actor.role, session.actor.name) == (
        user_id, Role.LOAN_MANAGEMENT, "Ana Souza",
    )  # fmt: skip
    assert session.expires_at == LATER.now
    assert [(session.actor.session_id, session.actor.address)] == rows("SELECT id, address FROM login_sessions")
    assert session.actor.address == "203.0.113.7"
    assert session.actor.limits == {
        Limit.APPROVE_CENTS: 100,
        Limit.WRITE_OFF_CENTS: 500_000,
        Limit.WAIVE_PCT: None,
        Limit.DISCOUNT_PCT: 20,
        Limit.CASH_IN_HAND_CENTS: None,
        Limit.BACKDATE_DAYS: 90,
    }
    assert last_event() == ("auth.signed_in", "Ana Souza", f"user:{user_id}", {}, {}, "")


def test_the_database_keeps_neither_the_password_nor_the_session_id() -> None:
    a_user()
    signed = signed_in()

    kept = str(rows("SELECT u.*, s.* FROM users u JOIN login_sessions s ON s.user_id = u.id"))
    assert PASSWORD not in kept
    assert signed.session_id not in kept
    assert rows("SELECT password_hash LIKE '$argon2id$v=19$m=65536,t=3,p=4$%' FROM users") == [(True,)]


@pytest.mark.parametrize(
    ("email", "password", "change", "reason"),
    [
        (EMAIL, "wrong", "", "password"),
        (EMAIL, "", "", "password"),
        (EMAIL, "x" * 9999, "", "password"),
        (EMAIL, PASSWORD, "is_active = false", "inactive"),
        (EMAIL, PASSWORD, "password_hash = NULL", "invited"),
        ("nobody@empresa.com.br", PASSWORD, "", "unknown"),
        ("", "", "", "unknown"),
    ],
)
def test_whatever_is_wrong_one_hash_is_compared_the_answer_is_the_same_and_the_trail_knows_why(
    monkeypatch: pytest.MonkeyPatch, email: str, password: str, change: str, reason: str
) -> None:
    user_id = a_user()
    if change:
        in_database(f"UPDATE users SET {change}")  # noqa: S608 - the table above.
    compared: list[str] = []
    verify = _passwords._CONTEXT.verify
    monkeypatch.setattr(
        _passwords._CONTEXT, "verify", lambda typed, stored: compared.append(stored) or verify(typed, stored)
    )

    refusal = refusal_of(lambda: signed_in(email, password, address="203.0.113.7"))

    assert (refusal.code, refusal.field, refusal.values) == ("auth.credentials_wrong", "", {})
    assert [stored.split("$")[:4] for stored in compared] == [["", "argon2id", "v=19", "m=65536,t=3,p=4"]]
    assert rows("SELECT count(*) FROM login_sessions") == [(0,)]
    action, who, record, _, after, _ = last_event()
    assert (action, who, after) == ("auth.sign_in_refused", "Ninguém", {"reason": reason})
    assert rows("SELECT text::json ->> 'address' FROM audit_events ORDER BY id DESC LIMIT 1") == [("203.0.113.7",)]
    if reason == "unknown":
        assert record.startswith("account:")
        assert "nobody" not in str(rows("SELECT * FROM audit_events ORDER BY id DESC LIMIT 1"))
    else:
        assert record == f"user:{user_id}"


def test_a_hash_with_other_parameters_is_made_anew_at_sign_in_and_still_right() -> None:
    a_user()
    in_database("UPDATE users SET password_hash = :old", old=argon2.using(rounds=1, memory_cost=8192).hash(PASSWORD))

    signed_in()
    now = rows("SELECT password_hash FROM users")[0][0]

    assert now.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    signed_in()
    assert rows("SELECT password_hash FROM users") == [(now,)]


def test_a_wrong_password_makes_no_hash_anew() -> None:
    a_user()
    old = argon2.using(rounds=1, memory_cost=8192).hash(PASSWORD)
    in_database("UPDATE users SET password_hash = :old", old=old)

    refusal_of(lambda: signed_in(password="wrong"))

    assert rows("SELECT password_hash FROM users") == [(old,)]


def test_every_sign_in_has_a_session_of_its_own_and_ends_the_one_that_the_browser_held() -> None:
    a_user()
    first, elsewhere = signed_in(), signed_in()

    second = signed_in(previous_reference=edge.reference_of(first.session_id))

    assert len({first.session_id, elsewhere.session_id, second.session_id}) == 3
    assert session_of(first) is None
    assert session_of(elsewhere) is not None
    assert session_of(second) is not None


def test_a_session_ends_with_sign_out_in_every_tab_and_on_record() -> None:
    user_id = a_user()
    signed = signed_in()

    auth.sign_out(actor_of(signed), NOW, SignOut(reference=edge.reference_of(signed.session_id)))

    assert session_of(signed) is None
    assert rows("SELECT ended_by FROM login_sessions") == [(user_id,)]
    assert last_event()[:3] == ("auth.signed_out", "Ana Souza", f"user:{user_id}")


def test_nobody_ends_the_session_of_another() -> None:
    signed_actor()
    other = signed_actor("rui@empresa.com.br", "SUPER_ADMIN", "Rui")
    signed = signed_in()
    session_id = actor_of(signed).session_id
    assert session_id is not None

    auth.sign_out(other, NOW, SignOut(reference=edge.reference_of(signed.session_id)))
    refusal = refusal_of(lambda: auth.end_session(other, NOW, EndSession(session_id=session_id)))

    assert refusal.code == "auth.session_not_found"
    assert session_of(signed) is not None
    assert events()[-1][0] == "auth.signed_in"


def test_a_session_ends_at_its_hour_however_often_it_is_renewed() -> None:
    a_user()
    signed = signed_in()
    last_second = clock.at(LATER.now - timedelta(seconds=1))

    assert auth.renew_session(actor_of(signed), last_second, None) == LATER.now
    assert rows("SELECT seen_at FROM login_sessions") == [(last_second.now,)]
    assert session_of(signed, last_second) is not None
    assert session_of(signed, LATER) is None
    assert refusal_of(lambda: auth.renew_session(actor_of(signed), LATER, None)).code == "auth.session_ended"


def test_one_session_is_ended_from_another_and_its_next_event_is_nobodys() -> None:
    a_user()
    here, there = signed_in(), signed_in()
    session_id = actor_of(there).session_id
    assert session_id is not None

    auth.end_session(actor_of(here), NOW, EndSession(session_id=session_id))

    assert session_of(there) is None
    assert session_of(here) is not None
    assert last_event()[0] == "auth.session_ended"


def test_all_other_sessions_are_ended_at_once() -> None:
    a_user()
    here, _, _ = signed_in(), signed_in(), signed_in()

    assert auth.end_other_sessions(actor_of(here), NOW, None) == 2
    assert auth.end_other_sessions(actor_of(here), NOW, None) == 0
    assert session_of(here) is not None
    assert [action for action, *_ in events()].count("auth.session_ended") == 1


@pytest.mark.parametrize("role", ["STREET_SUPERVISOR", "LOAN_MANAGEMENT"])
def test_a_new_password_ends_the_other_sessions_and_the_old_password(role: str) -> None:
    a_user(role=role)
    here, there = signed_in(), signed_in()

    ended = auth.change_password(actor_of(here), NOW, ChangePassword(current=PASSWORD, new="another long secret"))

    assert ended == 1
    assert (session_of(here) is None, session_of(there) is None) == (False, True)
    assert refusal_of(signed_in).code == "auth.credentials_wrong"
    assert isinstance(signed_in(password="another long secret"), SignedIn)
    assert ("auth.password_changed", "Ana Souza", "user") in events()


def test_a_new_password_voids_the_link_that_somebody_else_may_hold() -> None:
    user_id = a_user()
    link = users.make_link(SYSTEM, NOW, users.MakeLink(user_id=user_id))

    auth.change_password(actor_of(signed_in()), NOW, ChangePassword(current=PASSWORD, new="another long secret"))

    use = users.UseLink(token=link.token, password="a stranger's secret")
    assert refusal_of(lambda: users.use_link(NOBODY, NOW, use)).code == "auth.link_not_good"
    assert isinstance(signed_in(password="another long secret"), SignedIn)


@pytest.mark.parametrize(
    ("current", "new", "code", "field"),
    [
        ("wrong", "another long secret", "auth.password_wrong", "current"),
        (PASSWORD, "short", "auth.password_too_short", "new"),
        (PASSWORD, "x" * 1001, "auth.password_too_short", "new"),
        (PASSWORD, "senha123", "auth.password_easy", "new"),
        (PASSWORD, "Password123", "auth.password_easy", "new"),
        (PASSWORD, "zzzzzzzzzzzz", "auth.password_easy", "new"),
        (PASSWORD, "ANA@empresa.com.br", "auth.password_easy", "new"),
        (PASSWORD, "ana souza", "auth.password_easy", "new"),
        (PASSWORD, "AnaSouza", "auth.password_easy", "new"),
    ],
)
def test_a_password_that_can_not_be_is_refused_and_the_old_one_stays(
    current: str, new: str, code: str, field: str
) -> None:
    a_user()
    here, there = signed_in(), signed_in()

    refusal = refusal_of(lambda: auth.change_password(actor_of(here), NOW, ChangePassword(current=current, new=new)))

    assert (refusal.code, refusal.field) == (code, field)
    assert session_of(there) is not None
    assert isinstance(signed_in(), SignedIn)


def test_a_password_can_not_be_guessed_from_an_open_session() -> None:
    actor = signed_actor()

    codes = [
        refusal_of(
            lambda: auth.change_password(actor, NOW, ChangePassword(current="wrong", new="another long secret"))
        ).code
        for _ in range(6)
    ]

    assert codes == ["auth.password_wrong"] * 5 + ["auth.too_many_attempts"]
    assert [action for action, *_ in events()].count("auth.password_change_refused") == 5


def test_a_password_that_changes_while_another_sign_in_compares_the_old_one_leaves_no_session_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actor = signed_actor()
    compare = _passwords.is_right

    def slow(password: str, stored: str | None) -> bool:
        monkeypatch.setattr(_passwords, "is_right", compare)
        is_right = compare(password, stored)
        results = all_at_once(
            1, lambda _: auth.change_password(actor, NOW, ChangePassword(current=PASSWORD, new="another long secret"))
        )
        assert results == [0]
        return is_right

    monkeypatch.setattr(_passwords, "is_right", slow)

    assert refusal_of(signed_in).code == "auth.credentials_wrong"
    assert rows("SELECT count(*) FROM login_sessions WHERE ended_at IS NULL") == [(1,)]
    assert last_event()[4] == {"reason": "changed_meanwhile"}


def test_an_administrator_without_the_second_factor_that_the_company_asks_for_holds_nothing_else() -> None:
    a_company()
    in_database("UPDATE company_settings SET is_second_factor_required = true")
    a_user(role="SUPER_ADMIN")
    a_user("rui@empresa.com.br", "LOAN_MANAGEMENT", "Rui")

    admin, manager = session_of(signed_in()), session_of(signed_in("rui@empresa.com.br"))

    assert admin is not None
    assert manager is not None
    assert (admin.must_enrol, {permission.value for permission in admin.actor.permissions}) == (
        True, {"auth.use_session"},
    )  # fmt: skip
    assert (manager.must_enrol, manager.actor.permissions) == (False, Actor.of(manager.actor.role, name="").permissions)
    in_database("UPDATE users SET totp_key = 'k', totp_confirmed_at = now()")
    again = session_by_reference(NOBODY, NOW, rows("SELECT reference FROM login_sessions ORDER BY created_at")[0][0])
    assert again is not None
    assert not again.must_enrol


def test_the_session_is_read_in_one_statement(database: Any) -> None:
    a_user()
    signed = signed_in()
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        statements.append(statement)

    event.listen(database, "before_cursor_execute", note)
    session_of(signed)
    event.remove(database, "before_cursor_execute", note)

    assert [statement.split()[0] for statement in statements] == ["SELECT"]


def test_a_signed_in_actor_signs_nobody_else_in() -> None:
    actor = signed_actor()

    for use_case in (auth.count_attempt, auth.sign_in, auth.sign_in_code, users.use_link):
        with pytest.raises(PermissionMissing):
            use_case(actor, NOW, None)
        with pytest.raises(PermissionMissing):
            use_case(SYSTEM, NOW, None)
