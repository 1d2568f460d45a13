"""An earlier day, counted with what is known now: what a payment meets that is dated that day (money.md §4).

The statement of an earlier day shows what stood then.  Who books money on it today starts a recount of all facts, in
which what was reversed since never was, credit in use is not there, and each charge runs from the due date of now.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from domain.history import AdjustmentFact, Contract, PaymentFact, Position, replay


def recount(
    contract: Contract,
    payments: Iterable[PaymentFact],
    adjustments: Iterable[AdjustmentFact] = (),
    *,
    as_of: date,
) -> Position:
    """Return the position of an earlier day from the facts that stand today; `contract` has the due dates of now."""
    standing = [_as_it_stands(payment) for payment in payments if payment.reversed_on is None]
    granted = [adjustment for adjustment in adjustments if adjustment.reversed_on is None]
    return replay(contract, standing, granted, as_of=as_of)


def _as_it_stands(payment: PaymentFact) -> PaymentFact:
    """Return a payment without the credit of it that is in use, whatever day that began."""
    uses = [replace(use, used_on=date.min) for use in payment.credit_uses if use.returned_on is None]
    return replace(payment, credit_uses=tuple(uses))
