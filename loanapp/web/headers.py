"""The outermost ASGI wrapper: the security headers of every HTTP answer, those of the static files included."""

from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loanapp.content_policy import content_policy
from loanapp.settings import current

YEAR_SECONDS = 31_536_000
HASHED_ASSETS = "/assets/"
# A script or a style is judged by the policy of the page that loads it: its own only keeps it from being a page.
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
# Routes whose answers belong to one person, or are one person's doing.
_PERSONAL = ("/auth/", "/exports/", "/files", "/api/", "/pdf/", "/r/", "/recibos/")


class SecurityHeaders:
    """Adds the headers where an answer has none of its own; the policy of the build's pages is computed once."""

    def __init__(self, app: ASGIApp, *, build: Path) -> None:
        self.app = app
        self.policy = content_policy(build, current().public_url)
        self.fixed = {
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
        }
        if current().is_secure:
            self.fixed["strict-transport-security"] = f"max-age={YEAR_SECONDS}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and complete the start of an HTTP answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**self.fixed, **self._of(scope["path"], message["status"])}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, complete)

    def _of(self, path: str, status: int) -> dict[str, str]:
        """Return the headers that depend on what was asked for."""
        is_asset = path.startswith(HASHED_ASSETS)
        cache = "no-cache"
        if path.startswith(_PERSONAL):
            cache = "no-store"
        elif is_asset and status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED):
            cache = f"public, max-age={YEAR_SECONDS}, immutable"
        return {
            "content-security-policy": _NO_PAGE if is_asset else self.policy,
            # Not `no-referrer`, not even where one-time links lead (their token stands in the fragment, which is no
            # part of a referrer): a form of such a page is posted with `Origin: null`, which our routes refuse.
            "referrer-policy": "same-origin",
            # What is not named after its content, such as a page or app.js, is asked for again each time; an
            # unchanged file then answers 304.
            "cache-control": cache,
        }
