"""What settles a request early on a day, invoice by invoice, before anybody pays it (money.md §4)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from domain.payments import check_received_on
from domain.permissions import Permission
from domain.requests import RequestNotFound, RequestStatus, RequestTakesNoPayment
from domain.settlement import quote_settlement
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class SettlementOf:
    """Which invoices of a request (numbers; all that are open where none is named), settled on which day."""

    request_id: UUID
    received_on: date
    chosen: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementLine:
    """One invoice, in centavos: what it owes with its charges, the unearned interest, what is to be paid."""

    number: int
    due_date: date
    open_cents: int
    interest_cents: int
    discount_cents: int
    to_pay_cents: int


@dataclass(frozen=True, kw_only=True)
class SettlementQuote:
    """What settles the invoices: `to_pay_cents` is the total that `settle_early` expects."""

    request_number: int
    client_name: str
    received_on: date
    lines: tuple[SettlementLine, ...]
    discount_cents: int
    to_pay_cents: int


@query(Permission.PAYMENTS_SETTLE)
def settlement_quote(tx: Tx, parameters: SettlementOf) -> SettlementQuote:
    """Return what settles invoices on a day; raise `settlement.*`, `payment.*` or `request.*` errors."""
    found = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(Request.id == parameters.request_id)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(field="request_id")
    request, client_name = found
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST) or request.disbursed_on is None:
        raise RequestTakesNoPayment(status=request.status)
    day = check_received_on(parameters.received_on, today=tx.business_date, disbursed_on=request.disbursed_on)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    contract, position = loaded.contract, loaded.recounted(day)
    quote = quote_settlement(contract, position, disbursed_on=request.disbursed_on, chosen=parameters.chosen)
    due = {invoice.number: invoice.due_date for invoice in contract.invoices}
    is_open = {invoice.number: invoice.open for invoice in position.invoices}
    return SettlementQuote(
        request_number=request.number,
        client_name=client_name,
        received_on=day,
        lines=tuple(
            SettlementLine(
                number=line.number,
                due_date=due[line.number],
                open_cents=is_open[line.number].total.cents,
                interest_cents=is_open[line.number].interest.cents,
                discount_cents=line.discount.cents,
                to_pay_cents=line.to_pay.cents,
            )
            for line in quote.invoices
        ),
        discount_cents=quote.discount.cents,
        to_pay_cents=quote.to_pay.cents,
    )
