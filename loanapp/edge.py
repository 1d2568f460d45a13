"""The outermost ASGI layer: it opens the session cookie and hands Reflex only a hash of the session's id.

Pure ASGI, no database.  It refuses Reflex's upload route and its polling transport whole, and a websocket whose Origin
is not the public address (or that names none), before Reflex sees them; of a socket, only frames that our pages send
reach it.
"""

import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address

import jwt
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loanapp import clock
from loanapp.settings import current

# The largest message that a browser may send over its socket: a form full of texts has a fifth of it.
SOCKET_MESSAGE_BYTES = 256 * 1024
# All that a page of ours sends: Engine.IO's own frames, joining and leaving, and the two events of Reflex's pages.
# Socket.IO hands any other event to the method of its name: `connect` would be greeted again, with headers, and so a
# session, of the sender's choice.  A binary event is kept until its last part has come, which may be never.
_FRAME = re.compile(r'[12356]|4(?:[01]/_event,(?:\{|$)|2/_event,\["(?:event", ?\{|client_error"[,\]]))')
# A state lies in Redis for hours, also that of a visitor whom nobody knows: what it keeps of the visit is small.
ROUTER_LENGTH = 4096
_HANDSHAKE_BYTES = 4096
_QUERY_BYTES = 256
_HEADERS_KEPT = frozenset(
    {b"connection", b"host", b"origin", b"sec-websocket-protocol", b"upgrade", b"user-agent", b"x-forwarded-for"}
)
# An escape in JSON; the group is half of a surrogate pair without its other half, which no UTF-8 can carry back.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)")
_REPLACEMENT = r"\ufffd"
_POLICY_VIOLATION = 1008
_ALGORITHM = "HS256"
# What a token is for, in its `aud`: one made for something else is not good.
_SESSION = "session"
_SECOND_STEP = "second-step"
_LARGEST_REFUSED_BODY = 1_000_000
_REFUSED_BODY_SECONDS = 5.0


def seal(session_id: str, expires_at: datetime) -> str:
    """Return the cookie's JWT for a session id, valid until `expires_at`."""
    return _sealed(_SESSION, {"sid": session_id}, expires_at)


def session_id(token: str) -> str:
    """Return the session id that a JWT carries; empty when it is forged, expired, incomplete or not ours."""
    return _opened(_SESSION, token, ("sid",)).get("sid", "")


def seal_second_step(email: str, proof: str, expires_at: datetime) -> str:
    """Return the JWT of who gave the right password and owes a code: it can't be taken for a session."""
    return _sealed(_SECOND_STEP, {"email": email, "proof": proof}, expires_at)


def second_step(token: str) -> tuple[str, str] | None:
    """Return the (e-mail, proof) that such a JWT carries; None when it is forged, expired, incomplete or not ours."""
    claims = _opened(_SECOND_STEP, token, ("email", "proof"))
    return (claims["email"], claims["proof"]) if claims else None


def _sealed(purpose: str, claims: dict[str, str], expires_at: datetime) -> str:
    registered = {"aud": purpose, "exp": int(expires_at.timestamp())}
    return jwt.encode(claims | registered, current().secret_key, algorithm=_ALGORITHM)


def _opened(purpose: str, token: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the named claims of a token made for a purpose, all of them texts; nothing when it is not good now.

    Expiry is compared with our clock, which the sandbox may set, not with the library's.
    """
    try:
        claims = jwt.decode(
            token,
            current().secret_key,
            algorithms=[_ALGORITHM],
            audience=purpose,
            options={"require": ["exp", "aud", *names], "verify_exp": False},
        )
    except jwt.InvalidTokenError:
        return {}
    if not isinstance(claims["exp"], int) or claims["exp"] <= clock.moment().now.timestamp():
        return {}
    texts = {name: claims[name] for name in names}
    return texts if all(isinstance(text, str) for text in texts.values()) else {}


def reference_of(identity: str) -> str:
    """Return what is stored and logged instead of a session id: its SHA-256, empty for an empty id."""
    return sha256(identity.encode()).hexdigest() if identity else ""


def cookie_value(header: str, name: str) -> str:
    """Return one cookie of a Cookie header, empty when it is missing or the header can't be read."""
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def client_address(scope: Scope) -> str:
    """Return the IP address that a request or socket comes from: the peer's, or what our outermost proxy saw.

    Of X-Forwarded-For only what `proxy_hops` trusted proxies added counts, from the right: what stands further left
    came from the browser, which writes there what it likes.
    """
    peer = str(scope["client"][0]) if scope.get("client") else ""
    hops = current().proxy_hops
    forwarded = b",".join(value for key, value in scope["headers"] if key == b"x-forwarded-for")
    chain = forwarded.decode("latin-1").split(",")
    if not hops or len(chain) < hops:
        return peer
    try:
        return str(ip_address(chain[-hops].strip()))
    except ValueError:
        return peer


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    status: int = 403,
    text: str = "Forbidden",
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Refuse a request; what fits of its body is read first, or the server resets the connection instead of answering.

    A websocket is closed before it is accepted, whatever the status says.
    """
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    size, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(_REFUSED_BODY_SECONDS):
            while more and size < _LARGEST_REFUSED_BODY:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
    content = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [content, *headers]})
    await send({"type": "http.response.body", "body": text.encode()})


def _passed(frame: str) -> str | None:
    """Return a frame as Reflex may have it, half surrogates replaced; None for one that no page of ours sends."""
    if not _FRAME.match(frame):
        return None
    frame = _ESCAPE.sub(lambda escape: _REPLACEMENT if escape[1] else escape[0], frame)
    content = frame.partition(",")[2]
    try:
        packet = json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None
    # A greeting may hold the first event; a text in its place would be decoded once more, past this check.
    event = packet.get("event") if isinstance(packet, dict) else packet[1] if packet and packet[1:] else None
    return frame if event is None or _is_small(event) else None


def _is_small(event: object) -> bool:
    """Whether an event is one, and says no more of the page it comes from than an address of ours holds."""
    return isinstance(event, dict) and len(json.dumps(event.get("router_data"), ensure_ascii=False)) <= ROUTER_LENGTH


def _frames_of_ours(receive: Receive, send: Send) -> Receive:
    """Return a socket's `receive` that closes it for a frame that no page of ours sends."""

    async def checked() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        frame = _passed(message.get("text") or "")
        if frame is not None:
            return {**message, "text": frame}
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    return checked


class SessionEdge:
    """ASGI wrapper around Reflex's backend."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not Reflex's; of Reflex's, only websockets from our own pages, with the sealed reference."""
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(("/_event", "/_upload")):
            await self.app(scope, receive, send)
            return
        headers = scope["headers"]
        origin = next((value for key, value in headers if key == b"origin"), b"").decode("latin-1")
        if scope["type"] != "websocket" or scope["path"].startswith("/_upload") or origin != current().public_url:
            await refuse(scope, receive, send)
            return
        cookies = b"; ".join(value for key, value in headers if key == b"cookie").decode("latin-1")
        reference = reference_of(session_id(cookie_value(cookies, current().session_cookie)))
        clean = [(key, value) for key, value in headers if key in _HEADERS_KEPT]
        size = sum(len(key) + len(value) for key, value in clean)
        if size > _HANDSHAKE_BYTES or len(scope.get("query_string", b"")) > _QUERY_BYTES:
            await refuse(scope, receive, send)
            return
        if reference:
            # Reflex never sends a header of this name to the browser.
            clean.append((b"cookie", f"ref={reference}".encode()))
        await self.app({**scope, "headers": clean}, _frames_of_ours(receive, send), send)
