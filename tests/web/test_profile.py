"""The routes of one's own password and second factor, over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from passlib.totp import TOTP
from starlette.applications import Starlette

from domain.permissions import NOBODY, SYSTEM, Actor, Role
from loanapp import clock, edge
from loanapp.services.auth import SignedIn, SignIn, sign_in
from loanapp.services.second_factor import ConfirmSecondFactor, confirm_second_factor, start_second_factor
from loanapp.services.users import AddUser, add_user
from loanapp.web import profile
from tests.build.book import everything, rows
from tests.build.serving import serving

pytestmark = pytest.mark.usefixtures("database")

OURS = {"origin": "http://127.0.0.1:8000"}
EMAIL, PASSWORD, OTHER = "ana@empresa.com.br", "a long enough secret", "another long secret"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=profile.routes)) as url:
        yield url


@pytest.fixture
def cookie(database: object) -> dict[str, str]:  # noqa: ARG001 - the user is a row of it.
    order = AddUser(email=EMAIL, name="Ana", role="LOAN_MANAGEMENT", password=PASSWORD)
    add_user(SYSTEM, clock.moment(), order)
    return a_cookie()


def a_cookie() -> dict[str, str]:
    opened = sign_in(NOBODY, clock.moment(), SignIn(email=EMAIL, password=PASSWORD))
    assert isinstance(opened, SignedIn)
    return {"session": edge.seal(opened.session_id, opened.expires_at)}


def post(url: str, cookies: dict[str, str], **fields: str) -> httpx.Response:
    with httpx.Client(cookies=cookies, headers=OURS) as client:
        return client.post(url, data=fields)


def test_the_password_changes_and_the_other_sessions_end(address: str, cookie: dict[str, str]) -> None:
    a_cookie()

    response = post(f"{address}/auth/perfil/senha", cookie, atual=PASSWORD, nova=OTHER)

    assert (response.status_code, response.headers["location"]) == (303, "/perfil?senha=ok")
    assert rows("SELECT count(*) FROM login_sessions WHERE ended_at IS NULL") == [(1,)]
    assert sign_in(NOBODY, clock.moment(), SignIn(email=EMAIL, password=OTHER))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"atual": "wrong", "nova": OTHER}, "/perfil?senha=auth.password_wrong"),
        ({"atual": PASSWORD, "nova": "short"}, "/perfil?senha=auth.password_too_short&least=8"),
        ({"atual": PASSWORD, "nova": EMAIL}, "/perfil?senha=auth.password_easy"),
        ({}, "/perfil?senha=auth.password_too_short&least=8"),
    ],
)
def test_a_refused_password_changes_none(
    address: str, cookie: dict[str, str], fields: dict[str, str], said: str
) -> None:
    before = rows("SELECT password_hash FROM users")

    response = post(f"{address}/auth/perfil/senha", cookie, **fields)

    assert (response.status_code, response.headers["location"]) == (303, said)
    assert rows("SELECT password_hash FROM users") == before


def test_guessing_the_present_password_is_throttled(address: str, cookie: dict[str, str]) -> None:
    said = [
        post(f"{address}/auth/perfil/senha", cookie, atual=f"guess {number}", nova=OTHER).headers["location"]
        for number in range(7)
    ]

    assert said[0] == "/perfil?senha=auth.password_wrong"
    assert said[-1].startswith("/perfil?senha=auth.too_many_attempts&minutes=")


def test_the_second_factor_is_removed_with_the_password_only(address: str, cookie: dict[str, str]) -> None:
    url = f"{address}/auth/perfil/segundo-fator"
    ((user_id,),) = rows("SELECT id FROM users")
    ana = Actor.of(Role.LOAN_MANAGEMENT, name="Ana", user_id=user_id)
    key = start_second_factor(ana, clock.moment(), None).key.replace(" ", "")
    code = TOTP(key).generate(int(clock.moment().now.timestamp())).token
    confirm_second_factor(ana, clock.moment(), ConfirmSecondFactor(code=code))

    assert (
        post(url, cookie, senha="wrong")
        .headers["location"]
        .startswith("/perfil?segundo_fator=second_factor.password_wrong")
    )
    assert rows("SELECT totp_confirmed_at IS NOT NULL FROM users") == [(True,)]
    assert post(url, cookie, senha=PASSWORD).headers["location"] == "/perfil?segundo_fator=ok"
    assert rows("SELECT totp_key, totp_confirmed_at FROM users") == [(None, None)]
    assert post(url, cookie, senha=PASSWORD).headers["location"] == "/perfil?segundo_fator=second_factor.not_started"


@pytest.mark.parametrize("path", ["/auth/perfil/senha", "/auth/perfil/segundo-fator"])
@pytest.mark.parametrize("origin", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_another_sites_form_is_refused_and_nothing_changes(
    address: str, cookie: dict[str, str], path: str, origin: dict[str, str]
) -> None:
    before = everything()

    with httpx.Client(cookies=cookie, headers=origin) as client:
        response = client.post(f"{address}{path}", data={"atual": PASSWORD, "nova": OTHER, "senha": PASSWORD})

    assert response.status_code == 403
    assert everything() == before


@pytest.mark.parametrize("path", ["/auth/perfil/senha", "/auth/perfil/segundo-fator"])
@pytest.mark.parametrize("forged", ["", "no token"])
def test_without_a_session_the_form_leads_to_the_sign_in(
    address: str, cookie: dict[str, str], path: str, forged: str
) -> None:
    assert cookie
    before = everything()

    response = post(f"{address}{path}", {"session": forged}, atual=PASSWORD, nova=OTHER, senha=PASSWORD)

    assert (response.status_code, response.headers["location"]) == (303, "/entrar?next=%2Fperfil")
    assert everything() == before
