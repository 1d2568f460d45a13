"""Cash on its way to the office: what a person handed in, and what somebody else counted of it (ADR 0027)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.cash import HandInStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.payments import Payment


class CashHandIn(Base):
    """All the cash that `holder_id` held at a moment. Who holds it or recorded it never counts it.

    `expected_cents` is what its payments amounted to when it was counted: less than `amount_cents` where one was
    reversed in between.  `reason` says why the counted sum is another.  `handed_in_by` is empty for the cash of before
    this control, which its migration closed.
    """

    __tablename__ = "cash_hand_ins"
    __table_args__ = (
        one_of("status", HandInStatus),
        CheckConstraint("amount_cents > 0 AND expected_cents >= 0 AND counted_cents >= 0", name="amounts"),
        CheckConstraint(
            "(status = 'CHECKED') = (num_nonnulls(expected_cents, counted_cents, checked_on, checked_at) = 4)",
            name="checked",
        ),
        CheckConstraint("checked_by <> holder_id AND checked_by <> handed_in_by", name="second_person"),
        CheckConstraint("counted_cents = expected_cents OR reason <> ''", name="difference_has_reason"),
        Index(None, "holder_id"),
        Index(None, "handed_in_by"),
        Index(None, "checked_by"),
        Index("ix_cash_hand_ins_status_handed_in_at", "status", "handed_in_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    amount_cents: Mapped[int]
    status: Mapped[str] = mapped_column(default=HandInStatus.OPEN)
    handed_in_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    handed_in_at: Mapped[datetime]
    expected_cents: Mapped[int | None]
    counted_cents: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    checked_on: Mapped[date | None]
    checked_at: Mapped[datetime | None]


class HandedInPayment(Base):
    """A payment in cash that is part of a hand-in: of one, for ever."""

    __tablename__ = "handed_in_payments"
    __table_args__ = (Index(None, "hand_in_id"),)

    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id), primary_key=True)
    hand_in_id: Mapped[UUID] = mapped_column(ForeignKey(CashHandIn.id))
