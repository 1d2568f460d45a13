"""The demo's renegotiations: an agreement kept, one in arrears, an offer out, and one that waits for approval."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from domain.calendar import BusinessCalendar, Step
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Actor
from domain.renegotiations import Offer
from loanapp.clock import Moment
from loanapp.commands.past import Past
from loanapp.services import renegotiations
from loanapp.services.renegotiations import AcceptOffer, DecideOffer, DraftOffer

# Borrowers of the demo that stopped paying long ago.
_KEPT, _BROKEN, _OUT, _TO_APPROVE = 36, 37, 34, 32
_VALID_DAYS = 7
_ABOVE_THE_LIMIT_PCT = Decimal(50)


def plan_agreements(past: Past, analyst: Actor, client_id_of: Callable[[int], UUID]) -> None:
    """Plan the offers, and the agreements that two of them become on the day after."""
    today = past.last
    kept = _offer(today - timedelta(days=10), Step.MONTHLY, 8, first_days=30, down_payment=Money(30_000))
    broken = _offer(today - timedelta(days=26), Step.WEEKLY, 10, first_days=7)
    out = _offer(today - timedelta(days=1), Step.MONTHLY, 6, first_days=30, mora_discount_pct=Decimal(20))
    to_approve = _offer(
        today - timedelta(days=1), Step.MONTHLY, 3, first_days=15, mora_discount_pct=_ABOVE_THE_LIMIT_PCT
    )
    for index, offer in ((_KEPT, kept), (_BROKEN, broken), (_OUT, out), (_TO_APPROVE, to_approve)):
        order = _draft(client_id_of(index), offer)
        past.plan(offer.offered_on, 10 * 60, lambda moment, order=order: _make(analyst, moment, order))
    for index, offer in ((_KEPT, kept), (_BROKEN, broken)):
        agreed = _agreement(client_id_of(index), offer)
        day = offer.offered_on + timedelta(days=1)
        past.plan(day, 14 * 60, lambda moment, agreed=agreed: _accept(analyst, moment, agreed))
    proposed = DecideOffer(renegotiation_id=_id(client_id_of(_OUT)))
    past.plan(out.offered_on, 10 * 60 + 5, lambda moment: _propose(analyst, moment, proposed))


def _offer(
    offered_on: date,
    step: Step,
    count: int,
    *,
    first_days: int,
    down_payment: Money = Money.ZERO,
    mora_discount_pct: Decimal = Decimal(0),
) -> Offer:
    terms = PlanTerms(
        principal=Money.ZERO,
        plan=Plan.FLAT,
        step=step,
        count=count,
        rate_pct=Decimal(0),
        first_due_date=BusinessCalendar().effective(offered_on + timedelta(days=first_days)),
    )
    return Offer(
        offered_on=offered_on,
        valid_through=offered_on + timedelta(days=_VALID_DAYS),
        terms=terms,
        mora_discount_pct=mora_discount_pct,
        down_payment=down_payment,
    )


def _id(client_id: UUID) -> UUID:
    return uuid5(client_id, "renegotiation")


def _draft(client_id: UUID, offer: Offer) -> DraftOffer:
    return DraftOffer(renegotiation_id=_id(client_id), request_id=uuid5(client_id, "request"), offer=offer)


def _agreement(client_id: UUID, offer: Offer) -> AcceptOffer:
    has_down_payment = bool(offer.down_payment)
    return AcceptOffer(
        renegotiation_id=_id(client_id),
        new_request_id=uuid5(client_id, "agreement"),
        down_payment_id=uuid5(client_id, "down payment") if has_down_payment else None,
        down_payment_method=PaymentMethod.PIX if has_down_payment else None,
    )


def _make(actor: Actor, moment: Moment, order: DraftOffer) -> None:
    renegotiations.draft_offer(actor, moment, order)


def _propose(actor: Actor, moment: Moment, order: DecideOffer) -> None:
    renegotiations.propose(actor, moment, order)


def _accept(actor: Actor, moment: Moment, order: AcceptOffer) -> None:
    renegotiations.accept(actor, moment, order)
