"""The route of the borrower's copy over real HTTP: who gets it, what it is, and that it is noted first."""

import json
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.services.users import AddUser, add_user
from loanapp.web import held_data, sign_in
from tests.build.book import Book, an_id, everything, rows
from tests.build.serving import serving

pytestmark = pytest.mark.usefixtures("database")
ORIGIN = {"origin": "http://127.0.0.1:8000"}
PASSWORD = "a long enough secret"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[*sign_in.routes, *held_data.routes])) as url:
        yield url


@pytest.fixture
def maria() -> UUID:
    book = Book.opened()
    client_id = book.a_client()
    book.a_loan(client_id)
    return client_id


def signed_in(address: str, role: Role = Role.LOAN_MANAGEMENT) -> dict[str, str]:
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name="Ana Lima", role=role, password=PASSWORD))
    opened = httpx.post(f"{address}/auth/entrar", data={"email": email, "senha": PASSWORD}, headers=ORIGIN)
    return {"cookie": opened.headers["set-cookie"].split(";")[0]}


def test_the_json_is_a_download_that_nobody_keeps_and_its_own_event_is_in_it(address: str, maria: UUID) -> None:
    got = httpx.get(f"{address}/exports/cliente/{maria}.json", headers=signed_in(address))

    document = json.loads(got.content)
    assert (got.status_code, got.headers["content-type"], got.headers["cache-control"]) == (
        200, "application/json", "no-store",
    )  # fmt: skip
    today = clock.moment().business_date.isoformat()
    assert got.headers["content-disposition"] == f'attachment; filename="cliente-1-dados-{today}.json"'
    assert document["person"]["name"] == "Maria das Dores Silva"
    last = document["records"]["audit_events"][-1]
    assert (last["action"], last["actor"], last["after"]) == ("client.exported", "Ana Lima", {"format": "json"})


def test_the_pdf_is_one(address: str, maria: UUID) -> None:
    got = httpx.get(f"{address}/exports/cliente/{maria}.pdf", headers=signed_in(address), timeout=20)

    assert (got.status_code, got.headers["content-type"], got.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert rows("SELECT action FROM audit_events ORDER BY id DESC LIMIT 1") == [("client.exported",)]


@pytest.mark.parametrize("role", [Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
@pytest.mark.parametrize("written", ["json", "pdf"])
def test_who_may_not_gets_nothing_and_nothing_is_written(address: str, maria: UUID, role: Role, written: str) -> None:
    headers = signed_in(address, role)
    before = everything()

    got = httpx.get(f"{address}/exports/cliente/{maria}.{written}", headers=headers)

    assert (got.status_code, got.text) == (403, "Só a gestão de empréstimos exporta os dados de um cliente.")
    assert everything() == before


@pytest.mark.parametrize("headers", [{}, {"cookie": "session=forged"}])
def test_nobody_gets_nothing(address: str, maria: UUID, headers: dict[str, str]) -> None:
    before = everything()

    got = httpx.get(f"{address}/exports/cliente/{maria}.json", headers=headers)

    assert (got.status_code, got.text) == (401, "Entre no sistema para continuar.")
    assert everything() == before


def test_a_client_that_does_not_exist_is_not_found(address: str, maria: UUID) -> None:  # noqa: ARG001 - another.
    headers = signed_in(address)
    before = everything()

    for named in (str(an_id()), "1", "../x", "' OR 1=1"):
        assert httpx.get(f"{address}/exports/cliente/{named}.json", headers=headers).status_code == 404

    assert everything() == before
