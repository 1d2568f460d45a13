"""Writing a loan off: at once within the limit, by a second person above it, once, and with the debt counted again."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest

from domain.approvals import (
    AboveOwnLimit,
    ApprovalDecided,
    ApprovalIdTaken,
    ApprovalNotFound,
    ApprovalPending,
    DebtGrew,
    OwnApproval,
)
from domain.clients import TextMissing
from domain.cycles import Cycle
from domain.errors import DomainError
from domain.permissions import SYSTEM, Actor, Limit, Role
from domain.requests import RequestMoved, RequestNotFound
from loanapp.models.base import Session
from loanapp.queries import statements, verification
from loanapp.services import approvals, messages
from loanapp.services.approvals import Decide, MarkLost, WriteOff
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, at, everything, rows, run_cycles
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

DAY = "2026-03-02"


def lose(actor: Actor, loan: RequestReceipt, *, approval_id: UUID | None = None, on: str = DAY) -> WriteOff:
    order = MarkLost(request_id=loan.request_id, approval_id=approval_id or an_id(), reason="Mudou sem aviso")
    return approvals.mark_lost(actor, at(on), order)


def ask(book: Book, *, principal: str = "8.000,00", on: str = DAY) -> tuple[RequestReceipt, UUID]:
    """Return a loan above a manager's limit, and the question that its manager asked."""
    loan, approval_id = book.a_loan(principal=principal), an_id()
    run_cycles(on, Cycle.OVERDUE, Cycle.MORA)
    assert lose(book.manager, loan, approval_id=approval_id, on=on) is WriteOff.ASKED
    return loan, approval_id


def an_admin(name: str = "Caio Lima") -> Actor:
    return a_person(Role.SUPER_ADMIN, name)


def refused(act: Callable[[], object], error: type[DomainError]) -> DomainError:
    """Assert that an act is refused and changed nothing; return the refusal."""
    before = everything()
    with pytest.raises(error) as refusal:
        act()
    assert everything() == before
    return refusal.value


def no_differences() -> bool:
    return verification.verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []


def decide(approval_id: UUID) -> Decide:
    return Decide(approval_id=approval_id, reason="Confirmado no endereço")


def test_within_the_limit_the_loan_is_lost_at_once_with_its_debt_of_that_day() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    run_cycles("2026-02-20", Cycle.OVERDUE, Cycle.MORA)

    done = lose(book.manager, loan)

    # 20 days after 2026-02-10: 1.000,00 + 2 % fee + 1 % / 30 x 20 days = 6,67.
    assert done is WriteOff.DONE
    assert rows("SELECT status, lost_on, total_value_open, total_value_overdue FROM requests") == [
        ("LOST", a_day(DAY), 102_667, 102_667)
    ]
    [(text,)] = rows("SELECT text FROM audit_events WHERE action = 'request.lost'")
    facts = json.loads(str(text))
    assert facts["reason"] == "Mudou sem aviso"
    assert facts["before"] == {"status": "ACTIVE"}
    assert facts["after"] == {"status": "LOST", "lost_on": DAY, "total_open_cents": 102_667}
    assert rows("SELECT count(*) FROM approvals") == [(0,)]
    assert no_differences()


def test_the_limit_is_of_all_that_is_open_to_the_cent() -> None:
    book = Book.opened()
    at_limit, above = book.a_loan(principal="5.000,00"), book.a_loan(principal="5.000,01")

    assert lose(book.manager, at_limit, on="2026-02-01") is WriteOff.DONE
    assert lose(book.manager, above, on="2026-02-01") is WriteOff.ASKED

    assert rows("SELECT status FROM requests ORDER BY number") == [("LOST",), ("ACTIVE",)]
    assert rows("SELECT status, amount_cents, asked_on FROM approvals") == [("PENDING", 500_001, a_day("2026-02-01"))]


def test_an_administrator_needs_no_second_person() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="50.000,00")

    assert lose(an_admin(), loan) is WriteOff.DONE


def test_the_same_wish_twice_is_one_question() -> None:
    book = Book.opened()
    loan, approval_id = ask(book)
    before = everything()

    assert lose(book.manager, loan, approval_id=approval_id) is WriteOff.ASKED

    assert everything() == before


def test_a_second_question_and_an_id_of_another_question_are_refused() -> None:
    book = Book.opened()
    loan, approval_id = ask(book)
    other = book.a_loan(principal="9.000,00")

    refused(lambda: lose(book.approver, loan), ApprovalPending)
    refused(lambda: lose(book.manager, other, approval_id=approval_id), ApprovalIdTaken)
    refused(lambda: lose(book.approver, loan, approval_id=approval_id), ApprovalIdTaken)


@pytest.mark.parametrize("state", ["OPEN", "PAID", "LOST"])
def test_only_a_running_loan_is_written_off(state: str) -> None:
    book = Book.opened()
    loan = book.a_request() if state == "OPEN" else book.a_loan(principal="100,00")
    if state == "PAID":
        book.pay(loan, "100,00", on="2026-02-01")
    if state == "LOST":
        lose(book.manager, loan)

    refused(lambda: lose(book.manager, loan), RequestMoved)


def test_a_loan_that_is_none_and_a_blank_reason_are_refused() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")
    nowhere = RequestReceipt(an_id(), 99, loan.status)

    refused(lambda: lose(book.manager, nowhere), RequestNotFound)
    blank = MarkLost(request_id=loan.request_id, approval_id=an_id(), reason="  ")
    refused(lambda: approvals.mark_lost(book.manager, at(DAY), blank), TextMissing)


def test_a_second_person_grants_and_the_loan_is_lost_with_both_names() -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    admin = an_admin()

    approvals.grant(admin, at("2026-03-05"), decide(approval_id))

    assert rows("SELECT status, lost_on FROM requests") == [("LOST", a_day("2026-03-05"))]
    assert rows("SELECT status, asked_by, decided_by, decision_reason FROM approvals") == [
        ("GRANTED", book.manager.user_id, admin.user_id, "Confirmado no endereço")
    ]
    told = rows(
        "SELECT action, actor_name FROM audit_events WHERE action LIKE 'approval.%' OR action = 'request.lost'"
        " ORDER BY id"
    )
    assert told == [("approval.asked", "Ana Souza"), ("approval.granted", "Caio Lima"), ("request.lost", "Caio Lima")]
    assert no_differences()


def test_a_refusal_leaves_the_loan_as_it_was_and_lets_it_be_asked_again() -> None:
    book = Book.opened()
    loan, approval_id = ask(book)

    approvals.refuse(book.approver, at(DAY), decide(approval_id))

    assert rows("SELECT status, lost_on FROM requests") == [("ACTIVE", None)]
    assert rows("SELECT status FROM approvals") == [("REFUSED",)]
    assert lose(book.manager, loan) is WriteOff.ASKED
    assert no_differences()


@pytest.mark.parametrize("answer", [approvals.grant, approvals.refuse])
def test_who_asked_never_decides_also_as_an_administrator(answer: Callable[..., None]) -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    risen = Actor.of(Role.SUPER_ADMIN, name="Ana Souza", user_id=book.manager.user_id)

    refused(lambda: answer(book.manager, at(DAY), decide(approval_id)), OwnApproval)
    refused(lambda: answer(risen, at(DAY), decide(approval_id)), OwnApproval)


def test_the_database_refuses_who_asked_as_the_one_who_decides() -> None:
    book = Book.opened()
    ask(book)

    with pytest.raises(Exception, match="ck_approvals_second_person"), Session.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE approvals SET status = 'GRANTED', decided_by = asked_by, decided_at = now()"
        )


def test_two_managers_together_are_not_above_their_limit() -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)

    error = refused(lambda: approvals.grant(book.approver, at(DAY), decide(approval_id)), AboveOwnLimit)

    # 20 days late on 8.000,00: 160,00 fee and 53,33 mora.
    assert error.values == {"limit_cents": 500_000, "amount_cents": 821_333}


def test_a_manager_whose_limit_was_raised_grants() -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    raised = Actor.of(
        Role.LOAN_MANAGEMENT, name="João Reis", user_id=book.approver.user_id, limits={Limit.WRITE_OFF_CENTS: 900_000}
    )

    approvals.grant(raised, at(DAY), decide(approval_id))

    assert rows("SELECT status FROM requests") == [("LOST",)]


def test_mora_of_the_days_since_is_no_obstacle_and_a_payment_neither() -> None:
    book = Book.opened()
    loan, approval_id = ask(book)
    book.pay(loan, "500,00", on="2026-03-04")

    approvals.grant(an_admin(), at("2026-03-20"), decide(approval_id))

    assert rows("SELECT status, total_value_paid FROM requests") == [("LOST", 50_000)]
    assert no_differences()


def test_a_debt_that_was_higher_on_the_day_of_the_question_refuses_with_nothing_changed() -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    with Session.begin() as session:
        session.connection().exec_driver_sql("UPDATE approvals SET amount_cents = amount_cents - 1")
    admin = an_admin()

    error = refused(lambda: approvals.grant(admin, at(DAY), decide(approval_id)), DebtGrew)

    assert error.values == {"asked_cents": 821_332, "recounted_cents": 821_333}


def test_a_loan_that_was_paid_meanwhile_is_not_lost() -> None:
    book = Book.opened()
    loan, approval_id = ask(book)
    book.pay(loan, "9.000,00", on=DAY)
    admin = an_admin()

    refused(lambda: approvals.grant(admin, at(DAY), decide(approval_id)), RequestMoved)


@pytest.mark.parametrize("answer", [approvals.grant, approvals.refuse])
def test_what_is_decided_or_was_never_asked_is_not_decided(answer: Callable[..., None]) -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    approvals.refuse(book.approver, at(DAY), decide(approval_id))
    admin = an_admin()

    refused(lambda: answer(admin, at(DAY), decide(approval_id)), ApprovalDecided)
    refused(lambda: answer(admin, at(DAY), decide(an_id())), ApprovalNotFound)


def test_of_two_who_decide_at_once_one_does() -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    admins = [an_admin("Caio"), an_admin("Dora")]

    results = all_at_once(2, lambda index: approvals.grant(admins[index], at(DAY), decide(approval_id)))

    assert sorted(type(result).__name__ for result in results) in (
        ["ApprovalDecided", "NoneType"], ["NoneType", "RequestMoved"],
    )  # fmt: skip
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'request.lost'") == [(1,)]
    assert no_differences()


def test_a_grant_and_a_refusal_at_once_are_one_answer() -> None:
    book = Book.opened()
    _loan, approval_id = ask(book)
    admins, answers = [an_admin("Caio"), an_admin("Dora")], (approvals.grant, approvals.refuse)

    results = all_at_once(2, lambda index: answers[index](admins[index], at(DAY), decide(approval_id)))

    assert sum(result is None for result in results) == 1, results
    [(status, decision)] = rows("SELECT r.status, a.status FROM requests r JOIN approvals a ON a.request_id = r.id")
    assert (status, decision) in [("LOST", "GRANTED"), ("ACTIVE", "REFUSED")]


def test_two_who_ask_at_once_ask_once() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="8.000,00")
    people = [book.manager, book.approver]

    results = all_at_once(2, lambda index: lose(people[index], loan))

    assert sorted(map(str, results)) == sorted(["ASKED", str(ApprovalPending())])
    assert rows("SELECT count(*) FROM approvals") == [(1,)]


def test_no_cycle_visits_a_lost_loan_and_its_charges_go_on_in_the_statement() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    run_cycles("2026-02-20")
    lose(book.manager, loan)
    before = rows("SELECT total_value_open, overdue_through, mora_through FROM requests")

    run_cycles("2026-04-01")

    assert rows("SELECT total_value_open, overdue_through, mora_through FROM requests") == before
    [told] = statements.statements(
        book.manager, at("2026-04-01"), statements.StatementsOf(numbers=(loan.number,), as_of=a_day("2026-04-01"))
    )
    # 50 days: 1.000,00 + 20,00 + 16,67.
    assert (told["status"], told["total_open_cents"]) == ("LOST", 103_667)
    assert no_differences()


def test_money_on_a_lost_loan_is_a_recovery_and_the_loan_stays_lost() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    lose(book.manager, loan)

    book.pay(loan, "2.000,00", on="2026-03-10")

    assert rows("SELECT status, total_value_open FROM requests") == [("LOST", 0)]
    assert no_differences()


def test_a_queued_reminder_of_a_lost_loan_is_cancelled() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00")
    [(client_id,)] = rows("SELECT client_id FROM requests")
    run_cycles("2026-02-20", Cycle.OVERDUE, Cycle.MORA)
    messages.queue_charge(book.manager, at("2026-02-20", 9), messages.QueueCharge(client_id=client_id))

    lose(book.manager, loan, on="2026-02-20")

    assert rows("SELECT status, reason FROM messages") == [("CANCELLED", "WRITTEN_OFF")]
