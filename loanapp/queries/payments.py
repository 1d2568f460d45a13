"""Reads of the payment dialog: which loans can receive, what a loan owes as of a date, where an amount would go."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from domain.adjustments import RemainderAboveLimit, remainder_to_waive
from domain.errors import Checks
from domain.history import PaymentFact, Position
from domain.invoices import InvoiceStatus
from domain.messages import MessageStatus, Reason
from domain.money import Money
from domain.payments import check_amount, check_received_on
from domain.permissions import Permission
from domain.requests import RequestNotFound, RequestStatus, RequestTakesNoPayment
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.messages import Message, MessageEvent
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.models.twin_sql import twins_of
from loanapp.queries._query import Tx, query
from loanapp.queries.backdating import BackdatingEffect, backdating_effect
from loanapp.queries.charged import ChargedInvoice, charged_invoices
from loanapp.queries.clients import days_since
from loanapp.queries.requests import found_by

LOANS_MAXIMUM = 8
_RECEIVES = (RequestStatus.ACTIVE, RequestStatus.LOST)


@dataclass(frozen=True, kw_only=True)
class ReceivablesOf:
    """Which loans: those of a client, or at most eight whose client or number a text finds."""

    text: str = ""
    client_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Receivable:
    """A loan that can receive a payment, amounts in centavos as of the last routine."""

    number: int
    client_name: str
    invoices_paid: int
    instalment_count: int
    next_due_date: date | None
    open_cents: int
    overdue_cents: int
    days_overdue: int


@dataclass(frozen=True, kw_only=True)
class PaymentFormOf:
    """A loan by its number, and when how much came in; without an amount, what `invoice_number` owes is suggested."""

    number: int
    received_on: date | None = None
    amount: Money | None = None
    invoice_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Distributed:
    """What of an amount goes to one invoice, in centavos, and what then remains open of it."""

    invoice_number: int
    mora_cents: int
    late_fee_cents: int
    interest_cents: int
    principal_cents: int
    remaining_cents: int


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A payment of the same amount on the same loan a few minutes ago."""

    amount_cents: int
    author: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Remainder:
    """What the payment would leave open of the last invoice it reaches, so little that it may be let go."""

    invoice_number: int
    cents: int


@dataclass(frozen=True, kw_only=True)
class PaymentForm:
    """What the payment dialog shows; amounts in centavos, rates in percent.

    `invoices` are the open ones as of `received_on`, oldest first.  `distribution` is where the amount (given or
    suggested) would go, `remaining_cents` what the loan owes after it, `credit_cents` what no invoice takes.
    `backdating` is what an earlier day than today would change; None for today.
    """

    request_id: UUID
    number: int
    client_name: str
    status: str
    instalment_count: int
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    business_date: date
    received_on: date
    invoices: tuple[ChargedInvoice, ...]
    amount_cents: int
    distribution: tuple[Distributed, ...]
    remaining_cents: int
    credit_cents: int
    settles: bool
    last_method: str
    twin: Twin | None
    remainder: Remainder | None
    backdating: BackdatingEffect | None


@dataclass(frozen=True, kw_only=True)
class PaymentDone:
    """A registered payment and where its loan stands now, amounts in centavos; reminders that it made moot counted."""

    payment_id: UUID
    number: int
    request_number: int
    client_name: str
    amount_cents: int
    method: str
    received_on: date
    status: str
    open_cents: int
    overdue_cents: int
    cancelled_texts: int


@query(Permission.PAYMENTS_VIEW)
def receivables(tx: Tx, parameters: ReceivablesOf) -> tuple[Receivable, ...]:
    """Return the loans that can receive: the most overdue first; nothing for an empty text.  One statement."""
    if parameters.client_id is not None:
        found = [Request.client_id == parameters.client_id]
    else:
        found = found_by(parameters.text)
    if not found:
        return ()
    rows = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(Request.status.in_(_RECEIVES), *found)
        .order_by(Request.overdue_since.asc().nulls_last(), Request.next_due_date.asc().nulls_last(), Request.number)
        .limit(LOANS_MAXIMUM)
    )
    return tuple(
        Receivable(
            number=request.number,
            client_name=name,
            invoices_paid=request.invoices_paid,
            instalment_count=request.invoices_count,
            next_due_date=request.next_due_date,
            open_cents=request.total_value_open,
            overdue_cents=request.total_value_overdue,
            days_overdue=days_since(tx, request.overdue_since),
        )
        for request, name in rows
    )


@query(Permission.PAYMENTS_REGISTER)
def payment_form(tx: Tx, parameters: PaymentFormOf) -> PaymentForm:
    """Return what the dialog shows for a loan; raise RequestNotFound, RequestTakesNoPayment or `payment.*` by field.

    Eight statements; the same replay as the use case's, with the payment that is being typed as its last fact.
    """
    found = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(Request.number == parameters.number)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(number=parameters.number)
    request, client_name = found
    # Money that came in for a paid loan is no mistake to refuse: it is offered as the client's credit.
    if request.status not in (*_RECEIVES, RequestStatus.PAID):
        raise RequestTakesNoPayment(status=request.status)
    # A disbursed loan has all three: the database says so too.
    assert request.disbursed_on is not None
    assert request.late_fee_pct is not None
    assert request.mora_pct_month is not None
    received_on = parameters.received_on or tx.business_date
    _check(parameters, received_on, tx.business_date, request.disbursed_on)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = loaded.recounted(received_on)
    invoices = tuple(
        sorted(
            (invoice for invoice in charged_invoices(loaded, position) if invoice.open_cents),
            key=lambda invoice: (invoice.due_date, invoice.number),
        )
    )
    amount = parameters.amount or _suggested(invoices, parameters.invoice_number)
    paid = _with_payment(loaded, amount, received_on)
    after = paid.position(tx.business_date)
    is_backdated = received_on < tx.business_date and bool(amount)
    return PaymentForm(
        request_id=request.id,
        number=request.number,
        client_name=client_name,
        status=request.status,
        instalment_count=request.instalment_count,
        late_fee_pct=request.late_fee_pct,
        mora_pct_month=request.mora_pct_month,
        business_date=tx.business_date,
        received_on=received_on,
        invoices=invoices,
        amount_cents=amount.cents,
        distribution=_distribution(after),
        remaining_cents=after.total_open.cents,
        credit_cents=after.credits.get(_TYPED, Money.ZERO).cents,
        settles=after.is_paid,
        last_method=_last_method(tx),
        twin=_twin(tx, request, amount),
        remainder=_remainder(tx, paid.position(received_on)),
        backdating=backdating_effect(loaded, loaded.position(tx.business_date), after) if is_backdated else None,
    )


# The payment that is being typed, inside a replay: no stored payment has this id.
_TYPED = UUID(int=0)


def _check(parameters: PaymentFormOf, received_on: date, today: date, disbursed_on: date) -> None:
    checks = Checks()
    checks.take("received_on", check_received_on, received_on, today=today, disbursed_on=disbursed_on)
    if parameters.amount is not None:
        checks.take("amount", check_amount, parameters.amount)
    checks.finish()


def _suggested(invoices: tuple[ChargedInvoice, ...], invoice_number: int | None) -> Money:
    """Return what an open invoice owes, the oldest one where none is named."""
    named = [invoice for invoice in invoices if invoice.number == invoice_number]
    return Money((named or list(invoices))[0].open_cents) if invoices else Money.ZERO


def _with_payment(loaded: LoadedContract, amount: Money, received_on: date) -> LoadedContract:
    """Return the contract with one payment more."""
    if not amount:
        return loaded
    typed = PaymentFact(payment_id=_TYPED, received_on=received_on, sequence=loaded.next_sequence, amount=amount)
    return replace(loaded, payments=(*loaded.payments, typed))


def _remainder(tx: Tx, on_its_day: Position) -> Remainder | None:
    """Return what may be let go at this payment (money.md §3); None where nothing is left, or too much."""
    limit = Money(tx.session.get_one(CompanySettings, 1).remainder_waive_cents)
    reached = {line.invoice_number for line in on_its_day.allocations if line.payment_id == _TYPED}
    try:
        remainder = remainder_to_waive(on_its_day, reached, limit)
    except RemainderAboveLimit:
        return None
    if remainder is None:
        return None
    number, parts = remainder
    return Remainder(invoice_number=number, cents=parts.total.cents)


def _distribution(after: Position) -> tuple[Distributed, ...]:
    remaining = {
        invoice.number: 0 if invoice.status is InvoiceStatus.PAID else invoice.open.total.cents
        for invoice in after.invoices
    }
    return tuple(
        Distributed(
            invoice_number=line.invoice_number,
            mora_cents=line.parts.mora.cents,
            late_fee_cents=line.parts.late_fee.cents,
            interest_cents=line.parts.interest.cents,
            principal_cents=line.parts.principal.cents,
            remaining_cents=remaining[line.invoice_number],
        )
        for line in after.allocations
        if line.payment_id == _TYPED
    )


def _last_method(tx: Tx) -> str:
    method = tx.session.scalar(
        select(Payment.method).where(Payment.registered_by == tx.actor.user_id).order_by(Payment.number.desc()).limit(1)
    )
    return method or ""


def _twin(tx: Tx, request: Request, amount: Money) -> Twin | None:
    row = tx.session.execute(twins_of(request.id, amount.cents, tx.now)).one_or_none()
    return Twin(amount_cents=row.amount_cents, author=row.name or "", at=row.registered_at) if row else None


@query(Permission.PAYMENTS_VIEW)
def payment_by_id(tx: Tx, payment_id: UUID) -> PaymentDone | None:
    """Return the payment with the id its form made, or None: it was never registered.  One statement."""
    # What one transaction does has one instant.
    cancelled = (
        select(func.count(MessageEvent.id))
        .join(Message, Message.id == MessageEvent.message_id)
        .where(
            Message.client_id == Request.client_id,
            MessageEvent.at == Payment.registered_at,
            MessageEvent.to_status == MessageStatus.CANCELLED,
            MessageEvent.reason == Reason.PAYMENT,
        )
        .correlate(Request, Payment)
        .scalar_subquery()
    )
    row = tx.session.execute(
        select(Payment, Request, Client.name, cancelled)
        .join(Request, Request.id == Payment.request_id)
        .join(Client, Client.id == Request.client_id)
        .where(Payment.id == payment_id)
    ).one_or_none()
    if row is None:
        return None
    payment, request, client_name, cancelled_texts = row
    return PaymentDone(
        payment_id=payment.id,
        number=payment.number,
        request_number=request.number,
        client_name=client_name,
        amount_cents=payment.amount_cents,
        method=payment.method,
        received_on=payment.received_on,
        status=request.status,
        open_cents=request.total_value_open,
        overdue_cents=request.total_value_overdue,
        cancelled_texts=cancelled_texts,
    )
