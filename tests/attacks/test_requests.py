"""Attacks over HTTP, and on the way to the socket: tokens, origins, sessions, redirects, paths, ids and sizes."""

import asyncio
import json
import re
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
import pytest
from starlette.routing import Route

from domain.permissions import PERSON_ROLES, ROLE_PERMISSIONS, Role
from loanapp import clock, loanapp
from loanapp.web._doors import Door, door_of
from tests.attacks.conftest import Target
from tests.attacks.digest import digest
from tests.attacks.test_handlers import OWN, leaks
from tests.attacks.wire import Tab
from tests.conftest import ENVIRONMENT

KEY = ENVIRONMENT["LOANAPP_SECRET_KEY"]
LATER = 9_999_999_999
ARRIVE = "reflex___state____state.loanapp___gate____auth_state.arrive"
ROUTES = [route for route in loanapp._ROUTES if isinstance(route, Route)]
OPEN = Door(None)
# A refused attempt may leave an event of its own.
REFUSALS = {"audit_events", "audit_heads"}
# Whoever sends a webhook is no browser: a secret proves it, and a browser has none.
WEBHOOKS = "/webhooks/"


def posts() -> list[str]:
    return [route.path for route in ROUTES if "POST" in (route.methods or ()) and not route.path.startswith(WEBHOOKS)]


def claims_of(cookie: str) -> dict[str, Any]:
    """Return what stands in the token of a cookie."""
    return jwt.decode(cookie.partition("=")[2], options={"verify_signature": False})


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return f"{parts[0]}.{parts[1]}."


def forgeries(target: Target) -> Iterator[str]:
    """Yield tokens for the administrator's real session that we did not seal, or that are over."""
    claims = {**claims_of(target.cookies[Role.SUPER_ADMIN]), "exp": LATER}
    real = target.cookies[Role.SUPER_ADMIN].partition("=")[2]
    header, body, signature = real.split(".")
    past = int((clock.moment().now - timedelta(minutes=1)).timestamp())
    yield unsigned({"alg": "none"}, claims)
    yield unsigned({"alg": "None", "typ": "JWT"}, claims)
    yield f"{unsigned({'alg': 'none'}, claims)}{signature}"
    yield f"{header}.{body}."
    yield f"{header}.{body}.{signature[::-1]}"
    yield jwt.encode(claims, "another key that is long enough !!", algorithm="HS256")
    yield jwt.encode(claims, KEY * 2, algorithm="HS512")
    yield jwt.encode(
        claims, "x" * 32, algorithm="HS256", headers={"kid": "/dev/null", "jwk": {"kty": "oct", "k": "eA"}}
    )
    yield jwt.encode({**claims, "exp": past}, KEY, algorithm="HS256")
    yield jwt.encode({**claims, "exp": str(LATER)}, KEY, algorithm="HS256")
    for missing in claims:
        yield jwt.encode({name: value for name, value in claims.items() if name != missing}, KEY, algorithm="HS256")
    yield jwt.encode({**claims, "aud": "second-step"}, KEY, algorithm="HS256")
    yield jwt.encode({**claims, "sid": "a made-up session"}, KEY, algorithm="HS256")
    yield jwt.encode({**claims, "sid": ["x"]}, KEY, algorithm="HS256")
    yield "x" * 4000


def test_a_forged_token_is_nobody_over_http_and_over_the_socket(target: Target) -> None:
    async def told(cookie: str) -> str:
        async with Tab(target.url, cookie) as tab:
            return await tab.call(ARRIVE)

    for token in forgeries(target):
        cookie = f"session={token}"
        assert target.request("POST", "/auth/renovar", headers={"cookie": cookie}).status_code == 401, token
        assert "loanapp.signIn" in asyncio.run(told(cookie)), token
    real = target.cookies[Role.SUPER_ADMIN]
    assert target.request("POST", "/auth/renovar", headers={"cookie": real}).status_code == 204
    assert "loanapp.arrived" in asyncio.run(told(real))


def test_the_reference_that_the_server_works_with_is_no_cookie(target: Target) -> None:
    reference = target.engine.connect().exec_driver_sql("SELECT reference FROM login_sessions LIMIT 1").scalar()

    async def told() -> str:
        async with Tab(target.url, f"ref={reference}", headers={"X-Session": str(reference)}) as tab:
            return await tab.call(ARRIVE)

    assert "loanapp.signIn" in asyncio.run(told())


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_socket_from_elsewhere_is_refused_even_with_the_cookie(target: Target, origin: str | None) -> None:
    async def attack() -> None:
        async with Tab(target.url, target.cookies[Role.SUPER_ADMIN], origin=origin):
            pass

    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        asyncio.run(attack())

    assert refusal.value.status == 403


def test_a_tab_of_somebody_else_gives_nothing_to_who_knows_its_token(target: Target) -> None:
    async def attack() -> str:
        token = "the-tab-of-the-administrator"
        path = f"/clientes/{target.victims.client}"
        async with Tab(target.url, target.cookies[Role.SUPER_ADMIN], token=token) as theirs:
            load = next(name for name in loanapp_handlers() if name.endswith("client_state.load"))
            seen = await theirs.call(load, {}, pathname=path, asPath=path)
            assert leaks(seen)
        told = ""
        for cookie in ("", target.cookies[Role.STREET_SUPERVISOR]):
            async with Tab(target.url, cookie, token=token) as ours:
                for event in ("hydrate", "hydrate_and_load", "set_is_hydrated"):
                    for claimed in ("/entrar", path):
                        name = f"reflex___state____state.{event}"
                        told += await ours.call(name, {}, pathname=claimed, asPath=claimed)
        return told

    assert leaks(asyncio.run(attack())) == []


def loanapp_handlers() -> list[str]:
    from tests.attacks.arguments import handlers  # noqa: PLC0415 - the names are known once the app is loaded.

    return list(handlers())


@pytest.mark.parametrize("path", posts())
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "", "sec-fetch-site": "cross-site", "referer": "http://evil.example/"},
        {"origin": "http://evil.example", "content-type": "text/plain"},
    ],
)
def test_a_post_from_elsewhere_is_refused_and_changes_nothing(
    target: Target, path: str, headers: dict[str, str]
) -> None:
    before = digest(target.engine)
    address = re.sub(r"\{[^}]*\}", str(target.victims.client), path)

    answer = target.request(
        "POST", address, headers={"cookie": target.cookies[Role.SUPER_ADMIN], **headers}, content=b"a=b"
    )

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert digest(target.engine) == before


def test_every_route_that_changes_something_is_a_post() -> None:
    assert {method for route in ROUTES for method in route.methods or ()} <= {"GET", "HEAD", "POST"}


def test_a_cookie_from_before_signing_in_is_not_the_session_after(target: Target) -> None:
    theirs = target.cookies[Role.LOAN_MANAGEMENT]
    chosen = {**claims_of(theirs), "sid": "chosen by the attacker"}
    fixed = jwt.encode(chosen, KEY, algorithm="HS256")
    for before in (f"session={fixed}", theirs):
        answer = target.sign_in(Role.RENEGOTIATION_ANALYST, headers={"cookie": before})
        made = answer.headers["set-cookie"].split(";")[0]
        assert made not in (f"session={fixed}", theirs)
        assert claims_of(made)["sid"] != claims_of(before)["sid"]
    assert target.request("POST", "/auth/renovar", headers={"cookie": f"session={fixed}"}).status_code == 401


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "https:evil.example", "javascript:alert(1)", "data:text/html,x", "/\tevil", "/a\r\nset-cookie: x=y",
        "/%0d%0aset-cookie:x=y", "/%2f%2fevil.example", "/.//evil.example", " //evil.example", "@evil.example", "",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(target: Target, place: str) -> None:
    answer = target.sign_in(Role.LOAN_MANAGEMENT, form={"next": place})
    location = answer.headers["location"]

    assert answer.status_code == 303
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "x=y" not in [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    assert answer.next_request is not None
    assert answer.next_request.url.netloc.decode() == target.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_event/?EIO=4&transport=polling"),
        ("POST", "/_event/?EIO=4&transport=polling"),
        ("POST", "/_upload"),
        ("GET", "/_upload/app.js"),
    ],
)
def test_polling_and_the_frameworks_uploads_are_refused(target: Target, method: str, path: str) -> None:
    answer = target.request(method, path, headers={"cookie": target.cookies[Role.SUPER_ADMIN]})

    assert answer.status_code == 403


@pytest.mark.parametrize("start", ["/", "/assets/", "/files/", "/exports/", "/clientes/"])
@pytest.mark.parametrize(
    "climb",
    [
        "../../../../../../../../etc/passwd", "..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "..%5c..%5c..%5c..%5cetc%5cpasswd",
        "....//....//....//....//etc/passwd", "%252e%252e%252f%252e%252e%252fetc%252fpasswd", "/etc/passwd",
        "..%00/etc/passwd", "../backend/../../web.log", "%2e%2e/%2e%2e/web.log",
    ],
)  # fmt: skip
def test_a_path_never_climbs_out(target: Target, start: str, climb: str) -> None:
    answer = raw(target, f"GET {start}{climb} HTTP/1.1\r\nHost: {target.url.removeprefix('http://')}\r\n\r\n")

    assert b"root:" not in answer
    assert b"granian" not in answer.partition(b"\r\n\r\n")[2]
    assert not answer.startswith(b"HTTP/1.1 5")


def raw(target: Target, request: str) -> bytes:
    """Send bytes as they are, which no client of HTTP tidies up, and return the answer."""
    host, port = target.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize("path", [route.path for route in ROUTES if "GET" in (route.methods or ())])
def test_a_guessed_id_gives_nothing(target: Target, path: str) -> None:
    before = digest(target.engine, without=OWN)
    for cookie in ("", target.cookies[Role.STREET_SUPERVISOR]):
        for identity in (*target.victims.ids, target.victims.request_number, "%00", "-1", "'", "..%2f"):
            address = re.sub(r"\{[^}]*\}", str(identity), path)
            answer = target.request("GET", address, headers={"cookie": cookie})
            assert leaks(answer.text) == []
            assert answer.status_code < 500, address
    assert digest(target.engine, without=OWN) == before


@pytest.mark.parametrize("path", ["/auth/entrar", "/webhooks/evolution", "/nowhere"])
def test_a_body_that_is_too_large_is_refused_whatever_it_claims(target: Target, path: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    form = {"content-type": "application/x-www-form-urlencoded"}
    answers = [
        target.request("POST", path, content=b"x" * 2_000_000, headers=form),
        target.request("POST", path, content=endless(), headers=form),
    ]

    assert {answer.status_code for answer in answers} <= {401, 404, 405, 413}
    assert path == "/webhooks/evolution" or answers[0].status_code == 413


def locked_out() -> Iterator[tuple[Route, Role]]:
    """Yield each guarded route with each role that its mark keeps out."""
    for route in ROUTES:
        permission = (door_of(route.endpoint) or OPEN).permission
        for role in (Role.NOBODY, *PERSON_ROLES):
            if permission and permission not in ROLE_PERMISSIONS[role]:
                yield route, role


@pytest.mark.parametrize(("route", "role"), list(locked_out()), ids=str)
def test_a_guarded_route_lets_nobody_in_without_the_permission_of_its_mark(
    target: Target, route: Route, role: Role
) -> None:
    before = digest(target.engine, without=REFUSALS)
    method = "POST" if "POST" in (route.methods or ()) else "GET"
    address = re.sub(r"\{[^}]*\}", str(target.victims.client), route.path)

    answer = target.request(method, address, headers={"cookie": target.cookies.get(role, "")})

    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/entrar")
    else:
        assert answer.status_code in (401, 403, 404)
    assert digest(target.engine, without=REFUSALS) == before


def test_headers_that_are_too_long_are_refused(target: Target) -> None:
    assert target.request("GET", "/", headers={"x-long": "x" * 100_000}).status_code == 431


def test_a_frame_that_is_too_large_closes_the_socket(target: Target) -> None:
    async def attack() -> str:
        async with Tab(target.url, target.cookies[Role.SUPER_ADMIN]) as tab:
            assert '"maxPayload":262144' in tab.heard[0]
            return await tab.call(ARRIVE, {"padding": "x" * 300_000})

    with pytest.raises(ConnectionError):
        asyncio.run(attack())


def test_a_socket_that_sends_without_end_is_closed(target: Target) -> None:
    async def attack() -> None:
        async with Tab(target.url) as tab:
            for _ in range(1000):
                await tab.send(ARRIVE)
            while True:
                await tab.next_frame()

    with pytest.raises((ConnectionError, aiohttp.ClientError)):
        asyncio.run(attack())


@pytest.mark.parametrize(
    "frame",
    ["", "9", "42", "42/_event,", "42/_event,{", '42/_event,["event"]', '42/_event,["event","x"]', "4" * 1000,
     '42/_event,["event",{"name":7,"payload":[],"router_data":"x"}]', '42/_event,["client_error",{"message":{}}]',
     '42/_event,["on_connect",1]', '42/other,["event",{}]', '451-/_event,["event",{"_placeholder":true,"num":0}]'],
)  # fmt: skip
def test_a_malformed_frame_ends_at_most_its_own_socket(target: Target, frame: str) -> None:
    async def attack() -> str:
        async with Tab(target.url) as tab:
            await tab.socket.send_str(frame)
        async with Tab(target.url, target.cookies[Role.SUPER_ADMIN]) as another:
            return await another.call(ARRIVE)

    assert "loanapp.arrived" in asyncio.run(attack())
