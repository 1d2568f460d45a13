"""The client's credit: what payments left over, used by a later payment or paid back (money.md §4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain.errors import Conflict, Invalid
from domain.money import Money
from domain.payments import REFUND_METHODS, PaymentMethod


class CreditNotEnough(Conflict):
    """The client has less unused credit than that."""

    code = "credit.not_enough"


class CreditAboveOpen(Invalid):
    """More credit than the request owes would only come back as credit."""

    code = "credit.above_open"


class RefundMethodPaysNothing(Invalid):
    """A refund leaves by Pix, in cash or by transfer."""

    code = "refund.method_pays_nothing"


class RefundIdTaken(Conflict):
    """The id belongs to another refund, or to one by somebody else."""

    code = "refund.id_taken"


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditSource:
    """What one payment left over and nobody used yet."""

    payment_id: UUID
    payment_number: int
    request_id: UUID
    unused: Money


def take(amount: Money, sources: Iterable[CreditSource]) -> tuple[tuple[CreditSource, Money], ...]:
    """Return how much of an amount each source gives, in their order; raise CreditNotEnough where they lack some."""
    left, taken, there = amount, [], Money.ZERO
    for source in sources:
        there += source.unused
        part = min(left, source.unused)
        if part:
            taken.append((source, part))
            left -= part
    if left:
        raise CreditNotEnough(field="amount", credit=there)
    return tuple(taken)


def check_refund_method(method: PaymentMethod) -> PaymentMethod:
    """Return the method of a refund; raise RefundMethodPaysNothing for one that hands out no money."""
    if method not in REFUND_METHODS:
        raise RefundMethodPaysNothing(field="method")
    return method
