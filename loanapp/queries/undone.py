"""What reversed payments had settled: they count nowhere, and stay listed beside what they once paid (money.md §4)."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.history import AllocationLine
from domain.money import Money
from domain.payments import Parts
from loanapp.models.contracts import LoadedContract
from loanapp.models.payments import Allocation, Reversal


def reversed_lines(
    session: Session, contracts: Mapping[UUID, LoadedContract], as_of: date
) -> dict[UUID, tuple[AllocationLine, ...]]:
    """Return, by request, what payments reversed by a day had settled when they were reversed.

    One statement, none where no payment was reversed: the reversal's own rows say what it took back.
    """
    request_of = {
        payment.payment_id: request_id
        for request_id, contract in contracts.items()
        for payment in contract.payments
        if payment.reversed_on is not None and payment.reversed_on <= as_of
    }
    if not request_of:
        return {}
    numbers = {row.id: number for contract in contracts.values() for number, row in contract.invoice_rows.items()}
    found: dict[UUID, tuple[AllocationLine, ...]] = {}
    rows = session.scalars(
        select(Allocation)
        .join(Reversal, Reversal.id == Allocation.cause_reversal_id)
        .where(Reversal.payment_id == Allocation.payment_id, Allocation.payment_id.in_(list(request_of)))
        .order_by(Allocation.id)
    )
    for row in rows:
        line = AllocationLine(
            payment_id=row.payment_id,
            invoice_number=numbers[row.invoice_id],
            parts=Parts(
                Money(-row.mora_cents),
                Money(-row.late_fee_cents),
                Money(-row.interest_cents),
                Money(-row.principal_cents),
            ),
        )
        request_id = request_of[row.payment_id]
        found[request_id] = (*found.get(request_id, ()), line)
    return found
