"""The read that every event begins with: whose session it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from domain.permissions import Actor, Permission, Role
from loanapp.models.auth import LoginSession, User
from loanapp.models.company import CompanySettings
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A session that is good now: who it stands for, until when, and the company's name for the titles."""

    actor: Actor
    expires_at: datetime
    company: str

    @property
    def user_id(self) -> str:
        """The user's id as text, as the browser tab's state keeps its owner."""
        return str(self.actor.user_id)


@query(Permission.SIGN_IN)
def session_by_reference(tx: Tx, reference: str) -> OpenSession | None:
    """Return the session with this reference; None when it ended, expired, or its user is not active.

    The role comes from the user's row each time, so that a change bites at the next event.
    """
    found = tx.session.execute(
        select(User.id, User.name, User.role, LoginSession.expires_at, CompanySettings.name)
        .join(LoginSession, LoginSession.user_id == User.id)
        .outerjoin(CompanySettings, CompanySettings.id == 1)
        .where(
            LoginSession.reference == reference,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > tx.now,
            User.is_active,
        )
    ).one_or_none()
    if found is None:
        return None
    user_id, name, role, expires_at, company = found
    return OpenSession(
        actor=Actor.of(Role(role), name=name, user_id=user_id), expires_at=expires_at, company=company or ""
    )
