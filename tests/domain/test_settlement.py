import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.history import Component, replay
from domain.money import Money
from domain.settlement import SettledInvoice, Settlement, SettlementInvoiceNotOpen, quote_settlement, unearned_interest
from tests.build.contracts import a_contract, a_contract_invoice, a_day, a_payment_fact, an_adjustment_fact

DISBURSED_ON = a_day("2026-01-02")
CONTRACT = a_contract(
    a_contract_invoice(1, due="2026-02-02", principal=30_000, interest=3_100),
    a_contract_invoice(2, due="2026-03-02", principal=30_000, interest=2_800),
    a_contract_invoice(3, due="2026-04-02", principal=30_000, interest=3_100),
)


@pytest.mark.parametrize(
    ("received", "unearned"),
    [("2026-01-02", 3_100), ("2026-01-12", 2_100), ("2026-02-01", 100), ("2026-02-02", 0), ("2026-03-01", 0)],
)
def test_interest_is_earned_evenly_over_its_own_period(received: str, unearned: int) -> None:
    assert unearned_interest(
        Money(3_100), period_start=DISBURSED_ON, due_date=a_day("2026-02-02"), received_on=a_day(received)
    ) == Money(unearned)


def test_before_its_period_the_whole_interest_is_unearned() -> None:
    assert unearned_interest(
        Money(2_800), period_start=a_day("2026-02-02"), due_date=a_day("2026-03-02"), received_on=a_day("2026-01-12")
    ) == Money(2_800)


def test_a_period_of_no_days_is_never_unearned() -> None:
    day = a_day("2026-02-02")
    assert unearned_interest(Money(100), period_start=day, due_date=day, received_on=a_day("2026-01-12")) == Money.ZERO


@given(st.integers(0, 10**7), st.integers(1, 400), st.integers(-50, 450))
def test_what_is_unearned_never_exceeds_the_interest(cents: int, period_days: int, day: int) -> None:
    start = a_day("2026-01-02")
    due, received = (start.fromordinal(start.toordinal() + offset) for offset in (period_days, day))
    unearned = unearned_interest(Money(cents), period_start=start, due_date=due, received_on=received)
    assert Money.ZERO <= unearned <= Money(cents)


def test_a_whole_contract_is_settled_with_the_interest_that_has_run() -> None:
    position = replay(CONTRACT, [], as_of=a_day("2026-02-16"))
    # Invoice 1 is overdue by 14 days: fee 6.62, mora 331.00 x 1 % / 30 x 14 = 1.54; 14 of 28 days of invoice 2 ran.
    assert quote_settlement(CONTRACT, position, disbursed_on=DISBURSED_ON) == Settlement(
        invoices=(
            SettledInvoice(number=1, discount=Money.ZERO, to_pay=Money(33_916)),
            SettledInvoice(number=2, discount=Money(1_400), to_pay=Money(31_400)),
            SettledInvoice(number=3, discount=Money(3_100), to_pay=Money(30_000)),
        ),
        discount=Money(4_500),
        to_pay=Money(95_316),
    )


def test_chosen_whole_invoices_may_be_settled_alone() -> None:
    position = replay(CONTRACT, [], as_of=a_day("2026-01-12"))
    settlement = quote_settlement(CONTRACT, position, disbursed_on=DISBURSED_ON, chosen=[3])
    assert settlement.invoices == (SettledInvoice(number=3, discount=Money(3_100), to_pay=Money(30_000)),)


def test_what_comes_off_is_at_most_the_interest_still_open() -> None:
    contract = a_contract(a_contract_invoice(1, due="2026-02-02", principal=30_000, interest=3_100))
    position = replay(contract, [a_payment_fact(1, "2026-01-05", 3_000)], as_of=a_day("2026-01-12"))
    settlement = quote_settlement(contract, position, disbursed_on=DISBURSED_ON)
    assert (settlement.discount, settlement.to_pay) == (Money(100), Money(30_000))


@pytest.mark.parametrize("chosen", [[4], [1, 9], []])
def test_only_open_invoices_can_be_settled(chosen: list[int]) -> None:
    position = replay(CONTRACT, [], as_of=a_day("2026-01-12"))
    with pytest.raises(SettlementInvoiceNotOpen):
        quote_settlement(CONTRACT, position, disbursed_on=DISBURSED_ON, chosen=chosen)


def test_the_quote_paid_with_its_discounts_settles_the_contract_and_its_reversal_takes_both_back() -> None:
    day = "2026-02-16"
    before = replay(CONTRACT, [], as_of=a_day(day))
    settlement = quote_settlement(CONTRACT, before, disbursed_on=DISBURSED_ON)
    payment = a_payment_fact(9, day, settlement.to_pay.cents)
    discounts = [
        an_adjustment_fact(
            9, day, Component.INTEREST, line.discount.cents, invoice_number=line.number, payment_id=payment.payment_id
        )
        for line in settlement.invoices
        if line.discount
    ]
    after = replay(CONTRACT, [payment], discounts, as_of=a_day(day))
    assert (after.is_paid, after.credit, after.total_paid) == (True, Money.ZERO, settlement.to_pay)
    reversed_payment = a_payment_fact(9, day, settlement.to_pay.cents, reversed_on=day)
    assert replay(CONTRACT, [reversed_payment], discounts, as_of=a_day(day)) == before


def test_chosen_invoices_are_settled_by_a_payment_that_names_them() -> None:
    day = "2026-01-12"
    payment = a_payment_fact(1, day, 30_000, chosen=frozenset({3}))
    discount = an_adjustment_fact(1, day, Component.INTEREST, 3_100, invoice_number=3, payment_id=payment.payment_id)
    position = replay(CONTRACT, [payment], [discount], as_of=a_day(day))
    assert [invoice.open.total for invoice in position.invoices] == [Money(33_100), Money(32_800), Money.ZERO]
