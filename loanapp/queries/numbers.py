"""What stands behind the numbers that users see, for the commands of the terminal."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.permissions import Permission
from loanapp.models.invoices import Invoice
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class InvoiceOf:
    """An invoice by its number in a request."""

    request_id: UUID
    number: int


@query(Permission.REQUESTS_VIEW)
def client_id_of(tx: Tx, request_id: UUID) -> UUID | None:
    """Return the id of a request's client, None when there is no such request."""
    return tx.session.scalar(select(Request.client_id).where(Request.id == request_id))


@query(Permission.REQUESTS_VIEW)
def invoice_id_of(tx: Tx, parameters: InvoiceOf) -> int | None:
    """Return the id of an invoice, None when its request has none with the number."""
    return tx.session.scalar(
        select(Invoice.id).where(Invoice.request_id == parameters.request_id, Invoice.number == parameters.number)
    )
