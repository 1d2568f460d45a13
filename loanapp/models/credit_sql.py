"""What payments left over, who uses it, and where it came from, as statements; the client must be locked to act on it.

A use counts until what used it (a payment of method CREDIT, or a refund) is reversed, or that payment is returned.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal, or_, select

from loanapp.models import return_sql
from loanapp.models.payments import Allocation, CreditUse, Payment, Refund, ReturnedPayment, Reversal
from loanapp.models.requests import Request

_ALLOCATED = (
    select(
        func.coalesce(
            func.sum(
                Allocation.mora_cents
                + Allocation.late_fee_cents
                + Allocation.interest_cents
                + Allocation.principal_cents
            ),
            0,
        )
    )
    .where(Allocation.payment_id == Payment.id)
    .correlate(Payment)
    .scalar_subquery()
)


def is_in_use() -> ColumnElement[bool]:
    """Say in SQL whether a use of credit counts: what used it was neither reversed nor returned."""
    undone = select(Reversal.id).where(
        or_(Reversal.payment_id == CreditUse.used_by_payment_id, Reversal.refund_id == CreditUse.refund_id)
    )
    returned = select(ReturnedPayment.id).where(
        ReturnedPayment.payment_id == CreditUse.used_by_payment_id, return_sql.stands()
    )
    return ~or_(undone.exists(), returned.correlate(CreditUse).exists())


def unused_cents() -> ColumnElement[int]:
    """Return what a payment left over and nobody uses, in centavos, 0 once it is reversed or returned."""
    used = (
        select(func.coalesce(func.sum(CreditUse.amount_cents), 0))
        .where(CreditUse.source_payment_id == Payment.id, is_in_use())
        .correlate(Payment)
        .scalar_subquery()
    )
    is_reversed = select(Reversal.id).where(Reversal.payment_id == Payment.id).correlate(Payment).exists()
    return case((or_(is_reversed, return_sql.is_returned()), 0), else_=Payment.amount_cents - _ALLOCATED - used)


def sources_of(client_id: UUID) -> Select[*tuple[Any, ...]]:
    """Return the payments of a client that left unused credit, the oldest first."""
    unused = unused_cents()
    return (
        select(Payment.id, Payment.number, Payment.request_id, unused.label("unused_cents"))
        .join(Request, Request.id == Payment.request_id)
        .where(Request.client_id == client_id, Request.credit_cents > 0, unused > 0)
        .order_by(Payment.received_on, Payment.number)
    )


def users_of(payment_id: UUID) -> Select[str]:
    """Return who uses the credit of a payment, in words for the person who would reverse it."""
    words = case(
        (CreditUse.refund_id.is_not(None), literal("devolução nº ").concat(cast(Refund.number, String))),
        else_=literal("recebimento nº ").concat(cast(Payment.number, String)),
    )
    return (
        select(words)
        .outerjoin(Payment, Payment.id == CreditUse.used_by_payment_id)
        .outerjoin(Refund, Refund.id == CreditUse.refund_id)
        .where(CreditUse.source_payment_id == payment_id, is_in_use())
        .order_by(CreditUse.id)
    )


def requests_behind_payment(payment_id: UUID) -> Select[UUID]:
    """Return the requests whose credit a payment of method CREDIT used."""
    return _requests_behind(CreditUse.used_by_payment_id == payment_id)


def requests_behind_refund(refund_id: UUID) -> Select[UUID]:
    """Return the requests whose credit a refund paid back."""
    return _requests_behind(CreditUse.refund_id == refund_id)


def _requests_behind(user: ColumnElement[bool]) -> Select[UUID]:
    return (
        select(Payment.request_id)
        .join(CreditUse, CreditUse.source_payment_id == Payment.id)
        .where(user)
        .distinct()
        .order_by(Payment.request_id)
    )
