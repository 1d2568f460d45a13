"""`loanapp due-date`, `credit`, `refund` and `lost`: the rest of what puts a loan right, for programs and emergencies.

Each takes an `--id`: sent again with it, the same order is carried out once.
"""

from datetime import date
from uuid import UUID, uuid4

import click

from domain.calendar import format_date
from domain.money import Money, format_brl
from domain.payments import REFUND_METHODS, PaymentMethod
from domain.permissions import TERMINAL
from domain.requests import RequestMoved, RequestStatus
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json
from loanapp.commands.orders import JSON, ORDER_ID, REASON, request_id
from loanapp.commands.statement import statement_of
from loanapp.queries.numbers import InvoiceOf, client_id_of, invoice_id_of
from loanapp.services.approvals import MarkLost, mark_lost
from loanapp.services.credits import RefundCredit, UseCredit, refund_credit
from loanapp.services.credits import use_credit as pay_with_credit
from loanapp.services.due_dates import ChangeDueDate, change_due_date


@click.command("due-date", short_help="Move the due date of an invoice.")
@click.argument("request", type=NUMBER)
@click.argument("invoice", type=NUMBER)
@click.option("--to", "due_date", type=DATE, required=True, help="The new due date.")
@REASON
@ORDER_ID
@JSON
def due_date(request: int, invoice: int, due_date: date, reason: str, order_id: UUID | None, *, is_json: bool) -> None:
    """Move the due date of INVOICE of REQUEST (their numbers): late fee and mora count from the new one throughout."""
    with environment.ready():
        moment = clock.moment()
        invoice_id = invoice_id_of(TERMINAL, moment, InvoiceOf(request_id=request_id(moment, request), number=invoice))
        if invoice_id is None:
            raise click.ClickException(f"Request {request} has no invoice {invoice}.")
        order = ChangeDueDate(change_id=order_id or uuid4(), invoice_id=invoice_id, due_date=due_date, reason=reason)
        changed = change_due_date(TERMINAL, moment, order)
        after = statement_of(request, moment.business_date)[0]
    if is_json:
        print_json(
            {
                "change": str(changed.change_id),
                "request": request,
                "invoice": invoice,
                "due_date": changed.due_date.isoformat(),
                "effective_due_date": changed.effective_due_date.isoformat(),
                "is_new": changed.is_new,
                "total_open_cents": after["total_open_cents"],
            }
        )
        return
    known = "" if changed.is_new else " (já registrado)"
    click.echo(
        f"Vencimento{known} da parcela {invoice} do empréstimo {request}: {format_date(changed.due_date)}."
        f" Em aberto {format_brl(after['total_open_cents'])}."
    )


@click.command(short_help="Pay a request with its client's credit.")
@click.argument("request", type=NUMBER)
@click.option("--amount-cents", type=int, required=True, help="At most the client's credit, and what is open today.")
@click.option("--note", default="", help="Anything worth keeping.")
@ORDER_ID
@JSON
def credit(request: int, amount_cents: int, note: str, order_id: UUID | None, *, is_json: bool) -> None:
    """Use credit of the client of REQUEST (its number) as a payment of today, the oldest credit first."""
    with environment.ready():
        moment = clock.moment()
        order = UseCredit(
            payment_id=order_id or uuid4(),
            request_id=request_id(moment, request),
            amount=Money(amount_cents),
            note=note,
        )
        receipt = pay_with_credit(TERMINAL, moment, order)
        after = statement_of(request, moment.business_date)[0]
    if is_json:
        print_json(
            {
                "payment": str(receipt.payment_id),
                "number": receipt.number,
                "request": request,
                "amount_cents": receipt.amount.cents,
                "is_new": receipt.is_new,
                "total_open_cents": after["total_open_cents"],
            }
        )
        return
    known = "" if receipt.is_new else " (já registrado)"
    click.echo(
        f"Crédito usado{known}: {format_brl(receipt.amount)} no empréstimo {request}, recebimento {receipt.number}."
        f" Em aberto {format_brl(after['total_open_cents'])}."
    )


@click.command(short_help="Pay a client's credit back.")
@click.argument("request", type=NUMBER)
@click.option("--amount-cents", type=int, required=True, help="At most the client's credit, in centavos.")
@click.option(
    "--method",
    type=click.Choice([method.value for method in REFUND_METHODS], case_sensitive=False),
    default=PaymentMethod.PIX.value,
    show_default=True,
)
@REASON
@ORDER_ID
@JSON
def refund(request: int, amount_cents: int, method: str, reason: str, order_id: UUID | None, *, is_json: bool) -> None:
    """Record that credit was paid back today to the client of REQUEST (its number), the oldest credit first."""
    with environment.ready():
        moment = clock.moment()
        client_id = client_id_of(TERMINAL, moment, request_id(moment, request))
        assert client_id is not None, "a request has a client"
        order = RefundCredit(
            refund_id=order_id or uuid4(),
            client_id=client_id,
            amount=Money(amount_cents),
            method=PaymentMethod(method),
            reason=reason,
        )
        receipt = refund_credit(TERMINAL, moment, order)
    if is_json:
        print_json(
            {
                "refund": str(receipt.refund_id),
                "number": receipt.number,
                "request": request,
                "amount_cents": receipt.amount.cents,
                "is_new": receipt.is_new,
            }
        )
        return
    known = "" if receipt.is_new else " (já registrada)"
    click.echo(f"Devolução {receipt.number}{known}: {format_brl(receipt.amount)} ao cliente do empréstimo {request}.")


@click.command(short_help="Write a request off.")
@click.argument("request", type=NUMBER)
@REASON
@JSON
def lost(request: int, reason: str, *, is_json: bool) -> None:
    """Write REQUEST (its number) off as lost: the cycles visit it no more, what still comes in is a recovery.

    Who holds the terminal has no limit, and asks nobody. Sent again, the loan is lost already, and nothing changes.
    """
    with environment.ready():
        moment = clock.moment()
        order = MarkLost(request_id=request_id(moment, request), approval_id=uuid4(), reason=reason)
        is_new = True
        try:
            mark_lost(TERMINAL, moment, order)
        except RequestMoved as refusal:
            if refusal.values["status"] != RequestStatus.LOST:
                raise
            is_new = False
        after = statement_of(request, moment.business_date)[0]
    if is_json:
        print_json(
            {
                "request": request,
                "status": after["status"],
                "is_new": is_new,
                "total_open_cents": after["total_open_cents"],
            }
        )
        return
    verb = "baixado" if is_new else "já estava baixado"
    click.echo(f"Empréstimo {request} {verb} como perda. Em aberto {format_brl(after['total_open_cents'])}.")
