"""Invoices: their states, the legal moves as data, and the state that follows from the facts (product.md)."""

from datetime import date
from enum import StrEnum

from domain.errors import Conflict


class InvoiceStatus(StrEnum):
    """The states of one instalment (product.md "Words")."""

    OPEN = "OPEN"
    UNPAID = "UNPAID"
    PAID = "PAID"
    RENEGOTIATED = "RENEGOTIATED"
    CANCELLED = "CANCELLED"


_S = InvoiceStatus

# A reversal or a change of due date brings PAID and UNPAID back; what is renegotiated or cancelled stays so.
MOVES: dict[InvoiceStatus, frozenset[InvoiceStatus]] = {
    _S.OPEN: frozenset({_S.UNPAID, _S.PAID, _S.RENEGOTIATED, _S.CANCELLED}),
    _S.UNPAID: frozenset({_S.OPEN, _S.PAID, _S.RENEGOTIATED, _S.CANCELLED}),
    _S.PAID: frozenset({_S.OPEN, _S.UNPAID}),
    _S.RENEGOTIATED: frozenset(),
    _S.CANCELLED: frozenset(),
}


class InvoiceMoveRefused(Conflict):
    """The invoice's state does not allow this move."""

    code = "invoice.move_refused"


class InvoiceNotOpen(Conflict):
    """The invoice is not there, or nothing of it is open."""

    code = "invoice.not_open"


def check_move(current: InvoiceStatus, target: InvoiceStatus) -> None:
    """Raise InvoiceMoveRefused unless `MOVES` allows the move."""
    if target not in MOVES[current]:
        raise InvoiceMoveRefused(current=current, target=target)


def status_from_facts(
    *, is_open: bool, effective_due_date: date, as_of: date, is_closed: bool = False
) -> InvoiceStatus:
    """Return the state that follows from the facts (money.md §1, §4, §5).

    `is_open` says that something is still owed, `is_closed` that a renegotiation took over what was open by `as_of`.
    """
    if not is_open:
        return InvoiceStatus.PAID
    if is_closed:
        return InvoiceStatus.RENEGOTIATED
    return InvoiceStatus.UNPAID if as_of > effective_due_date else InvoiceStatus.OPEN
