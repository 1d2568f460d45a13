"""What the papers of a running or finished loan say: the carnê, the statement and the quittance."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from domain.money import Money
from domain.papers import check_carnet, check_quittance, check_statement
from domain.permissions import Permission
from domain.pix import copy_and_paste, reference_of
from loanapp.models.company import pix_receiver
from loanapp.models.contracts import load_contracts
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._parties import Parties, find, parties
from loanapp.queries._query import Tx, query
from loanapp.queries.charged import ChargedInvoice, charged_invoices
from loanapp.queries.statements import Document, StatementsOf, statements_in


@dataclass(frozen=True, kw_only=True)
class CarnetSlip:
    """One open invoice: what it asks for today, and the Pix that pays it, empty without a key."""

    invoice: ChargedInvoice
    pix: str


@dataclass(frozen=True, kw_only=True)
class CarnetPaper:
    """All open invoices of a loan, `of` how many in all; amounts as of the day on which it is made."""

    parties: Parties
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    of: int
    slips: tuple[CarnetSlip, ...]


@dataclass(frozen=True, kw_only=True)
class PaperPayment:
    """A payment as a paper lists it, in centavos; a reversed one counts nowhere."""

    number: int
    received_on: date
    amount_cents: int
    method: str
    reversed_on: date | None


@dataclass(frozen=True, kw_only=True)
class StatementPaper:
    """A loan as of a date, in the figures of money.md §8, and its payments up to then."""

    parties: Parties
    document: Document
    payments: tuple[PaperPayment, ...]


@dataclass(frozen=True, kw_only=True)
class QuittancePaper:
    """A paid loan: what was lent and when, what came in and settled it on which day, and the loans before it.

    `credit_cents` is what of its payments is left over, still the client's.
    """

    parties: Parties
    principal_cents: int
    disbursed_on: date
    paid_on: date
    paid_cents: int
    waived_cents: int
    credit_cents: int
    payments: tuple[PaperPayment, ...]
    before: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class StatementOf:
    """A loan by its number, and as of which date; today where none is given."""

    number: int
    as_of: date | None = None


@query(Permission.PAPERS_ISSUE)
def carnet_paper(tx: Tx, number: int) -> CarnetPaper:
    """Return the open invoices of a loan with their Pix; raise RequestNotFound or NothingToPay."""
    request, client = find(tx, number)
    loaded = load_contracts(tx.session, [request.id]).get(request.id)
    position = loaded.position(tx.business_date) if loaded else None
    check_carnet(request.status, open_cents=position.total_open.cents if position else 0)
    assert loaded is not None
    assert position is not None
    assert request.late_fee_pct is not None
    assert request.mora_pct_month is not None
    receiver = pix_receiver(tx.session)
    invoices = charged_invoices(loaded, position)
    return CarnetPaper(
        parties=parties(tx, request, client),
        late_fee_pct=request.late_fee_pct,
        mora_pct_month=request.mora_pct_month,
        of=max(invoice.number for invoice in invoices),
        slips=tuple(
            CarnetSlip(
                invoice=invoice,
                pix=copy_and_paste(receiver, Money(invoice.open_cents), reference=reference_of(number, invoice.number))
                if receiver
                else "",
            )
            for invoice in sorted(invoices, key=lambda invoice: (invoice.due_date, invoice.number))
            if invoice.open_cents
        ),
    )


@query(Permission.PAPERS_ISSUE)
def statement_paper(tx: Tx, parameters: StatementOf) -> StatementPaper:
    """Return a loan's statement as of a date; raise RequestNotFound or MoneyNotLent."""
    request, client = find(tx, parameters.number)
    check_statement(request.status)
    as_of = parameters.as_of or tx.business_date
    (document,) = statements_in(tx, StatementsOf(numbers=(parameters.number,), as_of=as_of))
    check_statement(document["status"])
    return StatementPaper(
        parties=parties(tx, request, client), document=document, payments=_payments(tx, request, as_of)
    )


@query(Permission.PAPERS_ISSUE)
def quittance_paper(tx: Tx, number: int) -> QuittancePaper:
    """Return what the quittance of a loan says; raise RequestNotFound or NotPaid."""
    request, client = find(tx, number)
    check_quittance(request.status)
    assert request.disbursed_on is not None
    assert request.paid_on is not None
    position = load_contracts(tx.session, [request.id])[request.id].position(tx.business_date)
    before = tx.session.scalars(
        select(Request.number)
        .where(Request.root_id == request.root_id, Request.number < number)
        .order_by(Request.number)
    )
    return QuittancePaper(
        parties=parties(tx, request, client),
        principal_cents=request.principal_cents,
        disbursed_on=request.disbursed_on,
        paid_on=request.paid_on,
        paid_cents=position.total_paid.cents,
        waived_cents=sum(invoice.waived.cents for invoice in position.invoices),
        credit_cents=position.credit.cents,
        payments=tuple(each for each in _payments(tx, request, tx.business_date) if each.reversed_on is None),
        before=tuple(before),
    )


def _payments(tx: Tx, request: Request, as_of: date) -> tuple[PaperPayment, ...]:
    rows = tx.session.execute(
        select(Payment, Reversal.business_date)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Payment.request_id == request.id, Payment.received_on <= as_of)
        .order_by(Payment.received_on, Payment.number)
    )
    return tuple(_payment(payment, reversed_on, as_of) for payment, reversed_on in rows)


def _payment(payment: Payment, reversed_on: date | None, as_of: date) -> PaperPayment:
    return PaperPayment(
        number=payment.number,
        received_on=payment.received_on,
        amount_cents=payment.amount_cents,
        method=payment.method,
        reversed_on=reversed_on if reversed_on and reversed_on <= as_of else None,
    )
