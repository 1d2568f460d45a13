"""Sizes and paces, with a clock of the test's own for the buckets and real HTTP for the wrapper."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from loanapp.web import limits
from loanapp.web.limits import RULES, Buckets, Limits, Pace, Rule
from tests.build.serving import serving

TESTED = (Rule("/slow", 100, Pace(burst=2, each_second=0.1)), Rule("/", 2048, None))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_then_the_pace_counts() -> None:
    clock = Clock()
    buckets = Buckets(Pace(burst=3, each_second=0.5), seconds=clock)

    assert [buckets.wait_seconds("a") for _ in range(4)] == [0, 0, 0, 2]
    clock.now = 1.0
    assert buckets.wait_seconds("a") == 1
    clock.now = 2.0
    assert [buckets.wait_seconds("a"), buckets.wait_seconds("b")] == [0, 0]


def test_idle_time_earns_no_more_than_a_burst() -> None:
    clock = Clock()
    buckets = Buckets(Pace(burst=2, each_second=1), seconds=clock)
    buckets.wait_seconds("a")
    clock.now = 1e6

    assert [buckets.wait_seconds("a") for _ in range(3)] == [0, 0, 1]


def test_the_memory_of_addresses_is_bounded_and_forgets_the_oldest() -> None:
    buckets = Buckets(Pace(burst=1, each_second=1), most=10, seconds=Clock())
    for number in range(1000):
        buckets.wait_seconds(str(number))

    assert list(buckets.kept) == [str(number) for number in range(990, 1000)]


async def _length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _early(_request: Request) -> Response:
    return PlainTextResponse("answered without reading")


@pytest.fixture
def address() -> Iterator[str]:
    methods = ["GET", "POST"]
    app = Starlette(
        routes=[Route("/slow", _length, methods=methods), Route("/early", _early, methods=methods),
                Route("/{any:path}", _length, methods=methods)]
    )  # fmt: skip
    wrapped: Any = Limits(app, rules=TESTED)
    with serving(wrapped) as url:
        yield url


def _in_pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 100):
        yield b"x" * 100


def test_a_body_up_to_the_limit_passes_and_one_byte_more_does_not(address: str) -> None:
    answers = [httpx.post(f"{address}/any", content=b"x" * size) for size in (2048, 2049)]

    assert [answer.status_code for answer in answers] == [200, 413]
    assert answers[0].text == "2048"
    assert answers[1].text == "O envio é grande demais: o limite é 2 KB."


def test_a_body_without_a_length_is_counted_while_it_comes(address: str) -> None:
    answers = [httpx.post(f"{address}/any", content=_in_pieces(size)) for size in (2000, 2100, 500_000)]

    assert [answer.status_code for answer in answers] == [200, 413, 413]


def test_who_comes_too_often_is_told_when_to_come_again(address: str) -> None:
    answers = [httpx.post(f"{address}/slow", content=b"x") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "10"
    assert answers[2].text == "Muitas tentativas seguidas. Aguarde 10 s e tente de novo."
    assert httpx.get(f"{address}/any").status_code == 200


def test_behind_a_proxy_each_visitor_has_a_pace_of_its_own(address: str, change_settings: Any) -> None:
    change_settings(PROXY_HOPS="1")
    visitors = ["9.9.9.1"] * 3 + ["9.9.9.2", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]
    # What a server that listens on both families tells of IPv4: no visitor shares a pace with all of them.
    visitors += [f"::ffff:9.9.9.{number}" for number in (3, 3, 3, 4)]
    answers = [httpx.get(f"{address}/slow", headers={"x-forwarded-for": visitor}) for visitor in visitors]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 200, 429, 200, 200, 200, 429, 200]


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/auth/entrar", "/auth/"),
        ("/auth/renovar", "/auth/renovar"),
        ("/files/x", "/files"),
        ("/exports/cliente/x.pdf", "/exports/"),
        ("/webhooks/evolution", "/webhooks/"),
        ("/_event/", "/_event"),
        ("/assets/page.js", "/"),
        ("/clientes", "/"),
    ],
)
def test_each_path_has_the_limits_of_its_kind(path: str, prefix: str) -> None:
    assert next(rule.prefix for rule in RULES if path.startswith(rule.prefix)) == prefix


def test_only_what_is_static_has_no_pace() -> None:
    assert [rule.prefix for rule in RULES if rule.pace is None] == ["/"]


def test_a_socket_whose_browser_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SEND_SECONDS", 0.05)
    ends: list[Any] = []

    async def never(*_message: Any) -> Any:
        await asyncio.Event().wait()

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        reading = asyncio.ensure_future(receive())
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await send({"type": "websocket.send", "text": "x"})
        ends.extend([await reading, await receive()])

    async def visit() -> None:
        async with asyncio.timeout(5):
            await Limits(app)({"type": "websocket", "path": "/_event/", "headers": []}, never, never)

    asyncio.run(visit())

    assert ends == [{"type": "websocket.disconnect", "code": 1008}] * 2


def test_nothing_more_is_heard_while_an_answer_is_not_read() -> None:
    order: list[str] = []

    async def visit() -> None:
        is_read = asyncio.Event()

        async def receive() -> Any:
            order.append("came")
            return {"type": "websocket.receive", "text": "2"}

        async def send(_message: Any) -> None:
            await is_read.wait()
            order.append("read")

        async def app(_scope: Any, receive: Any, send: Any) -> None:
            answer = asyncio.ensure_future(send({"type": "websocket.send", "text": "x"}))
            await asyncio.sleep(0)
            event = asyncio.ensure_future(receive())
            await asyncio.sleep(0.05)
            assert not event.done()
            is_read.set()
            await asyncio.gather(answer, event)
            order.append("heard")

        await Limits(app)({"type": "websocket", "path": "/_event/", "headers": []}, receive, send)

    asyncio.run(visit())

    assert order == ["came", "read", "heard"]
