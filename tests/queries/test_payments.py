"""The reads of the payment dialog: loans that can receive, charges as of a date, where an amount would go."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.cycles import Cycle
from domain.errors import DomainError
from domain.money import Money
from domain.permissions import NOBODY, PermissionMissing, Role
from domain.requests import RequestNotFound, RequestTakesNoPayment
from loanapp.queries.payments import (
    Distributed,
    PaymentForm,
    PaymentFormOf,
    ReceivablesOf,
    payment_by_id,
    payment_form,
    receivables,
)
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def a_late_loan() -> tuple[Book, RequestReceipt]:
    """Two invoices of 350,00 (290,00 + 60,00); the first is 12 days overdue on 22/02/2026: 350,00 + 7,00 + 1,40."""
    book = Book.opened()
    return book, book.a_loan(principal="580,00", rate_pct="10.344828", count=2, first_due="2026-02-10")


def a_form(book: Book, loan: RequestReceipt, on: str = "2026-02-22", **order: object) -> PaymentForm:
    return payment_form(book.manager, at(on), PaymentFormOf(number=loan.number, **order))


def test_the_form_suggests_the_oldest_invoice_with_todays_charges_and_their_calculation(database: Engine) -> None:
    book, loan = a_late_loan()

    with counted(database) as statements:
        form = a_form(book, loan)

    assert len(statements) == 8
    first, second = form.invoices
    assert (first.principal_cents, first.interest_cents, first.original_cents) == (29_000, 6_000, 35_000)
    assert (first.late_fee_cents, first.mora_cents, first.open_cents, first.days_overdue) == (700, 140, 35_840, 12)
    assert [(each.base_cents, each.days, each.amount_cents) for each in first.stretches] == [(35_000, 12, 140)]
    assert (second.number, second.open_cents, second.days_overdue) == (2, 35_000, 0)
    assert (form.late_fee_pct, form.mora_pct_month, form.received_on) == (2, 1, date(2026, 2, 22))
    assert (form.amount_cents, form.remaining_cents, form.credit_cents, form.settles) == (35_840, 35_000, 0, False)


def test_a_partial_amount_goes_to_mora_then_fee_then_interest_then_principal() -> None:
    book, loan = a_late_loan()

    form = a_form(book, loan, amount=Money(10_000))

    assert form.distribution == (
        Distributed(
            invoice_number=1, mora_cents=140, late_fee_cents=700, interest_cents=6_000, principal_cents=3_160,
            remaining_cents=25_840,
        ),
    )  # fmt: skip
    assert form.remaining_cents == 60_840


def test_what_is_over_goes_to_the_next_invoice_and_then_to_credit() -> None:
    book, loan = a_late_loan()

    form = a_form(book, loan, amount=Money(71_840))

    assert [(each.invoice_number, each.principal_cents, each.remaining_cents) for each in form.distribution] == [
        (1, 29_000, 0),
        (2, 29_000, 0),
    ]
    assert (form.remaining_cents, form.credit_cents, form.settles) == (0, 1_000, True)


def test_the_registered_payment_does_what_the_form_announced() -> None:
    book, loan = a_late_loan()
    announced = a_form(book, loan, amount=Money(40_000), received_on=a_day("2026-02-15"))

    book.pay(loan, "400,00", on="2026-02-22", received="2026-02-15")

    assert rows(
        "SELECT i.number, a.mora_cents, a.late_fee_cents, a.interest_cents, a.principal_cents, i.open_cents"
        " FROM allocations a JOIN invoices i ON i.id = a.invoice_id ORDER BY 1"
    ) == [
        (each.invoice_number, each.mora_cents, each.late_fee_cents, each.interest_cents, each.principal_cents,
         each.remaining_cents)
        for each in announced.distribution
    ]  # fmt: skip


def test_an_earlier_date_counts_the_charges_as_of_it() -> None:
    book, loan = a_late_loan()

    on_time = a_form(book, loan, received_on=a_day("2026-02-10"))
    later = a_form(book, loan, received_on=a_day("2026-02-15"))

    assert (on_time.invoices[0].open_cents, on_time.amount_cents) == (35_000, 35_000)
    # Five days: 350,00 x 1 % / 30 x 5 = 0,58.
    assert (later.invoices[0].mora_cents, later.amount_cents) == (58, 35_758)


def test_after_a_partial_payment_the_calculation_has_a_row_per_stretch() -> None:
    book, loan = a_late_loan()
    book.pay(loan, "100,00", on="2026-02-22")

    first = a_form(book, loan, on="2026-03-04").invoices[0]

    # The rest is 258,40 of the original value: 258,40 x 1 % / 30 x 10 = 0,86.
    assert [(each.base_cents, each.since, each.days, each.amount_cents) for each in first.stretches] == [
        (35_000, date(2026, 2, 10), 12, 140),
        (25_840, date(2026, 2, 22), 10, 86),
    ]


def test_a_later_invoice_named_by_the_row_suggests_its_value_but_the_oldest_receives_first() -> None:
    book, loan = a_late_loan()

    form = a_form(book, loan, invoice_number=2)

    assert (form.amount_cents, form.distribution[0].invoice_number, form.invoices[0].number) == (35_000, 1, 1)


@pytest.mark.parametrize(
    ("order", "field", "code"),
    [
        ({"amount": Money(0)}, "amount", "payment.not_positive"),
        ({"amount": Money(-1)}, "amount", "payment.not_positive"),
        ({"amount": Money(10_000_000_001)}, "amount", "payment.too_large"),
        ({"received_on": date(2026, 2, 23)}, "received_on", "payment.in_future"),
        ({"received_on": date(2026, 1, 9)}, "received_on", "payment.before_disbursement"),
    ],
)
def test_an_impossible_amount_or_date_is_refused_at_its_field(order: dict[str, object], field: str, code: str) -> None:
    book, loan = a_late_loan()
    before = everything()

    with pytest.raises(DomainError) as refused:
        a_form(book, loan, **order)

    assert (refused.value.field, refused.value.code) == (field, code)
    assert everything() == before


def test_a_loan_that_waits_or_is_unknown_takes_no_payment() -> None:
    book, _loan = a_late_loan()

    with pytest.raises(RequestTakesNoPayment):
        a_form(book, book.a_request())
    with pytest.raises(RequestNotFound):
        payment_form(book.manager, at("2026-02-22"), PaymentFormOf(number=99))


def test_a_paid_loan_takes_what_came_all_the_same_and_owes_nothing() -> None:
    book, loan = a_late_loan()
    book.pay(loan, "700,00", on="2026-02-09")

    form = a_form(book, loan)

    assert (form.status, form.invoices) == ("PAID", ())


def test_the_form_remembers_the_persons_last_method_and_warns_of_a_twin() -> None:
    book, loan = a_late_loan()
    assert (a_form(book, loan).last_method, a_form(book, loan).twin) == ("", None)

    book.pay(loan, "100,00", on="2026-02-22")

    form = a_form(book, loan, amount=Money(10_000))
    assert form.last_method == "PIX"
    assert form.twin is not None
    assert (form.twin.amount_cents, form.twin.author, form.twin.at) == (10_000, "Ana Souza", at("2026-02-22").now)
    assert a_form(book, loan, amount=Money(10_001)).twin is None
    assert a_form(book, loan, on="2026-02-23", amount=Money(10_000)).twin is None


def test_loans_that_can_receive_are_found_by_client_number_or_client_id(database: Engine) -> None:
    book, loan = a_late_loan()
    client_id = UUID(str(rows("SELECT client_id FROM requests")[0][0]))
    second = book.a_loan(client_id, principal="100,00", first_due="2026-04-10")
    book.a_request(client_id)
    run_cycles("2026-02-22", Cycle.OVERDUE, Cycle.MORA)

    with counted(database) as statements:
        found = receivables(book.manager, at("2026-02-22"), ReceivablesOf(text="maria DORES"))

    assert len(statements) == 1
    assert [(each.number, each.open_cents, each.overdue_cents, each.days_overdue) for each in found] == [
        (loan.number, 70_840, 35_840, 12),
        (second.number, 10_000, 0, 0),
    ]
    assert receivables(book.manager, at("2026-02-22"), ReceivablesOf(client_id=client_id)) == found
    assert receivables(book.manager, at("2026-02-22"), ReceivablesOf(text=str(second.number))) == found[1:]
    assert receivables(book.manager, at("2026-02-22"), ReceivablesOf(text="  ")) == ()


def test_a_payment_is_found_by_its_id_with_where_its_loan_stands() -> None:
    book, loan = a_late_loan()
    payment = book.pay(loan, "358,40", on="2026-02-22")

    done = payment_by_id(book.manager, at("2026-02-22"), payment.payment_id)

    assert done is not None
    assert (done.number, done.request_number, done.amount_cents, done.method) == (
        payment.number, loan.number, 35_840, "PIX",
    )  # fmt: skip
    assert (done.status, done.open_cents, done.overdue_cents) == ("ACTIVE", 35_000, 0)
    assert payment_by_id(book.manager, at("2026-02-22"), an_id()) is None


def test_who_may_not_register_payments_sees_no_form() -> None:
    _, loan = a_late_loan()

    with pytest.raises(PermissionMissing):
        payment_form(NOBODY, at("2026-02-22"), PaymentFormOf(number=loan.number))
    with pytest.raises(PermissionMissing):
        receivables(NOBODY, at("2026-02-22"), ReceivablesOf(text="maria"))


def test_a_supervisor_sees_no_form_of_a_loan_whose_client_is_assigned_to_nobody() -> None:
    _, loan = a_late_loan()
    street = a_person(Role.STREET_SUPERVISOR)

    with pytest.raises(RequestNotFound):
        payment_form(street, at("2026-02-22"), PaymentFormOf(number=loan.number))
    assert receivables(street, at("2026-02-22"), ReceivablesOf(text="maria")) == ()
