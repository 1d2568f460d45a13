"""The edge: which cookies mean somebody, and which connections Reflex never sees."""

import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import jwt
import pytest

from loanapp import clock, edge
from tests.conftest import ENVIRONMENT

OURS = "http://127.0.0.1:8000"
KEY = ENVIRONMENT["LOANAPP_SECRET_KEY"]


def in_minutes(minutes: int) -> Any:
    return clock.moment().now + timedelta(minutes=minutes)


def seen_by_reflex(scope: dict[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the scope that reached the app behind the edge, or None, and what the edge sent by itself."""
    seen: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []

    async def app(inner: Any, _receive: Any, _send: Any) -> None:
        seen.append(inner)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(edge.SessionEdge(app)(scope, receive, send))
    return (seen[0] if seen else None), sent


def a_socket(cookie: str = "", origin: str | None = OURS, path: str = "/_event/") -> dict[str, Any]:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return {"type": "websocket", "path": path, "headers": headers + ([(b"origin", origin.encode())] if origin else [])}


def test_a_sealed_session_reaches_reflex_as_its_hash_only() -> None:
    scope, _ = seen_by_reflex(a_socket(f"a=b; session={edge.seal('the-secret', in_minutes(5))}"))

    assert scope is not None
    assert [value for key, value in scope["headers"] if key == b"cookie"] == [
        f"ref={edge.reference_of('the-secret')}".encode()
    ]
    assert b"the-secret" not in str(scope).encode()


FAR = 9_999_999_999


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good session token, but for the changes; None takes one away."""
    made = {"sid": "x", "aud": "session", "exp": FAR, **changes}
    return {name: value for name, value in made.items() if value is not None}


def unsigned(claims: dict[str, Any]) -> str:
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)]
    return f"{parts[0]}.{parts[1]}."


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(claims(), "another key that is long enough!!", algorithm="HS256"),
        jwt.encode(claims(), KEY * 2, algorithm="HS512"),
        jwt.encode(claims(exp=1), KEY, algorithm="HS256"),
        jwt.encode(claims(exp=None), KEY, algorithm="HS256"),
        jwt.encode(claims(exp=str(FAR)), KEY, algorithm="HS256"),
        jwt.encode(claims(sid=None), KEY, algorithm="HS256"),
        jwt.encode(claims(sid=7), KEY, algorithm="HS256"),
        jwt.encode(claims(aud=None), KEY, algorithm="HS256"),
        jwt.encode(claims(aud="second-step"), KEY, algorithm="HS256"),
        unsigned(claims()),
        "not.a.token",
        "",
    ],
)
def test_a_forged_expired_or_incomplete_token_means_nobody(token: str) -> None:
    scope, _ = seen_by_reflex(a_socket(f"session={token}"))

    assert edge.session_id(token) == ""
    assert scope is not None
    assert [key for key, _ in scope["headers"]] == [b"origin"]


def test_the_token_that_the_forged_ones_differ_from_is_good() -> None:
    assert edge.session_id(jwt.encode(claims(), KEY, algorithm="HS256")) == "x"


def test_a_token_of_the_second_step_is_no_session_and_a_session_no_second_step() -> None:
    waiting = edge.seal_second_step("ana@empresa.com.br", "proof", in_minutes(5))

    assert edge.second_step(waiting) == ("ana@empresa.com.br", "proof")
    assert edge.session_id(waiting) == ""
    assert edge.second_step(edge.seal("the-secret", in_minutes(5))) is None
    assert edge.second_step(edge.seal_second_step("ana@empresa.com.br", "proof", in_minutes(-1))) is None


def test_a_browser_can_not_send_the_reference_itself() -> None:
    scope, _ = seen_by_reflex(a_socket(f"ref={edge.reference_of('the-secret')}"))

    assert scope is not None
    assert [key for key, _ in scope["headers"]] == [b"origin"]


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", OURS + ".evil.example"])
def test_a_socket_from_elsewhere_is_closed(origin: str | None) -> None:
    scope, sent = seen_by_reflex(a_socket(origin=origin))

    assert (scope, sent) == (None, [{"type": "websocket.close", "code": 1008}])


@pytest.mark.parametrize("path", ["/_event/", "/_upload", "/_upload/file.png"])
def test_polling_and_uploads_are_refused_whole(path: str) -> None:
    scope, sent = seen_by_reflex({"type": "http", "path": path, "headers": [(b"origin", OURS.encode())]})

    assert scope is None
    assert sent[0]["status"] == 403


def heard_by_reflex(frame: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the message that a frame of a browser becomes behind the edge, and what the edge sent by itself."""
    heard: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        heard.append(await receive())

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": frame}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(edge.SessionEdge(app)(a_socket(), receive, send))
    return heard[0], sent


def an_event(**parts: Any) -> str:
    return "42/_event," + json.dumps(["event", {"name": "x", "payload": {}, **parts}], separators=(",", ":"))


CLOSED = ({"type": "websocket.disconnect", "code": 1008}, [{"type": "websocket.close", "code": 1008}])
LONG = {"asPath": "/" + "x" * edge.ROUTER_LENGTH}


@pytest.mark.parametrize(
    "frame",
    [
        "2",
        "40/_event,",
        "41/_event,",
        '40/_event,{"event":{"name":"x","router_data":{"asPath":"/painel"}},"state_schema":"1"}',
        '40/_event,{"state_schema":"1"}',
        an_event(router_data={"asPath": "/" + "x" * (edge.ROUTER_LENGTH - 20)}),
        an_event(payload={"text": "x" * 2 * edge.ROUTER_LENGTH}),
        an_event(payload={"text": "\N{GRINNING FACE} \\ud800 \\\\ud800 \n"}),
        '42/_event,["client_error",{"message":"x"}]',
        '42/_event,["client_error"]',
    ],
)
def test_a_frame_of_our_pages_passes_as_it_is(frame: str) -> None:
    assert heard_by_reflex(frame) == ({"type": "websocket.receive", "text": frame}, [])


@pytest.mark.parametrize(
    "frame",
    [
        an_event(router_data=LONG),
        an_event(router_data={"x": LONG}),
        f"40/_event,{json.dumps({'event': {'router_data': LONG}})}",
        # A text is decoded once more, and what it holds with it.
        f"42/_event,{json.dumps(['event', json.dumps({'router_data': LONG})])}",
        f"40/_event,{json.dumps({'event': json.dumps({'router_data': LONG})})}",
        f"40/_event,1{json.dumps({'event': {'router_data': LONG}})}",
        f"40/_event,[{json.dumps({'event': {'router_data': LONG}})}]",
        '42/_event,["event",{]',
        f'42/_event,["event",{{"x":{"[" * 100_000}',
    ],
)
def test_a_frame_that_says_too_much_of_its_page_or_can_not_be_read_ends_the_socket(frame: str) -> None:
    assert heard_by_reflex(frame) == CLOSED


@pytest.mark.parametrize(
    ("escaped", "passed"),
    [
        ("a\\ud800b", "a\\ufffdb"),
        ("\\uDFFF", "\\ufffd"),
        ("\\ud800\\ud83d\\ude00\\ude00", "\\ufffd\\ud83d\\ude00\\ufffd"),
        ("\\\\ud800\\n\\u00e3", "\\\\ud800\\n\\u00e3"),
        ("\\\\\\ud800", "\\\\\\ufffd"),
    ],
)
def test_half_a_surrogate_pair_is_replaced(escaped: str, passed: str) -> None:
    frame = '42/_event,["event",{"name":"x","payload":{"text":"%s"}}]'

    assert heard_by_reflex(frame % escaped)[0]["text"] == frame % passed


def test_of_the_headers_only_those_that_are_needed_reach_reflex() -> None:
    scope, _ = seen_by_reflex({**a_socket(), "headers": [(b"origin", OURS.encode()), (b"x-long", b"x" * 60_000)]})

    assert scope is not None
    assert scope["headers"] == [(b"origin", OURS.encode())]


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": [(b"origin", OURS.encode()), (b"user-agent", b"x" * 5000)]},
        {"query_string": b"EIO=4&transport=websocket&token=" + b"x" * 300},
    ],
)
def test_a_handshake_that_says_too_much_is_refused(changes: dict[str, Any]) -> None:
    assert seen_by_reflex({**a_socket(), **changes}) == (None, [{"type": "websocket.close", "code": 1008}])


def test_everything_else_passes_untouched() -> None:
    request = {"type": "http", "path": "/entrar", "headers": [(b"cookie", b"session=x")]}

    assert seen_by_reflex(request) == (request, [])


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        ("0", ["9.9.9.9"], "10.0.0.1"),
        ("1", ["6.6.6.6, 9.9.9.9"], "9.9.9.9"),
        ("1", ["6.6.6.6", "9.9.9.9"], "9.9.9.9"),
        ("2", ["6.6.6.6, 9.9.9.9, 10.0.0.7"], "9.9.9.9"),
        ("2", ["9.9.9.9"], "10.0.0.1"),
        ("1", ["6.6.6.6, <script>"], "10.0.0.1"),
        ("1", [], "10.0.0.1"),
        ("1", ["2001:DB8::1"], "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(
    hops: str, forwarded: list[str], address: str, change_settings: Any
) -> None:
    change_settings(PROXY_HOPS=hops)
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]

    assert edge.client_address({"type": "http", "client": ("10.0.0.1", 1), "headers": headers}) == address
