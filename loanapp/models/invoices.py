"""Invoices: one row per instalment of a disbursed request, with the inputs from which its charges are assigned.

There is no row per invoice per day: mora is assigned as of a date from `mora_frozen_cents`, `mora_remaining_base_cents`
and `mora_since`, the late fee from `late_fee_base_cents` (money.md §3).
"""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.invoices import InvoiceStatus
from loanapp.models.base import Base, one_of
from loanapp.models.requests import Request


class Invoice(Base):
    """One instalment. `open_cents` is what is still owed of it: nothing once it is renegotiated or cancelled.

    `waived_cents` is all that was taken off, the waived parts of late fee and mora among it.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        one_of("status", InvoiceStatus),
        UniqueConstraint("request_id", "number"),
        CheckConstraint("principal_cents >= 0 AND interest_cents >= 0", name="parts"),
        CheckConstraint("original_cents = principal_cents + interest_cents AND original_cents > 0", name="original"),
        CheckConstraint("effective_due_date >= due_date", name="dates"),
        CheckConstraint("mora_base_cents BETWEEN 0 AND original_cents", name="mora_base"),
        CheckConstraint("mora_remaining_base_cents BETWEEN 0 AND mora_base_cents", name="mora_remaining_base"),
        CheckConstraint("late_fee_base_cents BETWEEN 0 AND original_cents", name="late_fee_base"),
        CheckConstraint("late_fee_cents >= 0 AND mora_cents >= 0 AND mora_frozen_cents >= 0", name="charges"),
        CheckConstraint(
            "paid_cents >= 0 AND waived_cents >= 0"
            " AND paid_cents + waived_cents <= original_cents + late_fee_cents + mora_cents",
            name="never_over",
        ),
        CheckConstraint(
            "waived_late_fee_cents BETWEEN 0 AND late_fee_cents AND waived_mora_cents BETWEEN 0 AND mora_cents"
            " AND waived_late_fee_cents + waived_mora_cents <= waived_cents",
            name="waived_charges",
        ),
        CheckConstraint(
            "(status = 'PAID') = (status NOT IN ('RENEGOTIATED', 'CANCELLED')"
            " AND paid_cents + waived_cents = original_cents + late_fee_cents + mora_cents)",
            name="paid_when_nothing_open",
        ),
        CheckConstraint("(status = 'PAID') = (paid_on IS NOT NULL)", name="paid_has_date"),
        Index(
            "ix_invoices_unsettled_effective_due_date",
            "effective_due_date",
            "id",
            postgresql_where=text("status IN ('OPEN', 'UNPAID')"),
        ),
        # What the cycles look at: of a contract, what is unsettled and was due before a date.
        Index(
            "ix_invoices_unsettled_request_id",
            "request_id",
            "effective_due_date",
            postgresql_where=text("status IN ('OPEN', 'UNPAID')"),
        ),
        Index("ix_invoices_effective_due_date", "effective_due_date", "id"),
        # Room on each page lets the nightly updates stay on it, without a new entry in every index.
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id))
    number: Mapped[int]
    due_date: Mapped[date]
    effective_due_date: Mapped[date]
    status: Mapped[str] = mapped_column(default=InvoiceStatus.OPEN)
    principal_cents: Mapped[int]
    interest_cents: Mapped[int]
    original_cents: Mapped[int]
    late_fee_base_cents: Mapped[int]
    late_fee_cents: Mapped[int] = mapped_column(default=0)
    mora_base_cents: Mapped[int]
    mora_remaining_base_cents: Mapped[int]
    mora_frozen_cents: Mapped[int] = mapped_column(default=0)
    mora_since: Mapped[date]
    mora_cents: Mapped[int] = mapped_column(default=0)
    waived_cents: Mapped[int] = mapped_column(default=0)
    waived_late_fee_cents: Mapped[int] = mapped_column(default=0)
    waived_mora_cents: Mapped[int] = mapped_column(default=0)
    paid_cents: Mapped[int] = mapped_column(default=0)
    paid_on: Mapped[date | None]
    open_cents: Mapped[int] = mapped_column(
        Computed(
            "CASE WHEN status IN ('RENEGOTIATED', 'CANCELLED') THEN 0"
            " ELSE original_cents + late_fee_cents + mora_cents - waived_cents - paid_cents END",
            persisted=True,
        )
    )
