"""The lender's own settings (one row) and its table of extra holidays."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.pix import PixReceiver
from loanapp.models.base import Base

# The usual late charges, which are also the most that the law allows for a person (brazil.md §2).
USUAL_LATE_FEE_PCT = Decimal(2)
USUAL_MORA_PCT_MONTH = Decimal(1)


class CompanySettings(Base):
    """Who lends and on what terms; the rates are copied to a request when it is approved (money.md §3).

    `email` is the electronic address of its papers; without `pix_key` it takes no Pix by code.
    """

    __tablename__ = "company_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("late_fee_pct >= 0 AND mora_pct_month >= 0", name="rates"),
        CheckConstraint("retention_years BETWEEN 1 AND 30", name="retention"),
        CheckConstraint("remainder_waive_cents >= 0", name="remainder"),
        CheckConstraint("pix_key = '' OR pix_city <> ''", name="pix_has_city"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    tax_id: Mapped[str]
    address: Mapped[str]
    support_channel: Mapped[str]
    support_hours: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    late_fee_pct: Mapped[Decimal] = mapped_column(default=USUAL_LATE_FEE_PCT)
    mora_pct_month: Mapped[Decimal] = mapped_column(default=USUAL_MORA_PCT_MONTH)
    pix_key: Mapped[str] = mapped_column(default="")
    pix_city: Mapped[str] = mapped_column(default="")
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


def pix_receiver(session: Session) -> PixReceiver | None:
    """Return who receives a Pix, or None while the company has no key."""
    company = session.get(CompanySettings, 1)
    if company is None or not company.pix_key:
        return None
    return PixReceiver(key=company.pix_key, name=company.name, city=company.pix_city)
