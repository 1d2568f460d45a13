"""The reads of loans: lists with counts and sums, borrowers with their history, simulations, records with authors."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Engine

from domain.calendar import Step
from domain.cycles import Cycle
from domain.errors import DomainError, SeveralProblems
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.permissions import NOBODY, SYSTEM, Actor, PermissionMissing, Role
from domain.requests import RequestNotFound, RequestStatus
from loanapp.queries.request_record import Obstacle, RequestRecord, request_record
from loanapp.queries.requests import RequestsOf, borrowers, request_form, requests_page, simulate
from loanapp.services import company, requests
from tests.build.book import Book, a_day, a_person, at, run_cycles
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")
ALL = tuple(RequestStatus)


def terms(**changes: object) -> PlanTerms:
    return PlanTerms(
        **{
            "principal": Money(100_000),
            "plan": Plan.FLAT,
            "step": Step.MONTHLY,
            "count": 3,
            "rate_pct": Decimal(10),
            "first_due_date": a_day("2026-02-10"),
            **changes,
        }
    )


def a_record(actor: Actor, number: int, on: str = "2026-01-12") -> RequestRecord:
    return request_record(actor, at(on), number)


def a_book_in_several_states() -> Book:
    book = Book.opened()
    maria, jose = book.a_client("Maria das Dores Silva"), book.a_client("José Antônio Pereira")
    book.a_request(maria, principal="300,00", count=3)
    book.a_loan(maria, principal="1.000,00", rate_pct="10", count=2, first_due="2026-01-20")
    book.a_loan(jose, principal="200,00")
    declined = book.a_request(jose, principal="50,00")
    requests.decline(
        book.approver, at("2026-01-11"), requests.DeclineRequest(request_id=declined.request_id, reason="Renda baixa")
    )
    run_cycles("2026-01-22")
    return book


def test_a_page_lists_the_states_asked_for_with_count_and_sums_of_the_whole_filtered_set() -> None:
    book = a_book_in_several_states()

    page = requests_page(book.manager, at("2026-01-22"), RequestsOf(statuses=(RequestStatus.ACTIVE,), size=1))

    assert [(line.number, line.client_name) for line in page.lines] == [(3, "José Antônio Pereira")]
    # Loan 2: 2 x 600,00, the first 2 days overdue: fee 12,00, mora 600,00 x 1 % / 30 x 2 = 0,40.
    assert (page.total, page.principal_cents, page.open_cents, page.overdue_cents) == (2, 120_000, 141_240, 61_240)
    assert page.counts == {"OPEN": 1, "ACTIVE": 2, "UNAPPROVED": 1}


def test_a_line_says_instalments_rate_paid_and_how_long_it_is_overdue() -> None:
    book = a_book_in_several_states()

    (line,) = requests_page(book.manager, at("2026-01-22"), RequestsOf(statuses=ALL, search="2")).lines

    assert (line.number, line.client_name, line.status) == (2, "Maria das Dores Silva", "ACTIVE")
    assert (line.instalment_count, line.instalment_cents, line.rate_pct, line.invoices_paid) == (2, 60_000, 10, 0)
    assert (line.overdue_cents, line.days_overdue, line.requested_at) == (61_240, 2, at("2026-01-10").now)


@pytest.mark.parametrize(
    ("search", "numbers"),
    [("jose pereira", [4, 3]), ("DORES", [2, 1]), ("3", [3]), ("nobody", []), ("12", []), ("<b>'; --", []), ("🙂", [])],
)
def test_a_text_finds_clients_by_name_without_accents_and_requests_by_number(search: str, numbers: list[int]) -> None:
    book = a_book_in_several_states()

    page = requests_page(book.manager, at("2026-01-22"), RequestsOf(statuses=ALL, search=search))

    assert [line.number for line in page.lines] == numbers
    assert page.total == len(numbers)


@pytest.mark.parametrize(
    ("order", "numbers"),
    [("number", [1, 2, 3, 4]), ("-principal", [2, 1, 3, 4]), ("client", [3, 4, 1, 2]), ("-overdue", [2, 4, 3, 1])],
)
def test_a_page_is_sorted_as_asked(order: str, numbers: list[int]) -> None:
    book = a_book_in_several_states()

    page = requests_page(book.manager, at("2026-01-22"), RequestsOf(statuses=ALL, order=order))

    assert [line.number for line in page.lines] == numbers


def test_a_page_past_the_end_is_the_last_one() -> None:
    book = a_book_in_several_states()

    page = requests_page(book.manager, at("2026-01-22"), RequestsOf(statuses=ALL, size=3, page=99))

    assert [line.number for line in page.lines] == [1]


def test_a_page_takes_two_statements_and_who_may_not_see_it_gets_none(database: Engine) -> None:
    book = a_book_in_several_states()

    with counted(database) as statements:
        requests_page(book.manager, at("2026-01-22"), RequestsOf(statuses=ALL))
    with pytest.raises(PermissionMissing):
        requests_page(NOBODY, at("2026-01-22"), RequestsOf(statuses=ALL))

    assert len(statements) == 2


def test_a_borrower_shows_loans_by_state_debts_and_the_average_delay(database: Engine) -> None:
    book = Book.opened()
    maria = book.a_client("Maria das Dores Silva")
    first = book.a_loan(maria, principal="200,00", count=2, first_due="2026-02-10")
    book.pay(first, "100,00", on="2026-02-09")
    book.pay(first, "200,00", on="2026-03-14")  # Due on 10/03: four days late; on average two.
    book.a_loan(maria, principal="300,00", on="2026-01-10", first_due="2026-03-10")
    book.a_request(maria)
    run_cycles("2026-03-14", Cycle.OVERDUE, Cycle.MORA)

    with counted(database) as statements:
        (found,) = borrowers(book.manager, at("2026-03-14"), "maria dores")

    assert len(statements) == 1
    assert (found.client_id, found.name, found.tax_id[:4]) == (maria, "Maria das Dores Silva", "***.")
    assert (found.waiting, found.active, found.paid, found.renegotiated_or_lost) == (1, 1, 1, 0)
    # 300,00 + 2 % + 300,00 x 1 % / 30 x 4 days.
    assert (found.open_cents, found.overdue_cents, found.days_overdue) == (30_640, 30_640, 4)
    assert found.days_late_average == 2
    assert (found.is_blocked, found.blocked_reason) == (False, "")
    form = request_form(book.manager, at("2026-03-14"), maria)
    assert form.borrower == found
    assert (form.business_date, form.first_due_date) == (date(2026, 3, 14), date(2026, 4, 14))


def test_an_empty_search_finds_no_borrower_and_a_new_client_has_no_history() -> None:
    book = Book.opened()
    client_id = book.a_client("Zélia")

    assert borrowers(book.manager, at("2026-01-12"), "  ") == ()
    (found,) = borrowers(book.manager, at("2026-01-12"), "zelia")
    assert (found.client_id, found.active, found.open_cents, found.days_late_average) == (client_id, 0, 0, None)


def test_a_simulation_gives_dates_amounts_exact_totals_and_the_annual_cost() -> None:
    book = Book.opened()
    company.add_holiday(SYSTEM, at("2026-01-02"), company.AddHoliday(day=a_day("2026-02-10"), name="Aniversário"))

    simulation = simulate(book.manager, at("2026-01-10"), terms())

    assert [(each.due_date, each.effective_due_date) for each in simulation.instalments] == [
        (date(2026, 2, 10), date(2026, 2, 11)),
        (date(2026, 3, 10), date(2026, 3, 10)),
        (date(2026, 4, 10), date(2026, 4, 10)),
    ]
    assert [each.original_cents for each in simulation.instalments] == [43_333, 43_333, 43_334]
    assert (simulation.principal_cents, simulation.interest_cents, simulation.total_cents) == (100_000, 30_000, 130_000)
    # The request that these terms open carries the same cost.
    asked = book.a_request(principal="1.000,00", rate_pct="10", count=3)
    assert simulation.annual_cost_pct == a_record(book.manager, asked.number).annual_cost_pct


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"principal": Money(0)}, "principal", "payment.not_positive"),
        ({"principal": Money(10**13)}, "principal", "payment.too_large"),
        ({"count": 0}, "count", "plan.count_out_of_range"),
        ({"count": 421}, "count", "plan.count_out_of_range"),
        ({"rate_pct": Decimal(101)}, "rate_pct", "plan.rate_out_of_range"),
        ({"first_due_date": date(2026, 1, 10)}, "first_due_date", "request.first_due_date"),
        ({"first_due_date": date(2199, 1, 10)}, "first_due_date", "request.first_due_date"),
    ],
)
def test_impossible_terms_are_refused_at_their_field(changes: dict[str, object], field: str, code: str) -> None:
    book = Book.opened()

    with pytest.raises(DomainError) as refused:
        simulate(book.manager, at("2026-01-10"), terms(**changes))

    assert (refused.value.field, refused.value.code) == (field, code)


def test_two_impossible_terms_are_both_said() -> None:
    book = Book.opened()

    with pytest.raises(SeveralProblems) as refused:
        simulate(book.manager, at("2026-01-10"), terms(principal=Money(0), first_due_date=date(2026, 1, 10)))

    assert [problem.field for problem in refused.value.problems] == ["principal", "first_due_date"]


def test_an_open_record_holds_the_plan_the_history_and_its_author(database: Engine) -> None:
    book = Book.opened()
    asked = book.a_request(principal="1.000,00", rate_pct="10", count=3)

    with counted(database) as statements:
        record = a_record(book.approver, asked.number)

    assert len(statements) <= 6
    assert [(step.status, step.author, step.at) for step in record.steps] == [
        ("OPEN", "Ana Souza", at("2026-01-10").now)
    ]
    assert record.simulation is not None
    assert record.simulation.total_cents == 130_000
    assert record.borrower is not None
    assert (record.borrower.name, record.borrower.waiting) == ("Maria das Dores Silva", 1)
    assert (record.obstacle, record.needs_reason) == (Obstacle(), False)


def test_who_asked_is_told_so_and_an_administrator_is_asked_for_a_reason() -> None:
    book = Book.opened()
    asked = book.a_request()
    book.manager = a_person(Role.SUPER_ADMIN, "Rita Alves")
    own = book.a_request()

    assert a_record(book.approver, asked.number).obstacle.code == ""
    assert a_record(book.manager, own.number).needs_reason
    book.manager = book.approver
    assert a_record(book.approver, book.a_request().number).obstacle.code == "request.own"


def test_an_amount_above_the_limit_or_high_rates_name_the_obstacle() -> None:
    book = Book.opened()
    asked = book.a_request(principal="50.000,01")
    administrator = a_person(Role.SUPER_ADMIN, "Rita Alves")

    assert a_record(book.approver, asked.number).obstacle == Obstacle(
        code="request.above_limit", values={"limit_cents": 5_000_000}
    )
    assert not a_record(administrator, asked.number).needs_reason
    change_rates("3")
    assert a_record(administrator, asked.number).needs_reason
    small = book.a_request()
    assert a_record(book.approver, small.number).obstacle.code == "rates.late_fee_above_person_limit"


def change_rates(late_fee_pct: str) -> None:
    order = company.ChangeCharges(late_fee_pct=Decimal(late_fee_pct), mora_pct_month=Decimal(1), reason="Para empresas")
    company.change_charges(SYSTEM, at("2026-01-11"), order)


def test_an_active_record_counts_today_live_and_lists_payments_with_their_shares(database: Engine) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="600,00", count=2, first_due="2026-02-10")
    payment = book.pay(loan, "350,00", on="2026-02-05")

    with counted(database) as statements:
        record = a_record(book.manager, loan.number, on="2026-03-20")

    assert len(statements) <= 7
    # No cycle ran: 250,00 left of the second on 10/03, fee 2 % of it, mora 250,00 x 1 % / 30 x 10.
    assert (record.open_cents, record.overdue_cents, record.days_overdue) == (25_583, 25_583, 10)
    assert (record.paid_cents, record.to_breakeven_cents, record.invoices_paid) == (35_000, 25_000, 1)
    assert record.next_due_date == date(2026, 3, 10)
    assert [(line.number, line.amount_cents, line.author, line.credit_cents) for line in record.payments] == [
        (payment.number, 35_000, "Ana Souza", 0)
    ]
    assert [(share.invoice_number, share.amount_cents) for share in record.payments[0].shares] == [
        (1, 30_000),
        (2, 5_000),
    ]
    (stretch,) = record.invoices[1].stretches
    assert (stretch.base_cents, stretch.since, stretch.until, stretch.days, stretch.amount_cents) == (
        25_000, date(2026, 3, 10), date(2026, 3, 20), 10, 83,
    )  # fmt: skip
    assert [(step.status, step.author) for step in record.steps] == [
        ("OPEN", "Ana Souza"),
        ("APPROVED", "João Reis"),
        ("ACTIVE", "Ana Souza"),
    ]


def test_a_paid_record_ends_its_life_with_the_date_and_credit_is_shown() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="600,00", first_due="2026-02-10")
    book.pay(loan, "650,00", on="2026-02-05")

    record = a_record(book.manager, loan.number, on="2026-02-06")

    assert (record.status, record.open_cents, record.credit_cents, record.to_breakeven_cents) == ("PAID", 0, 5_000, 0)
    assert (record.steps[-1].status, record.steps[-1].on, record.steps[-1].at) == ("PAID", date(2026, 2, 5), None)


def test_a_declined_record_keeps_who_decided_and_why() -> None:
    book = Book.opened()
    asked = book.a_request()
    requests.decline(
        book.approver, at("2026-01-11"), requests.DeclineRequest(request_id=asked.request_id, reason="Renda baixa")
    )

    record = a_record(book.manager, asked.number)

    assert (record.status, record.steps[-1].author, record.steps[-1].reason) == (
        "UNAPPROVED", "João Reis", "Renda baixa",
    )  # fmt: skip


def test_a_number_that_does_not_exist_is_not_found() -> None:
    book = Book.opened()

    with pytest.raises(RequestNotFound):
        a_record(book.manager, 99)
    assert request_form(book.manager, at("2026-01-12"), UUID(int=1)).borrower is None
    assert request_form(book.manager, at("2026-01-12"), None).borrower is None
