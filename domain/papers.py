"""Papers about a loan: which there are, when each may be written, and the rates that the law wants on them.

CDC 52 and 54-B say what stands on a contract, CC 319 and 320 what a quittance is (brazil.md §5).
"""

from decimal import Decimal, localcontext
from enum import StrEnum

from domain.errors import Conflict
from domain.money import round_half_up
from domain.renegotiations import RenegotiationStatus
from domain.requests import DISBURSED, RequestStatus

# Terms once shown stand for at least two days (CDC 54-B III).
OFFER_VALIDITY_DAYS = 2
_MONTHS_A_YEAR = 12
_DIGITS = 40


class PaperKind(StrEnum):
    """What a paper is."""

    CONTRACT = "CONTRACT"
    AGREEMENT = "AGREEMENT"
    CARNET = "CARNET"
    STATEMENT = "STATEMENT"
    QUITTANCE = "QUITTANCE"


class ContractNotYet(Conflict):
    """The late charges are fixed at approval: before it, and of what was declined, there is no contract."""

    code = "paper.contract_not_yet"


class MoneyNotLent(Conflict):
    """No money has left, so there is nothing to account for."""

    code = "paper.not_lent"


class NothingToPay(Conflict):
    """Nothing is open, or the request takes no payment any more: there is no carnê."""

    code = "paper.nothing_to_pay"


class NotPaid(Conflict):
    """A quittance is given for a request that is paid."""

    code = "paper.not_paid"


class OfferClosed(Conflict):
    """The offer was rejected or has expired: there is no agreement to sign."""

    code = "paper.offer_closed"


def check_contract(status: str) -> None:
    """Raise ContractNotYet unless the request was approved."""
    if RequestStatus(status) not in DISBURSED | {RequestStatus.APPROVED}:
        raise ContractNotYet(status=status)


def check_statement(status: str) -> None:
    """Raise MoneyNotLent unless the money of the request was lent."""
    if RequestStatus(status) not in DISBURSED:
        raise MoneyNotLent(status=status)


def check_carnet(status: str, *, open_cents: int) -> None:
    """Raise NothingToPay unless the request still takes payments, and something of it is open."""
    if RequestStatus(status) not in (RequestStatus.ACTIVE, RequestStatus.LOST) or not open_cents:
        raise NothingToPay(status=status)


def check_quittance(status: str) -> None:
    """Raise NotPaid unless the request is paid."""
    if RequestStatus(status) is not RequestStatus.PAID:
        raise NotPaid(status=status)


def check_agreement(status: str) -> None:
    """Raise OfferClosed for an offer that came to nothing."""
    if RenegotiationStatus(status) in (RenegotiationStatus.REJECTED, RenegotiationStatus.EXPIRED):
        raise OfferClosed(status=status)


def monthly_cost_pct(annual_cost_pct: Decimal) -> Decimal:
    """Return the monthly rate that compounds to an annual one, in percent, two decimals, half up.

    >>> monthly_cost_pct(Decimal("44.55")), monthly_cost_pct(Decimal(0))
    (Decimal('3.12'), Decimal('0.00'))
    """
    with localcontext() as context:
        context.prec = _DIGITS
        growth = (1 + annual_cost_pct / 100) ** (Decimal(1) / _MONTHS_A_YEAR)
        return Decimal(round_half_up((growth - 1) * 10_000)).scaleb(-2)
