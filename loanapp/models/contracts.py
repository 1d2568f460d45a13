"""Rows to rules and back: load contracts for `domain.history.replay`, and say which columns a position stands for.

Reads only; the writers are in `services/_positions.py`, the checkers in `queries/verification.py`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, inspect, select
from sqlalchemy.orm import Session, aliased

from domain.due_dates import DueDateChange, contract_as_of
from domain.history import (
    AdjustmentFact,
    Component,
    Contract,
    ContractInvoice,
    CreditUse,
    InvoicePosition,
    PaymentFact,
    Position,
    replay,
)
from domain.invoices import InvoiceStatus
from domain.money import Money
from domain.payments import Parts
from domain.recount import recount
from domain.requests import RequestStatus
from loanapp.models.company import Holiday
from loanapp.models.fact_sql import Fact, rare_facts
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request
from loanapp.models.return_sql import returned_by_root

_INVOICE_COLUMNS = tuple(
    getattr(Invoice, column.key) for column in inspect(Invoice).column_attrs if column.key != "open_cents"
)
_REQUEST_COLUMNS = (
    Request.id,
    Request.late_fee_pct,
    Request.mora_pct_month,
    Request.disbursed_on,
    Request.unapproved_on,
    Request.renegotiated_on,
    Request.charges_end_on,
    Request.overdue_through,
    Request.mora_through,
)
_Rows = list[Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class LoadedContract:
    """One disbursed request: its stored invoice rows by number, and the facts of its replay.

    `contract` has the due dates of now; `due_date_changes` lead back to those of an earlier day.
    """

    request: Row[*tuple[Any, ...]]
    invoice_rows: dict[int, Row[*tuple[Any, ...]]]
    contract: Contract
    payments: tuple[PaymentFact, ...]
    adjustments: tuple[AdjustmentFact, ...] = ()
    due_date_changes: tuple[DueDateChange, ...] = ()

    def contract_as_of(self, as_of: date) -> Contract:
        """Return the contract with the due dates that stood on a day."""
        return contract_as_of(self.contract, self.due_date_changes, as_of)

    def position(self, as_of: date, *, mora_as_of: date | None = None) -> Position:
        """Replay the contract as of a business date."""
        contract = self.contract_as_of(as_of)
        return replay(contract, self.payments, self.adjustments, as_of=as_of, mora_as_of=mora_as_of)

    def recounted(self, day: date) -> Position:
        """Return an earlier day as it is counted now: what a payment dated that day meets (`domain.recount`)."""
        return recount(self.contract, self.payments, self.adjustments, as_of=day)

    def has_facts_after(self, day: date) -> bool:
        """Whether anything since a day changed what was owed on it: money, a waiver, a reversal, a moved date."""
        dated = [
            *((payment.received_on, payment.reversed_on) for payment in self.payments),
            *((adjustment.granted_on, adjustment.reversed_on) for adjustment in self.adjustments),
            *((change.changed_on, None) for change in self.due_date_changes),
            *((added.added_on, added.removed_on) for added in self.contract.invoices if added.added_on is not None),
            *((use.used_on, use.returned_on) for payment in self.payments for use in payment.credit_uses),
        ]
        return any(on > day if undone_on is None else on <= day < undone_on for on, undone_on in dated)

    def position_at_watermark(self) -> Position:
        """Replay the contract as of what its stored columns stand for."""
        return self.position(self.request.overdue_through, mora_as_of=self.request.mora_through)

    @property
    def original_due_dates(self) -> dict[int, date]:
        """The due dates of the plan, by invoice number, before any of them was moved."""
        return {invoice.number: invoice.due_date for invoice in self.contract_as_of(date.min).invoices}

    @property
    def relief(self) -> dict[int, Parts]:
        """What moved due dates took off, by invoice number: it counts against the limit of waivers."""
        taken_off: defaultdict[int, Parts] = defaultdict(Parts)
        for change in self.due_date_changes:
            taken_off[change.invoice_number] += change.relief
        return taken_off

    @property
    def next_sequence(self) -> int:
        """The place of a waiver granted now: after all payments, before the next one of the same day."""
        return max((payment.sequence for payment in self.payments), default=0) + 1


def load_contracts(session: Session, request_ids: Sequence[UUID]) -> dict[UUID, LoadedContract]:
    """Load the disbursed requests among the ids, in four statements whatever their number."""
    requests = {row.id: row for row in session.execute(select(*_REQUEST_COLUMNS).where(Request.id.in_(request_ids)))}
    invoices: dict[UUID, dict[int, Row[*tuple[Any, ...]]]] = {}
    for row in session.execute(
        select(*_INVOICE_COLUMNS)
        .where(Invoice.request_id.in_(request_ids))
        .order_by(Invoice.request_id, Invoice.number)
    ):
        invoices.setdefault(row.request_id, {})[row.number] = row
    payments: defaultdict[UUID, _Rows] = defaultdict(list)
    for row in session.execute(
        select(
            Payment.id,
            Payment.number,
            Payment.request_id,
            Payment.amount_cents,
            Payment.received_on,
            Reversal.business_date.label("reversed_on"),
        )
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Payment.request_id.in_(request_ids))
        .order_by(Payment.received_on, Payment.number)
    ):
        payments[row.request_id].append(row)
    facts: defaultdict[UUID, _Rows] = defaultdict(list)
    for fact in session.execute(rare_facts(request_ids)):
        facts[fact.request_id].append(fact)
    return {
        request_id: _loaded(requests[request_id], rows, payments[request_id], facts[request_id])
        for request_id, rows in invoices.items()
    }


def _loaded(
    request: Row[*tuple[Any, ...]], rows: dict[int, Row[*tuple[Any, ...]]], payments: _Rows, facts: _Rows
) -> LoadedContract:
    numbers = {row.id: number for number, row in rows.items()}
    uses: defaultdict[UUID, list[CreditUse]] = defaultdict(list)
    chosen: defaultdict[UUID, set[int]] = defaultdict(set)
    adjustments, changes = [], []
    returns: dict[int, tuple[date, date | None]] = {}
    failures: defaultdict[UUID, list[tuple[date, date | None]]] = defaultdict(list)
    for fact in facts:
        if fact.fact == Fact.ADJUSTMENT:
            adjustments.append(_adjustment(fact, numbers))
        elif fact.fact == Fact.CREDIT_USE:
            use = CreditUse(used_on=fact.since, amount=Money(fact.amount_cents), returned_on=fact.until)
            uses[fact.payment_id].append(use)
        elif fact.fact == Fact.SETTLED_INVOICE:
            chosen[fact.payment_id].add(numbers[fact.invoice_id])
        elif fact.fact == Fact.RETURN:
            returns[numbers[fact.invoice_id]] = (fact.since, fact.until)
        elif fact.fact == Fact.FAILURE:
            failures[fact.payment_id].append((fact.since, fact.until))
        else:
            changes.append(_due_date_change(fact, numbers))
    return LoadedContract(
        request=request,
        invoice_rows=rows,
        contract=_contract(request, rows.values(), returns),
        payments=tuple(
            PaymentFact(
                payment_id=row.id,
                received_on=row.received_on,
                sequence=row.number,
                amount=Money(row.amount_cents),
                reversed_on=row.reversed_on,
                credit_uses=tuple(uses[row.id]),
                chosen=frozenset(chosen[row.id]),
                failures=tuple(failures[row.id]),
            )
            for row in payments
        ),
        adjustments=tuple(adjustments),
        due_date_changes=tuple(changes),
    )


def _adjustment(fact: Row[*tuple[Any, ...]], numbers: Mapping[int, int]) -> AdjustmentFact:
    return AdjustmentFact(
        adjustment_id=fact.id,
        invoice_number=numbers[fact.invoice_id],
        component=Component(fact.component),
        amount=Money(fact.amount_cents),
        granted_on=fact.since,
        sequence=fact.sequence,
        payment_id=fact.payment_id,
        reversed_on=fact.until,
    )


def _due_date_change(fact: Row[*tuple[Any, ...]], numbers: Mapping[int, int]) -> DueDateChange:
    return DueDateChange(
        invoice_number=numbers[fact.invoice_id],
        changed_on=fact.since,
        sequence=fact.sequence,
        old_due_date=fact.due_date,
        old_effective_due_date=fact.effective_due_date,
        relief=Parts(late_fee=Money(fact.late_fee_relief_cents), mora=Money(fact.mora_relief_cents)),
    )


def _contract(
    request: Row[*tuple[Any, ...]],
    rows: Collection[Row[*tuple[Any, ...]]],
    returns: Mapping[int, tuple[date, date | None]],
) -> Contract:
    # A disbursement that was taken back took its plan with it: until that day it stood.
    stood = {row.number: {"removed_on": request.unapproved_on} for row in rows if request.unapproved_on is not None}
    stood |= {number: {"added_on": since, "removed_on": until} for number, (since, until) in returns.items()}
    return Contract(
        invoices=tuple(
            ContractInvoice(
                number=row.number,
                due_date=row.due_date,
                effective_due_date=row.effective_due_date,
                principal=Money(row.principal_cents),
                interest=Money(row.interest_cents),
                mora_base=Money(row.mora_base_cents),
                **stood.get(row.number, {}),
            )
            for row in rows
            # What a return had added stood until it was taken back; any other cancelled invoice never asked for money.
            if row.status != InvoiceStatus.CANCELLED or row.number in stood
        ),
        late_fee_pct=request.late_fee_pct,
        mora_pct_month=request.mora_pct_month,
        closed_on=request.renegotiated_on,
        charges_end_on=request.charges_end_on,
    )


def invoice_columns(position: InvoicePosition) -> dict[str, Any]:
    """Return the stored columns that follow from an invoice's position."""
    return {
        "status": position.status.value,
        "late_fee_base_cents": position.late_fee_base.cents,
        "late_fee_cents": position.late_fee.cents,
        "mora_remaining_base_cents": position.mora_remaining_base.cents,
        "mora_frozen_cents": position.mora_frozen.cents,
        "mora_since": position.mora_since,
        "mora_cents": position.mora.cents,
        "waived_cents": position.waived.cents,
        "waived_late_fee_cents": position.waived_parts.late_fee.cents,
        "waived_mora_cents": position.waived_parts.mora.cents,
        "paid_cents": position.paid.total.cents,
        "paid_on": position.paid_on,
    }


def to_recover(session: Session, requests: Sequence[Request]) -> dict[UUID, int]:
    """Return, by request id, the centavos that its payments have to bring back (product.md "breakeven").

    For a chain of renegotiations that is one figure, on the newest request: what was disbursed at its root less all
    that the closed ones received and did not fail; of a closed one nothing.  At most two statements, and none where
    there is no chain.
    """
    found = {request.id: request.principal_cents for request in requests}
    nothing = (RequestStatus.RENEGOTIATED, RequestStatus.UNAPPROVED)
    found |= {request.id: 0 for request in requests if request.status in nothing}
    newest = [request for request in requests if request.parent_id is not None and found[request.id]]
    if newest:
        chain, root = aliased(Request), aliased(Request)
        rows = session.execute(
            select(root.id, root.principal_cents, func.sum(chain.total_value_paid))
            .join(chain, chain.root_id == root.id)
            .where(root.id.in_({request.root_id for request in newest}), chain.status == RequestStatus.RENEGOTIATED)
            .group_by(root.id)
        )
        failed: defaultdict[UUID, int] = defaultdict(int)
        for root_id, _, cents in session.execute(returned_by_root({request.root_id for request in newest})):
            failed[root_id] += int(cents)
        left = {row[0]: max(0, row[1] - int(row[2]) + failed[row[0]]) for row in rows}
        found |= {request.id: left[request.root_id] for request in newest}
    return found


def aggregate_columns(loaded: LoadedContract, position: Position, *, to_recover_cents: int) -> dict[str, Any]:
    """Return the cached aggregates of a request that follow from its position (product.md: breakeven; centavos)."""
    unsettled = [
        loaded.invoice_rows[invoice.number].effective_due_date
        for invoice in position.invoices
        if invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNPAID)
    ]
    overdue = [
        loaded.invoice_rows[invoice.number].effective_due_date
        for invoice in position.invoices
        if invoice.status is InvoiceStatus.UNPAID
    ]
    return {
        "total_value_paid": position.total_paid.cents,
        "total_value_to_breakeven": max(0, to_recover_cents - position.total_paid.cents),
        "total_value_open": position.total_open.cents,
        "total_value_overdue": position.total_overdue.cents,
        "credit_cents": position.credit.cents,
        "invoices_paid": sum(1 for invoice in position.invoices if invoice.status is InvoiceStatus.PAID),
        "invoices_open": len(unsettled),
        "next_due_date": min(unsettled, default=None),
        "overdue_since": min(overdue, default=None),
    }


def company_holidays(session: Session) -> frozenset[date]:
    """Return the company's own holidays, for a `BusinessCalendar`."""
    return frozenset(session.scalars(select(Holiday.day)))
