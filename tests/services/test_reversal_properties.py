"""Whatever happened before: a payment that is reversed leaves every statement and stored figure as it found them."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.cycles import Cycle
from domain.errors import DomainError
from domain.history import Component
from domain.permissions import SYSTEM
from loanapp.queries.statements import StatementsOf, statements
from loanapp.queries.verification import verify
from loanapp.services.requests import RequestReceipt
from tests.build.book import Book, at, run_cycles
from tests.services.test_reversals import STORED, rows, without_reversed

pytestmark = pytest.mark.usefixtures("database")

START = date(2026, 1, 10)
LAST = START + timedelta(days=90)
AMOUNTS = st.integers(1, 40_000).map(lambda cents: f"{cents // 100},{cents % 100:02d}")
FACTS = st.lists(
    st.tuples(st.sampled_from(["pay", "backdate", "waive", "use", "move", "cycles"]), st.integers(0, 1), AMOUNTS),
    max_size=6,
)


def act(book: Book, loans: list[RequestReceipt], fact: tuple[str, int, str], day: date) -> None:
    what, index, amount = fact
    loan, today = loans[index], day.isoformat()
    if what == "pay":
        book.pay(loan, amount, on=today)
    elif what == "backdate":
        book.pay(loan, amount, on=today, received=(day - timedelta(days=5)).isoformat())
    elif what == "waive":
        book.waive(loan, (1, Component.MORA, "0,05"), on=today)
    elif what == "use":
        book.use_credit(loan, amount, on=today)
    elif what == "move":
        book.move_due_date(loan, 2, (day + timedelta(days=9)).isoformat(), on=today)
    else:
        run_cycles(today, Cycle.OVERDUE, Cycle.MORA)


def seen(loans: list[RequestReceipt]) -> str:
    """Return every statement of the last day and of one to come, as text, and the stored figures.

    Of the days between a payment's receipt and its reversal, a statement tells that it was there.
    """
    numbers = tuple(loan.number for loan in loans)
    documents = [
        without_reversed(document)
        for day in (LAST, LAST + timedelta(days=30))
        for document in statements(SYSTEM, at(LAST), StatementsOf(numbers=numbers, as_of=day))
    ]
    return json.dumps(documents) + repr(rows(STORED))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS, index=st.integers(0, 1), amount=AMOUNTS, days_back=st.integers(0, 80))
def test_reversing_restores_every_statement_byte_for_byte(
    clean_database: Callable[[], None], facts: list[tuple[str, int, str]], index: int, amount: str, days_back: int
) -> None:
    clean_database()
    book = Book.opened()
    client_id = book.a_client()
    loans = [
        book.a_loan(client_id, principal=principal, rate_pct="4", count=3, first_due="2026-01-20")
        for principal in ("100,00", "300,00")
    ]
    for place, fact in enumerate(facts):
        with suppress(DomainError):
            act(book, loans, fact, START + timedelta(days=20 + 12 * place))
    run_cycles(LAST.isoformat(), Cycle.OVERDUE, Cycle.MORA)
    before = seen(loans)

    with suppress(DomainError):
        paid = book.pay(
            loans[index], amount, on=LAST.isoformat(), received=(LAST - timedelta(days=days_back)).isoformat()
        )
        assert seen(loans) != before
        book.reverse(paid, on=LAST.isoformat())

    assert seen(loans) == before
    assert verify(SYSTEM, lambda: at(LAST), lambda _checked: None)[0] == []
