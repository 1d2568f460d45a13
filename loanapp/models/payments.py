"""Payments and how they were allocated: append-only, the database refuses UPDATE, DELETE and TRUNCATE.

When a later fact moves an allocation, a row of opposite sign that names its cause cancels it and a new row follows, so
that for each payment the sum of its allocations plus its credit is its amount, always.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.payments import PaymentMethod
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request


class Payment(Base):
    """Money received. The id is made by the client side before sending: the same id is the same payment."""

    __tablename__ = "payments"
    __table_args__ = (
        one_of("method", PaymentMethod),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("received_on <= business_date", name="not_in_future"),
        Index(None, "request_id"),
        Index(None, "registered_by"),
        Index(None, "received_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id))
    amount_cents: Mapped[int]
    method: Mapped[str]
    received_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    registered_at: Mapped[datetime]


class Allocation(Base):
    """The part of a payment that went to one invoice, or its cancellation (negative), caused by `cause_payment_id`."""

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint(
            "(mora_cents >= 0 AND late_fee_cents >= 0 AND interest_cents >= 0 AND principal_cents >= 0)"
            " OR (mora_cents <= 0 AND late_fee_cents <= 0 AND interest_cents <= 0 AND principal_cents <= 0)",
            name="one_sign",
        ),
        CheckConstraint("mora_cents + late_fee_cents + interest_cents + principal_cents <> 0", name="not_empty"),
        Index(None, "payment_id"),
        Index(None, "invoice_id"),
        Index(None, "cause_payment_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    mora_cents: Mapped[int]
    late_fee_cents: Mapped[int]
    interest_cents: Mapped[int]
    principal_cents: Mapped[int]
    cause_payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    business_date: Mapped[date]
    recorded_at: Mapped[datetime]
