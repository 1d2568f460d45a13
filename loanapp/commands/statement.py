"""`loanapp statement`: the replay of a contract or of all, for people or, in the shape of money.md §8, for programs."""

from collections.abc import Iterator
from datetime import date

import click

from domain.calendar import format_date
from domain.money import format_brl
from domain.permissions import SYSTEM
from domain.requests import RequestNotFound
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json
from loanapp.queries.statements import Document, StatementsOf, request_numbers, statements

_REQUESTS_PER_CHUNK = 200
_INVOICE_STATUS = {
    "OPEN": "a vencer",
    "UNPAID": "vencida",
    "PAID": "paga",
    "RENEGOTIATED": "renegociada",
    "CANCELLED": "cancelada",
}
_REQUEST_STATUS = {
    "OPEN": "em análise",
    "APPROVED": "aprovado",
    "ACTIVE": "ativo",
    "PAID": "quitado",
    "RENEGOTIATED": "renegociado",
    "UNAPPROVED": "recusado",
    "LOST": "baixado como perda",
}
_HEADINGS = ("Parc.", "Vencimento", "Situação", "Original", "Multa", "Mora", "Abatido", "Pago", "Em aberto", "Atraso")
_ROW = "{:>5}  {:<10}  {:<11}  {:>15}  {:>12}  {:>12}  {:>12}  {:>15}  {:>15}  {:>6}"


@click.command(short_help="What one contract, or each, owes and has paid.")
@click.argument("request", type=NUMBER, required=False)
@click.option("--all", "is_all", is_flag=True, help="Every request, by number.")
@click.option("--as-of", type=DATE, help="Business date of the statement, past or future; else today.")
@click.option("--json", "is_json", is_flag=True, help="One JSON document; with --all one a line. Amounts in centavos.")
def statement(request: int | None, as_of: date | None, *, is_all: bool, is_json: bool) -> None:
    """Print the statement of REQUEST (its number), or of --all requests, as of a date."""
    if (request is None) is not is_all:
        raise click.UsageError("Give either the number of a request, or --all.")
    with environment.ready():
        day = as_of or clock.moment().business_date
        documents = _all(day) if is_all else iter(statement_of(request or 0, day))
        for document in documents:
            if is_json:
                print_json(document)
            else:
                click.echo(_table(document))


def statement_of(number: int, as_of: date) -> list[Document]:
    """Return the one document of a request; raise a ClickException when there was no such request on that date."""
    try:
        return statements(SYSTEM, clock.moment(), StatementsOf(numbers=(number,), as_of=as_of))
    except RequestNotFound:
        raise no_request(number, as_of) from None


def no_request(number: int, as_of: date) -> click.ClickException:
    """Return the error for a number that no request had on a date."""
    return click.ClickException(
        f"No request had the number {number} on {as_of}: `loanapp statement --all` lists those there are."
    )


def _all(as_of: date) -> Iterator[Document]:
    numbers = request_numbers(SYSTEM, clock.moment(), as_of)
    for start in range(0, len(numbers), _REQUESTS_PER_CHUNK):
        chunk = numbers[start : start + _REQUESTS_PER_CHUNK]
        yield from statements(SYSTEM, clock.moment(), StatementsOf(numbers=chunk, as_of=as_of))


def _table(document: Document) -> str:
    disbursed_on = _day(document["disbursed_on"])
    who = f"{document['client']} · {_REQUEST_STATUS[document['status']]} · posição em {_day(document['as_of'])}"
    rates = f"multa {document['late_fee_pct'] or '-'} % · mora {document['mora_pct_month'] or '-'} % ao mês"
    lines = [
        f"Empréstimo {document['request']} · {who}",
        f"Principal {format_brl(document['principal_cents'])} · liberado em {disbursed_on} · {rates}",
    ]
    if document["invoices"]:
        lines.append(_ROW.format(*_HEADINGS))
    lines.extend(
        _ROW.format(
            invoice["number"],
            _day(invoice["due_date"]),
            _INVOICE_STATUS[invoice["status"]],
            *(format_brl(invoice[f"{name}_cents"]) for name in _AMOUNTS),
            invoice["days_overdue"],
        )
        for invoice in document["invoices"]
    )
    lines.append(
        f"Em aberto {format_brl(document['total_open_cents'])} · pago {format_brl(document['total_value_paid_cents'])}"
        f" · crédito {format_brl(document['credit_cents'])}"
        f" · falta para o ponto de equilíbrio {format_brl(document['total_value_to_breakeven_cents'])}\n"
    )
    return "\n".join(lines)


_AMOUNTS = ("original", "late_fee", "mora", "waived", "paid", "open")


def _day(iso: str | None) -> str:
    return format_date(date.fromisoformat(iso)) if iso else "-"
