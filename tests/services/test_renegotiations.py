"""Renegotiation: drafted within limits, accepted once, chains on the original value; refused with nothing changed."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from domain.calendar import Step
from domain.errors import DomainError
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from domain.renegotiations import (
    DiscountAboveLimit,
    DownPaymentMissing,
    Offer,
    OfferDebtChanged,
    OfferExpired,
    OfferNotApproved,
    OfferNotOfToday,
    OwnOffer,
    RenegotiationMoveRefused,
    RenegotiationNotFound,
)
from domain.requests import RequestMoved
from loanapp.queries import statements, verification
from loanapp.services import renegotiations
from loanapp.services.renegotiations import AcceptOffer, DecideOffer, DraftOffer, OfferReceipt
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles

pytestmark = pytest.mark.usefixtures("database")

# One invoice of 1.000,00 due 10 February (Tuesday); on 12 March it is 30 days late: fee 20,00, mora 10,00.
OFFERED = "2026-03-12"


def an_offer(*, on: str = OFFERED, valid_through: str = "2026-03-20", down: int = 0, **changes: object) -> Offer:
    terms = PlanTerms(
        principal=Money.ZERO,
        plan=Plan.FLAT,
        step=Step.MONTHLY,
        count=2,
        rate_pct=Decimal(0),
        first_due_date=a_day("2026-04-13"),
    )
    return Offer(
        offered_on=a_day(on), valid_through=a_day(valid_through), terms=terms, down_payment=Money(down), **changes
    )


def an_overdue_loan(book: Book) -> RequestReceipt:
    loan = book.a_loan(principal="1.000,00")
    run_cycles(OFFERED)
    return loan


def drafted(actor: Actor, loan: RequestReceipt, offer: Offer | None = None, *, on: str = OFFERED) -> OfferReceipt:
    order = DraftOffer(renegotiation_id=an_id(), request_id=loan.request_id, offer=offer or an_offer())
    return renegotiations.draft_offer(actor, at(on), order)


def accepted(actor: Actor, draft: OfferReceipt, *, on: str = OFFERED, **changes: object) -> OfferReceipt:
    order = AcceptOffer(**{"renegotiation_id": draft.renegotiation_id, "new_request_id": an_id(), **changes})
    return renegotiations.accept(actor, at(on), order)


def verified() -> list[verification.Difference]:
    return verification.verify(SYSTEM, lambda: at("2026-06-30"), lambda _: None)[0]


def test_an_agreement_closes_the_old_request_and_begins_the_new_one_on_the_original_base() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)

    agreed = accepted(book.manager, drafted(book.manager, loan), on="2026-03-16")

    assert rows(
        "SELECT number, status, renegotiated_on, charges_end_on, total_value_open FROM requests ORDER BY number"
    ) == [
        (loan.number, "RENEGOTIATED", a_day("2026-03-16"), a_day(OFFERED), 0),
        (agreed.new_request_number, "ACTIVE", None, None, 103000),
    ]
    assert rows(
        "SELECT i.number, i.status, i.original_cents, i.mora_base_cents, i.late_fee_cents, i.mora_cents, i.open_cents"
        " FROM invoices i JOIN requests r ON r.id = i.request_id ORDER BY r.number, i.number"
    ) == [
        # Four days of validity passed, and added nothing to the mora of the offer's date.
        (1, "RENEGOTIATED", 100000, 100000, 2000, 1000, 0),
        (1, "OPEN", 51500, 50000, 0, 0, 51500),
        (2, "OPEN", 51500, 50000, 0, 0, 51500),
    ]  # fmt: skip
    assert verified() == []


def test_the_new_invoices_bear_mora_on_the_original_value_and_a_late_fee_on_their_face_value() -> None:
    book = Book.opened()
    agreed = accepted(book.manager, drafted(book.manager, an_overdue_loan(book)))

    run_cycles("2026-05-13")

    # 30 days late: fee 2 % of 515,00, mora 1 % of 500,00.
    assert rows(
        "SELECT late_fee_cents, mora_cents FROM invoices WHERE number = 1 AND request_id = :id",
        id=agreed.new_request_id,
    ) == [(1030, 500)]
    assert verified() == []


def test_a_chain_never_grows_the_base_and_breakeven_is_one_figure_on_the_newest() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    book.pay(loan, "530,00", on=OFFERED)
    first = accepted(book.manager, drafted(book.manager, loan))
    assert first.new_request_id is not None
    run_cycles("2026-05-13")
    middle = RequestReceipt(first.new_request_id, first.new_request_number or 0, None)
    offer = an_offer(on="2026-05-13", valid_through="2026-05-20")
    offer = replace(offer, terms=replace(offer.terms, first_due_date=a_day("2026-06-15")))
    second = accepted(book.manager, drafted(book.manager, middle, offer, on="2026-05-13"), on="2026-05-13")

    bases = rows(
        "SELECT r.number, sum(i.mora_base_cents) FROM invoices i JOIN requests r ON r.id = i.request_id"
        " GROUP BY r.number ORDER BY r.number"
    )
    assert bases == [(loan.number, 100000), (middle.number, 50000), (second.new_request_number, 50000)]
    assert rows("SELECT total_value_to_breakeven FROM requests ORDER BY number") == [(0,), (0,), (47000,)]
    assert rows("SELECT count(DISTINCT root_id) FROM requests") == [(1,)]
    assert verified() == []


def test_the_down_payment_is_invoice_zero_paid_with_the_agreement() -> None:
    book = Book.opened()
    draft = drafted(book.manager, an_overdue_loan(book), an_offer(down=30_000))

    agreed = accepted(book.manager, draft, down_payment_id=an_id(), down_payment_method=PaymentMethod.PIX)

    assert rows(
        "SELECT number, status, original_cents, interest_cents, mora_base_cents, paid_cents FROM invoices"
        " WHERE request_id = :id ORDER BY number", id=agreed.new_request_id,
    ) == [
        (0, "PAID", 30000, 0, 29126, 30000),
        (1, "OPEN", 36500, 0, 35437, 0),
        (2, "OPEN", 36500, 0, 35437, 0),
    ]  # fmt: skip
    assert rows("SELECT total_value_paid, total_value_to_breakeven FROM requests WHERE status = 'ACTIVE'") == [
        (30000, 70000)
    ]
    assert verified() == []


def test_an_agreement_with_a_down_payment_without_the_payment_is_refused_and_nothing_changed() -> None:
    book = Book.opened()
    draft = drafted(book.manager, an_overdue_loan(book), an_offer(down=30_000))
    before = everything()

    with pytest.raises(DownPaymentMissing):
        accepted(book.manager, draft)

    assert everything() == before


@pytest.mark.parametrize(
    ("received", "on"), [(OFFERED, "2026-03-16"), ("2026-03-14", "2026-03-16")], ids=["backdated", "after the offer"]
)
def test_a_payment_since_the_offer_makes_it_stale_and_nothing_changed(received: str, on: str) -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    draft = drafted(book.manager, loan)
    book.pay(loan, "100,00", on=on, received=received)
    before = everything()

    with pytest.raises(OfferDebtChanged):
        accepted(book.manager, draft, on=on)

    assert everything() == before


def test_an_offer_past_its_validity_is_refused_and_expires_by_the_systems_hand() -> None:
    book = Book.opened()
    draft = drafted(book.manager, an_overdue_loan(book))
    before = everything()

    with pytest.raises(OfferExpired):
        accepted(book.manager, draft, on="2026-03-21")

    assert everything() == before
    assert renegotiations.expire_next(SYSTEM, at("2026-03-20"), None) is None
    assert renegotiations.expire_next(SYSTEM, at("2026-03-21"), None) == draft.renegotiation_id
    assert renegotiations.expire_next(SYSTEM, at("2026-03-21"), None) is None
    assert rows("SELECT status FROM renegotiations") == [("EXPIRED",)]


def test_the_second_of_two_offers_finds_the_request_renegotiated_and_is_expired() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    first, second = drafted(book.manager, loan), drafted(book.approver, loan)
    accepted(book.manager, first)
    before = everything()

    with pytest.raises(RequestMoved):
        accepted(book.approver, second)

    assert everything() == before
    assert rows("SELECT status FROM renegotiations ORDER BY number") == [("ACCEPTED",), ("EXPIRED",)]


def test_accepting_again_with_the_same_ids_is_the_same_agreement() -> None:
    book = Book.opened()
    draft = drafted(book.manager, an_overdue_loan(book))
    new_id = an_id()
    first = accepted(book.manager, draft, new_request_id=new_id)
    before = everything()

    assert accepted(book.manager, draft, new_request_id=new_id) == first
    assert everything() == before


def test_a_discount_beyond_the_limit_waits_for_a_second_person_with_a_greater_one() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    analyst, admin = a_person(Role.RENEGOTIATION_ANALYST, "Rita"), a_person(Role.SUPER_ADMIN, "Ada")
    draft = drafted(analyst, loan, an_offer(mora_discount_pct=Decimal(50)))
    assert draft.needs_approval
    order = DecideOffer(renegotiation_id=draft.renegotiation_id, reason="Quita tudo em duas vezes")
    before = everything()

    with pytest.raises(OfferNotApproved):
        accepted(analyst, draft)
    with pytest.raises(PermissionMissing):
        renegotiations.approve_discount(analyst, at(OFFERED), order)
    with pytest.raises(DiscountAboveLimit):
        renegotiations.approve_discount(book.manager, at(OFFERED), order)

    assert everything() == before
    assert not renegotiations.approve_discount(admin, at(OFFERED), order).needs_approval
    accepted(analyst, draft)
    assert rows(
        "SELECT sum(original_cents) FROM invoices i JOIN requests r ON r.id = request_id AND parent_id IS NOT NULL"
    ) == [(102500,)]


def test_who_drafted_a_discount_does_not_approve_it() -> None:
    book = Book.opened()
    draft = drafted(book.manager, an_overdue_loan(book), an_offer(mora_discount_pct=Decimal(50)))
    before = everything()

    with pytest.raises(OwnOffer):
        renegotiations.approve_discount(
            book.manager, at(OFFERED), DecideOffer(renegotiation_id=draft.renegotiation_id, reason="Eu mesma")
        )

    assert everything() == before


@pytest.mark.parametrize("move", ["propose", "reject"])
def test_an_offer_that_was_refused_moves_no_more(move: str) -> None:
    book = Book.opened()
    draft = drafted(book.manager, an_overdue_loan(book))
    order = DecideOffer(renegotiation_id=draft.renegotiation_id, reason="Prefere esperar")
    renegotiations.reject(book.manager, at(OFFERED), order)
    before = everything()

    with pytest.raises(RenegotiationMoveRefused):
        getattr(renegotiations, move)(book.manager, at(OFFERED), order)

    assert everything() == before


def test_an_offer_of_another_days_debt_is_refused() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    before = everything()

    with pytest.raises(OfferNotOfToday):
        drafted(book.manager, loan, an_offer(on="2026-03-11"))

    assert everything() == before


@pytest.mark.parametrize("status", ["OPEN", "PAID"])
def test_only_an_active_or_lost_request_is_renegotiated(status: str) -> None:
    book = Book.opened()
    loan = book.a_request() if status == "OPEN" else book.a_loan()
    if status == "PAID":
        book.pay(loan, "1.000,00", on="2026-02-01")
    before = everything()

    with pytest.raises(DomainError):
        drafted(book.manager, loan)

    assert everything() == before


def test_the_statement_of_a_past_day_shows_what_stood_before_the_agreement() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    agreed = accepted(book.manager, drafted(book.manager, loan), on="2026-03-16")

    def stated(number: int, day: str) -> tuple[object, ...]:
        order = statements.StatementsOf(numbers=(number,), as_of=a_day(day))
        found = statements.statements(book.manager, at("2026-06-30"), order)[0]
        names = ("status", "renegotiated_on", "total_open_cents", "total_value_to_breakeven_cents")
        return tuple(found[name] for name in names)

    assert stated(loan.number, "2026-03-15") == ("ACTIVE", None, 103100, 100000)
    assert stated(loan.number, "2026-03-16") == ("RENEGOTIATED", "2026-03-16", 0, 0)
    assert stated(agreed.new_request_number or 0, "2026-03-16") == ("ACTIVE", None, 103000, 100000)


def test_an_unknown_offer_is_refused() -> None:
    book = Book.opened()

    with pytest.raises(RenegotiationNotFound):
        renegotiations.propose(book.manager, at(OFFERED), DecideOffer(renegotiation_id=UUID(int=1)))
