"""Returned payments as statements: which stand, and how much of what a chain received they take away."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from loanapp.models.invoices import Invoice
from loanapp.models.payments import Payment, ReturnedPayment, Reversal
from loanapp.models.requests import Request


def stands() -> ColumnElement[bool]:
    """Say in SQL whether a return was not taken back."""
    undone = select(Reversal.id).where(Reversal.returned_payment_id == ReturnedPayment.id)
    return ~undone.correlate(ReturnedPayment).exists()


def is_returned() -> ColumnElement[bool]:
    """Say in SQL whether a payment failed after its request was renegotiated."""
    returns = select(ReturnedPayment.id).where(ReturnedPayment.payment_id == Payment.id, stands())
    return returns.correlate(Payment).exists()


def returned_by_root(root_ids: Collection[UUID], *, as_of: date | None = None) -> Select[*tuple[Any, ...]]:
    """Return (root id, the id of the payment's request, centavos) of what returned payments had settled.

    It is the original value of the invoices that owe it again; as of a day, or as it stands now.
    """
    counts = [stands()]
    if as_of is not None:
        undone_by = select(Reversal.id).where(
            Reversal.returned_payment_id == ReturnedPayment.id, Reversal.business_date <= as_of
        )
        counts = [ReturnedPayment.business_date <= as_of, ~undone_by.correlate(ReturnedPayment).exists()]
    return (
        select(Request.root_id, Payment.request_id, func.sum(Invoice.original_cents))
        .select_from(ReturnedPayment)
        .join(Invoice, Invoice.id == ReturnedPayment.invoice_id)
        .join(Payment, Payment.id == ReturnedPayment.payment_id)
        .join(Request, Request.id == Payment.request_id)
        .where(Request.root_id.in_(root_ids), *counts)
        .group_by(Request.root_id, Payment.request_id)
    )
