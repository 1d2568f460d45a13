"""Use cases of the company's own settings: who lends, on what late charges, and its extra holidays."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import case, select, update

from domain.calendar import BusinessCalendar
from domain.clients import TaxId, required_text
from domain.errors import Checks
from domain.money import PercentNegative, PercentTooLarge
from domain.permissions import Permission
from loanapp.models import locks
from loanapp.models.company import CompanySettings, Holiday
from loanapp.models.contracts import company_holidays
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

ADDRESS_LENGTH_MAXIMUM = 200
PERCENT_MAXIMUM = 100


@dataclass(frozen=True, kw_only=True)
class ChangeCompany:
    """Set who lends and the late charges of the requests approved from now on; contracts don't change."""

    name: str
    tax_id: str
    address: str
    support_channel: str
    support_hours: str
    late_fee_pct: Decimal
    mora_pct_month: Decimal


@dataclass(frozen=True, kw_only=True)
class AddHoliday:
    """Add a day on which this company does not do business; invoices already made keep their dates."""

    day: date
    name: str


@dataclass(frozen=True, kw_only=True)
class SkipChargeOnHolidays:
    """Whether reminders are queued on holidays; at weekends they never are."""

    is_on: bool


@use_case(Permission.COMPANY_MANAGE)
def change_company(tx: Tx, command: ChangeCompany) -> None:
    """Write the company's row, the first time or again."""
    checks = Checks()
    tax_id = checks.take("tax_id", TaxId.parse, command.tax_id)
    columns: dict[str, object] = {
        "name": checks.take("name", required_text, command.name),
        "address": checks.take("address", required_text, command.address, length_maximum=ADDRESS_LENGTH_MAXIMUM),
        "support_channel": checks.take("support_channel", required_text, command.support_channel),
        "support_hours": checks.take("support_hours", required_text, command.support_hours),
        "late_fee_pct": checks.take("late_fee_pct", _rate, command.late_fee_pct),
        "mora_pct_month": checks.take("mora_pct_month", _rate, command.mora_pct_month),
    }
    checks.finish()
    assert tax_id is not None
    columns["tax_id"] = tax_id.text
    company = tx.session.get(CompanySettings, 1)
    before = {name: getattr(company, name) for name in columns} if company else {}
    if company is None:
        company = CompanySettings(id=1)
        tx.session.add(company)
    for name, value in columns.items():
        setattr(company, name, value)
    company.updated_at = tx.now
    _audit.note(tx, None, "company.changed", "company", 1, before=before, after=columns)


@use_case(Permission.COMPANY_MANAGE)
def skip_charge_on_holidays(tx: Tx, command: SkipChargeOnHolidays) -> None:
    """Say whether the `charge` cycle stays away on holidays; dates that were closed stay as they are."""
    company = tx.session.get_one(CompanySettings, 1)
    before = company.skips_charge_on_holidays
    if before == command.is_on:
        return
    company.skips_charge_on_holidays, company.updated_at = command.is_on, tx.now
    _audit.note(
        tx, None, "company.changed", "company", 1,
        before={"skips_charge_on_holidays": before}, after={"skips_charge_on_holidays": command.is_on},
    )  # fmt: skip


@use_case(Permission.COMPANY_MANAGE)
def add_holiday(tx: Tx, command: AddHoliday) -> None:
    """Add a holiday to the company's table; the same day again renames it.

    Invoices that would fall due on it move to the next business day, unless they are due already (money.md §1).
    """
    checks = Checks()
    name = checks.take("name", required_text, command.name)
    checks.finish()
    # The clients' locks come first: whoever pays one of these invoices meanwhile waits, or is waited for.
    moved = locks.invoices_due_on(tx.session, command.day) if command.day > tx.business_date else []
    tx.session.merge(Holiday(day=command.day, name=name))
    tx.session.flush()
    effective = BusinessCalendar(company_holidays(tx.session)).effective(command.day)
    tx.session.execute(
        update(Invoice)
        .where(Invoice.id.in_(moved))
        .values(
            effective_due_date=effective,
            mora_since=case((Invoice.paid_on.is_(None), effective), else_=Invoice.mora_since),
        )
    )
    owners = select(Invoice.request_id).where(Invoice.id.in_(moved))
    tx.session.execute(
        update(Request)
        .where(Request.id.in_(owners), Request.next_due_date == command.day)
        .values(next_due_date=effective, metrics_updated_at=tx.now)
    )
    facts = {"name": name, "invoices_moved": len(moved), "moved_to": effective.isoformat()}
    _audit.note(tx, None, "company.holiday_added", "holiday", command.day.isoformat(), after=facts)


def _rate(percent: Decimal) -> Decimal:
    if percent < 0:
        raise PercentNegative
    if percent > PERCENT_MAXIMUM:
        raise PercentTooLarge(maximum=PERCENT_MAXIMUM)
    return percent
