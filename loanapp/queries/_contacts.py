"""What reads of clients show of the contact with them: when it last was, and the promise that stands."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, select
from sqlalchemy.orm import InstrumentedAttribute

from domain.follow_ups import FollowUpKind, Outcome
from loanapp.models import promises
from loanapp.models.follow_ups import FollowUp
from loanapp.models.messages import Message

# A call that nobody answered was no contact.
_REACHED = ("", Outcome.ANSWERED, Outcome.REFUSED, Outcome.POSTPONED)


def last_contact_at(client_id: ColumnExpressionArgument[UUID]) -> ColumnElement[Any]:
    """Return when the client last got a text, or was spoken to by phone or in person, as `last_contact_at`."""
    texted = (
        select(func.max(Message.sent_at))
        .where(Message.client_id == client_id)
        .correlate_except(Message)
        .scalar_subquery()
    )
    spoken = (
        select(func.max(FollowUp.at))
        .where(
            FollowUp.client_id == client_id,
            FollowUp.kind != FollowUpKind.NOTE,
            FollowUp.outcome.in_(_REACHED),
            FollowUp.undone_at.is_(None),
        )
        .correlate_except(FollowUp)
        .scalar_subquery()
    )
    return func.greatest(texted, spoken).label("last_contact_at")


def of_promise(
    column: InstrumentedAttribute[Any], client_id: ColumnExpressionArgument[UUID], today: date
) -> ColumnElement[Any]:
    """Return a column of the promise (`FollowUp`) of a client that stands today."""
    return (
        select(column)
        .where(FollowUp.client_id == client_id, promises.is_active(today))
        .limit(1)
        .correlate_except(FollowUp)
        .scalar_subquery()
    )
