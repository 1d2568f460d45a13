"""What always needs two people, or does above a limit: waivers, taking a loss back, taking a disbursement back."""

import json
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest

from domain.adjustments import WaiverAboveLimit, WaiverAboveOpen, WaiverNotOfCharge, WaiverOfNothing
from domain.approvals import ApprovalIdTaken, ApprovalPending, OwnApproval
from domain.calendar import Step
from domain.clients import TextMissing
from domain.cycles import Cycle
from domain.errors import DomainError
from domain.history import Component
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from domain.renegotiations import Offer
from domain.requests import (
    RequestHasPayments,
    RequestIsAgreement,
    RequestMoved,
    RequestStatus,
    RequestTakesNoPayment,
)
from loanapp.queries import statements, verification
from loanapp.services import approvals, messages, renegotiations
from loanapp.services.approvals import AskWaiver, Decide, MarkLost, TakeBack
from loanapp.services.renegotiations import AcceptOffer, DraftOffer
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.build.refusals import refused
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

DAY = "2026-03-02"
LATE_FEE, MORA = Component.LATE_FEE, Component.MORA


def no_differences() -> bool:
    return verification.verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []


def decide(approval_id: UUID) -> Decide:
    return Decide(approval_id=approval_id, reason="Conferido por telefone")


def told(loan: RequestReceipt, as_of: str) -> dict[str, object]:
    asked = statements.StatementsOf(numbers=(loan.number,), as_of=a_day(as_of))
    [document] = statements.statements(SYSTEM, at("2026-12-31"), asked)
    return document


def an_overdue_loan(book: Book) -> RequestReceipt:
    """Return 1.000,00 due on 2026-02-10, on 2026-03-02 with 20,00 late fee and 6,67 mora."""
    loan = book.a_loan(principal="1.000,00")
    run_cycles(DAY, Cycle.OVERDUE, Cycle.MORA)
    return loan


def ask_waiver(
    actor: Actor, loan: RequestReceipt, *lines: tuple[int, Component, int], approval_id: UUID | None = None
) -> UUID:
    order = AskWaiver(
        request_id=loan.request_id,
        approval_id=approval_id or an_id(),
        lines=tuple((number, component, Money(cents)) for number, component, cents in lines),
        reason="Cliente ficou internado",
    )
    return approvals.ask_waiver(actor, at(DAY), order)


def take_back(ask: Callable[..., UUID], actor: Actor, loan: RequestReceipt, *, on: str = DAY) -> UUID:
    return ask(actor, at(on), TakeBack(request_id=loan.request_id, approval_id=an_id(), reason="Cliente voltou"))


def lose(book: Book, loan: RequestReceipt, *, on: str = DAY) -> None:
    order = MarkLost(request_id=loan.request_id, approval_id=an_id(), reason="Mudou sem aviso")
    approvals.mark_lost(book.admin, at(on), order)


def test_a_waiver_above_the_limit_is_asked_for_and_changes_nothing_of_the_debt() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)

    approval_id = ask_waiver(book.manager, loan, (1, LATE_FEE, 2_000), (1, MORA, 667))

    assert rows("SELECT id, kind, status, amount_cents, details FROM approvals") == [
        (
            approval_id, "WAIVER", "PENDING", 2_667,
            {"lines": [
                {"invoice": 1, "component": "LATE_FEE", "amount_cents": 2_000},
                {"invoice": 1, "component": "MORA", "amount_cents": 667},
            ]},
        )
    ]  # fmt: skip
    assert rows("SELECT total_value_open FROM requests") == [(102_667,)]
    assert rows("SELECT count(*) FROM adjustments") == [(0,)]
    assert no_differences()


def test_who_has_the_limit_grants_a_waiver_and_both_names_stand() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approval_id = ask_waiver(book.manager, loan, (1, LATE_FEE, 2_000), (1, MORA, 667))

    approvals.grant(book.admin, at(DAY), decide(approval_id))

    assert rows("SELECT total_value_open, status FROM requests") == [(100_000, "ACTIVE")]
    assert rows("SELECT order_id, component, amount_cents, reason, granted_by FROM adjustments ORDER BY component") == [
        (approval_id, "LATE_FEE", 2_000, "Cliente ficou internado", book.admin.user_id),
        (approval_id, "MORA", 667, "Cliente ficou internado", book.admin.user_id),
    ]
    assert rows("SELECT status, asked_by, decided_by FROM approvals") == [
        ("GRANTED", book.manager.user_id, book.admin.user_id)
    ]
    [(text,)] = rows("SELECT text FROM audit_events WHERE action = 'charges.waived'")
    assert json.loads(str(text))["after"]["approval"] == str(approval_id)
    assert no_differences()


def test_a_waiver_is_granted_by_nobody_whose_share_is_smaller() -> None:
    book = Book.opened()
    approval_id = ask_waiver(book.manager, an_overdue_loan(book), (1, LATE_FEE, 2_000))

    error = refused(lambda: approvals.grant(book.approver, at(DAY), decide(approval_id)), WaiverAboveLimit)

    assert error.values == {"invoice": 1, "limit_pct": 20}


def test_a_waiver_of_what_was_paid_meanwhile_is_not_granted() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approval_id = ask_waiver(book.manager, loan, (1, LATE_FEE, 2_000), (1, MORA, 667))
    # Mora first, then 10,00 of the late fee.
    book.pay(loan, "16,67", on=DAY)
    admin = book.admin

    error = refused(lambda: approvals.grant(admin, at(DAY), decide(approval_id)), WaiverAboveOpen)

    assert error.values == {"invoice": 1, "open": Money(1_000)}


def test_a_refused_waiver_lets_it_be_asked_again() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approvals.refuse(book.approver, at(DAY), decide(ask_waiver(book.manager, loan, (1, LATE_FEE, 2_000))))

    ask_waiver(book.manager, loan, (1, LATE_FEE, 1_500))

    assert rows("SELECT status, amount_cents FROM approvals ORDER BY asked_at, status DESC") == [
        ("REFUSED", 2_000), ("PENDING", 1_500),
    ]  # fmt: skip
    assert rows("SELECT total_value_open FROM requests") == [(102_667,)]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ((), WaiverOfNothing),
        (((1, LATE_FEE, 0),), WaiverOfNothing),
        (((1, LATE_FEE, -1),), WaiverOfNothing),
        (((9, LATE_FEE, 100),), WaiverOfNothing),
        (((1, LATE_FEE, 100), (1, LATE_FEE, 100)), WaiverOfNothing),
        (((1, Component.PRINCIPAL, 100),), WaiverNotOfCharge),
        (((1, LATE_FEE, 2_001),), WaiverAboveOpen),
    ],
)
def test_what_is_no_open_charge_is_not_asked_for(
    lines: tuple[tuple[int, Component, int], ...], error: type[DomainError]
) -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)

    refused(lambda: ask_waiver(book.manager, loan, *lines), error)


def test_a_waiver_is_asked_once_by_its_id_and_only_one_waits() -> None:
    book = Book.opened()
    loan, other = an_overdue_loan(book), an_overdue_loan(book)
    approval_id = ask_waiver(book.manager, loan, (1, LATE_FEE, 2_000))
    before = everything()

    assert ask_waiver(book.manager, loan, (1, LATE_FEE, 2_000), approval_id=approval_id) == approval_id

    assert everything() == before
    refused(lambda: ask_waiver(book.manager, loan, (1, MORA, 667)), ApprovalPending)
    refused(lambda: ask_waiver(book.manager, other, (1, MORA, 667), approval_id=approval_id), ApprovalIdTaken)


def test_a_waiver_on_a_loan_that_does_not_run_is_not_asked_for() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    book.pay(loan, "1.026,67", on=DAY)

    refused(lambda: ask_waiver(book.manager, loan, (1, LATE_FEE, 100)), RequestTakesNoPayment)


def test_a_lost_loan_is_reopened_by_a_second_person_with_its_charges_of_today() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    lose(book, loan)
    approval_id = take_back(approvals.ask_reopening, book.manager, loan, on="2026-03-20")
    assert rows("SELECT status FROM requests") == [("LOST",)]

    approvals.grant(book.approver, at("2026-04-01"), decide(approval_id))

    # 50 days late: 1.000,00 + 20,00 + 16,67; the cycles visit it again.
    assert rows("SELECT status, lost_on, total_value_open, overdue_through FROM requests") == [
        ("ACTIVE", None, 103_667, a_day("2026-04-01"))
    ]
    assert no_differences()
    run_cycles("2026-04-11", Cycle.OVERDUE, Cycle.MORA)
    assert rows("SELECT total_value_open FROM requests") == [(104_000,)]
    assert no_differences()


def test_a_reopened_loan_was_lost_on_the_days_between() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    lose(book, loan)
    approvals.grant(
        book.approver, at("2026-04-01"), decide(take_back(approvals.ask_reopening, book.manager, loan, on="2026-03-20"))
    )

    days = ("2026-03-01", "2026-03-02", "2026-03-31", "2026-04-01")
    assert [told(loan, day)["status"] for day in days] == ["ACTIVE", "LOST", "LOST", "ACTIVE"]


def test_a_lost_loan_that_recovered_all_is_paid_when_it_is_reopened() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    lose(book, loan)
    book.pay(loan, "1.026,67", on=DAY)

    approvals.grant(book.approver, at(DAY), decide(take_back(approvals.ask_reopening, book.manager, loan)))

    assert rows("SELECT status, paid_on, lost_on FROM requests") == [("PAID", a_day(DAY), None)]
    assert no_differences()


def test_reopening_needs_two_people_whatever_the_role() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    lose(book, loan)
    approval_id = take_back(approvals.ask_reopening, book.admin, loan)

    refused(lambda: approvals.grant(book.admin, at(DAY), decide(approval_id)), OwnApproval)


def test_a_loan_reopened_after_the_reminders_of_the_day_misses_none() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    lose(book, loan)
    run_cycles("2026-03-03")

    approvals.grant(book.approver, at("2026-03-03", 15), decide(take_back(approvals.ask_reopening, book.manager, loan)))

    assert no_differences()


@pytest.mark.parametrize("state", ["ACTIVE", "PAID", "OPEN"])
def test_only_a_lost_loan_is_reopened(state: str) -> None:
    book = Book.opened()
    loan = book.a_request() if state == "OPEN" else book.a_loan(principal="100,00")
    if state == "PAID":
        book.pay(loan, "100,00", on="2026-02-01")

    refused(lambda: take_back(approvals.ask_reopening, book.manager, loan), RequestMoved)


def test_a_disbursement_is_taken_back_by_a_second_person_and_nothing_is_owed() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approval_id = take_back(approvals.ask_cancellation, book.manager, loan)
    assert rows("SELECT status FROM requests") == [("ACTIVE",)]

    approvals.grant(book.approver, at(DAY), decide(approval_id))

    assert rows(
        "SELECT status, unapproved_on, total_value_open, total_value_overdue, total_value_to_breakeven, next_due_date,"
        " overdue_since FROM requests"
    ) == [("UNAPPROVED", a_day(DAY), 0, 0, 0, None, None)]
    assert rows("SELECT DISTINCT status, open_cents FROM invoices") == [("CANCELLED", 0)]
    [(text,)] = rows("SELECT text FROM audit_events WHERE action = 'request.cancelled'")
    facts = json.loads(str(text))
    assert (facts["reason"], facts["after"]["amount_cents"]) == ("Cliente voltou", 100_000)
    assert no_differences()


def test_a_cancelled_loan_ran_until_that_day() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approvals.grant(book.approver, at(DAY), decide(take_back(approvals.ask_cancellation, book.manager, loan)))

    before, after = told(loan, "2026-03-01"), told(loan, DAY)

    # 19 days late on the day before: 1.000,00 + 20,00 + 6,33.
    assert (before["status"], before["total_open_cents"], len(before["invoices"])) == ("ACTIVE", 102_633, 1)
    assert (after["status"], after["total_open_cents"], after["invoices"]) == ("UNAPPROVED", 0, [])
    assert after["total_value_to_breakeven_cents"] == 0


def test_no_reminder_of_a_cancelled_loan_leaves_and_no_cycle_visits_it() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    [(client_id,)] = rows("SELECT client_id FROM requests")
    messages.queue_charge(book.manager, at(DAY, 9), messages.QueueCharge(client_id=client_id))

    approvals.grant(book.approver, at(DAY), decide(take_back(approvals.ask_cancellation, book.manager, loan)))
    before = rows("SELECT * FROM invoices ORDER BY id")
    run_cycles("2026-03-10")

    assert rows("SELECT status, reason FROM messages") == [("CANCELLED", "LOAN_CANCELLED")]
    assert rows("SELECT * FROM invoices ORDER BY id") == before
    assert no_differences()


def test_a_loan_that_received_money_is_not_cancelled_until_that_is_reversed() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    receipt = book.pay(loan, "10,00", on=DAY)
    refused(lambda: take_back(approvals.ask_cancellation, book.manager, loan), RequestHasPayments)
    book.reverse(receipt, on=DAY)

    approvals.grant(book.approver, at(DAY), decide(take_back(approvals.ask_cancellation, book.manager, loan)))

    assert rows("SELECT status FROM requests") == [("UNAPPROVED",)]
    assert no_differences()


def test_money_that_came_after_the_question_stands_against_the_grant() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approval_id = take_back(approvals.ask_cancellation, book.manager, loan)
    receipt = book.pay(loan, "10,00", on=DAY)

    error = refused(lambda: approvals.grant(book.approver, at(DAY), decide(approval_id)), RequestHasPayments)

    assert error.values == {"numbers": str(receipt.number)}


def test_a_payment_and_a_cancellation_at_once_are_one_of_them() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    approval_id = take_back(approvals.ask_cancellation, book.manager, loan)
    acts: tuple[Callable[[], object], ...] = (
        lambda: approvals.grant(book.approver, at(DAY), decide(approval_id)),
        lambda: book.pay(loan, "10,00", on=DAY),
    )

    results = all_at_once(2, lambda index: acts[index]())

    assert sum(isinstance(result, DomainError) for result in results) == 1, results
    assert rows("SELECT status, total_value_paid FROM requests") in ([("UNAPPROVED", 0)], [("ACTIVE", 1_000)])
    assert no_differences()


@pytest.mark.parametrize("state", ["OPEN", "PAID", "LOST"])
def test_only_a_running_loan_is_cancelled(state: str) -> None:
    book = Book.opened()
    loan = book.a_request() if state == "OPEN" else book.a_loan(principal="100,00")
    if state == "PAID":
        book.pay(loan, "100,00", on="2026-02-01")
    if state == "LOST":
        lose(book, loan)

    refused(lambda: take_back(approvals.ask_cancellation, book.manager, loan), RequestMoved)


@pytest.mark.parametrize("ask", [approvals.ask_reopening, approvals.ask_cancellation])
def test_taking_back_needs_a_reason_and_its_permission(ask: Callable[..., UUID]) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    blank = TakeBack(request_id=loan.request_id, approval_id=an_id(), reason="  ")
    analyst = a_person(Role.RENEGOTIATION_ANALYST, "Rita Melo")

    refused(lambda: ask(book.manager, at(DAY), blank), TextMissing)
    refused(lambda: take_back(ask, analyst, loan), PermissionMissing)


def test_an_agreement_has_no_disbursement_to_take_back() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    terms = PlanTerms(
        principal=Money.ZERO, plan=Plan.FLAT, step=Step.MONTHLY, count=2, rate_pct=Decimal(0),
        first_due_date=a_day("2026-04-13"),
    )  # fmt: skip
    offer = Offer(offered_on=a_day(DAY), valid_through=a_day("2026-03-20"), terms=terms, down_payment=Money.ZERO)
    draft = DraftOffer(renegotiation_id=an_id(), request_id=loan.request_id, offer=offer)
    renegotiations.draft_offer(book.manager, at(DAY), draft)
    accept = AcceptOffer(renegotiation_id=draft.renegotiation_id, new_request_id=an_id())
    renegotiations.accept(book.manager, at(DAY), accept)
    agreed = RequestReceipt(accept.new_request_id, loan.number + 1, RequestStatus.ACTIVE)

    refused(lambda: take_back(approvals.ask_cancellation, book.manager, agreed), RequestIsAgreement)
