"""How much and how often one address may ask: sizes of bodies and socket messages, and paces, in one table.

An ASGI wrapper around everything but the security headers.  It counts in this process alone and forgets the oldest
addresses first, so its memory is bounded; what must hold over all processes, such as guesses at a password, is counted
in the database.  The number and length of headers are the server's to limit (`loanapp web`).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.sign_in import origin
from loanapp.edge import SOCKET_MESSAGE_BYTES, client_address, refuse
from loanapp.evolution import webhooks

ADDRESSES_KEPT = 10_000
_POLICY_VIOLATION, _TOO_BIG = 1008, 1009


@dataclass(frozen=True)
class Pace:
    """What one address may do: `burst` at once, then `each_second` in the long run."""

    burst: int
    each_second: float


@dataclass(frozen=True)
class Rule:
    """The limits of the paths that begin with a prefix; no pace means as often as one likes."""

    prefix: str
    body_bytes: int
    pace: Pace | None


_SMALL = 64 * 1024
# The first that fits counts.  An office of twenty people may share one address, each with several tabs that renew.
RULES = (
    Rule("/auth/renovar", _SMALL, Pace(burst=120, each_second=2)),
    Rule("/auth/", _SMALL, Pace(burst=30, each_second=0.5)),
    Rule("/exports/", _SMALL, Pace(burst=30, each_second=0.5)),
    Rule("/pdf/", _SMALL, Pace(burst=60, each_second=1)),
    # Borrowers of one mobile network come from one address; no pace would make a token of 128 bits guessable.
    Rule("/r/", _SMALL, Pace(burst=60, each_second=2)),
    Rule("/recibos/", _SMALL, Pace(burst=60, each_second=1)),
    Rule("/files", 11 * 1024 * 1024, Pace(burst=120, each_second=2)),
    Rule("/webhooks/", webhooks.BODY_BYTES_MAXIMUM, Pace(burst=1000, each_second=100)),
    Rule("/api/", _SMALL, Pace(burst=100, each_second=10)),
    # A handshake each: after a restart all tabs of an office come back at once.
    Rule("/_event", _SMALL, Pace(burst=200, each_second=5)),
    Rule("/", _SMALL, None),
)
# A person does a few events a second, a page that opens about ten at once.
SOCKET_MESSAGES = Pace(burst=300, each_second=50)

# How long a frame may wait for a browser that does not read: one that sleeps or lost its network comes back by itself.
SEND_SECONDS = 20.0


class Buckets:
    """A token bucket for each key; of keys not seen for long, only the newest are remembered."""

    def __init__(
        self, pace: Pace, *, most: int = ADDRESSES_KEPT, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.pace, self.most, self.seconds = pace, most, seconds
        self.kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, key: str) -> float:
        """Take one token; return 0 when there was one, else in how many seconds there is one again."""
        now = self.seconds()
        tokens, at = self.kept.pop(key, (float(self.pace.burst), now))
        tokens = min(self.pace.burst, tokens + (now - at) * self.pace.each_second)
        has_one = tokens >= 1
        self.kept[key] = (tokens - has_one, now)
        if len(self.kept) > self.most:
            self.kept.popitem(last=False)
        return 0.0 if has_one else (1 - tokens) / self.pace.each_second


class _TooLarge(Exception):
    """The body grew beyond its limit while it was read."""


class Limits:
    """The wrapper itself."""

    def __init__(self, app: ASGIApp, *, rules: Sequence[Rule] = RULES) -> None:
        self.app, self.rules = app, rules
        self.buckets = {rule.prefix: Buckets(rule.pace) for rule in rules if rule.pace}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what comes too often or is too large; pass on the rest, counting as it goes."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        rule = next(rule for rule in self.rules if scope["path"].startswith(rule.prefix) or rule.prefix == "/")
        bucket = self.buckets.get(rule.prefix)
        wait = ceil(bucket.wait_seconds(origin(client_address(scope)))) if bucket else 0
        if wait:
            text = f"Muitas tentativas seguidas. Aguarde {wait} s e tente de novo."
            retry = (b"retry-after", str(wait).encode())
            await refuse(scope, receive, send, status=429, text=text, headers=[retry])
        elif scope["type"] == "websocket":
            socket = _InStep(receive, send)
            await self.app(scope, _counted(socket.receive, socket.send), socket.send)
        else:
            await self._with_body_of(rule.body_bytes, scope, receive, send)

    async def _with_body_of(self, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on until its body is too large; what the application answers then is not sent."""
        size, is_started = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise _TooLarge
            return message

        async def unless_too_large(message: Message) -> None:
            nonlocal is_started
            if size <= most:
                is_started = True
                await send(message)

        if _announced_bytes(scope) <= most:
            try:
                await self.app(scope, counted, unless_too_large)
            except Exception:
                if size <= most:
                    raise
            if size <= most or is_started:
                return
        text = f"O envio é grande demais: o limite é {most // 1024} KB."
        await refuse(scope, receive, send, status=413, text=text)


def _announced_bytes(scope: Scope) -> int:
    """Return the length that a request claims, 0 where it claims none: what it sends is counted all the same."""
    claimed = next((value for key, value in scope["headers"] if key == b"content-length"), b"")
    return int(claimed) if claimed.isdigit() and len(claimed) < len(str(10**18)) else 0


def _counted(receive: Receive, send: Send) -> Receive:
    """Return a socket's `receive` that closes it for a message that is too long, or too many of them."""
    messages = Buckets(SOCKET_MESSAGES, most=1)

    async def counted() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        content: str | bytes = message.get("text") or message.get("bytes") or b""
        code = 0
        if len(content) > SOCKET_MESSAGE_BYTES:
            code = _TOO_BIG
        elif messages.wait_seconds(""):
            code = _POLICY_VIOLATION
        if code == 0:
            return message
        await send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    return counted


class _InStep:
    """A socket's two ways, so that who does not read is not heard, and is given up after `SEND_SECONDS`.

    Engine.IO queues answers without bound: no further event is taken while an answer waits to be handed over.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._handing_over = asyncio.Lock()
        self._is_given_up = False
        self._waiting: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        """Return the next message, or the end of a socket that was given up, at once when it is."""
        message: Message = {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
        if self._is_given_up:
            return message
        try:
            async with asyncio.timeout(None) as self._waiting:
                heard = await self._receive()
        except TimeoutError:
            return message
        finally:
            self._waiting = None
        async with self._handing_over:
            return message if self._is_given_up else heard

    async def send(self, message: Message) -> None:
        """Hand a message over; raise TimeoutError when that took too long, and for every message after that."""
        async with self._handing_over:
            if self._is_given_up:
                raise TimeoutError
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._send(message)
            except TimeoutError:
                self._is_given_up = True
                if self._waiting:
                    self._waiting.reschedule(0)
                raise
