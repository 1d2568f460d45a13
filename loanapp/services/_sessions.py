"""Login sessions: how long one lasts, and how several are ended at once."""

from datetime import timedelta

from sqlalchemy import ColumnElement, update

from loanapp import clock
from loanapp.models.auth import LoginSession
from loanapp.services._use_case import Tx

SESSION_HOURS = 12


def session_duration() -> timedelta:
    """Return how long a session lasts, counted on our clock: a fast sandbox clock must not sign people out."""
    return timedelta(hours=SESSION_HOURS) * clock.speed()


def end(tx: Tx, *conditions: ColumnElement[bool]) -> int:
    """End the open sessions that meet the conditions; return how many: they stop working at their next event."""
    ended = tx.session.execute(
        update(LoginSession)
        .where(LoginSession.ended_at.is_(None), LoginSession.expires_at > tx.now, *conditions)
        .values(ended_at=tx.now, ended_by=tx.actor.user_id)
        .returning(LoginSession.id)
    )
    return len(ended.all())
