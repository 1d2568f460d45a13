"""The company's own settings, as the page Configurações shows them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from domain.permissions import Permission
from loanapp.models.company import CompanySettings, Holiday
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class HolidayLine:
    """A day on which the company does no business."""

    day: date
    name: str


@dataclass(frozen=True, kw_only=True)
class CompanyShown:
    """Who lends, the late charges in percent, the Pix key, and the company's holidays, the next ones first.

    `holidays` are those from today on in order, then those that passed, the latest first.
    """

    name: str
    tax_id: str
    address: str
    email: str
    support_channel: str
    support_hours: str
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    pix_key: str
    pix_city: str
    skips_charge_on_holidays: bool
    holidays: tuple[HolidayLine, ...]
    today: date


@query(Permission.COMPANY_MANAGE)
def company_shown(tx: Tx, _parameters: None) -> CompanyShown:
    """Return the settings; every installation has the row before anybody signs in.  Two statements."""
    company = tx.session.get_one(CompanySettings, 1)
    rows = tx.session.execute(select(Holiday.day, Holiday.name).order_by(Holiday.day))
    lines = [HolidayLine(day=row.day, name=row.name) for row in rows]
    to_come = [line for line in lines if line.day >= tx.business_date]
    passed = [line for line in lines if line.day < tx.business_date]
    return CompanyShown(
        name=company.name,
        tax_id=company.tax_id,
        address=company.address,
        email=company.email,
        support_channel=company.support_channel,
        support_hours=company.support_hours,
        late_fee_pct=company.late_fee_pct,
        mora_pct_month=company.mora_pct_month,
        pix_key=company.pix_key,
        pix_city=company.pix_city,
        skips_charge_on_holidays=company.skips_charge_on_holidays,
        holidays=(*to_come, *reversed(passed)),
        today=tx.business_date,
    )
