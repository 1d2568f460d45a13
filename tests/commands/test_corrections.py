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


def test_a_due_date_is_moved_once(loanapp: Command) -> None:
    order = ("due-date", 1, 1, "--to", "2026-02-20", "--reason", "Recebe no dia 20", "--id", ORDER, "--json")

    first, again = (json.loads(loanapp(*order).out) for _ in range(2))

    # Late fee 12,00 and mora 1,60 are gone: it is not overdue any more.
    assert first == {
        "change": ORDER, "request": 1, "invoice": 1, "due_date": "2026-02-20", "effective_due_date": "2026-02-20",
        "is_new": True, "total_open_cents": 120_000,
    }  # fmt: skip
    assert again == first | {"is_new": False}
    assert rows("SELECT count(*) FROM due_date_changes") == [(1,)]


def test_a_due_date_of_no_invoice_or_in_the_past_before_the_loan_is_refused(loanapp: Command) -> None:
    before = everything()

    missing = loanapp("due-date", 1, 9, "--to", "2026-02-20", "--reason", "x")
    impossible = loanapp("due-date", 1, 1, "--to", "2025-12-01", "--reason", "x")

    assert (missing.status, missing.error) == (1, "loanapp: Request 1 has no invoice 9.\n")
    assert impossible.status == 1
    assert everything() == before


def test_credit_pays_another_loan_and_what_is_left_is_paid_back(loanapp: Command, book: Book) -> None:
    ((client_id,),) = rows("SELECT client_id FROM requests")
    book.a_loan(client_id, principal="100,00", first_due="2026-03-10", on="2026-02-18")
    loanapp("pay", 2, "--amount-cents", 15000)

    used = [json.loads(loanapp("credit", 1, "--amount-cents", 3000, "--id", ORDER, "--json").out) for _ in range(2)]
    paid_back = json.loads(
        loanapp("refund", 1, "--amount-cents", 2000, "--reason", "A pedido", "--id", ORDER, "--json").out
    )
    before = everything()
    too_much = loanapp("refund", 1, "--amount-cents", 1, "--reason", "A pedido")

    assert used[0] == {
        "payment": ORDER, "number": 2, "request": 1, "amount_cents": 3000, "is_new": True,
        "total_open_cents": 121_360 - 3000,
    }  # fmt: skip
    assert used[1] == used[0] | {"is_new": False}
    assert paid_back == {"refund": ORDER, "number": 1, "request": 1, "amount_cents": 2000, "is_new": True}
    assert rows("SELECT credit_cents FROM clients") == [(0,)]
    assert too_much.status == 1
    assert everything() == before


def test_a_loan_is_written_off_and_what_comes_in_is_a_recovery(loanapp: Command) -> None:
    first = json.loads(loanapp("lost", 1, "--reason", "Mudou de cidade", "--json").out)
    again = json.loads(loanapp("lost", 1, "--reason", "Mudou de cidade", "--json").out)
    loanapp("pay", 1, "--amount-cents", 1000)

    assert first == {"request": 1, "status": "LOST", "is_new": True, "total_open_cents": 121_360}
    assert again == first | {"is_new": False}
    assert rows("SELECT status, total_value_paid FROM requests") == [("LOST", 1000)]


def test_a_renegotiation_is_shown_offered_and_accepted_once(loanapp: Command) -> None:
    terms = (
        "renegotiate", 1, "--instalments", 2, "--first-due", "2026-03-20", "--mora-discount-pct", 100,
        "--down-payment-cents", 21_200,
    )  # fmt: skip
    before = everything()
    preview = json.loads(loanapp(*terms, "--preview", "--json").out)
    assert everything() == before
    # 1.200,00 + 12,00 of late fee, without the 1,60 of mora; the base is what is left of the original value.
    assert preview == {
        "request": 1, "debt_cents": 121_360, "discount_cents": 160, "total_cents": 121_200,
        "mora_base_cents": 120_000,
        "invoices": [
            {"number": 0, "due_date": "2026-02-18", "amount_cents": 21_200, "mora_base_cents": 20_990},
            {"number": 1, "due_date": "2026-03-20", "amount_cents": 50_000, "mora_base_cents": 49_505},
            {"number": 2, "due_date": "2026-04-20", "amount_cents": 50_000, "mora_base_cents": 49_505},
        ],
    }  # fmt: skip

    offered = json.loads(loanapp(*terms, "--id", ORDER, "--json").out)
    accepted = [json.loads(loanapp(*terms, "--id", ORDER, "--accept", "--json").out) for _ in range(2)]

    assert offered == {"request": 1, "offer": 1, "status": "PROPOSED", "new_request": None}
    assert accepted == [{"request": 1, "offer": 1, "status": "ACCEPTED", "new_request": 2}] * 2
    assert rows("SELECT status, total_value_open FROM requests ORDER BY number") == [
        ("RENEGOTIATED", 0), ("ACTIVE", 100_000),
    ]  # fmt: skip
    assert rows("SELECT amount_cents, method FROM payments") == [(21_200, "PIX")]


def test_impossible_terms_are_refused(loanapp: Command) -> None:
    before = everything()

    refused = [
        loanapp("renegotiate", 9, "--preview"),
        loanapp("renegotiate", 1, "--mora-discount-pct", 101, "--preview"),
        loanapp("renegotiate", 1, "--rate-pct", "um"),
        loanapp("renegotiate", 1, "--accept", "--preview"),
        loanapp("renegotiate", 1, "--down-payment-cents", 121_360, "--accept"),
    ]

    assert [ended.status for ended in refused] == [1, 1, 2, 2, 1]
    assert everything() == before


def test_people_read_sentences(loanapp: Command, book: Book) -> None:
    ((client_id,),) = rows("SELECT client_id FROM requests")
    book.a_loan(client_id, principal="100,00", first_due="2026-03-10", on="2026-02-18")
    loanapp("pay", 2, "--amount-cents", 15000)

    assert loanapp("due-date", 1, 2, "--to", "2026-03-20", "--reason", "x").out.startswith("Vencimento da parcela 2")
    assert loanapp("credit", 1, "--amount-cents", 1).out.startswith("Crédito usado: R$ 0,01")
    assert loanapp("refund", 1, "--amount-cents", 1, "--reason", "x").out.startswith("Devolução 1: R$ 0,01")
    assert loanapp("renegotiate", 1, "--preview").out.startswith("Dívida hoje R$ 1.213,59")
    assert loanapp("renegotiate", 1).out == "Proposta nº 1 feita sobre o empréstimo 1.\n"
    assert loanapp("lost", 1, "--reason", "x").out.startswith("Empréstimo 1 baixado como perda.")
    assert loanapp("renegotiate", 1, "--accept").out == "Acordo nº 2: o empréstimo 1 virou o 3.\n"
