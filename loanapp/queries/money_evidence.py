"""What the audit trail proves of the money facts beside payments, for `verify` (money.md §6, invariant 5).

Reversals, adjustments, refunds, uses of credit, returns and moved due dates are each what an event tells, and the
other way round.  And when the last of them happened, and what they may have made owed again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select

from domain.proofs import Difference
from loanapp.models.approvals import reopened_since
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Adjustment, CreditUse, DueDateChange, Payment, Refund, ReturnedPayment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx
from loanapp.queries.evidence import PAYMENT_ACTIONS
from loanapp.queries.trail import Event, Events, difference

_Facts = dict[tuple[str, ...], tuple[object, ...]]

_REVERSALS = {
    "payment.reversed": "payment_id",
    "charges.waiver_reversed": "adjustment_id",
    "credit.refund_reversed": "refund_id",
    "payment.return_reversed": "returned_payment_id",
}


_ACTIONS = PAYMENT_ACTIONS | {
    *_REVERSALS,
    "credit.refunded",
    "charges.waived",
    "invoice.due_date_changed",
    "payment.returned",
}


def fact_differences(tx: Tx, events: Mapping[UUID, Events]) -> Iterator[Difference]:
    """Yield each money fact of clients with a trail that is not what its event says, or lacks its event or its row."""
    told: _Facts = {}
    for event in (event for of_client in events.values() for event in of_client):
        if event.action in _ACTIONS:
            told.update(_told(event))
    clients = list(events)
    stored: _Facts = {}
    for read in (_reversals, _adjustments, _refunds, _credit_uses, _due_date_changes, _returns):
        stored.update(read(tx, clients))
    for key in sorted(stored.keys() | told.keys()):
        if stored.get(key) != told.get(key):
            yield difference(f"5 {key[0]}", " ".join(key), stored.get(key), told.get(key))


def _told(event: Event) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    """Yield what one event tells, by the fact's kind and id."""
    after, reason = event.after, event.facts.get("reason")
    who = (event.facts.get("business_date"), event.facts.get("actor_id") or "")
    if event.action in _REVERSALS:
        yield ("reversal", event.record_id), (after.get(_REVERSALS[event.action]), reason, *who)
    elif event.action == "credit.refunded":
        yield ("refund", event.record_id), (
            after.get("number"), after.get("amount_cents"), after.get("method"), reason, *who,
        )  # fmt: skip
    elif event.action == "payment.returned":
        yield ("return", event.record_id), (
            after.get("payment"), after.get("amount_cents"), after.get("request"), after.get("invoice"), reason, *who,
        )  # fmt: skip
    elif event.action == "invoice.due_date_changed":
        before = event.facts.get("before") or {}
        yield ("due date change", event.record_id), (
            after.get("invoice"), before.get("due_date"), after.get("due_date"), after.get("late_fee_relief_cents"),
            after.get("mora_relief_cents"), reason, *who,
        )  # fmt: skip
    for line in after.get("adjustments", ()):
        order = reason if line["kind"] == "WAIVER" else ""
        yield ("adjustment", line["id"]), (
            line["kind"], line["invoice"], line["component"], line["amount_cents"], order, *who,
        )  # fmt: skip
    for source in after.get("sources", ()):
        yield ("credit use", event.record_id, str(source["payment"])), (source["amount_cents"], who[0])


def _reversals(tx: Tx, client_ids: Sequence[UUID]) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    of_requests = select(Request.id).where(Request.client_id.in_(client_ids))
    rows = tx.session.execute(
        select(Reversal)
        .outerjoin(Payment, Payment.id == Reversal.payment_id)
        .outerjoin(Adjustment, Adjustment.id == Reversal.adjustment_id)
        .outerjoin(Refund, Refund.id == Reversal.refund_id)
        .outerjoin(ReturnedPayment, ReturnedPayment.id == Reversal.returned_payment_id)
        .outerjoin(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .where(
            or_(
                Payment.request_id.in_(of_requests),
                Adjustment.request_id.in_(of_requests),
                Refund.client_id.in_(client_ids),
                Invoice.request_id.in_(of_requests),
            )
        )
    ).scalars()
    for row in rows:
        target = row.payment_id or row.adjustment_id or row.refund_id or row.returned_payment_id
        yield ("reversal", str(row.id)), (
            str(target), row.reason, row.business_date.isoformat(), str(row.reversed_by or ""),
        )  # fmt: skip


def _adjustments(tx: Tx, client_ids: Sequence[UUID]) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    rows = tx.session.execute(
        select(Adjustment, Invoice.number)
        .join(Invoice, Invoice.id == Adjustment.invoice_id)
        .join(Request, Request.id == Adjustment.request_id)
        .where(Request.client_id.in_(client_ids))
    )
    for row, number in rows:
        yield ("adjustment", str(row.id)), (
            row.kind, number, row.component, row.amount_cents, row.reason, row.business_date.isoformat(),
            str(row.granted_by or ""),
        )  # fmt: skip


def _refunds(tx: Tx, client_ids: Sequence[UUID]) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    for row in tx.session.scalars(select(Refund).where(Refund.client_id.in_(client_ids))):
        yield ("refund", str(row.id)), (
            row.number, row.amount_cents, row.method, row.reason, row.business_date.isoformat(),
            str(row.refunded_by or ""),
        )  # fmt: skip


def _credit_uses(tx: Tx, client_ids: Sequence[UUID]) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    rows = tx.session.execute(
        select(CreditUse, Payment.number)
        .join(Payment, Payment.id == CreditUse.source_payment_id)
        .join(Request, Request.id == Payment.request_id)
        .where(Request.client_id.in_(client_ids))
    )
    for row, number in rows:
        yield ("credit use", str(row.used_by_payment_id or row.refund_id), str(number)), (
            row.amount_cents, row.business_date.isoformat(),
        )  # fmt: skip


def _due_date_changes(tx: Tx, client_ids: Sequence[UUID]) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    rows = tx.session.execute(
        select(DueDateChange, Invoice.number)
        .join(Invoice, Invoice.id == DueDateChange.invoice_id)
        .join(Request, Request.id == Invoice.request_id)
        .where(Request.client_id.in_(client_ids))
    )
    for row, number in rows:
        yield ("due date change", str(row.id)), (
            number, row.old_due_date.isoformat(), row.new_due_date.isoformat(), row.late_fee_relief_cents,
            row.mora_relief_cents, row.reason, row.business_date.isoformat(), str(row.changed_by or ""),
        )  # fmt: skip


def _returns(tx: Tx, client_ids: Sequence[UUID]) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    rows = tx.session.execute(
        select(ReturnedPayment, Payment.number, Request.number, Invoice.number, Invoice.original_cents)
        .join(Payment, Payment.id == ReturnedPayment.payment_id)
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .join(Request, Request.id == Invoice.request_id)
        .where(Request.client_id.in_(client_ids))
    )
    for row, payment, request, invoice, cents in rows:
        yield ("return", str(row.id)), (
            payment, cents, request, invoice, row.reason, row.business_date.isoformat(), str(row.recorded_by or ""),
        )  # fmt: skip


def last_effects() -> tuple[ScalarSelect[datetime], ...]:
    """Return when a request was last touched by each kind of money fact: its figures are at least that young."""
    return tuple(
        statement.scalar_subquery()
        for statement in (
            select(func.max(Payment.registered_at)).where(Payment.request_id == Request.id),
            select(func.max(Adjustment.recorded_at)).where(Adjustment.request_id == Request.id),
            select(func.max(Reversal.reversed_at))
            .join(Payment, Payment.id == Reversal.payment_id)
            .where(Payment.request_id == Request.id),
            select(func.max(Reversal.reversed_at))
            .join(Adjustment, Adjustment.id == Reversal.adjustment_id)
            .where(Adjustment.request_id == Request.id),
            select(func.max(DueDateChange.changed_at))
            .join(Invoice, Invoice.id == DueDateChange.invoice_id)
            .where(Invoice.request_id == Request.id),
            select(func.max(CreditUse.recorded_at))
            .join(Payment, Payment.id == CreditUse.source_payment_id)
            .where(Payment.request_id == Request.id),
            select(func.max(ReturnedPayment.recorded_at))
            .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
            .where(Invoice.request_id == Request.id),
            select(func.max(Reversal.reversed_at))
            .join(ReturnedPayment, ReturnedPayment.id == Reversal.returned_payment_id)
            .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
            .where(Invoice.request_id == Request.id),
        )
    )


def undone_since(moment: datetime) -> ColumnElement[bool]:
    """Say in SQL whether a payment or waiver was reversed, a due date moved, or a loss taken back since a moment."""
    payments = select(Reversal.id).join(Payment, Payment.id == Reversal.payment_id)
    waivers = select(Reversal.id).join(Adjustment, Adjustment.id == Reversal.adjustment_id)
    moves = select(DueDateChange.id).join(Invoice, Invoice.id == DueDateChange.invoice_id)
    returns = select(ReturnedPayment.id).join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
    return or_(
        returns.where(Invoice.request_id == Request.id, ReturnedPayment.recorded_at >= moment).exists(),
        payments.where(Payment.request_id == Request.id, Reversal.reversed_at >= moment).exists(),
        waivers.where(Adjustment.request_id == Request.id, Reversal.reversed_at >= moment).exists(),
        moves.where(Invoice.request_id == Request.id, DueDateChange.changed_at >= moment).exists(),
        reopened_since(moment),
    )
