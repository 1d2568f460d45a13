"""Reads about the people who sign in: who they are, where they are signed in, and how far their roles go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from domain.permissions import PERSON_ROLES, ROLE_LIMITS, Limit, Permission, Role
from loanapp.models.auth import LoginSession, RecoveryCode, RoleLimit, User
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings
from loanapp.queries._query import Tx, query


class Standing(StrEnum):
    """Whether a user works here: active, invited and without a password yet, or deactivated."""

    ACTIVE = "ACTIVE"
    INVITED = "INVITED"
    DEACTIVATED = "DEACTIVATED"


@dataclass(frozen=True, kw_only=True)
class UserLine:
    """One user in the list; `seen_at` is the last event of any session, `open_sessions` counts the good ones."""

    id: UUID
    email: str
    name: str
    role: Role
    standing: Standing
    client_count: int
    open_sessions: int
    seen_at: datetime | None
    has_second_factor: bool


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    """One open session: from where, in which browser (as it names itself), and whether it is the one that asks."""

    id: UUID
    address: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What users see of themselves; `recovery_codes` are those not used yet."""

    name: str
    email: str
    role: Role
    has_second_factor: bool
    recovery_codes: int
    is_second_factor_required: bool


@dataclass(frozen=True, kw_only=True)
class RoleLine:
    """One role: the active people who hold it, by name, and its limits as they stand (None: no limit)."""

    role: Role
    holders: tuple[str, ...]
    limits: Mapping[Limit, int | None]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """All roles of people, and the rule about the second factor with those administrators who have none yet."""

    lines: tuple[RoleLine, ...]
    is_second_factor_required: bool
    admins_without_second_factor: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LimitsAsked:
    """The limits that somebody thinks of setting for a role."""

    role: Role
    values: Mapping[Limit, int | None]


@dataclass(frozen=True, kw_only=True)
class LimitsPreview:
    """The role as it stands, and those of the limits asked for that are others than now."""

    line: RoleLine
    changes: Mapping[Limit, int | None]


@query(Permission.USERS_VIEW)
def users(tx: Tx, _parameters: None) -> tuple[UserLine, ...]:
    """Return all users by name: a lender's staff is a short list."""
    clients = select(func.count()).where(Client.supervisor_id == User.id).scalar_subquery()
    seen_at = select(func.max(LoginSession.seen_at)).where(LoginSession.user_id == User.id).scalar_subquery()
    sessions = select(func.count()).where(LoginSession.user_id == User.id, _is_open(tx)).scalar_subquery()
    found = tx.session.execute(select(User, clients, sessions, seen_at).order_by(func.lower(User.name), User.id))
    return tuple(
        UserLine(
            id=user.id,
            email=user.email,
            name=user.name,
            role=Role(user.role),
            standing=_standing(user),
            client_count=client_count,
            open_sessions=open_sessions,
            seen_at=last,
            has_second_factor=user.totp_confirmed_at is not None,
        )
        for user, client_count, open_sessions, last in found
    )


@query(Permission.USERS_VIEW)
def sessions_of(tx: Tx, user_id: UUID) -> tuple[SessionLine, ...]:
    """Return a user's open sessions, the one used last first."""
    return _sessions(tx, user_id)


@query(Permission.SESSION_USE)
def my_sessions(tx: Tx, _parameters: None) -> tuple[SessionLine, ...]:
    """Return the asker's own open sessions, the one used last first."""
    return _sessions(tx, tx.actor.user_id)


@query(Permission.SESSION_USE)
def my_profile(tx: Tx, _parameters: None) -> Profile:
    """Return what the asker's own page shows."""
    user = tx.session.get_one(User, tx.actor.user_id)
    unused = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return Profile(
        name=user.name,
        email=user.email,
        role=Role(user.role),
        has_second_factor=user.totp_confirmed_at is not None,
        recovery_codes=tx.session.scalar(unused) or 0,
        is_second_factor_required=user.role == Role.SUPER_ADMIN and _is_second_factor_required(tx),
    )


@query(Permission.USERS_VIEW)
def roles(tx: Tx, _parameters: None) -> Roles:
    """Return the roles with who holds them and their limits, and the rule about second factors: what Papéis shows."""
    return _roles(tx)


@query(Permission.LIMITS_MANAGE)
def preview_limits(tx: Tx, asked: LimitsAsked) -> LimitsPreview:
    """Return what setting a role's limits would change, and for whom."""
    line = next(line for line in _roles(tx).lines if line.role == asked.role)
    return LimitsPreview(
        line=line, changes={limit: value for limit, value in asked.values.items() if line.limits.get(limit, 0) != value}
    )


def _standing(user: User) -> Standing:
    if not user.is_active:
        return Standing.DEACTIVATED
    return Standing.ACTIVE if user.password_hash else Standing.INVITED


def _is_open(tx: Tx) -> ColumnElement[bool]:
    return and_(LoginSession.ended_at.is_(None), LoginSession.expires_at > tx.now)


def _sessions(tx: Tx, user_id: UUID | None) -> tuple[SessionLine, ...]:
    of_user = (
        select(LoginSession)
        .where(LoginSession.user_id == user_id, _is_open(tx))
        .order_by(LoginSession.seen_at.desc(), LoginSession.id)
    )
    return tuple(
        SessionLine(
            id=row.id,
            address=row.address,
            user_agent=row.user_agent,
            created_at=row.created_at,
            seen_at=row.seen_at,
            is_own=row.id == tx.actor.session_id,
        )
        for row in tx.session.scalars(of_user)
    )


def _is_second_factor_required(tx: Tx) -> bool:
    return bool(tx.session.scalar(select(CompanySettings.is_second_factor_required).where(CompanySettings.id == 1)))


def _roles(tx: Tx) -> Roles:
    people = tx.session.execute(
        select(User.name, User.role, User.totp_confirmed_at)
        .where(User.is_active, User.password_hash.is_not(None))
        .order_by(func.lower(User.name), User.id)
    ).all()
    changed = tx.session.scalars(select(RoleLimit)).all()
    return Roles(
        lines=tuple(
            RoleLine(
                role=role,
                holders=tuple(person.name for person in people if person.role == role),
                limits=ROLE_LIMITS[role] | {Limit(row.name): row.value for row in changed if row.role == role},
            )
            for role in PERSON_ROLES
        ),
        is_second_factor_required=_is_second_factor_required(tx),
        admins_without_second_factor=tuple(
            person.name for person in people if person.role == Role.SUPER_ADMIN and person.totp_confirmed_at is None
        ),
    )
