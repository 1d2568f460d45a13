"""Use cases of signing in: password, second step, and the life of one's own sessions.

A try is counted by `count_attempt` in a transaction of its own before anything is compared, so the routes call it
first (web/sign_in.py); what is refused is on record all the same (`RefusalKept`).
"""

import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import select, update

from domain.errors import Invalid, NotAllowed, NotFound
from domain.permissions import Actor, Permission, Role
from loanapp import clock
from loanapp.models import locks
from loanapp.models.auth import LoginSession, User
from loanapp.services import _audit, _links, _passwords, _second_factor, _sessions, _throttle
from loanapp.services._use_case import RefusalKept, Tx, use_case

SECOND_STEP_MINUTES = 5
LONGEST_EMAIL = 254


class CredentialsWrong(NotAllowed):
    """The e-mail is unknown, the password is wrong, or the user is not active: never told apart."""

    code = "auth.credentials_wrong"


class CodeWrong(NotAllowed):
    """The code of the second step is wrong, was used before, or the password was changed meanwhile."""

    code = "auth.code_wrong"


class PasswordWrong(Invalid):
    """The user's present password is not the one that was typed."""

    code = "auth.password_wrong"


class SessionEnded(NotAllowed):
    """The session ended or expired meanwhile."""

    code = "auth.session_ended"


class SessionNotFound(NotFound):
    """The user has no such open session."""

    code = "auth.session_not_found"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A try to sign in, before it is looked at: the e-mail that was typed, and where it comes from."""

    email: str
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """The order to sign in: what was typed, from where, and the session that this browser holds until now."""

    email: str
    password: str = field(repr=False)
    address: str = ""
    user_agent: str = ""
    previous_reference: str = ""


@dataclass(frozen=True, kw_only=True)
class SignInCode:
    """The order to finish signing in; `email` and `proof` are those of `SecondFactorAsked`."""

    email: str
    proof: str = field(repr=False)
    code: str = field(repr=False)
    address: str = ""
    user_agent: str = ""
    previous_reference: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A new session: `session_id` is the secret that only the cookie holds."""

    session_id: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SecondFactorAsked:
    """The password was right and a code is needed; `proof` stops being good when the password changes."""

    email: str
    proof: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SignOut:
    """The order to end a session, named by its reference."""

    reference: str


@dataclass(frozen=True, kw_only=True)
class EndSession:
    """The order to end one of one's own sessions."""

    session_id: UUID


@dataclass(frozen=True, kw_only=True)
class ChangePassword:
    """The order to change one's own password."""

    current: str = field(repr=False)
    new: str = field(repr=False)


@use_case(Permission.SIGN_IN)
def count_attempt(tx: Tx, command: Attempt) -> None:
    """Count a try as a failure before it is looked at; raise `TooManyAttempts` where none is taken now.

    What a block refuses is neither compared nor recorded: whoever guesses on can't fill the audit trail.
    """
    # By the same text that the user is found by: with spaces before it, an e-mail would be counted as another.
    _throttle.count(tx, _plain(command.email), command.address)


@use_case(Permission.SIGN_IN)
def sign_in(tx: Tx, command: SignIn) -> SignedIn | SecondFactorAsked:
    """Check the password and open a session, or ask for the second factor; `CredentialsWrong` if anything differs."""
    email = _plain(command.email)
    user = tx.session.scalar(select(User).where(User.email == email))
    stored = user.password_hash if user else None
    is_right = _passwords.is_right(command.password, stored)
    # The password or the user may have changed during the comparison: what was compared must still hold.
    locked = locks.user(tx.session, user.id) if user and is_right else None
    if locked is None or locked.password_hash != stored or not locked.is_active:
        _note_refusal(tx, command, user, _reason(user, is_right=is_right))
        raise RefusalKept(CredentialsWrong())
    assert stored is not None
    if _passwords.is_outdated(stored):
        locked.password_hash = _passwords.hashed(command.password)
    if locked.totp_confirmed_at is None:
        return _open(tx, command, locked, factor="")
    _throttle.take_back(tx, email, command.address)
    expires_at = tx.now + timedelta(minutes=SECOND_STEP_MINUTES) * clock.speed()
    return SecondFactorAsked(email=email, proof=_proof(locked), expires_at=expires_at)


@use_case(Permission.SIGN_IN)
def sign_in_code(tx: Tx, command: SignInCode) -> SignedIn:
    """Check the code of the second step, a time-based or a recovery one, and open a session; else `CodeWrong`."""
    user_id = tx.session.scalar(select(User.id).where(User.email == _plain(command.email)))
    user = locks.user(tx.session, user_id) if user_id else None
    is_waiting = user and user.is_active and user.totp_confirmed_at and hmac.compare_digest(_proof(user), command.proof)
    factor = _second_factor.take_code(tx, user, command.code[:100]) if user and is_waiting else ""
    if user is None or not factor:
        _note_refusal(tx, command, user, "code" if is_waiting else "second_step_over")
        raise RefusalKept(CodeWrong(field="code"))
    return _open(tx, command, user, factor=factor)


@use_case(Permission.SESSION_USE)
def renew_session(tx: Tx, _command: None) -> datetime:
    """Note that the actor's session is in use and return its end, which stays; `SessionEnded` if it is over."""
    expires_at: datetime | None = tx.session.scalar(
        update(LoginSession)
        .where(
            LoginSession.id == tx.actor.session_id, LoginSession.ended_at.is_(None), LoginSession.expires_at > tx.now
        )
        .values(seen_at=tx.now)
        .returning(LoginSession.expires_at)
    )
    if expires_at is None:
        raise SessionEnded
    return expires_at


@use_case(Permission.SESSION_USE)
def sign_out(tx: Tx, command: SignOut) -> None:
    """End the session in every tab; ending an ended or unknown one, or another's, changes nothing."""
    own = LoginSession.user_id == tx.actor.user_id
    if _sessions.end(tx, LoginSession.reference == command.reference, own):
        _audit.note(tx, None, "auth.signed_out", "user", tx.actor.user_id)


@use_case(Permission.SESSION_USE)
def end_session(tx: Tx, command: EndSession) -> None:
    """End one of the actor's sessions, in another browser perhaps; `SessionNotFound` for one that is not theirs."""
    own = LoginSession.user_id == tx.actor.user_id
    if not _sessions.end(tx, LoginSession.id == command.session_id, own):
        raise SessionNotFound
    _audit.note(tx, None, "auth.session_ended", "user", tx.actor.user_id, after={"session": str(command.session_id)})


@use_case(Permission.SESSION_USE)
def end_other_sessions(tx: Tx, _command: None) -> int:
    """End all of the actor's sessions but the one that asks; return how many."""
    ended = _end_others(tx)
    if ended:
        _audit.note(tx, None, "auth.session_ended", "user", tx.actor.user_id, after={"sessions": ended})
    return ended


@use_case(Permission.SESSION_USE)
def change_password(tx: Tx, command: ChangePassword) -> int:
    """Change the actor's password, end their other sessions and void links that wait; return how many sessions.

    Raises `PasswordWrong` (field `current`; counted as a failed sign-in, so also `TooManyAttempts`), `PasswordTooShort`
    or `PasswordEasy` (field `new`).
    """
    assert tx.actor.user_id is not None
    user = locks.user(tx.session, tx.actor.user_id)
    assert user is not None
    _passwords.require_good(command.new, email=user.email, name=user.name, field="new")
    _throttle.count(tx, user.email)
    if not _passwords.is_right(command.current, user.password_hash):
        _audit.note(tx, None, "auth.password_change_refused", "user", user.id)
        raise RefusalKept(PasswordWrong(field="current"))
    _throttle.clear(tx, user.email)
    user.password_hash = _passwords.hashed(command.new)
    _links.void(tx, user)
    ended = _end_others(tx)
    _audit.note(tx, None, "auth.password_changed", "user", user.id, after={"sessions_ended": ended})
    return ended


def _plain(email: str) -> str:
    return email.strip().lower()[:LONGEST_EMAIL]


def _proof(user: User) -> str:
    """Return what only the right password leads to, and what a new password changes."""
    return sha256(f"{user.id}:{user.password_hash}".encode()).hexdigest()


def _reason(user: User | None, *, is_right: bool) -> str:
    if user is None:
        return "unknown"
    if user.password_hash is None:
        return "invited"
    if not user.is_active:
        return "inactive"
    return "changed_meanwhile" if is_right else "password"


def _note_refusal(tx: Tx, command: SignIn | SignInCode, user: User | None, reason: str) -> None:
    """Put a failed sign-in on record: a known user's under their name, else under the hash of what was typed."""
    kind, record = ("user", str(user.id)) if user else ("account", _throttle.account_key(_plain(command.email)))
    from_there = replace(tx, actor=replace(tx.actor, address=command.address[:100]))
    _audit.note(from_there, None, "auth.sign_in_refused", kind, record, after={"reason": reason})


def _open(tx: Tx, command: SignIn | SignInCode, user: User, *, factor: str) -> SignedIn:
    """Open a session with a fresh id; the one that this browser held until now ends."""
    session_id = secrets.token_urlsafe(32)
    row = LoginSession(
        id=uuid4(),
        reference=sha256(session_id.encode()).hexdigest(),
        user_id=user.id,
        address=command.address[:100],
        user_agent=command.user_agent[:300],
        created_at=tx.now,
        seen_at=tx.now,
        expires_at=tx.now + _sessions.session_duration(),
    )
    _throttle.succeed(tx, user.email, command.address)
    actor = Actor.of(Role(user.role), name=user.name, user_id=user.id, session_id=row.id, address=row.address)
    as_user = replace(tx, actor=actor)
    if command.previous_reference:
        _sessions.end(as_user, LoginSession.reference == command.previous_reference)
    tx.session.add(row)
    _audit.note(as_user, None, "auth.signed_in", "user", user.id, after={"second_factor": factor} if factor else {})
    return SignedIn(session_id=session_id, expires_at=row.expires_at)


def _end_others(tx: Tx) -> int:
    return _sessions.end(
        tx, LoginSession.user_id == tx.actor.user_id, LoginSession.id.is_distinct_from(tx.actor.session_id)
    )
