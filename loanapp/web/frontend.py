"""What the built front end needs from its server: the address in use, in the one file that a build bakes it into."""

from pathlib import Path

from starlette.datastructures import URL, Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from loanapp.settings import current
from loanapp.web._doors import open_to_all

BUILD_ADDRESS = "http://127.0.0.1:8000"
_LOOPBACK = "127.0.0.1"


def with_address(script: str, public_url: str) -> str:
    """Return the build's script of addresses with ours instead of the one it was built with, sockets too."""
    socket_url = public_url.replace("http", "ws", 1)
    return script.replace(BUILD_ADDRESS, public_url).replace(BUILD_ADDRESS.replace("http", "ws", 1), socket_url)


def routes(build: Path) -> list[Route]:
    """Return the route of `reflex-env-<digest>.js` in a build's folder, ahead of the folder's static files."""

    @open_to_all
    def addresses(request: Request) -> Response:
        script = build / "assets" / f"reflex-env-{request.path_params['digest']}.js"
        if not script.is_file():
            return PlainTextResponse("Not Found", status_code=404)
        # Not cached: its name stays the same while its text follows the address.
        return Response(
            with_address(script.read_text(), current().public_url),
            media_type="text/javascript",
            headers={"cache-control": "no-cache"},
        )

    return [Route("/assets/reflex-env-{digest}.js", addresses)]


class OneAddress:
    """ASGI wrapper for a server on loopback: whoever comes by another name, such as `localhost`, is sent to ours.

    Cookies, origins and the socket then always belong to one address; behind a proxy, which knows its own names, this
    does nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect a page that is asked for under another name; pass on everything else."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            ours = URL(current().public_url)
            if ours.hostname == _LOOPBACK and Headers(scope=scope).get("host") != ours.netloc:
                query = scope["query_string"].decode("latin-1")
                target = f"{current().public_url}{scope['path']}{'?' if query else ''}{query}"
                await RedirectResponse(target, status_code=307)(scope, receive, send)
                return
        await self.app(scope, receive, send)
