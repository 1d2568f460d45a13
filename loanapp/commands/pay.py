"""`loanapp pay`: the use case of the form, for programs: the same id is the same payment, and the same receipt."""

from datetime import date
from uuid import UUID, uuid4

import click

from domain.money import Money, format_brl
from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import SYSTEM, TERMINAL
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json
from loanapp.commands.statement import no_request, statement_of
from loanapp.queries.statements import request_id_of
from loanapp.services.payments import RegisterPayment, register_payment

# A program that names an earlier day knows why; the book asks for words all the same.
_BACKDATED = "Registrado pelo terminal com data anterior."


@click.command(short_help="Register a payment.")
@click.argument("request", type=NUMBER)
@click.option("--amount-cents", type=int, required=True, help="What was received, in centavos.")
@click.option(
    "--method",
    type=click.Choice([method.value for method in RECEIVED_METHODS], case_sensitive=False),
    default=PaymentMethod.PIX.value,
    show_default=True,
)
@click.option("--received-on", type=DATE, help="The day the money came in; else today.")
@click.option("--note", default="", help="Why, where the day is an earlier one; else anything worth keeping.")
@click.option("--id", "payment_id", type=click.UUID, help="Sent again, it is the same payment; else a new one.")
@click.option("--json", "is_json", is_flag=True, help="One JSON document. Amounts in centavos.")
def pay(
    request: int,
    amount_cents: int,
    method: str,
    received_on: date | None,
    note: str,
    payment_id: UUID | None,
    *,
    is_json: bool,
) -> None:
    """Register a payment of REQUEST (its number) and print its receipt."""
    with environment.ready():
        moment = clock.moment()
        request_id = request_id_of(SYSTEM, moment, request)
        if request_id is None:
            raise no_request(request, moment.business_date)
        order = RegisterPayment(
            payment_id=payment_id or uuid4(),
            request_id=request_id,
            amount=Money(amount_cents),
            method=PaymentMethod(method),
            received_on=received_on or moment.business_date,
            note=note or (_BACKDATED if received_on and received_on < moment.business_date else ""),
        )
        receipt = register_payment(TERMINAL, moment, order)
        after = statement_of(request, moment.business_date)[0]
    if is_json:
        print_json(
            {
                "payment": str(receipt.payment_id),
                "number": receipt.number,
                "request": request,
                "amount_cents": receipt.amount.cents,
                "received_on": receipt.received_on.isoformat(),
                "is_new": receipt.is_new,
                "total_open_cents": after["total_open_cents"],
                "credit_cents": after["credit_cents"],
            }
        )
        return
    known = "" if receipt.is_new else " (já registrado)"
    click.echo(
        f"Recebimento {receipt.number}{known}: {format_brl(receipt.amount)} no empréstimo {request}."
        f" Em aberto {format_brl(after['total_open_cents'])}, crédito {format_brl(after['credit_cents'])}."
    )
