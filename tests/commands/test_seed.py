import json
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from loanapp.commands import demo
from tests.build.book import everything, rows
from tests.build.terminal import Command

SEED = ("seed", "--clients", 20, "--seed", 7, "--months", 1, "--until", "2026-05-15")


@pytest.fixture(autouse=True)
def day(today: Callable[[str], None]) -> None:
    today("2026-07-01")


def test_the_same_seed_gives_the_same_statements_byte_for_byte(
    loanapp: Command, clean_database: Callable[[], None]
) -> None:
    books = []
    for _ in range(2):
        clean_database()
        assert loanapp(*SEED).status == 0
        books.append(loanapp("statement", "--all", "--as-of", "2026-05-15", "--json").out)

    assert books[0] == books[1]
    assert len(books[0].splitlines()) == rows("SELECT count(*) FROM requests")[0][0]


def test_a_seeded_book_is_verified_and_leaves_no_text_to_send(loanapp: Command) -> None:
    loanapp(*SEED)

    ended = loanapp("verify", "--json")

    assert ended.status == 0
    assert json.loads(ended.out)["differences"] == []
    assert rows("SELECT DISTINCT status FROM messages") == [("WITHHELD",)]
    # Each date of the past has its cycles, and the watermarks of what still runs say so.
    assert rows("SELECT count(DISTINCT business_date), max(business_date)::text FROM cycle_runs") == [
        (31, "2026-05-15")
    ]
    assert rows("SELECT DISTINCT overdue_through::text FROM requests WHERE status = 'ACTIVE'") == [("2026-05-15",)]


def test_a_seed_that_is_there_already_is_not_made_again(loanapp: Command) -> None:
    loanapp(*SEED)
    before = everything()

    ended = loanapp(*SEED)

    assert ended.status == 0
    assert ended.out == "Nothing to do: the book of seed 7 until 2026-05-15 is already here.\n"
    assert everything() == before


def test_a_book_with_other_clients_is_left_alone(loanapp: Command) -> None:
    loanapp(*SEED)
    before = everything()

    ended = loanapp("seed", "--clients", 3)

    assert (ended.status, ended.out) == (1, "")
    assert ended.error == (
        "loanapp: The book already holds 20 clients: seed an empty database, named by DATABASE_URL.\n"
    )
    assert everything() == before


def test_a_date_that_has_not_come_is_refused(loanapp: Command) -> None:
    ended = loanapp("seed", "--until", "2026-07-02")

    assert ended.status == 1
    assert ended.error == "loanapp: --until 2026-07-02 has not come: give a date up to 2026-07-01.\n"


def test_verify_names_the_record_that_was_changed_by_hand(loanapp: Command, database: Engine) -> None:
    loanapp(*SEED)
    with database.begin() as connection:
        number = connection.exec_driver_sql(
            "UPDATE invoices SET mora_cents = mora_cents + 1 WHERE id ="
            " (SELECT min(id) FROM invoices WHERE status = 'UNPAID') RETURNING request_id, number"
        ).one()
    request = rows("SELECT number FROM requests WHERE id = :id", id=number.request_id)[0][0]

    ended = loanapp("verify", "--json")

    assert ended.status == 1
    records = [difference["record"] for difference in json.loads(ended.out)["differences"]]
    assert f"request {request} invoice {number.number} mora_cents" in records


def test_the_demo_book_has_every_state_and_is_verified(loanapp: Command) -> None:
    logins = demo.make()

    assert logins[0] == "gestao@demo.loanapp  demonstracao-2026  (Marta Gestão)"
    assert len(logins) == 5
    assert demo.make() == logins
    assert rows("SELECT count(*) FROM clients") == [(40,)]
    assert rows("SELECT DISTINCT status FROM requests ORDER BY 1") == [
        ("ACTIVE",), ("APPROVED",), ("LOST",), ("OPEN",), ("PAID",), ("RENEGOTIATED",), ("UNAPPROVED",),
    ]  # fmt: skip
    assert rows("SELECT status FROM approvals ORDER BY 1") == [("GRANTED",), ("PENDING",)]
    assert rows("SELECT count(*) FROM clients WHERE supervisor_id IS NOT NULL") == [(11,)]
    buckets = rows(
        "SELECT DISTINCT width_bucket(CAST('2026-07-01' AS date) - overdue_since, ARRAY[1, 16, 31, 61, 91])"
        " FROM requests WHERE overdue_since IS NOT NULL ORDER BY 1"
    )
    assert buckets == [(1,), (2,), (3,), (4,), (5,)]
    assert {status for (status,) in rows("SELECT DISTINCT status FROM messages")} >= {
        "SENT", "DELIVERED", "READ", "FAILED", "UNKNOWN", "WITHHELD", "CANCELLED", "QUEUED",
    }  # fmt: skip
    assert rows("SELECT count(*) FROM messages WHERE status = 'QUEUED' AND business_date < '2026-07-01'") == [(0,)]
    assert rows(
        "SELECT DISTINCT promised_on >= '2026-07-01', (SELECT sum(amount_cents) FROM payments p"
        " JOIN requests r ON r.id = p.request_id WHERE r.client_id = f.client_id AND p.registered_at > f.at"
        " AND p.received_on BETWEEN f.business_date AND f.promised_on) >= promised_cents"
        " FROM follow_ups f WHERE kind = 'PROMISE' ORDER BY 1, 2"
    ) == [(False, None), (True, True), (True, None)]
    assert rows("SELECT count(*) > 0 FROM clients WHERE credit_cents > 0") == [(True,)]
    assert rows("SELECT count(*) > 0 FROM clients WHERE tax_id ~ '[A-Z]'") == [(True,)]
    assert rows("SELECT count(*) FROM clients WHERE status = 'BLOCKED'") == [(2,)]
    # An agreement's request is made by whoever closes it: what needs a second person there is the discount.
    assert rows("SELECT count(*) FROM requests WHERE requested_by = decided_by AND parent_id IS NULL") == [(0,)]
    assert loanapp("verify").status == 0
