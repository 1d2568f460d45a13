"""The second factor's codes: how its key is kept, and how a code is taken, once (RFC 6238; recovery codes).

Codes follow our clock, a step of 30 s, and one step before and after is good too, for clocks that are not quite right.
"""

import base64
import re
import secrets
from hashlib import sha256
from uuid import UUID, uuid4

from passlib.exc import TokenError
from passlib.totp import TOTP
from sqlalchemy import delete, update

from loanapp import vault
from loanapp.models.auth import RecoveryCode, User
from loanapp.services._use_case import Tx

STEP_SECONDS = 30
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits: a plain hash of it can't be guessed from, unlike one of a password.
_CODE = re.compile(r"[0-9]{6}")


def sealed_key(user_id: UUID, key: bytes) -> str:
    """Return a key as it is stored."""
    return base64.b64encode(vault.seal(key, _purpose(user_id))).decode()


def take_code(tx: Tx, user: User, code: str) -> str:
    """Take a code of the user, who must be locked: return `totp` or `recovery_code`, empty when it is not good."""
    bare = re.sub(r"[\s-]", "", code)
    if _CODE.fullmatch(bare):
        return "totp" if _take_totp(tx, user, bare) else ""
    return "recovery_code" if _take_recovery_code(tx, user, bare) else ""


def new_recovery_codes(tx: Tx, user: User) -> tuple[str, ...]:
    """Make the user's recovery codes anew and return them as they are shown, once."""
    forget_recovery_codes(tx, user)
    codes = tuple(base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES))
    tx.session.add_all(RecoveryCode(id=uuid4(), user_id=user.id, code_hash=_code_hash(code)) for code in codes)
    return tuple("-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes)


def turn_off(tx: Tx, user: User) -> None:
    """Forget the user's key and recovery codes."""
    user.totp_key = user.totp_confirmed_at = user.totp_counter = None
    forget_recovery_codes(tx, user)


def forget_recovery_codes(tx: Tx, user: User) -> None:
    """Void all recovery codes of the user."""
    tx.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _take_totp(tx: Tx, user: User, code: str) -> bool:
    if user.totp_key is None:
        return False
    key = vault.unseal(base64.b64decode(user.totp_key), _purpose(user.id))
    try:
        match = TOTP(key, format="raw", period=STEP_SECONDS).match(
            code, time=int(tx.now.timestamp()), window=STEP_SECONDS, last_counter=user.totp_counter
        )
    except TokenError:
        return False
    user.totp_counter = match.counter
    return True


def _take_recovery_code(tx: Tx, user: User, code: str) -> bool:
    taken = tx.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _code_hash(code.upper()),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=tx.now)
        .returning(RecoveryCode.id)
    )
    return taken.first() is not None


def _code_hash(code: str) -> str:
    return sha256(code.encode()).hexdigest()


def _purpose(user_id: UUID) -> str:
    return f"totp:{user_id}"
