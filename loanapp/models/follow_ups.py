"""What people noted about a borrower: notes, calls, visits and promises to pay."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.follow_ups import FollowUpKind, Outcome
from domain.payments import RECEIVED_METHODS
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client


class FollowUp(Base):
    """One contact or remark. Only a call or visit has an outcome, only a promise a date, an amount and a method.

    It is taken back, never deleted: `undone_at` says when, and the row stays.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        one_of("kind", FollowUpKind),
        one_of("outcome", ["", *Outcome]),
        one_of("promised_method", ["", *RECEIVED_METHODS]),
        CheckConstraint("(kind IN ('CALL', 'VISIT')) = (outcome <> '')", name="outcome_kind"),
        CheckConstraint(
            "(kind = 'PROMISE') = (promised_on IS NOT NULL) AND (kind = 'PROMISE') = (promised_cents IS NOT NULL)",
            name="promise",
        ),
        CheckConstraint("promised_cents > 0", name="promised_cents"),
        Index("ix_follow_ups_client_id_at", "client_id", "at"),
        Index(None, "author_id"),
        Index(None, "undone_by"),
        Index("ix_follow_ups_promises", "client_id", "promised_on", postgresql_where=text("kind = 'PROMISE'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    kind: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    promised_on: Mapped[date | None]
    promised_cents: Mapped[int | None]
    promised_method: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
