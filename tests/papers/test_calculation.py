"""The calculation on paper: the words and figures of the screen, whose it is, and the route that gives it."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from domain.history import Component
from domain.permissions import Role
from loanapp.papers.calculation import calculation_pdf
from loanapp.queries.calculations import CalculationOf, calculation_paper
from loanapp.web import calculations, sign_in
from tests.build.book import Book, a_day, at
from tests.build.serving import serving
from tests.papers.test_papers import text_of
from tests.web.test_held_data import signed_in

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[*sign_in.routes, *calculations.routes])) as url:
        yield url


def written(book: Book, asked: CalculationOf, *, on: str) -> str:
    made = calculation_paper(book.manager, at(on), asked)
    return text_of(calculation_pdf(made, is_compressed=False)).replace("\N{NO-BREAK SPACE}", " ")


def test_the_paper_has_each_line_what_was_waived_and_what_was_paid() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="350,00", first_due="2026-02-10")
    book.waive(loan, (1, Component.LATE_FEE, "2,00"), on="2026-02-15")
    book.pay(loan, "150,00", on="2026-02-16")

    shown = written(book, CalculationOf(number=loan.number, invoice_number=1), on="2026-02-26")

    for line in (
        "Valor em 26/02/2026: R$ 206,39", "Maria das Dores Silva", "Multa 2,00% (uma vez, em 11/02)",
        "15/02/2026: dispensa de multa, R$ 2,00.", "nº 1, 16/02/2026", "Em aberto em 26/02/2026",
    ):  # fmt: skip
        assert line in shown
    assert "congelada" in shown


def test_a_loan_on_paper_lists_what_is_open_and_says_of_which_day_it_is() -> None:
    book = Book.opened()
    loan = book.a_loan(principal="600,00", count=2, first_due="2026-02-10")
    asked = CalculationOf(number=loan.number, as_of=a_day("2026-02-09"))

    shown = written(book, asked, on="2026-02-20")

    assert "Valor em 09/02/2026: R$ 600,00" in shown
    assert "Como estava nesse dia" in shown
    assert "Parcela 2/2" in shown


def test_the_same_moment_gives_the_same_bytes() -> None:
    book = Book.opened()
    loan = book.a_loan()
    made = calculation_paper(book.manager, at("2026-02-20"), CalculationOf(number=loan.number))

    assert calculation_pdf(made) == calculation_pdf(made)


def test_the_route_gives_the_file_that_nobody_keeps(address: str) -> None:
    loan = Book.opened().a_loan()

    got = httpx.get(f"{address}/pdf/calculo/{loan.number}?parcela=1&ate=2026-02-20", headers=signed_in(address))

    assert (got.status_code, got.headers["content-type"], got.headers["cache-control"]) == (
        200, "application/pdf", "no-store",
    )  # fmt: skip
    name = f"calculo-{loan.number}-parcela-1-2026-02-20.pdf"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert got.content.startswith(b"%PDF")


def test_strangers_other_supervisors_and_what_is_no_calculation_get_nothing(address: str) -> None:
    loan = Book.opened().a_loan()
    path = f"{address}/pdf/calculo/{loan.number}"

    assert httpx.get(path).status_code == 401
    assert httpx.get(path, headers=signed_in(address, Role.STREET_SUPERVISOR)).status_code == 404
    manager = signed_in(address)
    for query in ("?ate=ontem", "?parcela=9", "?parcela=x", "?parcela=99999", "?ate=2025-01-01"):
        assert httpx.get(path + query, headers=manager).status_code == 404, query
    assert httpx.get(f"{address}/pdf/calculo/{'9' * 30}", headers=manager).status_code == 404
