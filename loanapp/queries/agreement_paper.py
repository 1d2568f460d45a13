"""What an agreement says: the debt it takes over, invoice by invoice, and the new plan with all its costs.

A waiting offer is a proposal, an accepted one the agreement itself; both say the same (brazil.md §5).
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from domain import renegotiations as rules
from domain.calendar import BusinessCalendar
from domain.history import ContractInvoice, Position
from domain.instalments import effective_annual_cost
from domain.money import Money
from domain.papers import check_agreement, monthly_cost_pct
from domain.permissions import Permission
from domain.renegotiations import OfferDebtChanged, OfferExpired, RenegotiationNotFound
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, company_holidays, load_contracts
from loanapp.models.renegotiations import Renegotiation, offer_of
from loanapp.models.requests import Request
from loanapp.queries._parties import Parties, parties
from loanapp.queries._query import Tx, query
from loanapp.queries.charged import ChargedInvoice, charged_invoices


@dataclass(frozen=True, kw_only=True)
class TakenOver:
    """One component of the debt in centavos: what is open, the discount on it, what is left."""

    open_cents: int
    discount_pct: Decimal
    left_cents: int

    @property
    def discount_cents(self) -> int:
        """What the discount takes off."""
        return self.open_cents - self.left_cents


@dataclass(frozen=True, kw_only=True)
class OldInvoice:
    """One open invoice of the debt, in centavos by component, and how its charges came to be."""

    charged: ChargedInvoice
    original_cents: int
    late_fee_cents: int
    mora_cents: int


@dataclass(frozen=True, kw_only=True)
class NewInvoice:
    """One invoice of the agreement, in centavos; number 0 is the down payment."""

    number: int
    due_date: date
    principal_cents: int
    interest_cents: int
    original_cents: int
    mora_base_cents: int


@dataclass(frozen=True, kw_only=True)
class AgreementPaper:
    """An agreement or its proposal; amounts in centavos, `rate_pct` per period, the costs in percent.

    `parties.number` is the loan whose open invoices are taken over, `chain` the loans before it; `new_number` and
    `accepted_on` are those of the agreement, None while it is a proposal.
    """

    parties: Parties
    offer_number: int
    chain: tuple[int, ...]
    new_number: int | None
    accepted_on: date | None
    offered_on: date
    valid_through: date
    invoices: tuple[OldInvoice, ...]
    original: TakenOver
    late_fee: TakenOver
    mora: TakenOver
    plan: str
    step: str
    rate_pct: Decimal
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    annual_cost_pct: Decimal
    monthly_cost_pct: Decimal
    instalments: tuple[NewInvoice, ...]

    @property
    def total_cents(self) -> int:
        """What the new invoices add up to."""
        return sum(each.original_cents for each in self.instalments)


@query(Permission.RENEGOTIATIONS_VIEW)
def agreement_paper(tx: Tx, offer_id: UUID) -> AgreementPaper:
    """Return what an offer or its agreement says.

    Raise RenegotiationNotFound, OfferClosed, OfferExpired, OfferNotApproved, or OfferDebtChanged where it is stale.
    """
    found = tx.session.execute(
        select(Renegotiation, Request, Client)
        .join(Request, Request.id == Renegotiation.request_id)
        .join(Client, Client.id == Renegotiation.client_id)
        .where(Renegotiation.id == offer_id)
    ).one_or_none()
    if found is None:
        raise RenegotiationNotFound
    stored, request, client = found
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = _position(loaded, stored.offered_on)
    _check_fresh(tx, stored, loaded, position)
    offer, owed = offer_of(stored), rules.debt(position)
    left = rules.discounted(owed, offer)
    invoices = rules.offer_plan(
        owed,
        rules.remaining_bases(position),
        offer,
        BusinessCalendar(company_holidays(tx.session)),
        accepted_on=stored.accepted_on or tx.business_date,
    )
    flows = [(invoice.due_date, invoice.original) for invoice in invoices]
    cost_pct = effective_annual_cost(left.total, stored.accepted_on or tx.business_date, flows)
    new = tx.session.get(Request, stored.new_request_id) if stored.new_request_id else None
    return AgreementPaper(
        parties=parties(tx, request, client),
        offer_number=stored.number,
        chain=_chain(tx, request),
        new_number=new.number if new else None,
        accepted_on=stored.accepted_on,
        offered_on=stored.offered_on,
        valid_through=stored.valid_through,
        invoices=_old(loaded, position),
        original=_taken(owed.original.cents, offer.original_discount_pct, left.original.cents),
        late_fee=_taken(owed.late_fee.cents, offer.late_fee_discount_pct, left.late_fee.cents),
        mora=_taken(owed.mora.cents, offer.mora_discount_pct, left.mora.cents),
        plan=stored.plan,
        step=stored.step,
        rate_pct=stored.rate_pct,
        late_fee_pct=request.late_fee_pct or Decimal(0),
        mora_pct_month=request.mora_pct_month or Decimal(0),
        annual_cost_pct=cost_pct,
        monthly_cost_pct=monthly_cost_pct(cost_pct),
        instalments=tuple(_new(invoice) for invoice in invoices),
    )


@query(Permission.PAPERS_ISSUE)
def agreement_of(tx: Tx, number: int) -> UUID | None:
    """Return the accepted offer that made the loan with a number; None for a loan that began with money."""
    return tx.session.scalar(
        select(Renegotiation.id)
        .join(Request, Request.id == Renegotiation.new_request_id)
        .where(Request.number == number)
    )


def _position(loaded: LoadedContract, offered_on: date) -> Position:
    """Return the request as it stood on the offer's day; a contract that the agreement closed answers as before it."""
    contract = replace(loaded.contract, closed_on=None, charges_end_on=None)
    return replace(loaded, contract=contract).position(offered_on)


def _check_fresh(tx: Tx, stored: Renegotiation, loaded: LoadedContract, position: Position) -> None:
    """Refuse to write down a proposal that nobody could accept."""
    if stored.accepted_on is not None:
        return
    check_agreement(stored.status)
    if tx.business_date > stored.valid_through:
        raise OfferExpired(valid_through=stored.valid_through)
    rules.check_discount_approved(needs_approval=stored.needs_approval, approved_by=stored.approved_by)
    offered_cents = stored.debt_original_cents + stored.debt_late_fee_cents + stored.debt_mora_cents
    has_changed = loaded.has_facts_after(stored.offered_on)
    owed = rules.debt(loaded.position(tx.business_date) if has_changed else position)
    if has_changed or owed.total.cents != offered_cents:
        raise OfferDebtChanged(offered=Money(offered_cents), recounted=owed.total)


def _chain(tx: Tx, request: Request) -> tuple[int, ...]:
    numbers = tx.session.scalars(
        select(Request.number)
        .where(Request.root_id == request.root_id, Request.number < request.number)
        .order_by(Request.number)
    )
    return tuple(numbers)


def _old(loaded: LoadedContract, position: Position) -> tuple[OldInvoice, ...]:
    parts = {invoice.number: invoice.open for invoice in position.invoices}
    return tuple(
        OldInvoice(
            charged=each,
            original_cents=(parts[each.number].interest + parts[each.number].principal).cents,
            late_fee_cents=parts[each.number].late_fee.cents,
            mora_cents=parts[each.number].mora.cents,
        )
        for each in charged_invoices(loaded, position)
        if each.open_cents
    )


def _taken(open_cents: int, discount_pct: Decimal, left_cents: int) -> TakenOver:
    return TakenOver(open_cents=open_cents, discount_pct=discount_pct, left_cents=left_cents)


def _new(invoice: ContractInvoice) -> NewInvoice:
    return NewInvoice(
        number=invoice.number,
        due_date=invoice.due_date,
        principal_cents=invoice.principal.cents,
        interest_cents=invoice.interest.cents,
        original_cents=invoice.original.cents,
        mora_base_cents=invoice.mora_base.cents,
    )
