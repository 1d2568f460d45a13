"""Use cases of the company's own settings: who lends, on what late charges, its Pix key and its extra holidays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import case, select, update

from domain.calendar import BusinessCalendar
from domain.charges import check_rates
from domain.clients import ClientKind, TaxId, optional_text, required_text
from domain.emails import parse_email
from domain.errors import Checks
from domain.permissions import Permission
from domain.pix import parse_key
from loanapp.models import locks
from loanapp.models.company import CompanySettings, Holiday
from loanapp.models.contracts import company_holidays
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

ADDRESS_LENGTH_MAXIMUM = 200
REASON_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class ChangeCompany:
    """Set who lends. `email` is its electronic address, which papers name (CDC 54-B); it may be empty."""

    name: str
    tax_id: str
    address: str
    support_channel: str
    support_hours: str
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeCharges:
    """Set the late charges of the requests approved from now on, in percent; contracts don't change.

    Above what a person (CPF) may be charged they need a reason.
    """

    late_fee_pct: Decimal
    mora_pct_month: Decimal
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangePix:
    """Set the key on which the company receives and the city that payers see; an empty key ends the Pix by code."""

    pix_key: str
    pix_city: str


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
    """Write who lends, the first time (with the usual late charges) or again."""
    checks = Checks()
    tax_id = checks.take("tax_id", TaxId.parse, command.tax_id)
    columns: dict[str, Any] = {
        "name": checks.take("name", required_text, command.name),
        "address": checks.take("address", required_text, command.address, length_maximum=ADDRESS_LENGTH_MAXIMUM),
        "email": checks.take("email", parse_email, command.email) if command.email.strip() else "",
        "support_channel": checks.take("support_channel", required_text, command.support_channel),
        "support_hours": checks.take("support_hours", required_text, command.support_hours),
    }
    checks.finish()
    assert tax_id is not None
    columns["tax_id"] = tax_id.text
    _write(tx, "company.changed", columns)


@use_case(Permission.COMPANY_MANAGE)
def change_charges(tx: Tx, command: ChangeCharges) -> None:
    """Write the late charges; raise `rates.*` for rates beyond a person's limits without a reason, or a company's."""
    checks = Checks()
    reason = checks.take("reason", optional_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM) or ""
    checks.finish()
    rates = {"late_fee_pct": command.late_fee_pct, "mora_pct_month": command.mora_pct_month}
    for kind in (ClientKind.COMPANY, ClientKind.PERSON):
        check_rates(kind, **rates, is_override_allowed=bool(reason))
    _write(tx, "company.charges_changed", rates, reason=reason)


@use_case(Permission.COMPANY_MANAGE)
def change_pix(tx: Tx, command: ChangePix) -> None:
    """Write the key as banks register it and the city; raise PixKeyNotUnderstood, or TextMissing for the city."""
    columns = {"pix_key": "", "pix_city": ""}
    if command.pix_key.strip():
        checks = Checks()
        key = checks.take("pix_key", parse_key, command.pix_key)
        city = checks.take("pix_city", required_text, command.pix_city)
        checks.finish()
        columns = {"pix_key": key or "", "pix_city": city or ""}
    _write(tx, "company.pix_changed", columns)


@use_case(Permission.COMPANY_MANAGE)
def skip_charge_on_holidays(tx: Tx, command: SkipChargeOnHolidays) -> None:
    """Say whether the `charge` cycle stays away on holidays; dates that were closed stay as they are."""
    _write(tx, "company.changed", {"skips_charge_on_holidays": command.is_on})


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


def _write(tx: Tx, action: str, columns: Mapping[str, Any], *, reason: str = "") -> None:
    """Write some columns of the company's row; values that hold already change nothing.

    The chain's lock comes first: of two administrators, the second sees what the first one wrote.
    """
    locks.system_chain(tx.session)
    company = tx.session.get(CompanySettings, 1)
    before = {name: getattr(company, name) for name in columns} if company else {}
    if before == columns:
        return
    if company is None:
        company = CompanySettings(id=1)
        tx.session.add(company)
    for name, value in columns.items():
        setattr(company, name, value)
    company.updated_at = tx.now
    _audit.note(tx, None, action, "company", 1, before=before, after=columns, reason=reason)
