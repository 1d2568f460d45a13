"""The routes of signing in and out, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from passlib.totp import TOTP
from starlette.applications import Starlette

from domain.permissions import NOBODY, SYSTEM
from loanapp import clock, edge
from loanapp.queries.auth import session_by_reference
from loanapp.services import auth, second_factor
from loanapp.services.second_factor import ConfirmSecondFactor
from loanapp.services.users import AddUser, MakeLink, add_user, make_link
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


@pytest.mark.parametrize("route", ["entrar", "codigo", "senha", "sair", "renovar"])
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


def posted(
    address: str, route: str, data: dict[str, str], *, cookies: str = "", is_script: bool = False
) -> httpx.Response:
    headers = {**(SCRIPT if is_script else OURS), **({"cookie": cookies} if cookies else {})}
    return httpx.post(f"{address}/auth/{route}", data=data, headers=headers)


def cookies_of(response: httpx.Response) -> str:
    return "; ".join(cookie.split(";")[0] for cookie in response.headers.get_list("set-cookie"))


def a_second_factor() -> tuple[str, tuple[str, ...]]:
    """Turn the user's second factor on; return what the app shows a step later, and the recovery codes."""
    signed = auth.sign_in(NOBODY, clock.moment(), auth.SignIn(email=RIGHT["email"], password=RIGHT["senha"]))
    session = session_by_reference(NOBODY, clock.moment(), edge.reference_of(signed.session_id))
    assert session is not None
    app = TOTP(second_factor.start_second_factor(session.actor, clock.moment(), None).key.replace(" ", ""))
    now = int(clock.moment().now.timestamp())
    order = ConfirmSecondFactor(code=app.generate(now).token)
    codes = second_factor.confirm_second_factor(session.actor, clock.moment(), order)
    return app.generate(now + 30).token, codes


def test_the_sixth_failure_is_told_how_long_to_wait_and_so_is_the_right_password(address: str) -> None:
    wrong = {**RIGHT, "senha": "wrong", "next": "/clientes"}
    for _ in range(5):
        posted(address, "entrar", wrong)

    page = posted(address, "entrar", wrong)
    script = posted(address, "entrar", RIGHT, is_script=True)

    assert page.headers["location"] == "/entrar?erro=bloqueio&minutos=15&next=%2Fclientes"
    assert (script.status_code, script.json()) == (429, {"erro": "bloqueio", "minutos": 15})
    assert "set-cookie" not in script.headers


def test_with_a_second_factor_the_password_leads_to_the_code_and_the_code_to_where_one_wanted(address: str) -> None:
    code, _ = a_second_factor()

    first = posted(address, "entrar", {**RIGHT, "next": "/clientes"})
    second = posted(address, "codigo", {"codigo": code, "next": "/clientes"}, cookies=cookies_of(first))

    assert first.headers["location"] == "/entrar?passo=codigo&next=%2Fclientes"
    assert first.headers["set-cookie"].startswith("second-step=ey")
    assert first.headers["set-cookie"].endswith("; HttpOnly; Path=/; SameSite=strict")
    assert (second.status_code, second.headers["location"]) == (303, "/clientes")
    kept, forgotten = second.headers.get_list("set-cookie")
    assert kept.startswith("session=ey")
    assert forgotten.startswith('second-step=""')


def test_the_cookie_between_the_steps_is_no_session(address: str) -> None:
    a_second_factor()
    waiting = cookies_of(posted(address, "entrar", RIGHT)).removeprefix("second-step=")

    assert posted(address, "renovar", {}, cookies=f"session={waiting}").status_code == 401


def test_the_dialog_is_asked_for_the_code_and_told_when_it_is_wrong(address: str) -> None:
    _, codes = a_second_factor()

    first = posted(address, "entrar", RIGHT, is_script=True)
    cookies = cookies_of(first)
    wrong = posted(address, "codigo", {"codigo": "000000"}, cookies=cookies, is_script=True)
    right = posted(address, "codigo", {"codigo": codes[0]}, cookies=cookies, is_script=True)

    assert (first.status_code, first.json()) == (401, {"passo": "codigo"})
    assert (wrong.status_code, wrong.json()) == (401, {"passo": "codigo", "erro": "codigo"})
    assert right.status_code == 204
    assert "session=ey" in right.headers["set-cookie"]


@pytest.mark.parametrize("cookies", ["", "second-step=forged", "session=forged"])
def test_a_code_without_the_password_before_it_leads_back_to_the_password(address: str, cookies: str) -> None:
    code, _ = a_second_factor()

    response = posted(address, "codigo", {"codigo": code, "next": "//evil.example"}, cookies=cookies)

    assert response.headers["location"] == "/entrar?erro=prazo&next=%2F"
    assert "set-cookie" not in response.headers


def test_a_link_sets_the_password_and_leads_to_the_sign_in_page(address: str) -> None:
    user_id = rows("SELECT id FROM users")[0][0]
    link = make_link(SYSTEM, clock.moment(), MakeLink(user_id=user_id))
    order = {"token": link.token, "senha": "another long secret", "pagina": "/redefinir-senha"}

    short = posted(address, "senha", {**order, "senha": "short"})
    first, second = posted(address, "senha", order), posted(address, "senha", order)

    assert short.headers["location"] == "/redefinir-senha?erro=curta"
    assert first.headers["location"] == "/entrar?aviso=senha"
    assert second.headers["location"] == "/redefinir-senha?erro=link"
    assert link.token not in str([response.headers for response in (short, first, second)])
    assert posted(address, "entrar", {**RIGHT, "senha": "another long secret"}).headers["location"] == "/"


@pytest.mark.parametrize("page", ["", "https://evil.example", "//evil.example", "/painel"])
def test_a_refused_link_leads_to_no_page_but_its_own(address: str, page: str) -> None:
    response = posted(address, "senha", {"token": "x", "senha": "another long secret", "pagina": page})

    assert response.headers["location"] == "/primeiro-acesso?erro=link"


def test_signing_in_again_changes_the_session_and_ends_the_old_one(address: str) -> None:
    planted = cookies_of(posted(address, "entrar", RIGHT))

    response = posted(address, "entrar", RIGHT, cookies=planted)

    assert cookies_of(response) not in ("", planted)
    assert posted(address, "renovar", {}, cookies=planted).status_code == 401
    assert posted(address, "renovar", {}, cookies=cookies_of(response)).status_code == 204


def test_behind_proxies_the_throttle_and_the_session_know_the_real_address(address: str, change_settings: Any) -> None:
    change_settings(PROXY_HOPS="1")
    headers = {**OURS, "x-forwarded-for": "6.6.6.6, 203.0.113.7"}

    httpx.post(f"{address}/auth/entrar", data=RIGHT, headers=headers)
    httpx.post(f"{address}/auth/entrar", data={**RIGHT, "senha": "wrong"}, headers=headers)

    assert rows("SELECT address FROM login_sessions") == [("203.0.113.7",)]
    assert rows("SELECT key FROM sign_in_throttles WHERE kind = 'ADDRESS'") == [("203.0.113.7",)]


def test_renewing_keeps_the_end_of_the_session_and_notes_that_it_is_in_use(address: str) -> None:
    cookie = cookies_of(posted(address, "entrar", RIGHT))
    before = rows("SELECT expires_at, seen_at FROM login_sessions")[0]

    assert posted(address, "renovar", {}, cookies=cookie).status_code == 204

    ends_at, seen_at = rows("SELECT expires_at, seen_at FROM login_sessions")[0]
    assert (ends_at, seen_at > before[1]) == (before[0], True)  # type: ignore[operator]


def test_behind_tls_both_cookies_are_bound_to_the_host(address: str, change_settings: Any) -> None:
    a_second_factor()
    change_settings(PUBLIC_URL="https://app.example.com")
    headers = {"origin": "https://app.example.com"}

    cookie = httpx.post(f"{address}/auth/entrar", data=RIGHT, headers=headers).headers["set-cookie"]

    assert cookie.startswith("__Host-second-step=ey")
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=strict; Secure")
