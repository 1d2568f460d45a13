"""What happened to a borrower's money beside payments, for the borrower's copy: undone, let go, moved, agreed anew."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from loanapp.models.invoices import Invoice
from loanapp.models.payments import (
    Adjustment,
    CreditUse,
    DueDateChange,
    Payment,
    Refund,
    ReturnedPayment,
    Reversal,
    SettledInvoice,
)
from loanapp.models.renegotiations import Renegotiation
from loanapp.models.requests import Request
from loanapp.queries._held import Names, copied, name_of
from loanapp.queries._query import Tx
from loanapp.queries.held_receipts import HeldReceipt, receipts_of


@dataclass(frozen=True, kw_only=True)
class HeldReversal:
    """What undid a payment, a waiver, a refund or a return."""

    reason: str
    reversed_by: str
    reversed_at: datetime


@dataclass(frozen=True, kw_only=True)
class HeldReturn:
    """A payment that failed after its request was renegotiated, and the invoice that owes it again."""

    request: int
    invoice: int
    reason: str
    recorded_by: str
    recorded_at: datetime
    reversal: HeldReversal | None


@dataclass(frozen=True, kw_only=True)
class HeldPayment:
    """Money received; how it was allocated is in the statement. `settled` are the invoices it settled early."""

    number: int
    amount_cents: int
    method: str
    received_on: date
    note: str
    registered_by: str
    registered_at: datetime
    settled: tuple[int, ...]
    returns: tuple[HeldReturn, ...]
    receipts: tuple[HeldReceipt, ...]
    reversal: HeldReversal | None


@dataclass(frozen=True, kw_only=True)
class HeldAdjustment:
    """An amount taken off an invoice."""

    invoice: int
    kind: str
    component: str
    amount_cents: int
    granted_on: date
    reason: str
    granted_by: str
    recorded_at: datetime
    reversal: HeldReversal | None


@dataclass(frozen=True, kw_only=True)
class HeldDueDateChange:
    """A due date that was moved."""

    invoice: int
    old_due_date: date
    new_due_date: date
    reason: str
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class HeldRenegotiation:
    """An offer of new terms, what became of it, and who decided."""

    number: int
    status: str
    offered_on: date
    valid_through: date
    plan: str
    step: str
    instalment_count: int
    rate_pct: Decimal
    first_due_date: date
    mora_discount_pct: Decimal
    late_fee_discount_pct: Decimal
    original_discount_pct: Decimal
    down_payment_cents: int
    debt_original_cents: int
    debt_late_fee_cents: int
    debt_mora_cents: int
    promised_total_cents: int
    drafted_by: str
    drafted_at: datetime
    approved_by: str
    approved_at: datetime | None
    approval_reason: str
    accepted_on: date | None
    new_request: int | None
    closed_by: str
    closed_at: datetime | None
    closing_reason: str


@dataclass(frozen=True, kw_only=True)
class HeldRefund:
    """Credit paid back."""

    number: int
    amount_cents: int
    method: str
    refunded_on: date
    reason: str
    refunded_by: str
    refunded_at: datetime
    reversal: HeldReversal | None


@dataclass(frozen=True, kw_only=True)
class HeldCreditUse:
    """Credit that a payment left, and the payment or the refund (their numbers) that used it."""

    source_payment: int
    amount_cents: int
    used_by_payment: int | None
    refund: int | None
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class HeldMoney:
    """What happened to the money of requests, by request."""

    payments: dict[UUID, list[HeldPayment]]
    adjustments: dict[UUID, list[HeldAdjustment]]
    due_date_changes: dict[UUID, list[HeldDueDateChange]]
    renegotiations: dict[UUID, list[HeldRenegotiation]]


def money_of(tx: Tx, request_ids: Sequence[UUID], names: Names) -> HeldMoney:
    """Read what happened to the money of requests, each kind in one or two statements, in the order of time."""
    return HeldMoney(
        payments=_payments(tx, request_ids, names),
        adjustments=_adjustments(tx, request_ids, names),
        due_date_changes=_due_date_changes(tx, request_ids, names),
        renegotiations=_renegotiations(tx, request_ids, names),
    )


def refunds_of(tx: Tx, client_id: UUID, names: Names) -> tuple[HeldRefund, ...]:
    """Return the credit paid back to a client."""
    rows = tx.session.execute(
        select(Refund, Reversal)
        .outerjoin(Reversal, Reversal.refund_id == Refund.id)
        .where(Refund.client_id == client_id)
        .order_by(Refund.number)
    )
    return tuple(
        copied(
            HeldRefund, refund, refunded_by=name_of(names, refund.refunded_by), reversal=_reversal(reversal, names)
        )
        for refund, reversal in rows
    )  # fmt: skip


def credit_uses_of(tx: Tx, client_id: UUID) -> tuple[HeldCreditUse, ...]:
    """Return the uses of a client's credit."""
    user = aliased(Payment)
    rows = tx.session.execute(
        select(CreditUse, Payment.number, user.number, Refund.number)
        .join(Payment, Payment.id == CreditUse.source_payment_id)
        .join(Request, Request.id == Payment.request_id)
        .outerjoin(user, user.id == CreditUse.used_by_payment_id)
        .outerjoin(Refund, Refund.id == CreditUse.refund_id)
        .where(Request.client_id == client_id)
        .order_by(CreditUse.id)
    )
    return tuple(
        copied(HeldCreditUse, use, source_payment=source, used_by_payment=used_by, refund=refund)
        for use, source, used_by, refund in rows
    )


def _reversal(row: Reversal | None, names: Names) -> HeldReversal | None:
    return copied(HeldReversal, row, reversed_by=name_of(names, row.reversed_by)) if row else None


def _payments(tx: Tx, request_ids: Sequence[UUID], names: Names) -> dict[UUID, list[HeldPayment]]:
    settled: defaultdict[UUID, list[int]] = defaultdict(list)
    for payment_id, number in tx.session.execute(
        select(SettledInvoice.payment_id, Invoice.number)
        .join(Invoice, Invoice.id == SettledInvoice.invoice_id)
        .where(Invoice.request_id.in_(request_ids))
        .order_by(Invoice.number)
    ):
        settled[payment_id].append(number)
    returns, receipts = _returns(tx, request_ids, names), receipts_of(tx, request_ids, names)
    found: defaultdict[UUID, list[HeldPayment]] = defaultdict(list)
    for payment, reversal in tx.session.execute(
        select(Payment, Reversal)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Payment.request_id.in_(request_ids))
        .order_by(Payment.number)
    ):
        found[payment.request_id].append(
            copied(
                HeldPayment,
                payment,
                registered_by=name_of(names, payment.registered_by),
                settled=tuple(settled[payment.id]),
                returns=tuple(returns.get(payment.id, ())),
                receipts=tuple(receipts.get(payment.id, ())),
                reversal=_reversal(reversal, names),
            )
        )
    return found


def _returns(tx: Tx, request_ids: Sequence[UUID], names: Names) -> dict[UUID, list[HeldReturn]]:
    found: defaultdict[UUID, list[HeldReturn]] = defaultdict(list)
    for row, invoice, request, reversal in tx.session.execute(
        select(ReturnedPayment, Invoice.number, Request.number, Reversal)
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .join(Request, Request.id == Invoice.request_id)
        .join(Payment, Payment.id == ReturnedPayment.payment_id)
        .outerjoin(Reversal, Reversal.returned_payment_id == ReturnedPayment.id)
        .where(Payment.request_id.in_(request_ids))
        .order_by(ReturnedPayment.number)
    ):
        found[row.payment_id].append(
            copied(
                HeldReturn,
                row,
                invoice=invoice,
                request=request,
                recorded_by=name_of(names, row.recorded_by),
                reversal=_reversal(reversal, names),
            )
        )
    return found


def _adjustments(tx: Tx, request_ids: Sequence[UUID], names: Names) -> dict[UUID, list[HeldAdjustment]]:
    found: defaultdict[UUID, list[HeldAdjustment]] = defaultdict(list)
    for row, number, reversal in tx.session.execute(
        select(Adjustment, Invoice.number, Reversal)
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .outerjoin(Reversal, Reversal.adjustment_id == Adjustment.id)
        .where(Adjustment.request_id.in_(request_ids))
        .order_by(Adjustment.number)
    ):
        found[row.request_id].append(
            copied(
                HeldAdjustment,
                row,
                invoice=number,
                granted_by=name_of(names, row.granted_by),
                reversal=_reversal(reversal, names),
            )
        )
    return found


def _due_date_changes(tx: Tx, request_ids: Sequence[UUID], names: Names) -> dict[UUID, list[HeldDueDateChange]]:
    found: defaultdict[UUID, list[HeldDueDateChange]] = defaultdict(list)
    for row, number, request_id in tx.session.execute(
        select(DueDateChange, Invoice.number, Invoice.request_id)
        .join(Invoice, Invoice.id == DueDateChange.invoice_id)
        .where(Invoice.request_id.in_(request_ids))
        .order_by(DueDateChange.number)
    ):
        change = copied(HeldDueDateChange, row, invoice=number, changed_by=name_of(names, row.changed_by))
        found[request_id].append(change)
    return found


def _renegotiations(tx: Tx, request_ids: Sequence[UUID], names: Names) -> dict[UUID, list[HeldRenegotiation]]:
    found: defaultdict[UUID, list[HeldRenegotiation]] = defaultdict(list)
    for row, number in tx.session.execute(
        select(Renegotiation, Request.number)
        .outerjoin(Request, Request.id == Renegotiation.new_request_id)
        .where(Renegotiation.request_id.in_(request_ids))
        .order_by(Renegotiation.number)
    ):
        found[row.request_id].append(
            copied(
                HeldRenegotiation,
                row,
                drafted_by=name_of(names, row.drafted_by),
                approved_by=name_of(names, row.approved_by) if row.approved_at else "",
                closed_by=name_of(names, row.closed_by) if row.closed_at else "",
                new_request=number,
            )
        )
    return found
