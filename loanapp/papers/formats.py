"""How papers write amounts, dates, instants and identities."""

from datetime import date, datetime
from decimal import Decimal

from domain.calendar import format_date
from domain.clients import Phone, TaxId
from domain.money import format_brl, format_percent
from loanapp.settings import SAO_PAULO


def brl(cents: int | None) -> str:
    """Write centavos: `R$ 1.234,56`, with a space that does not break; nothing for none."""
    return "" if cents is None else format_brl(cents).replace(" ", "\N{NO-BREAK SPACE}")


def day(value: date | str | None) -> str:
    """Write a date, also one in ISO: `22/07/2025`; nothing for none."""
    if not value:
        return ""
    return format_date(date.fromisoformat(value) if isinstance(value, str) else value)


def instant(value: datetime | None) -> str:
    """Write an instant as São Paulo's clock shows it: `22/07/2025 14:02`; nothing for none."""
    return f"{value.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}" if value else ""


def percent(value: Decimal | None) -> str:
    """Write a percentage: `4,50%`; nothing for none."""
    return "" if value is None else f"{format_percent(value)}%"


def tax_id(text: str) -> str:
    """Write a stored CPF or CNPJ in full."""
    return TaxId(text).formatted if text else ""


def phone(e164: str) -> str:
    """Write a stored phone in full."""
    return Phone(e164).formatted if e164 else ""
