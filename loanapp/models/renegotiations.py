"""Renegotiations: offers over all open invoices of one request, and the request that an accepted one made."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.calendar import Step
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.renegotiations import Offer, RenegotiationStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client
from loanapp.models.requests import Request

# The columns that hold an offer's own values, and those of its instalments' terms, under the names of the rule.
OWN_COLUMNS = ("offered_on", "valid_through", "mora_discount_pct", "late_fee_discount_pct", "original_discount_pct")
TERMS_COLUMNS = ("plan", "step", "rate_pct", "first_due_date", "skip_sundays", "skip_holidays")


class Renegotiation(Base):
    """One offer: its terms, the debt of its date by component, and who did what with it.

    `needs_approval` says that a discount is beyond the limit of who drafted it; then it waits for `approved_by`.  The
    new request of an accepted offer is `new_request_id`.
    """

    __tablename__ = "renegotiations"
    __table_args__ = (
        one_of("status", RenegotiationStatus),
        one_of("plan", Plan),
        one_of("step", Step),
        CheckConstraint(
            "mora_discount_pct BETWEEN 0 AND 100 AND late_fee_discount_pct BETWEEN 0 AND 100"
            " AND original_discount_pct BETWEEN 0 AND 100",
            name="discounts",
        ),
        CheckConstraint("down_payment_cents >= 0 AND instalment_count > 0 AND rate_pct >= 0", name="terms"),
        CheckConstraint("valid_through > offered_on", name="validity"),
        CheckConstraint("(status = 'ACCEPTED') = (new_request_id IS NOT NULL)", name="accepted_has_request"),
        CheckConstraint("(status = 'ACCEPTED') = (accepted_on IS NOT NULL)", name="accepted_has_date"),
        CheckConstraint("approved_by <> drafted_by", name="second_person"),
        Index("uq_renegotiations_accepted", "request_id", unique=True, postgresql_where=text("status = 'ACCEPTED'")),
        Index(None, "request_id"),
        Index(None, "client_id"),
        Index(None, "drafted_by"),
        Index(None, "approved_by"),
        Index(None, "closed_by"),
        Index("ix_renegotiations_status_drafted_at", "status", "drafted_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id))
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    status: Mapped[str] = mapped_column(default=RenegotiationStatus.DRAFT)
    offered_on: Mapped[date]
    valid_through: Mapped[date]
    plan: Mapped[str]
    step: Mapped[str]
    instalment_count: Mapped[int]
    rate_pct: Mapped[Decimal]
    first_due_date: Mapped[date]
    skip_sundays: Mapped[bool] = mapped_column(default=False)
    skip_holidays: Mapped[bool] = mapped_column(default=False)
    mora_discount_pct: Mapped[Decimal]
    late_fee_discount_pct: Mapped[Decimal]
    original_discount_pct: Mapped[Decimal]
    down_payment_cents: Mapped[int]
    debt_original_cents: Mapped[int]
    debt_late_fee_cents: Mapped[int]
    debt_mora_cents: Mapped[int]
    promised_total_cents: Mapped[int]
    needs_approval: Mapped[bool]
    drafted_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    drafted_at: Mapped[datetime]
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    approved_at: Mapped[datetime | None]
    approval_reason: Mapped[str] = mapped_column(default="")
    proposed_at: Mapped[datetime | None]
    accepted_on: Mapped[date | None]
    new_request_id: Mapped[UUID | None] = mapped_column(ForeignKey(Request.id), unique=True)
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str] = mapped_column(default="")


def offer_of(row: Renegotiation) -> Offer:
    """Return the offer that a row holds."""
    return Offer(
        **{name: getattr(row, name) for name in OWN_COLUMNS},
        terms=PlanTerms(
            principal=Money.ZERO,
            plan=Plan(row.plan),
            step=Step(row.step),
            count=row.instalment_count,
            rate_pct=row.rate_pct,
            first_due_date=row.first_due_date,
            skip_sundays=row.skip_sundays,
            skip_holidays=row.skip_holidays,
        ),
        down_payment=Money(row.down_payment_cents),
    )
