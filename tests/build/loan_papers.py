"""A loan with a guarantor, an offer over it and the agreement of it, for the papers that tell of them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from domain.calendar import Step
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM
from domain.renegotiations import Offer
from loanapp.queries.agreement_paper import AgreementPaper, agreement_paper
from loanapp.services import company, renegotiations
from loanapp.services.renegotiations import AcceptOffer, DecideOffer, DraftOffer
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, an_id, at
from tests.build.guarantors import JOSE

OFFERED = "2026-03-12"


def a_pix_key() -> None:
    """Give the company a Pix key."""
    order = company.ChangePix(pix_key="financeira@teste.com.br", pix_city="São Paulo")
    company.change_pix(SYSTEM, at("2026-01-01"), order)


def an_address() -> dict[str, Any]:
    """Return where Maria lives."""
    return {
        "street": "Rua das Laranjeiras", "street_number": "45", "district": "Centro", "city": "Santos",
        "zip_code": "11010-100",
    }  # fmt: skip


def a_guaranteed_loan(book: Book, **terms: object) -> RequestReceipt:
    """Lend 1.000,00 at 3 % simple in three months on 10 January 2026, José answering for it."""
    client_id = book.a_client(**an_address())
    wanted = {"rate_pct": "3", "count": 3, "first_due": "2026-02-10", "guarantor": JOSE, **terms}
    return book.a_loan(client_id, **wanted)


def an_offer(**changes: Any) -> Offer:
    """Offer 100,00 down and two instalments at 2 %, with 10 % off the mora."""
    terms = PlanTerms(
        principal=Money.ZERO, plan=Plan.FLAT, step=Step.MONTHLY, count=2, rate_pct=Decimal(2),
        first_due_date=a_day("2026-04-13"),
    )  # fmt: skip
    offer = Offer(
        offered_on=a_day(OFFERED),
        valid_through=a_day("2026-03-20"),
        terms=terms,
        down_payment=Money(10_000),
        mora_discount_pct=Decimal(10),
    )
    return replace(offer, **changes)


def drafted(book: Book, loan: RequestReceipt, offer: Offer | None = None) -> Any:
    """Draft an offer over a loan, the one of `an_offer` unless told."""
    order = DraftOffer(renegotiation_id=an_id(), request_id=loan.request_id, offer=offer or an_offer())
    return renegotiations.draft_offer(book.manager, at(OFFERED), order)


def accepted(book: Book, draft: Any) -> Any:
    """Propose a draft, and accept it four days later with its down payment."""
    renegotiations.propose(book.manager, at(OFFERED), DecideOffer(renegotiation_id=draft.renegotiation_id))
    order = AcceptOffer(
        renegotiation_id=draft.renegotiation_id,
        new_request_id=an_id(),
        down_payment_id=an_id(),
        down_payment_method=PaymentMethod.PIX,
    )
    return renegotiations.accept(book.manager, at("2026-03-16"), order)


def agreement(book: Book, draft: Any, on: str = OFFERED) -> AgreementPaper:
    """Read what the paper of an offer says on a day."""
    return agreement_paper(book.manager, at(on), draft.renegotiation_id)
