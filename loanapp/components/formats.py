"""How amounts, dates and instants are written: in the browser for tables (Intl with locale and zone), here for text.

The browser's own zone never matters: a date is formatted as UTC, an instant in America/Sao_Paulo.
"""

from datetime import date, datetime
from decimal import Decimal

import reflex as rx
from reflex.vars import FunctionStringVar

from domain.money import format_brl
from loanapp.settings import SAO_PAULO

_NOT_APPLICABLE = "—"
_BRL = FunctionStringVar.create(
    "((c)=>c==null?'—':new Intl.NumberFormat('pt-BR',{style:'currency',currency:'BRL'})"
    ".format(c/100).replace('-','\\u2212'))"
)
_DATE = FunctionStringVar.create(
    "((v)=>v?new Intl.DateTimeFormat('pt-BR',{dateStyle:'short',timeZone:'UTC'}).format(new Date(v)):'—')"
)
_INSTANT = FunctionStringVar.create(
    "((v)=>v?new Intl.DateTimeFormat('pt-BR',{dateStyle:'short',timeStyle:'short',"
    "timeZone:'America/Sao_Paulo'}).format(new Date(v)).replace(',',''):'—')"
)
_COUNT = FunctionStringVar.create("((n)=>n==null?'—':new Intl.NumberFormat('pt-BR').format(n))")


def brl(cents: rx.Var) -> rx.Var[str]:
    """Format centavos in the browser: `R$ 1.234,56`; `—` for none."""
    return _BRL.call(cents).to(str)


def day(iso_date: rx.Var) -> rx.Var[str]:
    """Format an ISO date in the browser: `22/07/2025`; `—` for none."""
    return _DATE.call(iso_date).to(str)


def instant(iso_instant: rx.Var) -> rx.Var[str]:
    """Format an ISO instant in the browser: `22/07/2025 14:02` in São Paulo; `—` for none."""
    return _INSTANT.call(iso_instant).to(str)


def count(number: rx.Var) -> rx.Var[str]:
    """Format a whole number in the browser: `1.234`."""
    return _COUNT.call(number).to(str)


def brl_text(cents: int | None) -> str:
    """Write centavos: `R$ 1.234,56` with a space that does not break, a true minus sign, `—` for none."""
    if cents is None:
        return _NOT_APPLICABLE
    return format_brl(cents).replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


def date_text(value: date | None) -> str:
    """Write a date: `22/07/2025`."""
    return f"{value:%d/%m/%Y}" if value else _NOT_APPLICABLE


def weekday_text(value: date) -> str:
    """Write a date with its weekday: `22/07/2025 (ter)`."""
    return f"{value:%d/%m/%Y} ({('seg', 'ter', 'qua', 'qui', 'sex', 'sáb', 'dom')[value.weekday()]})"


def instant_text(value: datetime | None) -> str:
    """Write an instant as São Paulo's clock shows it: `22/07/2025 14:02`."""
    return f"{value.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}" if value else _NOT_APPLICABLE


def count_text(number: int) -> str:
    """Write a whole number: `1.234`."""
    return f"{number:,}".replace(",", ".")


def counted(number: int, singular: str, plural: str) -> str:
    """Write a number with its noun: `1 parcela`, `38 parcelas`."""
    return f"{count_text(number)} {singular if number == 1 else plural}"


def percent_text(value: Decimal) -> str:
    """Write a percentage with at least two decimals: `4,50%`."""
    whole, _, part = f"{value.normalize():f}".partition(".")
    return f"{whole},{part.ljust(2, '0')}%"


def days_text(days: int) -> str:
    """Write how long something is overdue: `12 dias em atraso`."""
    return f"{counted(days, 'dia', 'dias')} em atraso"
