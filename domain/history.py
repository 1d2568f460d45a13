"""The one replay of a contract: charges, allocations, credit and states from its facts as of a date (money.md §3, §4).

Payments, waivers, renegotiation, the statement and `verify` all call `replay`.  Nothing here is stored, and nothing is
incremented: the same facts in any order of arrival give the same position.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from domain import charges
from domain.invoices import InvoiceStatus, status_from_facts
from domain.money import Money, total
from domain.payments import Parts, allocate


class Component(StrEnum):
    """What of an invoice an adjustment takes off."""

    MORA = "MORA"
    LATE_FEE = "LATE_FEE"
    INTEREST = "INTEREST"
    PRINCIPAL = "PRINCIPAL"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractInvoice:
    """One invoice before any fact; `mora_base` is its original value, or its share of a renegotiation's base.

    `added_on` is the day on which a returned payment added it, `removed_on` that on which the return was taken back;
    an invoice of the plan has neither (money.md §4).
    """

    number: int
    due_date: date
    effective_due_date: date
    principal: Money
    interest: Money
    mora_base: Money
    added_on: date | None = None
    removed_on: date | None = None

    def stands_on(self, day: date) -> bool:
        """Whether the invoice was part of the contract on a day."""
        return _counts(self.added_on or date.min, self.removed_on, day)

    @property
    def original(self) -> Money:
        """The value before any charge: principal plus interest."""
        return self.principal + self.interest


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """The terms that a replay needs: no cancelled invoice, the request's own rates in percent.

    `closed_on` is the day on which an agreement closed a RENEGOTIATED request; its charges end on the day of the offer,
    `charges_end_on`, where that came before (money.md §5).
    """

    invoices: tuple[ContractInvoice, ...]
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    closed_on: date | None = None
    charges_end_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditUse:
    """Credit that a payment left, used elsewhere or paid back from a day on, until what used it was reversed."""

    used_on: date
    amount: Money
    returned_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentFact:
    """Money received for the contract; `sequence` orders the facts of one day as they were recorded.

    `credit_uses` take from what is allocated here, from their day on: used credit is never allocated again.
    `chosen` names the whole invoices that an early settlement covers: they come before the others.  `failures` are from
    when to when it was told to have failed after its contract closed: what it left over is no credit (money.md §4).
    """

    payment_id: UUID
    received_on: date
    sequence: int
    amount: Money
    reversed_on: date | None = None
    credit_uses: tuple[CreditUse, ...] = ()
    chosen: frozenset[int] = frozenset()
    failures: tuple[tuple[date, date | None], ...] = ()

    def credit_used(self, as_of: date) -> Money:
        """Return how much of its credit was in use elsewhere on a day."""
        return total(use.amount for use in self.credit_uses if _counts(use.used_on, use.returned_on, as_of))

    def has_failed(self, as_of: date) -> bool:
        """Whether it counted as failed on a day."""
        return any(_counts(since, until, as_of) for since, until in self.failures)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustmentFact:
    """A waiver, a remainder let go, or an early settlement's discount; on a tie of sequence it precedes a payment.

    One with a `payment_id` belongs to that payment: where the payment doesn't count, it doesn't either.
    """

    adjustment_id: UUID
    invoice_number: int
    component: Component
    amount: Money
    granted_on: date
    sequence: int
    payment_id: UUID | None = None
    reversed_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MoraSegment:
    """One stretch of mora with one base: the calculation that is shown to the borrower (brazil.md §2)."""

    base: Money
    since: date
    until: date
    days: int
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoicePosition:
    """One invoice as of a date.

    `late_fee` and `mora` are what was charged, paid or not; `mora` is always `mora_frozen` plus the mora on
    `mora_remaining_base` from `mora_since`.  `open` is nothing once the invoice is RENEGOTIATED; otherwise it is
    original + late fee + mora - waived - paid.
    """

    number: int
    status: InvoiceStatus
    original: Money
    late_fee_base: Money
    late_fee: Money
    mora: Money
    mora_frozen: Money
    mora_remaining_base: Money
    mora_since: date
    mora_segments: tuple[MoraSegment, ...]
    waived_parts: Parts
    paid: Parts
    open: Parts
    paid_on: date | None
    days_overdue: int

    @property
    def waived(self) -> Money:
        """What waivers, remainders let go and an early settlement's discount took off."""
        return self.waived_parts.total


@dataclass(frozen=True, kw_only=True, slots=True)
class AllocationLine:
    """What of one payment went to one invoice."""

    payment_id: UUID
    invoice_number: int
    parts: Parts


@dataclass(frozen=True, kw_only=True)
class Position:
    """A contract as of a date.

    `credits` holds, for each payment that counts, what was not allocated, used credit included: allocations + credit =
    amount.  `credit` is the sum of what is still unused.
    """

    as_of: date
    invoices: tuple[InvoicePosition, ...]
    allocations: tuple[AllocationLine, ...]
    credits: Mapping[UUID, Money]
    total_open: Money
    total_overdue: Money
    total_paid: Money
    credit: Money
    is_paid: bool

    @property
    def paid_on(self) -> date | None:
        """The day that settled the last open invoice; None while something is open."""
        days = [invoice.paid_on for invoice in self.invoices if invoice.paid_on]
        return max(days) if self.is_paid and days else None


@dataclass(slots=True)
class _Ledger:
    """One invoice while the facts are walked: what was settled of it (paid or waived), and how its mora stands."""

    invoice: ContractInvoice
    contract: Contract
    paid: Parts = field(default_factory=Parts)
    settled: Parts = field(default_factory=Parts)
    late_fee_base: Money = Money.ZERO
    mora_frozen: Money = Money.ZERO
    mora_remaining_base: Money = Money.ZERO
    mora_since: date = date.min
    mora_segments: list[MoraSegment] = field(default_factory=list)
    paid_on: date | None = None

    def __post_init__(self) -> None:
        self.late_fee_base = self.invoice.original
        self.mora_remaining_base = self.invoice.mora_base
        self.mora_since = self.invoice.effective_due_date

    def late_fee(self, day: date) -> Money:
        """Return the late fee as of a day: charged once, from the day after the effective due date."""
        if day <= self.invoice.effective_due_date:
            return Money.ZERO
        return charges.late_fee(self.late_fee_base, self.contract.late_fee_pct)

    def mora_segment(self, day: date) -> MoraSegment | None:
        """Return the stretch of mora that runs up to a day, or None where nothing runs."""
        days = (day - self.mora_since).days
        if days <= 0 or not self.mora_remaining_base:
            return None
        return MoraSegment(
            base=self.mora_remaining_base,
            since=self.mora_since,
            until=day,
            days=days,
            amount=charges.mora(self.mora_remaining_base, self.contract.mora_pct_month, days),
        )

    def charged_parts(self, day: date, segment: MoraSegment | None) -> Parts:
        """Return what the invoice asks for as of a day, settled or not, given the stretch of mora that still runs."""
        mora = self.mora_frozen + segment.amount if segment else self.mora_frozen
        return Parts(mora, self.late_fee(day), self.invoice.interest, self.invoice.principal)

    def pay(self, amount: Money, day: date) -> tuple[Parts, Money]:
        """Take of an amount what is open on the day; return what was taken and what is left (money.md §4)."""
        segment = self.mora_segment(day)
        is_open = self.charged_parts(day, segment) - self.settled
        (parts,), left = allocate(amount, [is_open])
        self.paid += parts
        self._settle(parts, is_open, segment, day)
        return parts, left

    def waive(self, component: Component, amount: Money, day: date) -> None:
        """Take an amount off a component, at most what is open of it on the day (money.md §3)."""
        name = component.value.lower()
        segment = self.mora_segment(day)
        is_open = self.charged_parts(day, segment) - self.settled
        parts = Parts(**{name: min(amount, getattr(is_open, name))})
        self._settle(parts, is_open, segment, day)

    def _settle(self, parts: Parts, is_open: Parts, segment: MoraSegment | None, day: date) -> None:
        """Take parts off; freeze mora where the original value shrank, and note the day on which nothing was left."""
        self.settled += parts
        if parts.principal or parts.interest:
            if segment:
                self.mora_segments.append(segment)
                self.mora_frozen += segment.amount
            self.mora_since = max(day, self.invoice.effective_due_date)
            left = self.invoice.original - self.settled.interest - self.settled.principal
            self.mora_remaining_base = charges.remaining_base(self.invoice.mora_base, left, self.invoice.original)
            if day <= self.invoice.effective_due_date:
                self.late_fee_base = left
        if self.paid_on is None and parts.total == is_open.total:
            self.paid_on = day

    def position(self, as_of: date, mora_as_of: date, *, is_closed: bool) -> InvoicePosition:
        """Return the invoice as of a date, mora as of a date that may be earlier."""
        segment = self.mora_segment(mora_as_of)
        segments = (*self.mora_segments, segment) if segment else tuple(self.mora_segments)
        invoice = self.invoice
        charged = self.charged_parts(as_of, segment)
        open_parts = charged - self.settled
        status = status_from_facts(
            is_open=bool(open_parts.total),
            effective_due_date=invoice.effective_due_date,
            as_of=as_of,
            is_closed=is_closed,
        )
        is_owed = status in {InvoiceStatus.OPEN, InvoiceStatus.UNPAID}
        return InvoicePosition(
            number=invoice.number,
            status=status,
            original=invoice.original,
            late_fee_base=self.late_fee_base,
            late_fee=charged.late_fee,
            mora=charged.mora,
            mora_frozen=self.mora_frozen,
            mora_remaining_base=self.mora_remaining_base,
            mora_since=self.mora_since,
            mora_segments=segments,
            waived_parts=self.settled - self.paid,
            paid=self.paid,
            open=open_parts if is_owed else Parts(),
            paid_on=self.paid_on,
            days_overdue=charges.days_overdue(invoice.effective_due_date, as_of) if is_owed else 0,
        )


def replay(
    contract: Contract,
    payments: Iterable[PaymentFact],
    adjustments: Iterable[AdjustmentFact] = (),
    *,
    as_of: date,
    mora_as_of: date | None = None,
) -> Position:
    """Return the position of a contract as of a date, from its facts in whatever order they come (money.md §3, §4).

    A payment counts when it was received by `as_of` and not reversed by then; otherwise it is as if it had never been.
    `mora_as_of` ends the mora earlier than the late fee, as between the `overdue` and the `mora` cycle, though never
    before the last fact, whose charges were counted on its own day.  Of a contract closed by `as_of` everything ends on
    `charges_end_on`, or on `closed_on`.
    """
    is_closed = contract.closed_on is not None and contract.closed_on <= as_of
    end = min(as_of, contract.charges_end_on or contract.closed_on or as_of) if is_closed else as_of
    ledgers = {invoice.number: _Ledger(invoice, contract) for invoice in contract.invoices if invoice.stands_on(as_of)}
    oldest_first = sorted(ledgers.values(), key=lambda ledger: (ledger.invoice.due_date, ledger.invoice.number))
    of_these = [adjustment for adjustment in adjustments if adjustment.invoice_number in ledgers]
    facts = _facts_that_count(payments, of_these, end)
    lines: list[AllocationLine] = []
    credits_: dict[UUID, Money] = {}
    unused_credit = Money.ZERO
    last_day = date.min
    for fact in facts:
        if isinstance(fact, AdjustmentFact):
            last_day = fact.granted_on
            ledgers[fact.invoice_number].waive(fact.component, fact.amount, last_day)
            continue
        last_day = fact.received_on
        used = fact.credit_used(as_of)
        # Credit in use when the contract closed pays nothing here any more: given back, it is the client's.
        withheld = max(used, fact.credit_used(end))
        left = _allocate_payment(fact, fact.amount - withheld, oldest_first, lines) + withheld
        if not fact.has_failed(as_of):
            unused_credit += left - used
        credits_[fact.payment_id] = left
    mora_end = max(min(end, mora_as_of or end), last_day)
    invoices = tuple(ledgers[number].position(end, mora_end, is_closed=is_closed) for number in sorted(ledgers))
    total_open = sum(invoice.open.total.cents for invoice in invoices)
    return Position(
        as_of=as_of,
        invoices=invoices,
        allocations=tuple(lines),
        credits=MappingProxyType(credits_),
        total_open=Money(total_open),
        total_overdue=Money(sum(invoice.open.total.cents for invoice in invoices if invoice.days_overdue)),
        total_paid=Money(sum(invoice.paid.total.cents for invoice in invoices)),
        credit=unused_credit,
        is_paid=all(invoice.status is InvoiceStatus.PAID for invoice in invoices),
    )


def _facts_that_count(
    payments: Iterable[PaymentFact], adjustments: Iterable[AdjustmentFact], end: date
) -> list[PaymentFact | AdjustmentFact]:
    """Return the facts up to a date, by day and then as recorded, without what was reversed by then."""
    counted = [payment for payment in payments if _counts(payment.received_on, payment.reversed_on, end)]
    payment_ids = {payment.payment_id for payment in counted}
    keyed: list[tuple[tuple[date, int, int], PaymentFact | AdjustmentFact]] = [
        ((payment.received_on, payment.sequence, 1), payment) for payment in counted
    ]
    keyed.extend(
        ((adjustment.granted_on, adjustment.sequence, 0), adjustment)
        for adjustment in adjustments
        if _counts(adjustment.granted_on, adjustment.reversed_on, end)
        and (adjustment.payment_id is None or adjustment.payment_id in payment_ids)
    )
    keyed.sort(key=lambda pair: pair[0])
    return [fact for _, fact in keyed]


def _counts(since: date, until: date | None, day: date) -> bool:
    """Say whether a fact that began on one day, and was taken back on another, counts on a day."""
    return since <= day and (until is None or until > day)


def _allocate_payment(
    payment: PaymentFact, left: Money, oldest_first: Sequence[_Ledger], lines: list[AllocationLine]
) -> Money:
    """Allocate what is left of a payment, oldest due date first; return what no invoice took (money.md §4)."""
    # The sort is stable: the chosen invoices of an early settlement first, among themselves oldest due date first.
    for ledger in sorted(oldest_first, key=lambda ledger: ledger.invoice.number not in payment.chosen):
        if not left:
            break
        if ledger.paid_on is not None:
            continue
        parts, left = ledger.pay(left, payment.received_on)
        lines.append(AllocationLine(payment_id=payment.payment_id, invoice_number=ledger.invoice.number, parts=parts))
    return left
