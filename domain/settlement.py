"""Early settlement: the interest that has not yet run comes off, invoice by invoice (money.md §4, CDC 52 §2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from domain.errors import Conflict, Invalid
from domain.history import Contract, InvoicePosition, Position
from domain.money import Money, fraction_of, total


class SettlementInvoiceNotOpen(Invalid):
    """An early settlement covers open invoices of the request only."""

    code = "settlement.invoice_not_open"


class SettlementChanged(Conflict):
    """A payment, a waiver or a passing day changed what settles the invoices since it was shown."""

    code = "settlement.changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class SettledInvoice:
    """One invoice of an early settlement: the interest taken off it, and what is to be paid for it."""

    number: int
    discount: Money
    to_pay: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What an early settlement costs on a date; each discount is an adjustment on INTEREST of the settling payment."""

    invoices: tuple[SettledInvoice, ...]
    discount: Money
    to_pay: Money


def unearned_interest(interest: Money, *, period_start: date, due_date: date, received_on: date) -> Money:
    """Return the interest that has not yet run on a date, rounded once (money.md §4).

    It is earned evenly over the invoice's own period in calendar days, from the due date before it (the first from the
    disbursement) to its own nominal due date, FLAT and PRICE alike.
    """
    period_days = (due_date - period_start).days
    if period_days <= 0 or received_on >= due_date:
        return Money.ZERO
    days_left = min(period_days, (due_date - received_on).days)
    return fraction_of(interest, days_left, period_days)


def quote_settlement(
    contract: Contract, position: Position, *, disbursed_on: date, chosen: Collection[int] | None = None
) -> Settlement:
    """Return what settles the chosen open invoices (all of them, where none is named) on the position's date.

    An invoice that a returned payment added has no period of its own: its interest was earned before.  What comes off
    is at most the interest still open.  Raises SettlementInvoiceNotOpen for a number that is not open.
    """
    open_numbers = {invoice.number for invoice in position.invoices if invoice.open.total}
    numbers = open_numbers if chosen is None else set(chosen)
    if not numbers or not numbers <= open_numbers:
        raise SettlementInvoiceNotOpen(field="invoices", numbers=sorted(numbers - open_numbers))
    positions: dict[int, InvoicePosition] = {invoice.number: invoice for invoice in position.invoices}
    settled: list[SettledInvoice] = []
    period_start = disbursed_on
    for invoice in sorted(contract.invoices, key=lambda invoice: (invoice.due_date, invoice.number)):
        if invoice.number in numbers:
            unearned = unearned_interest(
                invoice.interest if invoice.added_on is None else Money.ZERO,
                period_start=period_start,
                due_date=invoice.due_date,
                received_on=position.as_of,
            )
            is_open = positions[invoice.number].open
            discount = min(unearned, is_open.interest)
            settled.append(SettledInvoice(number=invoice.number, discount=discount, to_pay=is_open.total - discount))
        if invoice.added_on is None:
            period_start = invoice.due_date
    return Settlement(
        invoices=tuple(settled),
        discount=total(line.discount for line in settled),
        to_pay=total(line.to_pay for line in settled),
    )


def check_expected(settlement: Settlement, expected_total: Money) -> None:
    """Raise SettlementChanged where what settles today is no longer what was shown."""
    if settlement.to_pay != expected_total:
        raise SettlementChanged(field="expected_total", expected=expected_total, to_pay=settlement.to_pay)
