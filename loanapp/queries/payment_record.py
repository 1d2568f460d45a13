"""The record of one payment: where it went, what it left over and who used that, what undid it, what can be done."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import aliased

from domain.adjustments import AdjustmentKind
from domain.payments import PaymentMethod, PaymentNotFound
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models import credit_sql, return_sql
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, CreditUse, Payment, Refund, ReturnedPayment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.receipts import ReceiptPart, parts_of
from loanapp.queries.received import PaymentStanding


@dataclass(frozen=True, kw_only=True)
class Undoing:
    """Who undid it, when and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class TakenOff:
    """What a payment took off an invoice beside paying it, in centavos; it goes with the payment."""

    invoice_number: int
    kind: AdjustmentKind
    cents: int


@dataclass(frozen=True, kw_only=True)
class CreditMove:
    """Credit in centavos that went from a payment to one of the two, a payment or a refund (their numbers)."""

    from_payment: int
    to_payment: int | None
    to_refund: int | None
    cents: int


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A payment that failed after its request was renegotiated: where it is owed again."""

    return_id: UUID
    request_number: int
    invoice_number: int
    cents: int
    told: Undoing


@dataclass(frozen=True, kw_only=True)
class Successor:
    """The newest request of the payment's chain, and the number that its next invoice would have."""

    request_number: int
    next_invoice_number: int


@dataclass(frozen=True, kw_only=True)
class PaymentRecord:
    """One payment; amounts in centavos.

    `parts` are what it settles, or had settled when it was reversed.  `left_over_cents` is what no invoice took, of
    which `unused_cents` is still the client's credit.  `credit_moves` tell where used credit went, or where it came
    from where this is a payment by credit.  `successor` is there where the payment can be told to have failed.
    """

    payment_id: UUID
    number: int
    client_id: UUID
    client_name: str
    request_number: int
    request_status: str
    instalment_count: int
    amount_cents: int
    method: PaymentMethod
    received_on: date
    registered_at: datetime
    author: str
    note: str
    business_date: date
    standing: PaymentStanding
    parts: tuple[ReceiptPart, ...]
    taken_off: tuple[TakenOff, ...]
    left_over_cents: int
    unused_cents: int
    credit_moves: tuple[CreditMove, ...]
    reversal: Undoing | None
    returned: Returned | None
    successor: Successor | None


@query(Permission.PAYMENTS_VIEW)
def payment_record(tx: Tx, number: int) -> PaymentRecord:
    """Return the payment with the number of its receipt; raise PaymentNotFound."""
    undoer = aliased(User)
    found = tx.session.execute(
        select(Payment, Request, Client.name, User.name, Reversal, undoer.name, credit_sql.unused_cents())
        .join(Request, Request.id == Payment.request_id)
        .join(Client, Client.id == Request.client_id)
        .outerjoin(User, User.id == Payment.registered_by)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .outerjoin(undoer, undoer.id == Reversal.reversed_by)
        .where(Payment.number == number)
    ).one_or_none()
    if found is None:
        raise PaymentNotFound(number=number)
    payment, request, client_name, author, _, reversed_by, unused_cents = found
    reversal: Reversal | None = found[4]
    parts = parts_of(tx, payment.id, reversal)
    returned = _returned(tx, payment.id)
    may_fail = request.status == RequestStatus.RENEGOTIATED and returned is None and reversal is None and bool(parts)
    return PaymentRecord(
        payment_id=payment.id,
        number=payment.number,
        client_id=request.client_id,
        client_name=client_name,
        request_number=request.number,
        request_status=request.status,
        instalment_count=request.instalment_count,
        amount_cents=payment.amount_cents,
        method=PaymentMethod(payment.method),
        received_on=payment.received_on,
        registered_at=payment.registered_at,
        author=author or "",
        note=payment.note,
        business_date=tx.business_date,
        standing=_standing(reversal, returned),
        parts=parts,
        taken_off=_taken_off(tx, payment.id),
        left_over_cents=payment.amount_cents - sum(part.total_cents for part in parts),
        unused_cents=int(unused_cents),
        credit_moves=_credit_moves(tx, payment),
        reversal=Undoing(by=reversed_by or "", at=reversal.reversed_at, reason=reversal.reason) if reversal else None,
        returned=returned,
        successor=_successor(tx, request) if may_fail else None,
    )


def _standing(reversal: Reversal | None, returned: Returned | None) -> PaymentStanding:
    if reversal is not None:
        return PaymentStanding.REVERSED
    return PaymentStanding.RETURNED if returned is not None else PaymentStanding.CONFIRMED


def _taken_off(tx: Tx, payment_id: UUID) -> tuple[TakenOff, ...]:
    rows = tx.session.execute(
        select(Invoice.number, Adjustment.kind, func.sum(Adjustment.amount_cents))
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .where(Adjustment.payment_id == payment_id)
        .group_by(Invoice.number, Adjustment.kind)
        .order_by(Invoice.number)
    )
    return tuple(TakenOff(invoice_number=row[0], kind=AdjustmentKind(row[1]), cents=int(row[2])) for row in rows)


def _credit_moves(tx: Tx, payment: Payment) -> tuple[CreditMove, ...]:
    """Return the uses of its credit that count; of a payment by credit all that it used, whatever became of it."""
    user = aliased(Payment)
    is_by_credit = payment.method == PaymentMethod.CREDIT
    of_this = (
        CreditUse.used_by_payment_id == payment.id
        if is_by_credit
        else and_(CreditUse.source_payment_id == payment.id, credit_sql.is_in_use())
    )
    rows: list[Row[*tuple[Any, ...]]] = list(
        tx.session.execute(
            select(Payment.number, user.number, Refund.number, CreditUse.amount_cents)
            .join(Payment, Payment.id == CreditUse.source_payment_id)
            .outerjoin(user, user.id == CreditUse.used_by_payment_id)
            .outerjoin(Refund, Refund.id == CreditUse.refund_id)
            .where(of_this)
            .order_by(CreditUse.id)
        )
    )
    return tuple(
        CreditMove(from_payment=row[0], to_payment=row[1], to_refund=row[2], cents=int(row[3])) for row in rows
    )


def _returned(tx: Tx, payment_id: UUID) -> Returned | None:
    row = tx.session.execute(
        select(ReturnedPayment, Request.number, Invoice.number, Invoice.original_cents, User.name)
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .join(Request, Request.id == Invoice.request_id)
        .outerjoin(User, User.id == ReturnedPayment.recorded_by)
        .where(ReturnedPayment.payment_id == payment_id, return_sql.stands())
    ).one_or_none()
    if row is None:
        return None
    returned, request_number, invoice_number, cents, author = row
    return Returned(
        return_id=returned.id,
        request_number=request_number,
        invoice_number=invoice_number,
        cents=cents,
        told=Undoing(by=author or "", at=returned.recorded_at, reason=returned.reason),
    )


def _successor(tx: Tx, request: Request) -> Successor:
    number, last = tx.session.execute(
        select(Request.number, func.max(Invoice.number))
        .join(Invoice, Invoice.request_id == Request.id)
        .where(Request.root_id == request.root_id, Request.status != RequestStatus.RENEGOTIATED)
        .group_by(Request.number)
    ).one()
    return Successor(request_number=number, next_invoice_number=last + 1)
