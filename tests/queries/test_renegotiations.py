"""The simulator works out what the use case would make, side by side; the list says where each offer stands."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from domain.money import Money
from domain.permissions import Role
from domain.renegotiations import RenegotiationStatus
from domain.requests import RequestMoved, RequestNotFound
from loanapp.queries.renegotiations import Offer, OffersOf, Simulator, SimulatorOf, offers, simulator
from tests.build.book import Book, a_day, a_person, at, run_cycles
from tests.build.counting import counted
from tests.services.test_renegotiations import OFFERED, accepted, an_offer, an_overdue_loan, drafted

pytestmark = pytest.mark.usefixtures("database")


def simulated(book: Book, number: int, *wanted: Offer, on: str = OFFERED) -> Simulator:
    return simulator(book.manager, at(on), SimulatorOf(number=number, offers=wanted))


def test_three_proposals_stand_ready_over_the_whole_debt() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)

    shown = simulated(book, loan.number)

    assert (shown.original_cents, shown.late_fee_cents, shown.mora_cents, shown.debt_cents) == (
        100000, 2000, 1000, 103000,
    )  # fmt: skip
    assert [(len(each.instalments), each.total_cents, each.difference_cents) for each in shown.proposals] == [
        (1, 103000, 0), (3, 103000, 0), (6, 103000, 0),
    ]  # fmt: skip
    assert {each.mora_base_cents for each in shown.proposals} == {100000}
    assert [each.last_due_date for each in shown.proposals] == [
        a_day("2026-03-17"), a_day("2026-06-13"), a_day("2026-09-13"),
    ]  # fmt: skip


def test_a_proposal_shows_discount_down_payment_interest_and_share_of_income() -> None:
    book = Book.opened()
    client_id = book.a_client(income=Money(200_000))
    loan = book.a_loan(client_id, principal="1.000,00")
    run_cycles(OFFERED)
    offer = an_offer(down=13_000, mora_discount_pct=Decimal(50))
    offer = replace(offer, terms=replace(offer.terms, rate_pct=Decimal(2)))

    (shown,) = simulated(book, loan.number, offer).proposals

    # 1.030,00 less 5,00 of mora less 130,00 paid down: 895,00 over two months at 2 % simple is 930,80.
    assert (shown.discount_cents, shown.down_payment_cents, shown.total_cents) == (500, 13000, 106080)
    assert [each.amount_cents for each in shown.instalments] == [13000, 46540, 46540]
    assert shown.difference_cents == 3080
    assert shown.income_pct == Decimal(23)
    assert shown.needs_approval


def test_an_impossible_proposal_says_why_and_the_others_stand() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)

    wrong, right = simulated(book, loan.number, an_offer(down=103_000), an_offer()).proposals

    assert wrong.error is not None
    assert wrong.error.code == "renegotiation.down_payment_out_of_range"
    assert right.error is None


def test_what_cannot_be_renegotiated_is_told() -> None:
    book = Book.opened()
    loan = book.a_loan()
    book.pay(loan, "1.000,00", on="2026-02-01")

    with pytest.raises(RequestMoved):
        simulated(book, loan.number)
    with pytest.raises(RequestNotFound):
        simulated(book, 999)


def test_the_simulator_takes_six_statements(database: Engine) -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)

    with counted(database) as statements:
        simulated(book, loan.number)

    assert len(statements) == 6


def test_the_list_says_where_each_offer_stands_the_newest_first() -> None:
    book = Book.opened()
    analyst = a_person(Role.RENEGOTIATION_ANALYST, "Rita")
    loan = an_overdue_loan(book)
    first = drafted(analyst, loan, an_offer(mora_discount_pct=Decimal(50)))
    second = drafted(book.manager, loan)
    agreed = accepted(book.manager, second)

    page = offers(book.manager, at(OFFERED), OffersOf())

    assert [(line.number, line.status, line.waits_for_approval, line.new_request_number) for line in page.lines] == [
        (second.number, RenegotiationStatus.ACCEPTED, False, agreed.new_request_number),
        (first.number, RenegotiationStatus.EXPIRED, True, None),
    ]
    assert (page.count, page.lines[0].drafted_by, page.lines[0].debt_cents) == (2, "Ana Souza", 103000)
    assert [
        line.number for line in offers(analyst, at(OFFERED), OffersOf(status=RenegotiationStatus.EXPIRED)).lines
    ] == [first.number]
    assert not page.lines[0].is_broken
    run_cycles("2026-05-13")
    assert offers(book.manager, at("2026-05-13"), OffersOf()).lines[0].is_broken
