"""How much of a charge a role waives alone: to the centavo what the check of a waiver lets through."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.adjustments import WaiverAboveLimit, check_share, most_alone
from domain.history import Component, Contract, ContractInvoice, InvoicePosition, replay
from domain.money import Money
from domain.payments import Parts
from domain.permissions import Actor, Limit, Role

DUE = date(2026, 2, 10)
INVOICE = ContractInvoice(
    number=1, due_date=DUE, effective_due_date=DUE, principal=Money(100), interest=Money(0), mora_base=Money(100)
)
CONTRACT = Contract(invoices=(INVOICE,), late_fee_pct=Decimal(2), mora_pct_month=Decimal(1))


def an_invoice(*, is_open: int, waived: int) -> InvoicePosition:
    """Return an invoice with centavos of its late fee open, and others waived before."""
    [position] = replay(CONTRACT, (), as_of=DUE).invoices
    fee, gone = Money(is_open), Money(waived)
    return replace(position, open=replace(position.open, late_fee=fee), waived_parts=Parts(late_fee=gone))


def is_refused(actor: Actor, invoice: InvoicePosition, cents: int, relief: Parts) -> bool:
    try:
        check_share(actor, invoice, Component.LATE_FEE, Money(cents), relief)
    except WaiverAboveLimit:
        return True
    return False


@given(
    is_open=st.integers(1, 5_000),
    waived=st.integers(0, 5_000),
    moved=st.integers(0, 500),
    limit_pct=st.integers(0, 100),
)
def test_the_most_that_a_role_waives_alone_is_let_through_and_a_centavo_more_is_not(
    is_open: int, waived: int, moved: int, limit_pct: int
) -> None:
    actor = Actor.of(Role.LOAN_MANAGEMENT, name="Ana", limits={Limit.WAIVE_PCT: limit_pct})
    invoice, relief = an_invoice(is_open=is_open, waived=waived), Parts(late_fee=Money(moved))

    most = most_alone(actor, invoice, Component.LATE_FEE, relief)

    assert Money.ZERO <= most <= Money(is_open)
    if most:
        assert not is_refused(actor, invoice, most.cents, relief)
    if most < Money(is_open):
        assert is_refused(actor, invoice, most.cents + 1, relief)


def test_who_has_no_limit_waives_all_that_is_open() -> None:
    admin = Actor.of(Role.SUPER_ADMIN, name="Ada")

    assert most_alone(admin, an_invoice(is_open=700, waived=0), Component.LATE_FEE, Parts()) == Money(700)
