from dataclasses import replace as changed
from uuid import UUID

import pytest

from domain.due_dates import DueDateChange, contract_as_of
from domain.history import Component, CreditUse, MoraSegment, replay
from domain.invoices import MOVES, InvoiceMoveRefused, InvoiceStatus, check_move, status_from_facts
from domain.money import Money
from domain.payments import Parts
from tests.build.contracts import a_contract, a_contract_invoice, a_day, a_payment_fact, an_adjustment_fact

DUE = a_contract_invoice(due="2026-01-12", principal=80_000, interest=20_000)
TWO = (DUE, a_contract_invoice(2, due="2026-02-12", principal=80_000, interest=20_000))


def parts(mora: int = 0, late_fee: int = 0, interest: int = 0, principal: int = 0) -> Parts:
    return Parts(Money(mora), Money(late_fee), Money(interest), Money(principal))


def test_nothing_is_charged_up_to_the_effective_due_date() -> None:
    invoice = a_contract_invoice(due="2026-02-14", effective="2026-02-18")
    result = replay(a_contract(invoice), [], as_of=a_day("2026-02-18")).invoices[0]
    assert (result.status, result.late_fee, result.mora, result.days_overdue) == (
        InvoiceStatus.OPEN,
        Money.ZERO,
        Money.ZERO,
        0,
    )


def test_an_overdue_invoice_has_its_late_fee_once_and_mora_by_the_day() -> None:
    position = replay(a_contract(DUE), [], as_of=a_day("2026-01-29"))
    result = position.invoices[0]
    assert (result.status, result.late_fee, result.mora, result.days_overdue) == (
        InvoiceStatus.UNPAID,
        Money(2_000),
        Money(567),
        17,
    )
    assert (result.mora_frozen, result.mora_remaining_base, result.mora_since, result.late_fee_base) == (
        Money.ZERO,
        Money(100_000),
        a_day("2026-01-12"),
        Money(100_000),
    )
    assert position.total_open == position.total_overdue == Money(102_567)


def test_the_late_fee_can_be_ahead_of_the_mora_between_the_two_cycles() -> None:
    result = replay(a_contract(DUE), [], as_of=a_day("2026-01-13"), mora_as_of=a_day("2026-01-12")).invoices[0]
    assert (result.late_fee, result.mora) == (Money(2_000), Money.ZERO)


def test_an_earlier_end_of_mora_never_lies_before_the_last_fact() -> None:
    payment = a_payment_fact(1, "2026-01-29", 567)
    result = replay(a_contract(DUE), [payment], as_of=a_day("2026-01-29"), mora_as_of=a_day("2026-01-28")).invoices[0]
    assert (result.mora, result.open) == (Money(567), parts(late_fee=2_000, interest=20_000, principal=80_000))


def test_paid_on_the_effective_due_date_bears_no_charge() -> None:
    position = replay(a_contract(DUE), [a_payment_fact(1, "2026-01-12", 100_000)], as_of=a_day("2026-06-01"))
    result = position.invoices[0]
    assert (result.status, result.paid_on, result.late_fee, result.mora) == (
        InvoiceStatus.PAID,
        a_day("2026-01-12"),
        Money.ZERO,
        Money.ZERO,
    )
    assert position.is_paid


def test_what_was_paid_by_the_due_date_lowers_the_late_fee_and_the_base() -> None:
    result = replay(a_contract(DUE), [a_payment_fact(1, "2026-01-05", 40_000)], as_of=a_day("2026-02-11")).invoices[0]
    assert (result.late_fee_base, result.late_fee, result.mora_remaining_base, result.mora_since, result.mora) == (
        Money(60_000),
        Money(1_200),
        Money(60_000),
        a_day("2026-01-12"),
        Money(600),
    )


def test_a_payment_of_original_value_freezes_mora_and_goes_on_with_the_rest() -> None:
    # On 11 February 30 days ran: mora 10.00, fee 20.00; the payment settles both and 500.00 of the original.
    result = replay(a_contract(DUE), [a_payment_fact(1, "2026-02-11", 53_000)], as_of=a_day("2026-03-13")).invoices[0]
    assert result.paid == parts(1_000, 2_000, 20_000, 30_000)
    assert (result.mora_frozen, result.mora_remaining_base, result.mora_since, result.mora) == (
        Money(1_000),
        Money(50_000),
        a_day("2026-02-11"),
        Money(1_500),
    )
    assert result.mora_segments == (
        MoraSegment(
            base=Money(100_000), since=a_day("2026-01-12"), until=a_day("2026-02-11"), days=30, amount=Money(1_000)
        ),
        MoraSegment(
            base=Money(50_000), since=a_day("2026-02-11"), until=a_day("2026-03-13"), days=30, amount=Money(500)
        ),
    )
    assert result.open == parts(mora=500, principal=50_000)


def test_a_payment_of_charges_only_freezes_nothing() -> None:
    result = replay(a_contract(DUE), [a_payment_fact(1, "2026-02-11", 3_000)], as_of=a_day("2026-03-13")).invoices[0]
    assert (result.mora_frozen, result.mora_remaining_base, result.mora_since, result.mora) == (
        Money.ZERO,
        Money(100_000),
        a_day("2026-01-12"),
        Money(2_000),
    )
    assert result.open == parts(mora=1_000, interest=20_000, principal=80_000)


def test_a_fully_paid_invoice_keeps_its_mora_frozen_on_no_base() -> None:
    result = replay(a_contract(DUE), [a_payment_fact(1, "2026-02-11", 103_000)], as_of=a_day("2026-09-01")).invoices[0]
    assert (result.mora_frozen, result.mora_remaining_base, result.mora, result.paid_on) == (
        Money(1_000),
        Money.ZERO,
        Money(1_000),
        a_day("2026-02-11"),
    )


def test_allocation_takes_the_oldest_invoice_first_and_keeps_the_excess_as_credit() -> None:
    payment = a_payment_fact(1, "2026-02-11", 250_000)
    position = replay(a_contract(*reversed(TWO)), [payment], as_of=a_day("2026-02-11"))
    assert [(line.invoice_number, line.parts) for line in position.allocations] == [
        (1, parts(1_000, 2_000, 20_000, 80_000)),
        (2, parts(interest=20_000, principal=80_000)),
    ]
    assert position.credits == {payment.payment_id: Money(47_000)}
    assert (position.credit, position.total_paid, position.is_paid) == (Money(47_000), Money(203_000), True)
    assert [invoice.number for invoice in position.invoices] == [1, 2]


def test_used_credit_is_never_allocated_again() -> None:
    payment = a_payment_fact(1, "2026-01-12", 300_000, credit_used=70_000)
    position = replay(a_contract(*TWO), [payment], as_of=a_day("2026-01-12"))
    assert (position.credit, position.credits[payment.payment_id]) == (Money(30_000), Money(100_000))
    short = replay(
        a_contract(*TWO), [a_payment_fact(1, "2026-01-12", 200_000, credit_used=70_000)], as_of=a_day("2026-01-12")
    )
    assert (short.total_paid, short.credit, short.total_open) == (Money(130_000), Money.ZERO, Money(70_000))


def test_a_backdated_payment_recomputes_what_came_after_it() -> None:
    late = a_payment_fact(1, "2026-02-11", 103_000)
    backdated = a_payment_fact(2, "2026-01-12", 50_000)
    result = replay(a_contract(DUE), [late, backdated], as_of=a_day("2026-02-11"))
    assert result.invoices[0].late_fee == Money(1_000)
    assert result.invoices[0].mora == Money(500)
    assert result.credits == {late.payment_id: Money(51_500), backdated.payment_id: Money.ZERO}


def test_a_payment_counts_from_its_day_and_until_its_reversal() -> None:
    payment = a_payment_fact(1, "2026-01-10", 100_000, reversed_on="2026-01-20")
    states = {
        day: replay(a_contract(DUE), [payment], as_of=a_day(day)).invoices[0].status
        for day in ("2026-01-09", "2026-01-10", "2026-01-19", "2026-01-20")
    }
    assert states == {
        "2026-01-09": InvoiceStatus.OPEN,
        "2026-01-10": InvoiceStatus.PAID,
        "2026-01-19": InvoiceStatus.PAID,
        "2026-01-20": InvoiceStatus.UNPAID,
    }


def test_facts_of_one_day_count_as_recorded() -> None:
    waiver = an_adjustment_fact(1, "2026-02-11", Component.LATE_FEE, 2_000)
    payment = a_payment_fact(2, "2026-02-11", 3_000)
    waived_first = replay(a_contract(DUE), [payment], [waiver], as_of=a_day("2026-02-11")).invoices[0]
    assert (waived_first.paid, waived_first.waived) == (parts(mora=1_000, interest=2_000), Money(2_000))
    waiver_after = an_adjustment_fact(3, "2026-02-11", Component.LATE_FEE, 2_000)
    paid_first = replay(a_contract(DUE), [payment], [waiver_after], as_of=a_day("2026-02-11")).invoices[0]
    assert (paid_first.paid, paid_first.waived) == (parts(mora=1_000, late_fee=2_000), Money.ZERO)


def test_a_waiver_counts_for_at_most_what_is_open_of_its_charge() -> None:
    waiver = an_adjustment_fact(1, "2026-02-11", Component.MORA, 99_999)
    result = replay(a_contract(DUE), [], [waiver], as_of=a_day("2026-02-11")).invoices[0]
    assert (result.waived, result.open) == (Money(1_000), parts(late_fee=2_000, interest=20_000, principal=80_000))


def test_where_a_recount_leaves_less_the_waiver_counts_for_less() -> None:
    waiver = an_adjustment_fact(1, "2026-02-11", Component.LATE_FEE, 2_000)
    backdated = a_payment_fact(2, "2026-01-12", 50_000)
    result = replay(a_contract(DUE), [backdated], [waiver], as_of=a_day("2026-02-11")).invoices[0]
    assert (result.late_fee, result.waived) == (Money(1_000), Money(1_000))


def test_a_waived_mora_goes_on_growing_by_the_same_formula() -> None:
    waiver = an_adjustment_fact(1, "2026-02-11", Component.MORA, 1_000)
    result = replay(a_contract(DUE), [], [waiver], as_of=a_day("2026-03-13")).invoices[0]
    assert (result.mora, result.open.mora, result.mora_frozen) == (Money(2_000), Money(1_000), Money.ZERO)


def test_a_remainder_may_be_waived_principal_included() -> None:
    payment = a_payment_fact(1, "2026-01-12", 99_950)
    remainder = an_adjustment_fact(2, "2026-01-12", Component.PRINCIPAL, 50, payment_id=payment.payment_id)
    result = replay(a_contract(DUE), [payment], [remainder], as_of=a_day("2026-03-01")).invoices[0]
    assert (result.status, result.waived, result.paid.total, result.paid_on, result.late_fee) == (
        InvoiceStatus.PAID,
        Money(50),
        Money(99_950),
        a_day("2026-01-12"),
        Money.ZERO,
    )


def test_an_adjustment_of_a_payment_that_does_not_count_counts_nowhere() -> None:
    payment = a_payment_fact(1, "2026-01-05", 80_000, reversed_on="2026-01-08")
    discount = an_adjustment_fact(1, "2026-01-05", Component.INTEREST, 20_000, payment_id=payment.payment_id)
    assert replay(a_contract(DUE), [payment], [discount], as_of=a_day("2026-01-07")).is_paid
    after = replay(a_contract(DUE), [payment], [discount], as_of=a_day("2026-01-08"))
    assert (after.total_open, after.invoices[0].waived) == (Money(100_000), Money.ZERO)
    alone = an_adjustment_fact(1, "2026-01-05", Component.INTEREST, 20_000, payment_id=UUID(int=99))
    assert replay(a_contract(DUE), [], [alone], as_of=a_day("2026-01-08")).total_open == Money(100_000)


def test_a_waiver_after_the_date_asked_does_not_count_yet() -> None:
    waiver = an_adjustment_fact(1, "2026-02-11", Component.LATE_FEE, 2_000)
    assert replay(a_contract(DUE), [], [waiver], as_of=a_day("2026-02-10")).invoices[0].waived == Money.ZERO


def test_a_late_waiver_on_a_paid_invoice_moves_no_date() -> None:
    payment = a_payment_fact(1, "2026-01-12", 100_000)
    waiver = an_adjustment_fact(2, "2026-01-20", Component.MORA, 100)
    result = replay(a_contract(DUE), [payment], [waiver], as_of=a_day("2026-02-01")).invoices[0]
    assert (result.waived, result.paid_on) == (Money.ZERO, a_day("2026-01-12"))


def test_a_closed_contract_stops_on_its_day_and_owes_nothing_here() -> None:
    contract = a_contract(*TWO, closed_on="2026-02-11")
    payment = a_payment_fact(1, "2026-01-12", 100_000)
    position = replay(contract, [payment, a_payment_fact(2, "2026-02-12", 500)], as_of=a_day("2026-08-01"))
    assert [(invoice.status, invoice.open.total) for invoice in position.invoices] == [
        (InvoiceStatus.PAID, Money.ZERO),
        (InvoiceStatus.RENEGOTIATED, Money.ZERO),
    ]
    assert (position.total_open, position.total_paid, position.is_paid) == (Money.ZERO, Money(100_000), False)
    before = replay(contract, [payment], as_of=a_day("2026-02-10"))
    assert [invoice.status for invoice in before.invoices] == [InvoiceStatus.PAID, InvoiceStatus.OPEN]


def test_the_charges_of_a_closed_contract_end_on_its_day() -> None:
    result = replay(a_contract(DUE, closed_on="2026-02-11"), [], as_of=a_day("2026-12-31")).invoices[0]
    assert (result.late_fee, result.mora, result.days_overdue) == (Money(2_000), Money(1_000), 0)


def test_the_invoices_an_early_settlement_chose_come_first() -> None:
    payment = a_payment_fact(1, "2026-01-05", 100_000, chosen=frozenset({2}))
    position = replay(a_contract(*TWO), [payment], as_of=a_day("2026-01-05"))
    assert [invoice.status for invoice in position.invoices] == [InvoiceStatus.OPEN, InvoiceStatus.PAID]


def test_the_carried_base_of_a_renegotiated_invoice_shrinks_in_proportion() -> None:
    invoice = a_contract_invoice(principal=100_000, mora_base=56_821)
    payments = [a_payment_fact(1, "2026-01-05", 66_667)]
    result = replay(a_contract(invoice), payments, as_of=a_day("2026-02-11")).invoices[0]
    assert (result.mora_remaining_base, result.mora) == (Money(18_940), Money(189))


def test_the_moves_of_an_invoice_are_exactly_these() -> None:
    moves = {f"{current}>{target}" for current, targets in MOVES.items() for target in targets}
    assert moves == {
        "OPEN>UNPAID",
        "OPEN>PAID",
        "OPEN>RENEGOTIATED",
        "OPEN>CANCELLED",
        "UNPAID>OPEN",
        "UNPAID>PAID",
        "UNPAID>RENEGOTIATED",
        "UNPAID>CANCELLED",
        "PAID>OPEN",
        "PAID>UNPAID",
    }
    check_move(InvoiceStatus.OPEN, InvoiceStatus.PAID)
    with pytest.raises(InvoiceMoveRefused):
        check_move(InvoiceStatus.CANCELLED, InvoiceStatus.OPEN)


def test_a_paid_invoice_stays_paid_when_the_rest_is_renegotiated() -> None:
    due = a_day("2026-01-12")
    assert status_from_facts(is_open=False, effective_due_date=due, as_of=due, is_closed=True) is InvoiceStatus.PAID


def test_a_waiver_counts_until_its_own_reversal() -> None:
    waiver = an_adjustment_fact(1, "2026-02-11", Component.LATE_FEE, 2_000, reversed_on="2026-02-15")
    waived = {
        day: replay(a_contract(DUE), [], [waiver], as_of=a_day(day)).invoices[0].waived_parts
        for day in ("2026-02-10", "2026-02-11", "2026-02-14", "2026-02-15")
    }
    assert waived == {
        "2026-02-10": Parts(),
        "2026-02-11": parts(late_fee=2_000),
        "2026-02-14": parts(late_fee=2_000),
        "2026-02-15": Parts(),
    }


def test_credit_is_used_from_its_day_on_and_until_it_is_returned() -> None:
    use = CreditUse(used_on=a_day("2026-01-20"), amount=Money(30_000), returned_on=a_day("2026-01-25"))
    payment = changed(a_payment_fact(1, "2026-01-12", 230_000), credit_uses=(use,))
    credit = {
        day: replay(a_contract(*TWO), [payment], as_of=a_day(day)).credit.cents
        for day in ("2026-01-19", "2026-01-20", "2026-01-24", "2026-01-25")
    }
    assert credit == {"2026-01-19": 30_000, "2026-01-20": 0, "2026-01-24": 0, "2026-01-25": 30_000}


def test_credit_of_a_closed_contract_is_used_after_its_day_too() -> None:
    use = CreditUse(used_on=a_day("2026-03-01"), amount=Money(20_000))
    payment = changed(a_payment_fact(1, "2026-01-12", 220_000), credit_uses=(use,))
    contract = a_contract(*TWO, closed_on="2026-02-11")
    assert replay(contract, [payment], as_of=a_day("2026-02-28")).credit == Money(20_000)
    after = replay(contract, [payment], as_of=a_day("2026-03-01"))
    assert (after.credit, after.total_paid) == (Money.ZERO, Money(200_000))


def test_a_contract_has_the_due_dates_of_its_day() -> None:
    changes = [
        DueDateChange(
            invoice_number=1, changed_on=a_day(on), sequence=sequence, old_due_date=a_day(old),
            old_effective_due_date=a_day(old), relief=Parts(),
        )
        for on, sequence, old in (("2026-02-10", 1, "2026-01-05"), ("2026-02-20", 2, "2026-01-08"))
    ]  # fmt: skip
    seen = {
        day: contract_as_of(a_contract(*TWO), reversed(changes), a_day(day)).invoices[0].due_date.isoformat()
        for day in ("2026-02-09", "2026-02-10", "2026-02-19", "2026-02-20")
    }
    assert seen == {
        "2026-02-09": "2026-01-05", "2026-02-10": "2026-01-08", "2026-02-19": "2026-01-08", "2026-02-20": "2026-01-12",
    }  # fmt: skip
