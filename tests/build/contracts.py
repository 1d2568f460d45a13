"""Contracts and facts for the pure rules: plain builders, amounts in centavos, dates as ISO text."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.history import AdjustmentFact, Component, Contract, ContractInvoice, CreditUse, PaymentFact
from domain.money import Money


def a_day(text: str) -> date:
    """Return the date of an ISO text."""
    return date.fromisoformat(text)


def a_contract_invoice(
    number: int = 1,
    *,
    due: str = "2026-01-12",
    effective: str | None = None,
    principal: int = 100_000,
    interest: int = 0,
    mora_base: int | None = None,
) -> ContractInvoice:
    """Return an invoice of a contract, due on a business day and with its original value as mora base unless told."""
    return ContractInvoice(
        number=number,
        due_date=a_day(due),
        effective_due_date=a_day(effective or due),
        principal=Money(principal),
        interest=Money(interest),
        mora_base=Money(principal + interest if mora_base is None else mora_base),
    )


def a_contract(
    *invoices: ContractInvoice, late_fee_pct: str = "2", mora_pct_month: str = "1", closed_on: str | None = None
) -> Contract:
    """Return a contract of the invoices given, or of one, with 2 % late fee and 1 % mora a month unless told."""
    return Contract(
        invoices=invoices or (a_contract_invoice(),),
        late_fee_pct=Decimal(late_fee_pct),
        mora_pct_month=Decimal(mora_pct_month),
        closed_on=a_day(closed_on) if closed_on else None,
    )


def a_payment_fact(
    sequence: int,
    received: str,
    amount: int,
    *,
    reversed_on: str | None = None,
    credit_used: int = 0,
    chosen: frozenset[int] = frozenset(),
) -> PaymentFact:
    """Return a payment whose id follows from its sequence."""
    return PaymentFact(
        payment_id=UUID(int=sequence),
        received_on=a_day(received),
        sequence=sequence,
        amount=Money(amount),
        reversed_on=a_day(reversed_on) if reversed_on else None,
        credit_uses=(CreditUse(used_on=a_day(received), amount=Money(credit_used)),) if credit_used else (),
        chosen=chosen,
    )


def an_adjustment_fact(
    sequence: int,
    granted: str,
    component: Component,
    amount: int,
    *,
    invoice_number: int = 1,
    payment_id: UUID | None = None,
    reversed_on: str | None = None,
) -> AdjustmentFact:
    """Return a waiver whose id follows from its sequence."""
    return AdjustmentFact(
        adjustment_id=UUID(int=1_000_000 + sequence),
        invoice_number=invoice_number,
        component=component,
        amount=Money(amount),
        granted_on=a_day(granted),
        sequence=sequence,
        payment_id=payment_id,
        reversed_on=a_day(reversed_on) if reversed_on else None,
    )
