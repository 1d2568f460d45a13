"""Reversals: who may undo what, and what stands in the way (money.md §4, ux.md §2.1)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.errors import Conflict, NotAllowed, NotFound
from domain.permissions import Actor, Role
from domain.requests import RequestStatus

STREET_WINDOW = timedelta(minutes=15)
REVERSIBLE = frozenset({RequestStatus.ACTIVE, RequestStatus.PAID, RequestStatus.LOST})


class ReversalNotYours(NotAllowed):
    """The role reverses only what the actor registered."""

    code = "reversal.not_yours"


class ReversalTooLate(NotAllowed):
    """The role reverses only on the day of registering, or within minutes of it."""

    code = "reversal.too_late"


class ReversalOfHandedIn(NotAllowed):
    """The role no longer reverses cash that it handed in: management may, and counts it."""

    code = "reversal.handed_in"


class AlreadyReversed(Conflict):
    """What is reversed stays so; there is no second reversal."""

    code = "reversal.already"


class ReversalOfRenegotiated(Conflict):
    """A renegotiated request takes no reversal: its debt lives in its successor (money.md §4)."""

    code = "reversal.renegotiated"


class ReversalOnAgreementDay(Conflict):
    """Credit would come back to a request on the day of the offer and agreement that closed it: tomorrow it may.

    On that day nothing tells whether it came back before the debt was counted or after (money.md §4, §5).
    """

    code = "reversal.on_agreement_day"


class CreditInUse(Conflict):
    """The credit that the payment left was used; that use is reversed first."""

    code = "payment.credit_in_use"


class AdjustmentOfPayment(Conflict):
    """The adjustment belongs to a payment: reversing that takes it back."""

    code = "adjustment.of_payment"


class AdjustmentNotFound(NotFound):
    """No such waiver."""

    code = "adjustment.not_found"


class RefundNotFound(NotFound):
    """No such refund."""

    code = "refund.not_found"


class ReversalIdTaken(Conflict):
    """The id belongs to a reversal of something else, or by somebody else."""

    code = "reversal.id_taken"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """Who recorded what is to be reversed, when and for which business date; whether it is cash handed in since."""

    by: UUID | None
    on: date
    at: datetime
    is_handed_in: bool = False


def check_may_reverse(actor: Actor, registered: Registered, *, today: date, now: datetime) -> None:
    """Raise ReversalNotYours, ReversalOfHandedIn or ReversalTooLate where the actor's role may not go that far.

    Management reverses anything, the analyst what is its own and of today, the supervisor what is its own of the last
    15 minutes; neither of them what was handed in (ux.md §2.1).
    """
    if actor.role not in (Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR):
        return
    if actor.user_id is None or registered.by != actor.user_id:
        raise ReversalNotYours
    if registered.is_handed_in:
        raise ReversalOfHandedIn
    is_late = now - registered.at > STREET_WINDOW if actor.role is Role.STREET_SUPERVISOR else registered.on != today
    if is_late:
        raise ReversalTooLate


def check_reversible(status: str) -> None:
    """Raise ReversalOfRenegotiated unless the request is in a state that a reversal can change."""
    if RequestStatus(status) not in REVERSIBLE:
        raise ReversalOfRenegotiated(status=status)
