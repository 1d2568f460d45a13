"""People who sign in: who may add, invite, change and shut out whom, and one-time links."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import DomainError
from domain.permissions import NOBODY, SYSTEM, Actor, PermissionMissing, Role
from loanapp import clock
from loanapp.services import users
from loanapp.services.users import (
    AddUser,
    ChangeRole,
    DeactivateUser,
    EndSessions,
    InviteUser,
    MakeLink,
    ReactivateUser,
    UseLink,
)
from tests.build.book import Book, an_id, assign, rows
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
FRESH = "another long secret"


def refusal_of(action: Any) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        action()
    return refusal.value


def an_admin(email: str = "ada@empresa.com.br", name: str = "Ada") -> Actor:
    return signed_actor(email, "SUPER_ADMIN", name)


def people() -> list[tuple[Any, ...]]:
    return rows("SELECT email, role, is_active, password_hash FROM users ORDER BY email")


def use(token: str, password: str = FRESH, *, hours: float = 0) -> None:
    moment = clock.at(NOW.now + timedelta(hours=hours))
    users.use_link(NOBODY, moment, UseLink(token=token, password=password, address="203.0.113.7"))


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
        ({"password": "12345678"}, "auth.password_easy"),
        ({"password": EMAIL.upper()}, "auth.password_easy"),
    ],
)
def test_a_user_with_a_wrong_field_is_not_added(changes: dict[str, str], code: str) -> None:
    order = {"email": EMAIL, "name": "Ana", "role": "SUPER_ADMIN", "password": PASSWORD, **changes}

    assert refusal_of(lambda: users.add_user(SYSTEM, NOW, AddUser(**order))).code == code
    if code != "auth.password_too_short" and "password" not in changes:
        del order["password"]
        assert refusal_of(lambda: users.invite_user(SYSTEM, NOW, InviteUser(**order))).code == code
    assert (people(), events()) == ([], [])


def test_an_email_belongs_to_one_user() -> None:
    a_user()

    assert refusal_of(lambda: a_user("ANA@empresa.com.br")).code == "auth.email_taken"
    order = InviteUser(email=EMAIL, name="Outra", role="SUPER_ADMIN")
    assert refusal_of(lambda: users.invite_user(SYSTEM, NOW, order)).code == "auth.email_taken"
    assert len(people()) == 1


@pytest.mark.parametrize("role", ["LOAN_MANAGEMENT", "RENEGOTIATION_ANALYST", "STREET_SUPERVISOR"])
def test_only_who_manages_users_does_any_of_it(role: str) -> None:
    actor = signed_actor(role=role)
    before = people()

    for use_case in (
        users.add_user, users.invite_user, users.make_link, users.change_role, users.deactivate, users.reactivate,
        users.end_sessions,
    ):  # fmt: skip
        with pytest.raises(PermissionMissing):
            use_case(actor, NOW, None)

    assert people() == before


# ── Links ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_invited_person_sets_a_password_and_signs_in() -> None:
    admin = an_admin()

    order = InviteUser(email="Rui@Empresa.com.br", name=" Rui  Reis ", role="LOAN_MANAGEMENT")
    made = users.invite_user(admin, NOW, order)

    assert made.path == f"/primeiro-acesso#{made.token}"
    assert (made.expires_at - NOW.now, len(made.token)) == (timedelta(hours=72), 43)
    assert people()[1] == ("rui@empresa.com.br", "LOAN_MANAGEMENT", True, None)
    assert refusal_of(lambda: signed_in("rui@empresa.com.br", "")).code == "auth.credentials_wrong"

    use(made.token)

    assert actor_of(signed_in("rui@empresa.com.br", FRESH)).name == "Rui Reis"
    assert [(action, who) for action, who, _ in events()][-4:] == [
        ("user.link_made", "Ada"), ("auth.sign_in_refused", "Ninguém"), ("auth.link_used", "Rui Reis"),
        ("auth.signed_in", "Rui Reis"),
    ]  # fmt: skip


def test_only_the_hash_of_a_link_is_kept() -> None:
    made = users.invite_user(SYSTEM, NOW, InviteUser(email=EMAIL, name="Ana", role="SUPER_ADMIN"))

    assert made.token not in str(rows("SELECT * FROM user_links")) + str(rows("SELECT * FROM audit_events"))
    assert made.token not in repr(made)


def test_a_reset_ends_every_session_and_the_old_password() -> None:
    user_id = a_user()
    signed = signed_in()

    made = users.make_link(an_admin(), NOW, MakeLink(user_id=user_id))

    assert made.path == f"/redefinir-senha#{made.token}"
    assert made.expires_at - NOW.now == timedelta(hours=2)
    assert session_of(signed) is not None
    use(made.token)
    assert session_of(signed) is None
    assert refusal_of(signed_in).code == "auth.credentials_wrong"
    assert actor_of(signed_in(password=FRESH)).user_id == user_id


@pytest.mark.parametrize("spoiled", ["used", "voided", "expired", "unknown", "deactivated", "empty"])
def test_a_link_that_is_not_good_any_more_changes_nothing(spoiled: str) -> None:
    admin, user_id = an_admin(), a_user()
    made = users.make_link(admin, NOW, MakeLink(user_id=user_id))
    token, hours = made.token, 0.0
    match spoiled:
        case "used":
            use(token, "the first new secret")
        case "voided":
            users.make_link(admin, NOW, MakeLink(user_id=user_id))
        case "expired":
            hours = 2
        case "unknown":
            token = "x" * 43
        case "deactivated":
            users.deactivate(admin, NOW, DeactivateUser(user_id=user_id, reason="saiu"))
            users.reactivate(admin, NOW, ReactivateUser(user_id=user_id))
        case "empty":
            token = ""
    before = people(), events()

    assert refusal_of(lambda: use(token, hours=hours)).code == "auth.link_not_good"
    assert (people(), events()) == before


def test_a_link_is_good_until_its_last_second_and_a_refused_password_does_not_use_it_up() -> None:
    user_id = a_user()
    made = users.make_link(SYSTEM, NOW, MakeLink(user_id=user_id))

    assert refusal_of(lambda: use(made.token, "short")).code == "auth.password_too_short"
    assert refusal_of(lambda: use(made.token, "ana souza")).code == "auth.password_easy"
    use(made.token, hours=1.99)

    assert actor_of(signed_in(password=FRESH)).user_id == user_id


def test_of_eight_who_use_one_link_at_once_one_sets_the_password() -> None:
    user_id = a_user()
    made = users.make_link(SYSTEM, NOW, MakeLink(user_id=user_id))

    results = all_at_once(8, lambda number: use(made.token, f"the secret of {number}"))

    assert results.count(None) == 1
    assert sum(isinstance(result, users.LinkNotGood) for result in results) == 7
    winner = results.index(None)
    assert actor_of(signed_in(password=f"the secret of {winner}")).user_id == user_id


def test_of_links_made_at_once_one_is_good() -> None:
    user_id = a_user()

    made = all_at_once(4, lambda _: users.make_link(SYSTEM, NOW, MakeLink(user_id=user_id)))

    assert len({link.token for link in made}) == 4  # type: ignore[attr-defined]
    assert rows("SELECT count(*) FROM user_links WHERE used_at IS NULL") == [(1,)]


# ── Roles and access ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_role_bites_at_the_next_event_and_is_on_record() -> None:
    admin, user_id = an_admin(), a_user()
    signed = signed_in()

    users.change_role(admin, NOW, ChangeRole(user_id=user_id, role="STREET_SUPERVISOR"))
    users.change_role(admin, NOW, ChangeRole(user_id=user_id, role="STREET_SUPERVISOR"))

    assert actor_of(signed).role is Role.STREET_SUPERVISOR
    assert last_event() == (
        "user.role_changed", "Ada", f"user:{user_id}", {"role": "LOAN_MANAGEMENT"}, {"role": "STREET_SUPERVISOR"}, "",
    )  # fmt: skip
    assert [action for action, *_ in events()].count("user.role_changed") == 1


def test_a_deactivated_user_is_nobody_at_once_and_comes_back_with_new_sessions_only() -> None:
    admin, user_id = an_admin(), a_user()
    signed = signed_in()

    users.deactivate(admin, NOW, DeactivateUser(user_id=user_id, reason="Saiu da empresa"))

    assert session_of(signed) is None
    assert refusal_of(signed_in).code == "auth.credentials_wrong"
    assert [event for event in events() if event[0] == "user.deactivated"] == [("user.deactivated", "Ada", "user")]
    users.reactivate(admin, NOW, ReactivateUser(user_id=user_id))
    assert session_of(signed) is None
    assert actor_of(signed_in()).user_id == user_id


def test_an_administrator_ends_the_sessions_of_another() -> None:
    admin, user_id = an_admin(), a_user()
    one, two = signed_in(), signed_in()

    assert users.end_sessions(admin, NOW, EndSessions(user_id=user_id)) == 2
    assert users.end_sessions(admin, NOW, EndSessions(user_id=user_id)) == 0

    assert (session_of(one), session_of(two)) == (None, None)
    assert rows("SELECT DISTINCT ended_by FROM login_sessions WHERE ended_at IS NOT NULL") == [(admin.user_id,)]
    assert last_event() == ("auth.session_ended", "Ada", f"user:{user_id}", {}, {"sessions": 2}, "")


def test_nobody_changes_their_own_access() -> None:
    admin = an_admin()
    an_admin("eva@empresa.com.br", "Eva")
    assert admin.user_id is not None
    own, before = admin.user_id, (people(), events())

    for action in (
        lambda: users.change_role(admin, NOW, ChangeRole(user_id=own, role="LOAN_MANAGEMENT")),
        lambda: users.deactivate(admin, NOW, DeactivateUser(user_id=own, reason="férias")),
    ):
        assert refusal_of(action).code == "user.own_access"

    assert (people(), events()) == before


def test_the_last_administrator_stays_one() -> None:
    user_id = a_user("ada@empresa.com.br", "SUPER_ADMIN")
    users.invite_user(SYSTEM, NOW, InviteUser(email="eva@empresa.com.br", name="Eva", role="SUPER_ADMIN"))
    before = people(), events()

    for action in (
        lambda: users.change_role(SYSTEM, NOW, ChangeRole(user_id=user_id, role="LOAN_MANAGEMENT")),
        lambda: users.deactivate(SYSTEM, NOW, DeactivateUser(user_id=user_id, reason="saiu")),
    ):
        assert refusal_of(action).code == "user.last_administrator"

    assert (people(), events()) == before


@pytest.mark.parametrize("is_demoted", [True, False])
def test_two_administrators_who_shut_each_other_out_at_once_leave_one(*, is_demoted: bool) -> None:
    pair = [an_admin(), an_admin("eva@empresa.com.br", "Eva")]

    def shut_out(number: int) -> None:
        actor, other = pair[number], pair[1 - number].user_id
        assert other is not None
        if is_demoted:
            users.change_role(actor, NOW, ChangeRole(user_id=other, role="LOAN_MANAGEMENT"))
        else:
            users.deactivate(actor, NOW, DeactivateUser(user_id=other, reason="disputa"))

    results = all_at_once(2, shut_out)

    assert sorted(map(repr, results)) == sorted([repr(None), repr(next(filter(None, results)))])
    assert isinstance(next(filter(None, results)), users.LastAdministrator)
    assert rows("SELECT count(*) FROM users WHERE role = 'SUPER_ADMIN' AND is_active") == [(1,)]


@pytest.mark.parametrize(
    ("use_case", "order", "code"),
    [
        (users.make_link, MakeLink(user_id=an_id()), "user.not_found"),
        (users.change_role, ChangeRole(user_id=an_id(), role="SUPER_ADMIN"), "user.not_found"),
        (users.change_role, ChangeRole(user_id=an_id(), role="NOBODY"), "auth.role_unknown"),
        (users.deactivate, DeactivateUser(user_id=an_id(), reason="x"), "user.not_found"),
        (users.deactivate, DeactivateUser(user_id=an_id(), reason=" "), "text.missing"),
        (users.reactivate, ReactivateUser(user_id=an_id()), "user.not_found"),
        (users.end_sessions, EndSessions(user_id=an_id()), "user.not_found"),
    ],
)
def test_an_order_about_nobody_changes_nothing(use_case: Any, order: Any, code: str) -> None:
    admin = an_admin()
    before = people(), events()

    assert refusal_of(lambda: use_case(admin, NOW, order)).code == code
    assert (people(), events()) == before


def test_what_a_user_is_already_is_refused() -> None:
    admin, user_id = an_admin(), a_user()
    assert refusal_of(lambda: users.reactivate(admin, NOW, ReactivateUser(user_id=user_id))).code == "user.active"
    users.deactivate(admin, NOW, DeactivateUser(user_id=user_id, reason="saiu"))

    again = DeactivateUser(user_id=user_id, reason="saiu")
    assert refusal_of(lambda: users.deactivate(admin, NOW, again)).code == "user.inactive"
    assert refusal_of(lambda: users.make_link(admin, NOW, MakeLink(user_id=user_id))).code == "user.inactive"


# ── A supervisor who has clients ──────────────────────────────────────────────────────────────────────────────────────
def a_supervisor_with_clients() -> tuple[Actor, UUID, list[UUID]]:
    book = Book.opened()
    admin, rua = an_admin(), a_user("rua@empresa.com.br", "STREET_SUPERVISOR", "Rua")
    clients = [book.a_client("Maria Silva"), book.a_client("João Souza")]
    for client_id in clients:
        assign(client_id, Actor.of(Role.STREET_SUPERVISOR, name="Rua", user_id=rua))
    return admin, rua, clients


def supervisors() -> list[tuple[Any, ...]]:
    return rows("SELECT DISTINCT supervisor_id FROM clients")


def test_who_has_clients_is_not_deactivated_until_somebody_takes_them() -> None:
    admin, rua, _ = a_supervisor_with_clients()
    manager = a_user()

    missing = refusal_of(lambda: users.deactivate(admin, NOW, DeactivateUser(user_id=rua, reason="saiu")))
    assert (missing.code, missing.field, missing.values) == ("user.heir_missing", "heir_id", {"clients": 2})
    for unfit in (manager, rua, an_id()):
        order = DeactivateUser(user_id=rua, reason="saiu", heir_id=unfit)
        assert refusal_of(lambda order=order: users.deactivate(admin, NOW, order)).code == "user.heir_unfit"

    assert supervisors() == [(rua,)]
    assert rows("SELECT is_active FROM users WHERE id = :id", id=rua) == [(True,)]


@pytest.mark.parametrize("has_heir", [True, False])
def test_the_clients_go_to_the_heir_or_to_nobody_each_on_record(*, has_heir: bool) -> None:
    admin, rua, _ = a_supervisor_with_clients()
    heir = a_user("beco@empresa.com.br", "STREET_SUPERVISOR", "Beco") if has_heir else None

    order = DeactivateUser(user_id=rua, reason="saiu", heir_id=heir, leaves_unassigned=not has_heir)
    users.deactivate(admin, NOW, order)

    assert supervisors() == [(heir,)]
    assert last_event() == (
        "user.deactivated", "Ada", f"user:{rua}", {},
        {"sessions_ended": 0, "clients": 2, "heir": str(heir) if heir else None}, "saiu",
    )  # fmt: skip
    noted = rows("SELECT count(*) FROM audit_events WHERE action = 'client.supervisor_changed' AND actor_name = 'Ada'")
    assert noted == [(2,)]


def test_a_supervisor_with_clients_keeps_the_role() -> None:
    admin, rua, _ = a_supervisor_with_clients()

    refusal = refusal_of(lambda: users.change_role(admin, NOW, ChangeRole(user_id=rua, role="LOAN_MANAGEMENT")))

    assert (refusal.code, refusal.values) == ("user.clients_assigned", {"clients": 2})
    assert rows("SELECT role FROM users WHERE id = :id", id=rua) == [("STREET_SUPERVISOR",)]
