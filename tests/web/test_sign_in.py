"""The routes of signing in and out, over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from domain.permissions import SYSTEM
from loanapp import clock
from loanapp.services.users import AddUser, add_user
from loanapp.web import sign_in
from tests.build.book import rows
from tests.build.serving import serving

pytestmark = pytest.mark.usefixtures("database")
OURS = {"origin": "http://127.0.0.1:8000"}
SCRIPT = {**OURS, "accept": "application/json"}
RIGHT = {"email": "ana@empresa.com.br", "senha": "a long enough secret"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=sign_in.routes)) as url:
        yield url


@pytest.fixture(autouse=True)
def _a_user(database: object) -> None:  # noqa: ARG001 - the user is a row of it.
    add_user(
        SYSTEM,
        clock.moment(),
        AddUser(email=RIGHT["email"], name="Ana", role="LOAN_MANAGEMENT", password=RIGHT["senha"]),
    )


def test_the_right_password_sets_a_strict_cookie_and_goes_where_one_wanted(address: str) -> None:
    response = httpx.post(f"{address}/auth/entrar", data={**RIGHT, "next": "/clientes?busca=ana"}, headers=OURS)

    assert (response.status_code, response.headers["location"]) == (303, "/clientes?busca=ana")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("session=ey")
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=strict")


@pytest.mark.parametrize("wrong", [{"senha": "wrong"}, {"email": "nobody@empresa.com.br"}])
def test_whatever_is_wrong_the_answer_is_the_same_and_no_cookie(address: str, wrong: dict[str, str]) -> None:
    response = httpx.post(f"{address}/auth/entrar", data={**RIGHT, **wrong, "next": "/clientes"}, headers=OURS)

    assert (response.status_code, response.headers["location"]) == (303, "/entrar?erro=senha&next=%2Fclientes")
    assert "set-cookie" not in response.headers
    assert rows("SELECT count(*) FROM login_sessions") == [(0,)]


@pytest.mark.parametrize(
    "hostile",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\\b", "/a\r\nx: y", ""],
)
def test_an_open_redirect_goes_to_the_start_page_instead(address: str, hostile: str) -> None:
    response = httpx.post(f"{address}/auth/entrar", data={**RIGHT, "next": hostile}, headers=OURS)

    assert response.headers["location"] == "/"


def test_the_dialog_gets_204_or_401_and_stays_on_its_page(address: str) -> None:
    right = httpx.post(f"{address}/auth/entrar", data=RIGHT, headers=SCRIPT)
    wrong = httpx.post(f"{address}/auth/entrar", data={**RIGHT, "senha": "wrong"}, headers=SCRIPT)

    assert (right.status_code, wrong.status_code) == (204, 401)
    assert "set-cookie" in right.headers


@pytest.mark.parametrize("route", ["entrar", "sair", "renovar"])
@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_a_post_from_elsewhere_is_refused(address: str, route: str, headers: dict[str, str]) -> None:
    response = httpx.post(f"{address}/auth/{route}", data=RIGHT, headers=headers)

    assert response.status_code == 403
    assert rows("SELECT count(*) FROM login_sessions") == [(0,)]


def test_signing_out_ends_the_session_and_a_kept_cookie_is_worth_nothing(address: str) -> None:
    cookie = httpx.post(f"{address}/auth/entrar", data=RIGHT, headers=OURS).headers["set-cookie"].split(";")[0]
    signed = {**OURS, "cookie": cookie}

    assert httpx.post(f"{address}/auth/renovar", headers=signed).status_code == 204
    response = httpx.post(f"{address}/auth/sair", headers=signed)

    assert (response.status_code, response.headers["location"]) == (303, "/entrar")
    assert rows("SELECT ended_at IS NOT NULL FROM login_sessions") == [(True,)]
    assert httpx.post(f"{address}/auth/renovar", headers=signed).status_code == 401


def test_a_password_as_long_as_a_book_is_just_wrong(address: str) -> None:
    response = httpx.post(f"{address}/auth/entrar", data={**RIGHT, "senha": "x" * 100_000}, headers=SCRIPT)

    assert response.status_code == 401
