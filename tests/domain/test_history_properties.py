"""Properties of the replay that hold for any contract and any facts (money.md §3, §4, §6)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import charges
from domain.history import (
    AdjustmentFact,
    Component,
    Contract,
    ContractInvoice,
    InvoicePosition,
    PaymentFact,
    Position,
    replay,
)
from domain.invoices import InvoiceStatus
from domain.money import Money, total

START = date(2026, 1, 5)
days = st.integers(0, 150).map(lambda offset: START + timedelta(days=offset))


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    invoices = []
    due = START + timedelta(days=draw(st.integers(0, 20)))
    for number in range(1, draw(st.integers(1, 4)) + 1):
        principal, interest = draw(st.integers(1, 50_000)), draw(st.integers(0, 20_000))
        original = principal + interest
        invoices.append(
            ContractInvoice(
                number=number,
                due_date=due,
                effective_due_date=due + timedelta(days=draw(st.integers(0, 3))),
                principal=Money(principal),
                interest=Money(interest),
                mora_base=Money(draw(st.sampled_from([original, original // 2, 0]))),
            )
        )
        due += timedelta(days=draw(st.sampled_from([0, 1, 7, 30])))
    return Contract(
        invoices=tuple(invoices),
        late_fee_pct=draw(st.sampled_from([Decimal(0), Decimal(2), Decimal("1.5"), Decimal(10)])),
        mora_pct_month=draw(st.sampled_from([Decimal(0), Decimal(1), Decimal("0.99"), Decimal(9)])),
    )


@st.composite
def some_payments(draw: st.DrawFn) -> list[PaymentFact]:
    return [
        PaymentFact(
            payment_id=UUID(int=sequence),
            received_on=draw(days),
            sequence=sequence,
            amount=Money(draw(st.one_of(st.integers(1, 500), st.integers(1, 90_000)))),
        )
        for sequence in range(draw(st.integers(0, 5)))
    ]


@st.composite
def some_adjustments(draw: st.DrawFn) -> list[AdjustmentFact]:
    return [
        AdjustmentFact(
            adjustment_id=UUID(int=1000 + index),
            invoice_number=1,
            component=draw(st.sampled_from(Component)),
            amount=Money(draw(st.integers(1, 3_000))),
            granted_on=draw(days),
            sequence=100 + index,
        )
        for index in range(draw(st.integers(0, 2)))
    ]


def mora_from_columns(invoice: InvoicePosition, rate: Decimal, as_of: date) -> Money:
    """Assign mora from the stored columns, as the set-based cycle does."""
    growing = charges.mora(invoice.mora_remaining_base, rate, (as_of - invoice.mora_since).days)
    return invoice.mora_frozen + growing


def check_sums(position: Position, payments: list[PaymentFact]) -> None:
    for payment in payments:
        lines = [line.parts.total for line in position.allocations if line.payment_id == payment.payment_id]
        counts = payment.payment_id in position.credits
        assert total(lines) + position.credits.get(payment.payment_id, Money.ZERO) == (
            payment.amount if counts else Money.ZERO
        )
    assert position.total_paid == total(line.parts.total for line in position.allocations)
    assert position.credit == total(position.credits.values())


@settings(max_examples=150, deadline=None)
@given(contracts(), some_payments(), some_adjustments(), days)
def test_the_invariants_hold_for_any_facts(
    contract: Contract, payments: list[PaymentFact], adjustments: list[AdjustmentFact], as_of: date
) -> None:
    position = replay(contract, payments, adjustments, as_of=as_of)
    check_sums(position, payments)
    for invoice, terms in zip(position.invoices, contract.invoices, strict=True):
        asked = invoice.original + invoice.late_fee + invoice.mora - invoice.waived
        assert Money.ZERO <= invoice.paid.total <= asked
        assert invoice.open.total == asked - invoice.paid.total
        assert min(invoice.open.mora, invoice.open.late_fee, invoice.open.interest, invoice.open.principal).cents >= 0
        assert (invoice.status is InvoiceStatus.PAID) == (not invoice.open.total) == (invoice.paid_on is not None)
        assert (invoice.status is InvoiceStatus.UNPAID) == bool(invoice.days_overdue)
        assert invoice.mora == mora_from_columns(invoice, contract.mora_pct_month, as_of)
        assert invoice.mora == total(segment.amount for segment in invoice.mora_segments)
        assert invoice.mora_remaining_base <= terms.mora_base
        overdue = as_of > terms.effective_due_date
        fee = charges.late_fee(invoice.late_fee_base, contract.late_fee_pct)
        assert invoice.late_fee == (fee if overdue else Money.ZERO)


@settings(max_examples=80, deadline=None)
@given(contracts(), some_payments(), some_adjustments(), days, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    contract: Contract, payments: list[PaymentFact], adjustments: list[AdjustmentFact], as_of: date, chance: object
) -> None:
    expected = replay(contract, payments, adjustments, as_of=as_of)
    shuffled, shuffled_adjustments = list(payments), list(adjustments)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    chance.shuffle(shuffled_adjustments)  # type: ignore[attr-defined]
    backwards = replace(contract, invoices=tuple(reversed(contract.invoices)))
    assert replay(backwards, shuffled, shuffled_adjustments, as_of=as_of) == expected


@settings(max_examples=80, deadline=None)
@given(contracts(), some_payments(), days, st.lists(days, min_size=1, max_size=6))
def test_order_and_gaps_of_runs_do_not_matter(
    contract: Contract, payments: list[PaymentFact], recorded_on: date, runs: list[date]
) -> None:
    known = [payment for payment in payments if payment.received_on <= recorded_on]
    stored = replay(contract, known, as_of=recorded_on)
    for run in (max(recorded_on, run) for run in runs):
        expected = replay(contract, known, as_of=run)
        for columns, invoice, terms in zip(stored.invoices, expected.invoices, contract.invoices, strict=True):
            assert mora_from_columns(columns, contract.mora_pct_month, run) == invoice.mora
            if run > terms.effective_due_date:
                assert charges.late_fee(columns.late_fee_base, contract.late_fee_pct) == invoice.late_fee


@settings(max_examples=80, deadline=None)
@given(contracts(), some_payments(), days, days)
def test_mora_never_falls_as_days_pass(
    contract: Contract, payments: list[PaymentFact], first: date, second: date
) -> None:
    earlier, later = sorted((first, second))
    before = replay(contract, payments, as_of=earlier)
    after = replay(contract, payments, as_of=later)
    for one, other in zip(before.invoices, after.invoices, strict=True):
        assert one.mora <= other.mora
        assert one.late_fee <= other.late_fee


@settings(max_examples=80, deadline=None)
@given(contracts(), some_payments(), some_adjustments(), days, st.data())
def test_reversing_a_payment_gives_the_position_without_it(
    contract: Contract, payments: list[PaymentFact], adjustments: list[AdjustmentFact], as_of: date, data: st.DataObject
) -> None:
    undone = PaymentFact(
        payment_id=UUID(int=77), received_on=data.draw(days), sequence=50, amount=Money(40_000), reversed_on=as_of
    )
    discount = AdjustmentFact(
        adjustment_id=UUID(int=78),
        invoice_number=1,
        component=Component.INTEREST,
        amount=Money(500),
        granted_on=undone.received_on,
        sequence=49,
        payment_id=undone.payment_id,
    )
    without = replay(contract, payments, adjustments, as_of=as_of)
    assert replay(contract, [*payments, undone], [*adjustments, discount], as_of=as_of) == without


@settings(max_examples=80, deadline=None)
@given(contracts(), some_payments(), days)
def test_no_younger_invoice_is_paid_while_an_older_one_is_open(
    contract: Contract, payments: list[PaymentFact], as_of: date
) -> None:
    position = replay(contract, payments, as_of=as_of)
    by_number = {invoice.number: invoice for invoice in position.invoices}
    oldest_first = sorted(contract.invoices, key=lambda invoice: (invoice.due_date, invoice.number))
    for older, younger in pairwise(oldest_first):
        if by_number[younger.number].paid.total:
            assert not by_number[older.number].open.total
    assert not position.credit or position.is_paid
