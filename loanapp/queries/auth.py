"""The read that every event begins with: whose session it is."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from domain.permissions import Actor, Limit, Permission, Role
from loanapp.models.auth import LoginSession, RoleLimit, User
from loanapp.models.company import CompanySettings
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A session that is good now: who it stands for, until when, and the company's name for the titles.

    An actor that `must_enrol` a second factor holds nothing but `SESSION_USE` until that is done.
    """

    actor: Actor
    expires_at: datetime
    company: str
    must_enrol: bool = False

    @property
    def user_id(self) -> str:
        """The user's id as text, as the browser tab's state keeps its owner."""
        return str(self.actor.user_id)


@query(Permission.SIGN_IN)
def session_by_reference(tx: Tx, reference: str) -> OpenSession | None:
    """Return the session with this reference; None when it ended, expired, or its user is not active.

    The role comes from the user's row each time, so that a change bites at the next event.
    """
    limits = (
        select(func.json_object_agg(RoleLimit.name, RoleLimit.value))
        .where(RoleLimit.role == User.role)
        .scalar_subquery()
    )
    found = tx.session.execute(
        select(User, LoginSession, CompanySettings.name, CompanySettings.is_second_factor_required, limits)
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
    user, session, company, is_second_factor_required, changed_limits = found
    actor = Actor.of(
        Role(user.role),
        name=user.name,
        user_id=user.id,
        limits={Limit(name): value for name, value in (changed_limits or {}).items()},
        session_id=session.id,
        address=session.address,
    )
    must_enrol = bool(is_second_factor_required) and actor.role is Role.SUPER_ADMIN and not user.totp_confirmed_at
    if must_enrol:
        actor = replace(actor, permissions=frozenset({Permission.SESSION_USE}))
    return OpenSession(actor=actor, expires_at=session.expires_at, company=company or "", must_enrol=must_enrol)
