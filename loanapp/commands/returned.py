"""`loanapp returned`: a payment that failed after its request was renegotiated is owed again, for programs."""

from uuid import UUID, uuid4

import click

from domain.money import format_brl
from domain.permissions import TERMINAL
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import NUMBER, print_json
from loanapp.commands.orders import JSON, ORDER_ID, REASON
from loanapp.queries.payment_record import payment_record
from loanapp.services.returns import ReturnPayment, return_payment
from loanapp.services.reversals import ReverseReturn, reverse_return


@click.command(short_help="Say that a payment of a renegotiated request failed.")
@click.argument("payment", type=NUMBER)
@click.option("--undo", "is_undone", is_flag=True, help="It did not fail after all: cancel the invoice that it added.")
@REASON
@ORDER_ID
@JSON
def returned(payment: int, reason: str, order_id: UUID | None, *, is_undone: bool, is_json: bool) -> None:
    """Owe again, on the newest request of the chain, what PAYMENT (the number of its receipt) had settled."""
    with environment.ready():
        moment = clock.moment()
        record = payment_record(TERMINAL, moment, payment)
        if is_undone:
            if record.returned is None:
                raise click.ClickException(f"Payment {payment} is not returned.")
            undo = ReverseReturn(reversal_id=order_id or uuid4(), return_id=record.returned.return_id, reason=reason)
            told = {"payment": payment, "reversal": str(reverse_return(TERMINAL, moment, undo).reversal_id)}
            sentence = f"Devolução do recebimento {payment} desfeita."
        else:
            order = ReturnPayment(return_id=order_id or uuid4(), payment_id=record.payment_id, reason=reason)
            receipt = return_payment(TERMINAL, moment, order)
            told = {
                "payment": payment,
                "return": str(receipt.return_id),
                "request": receipt.request_number,
                "invoice": receipt.invoice_number,
                "amount_cents": receipt.amount.cents,
                "is_new": receipt.is_new,
            }
            sentence = (
                f"Recebimento {payment} devolvido: {format_brl(receipt.amount)} na parcela {receipt.invoice_number} do"
                f" empréstimo {receipt.request_number}."
            )
    if is_json:
        print_json(told)
        return
    click.echo(sentence)
