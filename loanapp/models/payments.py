"""The money facts of a contract: payments, what corrects or uses them, and how they were allocated.

All are append-only, the database refuses UPDATE, DELETE and TRUNCATE.  When a later fact moves an allocation, a row of
opposite sign that names its cause cancels it and a new row follows, so that for each payment the sum of its allocations
plus its credit is its amount, or 0 once it is reversed, always.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.adjustments import AdjustmentKind
from domain.history import Component
from domain.payments import REFUND_METHODS, PaymentMethod
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client
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


class Refund(Base):
    """Credit of a client paid back; which payments' credit it was is told by its credit uses."""

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("method", REFUND_METHODS),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("refunded_on <= business_date", name="not_in_future"),
        Index(None, "client_id"),
        Index(None, "refunded_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    amount_cents: Mapped[int]
    method: Mapped[str]
    refunded_on: Mapped[date]
    reason: Mapped[str]
    refunded_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    refunded_at: Mapped[datetime]


class CreditUse(Base):
    """Credit that a payment left, used from its business date on by a payment of method CREDIT or by a refund.

    It ends with the reversal of what used it.
    """

    __tablename__ = "credit_uses"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("num_nonnulls(used_by_payment_id, refund_id) = 1", name="one_user"),
        CheckConstraint("used_by_payment_id <> source_payment_id", name="not_itself"),
        Index(None, "source_payment_id"),
        Index(None, "used_by_payment_id"),
        Index(None, "refund_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    source_payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    amount_cents: Mapped[int]
    used_by_payment_id: Mapped[UUID | None] = mapped_column(ForeignKey(Payment.id))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey(Refund.id))
    business_date: Mapped[date]
    recorded_at: Mapped[datetime]


class SettledInvoice(Base):
    """One of the whole invoices that an early settlement's payment covers before all others."""

    __tablename__ = "settled_invoices"
    __table_args__ = (Index(None, "invoice_id"),)

    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id), primary_key=True)


class Adjustment(Base):
    """An amount taken off one component of an invoice; `order_id` names the waiver or the payment it was part of.

    `sequence` orders it among the payments of its day, which it precedes on a tie (domain.history.AdjustmentFact).
    One with a `payment_id` counts where that payment counts.
    """

    __tablename__ = "adjustments"
    __table_args__ = (
        one_of("kind", AdjustmentKind),
        one_of("component", Component),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("granted_on <= business_date", name="not_in_future"),
        CheckConstraint("(kind = 'WAIVER') = (payment_id IS NULL)", name="waiver_stands_alone"),
        CheckConstraint("kind <> 'WAIVER' OR component IN ('MORA', 'LATE_FEE')", name="waiver_of_charges"),
        UniqueConstraint("order_id", "invoice_id", "component"),
        Index(None, "request_id"),
        Index(None, "invoice_id"),
        Index(None, "payment_id"),
        Index(None, "granted_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    order_id: Mapped[UUID]
    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id))
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    kind: Mapped[str]
    component: Mapped[str]
    amount_cents: Mapped[int]
    granted_on: Mapped[date]
    sequence: Mapped[int]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey(Payment.id))
    reason: Mapped[str]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    recorded_at: Mapped[datetime]


class DueDateChange(Base):
    """A due date that was moved: the dates before and after, and what that took off the charges (money.md §1)."""

    __tablename__ = "due_date_changes"
    __table_args__ = (
        CheckConstraint("new_due_date <> old_due_date", name="moves"),
        CheckConstraint(
            "old_effective_due_date >= old_due_date AND new_effective_due_date >= new_due_date",
            name="effective",
        ),
        CheckConstraint("late_fee_relief_cents >= 0 AND mora_relief_cents >= 0", name="relief"),
        Index(None, "invoice_id"),
        Index(None, "changed_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    old_due_date: Mapped[date]
    new_due_date: Mapped[date]
    old_effective_due_date: Mapped[date]
    new_effective_due_date: Mapped[date]
    late_fee_relief_cents: Mapped[int]
    mora_relief_cents: Mapped[int]
    reason: Mapped[str]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    changed_at: Mapped[datetime]


class ReturnedPayment(Base):
    """A payment of a renegotiated request that failed: the invoice, of the newest request, that owes it again.

    The payment itself stays as it was: its request is closed (money.md §4).  For the invoice the return counts from its
    business date on, until it is reversed.
    """

    __tablename__ = "returned_payments"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        Index(None, "payment_id"),
        Index(None, "recorded_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id), unique=True)
    reason: Mapped[str]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    recorded_at: Mapped[datetime]


class Reversal(Base):
    """What undoes one payment, waiver, refund or return from its business date on; both rows stay (money.md §4)."""

    __tablename__ = "reversals"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(payment_id, adjustment_id, refund_id, returned_payment_id) = 1", name="one_target"
        ),
        CheckConstraint("reason <> ''", name="reason"),
        Index(None, "reversed_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey(Payment.id), unique=True)
    adjustment_id: Mapped[UUID | None] = mapped_column(ForeignKey(Adjustment.id), unique=True)
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey(Refund.id), unique=True)
    returned_payment_id: Mapped[UUID | None] = mapped_column(ForeignKey(ReturnedPayment.id), unique=True)
    reason: Mapped[str]
    reversed_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    reversed_at: Mapped[datetime]


class Allocation(Base):
    """The part of a payment that went to one invoice, or its cancellation (negative); one `cause_*` says what moved it.

    The cause is a payment (the same or another), a reversal, the first adjustment of a waiver, or a due-date change.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint(
            "(mora_cents >= 0 AND late_fee_cents >= 0 AND interest_cents >= 0 AND principal_cents >= 0)"
            " OR (mora_cents <= 0 AND late_fee_cents <= 0 AND interest_cents <= 0 AND principal_cents <= 0)",
            name="one_sign",
        ),
        CheckConstraint("mora_cents + late_fee_cents + interest_cents + principal_cents <> 0", name="not_empty"),
        CheckConstraint(
            "num_nonnulls(cause_payment_id, cause_reversal_id, cause_adjustment_id, cause_due_date_change_id) = 1",
            name="one_cause",
        ),
        Index(None, "payment_id"),
        Index(None, "invoice_id"),
        Index(None, "cause_payment_id"),
        Index(None, "cause_reversal_id"),
        Index(None, "cause_adjustment_id"),
        Index(None, "cause_due_date_change_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey(Payment.id))
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    mora_cents: Mapped[int]
    late_fee_cents: Mapped[int]
    interest_cents: Mapped[int]
    principal_cents: Mapped[int]
    cause_payment_id: Mapped[UUID | None] = mapped_column(ForeignKey(Payment.id))
    cause_reversal_id: Mapped[UUID | None] = mapped_column(ForeignKey(Reversal.id))
    cause_adjustment_id: Mapped[UUID | None] = mapped_column(ForeignKey(Adjustment.id))
    cause_due_date_change_id: Mapped[UUID | None] = mapped_column(ForeignKey(DueDateChange.id))
    business_date: Mapped[date]
    recorded_at: Mapped[datetime]
