"""What a payment dated before today would change beside paying: charges counted again, other payments moved."""

from dataclasses import dataclass
from uuid import UUID

from domain.history import InvoicePosition, Position
from domain.payments import Parts
from loanapp.models.contracts import LoadedContract


@dataclass(frozen=True, kw_only=True)
class Recounted:
    """The late fee and mora of one invoice up to today, before and after, in centavos."""

    invoice_number: int
    before_cents: int
    after_cents: int


@dataclass(frozen=True, kw_only=True)
class BackdatingEffect:
    """What counting from the earlier day changes, shown before it is confirmed.

    `before_cents` and `after_cents` are all late fees and mora of the loan up to today.  `moved_payments` are the
    numbers of payments that would go to other invoices, or to other parts of them.
    """

    before_cents: int
    after_cents: int
    invoices: tuple[Recounted, ...]
    moved_payments: tuple[int, ...]


def backdating_effect(loaded: LoadedContract, before: Position, after: Position) -> BackdatingEffect:
    """Compare a contract as of today without and with the payment; both positions are of the same invoices."""
    pairs = list(zip(before.invoices, after.invoices, strict=True))
    old, new = _shares(before), _shares(after)
    return BackdatingEffect(
        before_cents=sum(_charges(invoice) for invoice in before.invoices),
        after_cents=sum(_charges(invoice) for invoice in after.invoices),
        invoices=tuple(
            Recounted(invoice_number=one.number, before_cents=_charges(one), after_cents=_charges(other))
            for one, other in pairs
            if _charges(one) != _charges(other)
        ),
        # A payment's place among the facts is its number.
        moved_payments=tuple(
            sorted(fact.sequence for fact in loaded.payments if old.get(fact.payment_id) != new.get(fact.payment_id))
        ),
    )


def _charges(invoice: InvoicePosition) -> int:
    return invoice.late_fee.cents + invoice.mora.cents


def _shares(position: Position) -> dict[UUID, dict[int, Parts]]:
    """Return, by payment and invoice number, what of it went where."""
    shares: dict[UUID, dict[int, Parts]] = {}
    for line in position.allocations:
        shares.setdefault(line.payment_id, {})[line.invoice_number] = line.parts
    return shares
