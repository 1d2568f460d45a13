"""Rows to the rule of `domain.privacy`: why and until when what is kept about one borrower must stay.  Reads only."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.approvals import ApprovalStatus
from domain.privacy import RETENTION_YEARS, RequestFact, Retention, RetentionFacts, retention_of
from domain.requests import RequestStatus
from loanapp.models.approvals import Approval
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings
from loanapp.models.documents import Document
from loanapp.models.follow_ups import FollowUp
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message
from loanapp.models.payments import Adjustment, CreditUse, DueDateChange, Payment, ReturnedPayment, Reversal
from loanapp.models.renegotiations import Renegotiation
from loanapp.models.requests import Request


def load_retention(session: Session, client: Client) -> Retention:
    """Return a client's retention as the rows stand."""
    years = session.scalar(select(CompanySettings.retention_years))
    pending = select(Approval.id).where(Approval.client_id == client.id, Approval.status == ApprovalStatus.PENDING)
    facts = RetentionFacts(
        requests=_requests(session, client),
        credit_cents=client.credit_cents,
        has_pending_approval=session.scalar(pending.limit(1)) is not None,
        last_contact_on=_last_contact_on(session, client),
        retention_years=years or RETENTION_YEARS,
    )
    return retention_of(facts)


def _requests(session: Session, client: Client) -> list[RequestFact]:
    last_payment = func.max(func.greatest(Payment.business_date, Payment.received_on))
    rows = session.execute(
        select(
            Request.status,
            Request.disbursed_on,
            Request.total_value_open,
            # `greatest` passes over what is null.
            func.greatest(
                Request.requested_on,
                Request.approved_on,
                Request.unapproved_on,
                Request.disbursed_on,
                Request.paid_on,
                Request.renegotiated_on,
                Request.lost_on,
                select(last_payment).where(Payment.request_id == Request.id).correlate(Request).scalar_subquery(),
                *_last_changes(),
            ).label("last_on"),
        ).where(Request.client_id == client.id)
    )
    return [
        RequestFact(
            status=RequestStatus(row.status),
            was_disbursed=row.disbursed_on is not None,
            open_cents=row.total_value_open,
            last_on=row.last_on,
        )
        for row in rows
    ]


def _last_changes() -> Sequence[ColumnElement[date]]:
    """Return the last day on which a request's money was undone, let go, paid back or moved, or new terms offered."""
    undone = select(func.max(Reversal.business_date))
    days = (
        undone.join(Payment, Payment.id == Reversal.payment_id).where(Payment.request_id == Request.id),
        undone.join(Adjustment, Adjustment.id == Reversal.adjustment_id).where(Adjustment.request_id == Request.id),
        select(func.max(Adjustment.business_date)).where(Adjustment.request_id == Request.id),
        select(func.max(CreditUse.business_date))
        .join(Payment, Payment.id == CreditUse.source_payment_id)
        .where(Payment.request_id == Request.id),
        select(func.max(DueDateChange.business_date))
        .join(Invoice, Invoice.id == DueDateChange.invoice_id)
        .where(Invoice.request_id == Request.id),
        select(func.max(ReturnedPayment.business_date))
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .where(Invoice.request_id == Request.id),
        undone.join(ReturnedPayment, ReturnedPayment.id == Reversal.returned_payment_id)
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .where(Invoice.request_id == Request.id),
        select(func.max(Renegotiation.offered_on)).where(Renegotiation.request_id == Request.id),
    )
    return [statement.correlate(Request).scalar_subquery() for statement in days]


def _last_contact_on(session: Session, client: Client) -> date:
    contacts = [
        session.scalar(select(func.max(kept.business_date)).where(kept.client_id == client.id))
        for kept in (Message, FollowUp, Document)
    ]
    return max([client.registered_on, *(day for day in contacts if day is not None)])
