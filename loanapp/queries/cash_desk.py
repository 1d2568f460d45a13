"""Reads of the desk where cash is counted: what waits, who still holds cash, what was counted before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from domain.cash import HandInStatus
from domain.permissions import ROLE_LIMITS, ROLE_PERMISSIONS, Limit, Permission
from loanapp.models import cash_sql
from loanapp.models.auth import RoleLimit, User
from loanapp.models.cash import CashHandIn, HandedInPayment
from loanapp.models.clients import Client
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._hand_ins import HandIn, hand_ins, read
from loanapp.queries._query import Tx, query

HAND_INS_MAXIMUM = 100


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody under a ceiling who holds cash that was not handed in; `since` is when the oldest of it came."""

    user_id: UUID
    name: str
    cents: int
    count: int
    since: date
    ceiling_cents: int
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class CountedPayment:
    """One payment of a hand-in."""

    number: int
    client_name: str
    request_number: int
    amount_cents: int
    registered_at: datetime
    is_reversed: bool


@dataclass(frozen=True, kw_only=True)
class CashDesk:
    """What management looks at: hand-ins that wait, the oldest first, with their payments, and who still holds cash."""

    waiting: tuple[HandIn, ...]
    payments: Mapping[UUID, tuple[CountedPayment, ...]]
    holders: tuple[Holder, ...]
    counted: int


@dataclass(frozen=True, kw_only=True)
class CountedOf:
    """A page of what was counted, the newest first; `page` counts from 1, one past the end is the last."""

    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class CountedPage:
    """Hand-ins that were counted, and how many there are in all."""

    lines: tuple[HandIn, ...]
    payments: Mapping[UUID, tuple[CountedPayment, ...]]
    total: int


@query(Permission.CASH_CHECK)
def cash_desk(tx: Tx, _parameters: None) -> CashDesk:
    """Return what waits to be counted and who holds cash."""
    open_ones = hand_ins().where(CashHandIn.status == HandInStatus.OPEN).order_by(CashHandIn.number)
    waiting = read(tx, open_ones.limit(HAND_INS_MAXIMUM))
    counted = select(func.count()).select_from(CashHandIn).where(CashHandIn.status == HandInStatus.CHECKED)
    return CashDesk(
        waiting=waiting,
        payments=_payments(tx, waiting),
        holders=_holders(tx),
        counted=tx.session.scalar(counted) or 0,
    )


@query(Permission.CASH_CHECK)
def counted_page(tx: Tx, parameters: CountedOf) -> CountedPage:
    """Return one page of the hand-ins that were counted."""
    is_counted = CashHandIn.status == HandInStatus.CHECKED
    total = tx.session.scalar(select(func.count()).select_from(CashHandIn).where(is_counted)) or 0
    page = max(1, min(parameters.page, -(-total // parameters.size)))
    lines = read(
        tx,
        hand_ins()
        .where(is_counted)
        .order_by(CashHandIn.checked_at.desc(), CashHandIn.number.desc())
        .limit(parameters.size)
        .offset((page - 1) * parameters.size),
    )
    return CountedPage(lines=lines, payments=_payments(tx, lines), total=total)


def _payments(tx: Tx, hand_ins: Iterable[HandIn]) -> dict[UUID, tuple[CountedPayment, ...]]:
    found: defaultdict[UUID, list[CountedPayment]] = defaultdict(list)
    rows = tx.session.execute(
        select(HandedInPayment.hand_in_id, Payment, Request.number, Client.name, Reversal.id)
        .join(Payment, Payment.id == HandedInPayment.payment_id)
        .join(Request, Request.id == Payment.request_id)
        .join(Client, Client.id == Request.client_id)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(HandedInPayment.hand_in_id.in_([each.hand_in_id for each in hand_ins]))
        .order_by(Payment.number)
    )
    for hand_in_id, payment, request_number, client_name, reversal_id in rows:
        found[hand_in_id].append(
            CountedPayment(
                number=payment.number,
                client_name=client_name,
                request_number=request_number,
                amount_cents=payment.amount_cents,
                registered_at=payment.registered_at,
                is_reversed=reversal_id is not None,
            )
        )
    return {hand_in_id: tuple(payments) for hand_in_id, payments in found.items()}


def _holders(tx: Tx) -> tuple[Holder, ...]:
    """Return who holds cash under a ceiling, the largest sum first: who has none keeps it in the office."""
    ceilings = _ceilings(tx)
    total = func.sum(Payment.amount_cents)
    rows = tx.session.execute(
        select(User.id, User.name, User.role, total, func.count(), func.min(Payment.business_date))
        .join(User, User.id == Payment.registered_by)
        .where(*cash_sql.is_in_hand(), ~cash_sql.is_handed_in(), User.role.in_(list(ceilings)))
        .group_by(User.id)
        .order_by(total.desc(), User.name)
        .limit(HAND_INS_MAXIMUM)
    )
    return tuple(
        Holder(
            user_id=user_id,
            name=name,
            cents=int(cents),
            count=count,
            since=since,
            ceiling_cents=ceilings[role],
            is_own=user_id == tx.actor.user_id,
        )
        for user_id, name, role, cents, count, since in rows
    )


def _ceilings(tx: Tx) -> dict[str, int]:
    """Return the ceiling of each role that has one."""
    limit = Limit.CASH_IN_HAND_CENTS
    rows = tx.session.execute(select(RoleLimit.role, RoleLimit.value).where(RoleLimit.name == limit))
    changed = {row.role: row.value for row in rows}
    return {
        role.value: ceiling
        for role, limits in ROLE_LIMITS.items()
        if Permission.PAYMENTS_REGISTER in ROLE_PERMISSIONS[role]
        and (ceiling := changed.get(role.value, limits.get(limit, 0))) is not None
    }
