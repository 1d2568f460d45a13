"""Renegotiation: the debt taken over, the offer and its invoices, and the mora base that is carried (money.md §3, §5).

The base is carried, never grown: mora on the new invoices counts on the still unpaid part of the original request's
value, however long the chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.calendar import BusinessCalendar
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.history import ContractInvoice, Position
from domain.instalments import PlanTerms, build_plan
from domain.money import Money, fraction_of, total
from domain.payments import Parts
from domain.permissions import Actor, Limit

SHORTEST_VALIDITY_DAYS = 2
DOWN_PAYMENT_NUMBER = 0
WHOLE_PCT = Decimal(100)


class RenegotiationStatus(StrEnum):
    """The states of an offer (product.md "Words")."""

    DRAFT = "DRAFT"
    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


_S = RenegotiationStatus

MOVES: dict[RenegotiationStatus, frozenset[RenegotiationStatus]] = {
    _S.DRAFT: frozenset({_S.PROPOSED, _S.REJECTED, _S.EXPIRED}),
    _S.PROPOSED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.EXPIRED}),
    _S.ACCEPTED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
}


class RenegotiationNotFound(NotFound):
    """No such offer."""

    code = "renegotiation.not_found"


class RenegotiationMoveRefused(Conflict):
    """The offer's state does not allow this move."""

    code = "renegotiation.move_refused"


class OfferNothingOwed(Conflict):
    """Nothing is open, or nothing is left after the discounts: there is nothing to renegotiate."""

    code = "renegotiation.nothing_owed"


class OfferDiscountOutOfRange(Invalid):
    """A discount is 0 to 100 %."""

    code = "renegotiation.discount_out_of_range"


class OfferDownPaymentOutOfRange(Invalid):
    """The down payment is at least zero and leaves something for the instalments."""

    code = "renegotiation.down_payment_out_of_range"


class OfferFirstDueDateTooEarly(Invalid):
    """The first instalment falls due before the offer's date."""

    code = "renegotiation.first_due_date_too_early"


class OfferValidityTooShort(Invalid):
    """An offer stands for at least two days (brazil.md §5)."""

    code = "renegotiation.validity_too_short"


class OfferExpired(Conflict):
    """The offer's validity is over."""

    code = "renegotiation.expired"


class OfferDebtChanged(Conflict):
    """A payment, a reversal or a waiver changed the debt since the offer was made."""

    code = "renegotiation.debt_changed"


class OfferNotOfToday(Invalid):
    """An offer is made of the debt of the day on which it is drafted."""

    code = "renegotiation.not_of_today"


class OfferNotApproved(NotAllowed):
    """The discount is beyond the limit of who drafted the offer, and nobody has approved it yet."""

    code = "renegotiation.not_approved"


class OwnOffer(NotAllowed):
    """Who drafted an offer does not approve its discount."""

    code = "renegotiation.own"


class DiscountAboveLimit(NotAllowed):
    """The discount is beyond the limit of who approves, too."""

    code = "renegotiation.discount_above_limit"


class DownPaymentMissing(Invalid):
    """An offer with a down payment is accepted together with that payment."""

    code = "renegotiation.down_payment_missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class DebtBreakdown:
    """What is still open of a request: original value, late fee and mora (money.md §5)."""

    original: Money
    late_fee: Money
    mora: Money

    @property
    def total(self) -> Money:
        """The sum of the three."""
        return self.original + self.late_fee + self.mora


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The terms offered over all open invoices of one request; discounts are percent of what is open.

    `terms` describes the instalments; its principal is what the discounts and the down payment leave (`offer_plan` sets
    it).  The old charges end on `offered_on`, and within its validity passing days add no mora (money.md §5).
    """

    offered_on: date
    valid_through: date
    terms: PlanTerms
    mora_discount_pct: Decimal = Decimal(0)
    late_fee_discount_pct: Decimal = Decimal(0)
    original_discount_pct: Decimal = Decimal(0)
    down_payment: Money = Money.ZERO


def check_move(current: RenegotiationStatus, target: RenegotiationStatus) -> None:
    """Raise RenegotiationMoveRefused unless `MOVES` allows the move."""
    if target not in MOVES[current]:
        raise RenegotiationMoveRefused(current=current, target=target)


def check_offered_today(offer: Offer, *, business_date: date) -> None:
    """Raise OfferNotOfToday unless the offer is dated on the business date: its debt is that of today."""
    if offer.offered_on != business_date:
        raise OfferNotOfToday(field="offered_on", business_date=business_date)


def greatest_discount_pct(offer: Offer) -> Decimal:
    """Return the discount that is held against the limit: the greatest of the three, in percent."""
    return max(offer.mora_discount_pct, offer.late_fee_discount_pct, offer.original_discount_pct)


def check_discount_approved(*, needs_approval: bool, approved_by: UUID | None) -> None:
    """Raise OfferNotApproved for a discount beyond the drafter's limit that nobody has approved."""
    if needs_approval and approved_by is None:
        raise OfferNotApproved


def check_second_person(actor: Actor, *, drafted_by: UUID | None, greatest_discount_pct: Decimal) -> None:
    """Raise OwnOffer or DiscountAboveLimit where the actor may not approve the discount (ux.md §2.1)."""
    if drafted_by == actor.user_id:
        raise OwnOffer
    most = actor.limits.get(Limit.DISCOUNT_PCT, 0)
    if most is not None and greatest_discount_pct > most:
        raise DiscountAboveLimit(limit_pct=Decimal(most))


def debt(position: Position) -> DebtBreakdown:
    """Return what is open of original value, late fee and mora as of the position's date (money.md §5)."""
    parts = [invoice.open for invoice in position.invoices]
    return DebtBreakdown(
        original=total(part.interest + part.principal for part in parts),
        late_fee=total(part.late_fee for part in parts),
        mora=total(part.mora for part in parts),
    )


def remaining_bases(position: Position) -> tuple[Money, ...]:
    """Return the mora bases that a renegotiation of the open invoices carries on (money.md §3)."""
    return tuple(invoice.mora_remaining_base for invoice in position.invoices if invoice.open.total)


def share_mora_base(remaining_bases: Sequence[Money], face_values: Sequence[Money]) -> tuple[Money, ...]:
    """Share the carried mora base over the new invoices in proportion to their face values (money.md §3).

    The base is at most the face value of all new invoices.  The first k shares together are one rounded figure, so the
    centavos are exact and no share exceeds its face value.
    """
    face_total = total(face_values)
    base_total = min(total(remaining_bases), face_total)
    shares: list[Money] = []
    faces_so_far = shared_so_far = Money.ZERO
    for face_value in face_values:
        faces_so_far += face_value
        shared = fraction_of(base_total, faces_so_far.cents, face_total.cents)
        shares.append(shared - shared_so_far)
        shared_so_far = shared
    return tuple(shares)


def discounted(owed: DebtBreakdown, offer: Offer) -> DebtBreakdown:
    """Return the debt less the discounts, each rounded once; raise OfferDiscountOutOfRange outside 0 to 100 %."""
    for field in ("mora_discount_pct", "late_fee_discount_pct", "original_discount_pct"):
        if not 0 <= getattr(offer, field) <= WHOLE_PCT:
            raise OfferDiscountOutOfRange(field=field)
    return DebtBreakdown(
        original=owed.original - fraction_of(owed.original, offer.original_discount_pct, WHOLE_PCT),
        late_fee=owed.late_fee - fraction_of(owed.late_fee, offer.late_fee_discount_pct, WHOLE_PCT),
        mora=owed.mora - fraction_of(owed.mora, offer.mora_discount_pct, WHOLE_PCT),
    )


def offer_plan(
    owed: DebtBreakdown,
    bases: Sequence[Money],
    offer: Offer,
    calendar: BusinessCalendar,
    *,
    accepted_on: date,
) -> tuple[ContractInvoice, ...]:
    """Return the invoices of the new request, the down payment as invoice 0 where there is one (money.md §5).

    `bases` are the remaining mora bases of the renegotiated invoices.  Raises a `renegotiation.*` error for an offer
    out of range and a `plan.*` error for impossible instalments.
    """
    financed = discounted(owed, offer).total
    if not financed:
        raise OfferNothingOwed
    if not Money.ZERO <= offer.down_payment < financed:
        raise OfferDownPaymentOutOfRange(field="down_payment", limit=financed)
    if offer.terms.first_due_date < offer.offered_on:
        raise OfferFirstDueDateTooEarly(field="first_due_date")
    if offer.valid_through < offer.offered_on + timedelta(days=SHORTEST_VALIDITY_DAYS):
        raise OfferValidityTooShort(field="valid_through", days=SHORTEST_VALIDITY_DAYS)
    instalments = build_plan(replace(offer.terms, principal=financed - offer.down_payment), calendar)
    down_payments = [offer.down_payment] if offer.down_payment else []
    shares = share_mora_base(bases, [*down_payments, *(instalment.original for instalment in instalments)])
    first = [
        ContractInvoice(
            number=DOWN_PAYMENT_NUMBER,
            due_date=accepted_on,
            effective_due_date=calendar.effective(accepted_on),
            principal=amount,
            interest=Money.ZERO,
            mora_base=shares[0],
        )
        for amount in down_payments
    ]
    rest = [
        ContractInvoice(
            number=instalment.number,
            due_date=instalment.due_date,
            effective_due_date=instalment.effective_due_date,
            principal=instalment.principal,
            interest=instalment.interest,
            mora_base=share,
        )
        for instalment, share in zip(instalments, shares[len(down_payments) :], strict=True)
    ]
    return (*first, *rest)


def check_acceptance(
    offer: Offer,
    *,
    accepted_on: date,
    offered: DebtBreakdown,
    recounted: DebtBreakdown,
    has_changed_since: bool = False,
) -> None:
    """Raise OfferExpired past the validity, OfferDebtChanged where the offer date's debt is no longer what it was.

    `recounted` is the debt counted again after the lock; `has_changed_since` says that a fact came after the offer's
    date, whatever the sum.  Passing days alone change nothing (money.md §5).
    """
    if accepted_on > offer.valid_through:
        raise OfferExpired(valid_through=offer.valid_through)
    if has_changed_since or recounted != offered:
        raise OfferDebtChanged(offered=offered.total, recounted=recounted.total)


def returned_payment_invoice(
    settled: Sequence[Parts], *, number: int, failed_on: date, calendar: BusinessCalendar
) -> ContractInvoice:
    """Return the invoice that a payment which failed after a renegotiation adds to the newest request (money.md §4).

    It is worth what the payment had settled, falls due on that day, and only the part that was original value bears
    mora.
    """
    returned = sum(settled, Parts())
    return ContractInvoice(
        number=number,
        due_date=failed_on,
        effective_due_date=calendar.effective(failed_on),
        principal=returned.total - returned.interest,
        interest=returned.interest,
        mora_base=returned.interest + returned.principal,
    )
