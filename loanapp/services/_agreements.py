"""What an agreement does to the book: the old request closes as of the offer's date, the new one begins.

Here are the rows of an offer and of its two requests; who may do it and when is in `services/renegotiations.py`.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from domain import renegotiations as rules
from domain.calendar import BusinessCalendar
from domain.history import ContractInvoice
from domain.instalments import effective_annual_cost
from domain.money import Money, total
from domain.payments import PaymentMethod
from domain.renegotiations import DebtBreakdown, Offer, RenegotiationStatus
from domain.requests import RequestStatus
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, company_holidays, load_contracts
from loanapp.models.invoices import Invoice
from loanapp.models.renegotiations import OWN_COLUMNS, TERMS_COLUMNS, Renegotiation, offer_of
from loanapp.models.requests import Request
from loanapp.services import _audit, _positions, _received
from loanapp.services._positions import Cause
from loanapp.services._received import PaymentReceipt, Received
from loanapp.services._use_case import Tx


@dataclass(frozen=True, kw_only=True)
class DownPayment:
    """The ordinary payment of invoice 0, received with the agreement."""

    payment_id: UUID
    amount: Money
    method: PaymentMethod


def without_principal(offer: Offer) -> Offer:
    """Return the offer as it is stored: what is financed follows from the debt, it is no term of its own."""
    return replace(offer, terms=replace(offer.terms, principal=Money.ZERO))


def columns_of(offer: Offer) -> dict[str, Any]:
    """Return the columns of an offer's terms."""
    return {
        **{name: getattr(offer, name) for name in OWN_COLUMNS},
        **{name: getattr(offer.terms, name) for name in TERMS_COLUMNS},
        "instalment_count": offer.terms.count,
        "down_payment_cents": offer.down_payment.cents,
    }


def facts_of(row: Renegotiation) -> dict[str, Any]:
    """Return what the audit trail keeps of an offer."""
    return {
        name: str(value) if isinstance(value, Decimal | date) else value
        for name, value in columns_of(offer_of(row)).items()
    } | {"debt_cents": row.debt_original_cents + row.debt_late_fee_cents + row.debt_mora_cents}


def plan(
    tx: Tx, loaded: LoadedContract, offer: Offer, *, accepted_on: date
) -> tuple[DebtBreakdown, tuple[ContractInvoice, ...]]:
    """Return the debt of the offer's date and the invoices that the offer makes of it."""
    position = loaded.position(offer.offered_on)
    owed = rules.debt(position)
    calendar = BusinessCalendar(company_holidays(tx.session))
    return owed, rules.offer_plan(owed, rules.remaining_bases(position), offer, calendar, accepted_on=accepted_on)


def check_stands(tx: Tx, loaded: LoadedContract, row: Renegotiation) -> None:
    """Raise OfferExpired or OfferDebtChanged where an offer can't be accepted as it says any more."""
    offer = offer_of(row)
    has_changed_since = loaded.has_facts_after(offer.offered_on)
    rules.check_acceptance(
        offer,
        accepted_on=tx.business_date,
        offered=DebtBreakdown(
            original=Money(row.debt_original_cents),
            late_fee=Money(row.debt_late_fee_cents),
            mora=Money(row.debt_mora_cents),
        ),
        recounted=rules.debt(loaded.position(tx.business_date if has_changed_since else offer.offered_on)),
        has_changed_since=has_changed_since,
    )


def propose(tx: Tx, client: Client, row: Renegotiation) -> None:
    """Hand a drafted offer to the borrower; raise OfferNotApproved, OfferExpired, RenegotiationMoveRefused."""
    before = row.status
    rules.check_move(RenegotiationStatus(row.status), RenegotiationStatus.PROPOSED)
    rules.check_discount_approved(needs_approval=row.needs_approval, approved_by=row.approved_by)
    if tx.business_date > row.valid_through:
        raise rules.OfferExpired(valid_through=row.valid_through)
    row.status, row.proposed_at = RenegotiationStatus.PROPOSED, tx.now
    note(tx, client, row, "renegotiation.proposed", before)


def note(
    tx: Tx,
    client: Client,
    row: Renegotiation,
    action: str,
    before: str | None,
    *,
    facts: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Note what happened to an offer; `before` is the state it had."""
    _audit.note(
        tx, client, action, "renegotiation", row.id,
        before={"status": before} if before else {}, after={"status": row.status, **(facts or {})}, reason=reason,
    )  # fmt: skip


def conclude(
    tx: Tx, client: Client, old: Request, row: Renegotiation, new_id: UUID, down_payment: DownPayment | None
) -> Request:
    """Close the old request and begin the new one; raise OfferExpired or OfferDebtChanged where the offer is stale."""
    loaded = load_contracts(tx.session, [old.id])[old.id]
    offer = offer_of(row)
    check_stands(tx, loaded, row)
    _, invoices = plan(tx, loaded, offer, accepted_on=tx.business_date)
    before = old.status
    old.status, old.lost_on = RequestStatus.RENEGOTIATED, None
    old.renegotiated_on, old.charges_end_on = tx.business_date, offer.offered_on
    _positions.settle(tx, client, old, _positions.NOTHING)
    new = _new_request(tx, old, offer, new_id, invoices)
    receipt = _receive(tx, new, down_payment) if down_payment else None
    cause = Cause(payment_id=receipt.payment_id) if receipt else _positions.NOTHING
    position = _positions.settle(tx, client, new, cause)
    _audit.note(
        tx, client, "request.renegotiated", "request", old.id,
        before={"status": before}, after={"status": old.status, "successor": new.number},
    )  # fmt: skip
    _audit.note(
        tx, client, "request.agreed", "request", new.id,
        after={
            "status": RequestStatus.ACTIVE, "principal_cents": new.principal_cents, "invoices": len(invoices),
            "mora_base_cents": total(invoice.mora_base for invoice in invoices).cents, "parent": old.number,
        },
    )  # fmt: skip
    if down_payment is not None and receipt is not None:
        _audit.note(
            tx, client, "payment.registered", "payment", receipt.payment_id,
            after=_received.facts_of(_received_of(tx, new, down_payment), receipt, new)
            | {"total_open_cents": position.total_open.cents},
        )  # fmt: skip
    return new


def _new_request(tx: Tx, old: Request, offer: Offer, new_id: UUID, invoices: tuple[ContractInvoice, ...]) -> Request:
    financed = total(invoice.principal for invoice in invoices)
    flows = [(invoice.due_date, invoice.original) for invoice in invoices]
    new = Request(
        id=new_id,
        client_id=old.client_id,
        status=RequestStatus.ACTIVE,
        principal_cents=financed.cents,
        instalment_count=offer.terms.count,
        **{name: getattr(offer.terms, name) for name in TERMS_COLUMNS},
        late_fee_pct=old.late_fee_pct,
        mora_pct_month=old.mora_pct_month,
        effective_annual_cost_pct=effective_annual_cost(financed, tx.business_date, flows),
        requested_by=tx.actor.user_id,
        requested_on=tx.business_date,
        requested_at=tx.now,
        approved_on=tx.business_date,
        decided_by=tx.actor.user_id,
        decided_at=tx.now,
        disbursed_by=tx.actor.user_id,
        disbursed_on=tx.business_date,
        disbursed_at=tx.now,
        overdue_through=tx.business_date,
        mora_through=tx.business_date,
        parent_id=old.id,
        root_id=old.root_id,
    )
    tx.session.add(new)
    tx.session.flush()
    tx.session.execute(
        insert(Invoice),
        [invoice_row(new_id, invoice) for invoice in invoices],
    )
    return new


def invoice_row(request_id: UUID, invoice: ContractInvoice) -> dict[str, Any]:
    """Return the columns of an invoice before any fact."""
    return {
        "request_id": request_id,
        "number": invoice.number,
        "due_date": invoice.due_date,
        "effective_due_date": invoice.effective_due_date,
        "principal_cents": invoice.principal.cents,
        "interest_cents": invoice.interest.cents,
        "original_cents": invoice.original.cents,
        "late_fee_base_cents": invoice.original.cents,
        "mora_base_cents": invoice.mora_base.cents,
        "mora_remaining_base_cents": invoice.mora_base.cents,
        "mora_since": invoice.effective_due_date,
    }


def _receive(tx: Tx, new: Request, down_payment: DownPayment) -> PaymentReceipt:
    return _received.insert_payment(tx, _received_of(tx, new, down_payment), note="Entrada do acordo")


def _received_of(tx: Tx, new: Request, down_payment: DownPayment) -> Received:
    return Received(
        payment_id=down_payment.payment_id,
        request_id=new.id,
        amount=down_payment.amount,
        method=down_payment.method,
        received_on=tx.business_date,
    )
