"""Rivals on real connections: money is neither lost nor doubled, whoever comes first."""

from uuid import UUID

import pytest

from domain.cycles import Cycle
from domain.permissions import SYSTEM
from loanapp.queries import verification
from loanapp.services import _runner, requests
from loanapp.services._received import PaymentReceipt
from loanapp.services.cycles import OpenRun
from loanapp.services.requests import DisburseRequest
from tests.build.book import Book, a_day, at, rows
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

RIVALS = 8


def no_differences() -> bool:
    return verification.verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []


@pytest.mark.parametrize("round_number", range(5))
def test_eight_payments_on_one_invoice_are_all_kept(round_number: int) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")

    results = all_at_once(
        RIVALS, lambda index: book.pay(loan, "10,00", on=f"2026-02-0{1 + (index + round_number) % 5}")
    )

    assert all(isinstance(result, PaymentReceipt) for result in results), results
    assert rows("SELECT paid_cents, open_cents FROM invoices") == [(8000, 2000)]
    assert rows("SELECT total_value_paid FROM requests") == [(8000,)]
    assert no_differences()


def test_eight_clicks_with_one_id_are_one_payment() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")

    results = all_at_once(RIVALS, lambda _index: book.pay(loan, "10,00", on="2026-02-01", payment_id=UUID(int=77)))

    assert {result.number for result in results if isinstance(result, PaymentReceipt)} == {1}, results
    assert sum(result.is_new for result in results if isinstance(result, PaymentReceipt)) == 1
    assert rows("SELECT count(*), sum(amount_cents) FROM payments") == [(1, 1000)]


def test_two_cashiers_who_both_pay_everything_leave_the_second_as_credit() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00")

    all_at_once(2, lambda _index: book.pay(loan, "100,00", on="2026-02-01"))

    assert rows("SELECT paid_cents, status FROM invoices") == [(10000, "PAID")]
    assert rows("SELECT credit_cents FROM clients") == [(10000,)]
    assert no_differences()


def test_two_managers_disburse_one_request_once() -> None:
    book = Book.opened()
    asked = book.a_request()
    requests.approve(book.approver, at("2026-01-10"), requests.ApproveRequest(request_id=asked.request_id))
    order = DisburseRequest(request_id=asked.request_id, method="PIX", disbursed_on=a_day("2026-01-10"))

    results = all_at_once(2, lambda _index: requests.disburse(book.manager, at("2026-01-10"), order))

    assert sorted(type(result).__name__ for result in results) == ["RequestMoved", "RequestReceipt"]
    assert rows("SELECT count(*) FROM invoices") == [(1,)]


def test_payments_during_the_cycles_and_two_workers_on_one_run_agree_with_the_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_runner, "CLIENTS_PER_CHUNK", 3)
    book = Book.opened()
    loans = [book.a_loan(principal="100,00", count=2, first_due="2026-01-20") for _ in range(20)]

    def act(index: int) -> object:
        if index < 2:
            for cycle in (Cycle.OVERDUE, Cycle.MORA):
                order = OpenRun(cycle=cycle, business_date=a_day("2026-02-25"), origin="terminal")
                _runner.run_or_replay(SYSTEM, lambda: at("2026-02-25", 7), order)
            return None
        return [book.pay(loan, "30,00", on="2026-02-25") for loan in loans[index::4]]

    results = all_at_once(4, act)

    assert not [result for result in results if isinstance(result, Exception)], results
    assert rows("SELECT count(*) FROM invoices WHERE status = 'OPEN'") == [(0,)]
    assert no_differences()
