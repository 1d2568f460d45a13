"""Requests: one record for a loan's whole life, with its rates, its cycle watermarks and its cached aggregates."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.calendar import Step
from domain.instalments import Plan
from domain.payments import PaymentMethod
from domain.requests import RequestStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client

_DISBURSED = "status IN ('ACTIVE', 'PAID', 'RENEGOTIATED', 'LOST')"


class Request(Base):
    """A loan from first ask to last cent.

    `overdue_through` and `mora_through` are the business dates up to which the late fee and the mora of its
    invoices were brought; `*_run_id` is the run that last visited it.  The `total_value_*` columns are centavos.
    """

    __tablename__ = "requests"
    __table_args__ = (
        one_of("status", RequestStatus),
        one_of("plan", Plan),
        one_of("step", Step),
        one_of("disbursement_method", PaymentMethod),
        CheckConstraint("principal_cents > 0 AND instalment_count > 0 AND rate_pct >= 0", name="terms"),
        CheckConstraint(
            "status IN ('OPEN', 'UNAPPROVED') OR (late_fee_pct >= 0 AND mora_pct_month >= 0"
            " AND approved_on IS NOT NULL)",
            name="approved_has_rates",
        ),
        CheckConstraint(
            f"NOT ({_DISBURSED}) OR (disbursed_on IS NOT NULL AND overdue_through IS NOT NULL"
            " AND mora_through IS NOT NULL)",
            name="disbursed_has_date",
        ),
        CheckConstraint("(status = 'RENEGOTIATED') = (renegotiated_on IS NOT NULL)", name="renegotiated_has_date"),
        CheckConstraint("(status = 'RENEGOTIATED') = (charges_end_on IS NOT NULL)", name="renegotiated_has_end"),
        CheckConstraint("(status = 'PAID') = (paid_on IS NOT NULL)", name="paid_has_date"),
        CheckConstraint("(status = 'UNAPPROVED') = (unapproved_on IS NOT NULL)", name="unapproved_has_date"),
        CheckConstraint("(status = 'LOST') = (lost_on IS NOT NULL)", name="lost_has_date"),
        CheckConstraint(
            "total_value_paid >= 0 AND total_value_to_breakeven >= 0 AND total_value_open >= 0"
            " AND total_value_overdue >= 0 AND credit_cents >= 0",
            name="aggregates",
        ),
        Index(None, "client_id"),
        Index(None, "requested_by"),
        Index(None, "decided_by"),
        Index(None, "disbursed_by"),
        Index(None, "parent_id"),
        Index(None, "root_id"),
        Index("ix_requests_status_requested_at", "status", "requested_at"),
        Index("ix_requests_active_client", "client_id", postgresql_where=text("status = 'ACTIVE'")),
        # Room on each page lets the nightly updates stay on it, without a new entry in every index.
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    status: Mapped[str] = mapped_column(default=RequestStatus.OPEN)
    principal_cents: Mapped[int]
    plan: Mapped[str]
    step: Mapped[str]
    instalment_count: Mapped[int]
    rate_pct: Mapped[Decimal]
    first_due_date: Mapped[date]
    skip_sundays: Mapped[bool] = mapped_column(default=False)
    skip_holidays: Mapped[bool] = mapped_column(default=False)
    late_fee_pct: Mapped[Decimal | None]
    mora_pct_month: Mapped[Decimal | None]
    effective_annual_cost_pct: Mapped[Decimal | None]
    note: Mapped[str] = mapped_column(default="")

    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    requested_on: Mapped[date]
    requested_at: Mapped[datetime]
    approved_on: Mapped[date | None]
    unapproved_on: Mapped[date | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str] = mapped_column(default="")
    disbursed_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    disbursed_on: Mapped[date | None]
    disbursed_at: Mapped[datetime | None]
    disbursement_method: Mapped[str | None]
    paid_on: Mapped[date | None]
    renegotiated_on: Mapped[date | None]
    charges_end_on: Mapped[date | None]
    lost_on: Mapped[date | None]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("requests.id"))
    root_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))

    overdue_through: Mapped[date | None]
    overdue_run_id: Mapped[UUID | None]
    mora_through: Mapped[date | None]
    mora_run_id: Mapped[UUID | None]
    charge_run_id: Mapped[UUID | None]

    total_value_paid: Mapped[int] = mapped_column(default=0)
    total_value_to_breakeven: Mapped[int] = mapped_column(default=0)
    total_value_open: Mapped[int] = mapped_column(default=0)
    total_value_overdue: Mapped[int] = mapped_column(default=0)
    credit_cents: Mapped[int] = mapped_column(default=0)
    invoices_paid: Mapped[int] = mapped_column(default=0)
    invoices_open: Mapped[int] = mapped_column(default=0)
    next_due_date: Mapped[date | None]
    overdue_since: Mapped[date | None]
    metrics_updated_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship(lazy="raise")

    @property
    def invoices_count(self) -> int:
        """How many invoices there are: the plan's instalments, a down payment, and what a returned payment added."""
        return max(self.instalment_count, self.invoices_paid + self.invoices_open)
