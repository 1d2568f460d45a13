"""Use cases that undo: a payment, a waiver, a refund or a return is reversed by a row of its own, and both stay."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from domain.clients import required_text
from domain.errors import Checks
from domain.invoices import InvoiceStatus
from domain.payments import PaymentMethod, PaymentNotFound
from domain.permissions import Permission
from domain.returns import ReturnNotFound, check_return_reversible
from domain.reversals import (
    AdjustmentNotFound,
    AdjustmentOfPayment,
    AlreadyReversed,
    CreditInUse,
    RefundNotFound,
    Registered,
    ReversalIdTaken,
    ReversalOnAgreementDay,
    check_may_reverse,
    check_reversible,
)
from loanapp.models import credit_sql, locks
from loanapp.models.cash import HandedInPayment
from loanapp.models.clients import Client
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, Payment, Refund, ReturnedPayment, Reversal
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox, _positions, _received
from loanapp.services._positions import Cause
from loanapp.services._use_case import Tx, use_case

REASON_LENGTH_MAXIMUM = 500
# What facts wrote into an invoice; one that is cancelled asks for nothing and holds nothing.
_SETTLED_COLUMNS = (
    "late_fee_cents", "mora_cents", "mora_frozen_cents", "waived_cents", "waived_late_fee_cents", "waived_mora_cents",
    "paid_cents",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReversePayment:
    """Undo a payment, with a reason. `reversal_id` is made before sending: twice the same is one reversal."""

    reversal_id: UUID
    payment_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReverseAdjustment:
    """Undo one charge's waiver, with a reason."""

    reversal_id: UUID
    adjustment_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReverseRefund:
    """Undo a refund that did not reach the client, with a reason: the credit is there again."""

    reversal_id: UUID
    refund_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReverseReturn:
    """Undo the return of a payment that did not fail after all, with a reason: its invoice is cancelled."""

    reversal_id: UUID
    return_id: UUID
    reason: str


@dataclass(frozen=True)
class ReversalReceipt:
    """A reversal, and whether this call made it."""

    reversal_id: UUID
    is_new: bool


@use_case(Permission.PAYMENTS_REVERSE)
def reverse_payment(tx: Tx, command: ReversePayment) -> ReversalReceipt:
    """Reverse a payment from whatever state its request is in; all is counted as if it had never been.

    What belongs to it goes with it: an early settlement's discount, a remainder let go, and the use of credit where it
    is a payment by credit.
    """
    payment = tx.session.get(Payment, command.payment_id)
    if payment is None:
        raise PaymentNotFound(field="payment_id")
    is_cash = payment.method == PaymentMethod.CASH
    if is_cash and payment.registered_by is not None:
        # Handing it in and counting it wait for this, and this for them.
        locks.cash_of(tx.session, payment.registered_by)
    client, request = _received.locked(tx, payment.request_id)
    target = {"payment_id": payment.id}
    if _is_done(tx, command.reversal_id, target):
        return ReversalReceipt(command.reversal_id, is_new=False)
    registered = Registered(
        by=payment.registered_by,
        on=payment.business_date,
        at=payment.registered_at,
        is_handed_in=is_cash and tx.session.get(HandedInPayment, payment.id) is not None,
    )
    reason = _audit.masked(client, _checked(tx, registered, command.reason, request))
    used_by = tx.session.scalars(credit_sql.users_of(payment.id)).all()
    if used_by:
        raise CreditInUse(used_by=", ".join(used_by))
    sources = tx.session.scalars(credit_sql.requests_behind_payment(payment.id)).all()
    _insert(tx, command.reversal_id, target, reason)
    _note(
        tx, client, "payment.reversed", command.reversal_id, reason,
        {"payment": payment.number, "amount_cents": payment.amount_cents, "request": request.number} | _told(target),
    )  # fmt: skip
    _resettle(tx, client, [request.id, *sources], command.reversal_id)
    _outbox.cancel_receipts(tx, client, payment.id)
    return ReversalReceipt(command.reversal_id, is_new=True)


@use_case(Permission.PAYMENTS_REVERSE)
def reverse_adjustment(tx: Tx, command: ReverseAdjustment) -> ReversalReceipt:
    """Reverse a waiver of one charge; what belongs to a payment is reversed with that."""
    adjustment = tx.session.get(Adjustment, command.adjustment_id)
    if adjustment is None:
        raise AdjustmentNotFound(field="adjustment_id")
    client, request = _received.locked(tx, adjustment.request_id)
    target = {"adjustment_id": adjustment.id}
    if _is_done(tx, command.reversal_id, target):
        return ReversalReceipt(command.reversal_id, is_new=False)
    registered = Registered(by=adjustment.granted_by, on=adjustment.business_date, at=adjustment.recorded_at)
    reason = _audit.masked(client, _checked(tx, registered, command.reason, request))
    if adjustment.payment_id is not None:
        raise AdjustmentOfPayment
    _insert(tx, command.reversal_id, target, reason)
    _note(
        tx, client, "charges.waiver_reversed", command.reversal_id, reason,
        {"amount_cents": adjustment.amount_cents, "request": request.number} | _told(target),
    )  # fmt: skip
    _resettle(tx, client, [request.id], command.reversal_id)
    return ReversalReceipt(command.reversal_id, is_new=True)


@use_case(Permission.PAYMENTS_REVERSE)
def reverse_refund(tx: Tx, command: ReverseRefund) -> ReversalReceipt:
    """Reverse a refund: the credit is the client's again, and pays what its own request meanwhile owes."""
    refund = tx.session.get(Refund, command.refund_id)
    client = locks.client(tx.session, refund.client_id) if refund is not None else None
    if refund is None or client is None:
        raise RefundNotFound(field="refund_id")
    target = {"refund_id": refund.id}
    if _is_done(tx, command.reversal_id, target):
        return ReversalReceipt(command.reversal_id, is_new=False)
    registered = Registered(by=refund.refunded_by, on=refund.business_date, at=refund.refunded_at)
    reason = _audit.masked(client, _checked(tx, registered, command.reason, None))
    sources = tx.session.scalars(credit_sql.requests_behind_refund(refund.id)).all()
    _insert(tx, command.reversal_id, target, reason)
    facts = {"refund": refund.number, "amount_cents": refund.amount_cents} | _told(target)
    _note(tx, client, "credit.refund_reversed", command.reversal_id, reason, facts)
    _resettle(tx, client, sources, command.reversal_id)
    return ReversalReceipt(command.reversal_id, is_new=True)


@use_case(Permission.PAYMENTS_RETURN)
def reverse_return(tx: Tx, command: ReverseReturn) -> ReversalReceipt:
    """Take back that a payment failed: the invoice that it added is cancelled, what paid it goes elsewhere."""
    returned = tx.session.get(ReturnedPayment, command.return_id)
    if returned is None:
        raise ReturnNotFound(field="return_id")
    invoice = tx.session.get_one(Invoice, returned.invoice_id)
    client, request = _received.locked(tx, invoice.request_id)
    target = {"returned_payment_id": returned.id}
    if _is_done(tx, command.reversal_id, target):
        return ReversalReceipt(command.reversal_id, is_new=False)
    # What was read before the lock may have been paid meanwhile.
    tx.session.refresh(invoice)
    payment = tx.session.get_one(Payment, returned.payment_id)
    registered = Registered(by=returned.recorded_by, on=returned.business_date, at=returned.recorded_at)
    reason = _audit.masked(client, _checked(tx, registered, command.reason, request))
    check_return_reversible(payment.method)
    _insert(tx, command.reversal_id, target, reason)
    for column in _SETTLED_COLUMNS:
        setattr(invoice, column, 0)
    invoice.status, invoice.paid_on = InvoiceStatus.CANCELLED, None
    facts = {"payment": payment.number, "request": request.number, "invoice": invoice.number} | _told(target)
    _note(tx, client, "payment.return_reversed", command.reversal_id, reason, facts)
    # What it left over is the client's credit again; it moves nothing of its closed request.
    _positions.settle(tx, client, tx.session.get_one(Request, payment.request_id), _positions.NOTHING)
    _resettle(tx, client, [request.id], command.reversal_id)
    return ReversalReceipt(command.reversal_id, is_new=True)


def _is_done(tx: Tx, reversal_id: UUID, target: dict[str, UUID]) -> bool:
    """Say whether the same order was carried out; raise ReversalIdTaken for another, AlreadyReversed for a second."""
    existing = tx.session.get(Reversal, reversal_id)
    if existing is not None:
        is_same = all(getattr(existing, name) == value for name, value in target.items())
        if not is_same or existing.reversed_by != tx.actor.user_id:
            raise ReversalIdTaken
        return True
    if tx.session.scalar(select(Reversal.id).filter_by(**target)) is not None:
        raise AlreadyReversed
    return False


def _checked(tx: Tx, registered: Registered, reason: str, request: Request | None) -> str:
    check_may_reverse(tx.actor, registered, today=tx.business_date, now=tx.now)
    if request is not None:
        check_reversible(request.status)
    checks = Checks()
    text = checks.take("reason", required_text, reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    return text or ""


def _insert(tx: Tx, reversal_id: UUID, target: dict[str, UUID], reason: str) -> None:
    tx.session.execute(
        insert(Reversal).values(
            id=reversal_id,
            reason=reason,
            reversed_by=tx.actor.user_id,
            business_date=tx.business_date,
            reversed_at=tx.now,
            **target,
        )
    )


def _note(tx: Tx, client: Client, action: str, reversal_id: UUID, reason: str, facts: dict[str, Any]) -> None:
    _audit.note(tx, client, action, "reversal", reversal_id, after=facts, reason=reason)


def _told(target: dict[str, UUID]) -> dict[str, str]:
    return {name: str(value) for name, value in target.items()}


def _resettle(tx: Tx, client: Client, request_ids: Iterable[UUID], reversal_id: UUID) -> None:
    """Count the requests again that the reversal touches: its own, and those whose credit comes back."""
    for request_id in dict.fromkeys(request_ids):
        request = tx.session.get_one(Request, request_id)
        if request.renegotiated_on == request.charges_end_on == tx.business_date:
            raise ReversalOnAgreementDay(request=request.number)
        _positions.settle(tx, client, request, Cause(reversal_id=reversal_id))
    _outbox.cancel_moot(tx, client)
