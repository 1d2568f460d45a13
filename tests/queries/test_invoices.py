"""The list of invoices and one invoice's record: what each view holds, counts and sums, in how many statements."""

from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.cycles import Cycle
from domain.explanations import CalculationBeforeDisbursement
from domain.invoices import InvoiceStatus
from domain.permissions import NOBODY, PermissionMissing
from loanapp.queries.invoices import (
    Aging,
    InvoiceAsked,
    InvoiceNotFound,
    InvoiceRecord,
    InvoicesFilter,
    InvoicesOrder,
    InvoicesPage,
    InvoicesView,
    due_list,
    invoice_record,
)
from tests.build.book import Book, a_day, at, rows, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def listed(book: Book, day: str, view: InvoicesView = InvoicesView.ALL, **filters: object) -> InvoicesPage:
    return due_list(book.manager, at(day), InvoicesFilter(view=view, **filters))


def shown(page: InvoicesPage) -> list[tuple[str, int]]:
    return [(line.client_name, line.number) for line in page.lines]


def the_record(book: Book, request_id: UUID, number: int, day: str, pay_on: str | None = None) -> InvoiceRecord:
    ((invoice_id,),) = rows("SELECT id FROM invoices WHERE request_id = :r AND number = :n", r=request_id, n=number)
    asked = InvoiceAsked(invoice_id=invoice_id, pay_on=a_day(pay_on) if pay_on else None)
    return invoice_record(book.manager, at(day), asked)


def a_weekly_loan(book: Book, name: str, **terms: object) -> UUID:
    """Lend 500,00 in five weekly invoices of 100,00, due on 10, 18 (17 is Carnival), 24 February, 3 and 10 March."""
    terms = {"principal": "500,00", "count": 5, "step": "WEEKLY", "first_due": "2026-02-10"} | terms
    return book.a_loan(book.a_client(name), **terms).request_id


def test_an_overdue_line_shows_its_charges_and_the_page_sums_them() -> None:
    book = Book.opened()
    a_weekly_loan(book, "Maria das Dores Silva")
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    page = listed(book, "2026-02-22", InvoicesView.OVERDUE)

    # 100,00 for 12 days: 2,00 + 0,40; for 4 days since the effective 18 February: 2,00 + 0,13.
    assert [(line.number, line.count, line.days_overdue) for line in page.lines] == [(1, 5, 12), (2, 5, 4)]
    assert [(line.original_cents, line.charges_cents, line.open_cents) for line in page.lines] == [
        (10000, 240, 10240),
        (10000, 213, 10213),
    ]
    assert (page.total, page.original_cents, page.charges_cents, page.open_cents) == (2, 20000, 453, 20453)
    assert (page.lines[1].due_date, page.lines[1].effective_due_date) == (a_day("2026-02-17"), a_day("2026-02-18"))
    assert page.charged_through is None


def test_each_view_holds_what_its_name_says() -> None:
    book = Book.opened()
    a_weekly_loan(book, "Maria das Dores Silva")
    book.pay(book.a_loan(book.a_client("José Pereira"), first_due="2026-04-10"), "10,00", on="2026-02-24")
    run_cycles("2026-02-24")

    held = {view: shown(listed(book, "2026-02-24", view)) for view in InvoicesView}

    maria = "Maria das Dores Silva"
    assert held == {
        InvoicesView.DUE_TODAY: [(maria, 3)],
        InvoicesView.OVERDUE: [(maria, 1), (maria, 2)],
        InvoicesView.NEXT_7_DAYS: [(maria, 4)],
        InvoicesView.PART_PAID: [("José Pereira", 1)],
        InvoicesView.ALL: [(maria, 1), (maria, 2), (maria, 3), (maria, 4), (maria, 5), ("José Pereira", 1)],
    }


def test_an_invoice_past_due_is_overdue_before_the_cycles_have_seen_it() -> None:
    book = Book.opened()
    book.a_loan(principal="100,00", first_due="2026-02-10")

    (line,) = listed(book, "2026-02-12", InvoicesView.OVERDUE).lines

    assert (line.status, line.days_overdue, line.is_late_fee_pending) == (InvoiceStatus.OPEN, 2, True)
    assert (line.charges_cents, line.open_cents) == (0, 10000)


def test_the_page_says_up_to_which_date_charges_stand() -> None:
    book = Book.opened()
    book.a_loan(principal="100,00", first_due="2026-02-10")
    run_cycles("2026-02-12")
    run_cycles("2026-02-13", Cycle.OVERDUE)

    assert listed(book, "2026-02-14", InvoicesView.OVERDUE).charged_through == a_day("2026-02-12")


@pytest.mark.parametrize(
    ("bucket", "numbers"),
    [
        (Aging.NOT_OVERDUE, [12, 13]),
        (Aging.DAYS_1_TO_15, [10, 11]),
        (Aging.DAYS_16_TO_30, [8, 9]),
        (Aging.DAYS_31_TO_60, [4, 5, 6, 7]),
        (Aging.DAYS_61_TO_90, [1, 2, 3]),
        (Aging.DAYS_OVER_90, []),
    ],
)
def test_a_bucket_holds_the_invoices_of_its_days_overdue(bucket: Aging, numbers: list[int]) -> None:
    book = Book.opened()
    # Wednesdays from 7 January; Ash Wednesday is a business day, so every effective date is the due date.
    a_weekly_loan(book, "Maria", principal="1.300,00", count=13, first_due="2026-01-07", on="2026-01-05")

    page = listed(book, "2026-03-24", aging=frozenset({bucket}))

    assert [line.number for line in page.lines] == numbers


def test_buckets_are_alternatives_and_other_filters_narrow() -> None:
    book = Book.opened()
    a_weekly_loan(book, "Maria das Dores Silva")
    a_weekly_loan(book, "José Pereira")
    both = frozenset({Aging.DAYS_1_TO_15, Aging.NOT_OVERDUE})

    assert listed(book, "2026-02-22", aging=both).total == 10
    assert listed(book, "2026-02-22", aging=both, text="jose").total == 5
    assert listed(book, "2026-02-22", aging=both, text="jose", due_on=a_day("2026-02-17")).total == 1
    assert listed(book, "2026-02-22", text="ninguém").total == 0


def test_paid_invoices_are_found_by_state_and_by_the_day_the_money_came() -> None:
    book = Book.opened()
    loan = book.a_loan(book.a_client("Maria"), principal="300,00", count=3, first_due="2026-02-10")
    book.pay(loan, "150,00", on="2026-02-10", received="2026-02-09")

    assert shown(listed(book, "2026-02-10", status=InvoiceStatus.PAID)) == [("Maria", 1)]
    assert shown(listed(book, "2026-02-10", received_on=a_day("2026-02-09"))) == [("Maria", 1), ("Maria", 2)]
    assert listed(book, "2026-02-10", received_on=a_day("2026-02-10")).total == 0


def test_the_largest_come_first_when_asked_and_a_page_past_the_end_is_the_last() -> None:
    book = Book.opened()
    for name, principal in (("Ana", "100,00"), ("Bia", "300,00"), ("Cid", "200,00")):
        book.a_loan(book.a_client(name), principal=principal, first_due="2026-02-10")

    largest = {"order": InvoicesOrder.OPEN, "is_descending": True, "size": 2}
    assert shown(listed(book, "2026-02-10", **largest)) == [("Bia", 1), ("Cid", 1)]
    assert shown(listed(book, "2026-02-10", **largest, page=9)) == [("Ana", 1)]
    assert listed(book, "2026-02-10", **largest, page=9).open_cents == 60000


def test_an_empty_book_is_told_from_a_filter_that_matches_nothing() -> None:
    book = Book.opened()
    assert listed(book, "2026-02-10").is_book_empty

    book.a_loan(first_due="2026-03-10")

    nothing = listed(book, "2026-02-10", InvoicesView.OVERDUE)
    assert (nothing.total, nothing.lines, nothing.is_book_empty) == (0, (), False)


def test_a_page_of_the_list_costs_two_statements(database: Engine) -> None:
    book = Book.opened()
    a_weekly_loan(book, "Maria")

    with counted(database) as statements:
        listed(book, "2026-02-22", text="maria", aging=frozenset({Aging.DAYS_1_TO_15}))

    assert len(statements) == 2


def test_the_calculation_has_one_stretch_of_mora_per_base() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="350,00", first_due="2026-02-10")
    book.pay(loan, "150,00", on="2026-02-16")

    record = the_record(book, loan.request_id, 1, "2026-02-26")

    # 350,00 for 6 days is 0,70, the late fee 7,00; so 142,30 of the original value were paid and 207,70 are left.
    charged = record.charged
    assert charged is not None
    stretches = [(each.base_cents, each.since, each.until, each.days, each.amount_cents) for each in charged.stretches]
    assert stretches == [
        (35000, a_day("2026-02-10"), a_day("2026-02-16"), 6, 70),
        (20770, a_day("2026-02-16"), a_day("2026-02-26"), 10, 69),
    ]
    assert (charged.late_fee_cents, charged.mora_cents, charged.paid_cents) == (700, 139, 15000)
    assert charged.open_cents == 35000 + 700 + 139 - 15000
    assert [(each.received_on, each.amount_cents) for each in record.payments] == [(a_day("2026-02-16"), 15000)]


def test_a_later_day_counts_its_charges_and_a_passed_day_what_stood_then() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", first_due="2026-02-10")
    book.pay(loan, "100,00", on="2026-02-11")

    later = the_record(book, loan.request_id, 1, "2026-02-12", pay_on="2026-02-20")
    passed = the_record(book, loan.request_id, 1, "2026-02-12", pay_on="2026-02-10")

    # 6,00 of fee, 0,10 for a day on 300,00, then 206,10 left of the original value for 9 days.
    assert later.charged is not None
    assert (later.as_of, later.charged.mora_cents, later.charged.open_cents) == (a_day("2026-02-20"), 72, 20672)
    assert passed.charged is not None
    assert (passed.as_of, passed.charged.mora_cents, passed.charged.open_cents) == (a_day("2026-02-10"), 0, 30000)
    assert passed.payments == ()


def test_a_day_before_the_money_left_is_refused_at_its_field() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", first_due="2026-02-10", on="2026-01-10")

    with pytest.raises(CalculationBeforeDisbursement) as refused:
        the_record(book, loan.request_id, 1, "2026-02-12", pay_on="2026-01-09")

    assert (refused.value.field, refused.value.values) == ("ate", {"disbursed_on": a_day("2026-01-10")})


def test_an_invoice_knows_its_neighbours_in_the_plan() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", count=3, first_due="2026-02-10")

    ids = [the_record(book, loan.request_id, number, "2026-02-12").invoice_id for number in (1, 2, 3)]
    found = [the_record(book, loan.request_id, number, "2026-02-12") for number in (1, 2, 3)]

    assert [(each.previous_id, each.next_id) for each in found] == [(None, ids[1]), (ids[0], ids[2]), (ids[1], None)]


def test_the_record_counts_today_although_the_cycles_stopped_earlier_and_says_so() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", first_due="2026-02-10")
    run_cycles("2026-02-11")

    record = the_record(book, loan.request_id, 1, "2026-02-15")

    assert record.charged_through == a_day("2026-02-11")
    assert record.charged is not None
    assert record.charged.open_cents == 30000 + 600 + 50


def test_the_record_costs_seven_statements_and_needs_an_invoice_and_a_permission(database: Engine) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="300,00", first_due="2026-02-10")

    with counted(database) as statements:
        the_record(book, loan.request_id, 1, "2026-02-12")

    # One more is the test's own look-up of the id.
    assert len(statements) == 1 + 7
    with pytest.raises(InvoiceNotFound):
        invoice_record(book.manager, at("2026-02-12"), InvoiceAsked(invoice_id=999))
    with pytest.raises(PermissionMissing):
        invoice_record(NOBODY, at("2026-02-12"), InvoiceAsked(invoice_id=1))
    with pytest.raises(PermissionMissing):
        due_list(NOBODY, at("2026-02-12"), InvoicesFilter())
