"""Reads of a client's credit: what is unused and where it came from, who used it, which loans it could pay."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain.clients import ClientNotFound
from domain.payments import PaymentMethod
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models import credit_sql
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.payments import Payment, Refund, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query

_TAKES_CREDIT = (RequestStatus.ACTIVE, RequestStatus.LOST)


@dataclass(frozen=True, kw_only=True)
class CreditLeft:
    """What one payment left over and nobody used yet, in centavos."""

    payment_number: int
    request_number: int
    received_on: date
    cents: int


@dataclass(frozen=True, kw_only=True)
class CreditUsed:
    """One payment by credit or one refund, in centavos; `reversed_at` is None while it counts.

    A refund has `refund_id` and its method; a payment by credit the number of the request that it paid.
    """

    number: int
    on: date
    at: datetime
    cents: int
    author: str
    reason: str
    reversed_at: datetime | None
    refund_id: UUID | None = None
    method: PaymentMethod | None = None
    request_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class CreditTaker:
    """A loan that credit could pay, and what it owes today in centavos."""

    request_id: UUID
    number: int
    status: str
    open_cents: int


@dataclass(frozen=True, kw_only=True)
class ClientCredit:
    """A client's credit in centavos, and all that became of it, the newest first."""

    client_id: UUID
    client_name: str
    credit_cents: int
    left: tuple[CreditLeft, ...]
    used: tuple[CreditUsed, ...]
    takers: tuple[CreditTaker, ...]


@query(Permission.PAYMENTS_VIEW)
def client_credit(tx: Tx, client_id: UUID) -> ClientCredit:
    """Return a client's credit; raise ClientNotFound."""
    client = tx.session.get(Client, client_id)
    if client is None:
        raise ClientNotFound(field="client_id")
    used = [*_refunds(tx, client_id), *_payments_by_credit(tx, client_id)]
    return ClientCredit(
        client_id=client.id,
        client_name=client.name,
        credit_cents=client.credit_cents,
        left=_left(tx, client_id),
        used=tuple(sorted(used, key=lambda each: each.at, reverse=True)),
        takers=_takers(tx, client_id),
    )


def _left(tx: Tx, client_id: UUID) -> tuple[CreditLeft, ...]:
    unused = credit_sql.unused_cents()
    rows = tx.session.execute(
        select(Payment.number, Request.number, Payment.received_on, unused)
        .join(Request, Request.id == Payment.request_id)
        .where(Request.client_id == client_id, Request.credit_cents > 0, unused > 0)
        .order_by(Payment.received_on, Payment.number)
    )
    return tuple(
        CreditLeft(payment_number=row[0], request_number=row[1], received_on=row[2], cents=int(row[3])) for row in rows
    )


def _refunds(tx: Tx, client_id: UUID) -> list[CreditUsed]:
    rows = tx.session.execute(
        select(Refund, User.name, Reversal.reversed_at)
        .outerjoin(User, User.id == Refund.refunded_by)
        .outerjoin(Reversal, Reversal.refund_id == Refund.id)
        .where(Refund.client_id == client_id)
    )
    return [
        CreditUsed(
            number=refund.number,
            on=refund.refunded_on,
            at=refund.refunded_at,
            cents=refund.amount_cents,
            author=author or "",
            reason=refund.reason,
            reversed_at=reversed_at,
            refund_id=refund.id,
            method=PaymentMethod(refund.method),
        )
        for refund, author, reversed_at in rows
    ]


def _payments_by_credit(tx: Tx, client_id: UUID) -> list[CreditUsed]:
    author = aliased(User)
    rows = tx.session.execute(
        select(Payment, Request.number, author.name, Reversal.reversed_at)
        .join(Request, Request.id == Payment.request_id)
        .outerjoin(author, author.id == Payment.registered_by)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Request.client_id == client_id, Payment.method == PaymentMethod.CREDIT)
    )
    return [
        CreditUsed(
            number=payment.number,
            on=payment.received_on,
            at=payment.registered_at,
            cents=payment.amount_cents,
            author=name or "",
            reason=payment.note,
            reversed_at=reversed_at,
            request_number=request_number,
        )
        for payment, request_number, name, reversed_at in rows
    ]


def _takers(tx: Tx, client_id: UUID) -> tuple[CreditTaker, ...]:
    """Return the loans that owe something today, the oldest first."""
    requests = tx.session.scalars(
        select(Request)
        .where(Request.client_id == client_id, Request.status.in_(_TAKES_CREDIT))
        .order_by(Request.number)
    ).all()
    contracts = load_contracts(tx.session, [request.id for request in requests])
    owed = {request_id: loaded.position(tx.business_date).total_open.cents for request_id, loaded in contracts.items()}
    return tuple(
        CreditTaker(request_id=request.id, number=request.number, status=request.status, open_cents=owed[request.id])
        for request in requests
        if owed[request.id]
    )
