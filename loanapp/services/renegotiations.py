"""Use cases of renegotiation: draft an offer, approve its discount, propose it, refuse, accept or expire it.

Accepting closes the old request and makes the new one in one transaction (money.md §5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain import renegotiations as rules
from domain.clients import required_text
from domain.errors import Checks, Conflict
from domain.money import Money, total
from domain.payments import PaymentMethod, check_method
from domain.permissions import Limit, Permission
from domain.renegotiations import Offer, RenegotiationStatus
from domain.requests import RequestNotFound, RequestStatus
from domain.requests import check_move as check_request_move
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.renegotiations import Renegotiation, offer_of
from loanapp.models.requests import Request
from loanapp.services import _agreements, _outbox, _received
from loanapp.services._agreements import DownPayment
from loanapp.services._use_case import Tx, use_case

REASON_LENGTH_MAXIMUM = 500
_CLOSED = {
    RenegotiationStatus.REJECTED: "renegotiation.rejected",
    RenegotiationStatus.EXPIRED: "renegotiation.expired",
}
_WAITING = (RenegotiationStatus.DRAFT, RenegotiationStatus.PROPOSED)


class RenegotiationIdTaken(Conflict):
    """The id belongs to an offer with other terms."""

    code = "renegotiation.id_taken"


@dataclass(frozen=True, kw_only=True)
class DraftOffer:
    """Offer terms over all open invoices of a request. `renegotiation_id` is made before sending: twice is once.

    `offer.terms.principal` is ignored: what the discounts and the down payment leave is financed.
    """

    renegotiation_id: UUID
    request_id: UUID
    offer: Offer


@dataclass(frozen=True, kw_only=True)
class DecideOffer:
    """Say something about an offer, with a reason where it is a refusal or an approval."""

    renegotiation_id: UUID
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AcceptOffer:
    """The borrower agrees: the ids of the new request and of the down payment are made before sending."""

    renegotiation_id: UUID
    new_request_id: UUID
    down_payment_id: UUID | None = None
    down_payment_method: PaymentMethod | None = None


@dataclass(frozen=True, kw_only=True)
class OfferReceipt:
    """An offer after a use case: its number and state, and the number of the new request once accepted."""

    renegotiation_id: UUID
    number: int
    status: RenegotiationStatus
    needs_approval: bool
    new_request_id: UUID | None = None
    new_request_number: int | None = None


@use_case(Permission.RENEGOTIATIONS_OFFER)
def draft_offer(tx: Tx, command: DraftOffer) -> OfferReceipt:
    """Draft an offer of today's debt; raise `renegotiation.*` and `plan.*` for terms that are out of range."""
    client, request = _locked_request(tx, command.request_id)
    existing = tx.session.get(Renegotiation, command.renegotiation_id)
    if existing is not None:
        if offer_of(existing) != _agreements.without_principal(command.offer) or existing.request_id != request.id:
            raise RenegotiationIdTaken
        return _receipt(tx, existing)
    check_request_move(request.status, RequestStatus.RENEGOTIATED)
    offer = _agreements.without_principal(command.offer)
    rules.check_offered_today(offer, business_date=tx.business_date)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    owed, invoices = _agreements.plan(tx, loaded, offer, accepted_on=offer.offered_on)
    most = tx.actor.limits.get(Limit.DISCOUNT_PCT, 0)
    row = Renegotiation(
        id=command.renegotiation_id,
        request_id=request.id,
        client_id=client.id,
        status=RenegotiationStatus.DRAFT,
        debt_original_cents=owed.original.cents,
        debt_late_fee_cents=owed.late_fee.cents,
        debt_mora_cents=owed.mora.cents,
        promised_total_cents=total(invoice.original for invoice in invoices).cents,
        needs_approval=most is not None and rules.greatest_discount_pct(offer) > most,
        drafted_by=tx.actor.user_id,
        drafted_at=tx.now,
        **_agreements.columns_of(offer),
    )
    tx.session.add(row)
    tx.session.flush()
    _agreements.note(tx, client, row, "renegotiation.drafted", None, facts=_agreements.facts_of(row))
    return _receipt(tx, row)


@use_case(Permission.RENEGOTIATIONS_APPROVE)
def approve_discount(tx: Tx, command: DecideOffer) -> OfferReceipt:
    """Approve a discount beyond the limit of who drafted it: another person, within an own limit that covers it."""
    client, row = _locked(tx, command.renegotiation_id)
    reason = _reason(command)
    if RenegotiationStatus(row.status) not in _WAITING or not row.needs_approval or row.approved_by is not None:
        raise rules.RenegotiationMoveRefused(current=row.status, target=row.status)
    rules.check_second_person(
        tx.actor,
        drafted_by=row.drafted_by,
        greatest_discount_pct=rules.greatest_discount_pct(offer_of(row)),
    )
    row.approved_by, row.approved_at, row.approval_reason = tx.actor.user_id, tx.now, reason
    _agreements.note(tx, client, row, "renegotiation.approved", row.status, reason=reason)
    return _receipt(tx, row)


@use_case(Permission.RENEGOTIATIONS_OFFER)
def propose(tx: Tx, command: DecideOffer) -> OfferReceipt:
    """Hand the offer to the borrower; a discount beyond the limit must have been approved."""
    client, row = _locked(tx, command.renegotiation_id)
    _agreements.propose(tx, client, row)
    return _receipt(tx, row)


@use_case(Permission.RENEGOTIATIONS_OFFER)
def reject(tx: Tx, command: DecideOffer) -> OfferReceipt:
    """Record that the borrower, or we, let the offer go; the reason is required."""
    client, row = _locked(tx, command.renegotiation_id)
    _close(tx, client, row, RenegotiationStatus.REJECTED, _reason(command))
    return _receipt(tx, row)


@use_case(Permission.RENEGOTIATIONS_EXPIRE)
def expire_next(tx: Tx, _command: None) -> UUID | None:
    """Expire one offer whose validity is over; return its id, or None when there is none left.

    An offer to a person who was taken out is passed over: nothing is done about that client any more.
    """
    found = tx.session.scalar(
        select(Renegotiation.id)
        .join(Client, Client.id == Renegotiation.client_id)
        .where(
            Renegotiation.status.in_(_WAITING),
            Renegotiation.valid_through < tx.business_date,
            Client.anonymised_on.is_(None),
        )
        .order_by(Renegotiation.number)
        .limit(1)
    )
    if found is None:
        return None
    client, row = _locked(tx, found)
    if RenegotiationStatus(row.status) in _WAITING:
        _close(tx, client, row, RenegotiationStatus.EXPIRED, "")
    return row.id


@use_case(Permission.RENEGOTIATIONS_ACCEPT)
def accept(tx: Tx, command: AcceptOffer) -> OfferReceipt:
    """Make the agreement: the old request closes as of the offer's date, the new one begins (money.md §5).

    Raises OfferExpired, OfferDebtChanged, RequestMoved where another agreement was faster, `renegotiation.*`
    otherwise; the same ids again return the first receipt.
    """
    has_ceiling = _received.lock_cash(tx, command.down_payment_method)
    client, row = _locked(tx, command.renegotiation_id)
    if row.status == RenegotiationStatus.ACCEPTED and row.new_request_id == command.new_request_id:
        return _receipt(tx, row)
    old = tx.session.get_one(Request, row.request_id, populate_existing=True)
    check_request_move(old.status, RequestStatus.RENEGOTIATED)
    if row.status == RenegotiationStatus.DRAFT:
        _agreements.propose(tx, client, row)
    rules.check_move(RenegotiationStatus(row.status), RenegotiationStatus.ACCEPTED)
    down_payment = _down_payment(row, command)
    if has_ceiling and down_payment is not None:
        checks = Checks()
        checks.take("down_payment_method", _received.check_ceiling, tx, down_payment.amount)
        checks.finish()
    new = _agreements.conclude(tx, client, old, row, command.new_request_id, down_payment)
    row.status, row.accepted_on, row.new_request_id = RenegotiationStatus.ACCEPTED, tx.business_date, new.id
    row.closed_by, row.closed_at = tx.actor.user_id, tx.now
    _agreements.note(
        tx, client, row, "renegotiation.accepted", RenegotiationStatus.PROPOSED, facts={"request": new.number}
    )
    for rival in _rivals(tx, row):
        _close(tx, client, rival, RenegotiationStatus.EXPIRED, f"Acordo nº {row.number}")
    _outbox.cancel_moot(tx, client)
    return _receipt(tx, row)


def _down_payment(row: Renegotiation, command: AcceptOffer) -> DownPayment | None:
    if not row.down_payment_cents:
        return None
    if command.down_payment_id is None or command.down_payment_method is None:
        raise rules.DownPaymentMissing(field="down_payment_method")
    return DownPayment(
        payment_id=command.down_payment_id,
        amount=Money(row.down_payment_cents),
        method=check_method(command.down_payment_method),
    )


def _close(tx: Tx, client: Client, row: Renegotiation, status: RenegotiationStatus, reason: str) -> None:
    before = row.status
    rules.check_move(RenegotiationStatus(row.status), status)
    row.status, row.closing_reason = status, reason
    row.closed_by, row.closed_at = tx.actor.user_id, tx.now
    _agreements.note(tx, client, row, _CLOSED[status], before, reason=reason)


def _rivals(tx: Tx, row: Renegotiation) -> Sequence[Renegotiation]:
    """Return the other offers for the same request that still wait: the agreement ends them."""
    return tx.session.scalars(
        select(Renegotiation)
        .where(
            Renegotiation.request_id == row.request_id,
            Renegotiation.id != row.id,
            Renegotiation.status.in_(_WAITING),
        )
        .order_by(Renegotiation.number)
    ).all()


def _reason(command: DecideOffer) -> str:
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    return reason or ""


def _locked_request(tx: Tx, request_id: UUID) -> tuple[Client, Request]:
    found = locks.client_of_request(tx.session, request_id)
    if found is None:
        raise RequestNotFound(field="request_id")
    return found


def _locked(tx: Tx, renegotiation_id: UUID) -> tuple[Client, Renegotiation]:
    """Lock the client of an offer, then read the offer as it now stands."""
    client_id = tx.session.scalar(select(Renegotiation.client_id).where(Renegotiation.id == renegotiation_id))
    client = locks.client(tx.session, client_id) if client_id else None
    if client is None:
        raise rules.RenegotiationNotFound
    return client, tx.session.get_one(Renegotiation, renegotiation_id, populate_existing=True)


def _receipt(tx: Tx, row: Renegotiation) -> OfferReceipt:
    new = tx.session.get(Request, row.new_request_id) if row.new_request_id else None
    return OfferReceipt(
        renegotiation_id=row.id,
        number=row.number,
        status=RenegotiationStatus(row.status),
        needs_approval=row.needs_approval and row.approved_by is None,
        new_request_id=row.new_request_id,
        new_request_number=new.number if new else None,
    )
