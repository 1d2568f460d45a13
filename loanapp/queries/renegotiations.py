"""Reads of renegotiation: the simulator with its proposals side by side, the list of offers, one offer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import aliased

from domain import renegotiations as rules
from domain.calendar import BusinessCalendar, Step
from domain.errors import DomainError
from domain.history import ContractInvoice, Position
from domain.instalments import Plan, PlanTerms, effective_annual_cost
from domain.money import Money, total
from domain.permissions import Limit, Permission
from domain.renegotiations import Offer, RenegotiationNotFound, RenegotiationStatus
from domain.requests import RequestNotFound, RequestStatus, check_move
from loanapp.models.auth import User
from loanapp.models.clients import Client
from loanapp.models.contracts import company_holidays, load_contracts
from loanapp.models.renegotiations import Renegotiation, offer_of
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.charged import ChargedInvoice, charged_invoices
from loanapp.queries.debt_changes import Cause, causes_since

VALIDITY_DAYS = 7
SUGGESTED_COUNTS = (1, 3, 6)
_FIRST_DUE_AFTER_DAYS = {1: 5, 3: 30, 6: 30}
_WAITING = (RenegotiationStatus.DRAFT, RenegotiationStatus.PROPOSED)
_NEW = aliased(Request)


@dataclass(frozen=True, kw_only=True)
class SimulatorOf:
    """A request by its number, and the offers to compare; the suggested ones where none is given."""

    number: int
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProposedInstalment:
    """One invoice that an offer would make, in centavos; number 0 is the down payment."""

    number: int
    due_date: date
    amount_cents: int
    mora_base_cents: int


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One offer worked out: amounts in centavos, or the error that says why it can't be made.

    `mora_base_cents` is the value on which the mora of the new invoices would count; `income_pct` what the greatest
    monthly amount takes of the income, None where that is not known.
    """

    offer: Offer
    discount_cents: int = 0
    down_payment_cents: int = 0
    instalments: tuple[ProposedInstalment, ...] = ()
    total_cents: int = 0
    difference_cents: int = 0
    last_due_date: date | None = None
    mora_base_cents: int = 0
    annual_cost_pct: Decimal = Decimal(0)
    income_pct: Decimal | None = None
    needs_approval: bool = False
    error: DomainError | None = None


@dataclass(frozen=True, kw_only=True)
class Simulator:
    """The debt of a request today, by component and by invoice, and proposals over it; amounts in centavos."""

    request_id: UUID
    number: int
    client_id: UUID
    client_name: str
    business_date: date
    original_cents: int
    late_fee_cents: int
    mora_cents: int
    invoices: tuple[ChargedInvoice, ...]
    proposals: tuple[Proposal, ...]
    discount_limit_pct: int | None

    @property
    def debt_cents(self) -> int:
        """The whole debt."""
        return self.original_cents + self.late_fee_cents + self.mora_cents


@dataclass(frozen=True, kw_only=True)
class OffersOf:
    """Which offers: of one state, of one request, of one client, or all; the newest first, by page from 1.

    `waits_for_approval` keeps those whose discount nobody has approved yet; `is_broken` the agreements in arrears.
    """

    status: RenegotiationStatus | None = None
    waits_for_approval: bool = False
    is_broken: bool = False
    request_id: UUID | None = None
    client_id: UUID | None = None
    page: int = 1
    size: int = 25


@dataclass(frozen=True, kw_only=True)
class OfferLine:
    """One offer in a list; amounts in centavos. `is_broken`: the agreement's own request is overdue."""

    id: UUID
    number: int
    client_id: UUID
    client_name: str
    request_number: int
    status: RenegotiationStatus
    debt_cents: int
    promised_cents: int
    down_payment_cents: int
    instalment_count: int
    valid_through: date
    drafted_by: str
    drafted_at: datetime
    waits_for_approval: bool
    new_request_number: int | None
    is_broken: bool


@dataclass(frozen=True, kw_only=True)
class OffersPage:
    """A page of offers and how many there are in all."""

    lines: tuple[OfferLine, ...]
    count: int


@query(Permission.RENEGOTIATIONS_VIEW)
def simulator(tx: Tx, parameters: SimulatorOf) -> Simulator:
    """Return the debt of a request today and its proposals; raise RequestNotFound, RequestMoved.  Six statements."""
    found = tx.session.execute(
        select(Request, Client).join(Client, Client.id == Request.client_id).where(Request.number == parameters.number)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(number=parameters.number)
    request, client = found
    check_move(request.status, RequestStatus.RENEGOTIATED)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = loaded.position(tx.business_date)
    owed = rules.debt(position)
    calendar = BusinessCalendar(company_holidays(tx.session))
    offers = parameters.offers or suggested(tx.business_date, calendar)
    most = tx.actor.limits.get(Limit.DISCOUNT_PCT, 0)
    return Simulator(
        request_id=request.id,
        number=request.number,
        client_id=client.id,
        client_name=client.name,
        business_date=tx.business_date,
        original_cents=owed.original.cents,
        late_fee_cents=owed.late_fee.cents,
        mora_cents=owed.mora.cents,
        invoices=tuple(invoice for invoice in charged_invoices(loaded, position) if invoice.open_cents),
        proposals=tuple(
            _proposal(offer, position, calendar, income=Money(client.income_cents), limit_pct=most) for offer in offers
        ),
        discount_limit_pct=most,
    )


def suggested(today: date, calendar: BusinessCalendar) -> tuple[Offer, ...]:
    """Return the offers that stand ready: at once, in three and in six, without discount (ux.md §2.15)."""
    return tuple(
        Offer(
            offered_on=today,
            valid_through=today + timedelta(days=VALIDITY_DAYS),
            terms=PlanTerms(
                principal=Money.ZERO,
                plan=Plan.FLAT,
                step=Step.MONTHLY,
                count=count,
                rate_pct=Decimal(0),
                first_due_date=calendar.effective(today + timedelta(days=_FIRST_DUE_AFTER_DAYS[count])),
            ),
        )
        for count in SUGGESTED_COUNTS
    )


def _proposal(
    offer: Offer, position: Position, calendar: BusinessCalendar, *, income: Money, limit_pct: int | None
) -> Proposal:
    owed = rules.debt(position)
    try:
        invoices = rules.offer_plan(
            owed, rules.remaining_bases(position), offer, calendar, accepted_on=offer.offered_on
        )
    except DomainError as error:
        return Proposal(offer=offer, error=error)
    promised = total(invoice.original for invoice in invoices)
    financed = rules.discounted(owed, offer).total
    return Proposal(
        offer=offer,
        discount_cents=(owed.total - financed).cents,
        down_payment_cents=offer.down_payment.cents,
        instalments=tuple(_instalment(invoice) for invoice in invoices),
        total_cents=promised.cents,
        difference_cents=promised.cents - owed.total.cents,
        last_due_date=max(invoice.due_date for invoice in invoices),
        mora_base_cents=total(invoice.mora_base for invoice in invoices).cents,
        annual_cost_pct=effective_annual_cost(
            financed, offer.offered_on, [(invoice.due_date, invoice.original) for invoice in invoices]
        ),
        income_pct=_income_pct(invoices, income),
        needs_approval=limit_pct is not None and rules.greatest_discount_pct(offer) > limit_pct,
    )


def _instalment(invoice: ContractInvoice) -> ProposedInstalment:
    return ProposedInstalment(
        number=invoice.number,
        due_date=invoice.due_date,
        amount_cents=invoice.original.cents,
        mora_base_cents=invoice.mora_base.cents,
    )


def _income_pct(invoices: Sequence[ContractInvoice], income: Money) -> Decimal | None:
    """Return the share of a month's income that the greatest month of instalments takes, in whole percent."""
    if not income:
        return None
    by_month: dict[tuple[int, int], int] = {}
    for invoice in invoices:
        if invoice.number:
            month = (invoice.due_date.year, invoice.due_date.month)
            by_month[month] = by_month.get(month, 0) + invoice.original.cents
    return (Decimal(max(by_month.values())) * 100 / income.cents).quantize(Decimal(1))


@query(Permission.RENEGOTIATIONS_VIEW)
def offers(tx: Tx, parameters: OffersOf) -> OffersPage:
    """Return a page of offers, the newest first.  Two statements."""
    wanted: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (Renegotiation.status, parameters.status),
            (Renegotiation.request_id, parameters.request_id),
            (Renegotiation.client_id, parameters.client_id),
        )
        if value is not None
    ]
    if parameters.waits_for_approval:
        wanted += [
            Renegotiation.needs_approval.is_(True),
            Renegotiation.approved_by.is_(None),
            Renegotiation.status.in_(_WAITING),
        ]
    if parameters.is_broken:
        wanted.append(Renegotiation.new_request_id.in_(select(Request.id).where(Request.overdue_since.is_not(None))))
    rows = tx.session.execute(
        _lines()
        .where(*wanted)
        .order_by(Renegotiation.number.desc())
        .limit(parameters.size)
        .offset((parameters.page - 1) * parameters.size)
    )
    count = tx.session.scalar(select(func.count()).select_from(Renegotiation).where(*wanted))
    return OffersPage(lines=tuple(_line(row) for row in rows), count=count or 0)


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Renegotiation,
            Client.name.label("client_name"),
            Request.number.label("request_number"),
            User.name.label("author"),
            _NEW.number.label("new_number"),
            _NEW.overdue_since.label("broken_since"),
        )
        .join(Client, Client.id == Renegotiation.client_id)
        .join(Request, Request.id == Renegotiation.request_id)
        .outerjoin(User, User.id == Renegotiation.drafted_by)
        .outerjoin(_NEW, _NEW.id == Renegotiation.new_request_id)
    )


def _line(row: Row[*tuple[Any, ...]]) -> OfferLine:
    offer = row.Renegotiation
    return OfferLine(
        id=offer.id,
        number=offer.number,
        client_id=offer.client_id,
        client_name=row.client_name,
        request_number=row.request_number,
        status=RenegotiationStatus(offer.status),
        debt_cents=offer.debt_original_cents + offer.debt_late_fee_cents + offer.debt_mora_cents,
        promised_cents=offer.promised_total_cents,
        down_payment_cents=offer.down_payment_cents,
        instalment_count=offer.instalment_count,
        valid_through=offer.valid_through,
        drafted_by=row.author or "",
        drafted_at=offer.drafted_at,
        waits_for_approval=offer.needs_approval and offer.approved_by is None,
        new_request_number=row.new_number,
        is_broken=row.broken_since is not None,
    )


@dataclass(frozen=True, kw_only=True)
class OfferRecord:
    """One offer with everything to decide on; amounts in centavos.

    `proposal` is what the offer makes of the debt of its date, counted again while it waits; `recounted_cents` is that
    debt as it now stands, and differs from `line.debt_cents` where something changed since: `causes`.  `invoices` are
    those that the offer is over, as of its date, of `invoice_count` of the old loan; the rates are that loan's.
    """

    line: OfferLine
    request_id: UUID
    proposal: Proposal
    original_cents: int
    late_fee_cents: int
    mora_cents: int
    recounted_cents: int
    causes: tuple[Cause, ...]
    invoices: tuple[ChargedInvoice, ...]
    invoice_count: int
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    has_expired: bool
    may_approve: bool
    approval_reason: str
    closing_reason: str
    accepted_on: date | None


@query(Permission.RENEGOTIATIONS_VIEW)
def offer_record(tx: Tx, number: int) -> OfferRecord:
    """Return the offer with this number; raise RenegotiationNotFound.  Six statements, seven for a changed debt."""
    row = tx.session.execute(_lines().where(Renegotiation.number == number)).one_or_none()
    if row is None:
        raise RenegotiationNotFound(number=number)
    stored = row.Renegotiation
    offer = offer_of(stored)
    loaded = load_contracts(tx.session, [stored.request_id])[stored.request_id]
    # Before the agreement, as the request stood on the offer's day; a closed contract answers only from its own facts.
    contract = replace(loaded.contract, closed_on=None, charges_end_on=None)
    position = replace(loaded, contract=contract).position(offer.offered_on)
    is_waiting = stored.status in _WAITING
    changed = is_waiting and loaded.has_facts_after(offer.offered_on)
    recounted = rules.debt(loaded.position(tx.business_date) if changed else position)
    limit_pct = tx.actor.limits.get(Limit.DISCOUNT_PCT, 0)
    line = _line(row)
    is_changed = recounted.total.cents != line.debt_cents
    invoices = tuple(each for each in charged_invoices(loaded, position) if each.open_cents)
    return OfferRecord(
        line=line,
        request_id=stored.request_id,
        proposal=_proposal(
            offer, position, BusinessCalendar(company_holidays(tx.session)), income=Money.ZERO, limit_pct=limit_pct
        ),
        original_cents=stored.debt_original_cents,
        late_fee_cents=stored.debt_late_fee_cents,
        mora_cents=stored.debt_mora_cents,
        recounted_cents=recounted.total.cents,
        causes=causes_since(tx, stored.request_id, stored.drafted_at) if is_changed else (),
        invoices=invoices,
        invoice_count=len(loaded.contract.invoices),
        late_fee_pct=contract.late_fee_pct,
        mora_pct_month=contract.mora_pct_month,
        has_expired=is_waiting and tx.business_date > stored.valid_through,
        may_approve=_may_approve(tx, stored, offer),
        approval_reason=stored.approval_reason,
        closing_reason=stored.closing_reason,
        accepted_on=stored.accepted_on,
    )


def _may_approve(tx: Tx, stored: Renegotiation, offer: Offer) -> bool:
    """Whether the discount waits for somebody like who asks."""
    if not stored.needs_approval or stored.approved_by is not None:
        return False
    try:
        tx.actor.require(Permission.RENEGOTIATIONS_APPROVE)
        rules.check_second_person(
            tx.actor, drafted_by=stored.drafted_by, greatest_discount_pct=rules.greatest_discount_pct(offer)
        )
    except DomainError:
        return False
    return True
