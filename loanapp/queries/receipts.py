"""Reads of receipts: what one says, by its number for those who hand it out, by a link's token for who opens it.

A receipt tells of a payment as the ledger allocates it now; of one that was reversed, as it was until then, and that it
counts no more.  No CPF is in it: a link may be passed on.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from domain.adjustments import AdjustmentKind
from domain.payments import PaymentNotFound
from domain.permissions import Permission
from domain.receipts import ReceiptLinkNotGood, hash_of_token
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, Allocation, Payment, ReturnedPayment, Reversal
from loanapp.models.receipts import ReceiptIssue, ReceiptLink
from loanapp.models.requests import Request
from loanapp.queries._creditor import Creditor, read_creditor
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class ReceiptOf:
    """A payment's receipt, as its n-th copy."""

    payment_id: UUID
    copy_number: int


@dataclass(frozen=True, kw_only=True)
class ReceiptPart:
    """What of the payment went to one invoice, in centavos."""

    invoice_number: int
    due_date: date
    mora_cents: int
    late_fee_cents: int
    interest_cents: int
    principal_cents: int

    @property
    def total_cents(self) -> int:
        """The sum of the four."""
        return self.mora_cents + self.late_fee_cents + self.interest_cents + self.principal_cents


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a receipt says; amounts in centavos.

    `credit_cents` is what no invoice took, kept as the client's credit.  `discount_cents` and `let_go_cents` are what
    the payment took off beside paying: an early settlement's interest, and a remainder.  `reversed_on` and
    `returned_on` (the money failed after its loan was renegotiated) are None while the payment counts.
    """

    payment_id: UUID
    number: int
    copy_number: int
    creditor: Creditor
    client_name: str
    request_number: int
    instalment_count: int
    amount_cents: int
    method: str
    received_on: date
    registered_at: datetime
    registered_by: str
    parts: tuple[ReceiptPart, ...]
    credit_cents: int
    discount_cents: int
    let_go_cents: int
    reversed_on: date | None
    returned_on: date | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReceiptLinks:
    """How many links to a receipt open it now, and until when the last of them does."""

    open: int
    expires_at: datetime | None


@query(Permission.PAYMENTS_VIEW)
def receipt(tx: Tx, parameters: ReceiptOf) -> Receipt:
    """Return what a receipt says; raise PaymentNotFound."""
    return _receipt(tx, parameters.payment_id, parameters.copy_number)


@query(Permission.PAYMENTS_VIEW, is_one_statement=True)
def receipt_links(tx: Tx, payment_id: UUID) -> ReceiptLinks:
    """Return what links to a payment's receipt are good now."""
    row = tx.session.execute(
        select(func.count(ReceiptLink.id), func.max(ReceiptLink.expires_at))
        .join(ReceiptIssue, ReceiptIssue.id == ReceiptLink.issue_id)
        .where(ReceiptIssue.payment_id == payment_id, *_is_good(tx))
    ).one()
    return ReceiptLinks(open=row[0], expires_at=row[1])


@query(Permission.RECEIPTS_OPEN)
def opened_receipt(tx: Tx, token: str) -> Receipt:
    """Return the receipt that a link opens; raise ReceiptLinkNotGood, the same for every link that opens none."""
    issued = tx.session.execute(
        select(ReceiptIssue.payment_id, ReceiptIssue.copy_number)
        .join(ReceiptLink, ReceiptLink.issue_id == ReceiptIssue.id)
        .where(ReceiptLink.token_hash == hash_of_token(token), *_is_good(tx))
    ).one_or_none()
    if issued is None:
        raise ReceiptLinkNotGood
    return _receipt(tx, issued.payment_id, issued.copy_number)


def _is_good(tx: Tx) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ReceiptLink.revoked_at.is_(None), ReceiptLink.expires_at > tx.now


def _receipt(tx: Tx, payment_id: UUID, copy_number: int) -> Receipt:
    row = tx.session.execute(
        select(Payment, Request, Client.name, User.name.label("registered_by"), Reversal)
        .join(Request, Request.id == Payment.request_id)
        .join(Client, Client.id == Request.client_id)
        .outerjoin(User, User.id == Payment.registered_by)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Payment.id == payment_id)
    ).one_or_none()
    if row is None:
        raise PaymentNotFound
    payment, request, client_name, registered_by, reversal = row
    parts = parts_of(tx, payment.id, reversal)
    taken_off = _taken_off(tx, payment.id)
    return Receipt(
        payment_id=payment.id,
        number=payment.number,
        copy_number=copy_number,
        creditor=read_creditor(tx),
        client_name=client_name,
        request_number=request.number,
        instalment_count=request.instalment_count,
        amount_cents=payment.amount_cents,
        method=payment.method,
        received_on=payment.received_on,
        registered_at=payment.registered_at,
        registered_by=registered_by or "",
        parts=parts,
        credit_cents=payment.amount_cents - sum(part.total_cents for part in parts),
        discount_cents=taken_off.get(AdjustmentKind.SETTLEMENT, 0),
        let_go_cents=taken_off.get(AdjustmentKind.REMAINDER, 0),
        reversed_on=reversal.business_date if reversal else None,
        returned_on=_returned_on(tx, payment.id),
        made_at=tx.now,
    )


def parts_of(tx: Tx, payment_id: UUID, reversal: Reversal | None) -> tuple[ReceiptPart, ...]:
    """Return what went where, without the rows by which the payment's own reversal cancelled it."""
    names = ("mora_cents", "late_fee_cents", "interest_cents", "principal_cents")
    statement = (
        select(Invoice.number, Invoice.due_date, *(func.sum(getattr(Allocation, name)).label(name) for name in names))
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .where(Allocation.payment_id == payment_id)
        .group_by(Invoice.id)
        .order_by(Invoice.due_date, Invoice.number)
    )
    if reversal is not None:
        is_before = or_(Allocation.cause_reversal_id.is_(None), Allocation.cause_reversal_id != reversal.id)
        statement = statement.where(is_before)
    parts = (
        # PostgreSQL sums BIGINT as NUMERIC.
        ReceiptPart(
            invoice_number=row.number, due_date=row.due_date, **{name: int(getattr(row, name)) for name in names}
        )
        for row in tx.session.execute(statement)
    )
    return tuple(part for part in parts if part.total_cents)


def _returned_on(tx: Tx, payment_id: UUID) -> date | None:
    """Return the day on which the payment was told to have failed, unless that was reversed."""
    return tx.session.scalar(
        select(func.max(ReturnedPayment.business_date))
        .outerjoin(Reversal, Reversal.returned_payment_id == ReturnedPayment.id)
        .where(ReturnedPayment.payment_id == payment_id, Reversal.id.is_(None))
    )


def _taken_off(tx: Tx, payment_id: UUID) -> dict[str, int]:
    rows = tx.session.execute(
        select(Adjustment.kind, func.sum(Adjustment.amount_cents).label("cents"))
        .where(Adjustment.payment_id == payment_id)
        .group_by(Adjustment.kind)
    )
    return {row.kind: int(row.cents) for row in rows}
