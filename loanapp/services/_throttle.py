"""The counters of tries to sign in (`domain/sign_in.py` has the rule).  Counting locks the rows until the commit."""

import hmac
from hashlib import sha256

from sqlalchemy import delete

from domain.sign_in import (
    ACCOUNT_RULE,
    ADDRESS_RULE,
    FORGOTTEN_AFTER,
    Failures,
    TooManyAttempts,
    counted,
    minutes,
    origin,
    taken_back,
    wait,
)
from loanapp.models import locks
from loanapp.models.auth import SignInThrottle, ThrottleKind
from loanapp.services._use_case import Tx
from loanapp.settings import current

_RULES = {ThrottleKind.ACCOUNT: ACCOUNT_RULE, ThrottleKind.ADDRESS: ADDRESS_RULE}


def account_key(email: str) -> str:
    """Return what stands for a typed e-mail: a keyed hash, since people type passwords into that field too."""
    return hmac.new(current().data_key.encode(), email.strip().lower().encode(), sha256).hexdigest()


def count(tx: Tx, email: str, address: str = "") -> None:
    """Count a try for the account, and for the address unless it is empty; raise `TooManyAttempts` and count none.

    A blocked address counts nothing for an account, and a blocked account nothing for an address.
    """
    rows = _rows(tx, email, address)
    waiting = max(wait(_failures(row), tx.now) for row in rows)
    if waiting:
        raise TooManyAttempts(minutes=minutes(waiting))
    for row in rows:
        _write(row, counted(_RULES[ThrottleKind(row.kind)], _failures(row), tx.now))


def take_back(tx: Tx, email: str, address: str = "") -> None:
    """Take back a counted try that was right so far."""
    for row in _rows(tx, email, address):
        _write(row, taken_back(_failures(row)))


def succeed(tx: Tx, email: str, address: str) -> None:
    """Forget the account's failures, take this try back from the address, and drop what a day has made stale."""
    for row in _rows(tx, email, address):
        if row.kind == ThrottleKind.ACCOUNT:
            tx.session.delete(row)
        else:
            _write(row, taken_back(_failures(row)))
    for row in locks.stale_sign_in_throttles(tx.session, tx.now - FORGOTTEN_AFTER):
        tx.session.delete(row)


def clear(tx: Tx, email: str) -> None:
    """Forget the failures of an account."""
    tx.session.execute(
        delete(SignInThrottle).where(
            SignInThrottle.kind == ThrottleKind.ACCOUNT, SignInThrottle.key == account_key(email)
        )
    )


def _rows(tx: Tx, email: str, address: str) -> list[SignInThrottle]:
    # Always the account first: whoever holds an account's row and waits for an address's can't be waited for.
    keys = [(ThrottleKind.ACCOUNT, account_key(email))]
    if address:
        keys.append((ThrottleKind.ADDRESS, origin(address)))
    return [locks.sign_in_throttle(tx.session, kind, key, tx.now) for kind, key in keys]


def _failures(row: SignInThrottle) -> Failures:
    return Failures(count=row.failures, last_at=row.failed_at, blocked_until=row.blocked_until)


def _write(row: SignInThrottle, failures: Failures) -> None:
    row.failures, row.failed_at, row.blocked_until = failures.count, failures.last_at, failures.blocked_until
