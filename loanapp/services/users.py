"""Use cases of the people who sign in: inviting, one-time links, roles, and taking access away.

Nobody changes their own access, and the last administrator stays one.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from sqlalchemy import select

from domain.clients import required_text
from domain.emails import parse_email
from domain.errors import Checks, Conflict, Invalid, NotAllowed, NotFound
from domain.permissions import PERSON_ROLES, Actor, Permission, Role
from loanapp.models import locks
from loanapp.models.auth import LoginSession, User, UserLink
from loanapp.services import _audit, _links, _passwords, _sessions, _throttle
from loanapp.services._links import UserLinkMade
from loanapp.services._use_case import Tx, use_case

LONGEST_NAME = 120


class EmailTaken(Conflict):
    """Another user already has this e-mail address."""

    code = "auth.email_taken"


class NameMissing(Invalid):
    """The user's name is empty or longer than a name is."""

    code = "auth.name_missing"


class RoleUnknown(Invalid):
    """The role is not one that a person can hold."""

    code = "auth.role_unknown"


class LinkNotGood(NotFound):
    """The link was used, voided by a newer one, has expired, or never existed; or its user is not active."""

    code = "auth.link_not_good"


class UserNotFound(NotFound):
    """There is no such user."""

    code = "user.not_found"


class OwnAccess(NotAllowed):
    """Nobody changes their own role or deactivates themselves."""

    code = "user.own_access"


class LastAdministrator(NotAllowed):
    """Without this user nobody could administrate."""

    code = "user.last_administrator"


class UserInactive(Conflict):
    """The user is deactivated."""

    code = "user.inactive"


class UserActive(Conflict):
    """The user is active already."""

    code = "user.active"


class HeirMissing(Invalid):
    """The user has assigned clients, and nobody was named to take them."""

    code = "user.heir_missing"


class HeirUnfit(Invalid):
    """Only another, active street supervisor can take the clients."""

    code = "user.heir_unfit"


class ClientsAssigned(Conflict):
    """The supervisor has clients, who would have nobody in another role."""

    code = "user.clients_assigned"


@dataclass(frozen=True, kw_only=True)
class AddUser:
    """The order to create a user who signs in with this e-mail and password."""

    email: str
    name: str
    role: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class InviteUser:
    """The order to create a user who sets their first password by a link."""

    email: str
    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class MakeLink:
    """The order for a new link: an invitation again while the user has no password, else a password reset."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class UseLink:
    """The order to set a password by a one-time link, and where it comes from."""

    token: str = field(repr=False)
    password: str = field(repr=False)
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeRole:
    """The order to give a user another role."""

    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class DeactivateUser:
    """The order to take a user's access away, with the reason.

    Assigned clients go to the supervisor `heir_id`, or to nobody where `leaves_unassigned` says that it is meant.
    """

    user_id: UUID
    reason: str
    heir_id: UUID | None = None
    leaves_unassigned: bool = False


@dataclass(frozen=True, kw_only=True)
class ReactivateUser:
    """The order to let a deactivated user in again, with the password and role that they had."""

    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class EndSessions:
    """The order to end all sessions of a user."""

    user_id: UUID


@use_case(Permission.USERS_MANAGE)
def add_user(tx: Tx, command: AddUser) -> UUID:
    """Create a user; raise `EmailTaken`, or what is wrong with the e-mail, name, role or password."""
    user = _new_user(tx, command.email, command.name, command.role)
    _passwords.require_good(command.password, email=user.email, name=user.name)
    user.password_hash = _passwords.hashed(command.password)
    tx.session.add(user)
    _audit.note(tx, None, "user.added", "user", user.id, after={"email": user.email, "role": user.role})
    return user.id


@use_case(Permission.USERS_MANAGE)
def invite_user(tx: Tx, command: InviteUser) -> UserLinkMade:
    """Create a user without a password and the link to set it; raise as `add_user` does."""
    user = _new_user(tx, command.email, command.name, command.role)
    tx.session.add(user)
    tx.session.flush()
    _audit.note(tx, None, "user.invited", "user", user.id, after={"email": user.email, "role": user.role})
    return _links.make(tx, user)


@use_case(Permission.USERS_MANAGE)
def make_link(tx: Tx, command: MakeLink) -> UserLinkMade:
    """Make a user a new one-time link, which voids older ones; raise `UserNotFound` or `UserInactive`."""
    user = _locked(tx, command.user_id)
    if not user.is_active:
        raise UserInactive
    return _links.make(tx, user)


@use_case(Permission.LINK_USE)
def use_link(tx: Tx, command: UseLink) -> None:
    """Set the password of the link's user, once: their sessions end and their failed sign-ins are forgotten.

    Raises `LinkNotGood`, `PasswordTooShort` or `PasswordEasy`; a refused password leaves the link as it was.
    """
    token_hash = _links.token_hash(command.token)
    user_id = tx.session.scalar(select(UserLink.user_id).where(UserLink.token_hash == token_hash))
    user = locks.user(tx.session, user_id) if user_id else None
    link = locks.user_link(tx.session, token_hash) if user else None
    if user is None or link is None or link.used_at or link.expires_at <= tx.now or not user.is_active:
        raise LinkNotGood
    _passwords.require_good(command.password, email=user.email, name=user.name)
    user.password_hash = _passwords.hashed(command.password)
    _links.void(tx, user)
    actor = Actor.of(Role(user.role), name=user.name, user_id=user.id, address=command.address[:100])
    as_user = replace(tx, actor=actor)
    ended = _sessions.end(as_user, LoginSession.user_id == user.id)
    _throttle.clear(tx, user.email)
    facts = {"purpose": link.purpose, "sessions_ended": ended}
    _audit.note(as_user, None, "auth.link_used", "user", user.id, after=facts)


@use_case(Permission.USERS_MANAGE)
def change_role(tx: Tx, command: ChangeRole) -> None:
    """Give a user another role, which bites at their next event; the role that they have changes nothing.

    Raises `RoleUnknown`, `OwnAccess`, `UserNotFound`, `LastAdministrator` or `ClientsAssigned`.
    """
    role = _checked_role(command.role)
    user = _others_access(tx, command.user_id)
    before = user.role
    if before == role:
        return
    clients = len(locks.clients_of_supervisor(tx.session, user.id))
    if clients:
        raise ClientsAssigned(clients=clients)
    user.role = role
    _audit.note(tx, None, "user.role_changed", "user", user.id, before={"role": before}, after={"role": role.value})


@use_case(Permission.USERS_MANAGE)
def deactivate(tx: Tx, command: DeactivateUser) -> None:
    """Take a user's access away: sessions end, links are void, assigned clients go to the heir or to nobody.

    Raises what is wrong with the reason, `OwnAccess`, `UserNotFound`, `UserInactive`, `LastAdministrator`,
    `HeirMissing` (with the number of clients) or `HeirUnfit`.
    """
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason) or ""
    checks.finish()
    user = _others_access(tx, command.user_id)
    if not user.is_active:
        raise UserInactive
    clients = _hand_over(tx, user, command)
    user.is_active = False
    _links.void(tx, user)
    ended = _sessions.end(tx, LoginSession.user_id == user.id)
    facts: dict[str, object] = {"sessions_ended": ended}
    if clients:
        facts |= {"clients": clients, "heir": str(command.heir_id) if command.heir_id else None}
    _audit.note(tx, None, "user.deactivated", "user", user.id, after=facts, reason=reason)


@use_case(Permission.USERS_MANAGE)
def reactivate(tx: Tx, command: ReactivateUser) -> None:
    """Let a deactivated user in again; raise `UserNotFound` or `UserActive`."""
    user = _locked(tx, command.user_id)
    if user.is_active:
        raise UserActive
    user.is_active = True
    _audit.note(tx, None, "user.reactivated", "user", user.id)


@use_case(Permission.USERS_MANAGE)
def end_sessions(tx: Tx, command: EndSessions) -> int:
    """End all sessions of a user at once; return how many, or raise `UserNotFound`."""
    user = _locked(tx, command.user_id)
    ended = _sessions.end(tx, LoginSession.user_id == user.id)
    if ended:
        _audit.note(tx, None, "auth.session_ended", "user", user.id, after={"sessions": ended})
    return ended


def _locked(tx: Tx, user_id: UUID) -> User:
    user = locks.user(tx.session, user_id)
    if user is None:
        raise UserNotFound
    return user


def _others_access(tx: Tx, user_id: UUID) -> User:
    """Lock a user whose access the actor takes away or changes, and the administrators who would be left."""
    if user_id == tx.actor.user_id:
        raise OwnAccess
    administrators = locks.active_administrators(tx.session)
    user = _locked(tx, user_id)
    if [administrator.id for administrator in administrators] == [user.id]:
        raise LastAdministrator
    return user


def _new_user(tx: Tx, typed_email: str, typed_name: str, role: str) -> User:
    email = parse_email(typed_email)
    name = " ".join(typed_name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NameMissing(field="name", most=LONGEST_NAME)
    checked = _checked_role(role)
    if tx.session.scalar(select(User.id).where(User.email == email)):
        raise EmailTaken(field="email", email=email)
    return User(id=uuid4(), email=email, name=name, role=checked, is_active=True, created_at=tx.now)


def _checked_role(role: str) -> Role:
    if role not in PERSON_ROLES:
        raise RoleUnknown(field="role", role=role)
    return Role(role)


def _hand_over(tx: Tx, user: User, command: DeactivateUser) -> int:
    """Give the user's clients to the heir, or to nobody; return how many they were."""
    clients = locks.clients_of_supervisor(tx.session, user.id)
    if clients and command.heir_id is None and not command.leaves_unassigned:
        raise HeirMissing(field="heir_id", clients=len(clients))
    heir = locks.user(tx.session, command.heir_id) if command.heir_id else None
    is_fit = heir and heir.id != user.id and heir.is_active and heir.role == Role.STREET_SUPERVISOR
    if command.heir_id and not is_fit:
        raise HeirUnfit(field="heir_id")
    for client in clients:
        client.supervisor_id = command.heir_id
        _audit.note(
            tx, client, "client.supervisor_changed", "client", client.id, before=_shown(user), after=_shown(heir)
        )
    return len(clients)


def _shown(supervisor: User | None) -> dict[str, str | None]:
    return {
        "supervisor_id": str(supervisor.id) if supervisor else None,
        "supervisor": supervisor.name if supervisor else "",
    }
