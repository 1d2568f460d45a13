"""The routes of papers over real HTTP: who gets one, what it is, and that it is noted first."""

import json
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.services.users import AddUser, add_user
from loanapp.web import papers, sign_in
from tests.build.book import Book, an_id, everything, rows
from tests.build.guarantors import JOSE
from tests.build.loan_papers import a_guaranteed_loan, accepted, drafted
from tests.build.serving import serving

pytestmark = pytest.mark.usefixtures("database")
ORIGIN = {"origin": "http://127.0.0.1:8000"}
PASSWORD = "a long enough secret"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[*sign_in.routes, *papers.routes])) as url:
        yield url


@pytest.fixture
def book() -> Book:
    return Book.opened()


def signed_in(address: str, role: Role = Role.LOAN_MANAGEMENT) -> dict[str, str]:
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name="Ana Lima", role=role, password=PASSWORD))
    opened = httpx.post(f"{address}/auth/entrar", data={"email": email, "senha": PASSWORD}, headers=ORIGIN)
    return {"cookie": opened.headers["set-cookie"].split(";")[0]}


def issued() -> list[tuple[object, object]]:
    found = rows("SELECT text FROM audit_events WHERE action = 'paper.issued' ORDER BY id")
    return [(after["paper"], after["request"]) for after in (json.loads(str(text))["after"] for (text,) in found)]


def test_each_paper_of_a_loan_is_a_download_that_nobody_keeps_and_leaves_its_event(address: str, book: Book) -> None:
    loan = a_guaranteed_loan(book)
    paid = book.a_loan(guarantor=JOSE)
    book.pay(paid, "1.000,00", on="2026-02-10")
    headers = signed_in(address)

    for number, name in ((1, "contrato"), (1, "carne"), (1, "extrato"), (2, "quitacao")):
        got = httpx.get(f"{address}/pdf/emprestimos/{number}/{name}", headers=headers, timeout=20)
        assert (got.status_code, got.headers["content-type"], got.content[:5]) == (200, "application/pdf", b"%PDF-")
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["content-disposition"] == f'attachment; filename="{name}-{number}.pdf"'
    assert issued() == [("CONTRACT", loan.number), ("CARNET", 1), ("STATEMENT", 1), ("QUITTANCE", paid.number)]


def test_the_contract_of_a_loan_that_an_agreement_made_is_the_agreement(address: str, book: Book) -> None:
    draft = drafted(book, a_guaranteed_loan(book))
    accepted(book, draft)
    headers = signed_in(address)

    by_loan = httpx.get(f"{address}/pdf/emprestimos/2/contrato", headers=headers, timeout=20)
    by_offer = httpx.get(f"{address}/pdf/propostas/{draft.renegotiation_id}", headers=headers, timeout=20)

    assert [got.headers["content-disposition"] for got in (by_loan, by_offer)] == [
        'attachment; filename="termo-emprestimo-2.pdf"', 'attachment; filename="renegociacao-1.pdf"',
    ]  # fmt: skip
    assert issued() == [("AGREEMENT", 1), ("AGREEMENT", 1)]


def test_what_is_not_written_says_why_and_leaves_no_event(address: str, book: Book) -> None:
    book.a_request()
    headers = signed_in(address)
    before = everything()

    answers = {
        path: httpx.get(f"{address}/pdf/{path}", headers=headers)
        for path in (
            "emprestimos/1/contrato", "emprestimos/1/extrato", "emprestimos/1/quitacao", "emprestimos/9/carne",
            f"emprestimos/{'9' * 5000}/carne", f"propostas/{an_id()}",
        )
    }  # fmt: skip

    assert [(got.status_code, got.text) for got in answers.values()] == [
        (409, "O contrato sai depois da aprovação."),
        (409, "O extrato sai depois que o dinheiro é liberado."),
        (409, "O termo de quitação sai quando o empréstimo está quitado."),
        (404, "Este empréstimo não existe."),
        (404, "Este empréstimo não existe."),
        (404, "Esta proposta não existe."),
    ]
    assert everything() == before


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2026-02-15", 200), ("0001-01-01", 404), ("9999-12-31", 200), ("x", 200), ("2026-13-01", 200)],
)
def test_a_statement_takes_any_date_and_what_is_none_counts_as_today(
    address: str, book: Book, as_of: str, status: int
) -> None:
    a_guaranteed_loan(book)

    got = httpx.get(
        f"{address}/pdf/emprestimos/1/extrato", params={"ate": as_of}, headers=signed_in(address), timeout=20
    )

    assert got.status_code == status


@pytest.mark.parametrize("headers", [{}, {"cookie": "session=forged"}])
def test_nobody_gets_nothing(address: str, book: Book, headers: dict[str, str]) -> None:
    a_guaranteed_loan(book)
    before = everything()

    for name in ("emprestimos/1/contrato", "emprestimos/1/carne", "emprestimos/1/extrato", "emprestimos/1/quitacao",
                 f"propostas/{UUID(int=1)}"):  # fmt: skip
        got = httpx.get(f"{address}/pdf/{name}", headers=headers)
        assert (got.status_code, got.text) == (401, "Entre no sistema para continuar.")

    assert everything() == before


def test_a_supervisor_gets_no_paper_of_somebody_else_s_client_and_no_offer(address: str, book: Book) -> None:
    draft = drafted(book, a_guaranteed_loan(book))
    headers = signed_in(address, Role.STREET_SUPERVISOR)
    before = everything()

    loan = httpx.get(f"{address}/pdf/emprestimos/1/contrato", headers=headers)
    offer = httpx.get(f"{address}/pdf/propostas/{draft.renegotiation_id}", headers=headers)

    assert (loan.status_code, loan.text) == (404, "Este empréstimo não existe.")
    assert (offer.status_code, offer.text) == (403, "Seu papel não dá acesso às renegociações.")
    assert everything() == before
