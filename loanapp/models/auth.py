"""Users and their revocable login sessions. A session row holds only a hash of what the cookie carries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.permissions import PERSON_ROLES
from loanapp.models.base import Base, one_of


class User(Base):
    """A person who signs in; never deleted, only deactivated."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", PERSON_ROLES), CheckConstraint("email = lower(email)", name="email_lower"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class LoginSession(Base):
    """One signed-in browser. `reference` is sha256 of the session id in the cookie; `ended_at` revokes it at once."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")
