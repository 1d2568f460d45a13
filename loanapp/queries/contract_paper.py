"""What a contract says (CDC 52, 54-B): the terms as the money left, or as it would leave today."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar import BusinessCalendar
from domain.instalments import effective_annual_cost
from domain.money import Money
from domain.papers import OFFER_VALIDITY_DAYS, check_contract, monthly_cost_pct
from domain.permissions import Permission
from domain.requests import FirstDueBeforeDisbursement
from loanapp.models.contracts import company_holidays, load_contracts
from loanapp.models.requests import Request
from loanapp.queries._parties import Parties, find, parties
from loanapp.queries._query import Tx, query
from loanapp.queries.requests import SimulatedInstalment, simulated, terms_of


@dataclass(frozen=True, kw_only=True)
class ContractPaper:
    """A contract: amounts in centavos, `rate_pct` per period of the plan, the costs in percent.

    `released_on` is None while the money has not left; then the terms stand until `valid_through`.
    """

    parties: Parties
    principal_cents: int
    total_cents: int
    plan: str
    step: str
    rate_pct: Decimal
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    annual_cost_pct: Decimal
    monthly_cost_pct: Decimal
    released_on: date | None
    released_by: str
    valid_through: date
    instalments: tuple[SimulatedInstalment, ...]


@query(Permission.PAPERS_ISSUE)
def contract_paper(tx: Tx, number: int) -> ContractPaper:
    """Return what the contract of a loan says.

    Raise RequestNotFound, ContractNotYet, or FirstDueBeforeDisbursement where its first date passed before the money.
    """
    request, client = find(tx, number)
    check_contract(request.status)
    assert request.late_fee_pct is not None
    assert request.mora_pct_month is not None
    released_on = request.disbursed_on
    instalments = _planned(tx, request) if released_on is None else _lent(tx, request, released_on)
    flows = [(each.due_date, Money(each.original_cents)) for each in instalments]
    cost_pct = effective_annual_cost(Money(request.principal_cents), released_on or tx.business_date, flows)
    return ContractPaper(
        parties=parties(tx, request, client),
        principal_cents=request.principal_cents,
        total_cents=sum(each.original_cents for each in instalments),
        plan=request.plan,
        step=request.step,
        rate_pct=request.rate_pct,
        late_fee_pct=request.late_fee_pct,
        mora_pct_month=request.mora_pct_month,
        annual_cost_pct=cost_pct,
        monthly_cost_pct=monthly_cost_pct(cost_pct),
        released_on=released_on,
        released_by=request.disbursement_method or "",
        valid_through=tx.business_date + timedelta(days=OFFER_VALIDITY_DAYS),
        instalments=instalments,
    )


def _planned(tx: Tx, request: Request) -> tuple[SimulatedInstalment, ...]:
    if request.first_due_date <= tx.business_date:
        raise FirstDueBeforeDisbursement(first_due_date=request.first_due_date)
    return simulated(terms_of(request), tx.business_date, BusinessCalendar(company_holidays(tx.session))).instalments


def _lent(tx: Tx, request: Request, released_on: date) -> tuple[SimulatedInstalment, ...]:
    """Return the instalments that were signed: the dates of the day on which the money left, and no later invoice."""
    contract = load_contracts(tx.session, [request.id])[request.id].contract_as_of(released_on)
    return tuple(
        SimulatedInstalment(
            number=invoice.number,
            due_date=invoice.due_date,
            effective_due_date=invoice.effective_due_date,
            principal_cents=invoice.principal.cents,
            interest_cents=invoice.interest.cents,
            original_cents=invoice.original.cents,
        )
        for invoice in contract.invoices
        if invoice.added_on is None
    )
