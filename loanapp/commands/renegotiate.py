"""`loanapp renegotiate`: terms over the open debt of a request, shown, offered or accepted, for programs.

With `--id` the same offer is made once; the ids of its agreement follow from the offer's, so that it is accepted once.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

import click

from domain.calendar import Step, format_date
from domain.instalments import Plan, PlanTerms
from domain.money import Money, format_brl
from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import TERMINAL
from domain.renegotiations import Offer, RenegotiationStatus
from domain.requests import RequestNotFound
from loanapp import clock
from loanapp.clock import Moment
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json
from loanapp.commands.orders import JSON, ORDER_ID, PREVIEW, request_id
from loanapp.commands.statement import no_request
from loanapp.queries.renegotiations import VALIDITY_DAYS, SimulatorOf, simulator
from loanapp.services.renegotiations import AcceptOffer, DecideOffer, DraftOffer, OfferReceipt, draft_offer, propose
from loanapp.services.renegotiations import accept as accept_offer


class Percent(click.ParamType[Decimal]):
    """A percentage as `12.5`."""

    name = "percent"

    def convert(self, value: str | Decimal, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the percentage, or fail with what is wrong."""
        try:
            return Decimal(value)
        except ArithmeticError:
            self.fail(f"'{value}' is no percentage: write it as 12.5.", param, ctx)


PERCENT = Percent()
FIRST_DUE_AFTER_DAYS = 30


@click.command(short_help="Renegotiate a request: show, offer, or accept.")
@click.argument("request", type=NUMBER)
@click.option("--instalments", "count", type=click.IntRange(1), default=1, show_default=True)
@click.option("--first-due", type=DATE, help="Of the first instalment; else in thirty days.")
@click.option("--step", type=click.Choice([step.value for step in Step]), default=Step.MONTHLY.value, show_default=True)
@click.option("--plan", type=click.Choice([plan.value for plan in Plan]), default=Plan.FLAT.value, show_default=True)
@click.option("--rate-pct", type=PERCENT, default="0", help="Interest percent per step.")
@click.option("--mora-discount-pct", type=PERCENT, default="0", help="Percent of the mora that is let go.")
@click.option("--late-fee-discount-pct", type=PERCENT, default="0", help="Percent of the late fees that is let go.")
@click.option("--original-discount-pct", type=PERCENT, default="0", help="Percent of the rest that is let go.")
@click.option("--down-payment-cents", type=click.IntRange(0), default=0, help="Paid with the agreement, in centavos.")
@click.option(
    "--down-payment-method",
    type=click.Choice([method.value for method in RECEIVED_METHODS], case_sensitive=False),
    default=PaymentMethod.PIX.value,
    show_default=True,
)
@click.option("--valid-days", type=click.IntRange(2), default=VALIDITY_DAYS, show_default=True)
@click.option("--accept", "is_accepted", is_flag=True, help="The client agrees: make the agreement at once.")
@PREVIEW
@ORDER_ID
@JSON
def renegotiate(request: int, *, is_json: bool, **options: Any) -> None:  # noqa: ANN401 - the options above, by name.
    """Offer new terms over all that REQUEST (its number) owes today; with --accept the agreement is made at once."""
    if options["is_preview"] and options["is_accepted"]:
        raise click.UsageError("Give --preview or --accept, not both.")
    with environment.ready():
        moment = clock.moment()
        offer = _offer(options, moment.business_date)
        if options["is_preview"]:
            told = _preview(moment, request, offer)
        else:
            order_id = options["order_id"] or uuid4()
            order = DraftOffer(renegotiation_id=order_id, request_id=request_id(moment, request), offer=offer)
            receipt = draft_offer(TERMINAL, moment, order)
            if options["is_accepted"]:
                receipt = _accept(moment, order_id, PaymentMethod(options["down_payment_method"]))
            elif receipt.status is RenegotiationStatus.DRAFT:
                receipt = propose(TERMINAL, moment, DecideOffer(renegotiation_id=order_id))
            told = _made(request, receipt)
    if is_json:
        print_json(told)
        return
    click.echo(_sentence(told))


def _offer(options: Mapping[str, Any], today: date) -> Offer:
    terms = PlanTerms(
        principal=Money.ZERO,
        plan=Plan(options["plan"]),
        step=Step(options["step"]),
        count=options["count"],
        rate_pct=options["rate_pct"],
        first_due_date=options["first_due"] or today + timedelta(days=FIRST_DUE_AFTER_DAYS),
    )
    return Offer(
        offered_on=today,
        valid_through=today + timedelta(days=options["valid_days"]),
        terms=terms,
        mora_discount_pct=options["mora_discount_pct"],
        late_fee_discount_pct=options["late_fee_discount_pct"],
        original_discount_pct=options["original_discount_pct"],
        down_payment=Money(options["down_payment_cents"]),
    )


def _accept(moment: Moment, order_id: UUID, method: PaymentMethod) -> OfferReceipt:
    order = AcceptOffer(
        renegotiation_id=order_id,
        new_request_id=uuid5(order_id, "request"),
        down_payment_id=uuid5(order_id, "down payment"),
        down_payment_method=method,
    )
    return accept_offer(TERMINAL, moment, order)


def _preview(moment: Moment, request: int, offer: Offer) -> dict[str, Any]:
    try:
        shown = simulator(TERMINAL, moment, SimulatorOf(number=request, offers=(offer,)))
    except RequestNotFound:
        raise no_request(request, moment.business_date) from None
    (proposal,) = shown.proposals
    if proposal.error is not None:
        raise proposal.error
    return {
        "request": request,
        "debt_cents": shown.debt_cents,
        "discount_cents": proposal.discount_cents,
        "total_cents": proposal.total_cents,
        "mora_base_cents": proposal.mora_base_cents,
        "invoices": [
            {
                "number": instalment.number,
                "due_date": instalment.due_date.isoformat(),
                "amount_cents": instalment.amount_cents,
                "mora_base_cents": instalment.mora_base_cents,
            }
            for instalment in proposal.instalments
        ],
    }


def _made(request: int, receipt: OfferReceipt) -> dict[str, Any]:
    return {
        "request": request,
        "offer": receipt.number,
        "status": receipt.status.value,
        "new_request": receipt.new_request_number,
    }


def _sentence(told: Mapping[str, Any]) -> str:
    """Return what was shown or done in words."""
    if "offer" not in told:
        lines = [f"Dívida hoje {format_brl(told['debt_cents'])} → acordo {format_brl(told['total_cents'])}"]
        lines.extend(
            f"Parcela {line['number']}, vence {format_date(date.fromisoformat(line['due_date']))}:"
            f" {format_brl(line['amount_cents'])}"
            for line in told["invoices"]
        )
        return "\n".join(lines)
    if told["new_request"] is not None:
        return f"Acordo nº {told['offer']}: o empréstimo {told['request']} virou o {told['new_request']}."
    return f"Proposta nº {told['offer']} feita sobre o empréstimo {told['request']}."
