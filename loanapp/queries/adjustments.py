"""What was adjusted on a request beside its payments: amounts taken off, due dates moved, and what was undone of it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain.permissions import Permission
from loanapp.models.auth import User
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, DueDateChange, Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query

_AUTHOR, _UNDOER = aliased(User), aliased(User)


@dataclass(frozen=True, kw_only=True)
class TakenOff:
    """An amount taken off one component of an invoice, in centavos; `payment_number` is that of what it belongs to.

    `undone_by` and `undone_reason` tell who reversed a waiver and why, `undone_at` when; None where it stands.  What
    belongs to a payment that was reversed is undone with it.
    """

    adjustment_id: UUID
    kind: str
    component: str
    invoice_number: int
    amount_cents: int
    granted_on: date
    recorded_at: datetime
    author: str
    reason: str
    payment_number: int | None
    undone_at: datetime | None
    undone_by: str
    undone_reason: str


@dataclass(frozen=True, kw_only=True)
class DueDateMoved:
    """A due date that was moved, and in centavos what that took off late fee and mora."""

    invoice_number: int
    old_due_date: date
    new_due_date: date
    relief_cents: int
    changed_at: datetime
    author: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """All that was adjusted on a request, the newest first."""

    taken_off: tuple[TakenOff, ...]
    moved: tuple[DueDateMoved, ...]


@query(Permission.REQUESTS_VIEW)
def adjustments_of(tx: Tx, number: int) -> Adjusted:
    """Return what was adjusted on the request with a number; nothing for a number that no request has."""
    taken_off = tx.session.execute(
        select(Adjustment, Invoice.number, Payment.number, _AUTHOR.name, Reversal, _UNDOER.name)
        .join(Request, Request.id == Adjustment.request_id)
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .outerjoin(Payment, Payment.id == Adjustment.payment_id)
        .outerjoin(Reversal, (Reversal.adjustment_id == Adjustment.id) | (Reversal.payment_id == Adjustment.payment_id))
        .outerjoin(_AUTHOR, _AUTHOR.id == Adjustment.granted_by)
        .outerjoin(_UNDOER, _UNDOER.id == Reversal.reversed_by)
        .where(Request.number == number)
        .order_by(Adjustment.number.desc())
    )
    moved = tx.session.execute(
        select(DueDateChange, Invoice.number, _AUTHOR.name)
        .join(Invoice, Invoice.id == DueDateChange.invoice_id)
        .join(Request, Request.id == Invoice.request_id)
        .outerjoin(_AUTHOR, _AUTHOR.id == DueDateChange.changed_by)
        .where(Request.number == number)
        .order_by(DueDateChange.number.desc())
    )
    return Adjusted(
        taken_off=tuple(
            TakenOff(
                adjustment_id=row.id,
                kind=row.kind,
                component=row.component,
                invoice_number=invoice_number,
                amount_cents=row.amount_cents,
                granted_on=row.granted_on,
                recorded_at=row.recorded_at,
                author=author or "",
                reason=row.reason,
                payment_number=payment_number,
                undone_at=reversal.reversed_at if reversal else None,
                undone_by=(undoer or "") if reversal else "",
                undone_reason=reversal.reason if reversal else "",
            )
            for row, invoice_number, payment_number, author, reversal, undoer in taken_off
        ),
        moved=tuple(
            DueDateMoved(
                invoice_number=invoice_number,
                old_due_date=row.old_due_date,
                new_due_date=row.new_due_date,
                relief_cents=row.late_fee_relief_cents + row.mora_relief_cents,
                changed_at=row.changed_at,
                author=author or "",
                reason=row.reason,
            )
            for row, invoice_number, author in moved
        ),
    )
