"""What an agreement must be, for `verify` (money.md §5, §6): the plan that its offer makes of the debt of its day.

The debt is counted again from the closed request's own facts, so neither the offer's figures nor the new invoices nor
the mora base that they carry can have been changed since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from domain import renegotiations as rules
from domain.calendar import BusinessCalendar
from domain.errors import DomainError
from domain.history import ContractInvoice, Position
from domain.money import total
from domain.proofs import Difference
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.renegotiations import Renegotiation, offer_of
from loanapp.models.requests import Request
from loanapp.queries._query import Tx
from loanapp.queries.trail import difference

_PLAN = "1 plan"


def agreement_differences(
    tx: Tx, requests: Mapping[UUID, Request], loaded: Mapping[UUID, LoadedContract]
) -> Iterator[Difference]:
    """Yield what of the agreements among the requests is not what their offers made.  Five statements, or none."""
    agreements = [request for request in requests.values() if request.parent_id is not None]
    if not agreements:
        return
    ids = [request.id for request in agreements]
    rows = tx.session.scalars(select(Renegotiation).where(Renegotiation.new_request_id.in_(ids)))
    offers = {row.new_request_id: row for row in rows}
    parents = load_contracts(tx.session, [request.parent_id for request in agreements if request.parent_id])
    for request in agreements:
        row, old, new = offers.get(request.id), parents.get(request.parent_id or request.id), loaded.get(request.id)
        if row is None or row.request_id != request.parent_id or old is None:
            yield difference(_PLAN, f"request {request.number}", "no accepted offer of its parent", "its agreement")
        elif new is not None:
            yield from _differences(request, row, old, new)


def _differences(
    request: Request, row: Renegotiation, old: LoadedContract, new: LoadedContract
) -> Iterator[Difference]:
    # A closed contract answers only from its own facts: before the agreement, as it stood on the offer's day.
    contract = replace(old.contract, closed_on=None, charges_end_on=None)
    position = replace(old, contract=contract).position(row.offered_on)
    owed = rules.debt(position)
    facts = {
        "debt": (
            (row.debt_original_cents, row.debt_late_fee_cents, row.debt_mora_cents),
            (owed.original.cents, owed.late_fee.cents, owed.mora.cents),
        ),
        "parent closed": (
            (old.request.renegotiated_on, old.request.charges_end_on), (row.accepted_on, row.offered_on),
        ),
        "rates": (
            (request.late_fee_pct, request.mora_pct_month), (old.request.late_fee_pct, old.request.mora_pct_month),
        ),
    }  # fmt: skip
    for name, (found, expected) in facts.items():
        if found != expected:
            yield difference(_PLAN, f"request {request.number} {name}", found, expected)
    yield from _plan_differences(request, row, position, new)


def _plan_differences(
    request: Request, row: Renegotiation, position: Position, new: LoadedContract
) -> Iterator[Difference]:
    assert row.accepted_on is not None
    # The company's holidays of that day are not known any more: what they may have moved is left out.
    try:
        plan = rules.offer_plan(
            rules.debt(position), rules.remaining_bases(position), offer_of(row), BusinessCalendar(),
            accepted_on=row.accepted_on,
        )  # fmt: skip
    except DomainError as error:
        yield difference(_PLAN, f"request {request.number}", "its invoices", error.code)
        return
    principal_cents = total(invoice.principal for invoice in plan).cents
    if request.principal_cents != principal_cents:
        yield difference(_PLAN, f"request {request.number} principal", request.principal_cents, principal_cents)
    expected = {invoice.number: _told(invoice, is_dated=not row.skip_holidays) for invoice in plan}
    due_dates = new.original_due_dates
    found = {
        invoice.number: _told(
            replace(invoice, due_date=due_dates.get(invoice.number, invoice.due_date)), is_dated=not row.skip_holidays
        )
        for invoice in new.contract.invoices
        # What a returned payment added is none of the agreement's.
        if invoice.added_on is None
    }
    for number in sorted(found.keys() | expected.keys()):
        if found.get(number) != expected.get(number):
            record = f"request {request.number} invoice {number} principal, interest, mora base, due date"
            yield difference(_PLAN, record, found.get(number), expected.get(number))


def _told(invoice: ContractInvoice, *, is_dated: bool) -> tuple[object, ...]:
    due_date = invoice.due_date.isoformat() if is_dated else None
    return invoice.principal.cents, invoice.interest.cents, invoice.mora_base.cents, due_date
