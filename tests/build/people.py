"""People who sign in, for tests: made, signed in and looked at through the use cases."""

from datetime import date
from typing import Any
from uuid import UUID

from domain.permissions import NOBODY, SYSTEM, Actor
from loanapp import clock, edge
from loanapp.clock import Moment
from loanapp.queries.auth import OpenSession, session_by_reference
from loanapp.services import auth, users
from tests.build.book import rows

PASSWORD = "a long enough secret"
EMAIL = "ana@empresa.com.br"
NOW = clock.on(date(2026, 11, 23))


def a_user(email: str = EMAIL, role: str = "LOAN_MANAGEMENT", name: str = "Ana Souza") -> UUID:
    """Add a user with `PASSWORD`."""
    return users.add_user(SYSTEM, NOW, users.AddUser(email=email, name=name, role=role, password=PASSWORD))


def signed_in(email: str = EMAIL, password: str = PASSWORD, *, moment: Moment = NOW, **origin: str) -> Any:
    """Sign in past the throttle; `origin` is where from."""
    return auth.sign_in(NOBODY, moment, auth.SignIn(email=email, password=password, **origin))


def session_of(signed: Any, moment: Moment = NOW) -> OpenSession | None:
    """Return the session that an event with its cookie would have."""
    return session_by_reference(NOBODY, moment, edge.reference_of(signed.session_id))


def actor_of(signed: Any) -> Actor:
    """Return who acts in the events of a session that is good."""
    session = session_of(signed)
    assert session is not None
    return session.actor


def signed_actor(email: str = EMAIL, role: str = "LOAN_MANAGEMENT", name: str = "Ana Souza") -> Actor:
    """Add a user, sign them in, and return who acts then."""
    a_user(email, role, name)
    return actor_of(signed_in(email))


def events() -> list[tuple[Any, ...]]:
    """Return (action, who, record kind) of the system's chain, in order."""
    return rows("SELECT action, actor_name, record_kind FROM audit_events WHERE chain = 'system' ORDER BY chain_number")


def last_event() -> tuple[Any, ...]:
    """Return (action, actor, record, before, after, reason) of the newest event of the system's chain."""
    found = rows(
        "SELECT action, actor_name, record_kind || ':' || record_id, text::json -> 'before', text::json -> 'after',"
        " text::json ->> 'reason' FROM audit_events WHERE chain = 'system' ORDER BY chain_number DESC LIMIT 1"
    )
    return tuple(found[0])
