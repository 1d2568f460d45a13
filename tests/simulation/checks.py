"""What must hold after every step: each stored row is what the rule makes of the company's memory, no centavo is lost.

And any earlier or later day, asked of the statement, is what the memory knows of that day.
"""

from datetime import date
from functools import cache

from domain.permissions import SYSTEM, Actor
from domain.requests import RequestStatus
from loanapp.queries.dashboard import dashboard
from loanapp.queries.statements import StatementsOf, statements
from tests.build.book import at, rows
from tests.simulation.mirror import Loan

STORED = (
    "SELECT i.number, i.status, i.late_fee_cents, i.mora_cents, i.waived_cents, i.paid_cents, i.open_cents"
    " FROM invoices i WHERE i.request_id = :id AND i.status <> 'CANCELLED' ORDER BY i.number"
)
REQUEST = (
    "SELECT overdue_through, mora_through, status, credit_cents, total_value_open, total_value_paid,"
    " total_value_overdue, total_value_to_breakeven FROM requests WHERE id = :id"
)
WATERMARKS = "SELECT overdue_through, mora_through FROM requests WHERE id = :id"
# What came in and was not reversed, less what was paid back; and where it is: settled, or somebody's credit.
RECEIVED = (
    "SELECT (SELECT coalesce(sum(amount_cents), 0) FROM payments p WHERE method <> 'CREDIT'"
    " AND NOT EXISTS (SELECT FROM reversals r WHERE r.payment_id = p.id))"
    " - (SELECT coalesce(sum(amount_cents), 0) FROM refunds f"
    " WHERE NOT EXISTS (SELECT FROM reversals r WHERE r.refund_id = f.id)),"
    " (SELECT coalesce(sum(total_value_paid), 0) FROM requests) + (SELECT coalesce(sum(credit_cents), 0) FROM clients)"
)
# What the invoices that an agreement took over still lacked.
CARRIED = (
    "SELECT coalesce(sum(original_cents + late_fee_cents + mora_cents - waived_cents - paid_cents), 0)"
    " FROM invoices WHERE request_id = :id AND status = 'RENEGOTIATED'"
)


@cache
def _every_row() -> str:
    """Return the statement that makes one line of each table: its name, and a digest of all its rows."""
    names = rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    return " UNION ALL ".join(
        f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"  # noqa: S608 - names of tables.
        for (name,) in names
    )


def fingerprint() -> list[tuple[object, ...]]:
    """Return what changes with any row of any table, to show that a refusal changed nothing."""
    return sorted(rows(_every_row()), key=str)


def check(loan: Loan) -> None:
    """Compare a loan's stored rows with the rule, as of what the rows stand for."""
    ((overdue_through, mora_through, *found),) = rows(REQUEST, id=loan.request_id)
    assert isinstance(overdue_through, date)
    assert isinstance(mora_through, date)
    position = loan.position_then(overdue_through, mora_through)
    expected = [
        (
            invoice.number, invoice.status.value, invoice.late_fee.cents, invoice.mora.cents, invoice.waived.cents,
            invoice.paid.total.cents, invoice.open.total.cents,
        )
        for invoice in position.invoices
    ]  # fmt: skip
    assert rows(STORED, id=loan.request_id) == expected
    assert found == [
        loan.status.value, position.credit.cents, position.total_open.cents, position.total_paid.cents,
        position.total_overdue.cents, loan.to_recover(overdue_through),
    ]  # fmt: skip
    assert rows(CARRIED, id=loan.request_id) == [(loan.carried.cents,)]


def check_money() -> None:
    """Find what came in where it is said to be, to the centavo, counted without any rule."""
    ((received, kept),) = rows(RECEIVED)
    assert received == kept


def check_dashboard(actor: Actor, loans: list[Loan], today: date) -> None:
    """Compare the portfolio's figures with the sums of what the rule makes of the loans that run."""
    running = [loan for loan in loans if loan.status is RequestStatus.ACTIVE]
    positions = []
    for loan in running:
        ((overdue_through, mora_through),) = rows(WATERMARKS, id=loan.request_id)
        assert isinstance(overdue_through, date)
        assert isinstance(mora_through, date)
        positions.append(loan.position_then(overdue_through, mora_through))
    shown = dashboard(actor, at(today), None).portfolio
    assert (shown.active_count, shown.open_cents, shown.overdue_cents, shown.paid_cents, shown.unsettled_count) == (
        len(running),
        sum(position.total_open.cents for position in positions),
        sum(position.total_overdue.cents for position in positions),
        sum(position.total_paid.cents for position in positions),
        sum(1 for position in positions for invoice in position.invoices if invoice.open.total),
    )


def check_statement(loan: Loan, day: date, today: date) -> None:
    """Compare the statement of any day with what the memory knows of it."""
    (document,) = statements(SYSTEM, at(today), StatementsOf(numbers=(loan.number,), as_of=day))
    position = loan.position_then(day)
    status = loan.status_on(day)
    assert (document["status"], document["total_open_cents"], document["credit_cents"]) == (
        status.value, position.total_open.cents, position.credit.cents,
    )  # fmt: skip
    assert document["total_value_paid_cents"] == position.total_paid.cents
    assert document["total_value_to_breakeven_cents"] == loan.to_recover(day)
    assert (document["renegotiated_on"] is not None) is (status is RequestStatus.RENEGOTIATED)
    assert [
        (line["number"], line["status"], line["late_fee_cents"], line["mora_cents"], line["waived_cents"],
         line["paid_cents"], line["open_cents"], line["days_overdue"])
        for line in document["invoices"]
    ] == [
        (each.number, each.status.value, each.late_fee.cents, each.mora.cents, each.waived.cents,
         each.paid.total.cents, each.open.total.cents, each.days_overdue)
        for each in position.invoices
    ]  # fmt: skip
