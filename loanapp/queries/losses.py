"""Which requests were written off on a day, as the audit trail tells: taken back, the row itself no longer knows it."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanapp.models.audit import AuditEvent

_LOST, _REOPENED = "request.lost", "request.reopened"


def lost_on(session: Session, request_ids: Collection[UUID], day: date) -> frozenset[UUID]:
    """Return the requests whose last move until a day was the write-off.  One statement."""
    rows = session.execute(
        select(AuditEvent.record_id, AuditEvent.action)
        .where(
            AuditEvent.record_id.in_([str(request_id) for request_id in request_ids]),
            AuditEvent.action.in_((_LOST, _REOPENED)),
            AuditEvent.business_date <= day,
        )
        .order_by(AuditEvent.id)
    )
    last_moves = {row.record_id: row.action for row in rows}
    return frozenset(UUID(record_id) for record_id, action in last_moves.items() if action == _LOST)
