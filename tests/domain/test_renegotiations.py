from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import BusinessCalendar, Step
from domain.errors import DomainError
from domain.history import ContractInvoice, replay
from domain.instalments import Plan, PlanCountOutOfRange, PlanTerms
from domain.money import Money, total
from domain.payments import Parts
from domain.renegotiations import (
    MOVES,
    DebtBreakdown,
    Offer,
    OfferDebtChanged,
    OfferDiscountOutOfRange,
    OfferDownPaymentOutOfRange,
    OfferExpired,
    OfferFirstDueDateTooEarly,
    OfferNothingOwed,
    OfferValidityTooShort,
    RenegotiationMoveRefused,
    RenegotiationStatus,
    check_acceptance,
    check_move,
    debt,
    discounted,
    offer_plan,
    remaining_bases,
    returned_payment_invoice,
    share_mora_base,
)
from tests.build.contracts import a_contract, a_contract_invoice, a_day, a_payment_fact

BANKS = BusinessCalendar()
OLD = a_contract(
    a_contract_invoice(1, due="2026-01-12", principal=80_000, interest=20_000),
    a_contract_invoice(2, due="2026-02-12", principal=80_000, interest=20_000),
)
# On 11 February: invoice 1 owes 1,000.00 + fee 20.00 + mora 10.00, invoice 2 owes 1,000.00.
DEBT = DebtBreakdown(original=Money(200_000), late_fee=Money(2_000), mora=Money(1_000))
BASES = (Money(100_000), Money(100_000))
TERMS = PlanTerms(
    principal=Money.ZERO,
    plan=Plan.FLAT,
    step=Step.MONTHLY,
    count=2,
    rate_pct=Decimal(0),
    first_due_date=a_day("2026-03-11"),
)
OFFER = Offer(offered_on=a_day("2026-02-11"), valid_through=a_day("2026-02-13"), terms=TERMS)


def figures(invoices: tuple[ContractInvoice, ...]) -> list[tuple[int, int, int, int]]:
    return [(each.number, each.principal.cents, each.interest.cents, each.mora_base.cents) for each in invoices]


def test_the_debt_is_what_is_still_open_by_component() -> None:
    assert debt(replay(OLD, [], as_of=a_day("2026-02-11"))) == DEBT
    assert DEBT.total == Money(203_000)
    paid = replay(OLD, [a_payment_fact(1, "2026-02-11", 53_000)], as_of=a_day("2026-02-11"))
    assert debt(paid) == DebtBreakdown(original=Money(150_000), late_fee=Money.ZERO, mora=Money.ZERO)
    assert remaining_bases(paid) == (Money(50_000), Money(100_000))


def test_a_paid_invoice_carries_no_base() -> None:
    position = replay(OLD, [a_payment_fact(1, "2026-01-12", 100_000)], as_of=a_day("2026-02-11"))
    assert remaining_bases(position) == (Money(100_000),)


def test_the_base_is_shared_as_a_running_sum() -> None:
    assert share_mora_base([Money(100)], [Money(50), Money(50), Money(50)]) == (Money(33), Money(34), Money(33))


def test_the_base_never_exceeds_the_face_value_of_the_new_invoices() -> None:
    assert share_mora_base([Money(500)], [Money(100), Money(20)]) == (Money(100), Money(20))


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=12),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=24),
)
def test_the_shares_are_exact_and_none_exceeds_its_face_value(bases: list[int], faces: list[int]) -> None:
    shares = share_mora_base([Money(base) for base in bases], [Money(face) for face in faces])
    assert total(shares) == Money(min(sum(bases), sum(faces)))
    assert all(Money.ZERO <= share <= Money(face) for share, face in zip(shares, faces, strict=True))


def test_each_discount_comes_off_its_own_part() -> None:
    offer = replace(
        OFFER,
        mora_discount_pct=Decimal(50),
        late_fee_discount_pct=Decimal(100),
        original_discount_pct=Decimal("0.0025"),
    )
    assert discounted(DEBT, offer) == DebtBreakdown(original=Money(199_995), late_fee=Money.ZERO, mora=Money(500))


def test_charges_rolled_in_bear_no_mora() -> None:
    invoices = offer_plan(DEBT, BASES, OFFER, BANKS, accepted_on=a_day("2026-02-12"))
    assert figures(invoices) == [(1, 101_500, 0, 100_000), (2, 101_500, 0, 100_000)]


def test_the_down_payment_is_invoice_zero_without_interest_due_on_acceptance() -> None:
    offer = replace(OFFER, down_payment=Money(3_000), terms=replace(TERMS, rate_pct=Decimal(5)))
    invoices = offer_plan(DEBT, BASES, offer, BANKS, accepted_on=a_day("2026-02-14"))
    # Faces 30.00 + 1,100.00 + 1,100.00 share a base of 2,000.00.
    assert figures(invoices) == [(0, 3_000, 0, 2_691), (1, 100_000, 10_000, 98_654), (2, 100_000, 10_000, 98_655)]
    assert (invoices[0].due_date, invoices[0].effective_due_date) == (a_day("2026-02-14"), a_day("2026-02-18"))
    assert total(invoice.mora_base for invoice in invoices) == Money(200_000)


def test_a_chain_carries_only_what_is_unpaid_of_the_first_requests_value() -> None:
    first = offer_plan(DEBT, BASES, replace(OFFER, down_payment=Money(3_000)), BANKS, accepted_on=a_day("2026-02-11"))
    successor = a_contract(*first)
    paid = [a_payment_fact(1, "2026-02-11", 3_000)]
    position = replay(successor, paid, as_of=a_day("2026-05-11"))
    bases = remaining_bases(position)
    assert total(bases) == Money(200_000) - first[0].mora_base
    second_offer = replace(
        OFFER,
        offered_on=a_day("2026-05-11"),
        valid_through=a_day("2026-05-20"),
        terms=replace(TERMS, count=7, first_due_date=a_day("2026-06-11"), rate_pct=Decimal(3)),
    )
    second = offer_plan(debt(position), bases, second_offer, BANKS, accepted_on=a_day("2026-05-12"))
    assert total(invoice.mora_base for invoice in second) == total(bases)
    assert total(invoice.original for invoice in second) > debt(position).total


@pytest.mark.parametrize(
    ("owed", "offer", "refusal"),
    [
        (DEBT, replace(OFFER, mora_discount_pct=Decimal("100.01")), OfferDiscountOutOfRange),
        (DEBT, replace(OFFER, late_fee_discount_pct=Decimal(-1)), OfferDiscountOutOfRange),
        (DEBT, replace(OFFER, original_discount_pct=Decimal(101)), OfferDiscountOutOfRange),
        (DEBT, replace(OFFER, down_payment=Money(-1)), OfferDownPaymentOutOfRange),
        (DEBT, replace(OFFER, down_payment=Money(203_000)), OfferDownPaymentOutOfRange),
        (DEBT, replace(OFFER, valid_through=a_day("2026-02-12")), OfferValidityTooShort),
        (DEBT, replace(OFFER, terms=replace(TERMS, first_due_date=a_day("2026-02-10"))), OfferFirstDueDateTooEarly),
        (DEBT, replace(OFFER, terms=replace(TERMS, count=0)), PlanCountOutOfRange),
        (DebtBreakdown(original=Money(0), late_fee=Money(0), mora=Money(0)), OFFER, OfferNothingOwed),
    ],
)
def test_an_impossible_offer_is_refused(owed: DebtBreakdown, offer: Offer, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        offer_plan(owed, BASES, offer, BANKS, accepted_on=a_day("2026-02-12"))


def test_an_offer_stands_within_its_validity() -> None:
    check_acceptance(OFFER, accepted_on=a_day("2026-02-13"), offered=DEBT, recounted=DEBT)
    with pytest.raises(OfferExpired):
        check_acceptance(OFFER, accepted_on=a_day("2026-02-14"), offered=DEBT, recounted=DEBT)


def test_a_payment_since_the_offer_is_noticed() -> None:
    recounted = debt(replay(OLD, [a_payment_fact(1, "2026-02-11", 1)], as_of=OFFER.offered_on))
    with pytest.raises(OfferDebtChanged):
        check_acceptance(OFFER, accepted_on=a_day("2026-02-12"), offered=DEBT, recounted=recounted)


def test_a_payment_that_failed_comes_back_as_an_invoice_whose_charges_bear_no_mora() -> None:
    settled = [
        Parts(Money(1_000), Money(2_000), Money(20_000), Money(80_000)),
        Parts(interest=Money(500)),
    ]
    invoice = returned_payment_invoice(settled, number=3, failed_on=a_day("2026-02-14"), calendar=BANKS)
    assert figures((invoice,)) == [(3, 83_000, 20_500, 100_500)]
    assert (invoice.due_date, invoice.effective_due_date) == (a_day("2026-02-14"), a_day("2026-02-18"))


def test_the_moves_of_an_offer_are_exactly_these() -> None:
    moves = {f"{current}>{target}" for current, targets in MOVES.items() for target in targets}
    assert moves == {
        "DRAFT>PROPOSED",
        "DRAFT>REJECTED",
        "DRAFT>EXPIRED",
        "PROPOSED>ACCEPTED",
        "PROPOSED>REJECTED",
        "PROPOSED>EXPIRED",
    }
    check_move(RenegotiationStatus.PROPOSED, RenegotiationStatus.ACCEPTED)
    with pytest.raises(RenegotiationMoveRefused):
        check_move(RenegotiationStatus.ACCEPTED, RenegotiationStatus.EXPIRED)
