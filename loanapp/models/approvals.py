"""What a person may not decide alone: asked by one, granted or refused by another."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.approvals import ApprovalKind, ApprovalStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client
from loanapp.models.requests import Request


class Approval(Base):
    """One question about one request; at most one of a kind waits at a time. Who asked never decides.

    `details` holds the lines of a WAIVER; other kinds need none.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        one_of("kind", ApprovalKind),
        one_of("status", ApprovalStatus),
        CheckConstraint("amount_cents > 0 OR amount_cents = 0 AND kind = 'REOPENING'", name="amount"),
        CheckConstraint("decided_by <> asked_by", name="second_person"),
        CheckConstraint("(status = 'PENDING') = (decided_at IS NULL)", name="decided"),
        Index("uq_approvals_pending", "request_id", "kind", unique=True, postgresql_where=text("status = 'PENDING'")),
        Index(None, "request_id"),
        Index(None, "client_id"),
        Index(None, "asked_by"),
        Index(None, "decided_by"),
        Index("ix_approvals_status_asked_at", "status", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id))
    amount_cents: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default=ApprovalStatus.PENDING)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    asked_on: Mapped[date]
    asked_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str] = mapped_column(default="")


def reopened_since(moment: datetime) -> ColumnElement[bool]:
    """Say in SQL whether a request was taken back from its write-off since a moment."""
    return (
        select(Approval.id)
        .where(
            Approval.request_id == Request.id,
            Approval.kind == ApprovalKind.REOPENING,
            Approval.status == ApprovalStatus.GRANTED,
            Approval.decided_at >= moment,
        )
        .exists()
    )
