import json
from collections.abc import Callable

import pytest

from tests.build.book import Book, everything, rows
from tests.build.terminal import Command

ORDER = "7b0c64e0-54f5-4c0f-8f0e-2f6b1f2f9a12"


@pytest.fixture(autouse=True)
def book(today: Callable[[str], None]) -> Book:
    today("2026-02-18")
    made = Book.opened()
    made.a_loan(principal="1.000,00", rate_pct="10", count=2, first_due="2026-02-10")
    return made


def test_a_payment_is_previewed_then_reversed_once(loanapp: Command) -> None:
    # Late fee 12,00 and 8 days of mora 1,60 come first: of 613,60 all is paid.
    loanapp("pay", 1, "--amount-cents", 61360)
    before = everything()

    preview = json.loads(loanapp("reverse", 1, "--preview", "--json").out)
    assert everything() == before
    first = json.loads(loanapp("reverse", 1, "--reason", "Pix devolvido", "--id", ORDER, "--json").out)
    again = json.loads(loanapp("reverse", 1, "--reason", "Pix devolvido", "--id", ORDER, "--json").out)

    assert preview == {
        "payment": 1, "request": 1, "amount_cents": 61360, "status_before": "ACTIVE", "status_after": "ACTIVE",
        "open_before_cents": 60000, "open_after_cents": 121360, "credit_change_cents": 0, "obstacle": None,
        "invoices": [{
            "number": 1, "status_before": "PAID", "status_after": "UNPAID", "open_before_cents": 0,
            "open_after_cents": 61360,
        }],
        "reversal": None, "is_new": False,
    }  # fmt: skip
    assert first == preview | {"reversal": ORDER, "is_new": True}
    assert (again["is_new"], again["open_after_cents"], again["obstacle"]) == (False, 121360, "reversal.already")
    assert rows("SELECT total_value_open FROM requests") == [(121360,)]


def test_a_reversal_without_a_reason_or_of_nothing_is_refused(loanapp: Command) -> None:
    loanapp("pay", 1, "--amount-cents", 100)
    before = everything()

    silent, missing = loanapp("reverse", 1), loanapp("reverse", 9, "--reason", "x")

    assert (silent.status, missing.status) == (1, 1)
    assert missing.error == "loanapp: No payment has the number 9.\n"
    assert everything() == before


def test_a_charge_is_waived(loanapp: Command) -> None:
    order = ("waive", 1, 1, "--component", "LATE_FEE", "--amount-cents", 1200, "--reason", "Acordo", "--id", ORDER)

    first, again = (json.loads(loanapp(*order, "--json").out) for _ in range(2))
    too_much = loanapp("waive", 1, 1, "--component", "MORA", "--amount-cents", 161, "--reason", "Acordo")

    assert first == {
        "waiver": ORDER, "request": 1, "invoice": 1, "component": "LATE_FEE", "amount_cents": 1200, "is_new": True,
        "total_open_cents": 120_160,
    }  # fmt: skip
    assert again == first | {"is_new": False}
    assert too_much.status == 1
    assert rows("SELECT component, amount_cents FROM adjustments") == [("LATE_FEE", 1200)]


def test_an_early_settlement_is_previewed_then_paid(loanapp: Command) -> None:
    before = everything()

    preview = json.loads(loanapp("settle", 1, "--as-of", "2026-02-18", "--preview", "--json").out)
    assert everything() == before
    # 8 of 28 days of the second period ran: 20/28 of 100,00 = 71,43 come off.
    assert preview == {
        "request": 1, "received_on": "2026-02-18", "discount_cents": 7143, "to_pay_cents": 61360 + 60000 - 7143,
        "invoices": [
            {"number": 1, "due_date": "2026-02-10", "open_cents": 61360, "interest_cents": 10000, "discount_cents": 0,
             "to_pay_cents": 61360},
            {"number": 2, "due_date": "2026-03-10", "open_cents": 60000, "interest_cents": 10000,
             "discount_cents": 7143, "to_pay_cents": 52857},
        ],
    }  # fmt: skip
    stale = loanapp("settle", 1, "--expected-cents", 1)
    paid = json.loads(loanapp("settle", 1, "--expected-cents", preview["to_pay_cents"], "--id", ORDER, "--json").out)

    assert stale.status == 1
    assert paid == preview | {"payment": ORDER, "number": 1, "is_new": True}
    assert rows("SELECT status FROM requests") == [("PAID",)]


def test_people_read_sentences(loanapp: Command) -> None:
    loanapp("pay", 1, "--amount-cents", 100)

    assert "Parcela 2, vence 10/03/2026: " in loanapp("settle", 1, "--preview").out
    assert loanapp("waive", 1, 1, "--component", "MORA", "--amount-cents", 1, "--reason", "x").out.startswith(
        "Dispensa"
    )
    assert loanapp("reverse", 1, "--reason", "x").out.startswith("Recebimento 1 estornado: ")
