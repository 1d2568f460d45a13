"""Use cases of the second factor: an authenticator app's time-based codes, and recovery codes for a lost phone."""

import base64
import secrets
from dataclasses import dataclass, field
from uuid import UUID

import segno
from passlib.totp import TOTP
from sqlalchemy import select

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.permissions import Permission
from loanapp.models import locks
from loanapp.models.auth import LoginSession, User
from loanapp.models.company import CompanySettings
from loanapp.services import _audit, _passwords, _second_factor, _sessions, _throttle
from loanapp.services._use_case import RefusalKept, Tx, use_case

_KEY_BYTES = 20  # As long as the hash that makes the codes (RFC 4226, section 4).
_MODULE_PIXELS = 5


class SecondFactorAlreadyOn(Conflict):
    """The user already has a second factor: it is removed first."""

    code = "second_factor.already_on"


class SecondFactorNotStarted(Conflict):
    """There is no second factor, or none that waits for its first code."""

    code = "second_factor.not_started"


class FirstCodeWrong(Invalid):
    """The code is not what the app shows now for the key that was scanned."""

    code = "second_factor.code_wrong"


class OwnPasswordWrong(Invalid):
    """The password that was typed to remove the second factor is wrong."""

    code = "second_factor.password_wrong"


class OwnSecondFactor(NotAllowed):
    """An administrator's own second factor is removed with the password, in Perfil."""

    code = "second_factor.own"


class NoSuchUser(NotFound):
    """There is no such user."""

    code = "second_factor.user_not_found"


@dataclass(frozen=True, kw_only=True)
class SecondFactorStarted:
    """What an authenticator app needs, to be shown once.

    `key` is for typing it in, `uri` for opening it on the phone itself, `qr_svg` an image as a `data:` address for an
    `<img>`: its background is white in the dark theme too.
    """

    key: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ConfirmSecondFactor:
    """The order to turn the second factor on: the code that the app shows."""

    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RemoveSecondFactor:
    """The order to remove one's own second factor."""

    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ResetSecondFactor:
    """The order to remove another user's second factor, when the phone and the recovery codes are lost."""

    user_id: UUID


@use_case(Permission.SESSION_USE)
def start_second_factor(tx: Tx, _command: None) -> SecondFactorStarted:
    """Make the actor a new key; nothing changes at sign-in until it is confirmed.  `SecondFactorAlreadyOn` if it is."""
    user = _actor(tx)
    if user.totp_confirmed_at:
        raise SecondFactorAlreadyOn
    key = secrets.token_bytes(_KEY_BYTES)
    user.totp_key, user.totp_counter = _second_factor.sealed_key(user.id, key), None
    _audit.note(tx, None, "second_factor.started", "user", user.id)
    issuer = tx.session.scalar(select(CompanySettings.name).where(CompanySettings.id == 1)) or "Carteira"
    uri = TOTP(key, format="raw", period=_second_factor.STEP_SECONDS).to_uri(
        label=user.email, issuer=issuer.replace(":", " ")
    )
    qr_code = segno.make(uri, micro=False).svg_data_uri(scale=_MODULE_PIXELS, dark="#000", light="#fff")
    text = base64.b32encode(key).decode()
    grouped = " ".join(text[start : start + 4] for start in range(0, len(text), 4))
    return SecondFactorStarted(key=grouped, uri=uri, qr_svg=qr_code)


@use_case(Permission.SESSION_USE)
def confirm_second_factor(tx: Tx, command: ConfirmSecondFactor) -> tuple[str, ...]:
    """Turn the second factor on with the app's first code; return the recovery codes, which are never shown again.

    Raises `SecondFactorNotStarted`, or `FirstCodeWrong` (field `code`).
    """
    user = _actor(tx)
    if user.totp_key is None or user.totp_confirmed_at:
        raise SecondFactorNotStarted
    if _second_factor.take_code(tx, user, command.code[:100]) != "totp":
        raise FirstCodeWrong(field="code")
    user.totp_confirmed_at = tx.now
    codes = _second_factor.new_recovery_codes(tx, user)
    _audit.note(tx, None, "second_factor.turned_on", "user", user.id)
    return codes


@use_case(Permission.SESSION_USE)
def remove_second_factor(tx: Tx, command: RemoveSecondFactor) -> None:
    """Remove the actor's second factor; a wrong password is counted as a failed sign-in.

    Raises `SecondFactorNotStarted`, `OwnPasswordWrong` (field `password`) or `TooManyAttempts`.
    """
    user = _actor(tx)
    if user.totp_confirmed_at is None:
        raise SecondFactorNotStarted
    _throttle.count(tx, user.email)
    if not _passwords.is_right(command.password, user.password_hash):
        _audit.note(tx, None, "second_factor.removal_refused", "user", user.id)
        raise RefusalKept(OwnPasswordWrong(field="password"))
    _throttle.clear(tx, user.email)
    _second_factor.turn_off(tx, user)
    _audit.note(tx, None, "second_factor.turned_off", "user", user.id)


@use_case(Permission.USERS_MANAGE)
def reset_second_factor(tx: Tx, command: ResetSecondFactor) -> int:
    """Remove a user's second factor and end their sessions, since the phone may be in other hands; return how many.

    Raises `NoSuchUser`, `OwnSecondFactor` or `SecondFactorNotStarted`.
    """
    if command.user_id == tx.actor.user_id:
        raise OwnSecondFactor
    user = locks.user(tx.session, command.user_id)
    if user is None:
        raise NoSuchUser
    if user.totp_confirmed_at is None:
        raise SecondFactorNotStarted
    _second_factor.turn_off(tx, user)
    ended = _sessions.end(tx, LoginSession.user_id == user.id)
    _audit.note(tx, None, "second_factor.reset", "user", user.id, after={"sessions_ended": ended})
    return ended


def _actor(tx: Tx) -> User:
    assert tx.actor.user_id is not None
    user = locks.user(tx.session, tx.actor.user_id)
    assert user is not None
    return user
