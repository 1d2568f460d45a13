"""The daily cycles in a browser: a run is seen before it runs, what failed is retried, and the book is proven."""

import re
import time
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from loanapp.commands import servers
from tests.browser.desk import Desk
from tests.browser.office import WAIT_SECONDS, Office


@pytest.fixture(scope="module")
def ada(office: Office, browser: Browser) -> Iterator[Desk]:
    """Give the administrator who runs the cycles."""
    desk = office.desk(browser, "ada")
    yield desk
    desk.leave()


@pytest.fixture
def sabotage(office: Office) -> Iterator[None]:
    """Let the database refuse that the loan's invoice becomes overdue, until the test lets it."""
    ((request_id,),) = office.rows("SELECT id::text FROM requests WHERE number = %s", office.loans["replayed"])
    condition = f"request_id <> '{request_id}' OR status = 'OPEN'"
    _alter(office, f"ADD CONSTRAINT sabotage CHECK ({condition}) NOT VALID")
    yield
    _end_sabotage(office)


def _alter(office: Office, change: str) -> None:
    with psycopg.connect(servers.database_url(office.product.data_dir), autocommit=True) as connection:
        connection.execute(f"ALTER TABLE invoices {change}".encode())


def _end_sabotage(office: Office) -> None:
    _alter(office, "DROP CONSTRAINT IF EXISTS sabotage")


def _charges(office: Office) -> list[tuple[object, ...]]:
    return office.rows(
        "SELECT i.status, late_fee_cents, mora_cents FROM invoices i JOIN requests r ON r.id = request_id"
        " WHERE r.number = %s",
        office.loans["replayed"],
    )


@pytest.mark.usefixtures("sabotage")
def test_a_run_is_seen_before_it_runs_and_what_failed_is_retried_alone(office: Office, ada: Desk) -> None:
    number = office.loans["replayed"]
    ada.open("/rotinas")
    ada.page.get_by_label("Só do empréstimo nº").fill("9999")
    ada.press("Simular")
    ada.sees("main", "Este empréstimo não existe.")

    ada.page.get_by_label("Só do empréstimo nº").fill(str(number))
    ada.press("Simular")
    ada.sees("main", "1 parcela mudaria.")
    ada.reads(ada.page.get_by_role("row").filter(has_text=f"Empréstimo {number}"), re.compile(r"R\$\s0,00.*R\$\s20,00"))
    assert _charges(office) == [("OPEN", 0, 0)]

    ada.press("Executar…")
    ada.press("Executar rotina", within=ada.dialog)
    ada.page.wait_for_url(re.compile("/rotinas/execucoes/"))
    ada.sees("main", "Concluída com falhas")
    ada.sees("main", "esta execução não fecha a data")
    assert _charges(office) == [("OPEN", 0, 0)]

    _end_sabotage(office)
    ada.press("Reprocessar 1 falha")
    failed_at = ada.page.url
    ada.press("Reprocessar 1 falha", within=ada.dialog)
    ada.page.wait_for_url(lambda url: "/rotinas/execucoes/" in url and url != failed_at)
    ada.sees("main", "Concluída")
    ada.sees("main", "1 empréstimo mudou")
    # Mora waited for it, and follows: twenty days of R$ 1.000,00.
    deadline = time.monotonic() + WAIT_SECONDS
    while _charges(office) != [("UNPAID", 2000, 667)] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _charges(office) == [("UNPAID", 2000, 667)]


def test_the_same_again_changes_nothing(office: Office, ada: Desk) -> None:
    ada.open("/rotinas")
    ada.page.get_by_label("Só do empréstimo nº").fill(str(office.loans["replayed"]))
    ada.press("Simular")
    ada.sees("main", "Nada mudaria: tudo já está certo para esta data.")


def test_the_book_is_proven_on_request_and_the_page_names_what_is_wrong(office: Office, ada: Desk) -> None:
    ada.open("/rotinas/conferencia")
    ada.press("Conferir agora")
    ada.sees("main", re.compile(r"Conferida em .*: tudo certo"))

    number = office.loans["replayed"]
    change = "UPDATE requests SET total_value_open = total_value_open + %s WHERE number = %s RETURNING 1"
    assert office.rows(change, 1, number) == [(1,)]
    try:
        ada.press("Conferir agora")
        ada.sees("main", re.compile(r"Conferida em .*: \d diferença"))
        expect(ada.page.get_by_role("table", name="O que não confere")).to_contain_text(str(number))
    finally:
        office.rows(change, -1, number)
