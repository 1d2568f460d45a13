"""Requests: the states of a loan, its legal moves as data, and who may decide (product.md, ux.md §2.1)."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.permissions import Actor, Limit, Role

FIRST_DUE_DAYS_MAXIMUM = 366


class RequestStatus(StrEnum):
    """From first ask to last cent; one record for the loan's whole life."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    PAID = "PAID"
    RENEGOTIATED = "RENEGOTIATED"
    UNAPPROVED = "UNAPPROVED"
    LOST = "LOST"


_S = RequestStatus

# product.md: OPEN → APPROVED → ACTIVE → PAID / RENEGOTIATED / LOST; OPEN or APPROVED → UNAPPROVED; a reversal takes
# PAID back to ACTIVE; with a second person and a reason ACTIVE → UNAPPROVED (nothing paid) and LOST → ACTIVE; a LOST
# request may be renegotiated.
MOVES: dict[RequestStatus, frozenset[RequestStatus]] = {
    _S.OPEN: frozenset({_S.APPROVED, _S.UNAPPROVED}),
    _S.APPROVED: frozenset({_S.ACTIVE, _S.UNAPPROVED}),
    _S.ACTIVE: frozenset({_S.PAID, _S.RENEGOTIATED, _S.LOST, _S.UNAPPROVED}),
    _S.PAID: frozenset({_S.ACTIVE}),
    _S.RENEGOTIATED: frozenset(),
    _S.UNAPPROVED: frozenset(),
    _S.LOST: frozenset({_S.ACTIVE, _S.RENEGOTIATED}),
}

# The states in which money was lent: the request has invoices.
DISBURSED = frozenset({_S.ACTIVE, _S.PAID, _S.RENEGOTIATED, _S.LOST})


class RequestNotFound(NotFound):
    """No such request."""

    code = "request.not_found"


class RequestMoved(Conflict):
    """The request is no longer in a state from which this is possible."""

    code = "request.moved"


class OwnRequest(NotAllowed):
    """Who asks does not approve; a SUPER_ADMIN alone may, with a reason."""

    code = "request.own"


class OwnRequestNeedsReason(Invalid):
    """A SUPER_ADMIN who approves an own request gives a reason."""

    code = "request.own_needs_reason"


class AboveApprovalLimit(NotAllowed):
    """The principal is above what the role may approve."""

    code = "request.above_limit"


class BorrowerMissing(Invalid):
    """A request names the client who asks."""

    code = "request.borrower_missing"


class FirstDueDateImpossible(Invalid):
    """The first due date is not after the day of reference, or more than a year away."""

    code = "request.first_due_date"


class DisbursementDateImpossible(Invalid):
    """A disbursement is dated between the approval and the day of reference."""

    code = "request.disbursed_on"


class FirstDueBeforeDisbursement(Invalid):
    """The first due date has passed: new dates are needed before the money leaves."""

    code = "request.first_due_passed"


class ReasonMissing(Invalid):
    """A decision against the client needs a reason."""

    code = "request.reason_missing"


class NumberNotTyped(Invalid):
    """What can't be undone asks for the loan's number, typed."""

    code = "request.number_not_typed"


class RequestTakesNoPayment(Conflict):
    """Only an active or lost request takes a payment."""

    code = "request.takes_no_payment"


class RequestHasPayments(Conflict):
    """A disbursement is taken back only while nothing was paid."""

    code = "request.has_payments"


class RequestIsAgreement(Conflict):
    """No money left for an agreement: what it took over can't be taken back by cancelling it."""

    code = "request.is_agreement"


def check_unpaid(payment_numbers: Collection[int]) -> None:
    """Raise RequestHasPayments where there are payments that count, named by their receipts' numbers."""
    if payment_numbers:
        raise RequestHasPayments(numbers=", ".join(str(number) for number in sorted(payment_numbers)))


def check_move(status: str, to: RequestStatus) -> None:
    """Raise RequestMoved unless the lifecycle allows the move (product.md)."""
    if to not in MOVES[RequestStatus(status)]:
        raise RequestMoved(status=status, to=to.value)


def check_first_due_date(first_due_date: date, *, business_date: date) -> None:
    """Raise FirstDueDateImpossible unless the first invoice falls due within a year from tomorrow on."""
    if not 1 <= (first_due_date - business_date).days <= FIRST_DUE_DAYS_MAXIMUM:
        raise FirstDueDateImpossible(field="first_due_date")


def check_approver(actor: Actor, *, requested_by: UUID | None, principal_cents: int, reason: str) -> None:
    """Raise OwnRequest, OwnRequestNeedsReason or AboveApprovalLimit where the actor may not approve (ux.md §2.1)."""
    if requested_by is not None and requested_by == actor.user_id:
        if actor.role is not Role.SUPER_ADMIN:
            raise OwnRequest
        if not reason.strip():
            raise OwnRequestNeedsReason(field="reason")
    if not actor.is_within(Limit.APPROVE_CENTS, principal_cents):
        raise AboveApprovalLimit(limit_cents=actor.limits.get(Limit.APPROVE_CENTS, 0))
