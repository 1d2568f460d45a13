"""Use cases of signing in: users, passwords and login sessions."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from passlib.hash import argon2
from sqlalchemy import select, update

from domain.errors import Conflict, Invalid, NotAllowed
from domain.permissions import PERSON_ROLES, Permission, Role
from loanapp import clock
from loanapp.models.auth import LoginSession, User
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

SESSION_HOURS = 12
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1000
LONGEST_EMAIL = 254
LONGEST_NAME = 120

# Verified when the e-mail is unknown, so that the answer takes as long as for a known one.
_DUMMY_HASH = argon2.hash("nobody's password")


class CredentialsWrong(NotAllowed):
    """The e-mail is unknown, the password is wrong, or the user is not active: never told apart."""

    code = "auth.credentials_wrong"


class EmailNotUnderstood(Invalid):
    """The text is no e-mail address."""

    code = "auth.email_not_understood"


class EmailTaken(Conflict):
    """Another user already has this e-mail address."""

    code = "auth.email_taken"


class PasswordTooShort(Invalid):
    """The password is shorter than the least length."""

    code = "auth.password_too_short"


class NameMissing(Invalid):
    """The user's name is empty or longer than a name is."""

    code = "auth.name_missing"


class RoleUnknown(Invalid):
    """The role is not one that a person can hold."""

    code = "auth.role_unknown"


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """The order to sign in: what was typed, and from where (kept with the session)."""

    email: str
    password: str = field(repr=False)
    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A new session: `session_id` is the secret that only the cookie holds."""

    session_id: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SignOut:
    """The order to end a session, named by its reference."""

    reference: str


@dataclass(frozen=True, kw_only=True)
class AddUser:
    """The order to create a user who signs in with this e-mail and password."""

    email: str
    name: str
    role: str
    password: str = field(repr=False)


def session_hours() -> timedelta:
    """Return how long a session lasts, counted on our clock: a fast sandbox clock must not sign people out."""
    return timedelta(hours=SESSION_HOURS) * clock.speed()


@use_case(Permission.SIGN_IN)
def sign_in(tx: Tx, command: SignIn) -> SignedIn:
    """Check the password and open a session; raise `CredentialsWrong` for whatever does not match."""
    user = tx.session.scalar(select(User).where(User.email == command.email.strip().lower()[:LONGEST_EMAIL]))
    stored = (user.password_hash if user else None) or _DUMMY_HASH
    is_right = argon2.verify(command.password[:LONGEST_PASSWORD], stored)
    if user is None or user.password_hash is None or not is_right or not user.is_active:
        raise CredentialsWrong
    session_id = secrets.token_urlsafe(32)
    expires_at = tx.now + session_hours()
    tx.session.add(
        LoginSession(
            id=uuid4(),
            reference=sha256(session_id.encode()).hexdigest(),
            user_id=user.id,
            address=command.address[:100],
            user_agent=command.user_agent[:300],
            created_at=tx.now,
            seen_at=tx.now,
            expires_at=expires_at,
        )
    )
    return SignedIn(session_id=session_id, expires_at=expires_at)


@use_case(Permission.SESSION_USE)
def sign_out(tx: Tx, command: SignOut) -> None:
    """End the session in every tab; ending an ended or unknown one changes nothing."""
    tx.session.execute(
        update(LoginSession)
        .where(
            LoginSession.reference == command.reference,
            LoginSession.user_id == tx.actor.user_id,
            LoginSession.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )


@use_case(Permission.USERS_MANAGE)
def add_user(tx: Tx, command: AddUser) -> UUID:
    """Create a user; raise `EmailTaken`, or what is wrong with the e-mail, name, role or password."""
    email = _checked_email(command.email)
    name = " ".join(command.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise NameMissing(field="name", most=LONGEST_NAME)
    if command.role not in PERSON_ROLES:
        raise RoleUnknown(field="role", role=command.role)
    if not SHORTEST_PASSWORD <= len(command.password) <= LONGEST_PASSWORD:
        raise PasswordTooShort(field="password", least=SHORTEST_PASSWORD)
    if tx.session.scalar(select(User.id).where(User.email == email)):
        raise EmailTaken(field="email", email=email)
    user = User(
        id=uuid4(),
        email=email,
        name=name,
        role=Role(command.role),
        password_hash=argon2.hash(command.password),
        created_at=tx.now,
    )
    tx.session.add(user)
    _audit.note(tx, None, "user.added", "user", user.id, after={"email": email, "role": command.role})
    return user.id


def _checked_email(text: str) -> str:
    email = text.strip().lower()
    local, _, host = email.rpartition("@")
    has_space_or_control = any(not character.isprintable() or character.isspace() for character in email)
    if not local or "." not in host.strip(".") or has_space_or_control or len(email) > LONGEST_EMAIL:
        raise EmailNotUnderstood(field="email", email=email[:60])
    return email
