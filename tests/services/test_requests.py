"""A request's way to the money: asked, decided by somebody else, disbursed into invoices, or refused and unchanged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Step
from domain.errors import DomainError
from domain.instalments import Plan
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import Role
from loanapp.services import clients, requests
from loanapp.services.requests import ApproveRequest, DeclineRequest, DisburseRequest, OpenRequest
from tests.build.book import Book, a_company, a_day, a_person, an_id, at, everything, rows

pytestmark = pytest.mark.usefixtures("database")

Action = Callable[[], object]


def refused(action: Action) -> str:
    """Return the code of a refusal, after showing that it changed nothing."""
    before = everything()
    with pytest.raises(DomainError) as refusal:
        action()
    assert everything() == before
    return refusal.value.code


def an_order(book: Book, **changes: object) -> OpenRequest:
    return OpenRequest(
        **{
            "request_id": an_id(),
            "client_id": book.a_client(),
            "principal": Money(100_000),
            "plan": Plan.FLAT,
            "step": Step.MONTHLY,
            "instalment_count": 3,
            "rate_pct": Decimal("1.5"),
            "first_due_date": a_day("2026-02-10"),
            **changes,
        }
    )


def test_disbursing_makes_invoices_whose_sum_is_exact_on_business_days() -> None:
    book = Book.opened()
    book.a_loan(principal="1.000,00", rate_pct="1.5", count=3, first_due="2026-02-07")

    assert rows(
        "SELECT number, due_date, effective_due_date, status, principal_cents, interest_cents, original_cents,"
        " mora_base_cents, open_cents FROM invoices ORDER BY number"
    ) == [
        (1, date(2026, 2, 7), date(2026, 2, 9), "OPEN", 33333, 1500, 34833, 34833, 34833),
        (2, date(2026, 3, 7), date(2026, 3, 9), "OPEN", 33333, 1500, 34833, 34833, 34833),
        (3, date(2026, 4, 7), date(2026, 4, 7), "OPEN", 33334, 1500, 34834, 34834, 34834),
    ]
    assert rows(
        "SELECT status, total_value_open, total_value_to_breakeven, next_due_date, late_fee_pct, mora_pct_month"
        " FROM requests"
    ) == [("ACTIVE", 104500, 100000, date(2026, 2, 9), Decimal(2), Decimal(1))]


def test_rates_are_copied_at_approval_and_a_later_setting_changes_no_contract() -> None:
    book = Book.opened()
    asked = book.a_request()
    requests.approve(book.approver, at("2026-01-10"), ApproveRequest(request_id=asked.request_id))

    a_company(late_fee_pct="1", mora_pct_month="0.5")

    assert rows("SELECT late_fee_pct, mora_pct_month FROM requests") == [(Decimal(2), Decimal(1))]


def test_the_same_request_sent_twice_is_one() -> None:
    book = Book.opened()
    order = an_order(book)
    first = requests.open_request(book.manager, at("2026-01-10"), order)
    before = everything()

    assert requests.open_request(book.manager, at("2026-01-10"), order) == first
    assert everything() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"rate_pct": Decimal(2)},
        {"instalment_count": 4},
        {"plan": Plan.PRICE},
        {"step": Step.WEEKLY},
        {"first_due_date": date(2026, 2, 11)},
        {"principal": Money(100_001)},
    ],
    ids=str,
)
def test_the_same_id_with_other_terms_is_refused(changes: dict[str, object]) -> None:
    book = Book.opened()
    order = an_order(book)
    requests.open_request(book.manager, at("2026-01-10"), order)
    other = replace(order, **changes)

    code = refused(lambda: requests.open_request(book.manager, at("2026-01-10"), other))

    assert code == "request.id_taken"


def test_the_same_id_from_another_person_is_refused() -> None:
    book = Book.opened()
    order = an_order(book)
    requests.open_request(book.manager, at("2026-01-10"), order)

    assert refused(lambda: requests.open_request(book.approver, at("2026-01-10"), order)) == "request.id_taken"


def test_who_asked_does_not_approve() -> None:
    book = Book.opened()
    asked = book.a_request()
    order = ApproveRequest(request_id=asked.request_id)

    assert refused(lambda: requests.approve(book.manager, at("2026-01-10"), order)) == "request.own"


def test_an_administrator_approves_an_own_request_only_with_a_reason() -> None:
    book = Book.opened()
    admin = a_person(Role.SUPER_ADMIN)
    asked = requests.open_request(admin, at("2026-01-10"), an_order(book))

    bare = ApproveRequest(request_id=asked.request_id)
    assert refused(lambda: requests.approve(admin, at("2026-01-10"), bare)) == "request.own_needs_reason"
    requests.approve(admin, at("2026-01-10"), ApproveRequest(request_id=asked.request_id, reason="único de plantão"))

    assert rows("SELECT status, decision_reason FROM requests") == [("APPROVED", "único de plantão")]


def test_a_manager_approves_up_to_the_limit() -> None:
    book = Book.opened()
    asked = book.a_request(principal="50.000,01")
    order = ApproveRequest(request_id=asked.request_id)

    assert refused(lambda: requests.approve(book.approver, at("2026-01-10"), order)) == "request.above_limit"


@pytest.mark.parametrize("role", [Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_other_departments_neither_open_nor_decide_nor_disburse(role: Role) -> None:
    book = Book.opened()
    asked = book.a_request()
    person = a_person(role)
    day = at("2026-01-10")
    request_id = asked.request_id
    disbursement = DisburseRequest(request_id=request_id, method=PaymentMethod.PIX, disbursed_on=a_day("2026-01-10"))
    order = an_order(book)

    for action in (
        lambda: requests.open_request(person, day, order),
        lambda: requests.approve(person, day, ApproveRequest(request_id=request_id)),
        lambda: requests.decline(person, day, DeclineRequest(request_id=request_id, reason="não")),
        lambda: requests.disburse(person, day, disbursement),
    ):
        assert refused(action) == "not_allowed.permission"


def test_rates_above_the_guard_rails_of_a_person_are_refused_at_approval() -> None:
    book = Book.opened(late_fee_pct="10", mora_pct_month="3")
    asked = book.a_request()
    order = ApproveRequest(request_id=asked.request_id)

    assert refused(lambda: requests.approve(book.approver, at("2026-01-10"), order)).startswith("rates.")


def test_a_decline_needs_a_reason_and_ends_the_request() -> None:
    book = Book.opened()
    asked = book.a_request()
    day = at("2026-01-10")

    no_reason = DeclineRequest(request_id=asked.request_id, reason="  ")
    assert refused(lambda: requests.decline(book.approver, day, no_reason)) == "request.reason_missing"
    requests.decline(book.approver, day, DeclineRequest(request_id=asked.request_id, reason="renda insuficiente"))

    assert rows("SELECT status, unapproved_on, decision_reason FROM requests") == [
        ("UNAPPROVED", date(2026, 1, 10), "renda insuficiente")
    ]
    order = ApproveRequest(request_id=asked.request_id)
    assert refused(lambda: requests.approve(book.approver, day, order)) == "request.moved"


def test_a_loan_that_runs_is_not_declined() -> None:
    book = Book.opened()
    loan = book.a_loan()
    order = DeclineRequest(request_id=loan.request_id, reason="engano")

    assert refused(lambda: requests.decline(book.approver, at("2026-01-10"), order)) == "request.moved"


def test_money_leaves_once_and_only_after_approval() -> None:
    book = Book.opened()
    asked = book.a_request()
    order = DisburseRequest(request_id=asked.request_id, method=PaymentMethod.PIX, disbursed_on=a_day("2026-01-10"))
    day = at("2026-01-10")

    assert refused(lambda: requests.disburse(book.manager, day, order)) == "request.moved"
    requests.approve(book.approver, day, ApproveRequest(request_id=asked.request_id))
    requests.disburse(book.manager, day, order)
    assert refused(lambda: requests.disburse(book.manager, day, order)) == "request.moved"
    assert rows("SELECT count(*) FROM invoices") == [(1,)]


@pytest.mark.parametrize(
    ("disbursed_on", "first_due", "code"),
    [
        ("2026-01-12", None, "request.disbursed_on"),
        ("2026-01-09", None, "request.disbursed_on"),
        ("2026-01-11", "2026-01-11", "request.first_due_passed"),
        ("2026-01-11", "2027-02-01", "request.first_due_date"),
    ],
)
def test_a_disbursement_with_impossible_dates_is_refused(disbursed_on: str, first_due: str | None, code: str) -> None:
    book = Book.opened()
    asked = book.a_request()
    requests.approve(book.approver, at("2026-01-10"), ApproveRequest(request_id=asked.request_id))
    order = DisburseRequest(
        request_id=asked.request_id,
        method=PaymentMethod.PIX,
        disbursed_on=a_day(disbursed_on),
        first_due_date=a_day(first_due) if first_due else None,
    )

    assert refused(lambda: requests.disburse(book.manager, at("2026-01-11"), order)) == code


def test_a_first_due_date_that_passed_asks_for_new_dates_and_takes_them() -> None:
    book = Book.opened()
    asked = book.a_request(first_due="2026-01-20")
    requests.approve(book.approver, at("2026-01-10"), ApproveRequest(request_id=asked.request_id))
    terms = {"request_id": asked.request_id, "method": PaymentMethod.PIX, "disbursed_on": a_day("2026-01-25")}
    day = at("2026-01-25")

    late = DisburseRequest(**terms)
    assert refused(lambda: requests.disburse(book.manager, day, late)) == "request.first_due_passed"
    requests.disburse(book.manager, day, DisburseRequest(**terms, first_due_date=a_day("2026-02-25")))

    assert rows("SELECT due_date FROM invoices") == [(date(2026, 2, 25),)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal": Money(0)}, "payment.not_positive"),
        ({"principal": Money(-100)}, "payment.not_positive"),
        ({"principal": Money(10_000_000_001)}, "payment.too_large"),
        ({"instalment_count": 0}, "plan.count_out_of_range"),
        ({"instalment_count": 421}, "plan.count_out_of_range"),
        ({"rate_pct": Decimal(-1)}, "plan.rate_out_of_range"),
        ({"rate_pct": Decimal(101)}, "plan.rate_out_of_range"),
        ({"first_due_date": date(2026, 1, 10)}, "request.first_due_date"),
        ({"first_due_date": date(2027, 2, 1)}, "request.first_due_date"),
        ({"principal": Money(1), "instalment_count": 3}, "plan.instalment_not_positive"),
        ({"note": "x" * 1001}, "text.too_long"),
    ],
)
def test_wrong_terms_are_refused(changes: dict[str, object], code: str) -> None:
    book = Book.opened()
    order = an_order(book, **changes)

    assert refused(lambda: requests.open_request(book.manager, at("2026-01-10"), order)) == code


def test_a_blocked_client_asks_for_nothing_until_unblocked() -> None:
    book = Book.opened()
    client_id = book.a_client()
    day = at("2026-01-10")
    clients.block(book.manager, day, clients.BlockClient(client_id=client_id, reason="documento falso"))
    order = an_order(book, client_id=client_id)

    assert refused(lambda: requests.open_request(book.manager, day, order)) == "client.blocked"
    clients.unblock(book.manager, day, clients.BlockClient(client_id=client_id, reason="esclarecido"))
    requests.open_request(book.manager, day, order)
    assert rows("SELECT status FROM requests") == [("OPEN",)]


def test_a_backdated_disbursement_is_brought_to_today() -> None:
    book = Book.opened()
    asked = book.a_request(principal="350,00", first_due="2026-01-12")
    requests.approve(book.approver, at("2026-01-10"), ApproveRequest(request_id=asked.request_id))
    order = DisburseRequest(request_id=asked.request_id, method=PaymentMethod.PIX, disbursed_on=a_day("2026-01-10"))

    requests.disburse(book.manager, at("2026-01-24"), order)

    assert rows("SELECT status, late_fee_cents, mora_cents FROM invoices") == [("UNPAID", 700, 140)]
    assert rows("SELECT overdue_through, mora_through FROM requests") == [(date(2026, 1, 24), date(2026, 1, 24))]
