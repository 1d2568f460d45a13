"""Due dates that were moved: which dates a contract had on a day, and how far a date may go (money.md §1)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.errors import Conflict, Invalid
from domain.history import Contract
from domain.payments import Parts

LATEST_DAYS_AHEAD = 366


class DueDateImpossible(Invalid):
    """A due date moves to another day after the disbursement, at most a year ahead."""

    code = "invoice.due_date_impossible"


class DueDateChangeIdTaken(Conflict):
    """The id belongs to another change of a due date."""

    code = "invoice.due_date_change_id_taken"


@dataclass(frozen=True, kw_only=True, slots=True)
class DueDateChange:
    """One move of an invoice's due date, by the dates it had until then; `sequence` orders the moves of one day.

    `relief` is what the move took off late fee and mora, against the limit of waivers.
    """

    invoice_number: int
    changed_on: date
    sequence: int
    old_due_date: date
    old_effective_due_date: date
    relief: Parts


def contract_as_of(contract: Contract, changes: Iterable[DueDateChange], as_of: date) -> Contract:
    """Return the contract with the due dates that its invoices had on a day, from those they have now."""
    until: dict[int, DueDateChange] = {}
    for change in sorted(changes, key=lambda change: (change.changed_on, change.sequence)):
        if change.changed_on > as_of:
            until.setdefault(change.invoice_number, change)
    if not until:
        return contract
    return replace(
        contract,
        invoices=tuple(
            replace(
                invoice,
                due_date=until[invoice.number].old_due_date,
                effective_due_date=until[invoice.number].old_effective_due_date,
            )
            if invoice.number in until
            else invoice
            for invoice in contract.invoices
        ),
    )


def check_due_date(due_date: date, *, before: date, disbursed_on: date, today: date) -> date:
    """Return a new due date; raise DueDateImpossible unless it moves, lies after the disbursement and within a year."""
    latest = today + timedelta(days=LATEST_DAYS_AHEAD)
    if due_date == before or not disbursed_on < due_date <= latest:
        raise DueDateImpossible(field="due_date", earliest=disbursed_on + timedelta(days=1), latest=latest)
    return due_date
