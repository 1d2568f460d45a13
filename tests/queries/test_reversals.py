"""The effect of a reversal and the quote of a settlement, before anybody confirms: equal to what then happens."""

import pytest
from sqlalchemy import Engine

from domain.errors import DomainError
from domain.permissions import NOBODY, PermissionMissing, Role
from loanapp.queries.reversals import InvoiceEffect, Standing, payment_id_of, reversal_effect
from loanapp.queries.settlements import SettlementOf, settlement_quote
from tests.build.book import Book, a_day, a_person, an_id, assign_all, at, everything, rows
from tests.build.counting import counted

pytestmark = pytest.mark.usefixtures("database")


def test_the_effect_shows_each_invoice_before_and_after_and_changes_nothing(database: Engine) -> None:
    book = Book.opened()
    loan = book.a_loan(principal="100,00", first_due="2026-02-10")
    paid = book.pay(loan, "130,00", on="2026-02-10")
    before = everything()

    with counted(database) as seen:
        effect = reversal_effect(book.manager, at("2026-03-12"), paid.payment_id)

    assert len(seen) == 8
    assert (effect.status_before, effect.status_after, effect.credit_change_cents) == ("PAID", "ACTIVE", -3000)
    assert (effect.open_before_cents, effect.open_after_cents, effect.obstacle) == (0, 10_300, "")
    assert effect.invoices == (
        InvoiceEffect(
            number=1,
            before=Standing(status="PAID", days_overdue=0, late_fee_cents=0, mora_cents=0, open_cents=0),
            after=Standing(status="UNPAID", days_overdue=30, late_fee_cents=200, mora_cents=100, open_cents=10_300),
        ),
    )
    assert everything() == before
    book.reverse(paid, on="2026-03-12")
    assert rows("SELECT status, total_value_open FROM requests") == [("ACTIVE", 10_300)]


def test_the_credit_that_comes_back_is_counted_with_what_its_own_loan_takes() -> None:
    book = Book.opened()
    client_id = book.a_client()
    first, second = book.a_loan(client_id, principal="100,00"), book.a_loan(client_id, principal="200,00")
    early = book.pay(first, "60,00", on="2026-02-01")
    book.pay(first, "110,00", on="2026-02-02")
    used = book.use_credit(second, "70,00", on="2026-02-03")
    book.reverse(early, on="2026-02-04")

    effect = reversal_effect(book.manager, at("2026-02-05"), used.payment_id)

    book.reverse(used, on="2026-02-05")
    assert effect.open_after_cents == 20_000
    assert rows("SELECT credit_cents FROM clients") == [(effect.credit_change_cents,)] == [(1000,)]


def test_the_effect_names_what_stands_in_the_way() -> None:
    book = Book.opened()
    client_id = book.a_client()
    first, second = book.a_loan(client_id, principal="100,00"), book.a_loan(client_id, principal="200,00")
    source = book.pay(first, "150,00", on="2026-02-01")
    used = book.use_credit(second, "50,00", on="2026-02-01")
    street = a_person(Role.STREET_SUPERVISOR)
    assign_all(street)

    def obstacle(actor, payment_id) -> str:  # noqa: ANN001
        return reversal_effect(actor, at("2026-02-01"), payment_id).obstacle

    assert obstacle(book.manager, source.payment_id) == "payment.credit_in_use"
    assert obstacle(street, used.payment_id) == "reversal.not_yours"
    book.reverse(used, on="2026-02-01")
    assert obstacle(book.manager, used.payment_id) == "reversal.already"
    assert obstacle(book.manager, source.payment_id) == ""
    assert payment_id_of(book.manager, at("2026-02-01"), source.number) == source.payment_id
    with pytest.raises(DomainError, match=r"payment\.not_found"):
        reversal_effect(book.manager, at("2026-02-01"), an_id())
    with pytest.raises(PermissionMissing):
        reversal_effect(NOBODY, at("2026-02-01"), source.payment_id)


def test_a_quote_is_line_by_line_and_is_what_the_settlement_then_costs() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="1.000,00", rate_pct="10", count=3, first_due="2026-02-10")

    quote = settlement_quote(
        book.manager, at("2026-01-20"), SettlementOf(request_id=loan.request_id, received_on=a_day("2026-01-20"))
    )

    assert [(line.number, line.discount_cents, line.to_pay_cents) for line in quote.lines] == [
        (1, 6774, 36559), (2, 10000, 33333), (3, 10000, 33334),
    ]  # fmt: skip
    assert (quote.discount_cents, quote.to_pay_cents) == (26774, 103_226)
    book.settle_early(loan, "1.032,26", on="2026-01-20")
    with pytest.raises(DomainError, match=r"request\.takes_no_payment"):
        settlement_quote(
            book.manager, at("2026-01-20"), SettlementOf(request_id=loan.request_id, received_on=a_day("2026-01-20"))
        )
