"""Reads of the list “Recebimentos”: a page of payments, and their sums by method and by who registered them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, not_, or_, select, true

from domain.payments import PaymentMethod
from domain.permissions import Permission, Role
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Allocation, Payment, ReturnedPayment, Reversal
from loanapp.models.requests import Request
from loanapp.models.return_sql import is_returned
from loanapp.queries._query import Tx, query
from loanapp.queries.requests import found_by

_AMOUNT_OF_LINES = (
    Allocation.mora_cents + Allocation.late_fee_cents + Allocation.interest_cents + Allocation.principal_cents
)


class PaymentStanding(StrEnum):
    """Whether a payment counts: it may be reversed, or have failed after its request was renegotiated."""

    CONFIRMED = "CONFIRMED"
    REVERSED = "REVERSED"
    RETURNED = "RETURNED"


class ReceivedOrder(StrEnum):
    """What the list is sorted by; the number of the receipt breaks ties."""

    RECEIVED_ON = "RECEIVED_ON"
    AMOUNT = "AMOUNT"


@dataclass(frozen=True, kw_only=True)
class ReceivedFilter:
    """Which payments: received from one day to another, by method, by who registered them, found by a text.

    `is_undone` keeps those that were reversed or returned; `registered_by` names a user.  `page` counts from 1, one
    past the end is the last.
    """

    since: date | None = None
    until: date | None = None
    method: PaymentMethod | None = None
    registered_by: UUID | None = None
    text: str = ""
    is_undone: bool = False
    order: ReceivedOrder = ReceivedOrder.RECEIVED_ON
    is_descending: bool = True
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class ReceivedLine:
    """One payment; `invoices` are those it settled, or had settled before it was reversed."""

    payment_id: UUID
    number: int
    received_on: date
    registered_at: datetime
    client_id: UUID
    client_name: str
    request_number: int
    instalment_count: int
    invoices: tuple[int, ...]
    amount_cents: int
    method: PaymentMethod
    author: str
    standing: PaymentStanding
    undone_at: datetime | None
    undone_by: str
    undone_reason: str


@dataclass(frozen=True, kw_only=True)
class MethodSum:
    """What came in one way: how many payments count and their sum in centavos, and the same of what was undone."""

    method: PaymentMethod
    count: int
    cents: int
    undone_count: int
    undone_cents: int


@dataclass(frozen=True, kw_only=True)
class PersonSum:
    """What one person registered and counts, in centavos by method; nobody (the terminal) has no id.

    `methods` holds the sums by method; credit used is no money and stands apart from `received_cents`.
    """

    user_id: UUID | None
    name: str
    role: str
    count: int
    received_cents: int
    methods: dict[PaymentMethod, int]


@dataclass(frozen=True, kw_only=True)
class ReceivedPage:
    """The lines of one page, and count and sums of the whole filtered set in centavos.

    `received_cents` is the money that came in and counts: no credit used, nothing undone.  `is_book_empty` tells a
    filter that matches nothing from a book without payments.
    """

    lines: tuple[ReceivedLine, ...]
    total: int
    received_cents: int
    undone_count: int
    undone_cents: int
    by_method: tuple[MethodSum, ...]
    author: str
    is_book_empty: bool


@query(Permission.PAYMENTS_VIEW)
def received_page(tx: Tx, parameters: ReceivedFilter) -> ReceivedPage:
    """Return one page of the payments that the filter keeps, with the sums of all of them.

    Who is scoped sees what it registered itself, of its own clients.
    """
    conditions = _conditions(tx, parameters)
    sums = _sums_by_method(tx, conditions)
    total = sum(each.count + each.undone_count for each in sums)
    rows = _page_rows(tx, parameters, conditions, total) if total else []
    invoices = _invoices_of(tx, [row.id for row in rows])
    author = tx.session.scalar(select(User.name).where(User.id == parameters.registered_by))
    return ReceivedPage(
        lines=tuple(_line(row, invoices) for row in rows),
        total=total,
        received_cents=sum(each.cents for each in sums if each.method is not PaymentMethod.CREDIT),
        undone_count=sum(each.undone_count for each in sums),
        undone_cents=sum(each.undone_cents for each in sums),
        by_method=sums,
        author=author or "",
        is_book_empty=not total and tx.session.scalar(select(Payment.id).limit(1)) is None,
    )


@query(Permission.PAYMENTS_VIEW)
def received_by_person(tx: Tx, parameters: ReceivedFilter) -> tuple[PersonSum, ...]:
    """Return what each person registered of the payments that the filter keeps and count, street supervisors first."""
    rows = tx.session.execute(
        _joined(select(Payment.registered_by, User.name, User.role, Payment.method, func.count(), _cents()))
        .where(*_conditions(tx, parameters), not_(_is_undone()))
        .group_by(Payment.registered_by, User.name, User.role, Payment.method)
    ).all()
    found: dict[UUID | None, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in rows:
        found[row.registered_by].append(row)
    people = [_person(user_id, of_person) for user_id, of_person in found.items()]
    return tuple(sorted(people, key=lambda each: (each.role != Role.STREET_SUPERVISOR, each.name, str(each.user_id))))


def _person(user_id: UUID | None, rows: Sequence[Row[*tuple[Any, ...]]]) -> PersonSum:
    methods = {PaymentMethod(row.method): int(row[5]) for row in rows}
    return PersonSum(
        user_id=user_id,
        name=rows[0].name or "",
        role=rows[0].role or "",
        count=sum(row[4] for row in rows),
        received_cents=sum(cents for method, cents in methods.items() if method is not PaymentMethod.CREDIT),
        methods=methods,
    )


def _is_undone() -> ColumnElement[bool]:
    return or_(Reversal.id.is_not(None), is_returned())


def _cents() -> ColumnElement[int]:
    return func.coalesce(func.sum(Payment.amount_cents), 0)


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Payment)
        .join(Request, Request.id == Payment.request_id)
        .join(Client, Client.id == Request.client_id)
        .outerjoin(User, User.id == Payment.registered_by)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
    )


def _conditions(tx: Tx, parameters: ReceivedFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if tx.actor.is_scoped:
        conditions.append(Payment.registered_by == tx.actor.user_id)
    if parameters.since is not None:
        conditions.append(Payment.received_on >= parameters.since)
    if parameters.until is not None:
        conditions.append(Payment.received_on <= parameters.until)
    if parameters.method is not None:
        conditions.append(Payment.method == parameters.method)
    if parameters.registered_by is not None:
        conditions.append(Payment.registered_by == parameters.registered_by)
    if parameters.is_undone:
        conditions.append(_is_undone())
    text = parameters.text.strip()
    if text:
        by_number = [Payment.number == int(text)] if _is_number(text) else []
        conditions.append(or_(and_(true(), *found_by(text)), *by_number))
    return conditions


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len(str(2**63))


def _sums_by_method(tx: Tx, conditions: Iterable[ColumnElement[bool]]) -> tuple[MethodSum, ...]:
    undone = case((_is_undone(), 1), else_=0).label("undone")
    each = _joined(select(Payment.method, Payment.amount_cents, undone)).where(*conditions).subquery()
    rows = tx.session.execute(
        select(
            each.c.method,
            func.count().filter(each.c.undone == 0),
            func.coalesce(func.sum(each.c.amount_cents).filter(each.c.undone == 0), 0),
            func.count().filter(each.c.undone == 1),
            func.coalesce(func.sum(each.c.amount_cents).filter(each.c.undone == 1), 0),
        ).group_by(each.c.method)
    ).all()
    found = {
        row.method: MethodSum(
            method=PaymentMethod(row.method),
            count=row[1],
            cents=int(row[2]),
            undone_count=row[3],
            undone_cents=int(row[4]),
        )
        for row in rows
    }
    return tuple(found[method] for method in PaymentMethod if method in found)


def _page_rows(
    tx: Tx, parameters: ReceivedFilter, conditions: Iterable[ColumnElement[bool]], total: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    page = min(parameters.page, -(-total // parameters.size))
    is_by_amount = parameters.order is ReceivedOrder.AMOUNT
    keys: list[ColumnElement[Any]] = [
        Payment.amount_cents.expression if is_by_amount else Payment.received_on.expression,
        Payment.number.expression,
    ]
    undoer = select(User.name).where(User.id == Reversal.reversed_by).correlate(Reversal).scalar_subquery()
    returned = (
        select(ReturnedPayment.recorded_at).where(ReturnedPayment.payment_id == Payment.id).correlate(Payment).limit(1)
    )
    columns = select(
        Payment.id, Payment.number, Payment.received_on, Payment.registered_at, Payment.amount_cents, Payment.method,
        Client.id.label("client_id"), Client.name.label("client_name"), Request.number.label("request_number"),
        Request.instalment_count, User.name.label("author"), Reversal.reversed_at, undoer.label("undone_by"),
        Reversal.reason.label("undone_reason"), is_returned().label("is_returned"),
        returned.scalar_subquery().label("returned_at"),
    )  # fmt: skip
    return tx.session.execute(
        _joined(columns)
        .where(*conditions)
        .order_by(*(each.desc() if parameters.is_descending else each for each in keys))
        .limit(parameters.size)
        .offset((page - 1) * parameters.size)
    ).all()


def _invoices_of(tx: Tx, payment_ids: Sequence[UUID]) -> dict[UUID, tuple[int, ...]]:
    """Return the invoices that payments settle; of a reversed one, those that its reversal took back."""
    if not payment_ids:
        return {}
    own_reversal = and_(Reversal.id == Allocation.cause_reversal_id, Reversal.payment_id == Allocation.payment_id)
    taken_back = func.coalesce(func.sum(case((Reversal.id.is_not(None), -_AMOUNT_OF_LINES), else_=0)), 0)
    rows = tx.session.execute(
        select(Allocation.payment_id, Invoice.number)
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .outerjoin(Reversal, own_reversal)
        .where(Allocation.payment_id.in_(payment_ids))
        .group_by(Allocation.payment_id, Invoice.number)
        .having(or_(func.sum(_AMOUNT_OF_LINES) > 0, taken_back > 0))
        .order_by(Allocation.payment_id, Invoice.number)
    )
    found: dict[UUID, tuple[int, ...]] = {}
    for payment_id, number in rows:
        found[payment_id] = (*found.get(payment_id, ()), number)
    return found


def _line(row: Row[*tuple[Any, ...]], invoices: dict[UUID, tuple[int, ...]]) -> ReceivedLine:
    standing = PaymentStanding.RETURNED if row.is_returned else PaymentStanding.CONFIRMED
    return ReceivedLine(
        payment_id=row.id,
        number=row.number,
        received_on=row.received_on,
        registered_at=row.registered_at,
        client_id=row.client_id,
        client_name=row.client_name,
        request_number=row.request_number,
        instalment_count=row.instalment_count,
        invoices=invoices.get(row.id, ()),
        amount_cents=row.amount_cents,
        method=PaymentMethod(row.method),
        author=row.author or "",
        standing=PaymentStanding.REVERSED if row.reversed_at else standing,
        undone_at=row.reversed_at or (row.returned_at if row.is_returned else None),
        undone_by=row.undone_by or "",
        undone_reason=row.undone_reason or "",
    )
