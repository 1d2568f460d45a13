"""What became of promises, as SQL: the rule of `domain.follow_ups.promise_state`, for reads and use cases alike."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select

from domain.follow_ups import FollowUpKind
from loanapp.models.follow_ups import FollowUp
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request


def received_cents() -> ColumnElement[int]:
    """Return what the client of the promise (`FollowUp`) paid after it, to the day promised, without the reversed."""
    return (
        select(func.coalesce(func.sum(Payment.amount_cents), 0))
        .join(Request, Request.id == Payment.request_id)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(
            Request.client_id == FollowUp.client_id,
            Payment.received_on.between(FollowUp.business_date, FollowUp.promised_on),
            Payment.registered_at > FollowUp.at,
            Reversal.id.is_(None),
        )
        .correlate(FollowUp)
        .scalar_subquery()
    )


def is_active(day: date) -> ColumnElement[bool]:
    """Return whether an entry (`FollowUp`) is a promise that stands on a day: not taken back, not past, not kept."""
    return and_(
        FollowUp.kind == FollowUpKind.PROMISE,
        FollowUp.undone_at.is_(None),
        FollowUp.business_date <= day,
        FollowUp.promised_on >= day,
        received_cents() < FollowUp.promised_cents,
    )


def standing(day: date) -> Select[UUID, date | None]:
    """Return the statement that gives each client with a promise that stands on a day, and until when it does."""
    return select(FollowUp.client_id, FollowUp.promised_on).where(is_active(day))
