"""The lender's own settings (one row) and its table of extra holidays."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loanapp.models.base import Base


class CompanySettings(Base):
    """Who lends and on what terms; the rates are copied to a request when it is approved (money.md §3)."""

    __tablename__ = "company_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("late_fee_pct >= 0 AND mora_pct_month >= 0", name="rates"),
        CheckConstraint("retention_years BETWEEN 1 AND 30", name="retention"),
        CheckConstraint("remainder_waive_cents >= 0", name="remainder"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    tax_id: Mapped[str]
    address: Mapped[str]
    support_channel: Mapped[str]
    support_hours: Mapped[str]
    late_fee_pct: Mapped[Decimal]
    mora_pct_month: Mapped[Decimal]
    is_second_factor_required: Mapped[bool] = mapped_column(default=False)
    retention_years: Mapped[int] = mapped_column(default=5)
    remainder_waive_cents: Mapped[int] = mapped_column(default=100)
    skips_charge_on_holidays: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]


class Holiday(Base):
    """A day on which this company does not do business, beyond the national bank holidays."""

    __tablename__ = "holidays"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
