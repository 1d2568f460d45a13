import pytest
from sqlalchemy import Engine

from domain.history import Component
from domain.permissions import SYSTEM
from domain.proofs import Difference
from loanapp.queries.verification import verify
from loanapp.services import users
from tests.build.book import Book, at, run_cycles
from tests.build.people import a_user


@pytest.fixture(autouse=True)
def book(database: Engine) -> Book:  # noqa: ARG001 - the database first.
    """Make an overdue loan with a part paid, one that was paid with credit left over, and one still being asked for."""
    made = Book.opened()
    first = made.a_loan(principal="1.000,00", rate_pct="3", count=4, first_due="2026-02-10")
    second = made.a_loan(principal="100,00")
    made.a_request()
    made.pay(first, "50,00", on="2026-01-20")
    made.pay(second, "120,00", on="2026-02-05")
    made.waive(first, (1, Component.LATE_FEE, "1,00"), on="2026-02-12")
    made.move_due_date(first, 4, "2026-05-20", on="2026-02-12")
    made.reverse(made.pay(first, "10,00", on="2026-02-12"), on="2026-02-12")
    made.use_credit(made.a_loan(made.client_of(second), principal="300,00"), "5,00", on="2026-02-12")
    made.refund(made.client_of(second), "5,00", on="2026-02-12")
    run_cycles("2026-02-12")
    a_user("rua@empresa.com.br", role="STREET_SUPERVISOR")
    gone = users.DeactivateUser(user_id=a_user("foi@empresa.com.br"), reason="Saiu da empresa")
    users.deactivate(SYSTEM, at("2026-02-12"), gone)
    return made


def found_differences() -> list[Difference]:
    return verify(SYSTEM, lambda: at("2026-02-12"), lambda _checked: None)[0]


def test_a_book_made_through_the_use_cases_has_no_difference() -> None:
    assert found_differences() == []


# Statements that leave every sum as it was, where they can; the invariant and the record that must be named.
BY_HAND = {
    "interest with all that follows": (
        """
        UPDATE invoices SET interest_cents = interest_cents + 100, original_cents = original_cents + 100,
               late_fee_base_cents = late_fee_base_cents + 100, mora_base_cents = mora_base_cents + 100,
               mora_remaining_base_cents = mora_remaining_base_cents + 100
         WHERE number = 3 AND request_id = (SELECT id FROM requests WHERE number = 1);
        UPDATE requests SET total_value_open = total_value_open + 100 WHERE number = 1
        """,
        "1 plan",
        "request 1 invoice 3",
    ),
    "mora base": (
        """
        UPDATE invoices SET mora_base_cents = mora_base_cents - 1,
               mora_remaining_base_cents = mora_remaining_base_cents - 1
         WHERE number = 3 AND request_id = (SELECT id FROM requests WHERE number = 1)
        """,
        "1 plan",
        "request 1 invoice 3",
    ),
    "due date": (
        """
        UPDATE invoices SET due_date = due_date + 1, effective_due_date = effective_due_date + 1,
               mora_since = mora_since + 1
         WHERE number = 3 AND request_id = (SELECT id FROM requests WHERE number = 1)
        """,
        "1 plan",
        "request 1 invoice 3",
    ),
    "state without invoices": (
        "UPDATE requests SET status = 'UNAPPROVED', unapproved_on = '2026-02-12' WHERE number = 1",
        "2 status",
        "request 1",
    ),
    "lost": (
        "UPDATE requests SET status = 'LOST', lost_on = '2026-02-12' WHERE number = 1",
        "5 requests",
        "request ",
    ),
    "request gone": ("DELETE FROM requests WHERE number = 3", "5 requests", "request "),
    "terms of what is asked for": (
        "UPDATE requests SET principal_cents = principal_cents * 10 WHERE number = 3",
        "5 requests",
        "request ",
    ),
    "who asked": ("UPDATE requests SET requested_by = NULL WHERE number = 3", "5 requests", "request "),
    "who decided": ("UPDATE requests SET decided_by = requested_by WHERE number = 1", "5 requests", "request "),
    "role of a user": ("UPDATE users SET role = 'SUPER_ADMIN' WHERE email = 'rua@empresa.com.br'", "5 users", "user "),
    "a way in again": ("UPDATE users SET is_active = true WHERE email = 'foi@empresa.com.br'", "5 users", "user "),
    "day of settlement": (
        "UPDATE requests SET paid_on = '2026-01-12' WHERE number = 2",
        "2 status",
        "request 2 paid_on",
    ),
    "old figures": (
        "UPDATE requests SET metrics_updated_at = '2025-01-01' WHERE number = 1",
        "4 aggregates",
        "request 1 metrics_updated_at",
    ),
    "figures of no time": (
        "UPDATE requests SET metrics_updated_at = NULL WHERE number = 1",
        "4 aggregates",
        "request 1 metrics_updated_at",
    ),
    "method": ("UPDATE payments SET method = 'CASH' WHERE number = 1", "5 payments", "payment "),
    "day of receipt": ("UPDATE payments SET received_on = '2026-01-15' WHERE number = 1", "5 payments", "payment "),
    "author": ("UPDATE payments SET registered_by = NULL WHERE number = 1", "5 payments", "payment "),
    "tail cut with its count": (
        """
        DELETE FROM audit_events e USING clients c
         WHERE c.number = 2 AND c.id = e.client_id AND e.chain_number = c.audit_count;
        UPDATE clients c SET audit_count = audit_count - 1, audit_head = (
               SELECT hash FROM audit_events e WHERE e.client_id = c.id AND e.chain_number = c.audit_count - 1)
         WHERE number = 2
        """,
        "5 refund",
        "refund ",
    ),
    "author of an event": (
        """
        UPDATE audit_events SET actor_name = 'Outra Pessoa'
         WHERE chain_number = 2 AND client_id = (SELECT id FROM clients WHERE number = 1)
        """,
        "5 audit chain",
        "client 1, chain client:",
    ),
    "reversal gone": (
        """
        UPDATE allocations SET cause_payment_id = payment_id, cause_reversal_id = NULL
         WHERE cause_reversal_id IS NOT NULL;
        DELETE FROM reversals
        """,
        "5 reversal",
        "reversal ",
    ),
    "a reversal's reason": ("UPDATE reversals SET reason = 'Outro'", "5 reversal", "reversal "),
    "a waiver made bigger": ("UPDATE adjustments SET amount_cents = amount_cents + 1", "5 adjustment", "adjustment "),
    "a waiver made bigger, in its charges": (
        "UPDATE adjustments SET amount_cents = amount_cents + 1",
        "3 charges",
        "request 1 invoice 1 waived",
    ),
    "a use of credit": ("UPDATE credit_uses SET amount_cents = amount_cents - 1", "5 credit use", "credit use "),
    "a use of credit, in the credit": (
        "UPDATE credit_uses SET amount_cents = amount_cents - 1",
        "1 credit",
        "client 2",
    ),
    "a refund": ("UPDATE refunds SET amount_cents = amount_cents + 1", "5 refund", "refund "),
    "a moved due date": (
        """
        UPDATE due_date_changes SET old_due_date = old_due_date + 1,
               old_effective_due_date = old_effective_due_date + 9
        """,
        "5 due date change",
        "due date change ",
    ),
    "a moved due date, in the plan": (
        """
        UPDATE due_date_changes SET old_due_date = old_due_date + 1,
               old_effective_due_date = old_effective_due_date + 9
        """,
        "1 plan",
        "request 1 invoice 4",
    ),
    "credit of a request": (
        "UPDATE requests SET credit_cents = credit_cents + 1 WHERE number = 2",
        "4 aggregates",
        "request 2 credit_cents",
    ),
    "allocation gone": (
        """
        DELETE FROM allocations a USING payments p WHERE p.id = a.payment_id AND p.number = 2
        """,
        "1 credit",
        "client 2",
    ),
}


@pytest.mark.parametrize(("changes", "invariant", "record"), BY_HAND.values(), ids=BY_HAND)
def test_what_was_changed_by_hand_behind_the_triggers_is_found_and_named(
    database: Engine, changes: str, invariant: str, record: str
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for change in changes.split(";"):
            assert connection.exec_driver_sql(change).rowcount > 0

    found = found_differences()

    assert [each for each in found if each.invariant == invariant and each.record.startswith(record)] != []
