"""Promises of texts: once by their key, in the transaction of what they are about, withheld with a reason."""

import pytest

from domain.cycles import Cycle
from domain.permissions import SYSTEM
from loanapp.services import _runner, cycles
from tests.build.book import Book, a_day, at, rows, run_cycles
from tests.build.texts import DUE, REMINDED, a_debtor, a_queued_charge, change_rows, moves, pay_with_receipt, statuses

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def test_the_cycle_promises_one_text_about_all_that_a_borrower_owes(book: Book) -> None:
    client_id = book.a_client("Maria das Dores Silva")
    change_rows("UPDATE clients SET preferred_name = 'Dora'")
    book.a_loan(client_id, principal="300,00", count=3, first_due="2026-02-09")
    book.a_loan(client_id, principal="50,00", first_due=REMINDED)

    run_cycles(REMINDED)

    body, key, available_at = rows("SELECT body, dedupe_key, available_at FROM messages")[0]
    assert key == f"charge:{client_id}:{REMINDED}"
    # The window of São Paulo opens at 8; the cycle ran at 7.
    assert available_at == at(REMINDED, 8).now
    assert str(body).startswith("Olá, Dora, tudo bem? Ainda não identificamos o pagamento destas parcelas.")
    # 100,00 + 2 % + 2 days of 1 % a month; and 50,00 due today.
    assert "• parcela 1/3, vencimento 09/02/2026: R$ 102,07\n" in str(body)
    assert "• parcela 1/1, vencimento 11/02/2026: R$ 50,00\n" in str(body)
    assert "Total para pagamento até 11/02/2026: R$ 152,07.\n" in str(body)
    assert statuses() == [("QUEUED", "")]
    assert moves() == [(None, "QUEUED", "")]


def test_a_cycle_run_twice_promises_nothing_twice(book: Book) -> None:
    a_queued_charge(book)
    before = rows("SELECT * FROM messages"), moves()

    run_cycles(REMINDED)

    assert (rows("SELECT * FROM messages"), moves()) == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE clients SET accepts_messages = false", "OPT_OUT"),
        ("UPDATE clients SET phone_flag = 'WRONG_NUMBER'", "NUMBER"),
    ],
)
def test_a_borrower_who_gets_no_text_gets_a_row_that_says_why(change: str, reason: str, book: Book) -> None:
    a_debtor(book)
    change_rows(change)

    run_cycles(REMINDED)

    assert statuses() == [("WITHHELD", reason)]
    assert moves() == [(None, "WITHHELD", reason)]


@pytest.mark.parametrize(
    ("day", "template", "status", "reason"),
    [
        (DUE, "D0", "QUEUED", ""),
        ("2026-02-13", "D+3", "QUEUED", ""),
        ("2026-02-18", "D+7", "QUEUED", ""),
        ("2026-02-25", "D+15", "WITHHELD", "NOT_APPROVED"),
        ("2026-03-12", "D+30", "WITHHELD", "NOT_APPROVED"),
    ],
)
def test_the_delay_chooses_the_text(day: str, template: str, status: str, reason: str, book: Book) -> None:
    a_debtor(book)

    run_cycles(day)

    assert rows("SELECT template, status, reason FROM messages") == [(template, status, reason)]


def test_a_date_that_passed_is_recorded_and_never_sent(book: Book) -> None:
    a_debtor(book)
    run_cycles(REMINDED, Cycle.OVERDUE, Cycle.MORA)

    order = cycles.OpenRun(cycle=Cycle.CHARGE, business_date=a_day(REMINDED), origin="terminal")
    _runner.run_or_replay(SYSTEM, lambda: at("2026-02-12"), order)

    assert statuses() == [("WITHHELD", "STALE")]


def test_a_holiday_has_no_window(book: Book) -> None:
    a_debtor(book, due="2026-02-13")

    run_cycles("2026-02-16")  # Carnaval.

    assert statuses() == [("WITHHELD", "NO_WINDOW")]


def test_a_fourth_text_in_seven_days_is_too_many(book: Book) -> None:
    a_debtor(book)
    change_rows(
        "INSERT INTO messages (id, kind, client_id, dedupe_key, status, template, template_version, body, body_hash,"
        " reference, snapshot, phone, business_date, available_at, created_at, sent_at, reason, attempts,"
        " provider_status) SELECT gen_random_uuid(), 'CHARGE', id, day::text, 'UNKNOWN', 'D0', 1, '', '', '', '{}',"
        " phone, day::date, day, day, day, '', 1, '' FROM clients, unnest(ARRAY['2026-02-05 12:00Z'::timestamptz,"
        " '2026-02-06 12:00Z', '2026-02-09 12:00Z']) day"
    )

    run_cycles(REMINDED)

    assert rows("SELECT reason FROM messages WHERE business_date = '2026-02-11'") == [("FREQUENCY",)]


def test_a_payment_cancels_the_reminder_and_its_receipt_is_promised_once(book: Book) -> None:
    loan = a_queued_charge(book)

    pay_with_receipt(book, loan, "50,00", REMINDED)

    assert rows("SELECT kind, status, reason FROM messages ORDER BY kind") == [
        ("CHARGE", "CANCELLED", "PAYMENT"),
        ("RECEIPT", "QUEUED", ""),
    ]
    # 100,00 + 2,00 late fee + 0,03 mora of one day, less 50,00.
    assert rows("SELECT body FROM messages WHERE kind = 'RECEIPT'")[0][0].startswith(
        "Olá, Maria. Recebemos seu pagamento de R$ 50,00, de 11/02/2026, do contrato 1. Obrigado! Falta pagar deste"
        " contrato: R$ 52,03."
    )


def test_the_receipt_of_the_last_payment_says_that_nothing_is_open(book: Book) -> None:
    loan = a_debtor(book)

    pay_with_receipt(book, loan, "100,00", DUE)

    assert rows("SELECT template, status FROM messages") == [("RECEIPT_PAID", "QUEUED")]
