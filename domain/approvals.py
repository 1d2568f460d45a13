"""Decisions that need a second person: their kinds, their states, and who may take them.

Who asks never decides.  Who decides must be allowed the amount alone: two people whose limits are too low don't make up
one whose limit is high enough, so what is above every manager's limit goes to a `SUPER_ADMIN` (ADR 0019).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Conflict, NotAllowed, NotFound
from domain.history import Component
from domain.money import Money
from domain.permissions import Actor, Limit


class ApprovalKind(StrEnum):
    """What is asked for: to write a loan off, to waive charges above one's limit, to take a loss or a loan back."""

    WRITE_OFF = "WRITE_OFF"
    WAIVER = "WAIVER"
    REOPENING = "REOPENING"
    CANCELLATION = "CANCELLATION"


class ApprovalStatus(StrEnum):
    """Where a question stands; an answer is final."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"


# The limit in centavos that says how much of a kind a person decides alone.  A waiver's is a share of each charge, as
# `adjustments.check_waiver` knows; taking a loss or a loan back always needs two people, whatever the amount.
LIMIT_OF_KIND = {ApprovalKind.WRITE_OFF: Limit.WRITE_OFF_CENTS}


class ApprovalNotFound(NotFound):
    """No such question."""

    code = "approval.not_found"


class ApprovalDecided(Conflict):
    """The question has its answer already."""

    code = "approval.decided"


class ApprovalPending(Conflict):
    """The same is already asked for and waits for its second person."""

    code = "approval.pending"


class ApprovalIdTaken(Conflict):
    """The id belongs to another question."""

    code = "approval.id_taken"


class OwnApproval(NotAllowed):
    """Who asked does not decide, whatever the role."""

    code = "approval.own"


class AboveOwnLimit(NotAllowed):
    """The amount is above what the decider may decide alone."""

    code = "approval.above_limit"


class DebtGrew(Conflict):
    """On the day of the question the debt was higher than what was asked for: it has to be asked anew."""

    code = "approval.debt_grew"


def check_decider(actor: Actor, kind: ApprovalKind, *, asked_by: UUID, amount: Money) -> None:
    """Raise OwnApproval or AboveOwnLimit where the actor may not decide on the amount."""
    if actor.user_id is None or actor.user_id == asked_by:
        raise OwnApproval
    limit = LIMIT_OF_KIND.get(kind)
    if limit is not None and not actor.is_within(limit, amount.cents):
        raise AboveOwnLimit(limit_cents=actor.limits.get(limit) or 0, amount_cents=amount.cents)


def check_debt(asked: Money, recounted: Money) -> None:
    """Raise DebtGrew where the debt of the question's day is higher than what was asked for.

    Days that pass add mora and change nothing, as for an offer (money.md §5); less debt is no harm.
    """
    if recounted > asked:
        raise DebtGrew(asked_cents=asked.cents, recounted_cents=recounted.cents)


def told_lines(lines: Iterable[tuple[int, Component, Money]]) -> list[dict[str, Any]]:
    """Return the lines of a waiver (invoice number, charge, amount in centavos) as a question keeps them."""
    return [
        {"invoice": number, "component": component.value, "amount_cents": amount.cents}
        for number, component, amount in lines
    ]


def lines_of(details: Mapping[str, Any]) -> tuple[tuple[int, Component, Money], ...]:
    """Return the lines of a waiver that a question keeps."""
    return tuple(
        (int(line["invoice"]), Component(line["component"]), Money(line["amount_cents"]))
        for line in details.get("lines", ())
    )
