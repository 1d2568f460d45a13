"""Use case of moving a due date: charges count from the new one throughout, the old one stays known (money.md §1)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert, update

from domain.adjustments import check_relief
from domain.calendar import BusinessCalendar
from domain.clients import required_text
from domain.due_dates import DueDateChangeIdTaken, check_due_date
from domain.errors import Checks
from domain.history import InvoicePosition
from domain.invoices import InvoiceNotOpen, InvoiceStatus
from domain.payments import Parts
from domain.permissions import Permission
from domain.requests import RequestStatus, RequestTakesNoPayment
from loanapp.models.contracts import company_holidays, load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import DueDateChange
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox, _positions, _received
from loanapp.services._positions import Cause
from loanapp.services._use_case import Tx, use_case

REASON_LENGTH_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class ChangeDueDate:
    """Move the due date of an open invoice, with a reason. The same `change_id` twice is one change."""

    change_id: UUID
    invoice_id: int
    due_date: date
    reason: str


@dataclass(frozen=True)
class DueDateChanged:
    """The dates that the invoice has now, and whether this call gave them."""

    change_id: UUID
    due_date: date
    effective_due_date: date
    is_new: bool


@use_case(Permission.INVOICES_CHANGE_DUE_DATE)
def change_due_date(tx: Tx, command: ChangeDueDate) -> DueDateChanged:
    """Move a due date; what that takes off late fee and mora counts against the actor's limit of waivers."""
    invoice = tx.session.get(Invoice, command.invoice_id)
    if invoice is None:
        raise InvoiceNotOpen(field="invoice_id")
    client, request = _received.locked(tx, invoice.request_id)
    existing = _existing(tx, command)
    if existing is not None:
        return existing
    tx.session.refresh(invoice)
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST):
        raise RequestTakesNoPayment(status=request.status)
    if invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.UNPAID):
        raise InvoiceNotOpen(field="invoice_id")
    reason = _audit.masked(client, _checked_reason(tx, command, invoice, request))
    relief_before, before = _standing(tx, invoice)
    effective = BusinessCalendar(company_holidays(tx.session)).effective(command.due_date)
    change = {
        "old_due_date": invoice.due_date,
        "new_due_date": command.due_date,
        "old_effective_due_date": invoice.effective_due_date,
        "new_effective_due_date": effective,
    }
    dates = {"due_date": command.due_date, "effective_due_date": effective}
    tx.session.execute(update(Invoice).where(Invoice.id == invoice.id).values(**dates))
    _, after = _standing(tx, invoice)
    relief = check_relief(tx.actor, before, after, relief_before)
    tx.session.execute(
        insert(DueDateChange).values(
            id=command.change_id,
            invoice_id=invoice.id,
            **change,
            late_fee_relief_cents=relief.late_fee.cents,
            mora_relief_cents=relief.mora.cents,
            reason=reason,
            changed_by=tx.actor.user_id,
            business_date=tx.business_date,
            changed_at=tx.now,
        )
    )
    _positions.settle(tx, client, request, Cause(due_date_change_id=command.change_id))
    _audit.note(
        tx, client, "invoice.due_date_changed", "due_date_change", command.change_id, reason=reason,
        before={"due_date": change["old_due_date"].isoformat()},
        after={
            "due_date": command.due_date.isoformat(), "effective_due_date": effective.isoformat(),
            "request": request.number, "invoice": invoice.number, "late_fee_relief_cents": relief.late_fee.cents,
            "mora_relief_cents": relief.mora.cents,
        },
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
    return DueDateChanged(command.change_id, command.due_date, effective, is_new=True)


def _existing(tx: Tx, command: ChangeDueDate) -> DueDateChanged | None:
    change = tx.session.get(DueDateChange, command.change_id)
    if change is None:
        return None
    is_same_order = change.invoice_id == command.invoice_id and change.new_due_date == command.due_date
    if not is_same_order or change.changed_by != tx.actor.user_id:
        raise DueDateChangeIdTaken
    return DueDateChanged(change.id, change.new_due_date, change.new_effective_due_date, is_new=False)


def _checked_reason(tx: Tx, command: ChangeDueDate, invoice: Invoice, request: Request) -> str:
    assert request.disbursed_on is not None
    checks = Checks()
    checks.take(
        "due_date", check_due_date, command.due_date,
        before=invoice.due_date, disbursed_on=request.disbursed_on, today=tx.business_date,
    )  # fmt: skip
    reason = checks.take("reason", required_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    return reason or ""


def _standing(tx: Tx, invoice: Invoice) -> tuple[Parts, InvoicePosition]:
    """Return what earlier moves took off an invoice, and where it stands today."""
    loaded = load_contracts(tx.session, [invoice.request_id])[invoice.request_id]
    position = loaded.position(tx.business_date)
    return loaded.relief.get(invoice.number, Parts()), next(
        each for each in position.invoices if each.number == invoice.number
    )
