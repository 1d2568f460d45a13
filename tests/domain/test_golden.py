"""Every row of the golden cases, computed by an independent program in exact fractions (money.md §7)."""

import csv
from pathlib import Path

import pytest

from domain.history import replay
from domain.money import total
from tests.build.contracts import a_contract, a_contract_invoice, a_day, a_payment_fact

GOLDEN = Path(__file__).parents[1] / "data" / "late_charges_golden.csv"
ROWS = list(csv.DictReader(GOLDEN.read_text(encoding="utf-8").splitlines()))


def test_the_golden_file_is_whole() -> None:
    assert [int(row["case"]) for row in ROWS] == list(range(144))


@pytest.mark.parametrize("row", ROWS, ids=[row["case"] for row in ROWS])
def test_late_charges_equal_the_golden_case(row: dict[str, str]) -> None:
    original = int(row["original_cents"])
    interest = original // 4
    invoice = a_contract_invoice(
        due=row["due_date"],
        effective=row["effective_due_date"],
        principal=original - interest,
        interest=interest,
        mora_base=int(row["mora_base_cents"]),
    )
    payments = []
    for sequence, text in enumerate(filter(None, row["payments"].split(";"))):
        received, cents = text.rstrip("!").split("=")
        reversed_on = received if text.endswith("!") else None
        payments.append(a_payment_fact(sequence, received, int(cents), reversed_on=reversed_on))
    contract = a_contract(invoice, late_fee_pct=row["late_fee_pct"], mora_pct_month=row["mora_pct_month"])

    position = replay(contract, payments, as_of=a_day(row["as_of"]))

    result = position.invoices[0]
    assert (result.late_fee.cents, result.mora.cents, result.open.total.cents) == (
        int(row["late_fee_cents"]),
        int(row["mora_cents"]),
        int(row["open_cents"]),
    )
    counted = total(payment.amount for payment in payments if payment.reversed_on is None)
    assert result.paid.total + position.credit == counted
