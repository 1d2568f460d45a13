"""Whom a text is about: borrowers with what they owe, the lender who writes, the calendar, the texts of the last week.

A toolbox for use cases, reads only; the rows of texts are written in `_outbox.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from domain import templates
from domain.calendar import BusinessCalendar
from domain.clients import TaxId
from domain.invoices import InvoiceStatus
from domain.messages import DEBT_KINDS, MAY_HAVE_LEFT, MessageKind
from domain.money import Money
from domain.requests import RequestStatus
from domain.templates import Lender, OwedInvoice
from domain.windows import state_of
from loanapp.models import promises
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings, pix_receiver
from loanapp.models.contracts import company_holidays
from loanapp.models.follow_ups import FollowUp
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message
from loanapp.models.payments import Allocation
from loanapp.models.requests import Request


@dataclass(frozen=True, kw_only=True)
class Borrower:
    """A client as a charge text sees them, with what is due or overdue as of a date."""

    client_id: UUID
    first_name: str
    phone: str
    state: str
    phone_flag: str
    accepts_messages: bool
    owed: tuple[OwedInvoice, ...]


def borrowers(session: Session, client_ids: Iterable[UUID], as_of: date) -> list[Borrower]:
    """Return, in ascending id, those of the clients who owe something due on or before a date, from the stored rows.

    Two statements, whatever the number of clients.  The stored charges are those of the last cycles: the charge cycle
    runs after the others of its date, and a use case that moves money brings its contract up to date.
    """
    owed = owed_by(session, client_ids, as_of)
    clients = session.execute(
        select(
            Client.id,
            Client.name,
            Client.preferred_name,
            Client.phone,
            Client.state,
            Client.phone_flag,
            Client.accepts_messages,
        )
        .where(Client.id.in_(owed))
        .order_by(Client.id)
    )
    return [
        Borrower(
            client_id=row.id,
            first_name=first_name(row.name, row.preferred_name),
            phone=row.phone,
            state=state_of(row.state, row.phone),
            phone_flag=row.phone_flag,
            accepts_messages=row.accepts_messages,
            owed=owed[row.id],
        )
        for row in clients
    ]


def owed_by(session: Session, client_ids: Iterable[UUID], as_of: date) -> dict[UUID, tuple[OwedInvoice, ...]]:
    """Return, per client, what is open of invoices due on or before a date, oldest first; nobody who owes nothing."""
    paid = (
        select(func.coalesce(func.sum(Allocation.late_fee_cents), 0), func.coalesce(func.sum(Allocation.mora_cents), 0))
        .where(Allocation.invoice_id == Invoice.id)
        .correlate(Invoice)
        .lateral()
    )
    paid_late_fee, paid_mora = paid.c
    rows = session.execute(
        select(
            Request.client_id,
            Request.number.label("request_number"),
            Request.instalment_count,
            Invoice.number,
            Invoice.effective_due_date,
            Invoice.open_cents,
            (Invoice.late_fee_cents - Invoice.waived_late_fee_cents - paid_late_fee).label("late_fee_cents"),
            (Invoice.mora_cents - Invoice.waived_mora_cents - paid_mora).label("mora_cents"),
        )
        .join(Invoice, Invoice.request_id == Request.id)
        .join(paid, onclause=true())
        .where(
            Request.client_id.in_(list(client_ids)),
            Request.status == RequestStatus.ACTIVE,
            Invoice.status.in_([InvoiceStatus.OPEN, InvoiceStatus.UNPAID]),
            Invoice.effective_due_date <= as_of,
        )
        .order_by(Invoice.effective_due_date, Invoice.id)
    )
    owed: dict[UUID, list[OwedInvoice]] = {}
    for row in rows:
        owed.setdefault(row.client_id, []).append(
            OwedInvoice(
                request_number=row.request_number,
                number=row.number,
                count=row.instalment_count,
                effective_due_date=row.effective_due_date,
                # PostgreSQL sums BIGINT as NUMERIC.
                original=Money(int(row.open_cents - row.late_fee_cents - row.mora_cents)),
                late_fee=Money(int(row.late_fee_cents)),
                mora=Money(int(row.mora_cents)),
            )
        )
    return {client_id: tuple(invoices) for client_id, invoices in owed.items()}


def texts_in_week(
    session: Session,
    client_ids: Sequence[UUID],
    day: date,
    *,
    kinds: Iterable[MessageKind] = DEBT_KINDS,
    besides: UUID | None = None,
) -> dict[UUID, int]:
    """Count, per client, the texts about debts of a day and the six before it that left or may have (brazil.md §7)."""
    counted = (
        select(Message.client_id, func.count())
        .where(
            Message.client_id.in_(client_ids),
            Message.kind.in_(kinds),
            Message.status.in_(MAY_HAVE_LEFT),
            Message.business_date.between(day - timedelta(days=6), day),
        )
        .group_by(Message.client_id)
    )
    if besides:
        counted = counted.where(Message.id != besides)
    return {client_id: texts for client_id, texts in session.execute(counted)}  # noqa: C416 - a row is no pair.


def promised_until(session: Session, client_ids: Iterable[UUID], day: date) -> dict[UUID, date]:
    """Return, for those of the clients who have a promise that stands on a day, until when it does."""
    found = session.execute(promises.standing(day).where(FollowUp.client_id.in_(list(client_ids))))
    return {client_id: promised_on for client_id, promised_on in found if promised_on}


def charge_snapshot(owed: Sequence[OwedInvoice], as_of: date) -> dict[str, Any]:
    """Return the calculation behind a charge text, kept with it as evidence."""
    return {
        "as_of": as_of.isoformat(),
        "total_cents": templates.total_open(owed).cents,
        "invoices": [
            {
                "request_number": invoice.request_number,
                "number": invoice.number,
                "count": invoice.count,
                "effective_due_date": invoice.effective_due_date.isoformat(),
                "original_cents": invoice.original.cents,
                "late_fee_cents": invoice.late_fee.cents,
                "mora_cents": invoice.mora.cents,
            }
            for invoice in owed
        ],
    }


def load_lender(session: Session) -> Lender:
    """Return who writes; what the company did not fill in is empty, and a text that names it does not leave."""
    company = session.get(CompanySettings, 1)
    if company is None:
        return Lender(name="", tax_id="", address="", support_channel="", support_hours="")
    return Lender(
        name=company.name,
        tax_id=TaxId(company.tax_id).formatted if company.tax_id else "",
        address=company.address,
        support_channel=company.support_channel,
        support_hours=company.support_hours,
        pix=pix_receiver(session),
    )


def load_calendar(session: Session) -> BusinessCalendar:
    """Return the calendar with the company's own holidays."""
    return BusinessCalendar(company_holidays(session))


def first_name(name: str, preferred_name: str) -> str:
    """Return how a text addresses the borrower."""
    return preferred_name or name.partition(" ")[0]
