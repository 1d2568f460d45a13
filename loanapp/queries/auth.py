"""The read that every event begins with: whose session it is."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, func, select

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


# Every event waits for this: columns rather than entities, and written once, since building it costs more than reading.
_LIMITS = (
    select(func.json_object_agg(RoleLimit.name, RoleLimit.value)).where(RoleLimit.role == User.role).scalar_subquery()
)
_GOOD_SESSION = (
    select(
        User.id,
        User.name,
        User.role,
        User.totp_confirmed_at,
        LoginSession.id.label("session_id"),
        LoginSession.address,
        LoginSession.expires_at,
        CompanySettings.name.label("company"),
        CompanySettings.is_second_factor_required,
        _LIMITS.label("limits"),
    )
    .join(LoginSession, LoginSession.user_id == User.id)
    .outerjoin(CompanySettings, CompanySettings.id == 1)
    .where(
        LoginSession.reference == bindparam("reference"),
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > bindparam("now"),
        User.is_active,
    )
)


@query(Permission.SIGN_IN, is_one_statement=True)
def session_by_reference(tx: Tx, reference: str) -> OpenSession | None:
    """Return the session with this reference; None when it ended, expired, or its user is not active.

    The role comes from the user's row each time, so that a change bites at the next event.
    """
    found = tx.session.execute(_GOOD_SESSION, {"reference": reference, "now": tx.now}).one_or_none()
    if found is None:
        return None
    actor = Actor.of(
        Role(found.role),
        name=found.name,
        user_id=found.id,
        limits={Limit(name): value for name, value in (found.limits or {}).items()},
        session_id=found.session_id,
        address=found.address,
    )
    is_required = bool(found.is_second_factor_required) and actor.role is Role.SUPER_ADMIN
    must_enrol = is_required and found.totp_confirmed_at is None
    if must_enrol:
        actor = replace(actor, permissions=frozenset({Permission.SESSION_USE}))
    return OpenSession(actor=actor, expires_at=found.expires_at, company=found.company or "", must_enrol=must_enrol)
