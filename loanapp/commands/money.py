"""`loanapp reverse`, `waive` and `settle`: the use cases that put money right, for programs and for emergencies.

Each takes an `--id`: sent again with it, the same order is carried out once.
"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import click

from domain.adjustments import WAIVABLE
from domain.calendar import format_date
from domain.history import Component
from domain.money import Money, format_brl
from domain.payments import PaymentMethod
from domain.permissions import TERMINAL
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json
from loanapp.commands.orders import JSON, METHOD, ORDER_ID, PREVIEW, REASON, request_id
from loanapp.commands.statement import statement_of
from loanapp.queries.reversals import ReversalEffect, payment_id_of, reversal_effect
from loanapp.queries.settlements import SettlementOf, SettlementQuote, settlement_quote
from loanapp.services.reversals import ReversePayment, reverse_payment
from loanapp.services.settlements import SettleEarly, settle_early
from loanapp.services.waivers import Waive
from loanapp.services.waivers import waive as waive_charges

_BACKDATED = "Registrado pelo terminal com data anterior."


@click.command(short_help="Reverse a payment.")
@click.argument("payment", type=NUMBER)
@click.option("--reason", default="", help="Why; kept for ever, beside both rows. Needed unless it is a preview.")
@PREVIEW
@ORDER_ID
@JSON
def reverse(payment: int, reason: str, order_id: UUID | None, *, is_preview: bool, is_json: bool) -> None:
    """Reverse PAYMENT (the number of its receipt): all is counted as if it had never been."""
    with environment.ready():
        moment = clock.moment()
        payment_id = payment_id_of(TERMINAL, moment, payment)
        if payment_id is None:
            raise click.ClickException(f"No payment has the number {payment}.")
        effect = reversal_effect(TERMINAL, moment, payment_id)
        if not is_preview:
            order = ReversePayment(reversal_id=order_id or uuid4(), payment_id=payment_id, reason=reason)
            receipt = reverse_payment(TERMINAL, moment, order)
    told = _told(effect) | (
        {"reversal": None, "is_new": False}
        if is_preview
        else {"reversal": str(receipt.reversal_id), "is_new": receipt.is_new}
    )
    if is_json:
        print_json(told)
        return
    verb = "seria estornado" if is_preview else "estornado" if receipt.is_new else "já estava estornado"
    click.echo(
        f"Recebimento {payment} {verb}: {format_brl(effect.amount_cents)} no empréstimo {effect.request_number}."
        f" Em aberto {format_brl(effect.open_before_cents)} → {format_brl(effect.open_after_cents)}."
    )


def _told(effect: ReversalEffect) -> dict[str, Any]:
    return {
        "payment": effect.number,
        "request": effect.request_number,
        "amount_cents": effect.amount_cents,
        "status_before": effect.status_before,
        "status_after": effect.status_after,
        "open_before_cents": effect.open_before_cents,
        "open_after_cents": effect.open_after_cents,
        "credit_change_cents": effect.credit_change_cents,
        "obstacle": effect.obstacle or None,
        "invoices": [
            {
                "number": invoice.number,
                "status_before": invoice.before.status,
                "status_after": invoice.after.status,
                "open_before_cents": invoice.before.open_cents,
                "open_after_cents": invoice.after.open_cents,
            }
            for invoice in effect.invoices
        ],
    }


@click.command(short_help="Waive late fee or mora.")
@click.argument("request", type=NUMBER)
@click.argument("invoice", type=NUMBER)
@click.option(
    "--component", type=click.Choice([component.value for component in WAIVABLE], case_sensitive=False), required=True
)
@click.option("--amount-cents", type=int, required=True, help="At most what is open of it today, in centavos.")
@REASON
@ORDER_ID
@JSON
def waive(
    request: int, invoice: int, component: str, amount_cents: int, reason: str, order_id: UUID | None, *, is_json: bool
) -> None:
    """Waive an amount of one charge of INVOICE of REQUEST (their numbers)."""
    with environment.ready():
        moment = clock.moment()
        order = Waive(
            waiver_id=order_id or uuid4(),
            request_id=request_id(moment, request),
            lines=((invoice, Component(component), Money(amount_cents)),),
            reason=reason,
        )
        receipt = waive_charges(TERMINAL, moment, order)
        after = statement_of(request, moment.business_date)[0]
    if is_json:
        print_json(
            {
                "waiver": str(receipt.waiver_id),
                "request": request,
                "invoice": invoice,
                "component": component,
                "amount_cents": receipt.amount.cents,
                "is_new": receipt.is_new,
                "total_open_cents": after["total_open_cents"],
            }
        )
        return
    known = "" if receipt.is_new else " (já registrada)"
    click.echo(
        f"Dispensa{known} de {format_brl(receipt.amount)} na parcela {invoice} do empréstimo {request}."
        f" Em aberto {format_brl(after['total_open_cents'])}."
    )


@click.command(short_help="Settle a request early, or show what would.")
@click.argument("request", type=NUMBER)
@click.option("--as-of", type=DATE, help="The day the money came in; else today.")
@click.option("--invoice", "chosen", type=NUMBER, multiple=True, help="Only this one; may be given again. Else all.")
@PREVIEW
@click.option("--expected-cents", type=int, help="What was shown before: refused where it costs something else now.")
@METHOD
@ORDER_ID
@JSON
def settle(
    request: int,
    as_of: date | None,
    chosen: tuple[int, ...],
    expected_cents: int | None,
    method: str,
    order_id: UUID | None,
    *,
    is_preview: bool,
    is_json: bool,
) -> None:
    """Settle open invoices of REQUEST early, less the interest that has not yet run."""
    with environment.ready():
        moment = clock.moment()
        received_on = as_of or moment.business_date
        asked = SettlementOf(request_id=request_id(moment, request), received_on=received_on, chosen=chosen or None)
        quote = settlement_quote(TERMINAL, moment, asked)
        told = _quoted(quote)
        if not is_preview:
            order = SettleEarly(
                payment_id=order_id or uuid4(),
                request_id=asked.request_id,
                received_on=received_on,
                method=PaymentMethod(method),
                expected_total=Money(quote.to_pay_cents if expected_cents is None else expected_cents),
                chosen=asked.chosen,
                note=_BACKDATED if received_on < moment.business_date else "",
            )
            receipt = settle_early(TERMINAL, moment, order)
            told |= {"payment": str(receipt.payment_id), "number": receipt.number, "is_new": receipt.is_new}
    if is_json:
        print_json(told)
        return
    for line in quote.lines:
        click.echo(
            f"Parcela {line.number}, vence {format_date(line.due_date)}: {format_brl(line.open_cents)}"
            f" - juros a vencer {format_brl(line.discount_cents)} = {format_brl(line.to_pay_cents)}"
        )
    done = "Para quitar" if is_preview else "Quitado"
    click.echo(f"{done} em {format_date(received_on)}: {format_brl(quote.to_pay_cents)}")


def _quoted(quote: SettlementQuote) -> dict[str, Any]:
    return {
        "request": quote.request_number,
        "received_on": quote.received_on.isoformat(),
        "discount_cents": quote.discount_cents,
        "to_pay_cents": quote.to_pay_cents,
        "invoices": [
            {
                "number": line.number,
                "due_date": line.due_date.isoformat(),
                "open_cents": line.open_cents,
                "interest_cents": line.interest_cents,
                "discount_cents": line.discount_cents,
                "to_pay_cents": line.to_pay_cents,
            }
            for line in quote.lines
        ],
    }
