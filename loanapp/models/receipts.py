"""Receipts handed out: which copy of which payment, how and by whom, and the links by which a borrower opens one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.receipts import ReceiptWay
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.payments import Payment


class ReceiptIssue(Base):
    """One copy of a payment's receipt that left the company, append-only; from the second on it is a “2ª via”."""

    __tablename__ = "receipt_issues"
    __table_args__ = (
        one_of("way", ReceiptWay),
        CheckConstraint("copy_number > 0", name="copy_number"),
        UniqueConstraint("payment_id", "copy_number"),
        Index(None, "issued_by"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    copy_number: Mapped[int]
    way: Mapped[str]
    issued_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    issued_at: Mapped[datetime]


class ReceiptLink(Base):
    """A link to one copy of a receipt; of its token only the SHA-256 is kept. It ends by itself or is revoked."""

    __tablename__ = "receipt_links"
    __table_args__ = (
        CheckConstraint("revoked_by IS NULL OR revoked_at IS NOT NULL", name="revoked"),
        Index(None, "revoked_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey(ReceiptIssue.id), unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
