"""Use case of money that failed after its request was renegotiated: it is owed again on the newest request."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select

from domain.calendar import BusinessCalendar
from domain.clients import required_text
from domain.errors import Checks
from domain.history import ContractInvoice
from domain.money import Money
from domain.payments import PaymentNotFound
from domain.permissions import Permission
from domain.renegotiations import returned_payment_invoice
from domain.requests import RequestStatus, RequestTakesNoPayment
from domain.returns import TAKES_RETURNS, AlreadyReturned, ReturnIdTaken, ReturnSettledNothing, check_returnable
from domain.reversals import AlreadyReversed, CreditInUse
from loanapp.models import credit_sql, return_sql
from loanapp.models.contracts import company_holidays, load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Payment, ReturnedPayment, Reversal
from loanapp.models.requests import Request
from loanapp.services import _agreements, _audit, _outbox, _positions, _received
from loanapp.services._positions import Cause
from loanapp.services._use_case import Tx, use_case

REASON_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class ReturnPayment:
    """Say that a payment failed, with a reason. `return_id` is made before sending: twice the same is one return."""

    return_id: UUID
    payment_id: UUID
    reason: str


@dataclass(frozen=True)
class ReturnReceipt:
    """What is owed again: the invoice's number on the newest request of the chain, and how much it asks for."""

    return_id: UUID
    request_number: int
    invoice_number: int
    amount: Money
    is_new: bool


@use_case(Permission.PAYMENTS_RETURN)
def return_payment(tx: Tx, command: ReturnPayment) -> ReturnReceipt:
    """Add to the newest request of the chain an invoice of what a failed payment had settled, due today (money.md §4).

    The payment and its closed request stay as they are.  Credit that the payment had used is the client's again, what
    it left over is none; where that is in use, CreditInUse: the use is undone first, as before a reversal.
    """
    payment = tx.session.get(Payment, command.payment_id)
    if payment is None:
        raise PaymentNotFound(field="payment_id")
    client, old = _received.locked(tx, payment.request_id)
    existing = _existing(tx, command)
    if existing is not None:
        return existing
    _check(tx, payment, old)
    checks = Checks()
    typed = checks.take("reason", required_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    reason = _audit.masked(client, typed or "")
    newest = _newest_of_chain(tx, old)
    invoice = _owed_again(tx, payment, newest)
    sources = tx.session.scalars(credit_sql.requests_behind_payment(payment.id)).all()
    _insert(tx, command, _agreements.invoice_row(newest.id, invoice), reason)
    cause = Cause(payment_id=payment.id)
    position = _positions.settle(tx, client, newest, cause)
    # What it left over is no credit any more.
    _positions.settle(tx, client, old, _positions.NOTHING)
    for request_id in sources:
        _positions.settle(tx, client, tx.session.get_one(Request, request_id), cause)
    _audit.note(
        tx, client, "payment.returned", "return", command.return_id, reason=reason,
        after={
            "payment": payment.number, "amount_cents": invoice.original.cents, "request": newest.number,
            "invoice": invoice.number, "due_date": invoice.due_date.isoformat(),
            "total_open_cents": position.total_open.cents,
        },
    )  # fmt: skip
    _outbox.cancel_receipts(tx, client, payment.id)
    _outbox.cancel_moot(tx, client)
    return ReturnReceipt(command.return_id, newest.number, invoice.number, invoice.original, is_new=True)


def _existing(tx: Tx, command: ReturnPayment) -> ReturnReceipt | None:
    """Return the receipt of the same order carried out before; raise ReturnIdTaken for any other with its id."""
    row = tx.session.execute(
        select(ReturnedPayment, Invoice.number, Invoice.original_cents, Request.number)
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .join(Request, Request.id == Invoice.request_id)
        .where(ReturnedPayment.id == command.return_id)
    ).one_or_none()
    if row is None:
        return None
    returned, invoice_number, original_cents, request_number = row
    if returned.payment_id != command.payment_id or returned.recorded_by != tx.actor.user_id:
        raise ReturnIdTaken
    return ReturnReceipt(returned.id, request_number, invoice_number, Money(original_cents), is_new=False)


def _check(tx: Tx, payment: Payment, old: Request) -> None:
    if tx.session.scalar(select(Reversal.id).where(Reversal.payment_id == payment.id)) is not None:
        raise AlreadyReversed
    check_returnable(old.status)
    standing = select(ReturnedPayment.id).where(ReturnedPayment.payment_id == payment.id, return_sql.stands())
    if tx.session.scalar(standing) is not None:
        raise AlreadyReturned
    used_by = tx.session.scalars(credit_sql.users_of(payment.id)).all()
    if used_by:
        raise CreditInUse(used_by=", ".join(used_by))


def _newest_of_chain(tx: Tx, old: Request) -> Request:
    """Return the request that a chain has come to; raise RequestTakesNoPayment where it can owe nothing."""
    newest = tx.session.scalars(
        select(Request).where(Request.root_id == old.root_id, Request.status != RequestStatus.RENEGOTIATED)
    ).one()
    if newest.status not in TAKES_RETURNS:
        raise RequestTakesNoPayment(status=newest.status)
    return newest


def _owed_again(tx: Tx, payment: Payment, newest: Request) -> ContractInvoice:
    position = load_contracts(tx.session, [payment.request_id])[payment.request_id].position(tx.business_date)
    settled = [line.parts for line in position.allocations if line.payment_id == payment.id]
    if not settled:
        raise ReturnSettledNothing
    last_number = tx.session.scalar(select(func.max(Invoice.number)).where(Invoice.request_id == newest.id)) or 0
    calendar = BusinessCalendar(company_holidays(tx.session))
    return returned_payment_invoice(settled, number=last_number + 1, failed_on=tx.business_date, calendar=calendar)


def _insert(tx: Tx, command: ReturnPayment, invoice: dict[str, object], reason: str) -> None:
    invoice_id = tx.session.scalars(insert(Invoice).values(**invoice).returning(Invoice.id)).one()
    tx.session.execute(
        insert(ReturnedPayment).values(
            id=command.return_id,
            payment_id=command.payment_id,
            invoice_id=invoice_id,
            reason=reason,
            recorded_by=tx.actor.user_id,
            business_date=tx.business_date,
            recorded_at=tx.now,
        )
    )
