"""`loanapp company` and `loanapp pix`: the company's own settings, and the Pix that pays a loan or an invoice."""

from dataclasses import replace
from datetime import date
from typing import Any

import click

from domain.calendar import format_date
from domain.money import format_brl, format_percent, parse_percent
from domain.permissions import TERMINAL
from domain.pix import shown_key
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json
from loanapp.commands.orders import JSON
from loanapp.queries.company import CompanyShown, company_shown
from loanapp.queries.pix import PixOf, pix_of
from loanapp.services import company as services
from loanapp.services.company import AddHoliday, ChangeCharges, ChangeCompany, ChangePix, SkipChargeOnHolidays

_NAMES = {
    "name": "Nome",
    "tax_id": "CNPJ ou CPF",
    "address": "Endereço",
    "email": "E-mail",
    "support_channel": "Canal de atendimento",
    "support_hours": "Horário de atendimento",
}


@click.group(short_help="Who lends, late charges, holidays, Pix.")
def company() -> None:
    """Show and change who lends, the late charges, the holidays and the Pix key."""


@company.command("show")
@JSON
def show_company(*, is_json: bool) -> None:
    """Show the settings as they stand."""
    with environment.ready():
        shown = company_shown(TERMINAL, clock.moment(), None)
    if is_json:
        print_json(_told(shown))
        return
    for name, word in _NAMES.items():
        click.echo(f"{word}: {getattr(shown, name) or '—'}")
    click.echo(f"Multa: {format_percent(shown.late_fee_pct.normalize())}%")
    click.echo(f"Mora: {format_percent(shown.mora_pct_month.normalize())}% ao mês")
    click.echo(f"Chave Pix: {shown_key(shown.pix_key) or '—'} {shown.pix_city}".rstrip())
    click.echo(f"Cobrança em feriados: {'não' if shown.skips_charge_on_holidays else 'sim'}")
    for line in shown.holidays:
        click.echo(f"Feriado: {format_date(line.day)} {line.name}")


@company.command("set")
@click.option("--name", help="The name that texts and papers say.")
@click.option("--tax-id", help="The CNPJ, or the CPF of a person who lends.")
@click.option("--address", help="Street, number, city, state.")
@click.option("--email", help="The electronic address that papers name; empty for none.")
@click.option("--support-channel", help="How borrowers reach somebody.")
@click.option("--support-hours", help="When they do.")
def set_company(**typed: str | None) -> None:
    """Change who lends; what is not given stays."""
    with environment.ready():
        moment = clock.moment()
        shown = company_shown(TERMINAL, moment, None)
        order = ChangeCompany(**{name: getattr(shown, name) for name in _NAMES})
        given = {name: value for name, value in typed.items() if value is not None}
        services.change_company(TERMINAL, moment, replace(order, **given))
    click.echo("Empresa alterada.")


@company.command("charges")
@click.argument("late_fee")
@click.argument("mora")
@click.option("--reason", default="", help="Why they are above what a person (CPF) may be charged, 2 and 1 percent.")
def set_charges(late_fee: str, mora: str, reason: str) -> None:
    """Set the LATE_FEE and the MORA a month, in percent, of the loans approved from now on."""
    order = ChangeCharges(late_fee_pct=parse_percent(late_fee), mora_pct_month=parse_percent(mora), reason=reason)
    with environment.ready():
        services.change_charges(TERMINAL, clock.moment(), order)
    click.echo("Encargos alterados. Valem para empréstimos aprovados a partir de agora.")


@company.command("holiday")
@click.argument("day", type=DATE)
@click.argument("name")
def add_holiday(day: date, name: str) -> None:
    """Add DAY to the company's holidays; what falls due on it moves, unless it is due already."""
    with environment.ready():
        services.add_holiday(TERMINAL, clock.moment(), AddHoliday(day=day, name=name))
    click.echo(f"Feriado incluído: {format_date(day)}, {name}.")


@company.command("charge-on-holidays")
@click.argument("wanted", metavar="on|off", type=click.Choice(["on", "off"]))
def charge_on_holidays(wanted: str) -> None:
    """Let the charge cycle run on holidays (on), or not (off); at weekends it never runs."""
    with environment.ready():
        services.skip_charge_on_holidays(TERMINAL, clock.moment(), SkipChargeOnHolidays(is_on=wanted == "off"))
    click.echo(f"Cobrança em feriados: {'não' if wanted == 'off' else 'sim'}.")


@company.command("pix")
@click.argument("key")
@click.argument("city", default="")
def set_pix(key: str, city: str) -> None:
    """Set the KEY on which the company receives, and the CITY that payers see; an empty KEY ends the Pix by code."""
    with environment.ready():
        services.change_pix(TERMINAL, clock.moment(), ChangePix(pix_key=key, pix_city=city))
    click.echo("Chave Pix alterada.")


@click.command(short_help="Show the Pix that pays a loan or an invoice today.")
@click.argument("request", type=NUMBER)
@click.option("--invoice", type=NUMBER, help="Only this invoice of the loan.")
@click.option("--all", "is_whole", is_flag=True, help="All that is open, not only what is due.")
@JSON
def pix(request: int, invoice: int | None, *, is_whole: bool, is_json: bool) -> None:
    """Show the Pix "copia e cola" of today's total of REQUEST: of what is due, or else of the next invoice."""
    with environment.ready():
        order = PixOf(request_number=request, invoice_number=invoice, is_whole=is_whole)
        shown = pix_of(TERMINAL, clock.moment(), order)
    if shown is None:
        raise click.ClickException("Nothing is to be paid, or the company has no Pix key (loanapp company pix).")
    if is_json:
        print_json(
            {
                "request": request,
                "invoice": invoice,
                "amount_cents": shown.amount.cents,
                "valid_until": shown.valid_until.isoformat(),
                "copy_and_paste": shown.copy_and_paste,
            }
        )
        return
    click.echo(f"{format_brl(shown.amount)}, válido até {format_date(shown.valid_until)}")
    click.echo(shown.copy_and_paste)


def _told(shown: CompanyShown) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in _NAMES} | {
        "late_fee_pct": format_percent(shown.late_fee_pct.normalize()).replace(",", "."),
        "mora_pct_month": format_percent(shown.mora_pct_month.normalize()).replace(",", "."),
        "pix_key": shown.pix_key,
        "pix_city": shown.pix_city,
        "skips_charge_on_holidays": shown.skips_charge_on_holidays,
        "holidays": [{"day": line.day.isoformat(), "name": line.name} for line in shown.holidays],
    }
