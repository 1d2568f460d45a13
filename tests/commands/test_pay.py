import json
from collections.abc import Callable

import pytest

from tests.build.book import Book, everything, rows
from tests.build.terminal import Command

PAYMENT = "7b0c64e0-54f5-4c0f-8f0e-2f6b1f2f9a11"


@pytest.fixture(autouse=True)
def loan(today: Callable[[str], None]) -> None:
    today("2026-02-18")
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")


def test_a_payment_prints_its_receipt_and_what_is_left(loanapp: Command) -> None:
    ended = loanapp("pay", 1, "--amount-cents", 40000, "--method", "CASH", "--received-on", "2026-02-10",
                    "--id", PAYMENT, "--json")  # fmt: skip

    assert ended.status == 0
    assert json.loads(ended.out) == {
        "payment": PAYMENT,
        "number": 1,
        "request": 1,
        "amount_cents": 40000,
        "received_on": "2026-02-10",
        "is_new": True,
        "total_open_cents": 0,
        "credit_cents": 5000,
    }
    assert rows("SELECT method, amount_cents FROM payments") == [("CASH", 40000)]


def test_the_same_id_twice_is_one_payment_and_the_same_receipt(loanapp: Command) -> None:
    order = ("pay", 1, "--amount-cents", 10000, "--id", PAYMENT, "--json")

    first, second = (json.loads(loanapp(*order).out) for _ in range(2))

    assert (first.pop("is_new"), second.pop("is_new")) == (True, False)
    # Late fee 7,00 and 8 days of mora 0,93 come first: of 357,93, 100,00 is paid.
    assert first == second
    assert (first["number"], first["total_open_cents"]) == (1, 25793)
    assert rows("SELECT count(*) FROM payments") == [(1,)]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("1", "--amount-cents", "0"), 1, "payment.not_positive"),
        (("1", "--amount-cents", "-5"), 1, "payment.not_positive"),
        (("1", "--amount-cents", "100", "--received-on", "2026-02-19"), 1, "payment.in_future"),
        (("1", "--amount-cents", "100", "--received-on", "2025-01-01"), 1, "payment.before_disbursement"),
        (("7", "--amount-cents", "100"), 1, "No request had the number 7"),
        (("1", "--amount-cents", "10,00"), 2, "is not a valid integer"),
        (("1",), 2, "--amount-cents"),
        ((str(10**20), "--amount-cents", "100"), 2, "is not in the range"),
        (("1", "--amount-cents", "100", "--method", "GOLD"), 2, "--method"),
        (("1", "--amount-cents", "100", "--id", "mine"), 2, "not a valid UUID"),
    ],
)
def test_a_wrong_order_is_one_line_and_changes_nothing(
    loanapp: Command, arguments: tuple[object, ...], status: int, says: str
) -> None:
    before = everything()

    ended = loanapp("pay", *arguments)

    assert (ended.status, ended.out, ended.error.count("\n")) == (status, "", 1)
    assert says in ended.error
    assert everything() == before


def test_the_same_id_with_another_amount_is_refused(loanapp: Command) -> None:
    loanapp("pay", 1, "--amount-cents", 10000, "--id", PAYMENT)

    ended = loanapp("pay", 1, "--amount-cents", 10001, "--id", PAYMENT)

    assert (ended.status, "payment.id_taken" in ended.error) == (1, True)
    assert rows("SELECT amount_cents FROM payments") == [(10000,)]
