"""The payment that another one may be by mistake: of the same amount, on the same request, a few minutes ago."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select

from loanapp.models.auth import User
from loanapp.models.payments import Payment, Reversal

TWIN_WITHIN = timedelta(minutes=10)


def twins_of(request_id: UUID, amount_cents: int, now: datetime) -> Select[int, datetime, str]:
    """Select (amount, when, who) of the newest twin of a payment made now; one that was reversed is none."""
    return (
        select(Payment.amount_cents, Payment.registered_at, User.name)
        .outerjoin(User, User.id == Payment.registered_by)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(
            Payment.request_id == request_id,
            Payment.amount_cents == amount_cents,
            Payment.registered_at > now - TWIN_WITHIN,
            Reversal.id.is_(None),
        )
        .order_by(Payment.number.desc())
        .limit(1)
    )
