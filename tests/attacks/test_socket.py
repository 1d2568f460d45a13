"""Attacks by frames: what Socket.IO understands and no page of ours ever sends."""

import asyncio
import json
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256

import aiohttp
import pytest

from domain.permissions import Role
from tests.attacks.conftest import Target
from tests.attacks.test_handlers import leaks
from tests.attacks.test_requests import ARRIVE, claims_of
from tests.attacks.wire import NAMESPACE, Tab

LOOK = "reflex___state____state.loanapp___gate____auth_state.loanapp___components___search____search_state.look"
_HEADERS = [[{"_placeholder": True, "num": 0}, {"_placeholder": True, "num": 1}]]
_GREETING = {"QUERY_STRING": "token=another", "asgi.scope": {"headers": _HEADERS}}


@pytest.mark.parametrize("is_text", [False, True])
def test_a_second_greeting_with_headers_of_ones_own_does_not_become_a_session(target: Target, *, is_text: bool) -> None:
    """Socket.IO hands an event named `connect` to what greets sockets: its headers would pass the edge by."""
    session_id = claims_of(target.cookies[Role.LOAN_MANAGEMENT])["sid"]
    reference = sha256(session_id.encode()).hexdigest()  # All that a copy of the database tells of a session.

    async def attack() -> str:
        async with Tab(target.url) as tab:
            # Nothing that is sent after the socket was closed is an error: what counts is what was heard.
            with suppress(ConnectionError, aiohttp.ClientError):
                await tab.socket.send_str(f"452-{NAMESPACE},{json.dumps(['connect', _GREETING, None])}")
                for part in (b"cookie", f"ref={reference}".encode()):
                    if is_text:
                        await tab.socket.send_str(f"b{b64encode(part).decode()}")
                    else:
                        await tab.socket.send_bytes(part)
                await tab.call(LOOK, {"text": "an"})
            return "\n".join(tab.heard)

    heard = asyncio.run(attack())

    assert leaks(heard) == []
    assert "searched_rx_state_" not in heard


@pytest.mark.parametrize(
    "frame",
    [
        f'42{NAMESPACE},["connect",{{}},null]',
        f'42{NAMESPACE},["disconnect"]',
        f'42{NAMESPACE},["conn\\u0065ct",{{}},null]',
        f'42{NAMESPACE}, ["event",{{}}]',
        f'42{NAMESPACE}?x=,["connect",{{}},null]',
        f'4\N{FULLWIDTH DIGIT TWO}{NAMESPACE},["connect",{{}},null]',
        f'\N{FULLWIDTH DIGIT FOUR}2{NAMESPACE},["connect",{{}},null]',
        f'4510-{NAMESPACE},["event",{{}}]',
        f"43{NAMESPACE},1[]",
        f"44{NAMESPACE},{{}}",
        "b40",
        "0{}",
        "",
    ],
)
def test_a_frame_that_no_page_sends_ends_the_socket(target: Target, frame: str) -> None:
    async def attack() -> None:
        async with Tab(target.url, target.cookies[Role.LOAN_MANAGEMENT]) as tab:
            await tab.socket.send_str(frame)
            await tab.call(ARRIVE)

    with pytest.raises((ConnectionError, aiohttp.ClientError)):
        asyncio.run(attack())


def test_the_parts_of_a_binary_event_are_not_kept(target: Target) -> None:
    async def attack() -> None:
        async with Tab(target.url) as tab:
            await tab.socket.send_bytes(b"x" * 100_000)
            await tab.call(ARRIVE)

    with pytest.raises((ConnectionError, aiohttp.ClientError)):
        asyncio.run(attack())


def test_half_a_surrogate_pair_does_not_silence_the_tab_that_sends_it(target: Target) -> None:
    async def attack() -> str:
        async with Tab(target.url, target.own_cookie(Role.LOAN_MANAGEMENT)) as tab:
            await tab.call(LOOK, {"text": "an\ud800"})
            await tab.call(ARRIVE)
            return "\n".join(tab.heard)

    assert "loanapp.arrived" in asyncio.run(attack())


def test_an_address_without_end_is_not_kept(target: Target) -> None:
    async def attack() -> None:
        async with Tab(target.url) as tab:
            await tab.call(ARRIVE, asPath=f"/entrar?x={'x' * 100_000}")

    with pytest.raises((ConnectionError, aiohttp.ClientError)):
        asyncio.run(attack())
