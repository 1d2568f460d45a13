"""A browser tab without a browser: Socket.IO over a raw websocket, every byte of it chosen by the attacker."""

import asyncio
import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp

ANSWER_SECONDS = 30
NAMESPACE = "/_event"
FORBIDDEN = "Ação não permitida."
# An event that the gate refuses before anything else: events of a tab are answered in order, so when this one is
# answered, so is everything that was sent before.
BARRIER = "reflex___state____state.setvar"


@dataclass
class Tab:
    """One socket of one tab; `heard` keeps all that was sent to it, as text."""

    url: str
    cookie: str = ""
    origin: str | None = ""
    token: str = field(default_factory=lambda: str(uuid4()))
    headers: dict[str, str] = field(default_factory=dict)
    greeting: dict[str, Any] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        origin = self.url if self.origin == "" else self.origin
        headers = {**({"Origin": origin} if origin else {}), **({"Cookie": self.cookie} if self.cookie else {})}
        address = f"{self.url.replace('http', 'ws', 1)}/_event/?token={self.token}&EIO=4&transport=websocket"
        self.session = aiohttp.ClientSession()
        try:
            self.socket = await self.session.ws_connect(address, headers={**headers, **self.headers}, max_msg_size=0)
            await self.next_frame()
            await self.socket.send_str(f"40{NAMESPACE},{json.dumps(self.greeting) if self.greeting else ''}")
            while not (await self.next_frame()).startswith("40"):
                pass
        except BaseException:
            await self.session.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()
        await self.session.close()

    async def next_frame(self) -> str:
        """Return the next frame, answering pings; raise `ConnectionError` when the server has closed the socket."""
        while True:
            try:
                message = await asyncio.wait_for(self.socket.receive(), ANSWER_SECONDS)
            except TimeoutError:
                raise AssertionError(f"no answer after {self.heard[-3:]}") from None
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise ConnectionError(self.socket.close_code)
            if message.data != "2":
                self.heard.append(message.data)
                return str(message.data)
            await self.socket.send_str("3")

    async def send(self, name: str, payload: Any = None, **router_data: Any) -> None:
        """Send one event, with the router data that a browser would claim."""
        claimed = {"pathname": "/painel", "asPath": "/painel", "query": {}, **router_data}
        event = {"name": name, "payload": payload if payload is not None else {}, "router_data": claimed}
        await self.socket.send_str(f"42{NAMESPACE},{json.dumps(['event', event])}")

    async def call(self, name: str, payload: Any = None, *, refusals: int = 0, **router_data: Any) -> str:
        """Send one event and return, as one text, all that came back until it was done.

        `refusals` is how often the answer itself is the one that the barrier gets.
        """
        heard = len(self.heard)
        await self.send(name, payload, **router_data)
        await self.send(BARRIER)
        while sum(readable(frame).count(FORBIDDEN) > 0 for frame in self.heard[heard:]) <= refusals:
            await self.next_frame()
        return readable("\n".join(self.heard[heard:]))


def readable(frame: str) -> str:
    """Return a frame with the accents that JSON and JavaScript escape."""
    for _ in range(3):
        frame = frame.replace("\\\\", "\\")
    return frame.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\u" in frame else frame
