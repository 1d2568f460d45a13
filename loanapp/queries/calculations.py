"""“Memória de cálculo” of a request or of one of its invoices, as of any day since the money left (ux.md §2.11).

In the past it answers from the ledger as it then stood by `received_on`, in the future as if nothing more is paid.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from domain.adjustments import AdjustmentKind
from domain.explanations import CalculationBeforeDisbursement, MoraDay, mora_by_day
from domain.history import AllocationLine, Component, Position
from domain.payments import PaymentMethod
from domain.permissions import Permission
from domain.requests import RequestNotFound
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._creditor import Creditor, read_creditor
from loanapp.queries._query import Tx, query
from loanapp.queries.charged import ChargedInvoice, charged_invoices
from loanapp.queries.undone import reversed_lines

MORA_DAYS_SHOWN = 90
_ROOT = aliased(Request)


@dataclass(frozen=True, kw_only=True)
class CalculationOf:
    """A request by its number, one of its invoices or all, and the day it would be paid on: today where none is given.

    `field` is the form field at which a day before the disbursement is refused.
    """

    number: int
    invoice_number: int | None = None
    as_of: date | None = None
    field: str = "ate"


@dataclass(frozen=True, kw_only=True)
class ExplainedPayment:
    """What of one payment went to the invoice, in centavos, or had gone before it was reversed."""

    payment_id: UUID
    number: int
    received_on: date
    method: PaymentMethod
    mora_cents: int
    late_fee_cents: int
    interest_cents: int
    principal_cents: int
    is_reversed: bool

    @property
    def amount_cents(self) -> int:
        """The sum of the four."""
        return self.mora_cents + self.late_fee_cents + self.interest_cents + self.principal_cents


@dataclass(frozen=True, kw_only=True)
class ExplainedAdjustment:
    """What was taken off a component of the invoice, in centavos, as it was granted; why, and by whom.

    A later recount may leave less of the charge: then it counts for that much less (money.md §3).
    """

    kind: AdjustmentKind
    component: Component
    amount_cents: int
    granted_on: date
    reason: str
    author: str
    is_reversed: bool


@dataclass(frozen=True, kw_only=True)
class ExplainedInvoice:
    """One invoice with all that led to what is open of it; `days` are the latest days of its mora, newest first."""

    invoice_id: int
    charged: ChargedInvoice
    payments: tuple[ExplainedPayment, ...]
    adjustments: tuple[ExplainedAdjustment, ...]
    days: tuple[MoraDay, ...]


@dataclass(frozen=True, kw_only=True)
class Calculation:
    """The calculation of a request or of one of its invoices as of a day; centavos, and the contract's own rates.

    `carried_from` is the number of the first loan of the chain where this is an agreement: its mora counts on what was
    still unpaid of that one.  `credit_cents` is what the request's payments left over.
    """

    request_id: UUID
    number: int
    invoice_number: int | None
    client_id: UUID
    client_name: str
    status: str
    carried_from: int | None
    closed_on: date | None
    today: date
    as_of: date
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    count: int
    invoices: tuple[ExplainedInvoice, ...]
    credit_cents: int

    @property
    def open_cents(self) -> int:
        """What is open of the invoices together."""
        return sum(invoice.charged.open_cents for invoice in self.invoices)


@dataclass(frozen=True, kw_only=True)
class CalculationPaper:
    """A calculation with whose it is, for a paper, and the moment it was made."""

    calculation: Calculation
    creditor: Creditor
    made_at: datetime


@query(Permission.REQUESTS_VIEW)
def calculation_paper(tx: Tx, parameters: CalculationOf) -> CalculationPaper:
    """Return a calculation for a paper; the errors are those of `calculation`."""
    return CalculationPaper(calculation=calculation_in(tx, parameters), creditor=read_creditor(tx), made_at=tx.now)


@query(Permission.REQUESTS_VIEW)
def calculation(tx: Tx, parameters: CalculationOf) -> Calculation:
    """Return how a request, or one of its invoices, came to what it asks for on a day; errors as `calculation_in`."""
    return calculation_in(tx, parameters)


def calculation_in(tx: Tx, parameters: CalculationOf) -> Calculation:
    """Return the calculation inside a read that somebody else opened.

    Raises RequestNotFound where there is no such request, invoice or money out yet, CalculationBeforeDisbursement for
    a day before it.  Eight statements at most.
    """
    found = tx.session.execute(
        select(Request, Client, _ROOT.number)
        .join(Client, Client.id == Request.client_id)
        .join(_ROOT, _ROOT.id == Request.root_id)
        .where(Request.number == parameters.number)
    ).one_or_none()
    loaded = load_contracts(tx.session, [found[0].id]).get(found[0].id) if found else None
    if found is None or loaded is None or found[0].disbursed_on is None:
        raise RequestNotFound(number=parameters.number)
    request, client, root_number = found
    as_of = asked_day(tx, loaded, parameters.as_of, field=parameters.field)
    position = loaded.position(as_of)
    wanted = [
        invoice.number
        for invoice in position.invoices
        if parameters.invoice_number is None or invoice.number == parameters.invoice_number
    ]
    if not wanted:
        raise RequestNotFound(number=parameters.number)
    return Calculation(
        request_id=request.id,
        number=request.number,
        invoice_number=parameters.invoice_number,
        client_id=client.id,
        client_name=client.name,
        status=request.status,
        carried_from=root_number if request.parent_id is not None else None,
        closed_on=request.renegotiated_on,
        today=tx.business_date,
        as_of=as_of,
        late_fee_pct=loaded.contract.late_fee_pct,
        mora_pct_month=loaded.contract.mora_pct_month,
        count=request.instalment_count,
        invoices=explained(tx, loaded, position, wanted),
        credit_cents=position.credit.cents,
    )


def asked_day(tx: Tx, loaded: LoadedContract, day: date | None, *, field: str) -> date:
    """Return the day a calculation is of; raise CalculationBeforeDisbursement at `field` where nothing was owed yet."""
    if day is not None and day < loaded.request.disbursed_on:
        raise CalculationBeforeDisbursement(field=field, disbursed_on=loaded.request.disbursed_on)
    return day or tx.business_date


def explained(
    tx: Tx, loaded: LoadedContract, position: Position, numbers: Sequence[int]
) -> tuple[ExplainedInvoice, ...]:
    """Return the invoices with these numbers, with what led to what is open of them; three statements."""
    payments = _payments(tx, loaded, position, numbers)
    adjustments = _adjustments(tx, loaded, position.as_of, numbers)
    return tuple(
        ExplainedInvoice(
            invoice_id=loaded.invoice_rows[charged.number].id,
            charged=charged,
            payments=tuple(payments[charged.number]),
            adjustments=tuple(adjustments[charged.number]),
            days=mora_by_day(charged.stretches, loaded.contract.mora_pct_month, most=MORA_DAYS_SHOWN),
        )
        for charged in charged_invoices(loaded, position)
        if charged.number in numbers
    )


def _payments(
    tx: Tx, loaded: LoadedContract, position: Position, numbers: Sequence[int]
) -> dict[int, list[ExplainedPayment]]:
    undone = reversed_lines(tx.session, {loaded.request.id: loaded}, position.as_of).get(loaded.request.id, ())
    lines = [(line, False) for line in position.allocations] + [(line, True) for line in undone]
    wanted = [(line, is_reversed) for line, is_reversed in lines if line.invoice_number in numbers]
    rows = tx.session.execute(
        select(Payment.id, Payment.number, Payment.received_on, Payment.method).where(
            Payment.id.in_({line.payment_id for line, _ in wanted})
        )
    )
    by_id = {row.id: row for row in rows}
    found: defaultdict[int, list[ExplainedPayment]] = defaultdict(list)
    for line, is_reversed in wanted:
        found[line.invoice_number].append(_payment(by_id[line.payment_id], line, is_reversed=is_reversed))
    for of_invoice in found.values():
        of_invoice.sort(key=lambda payment: (payment.received_on, payment.number))
    return found


def _payment(row: Row[*tuple[Any, ...]], line: AllocationLine, *, is_reversed: bool) -> ExplainedPayment:
    return ExplainedPayment(
        payment_id=row.id,
        number=row.number,
        received_on=row.received_on,
        method=PaymentMethod(row.method),
        mora_cents=line.parts.mora.cents,
        late_fee_cents=line.parts.late_fee.cents,
        interest_cents=line.parts.interest.cents,
        principal_cents=line.parts.principal.cents,
        is_reversed=is_reversed,
    )


def _adjustments(
    tx: Tx, loaded: LoadedContract, as_of: date, numbers: Sequence[int]
) -> dict[int, list[ExplainedAdjustment]]:
    rows = tx.session.execute(
        select(Adjustment, Invoice.number, User.name, Reversal.business_date)
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .outerjoin(User, User.id == Adjustment.granted_by)
        .outerjoin(Reversal, Reversal.adjustment_id == Adjustment.id)
        .where(
            Adjustment.request_id == loaded.request.id,
            Adjustment.granted_on <= as_of,
            Invoice.number.in_(numbers),
        )
        .order_by(Adjustment.granted_on, Adjustment.number)
    )
    undone_payments = {
        payment.payment_id for payment in loaded.payments if payment.reversed_on and payment.reversed_on <= as_of
    }
    found: defaultdict[int, list[ExplainedAdjustment]] = defaultdict(list)
    for adjustment, number, author, reversed_on in rows:
        is_undone = reversed_on is not None and reversed_on <= as_of
        found[number].append(
            ExplainedAdjustment(
                kind=AdjustmentKind(adjustment.kind),
                component=Component(adjustment.component),
                amount_cents=adjustment.amount_cents,
                granted_on=adjustment.granted_on,
                reason=adjustment.reason,
                author=author or "",
                is_reversed=is_undone or adjustment.payment_id in undone_payments,
            )
        )
    return found
