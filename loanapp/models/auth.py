"""Users, their login sessions, second factors and one-time links, and the throttle of sign-in.

Nothing here can be used as it is stored: passwords and recovery codes are argon2 hashes, session ids and link tokens
SHA-256 hashes, and the key of the second factor is sealed with the data key.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.permissions import PERSON_ROLES, Limit
from loanapp.models.base import Base, one_of


class LinkPurpose(StrEnum):
    """What a one-time link lets its holder do: set the first password, or a new one."""

    INVITATION = "INVITATION"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of a purpose, no password.


class ThrottleKind(StrEnum):
    """What failed sign-ins are counted for: the e-mail that was typed, or the address that it came from."""

    ACCOUNT = "ACCOUNT"
    ADDRESS = "ADDRESS"


class User(Base):
    """A person who signs in; never deleted, only deactivated. Invited, and unable to, while `password_hash` is null.

    `totp_key` is the sealed key of the second factor; it asks for codes once `totp_confirmed_at` is set. `totp_counter`
    is the last time step whose code was taken, so that no code is taken twice.
    """

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", PERSON_ROLES),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("totp_confirmed_at IS NULL OR totp_key IS NOT NULL", name="totp"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    role: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    totp_key: Mapped[str | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_counter: Mapped[int | None]
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code that stands in for the second factor, once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


class UserLink(Base):
    """A one-time link that an administrator hands to a user; good until it is used, voided (`used_at`) or expired."""

    __tablename__ = "user_links"
    __table_args__ = (one_of("purpose", LinkPurpose), Index(None, "user_id"), Index(None, "created_by"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    purpose: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginSession(Base):
    """One signed-in browser. `reference` is sha256 of the session id in the cookie; `ended_at` revokes it at once."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "ended_by"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))

    user: Mapped[User] = relationship(lazy="raise", foreign_keys=[user_id])


class SignInThrottle(Base):
    """Failed sign-ins of one account (known or not: `key` is a hash of what was typed) or of one address."""

    __tablename__ = "sign_in_throttles"
    __table_args__ = (one_of("kind", ThrottleKind), CheckConstraint("failures >= 0", name="failures"))

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class RoleLimit(Base):
    """One limit of one role that is not the one of `domain.permissions.ROLE_LIMITS`; a null value is no limit."""

    __tablename__ = "role_limits"
    __table_args__ = (
        one_of("role", PERSON_ROLES),
        one_of("name", Limit),
        CheckConstraint("value >= 0", name="value"),
        Index(None, "changed_by"),
    )

    role: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
