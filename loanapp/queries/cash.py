"""Reads of one's own cash in hand: what is held, what still fits, the receipts and the hand-ins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from domain.cash import HandInStatus, room_left
from domain.errors import DomainError
from domain.money import Money
from domain.permissions import Limit, Permission
from domain.reversals import Registered, check_may_reverse
from loanapp.models import cash_sql, scope
from loanapp.models.auth import User
from loanapp.models.cash import CashHandIn, HandedInPayment
from loanapp.models.clients import Client
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._hand_ins import HandIn, hand_ins, read
from loanapp.queries._query import Tx, query

LINES_MAXIMUM = 100
HAND_INS_SHOWN = 10
_RECORDER, _COUNTER = aliased(User), aliased(User)


@dataclass(frozen=True, kw_only=True)
class CashRoom:
    """What the actor holds in cash and may hold, in centavos; `left_cents` is what still fits."""

    in_hand_cents: int
    ceiling_cents: int
    left_cents: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One payment that the actor registered; the client's name is empty where the client is no longer the actor's.

    `is_handed_in` and `is_counted` are of cash alone; `may_reverse` says that the actor's role still lets it.
    """

    number: int
    client_name: str
    request_number: int
    amount_cents: int
    method: str
    received_on: date
    registered_at: datetime
    is_reversed: bool
    is_handed_in: bool
    is_counted: bool
    may_reverse: bool


@dataclass(frozen=True, kw_only=True)
class MyCash:
    """The actor's cash: what is held, of that what was not handed in, today's sums by method, and the receipts.

    `lines` are those of the business date and older cash that is still held, the newest first, at most 100.  `room`
    is None for a role that may hold any amount.
    """

    user_id: UUID | None
    room: CashRoom | None
    in_hand_cents: int
    to_hand_in_cents: int
    to_hand_in_count: int
    by_method: Mapping[str, int]
    lines: tuple[Receipt, ...]
    hand_ins: tuple[HandIn, ...]


@query(Permission.PAYMENTS_REGISTER)
def cash_room(tx: Tx, _parameters: None) -> CashRoom | None:
    """Return how much cash the actor holds and may hold; None for a role without a ceiling."""
    ceiling = tx.actor.limits.get(Limit.CASH_IN_HAND_CENTS, 0)
    return None if ceiling is None else _room(ceiling, _in_hand(tx))


@query(Permission.CASH_HAND_IN)
def my_cash(tx: Tx, _parameters: None) -> MyCash:
    """Return the actor's own cash and receipts.  Whose clients they are makes no difference to the sums."""
    own = Payment.registered_by == tx.actor.user_id
    count, cents = tx.session.execute(
        scope.outside(
            select(func.count(), func.coalesce(func.sum(Payment.amount_cents), 0)).where(
                own, *cash_sql.is_in_hand(), ~cash_sql.is_handed_in()
            )
        )
    ).one()
    by_method = tx.session.execute(
        scope.outside(
            select(Payment.method, func.sum(Payment.amount_cents))
            .where(own, Payment.business_date == tx.business_date, cash_sql.stands())
            .group_by(Payment.method)
        )
    )
    in_hand = _in_hand(tx)
    ceiling = tx.actor.limits.get(Limit.CASH_IN_HAND_CENTS, 0)
    own_hand_ins = hand_ins().where(CashHandIn.holder_id == tx.actor.user_id)
    return MyCash(
        user_id=tx.actor.user_id,
        room=None if ceiling is None else _room(ceiling, in_hand),
        in_hand_cents=in_hand,
        to_hand_in_cents=int(cents),
        to_hand_in_count=count,
        by_method={method: int(sum_cents) for method, sum_cents in by_method},
        lines=_lines(tx),
        hand_ins=read(tx, own_hand_ins.order_by(CashHandIn.number.desc()).limit(HAND_INS_SHOWN)),
    )


def _room(ceiling_cents: int, in_hand_cents: int) -> CashRoom:
    left = room_left(ceiling_cents, Money(in_hand_cents))
    return CashRoom(in_hand_cents=in_hand_cents, ceiling_cents=ceiling_cents, left_cents=left.cents)


def _in_hand(tx: Tx) -> int:
    return int(tx.session.scalars(cash_sql.held_cents(tx.actor.user_id)).one())


def _lines(tx: Tx) -> tuple[Receipt, ...]:
    """Return the actor's receipts; names only of clients whom the actor still sees."""
    rows = tx.session.execute(
        scope.outside(
            select(
                Payment.number, Payment.id, Payment.request_id, Payment.amount_cents, Payment.method,
                Payment.received_on, Payment.business_date, Payment.registered_at, Payment.registered_by,
                Reversal.id.label("reversal_id"), CashHandIn.status.label("hand_in_status"),
            )
            .outerjoin(Reversal, Reversal.payment_id == Payment.id)
            .outerjoin(HandedInPayment, HandedInPayment.payment_id == Payment.id)
            .outerjoin(CashHandIn, CashHandIn.id == HandedInPayment.hand_in_id)
            .where(
                Payment.registered_by == tx.actor.user_id,
                or_(Payment.business_date == tx.business_date, and_(*cash_sql.is_in_hand())),
            )
            .order_by(Payment.number.desc())
            .limit(LINES_MAXIMUM)
        )
    ).all()  # fmt: skip
    seen = {
        row.id: row
        for row in tx.session.execute(
            select(Request.id, Request.number, Client.name)
            .join(Client, Client.id == Request.client_id)
            .where(Request.id.in_({row.request_id for row in rows}))
        )
    }
    return tuple(_line(tx, row, seen.get(row.request_id)) for row in rows)


def _line(tx: Tx, row: Row[*tuple[Any, ...]], known: Row[*tuple[Any, ...]] | None) -> Receipt:
    return Receipt(
        number=row.number,
        client_name=known.name if known else "",
        request_number=known.number if known else 0,
        amount_cents=row.amount_cents,
        method=row.method,
        received_on=row.received_on,
        registered_at=row.registered_at,
        is_reversed=row.reversal_id is not None,
        is_handed_in=row.hand_in_status is not None,
        is_counted=row.hand_in_status == HandInStatus.CHECKED,
        may_reverse=known is not None and row.reversal_id is None and _may_reverse(tx, row),
    )


def _may_reverse(tx: Tx, row: Row[*tuple[Any, ...]]) -> bool:
    registered = Registered(
        by=row.registered_by,
        on=row.business_date,
        at=row.registered_at,
        is_handed_in=row.hand_in_status is not None,
    )
    try:
        check_may_reverse(tx.actor, registered, today=tx.business_date, now=tx.now)
    except DomainError:
        return False
    return True
