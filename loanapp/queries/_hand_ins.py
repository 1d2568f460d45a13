"""Hand-ins of cash as their readers need them: who holds, what still stands, what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from domain.cash import HandInStatus
from loanapp.models import cash_sql, scope
from loanapp.models.auth import User
from loanapp.models.cash import CashHandIn, HandedInPayment
from loanapp.models.payments import Payment
from loanapp.queries._query import Tx

_RECORDER, _COUNTER = aliased(User), aliased(User)


@dataclass(frozen=True, kw_only=True)
class HandIn:
    """One hand-in; amounts in centavos, `expected_cents` is what of it still stands while it waits to be counted."""

    hand_in_id: UUID
    number: int
    holder: str
    amount_cents: int
    status: HandInStatus
    handed_in_by: str
    handed_in_at: datetime
    expected_cents: int
    counted_cents: int
    reason: str
    checked_by: str
    checked_at: datetime | None
    is_own: bool

    @property
    def difference_cents(self) -> int:
        """What was counted more (above zero) or less than what should have been there."""
        return self.counted_cents - self.expected_cents if self.status is HandInStatus.CHECKED else 0


def hand_ins() -> Select[*tuple[Any, ...]]:
    """Return the statement that `read` takes, to be narrowed and ordered."""
    return (
        select(CashHandIn, User.name, _RECORDER.name, _COUNTER.name)
        .join(User, User.id == CashHandIn.holder_id)
        .outerjoin(_RECORDER, _RECORDER.id == CashHandIn.handed_in_by)
        .outerjoin(_COUNTER, _COUNTER.id == CashHandIn.checked_by)
    )


def read(tx: Tx, statement: Select[*tuple[Any, ...]]) -> tuple[HandIn, ...]:
    """Return the hand-ins of a statement."""
    rows = tx.session.execute(statement).all()
    standing = _standing(tx, [row.id for row, *_ in rows if row.status == HandInStatus.OPEN])
    return tuple(
        HandIn(
            hand_in_id=row.id,
            number=row.number,
            holder=holder,
            amount_cents=row.amount_cents,
            status=HandInStatus(row.status),
            handed_in_by=recorder or "",
            handed_in_at=row.handed_in_at,
            expected_cents=standing.get(row.id, 0) if row.expected_cents is None else row.expected_cents,
            counted_cents=row.counted_cents or 0,
            reason=row.reason,
            checked_by=counter or "",
            checked_at=row.checked_at,
            is_own=tx.actor.user_id in (row.holder_id, row.handed_in_by),
        )
        for row, holder, recorder, counter in rows
    )


def _standing(tx: Tx, hand_in_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return what of hand-ins was not reversed."""
    rows = tx.session.execute(
        scope.outside(
            select(HandedInPayment.hand_in_id, func.sum(Payment.amount_cents))
            .join(Payment, Payment.id == HandedInPayment.payment_id)
            .where(HandedInPayment.hand_in_id.in_(hand_in_ids), cash_sql.stands())
            .group_by(HandedInPayment.hand_in_id)
        )
    )
    return {hand_in_id: int(cents) for hand_in_id, cents in rows}
