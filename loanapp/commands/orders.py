"""What the commands that change the money of a request share: their options, and the request by its number."""

from uuid import UUID

import click

from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import TERMINAL
from loanapp.clock import Moment
from loanapp.commands.statement import no_request
from loanapp.queries.statements import request_id_of

ORDER_ID = click.option("--id", "order_id", type=click.UUID, help="Sent again, it is the same order; else a new one.")
JSON = click.option("--json", "is_json", is_flag=True, help="One JSON document. Amounts in centavos.")
PREVIEW = click.option("--preview", "is_preview", is_flag=True, help="Show what would change, and change nothing.")
REASON = click.option("--reason", required=True, help="Why; kept for ever.")
METHOD = click.option(
    "--method",
    type=click.Choice([method.value for method in RECEIVED_METHODS], case_sensitive=False),
    default=PaymentMethod.PIX.value,
    show_default=True,
)


def request_id(moment: Moment, number: int) -> UUID:
    """Return the id of the request with a number; raise a ClickException when there is none."""
    found = request_id_of(TERMINAL, moment, number)
    if found is None:
        raise no_request(number, moment.business_date)
    return found
