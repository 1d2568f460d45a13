"""Runs the sandbox Evolution server: real HTTP on loopback, memory that ends with the process (whatsapp.md §10.7)."""

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from loanapp import clock
from loanapp.evolution.sandbox.api import Api
from loanapp.evolution.sandbox.hooks import Hooks, Pace
from loanapp.evolution.sandbox.page import Page
from loanapp.evolution.sandbox.state import State
from loanapp.settings import Settings

ADDRESS = "127.0.0.1"


def _now() -> datetime:
    return clock.moment().now


def make_app(
    settings: Settings, *, webhook_url: str, pace: Pace | None = None, moment: Callable[[], datetime] = _now
) -> Starlette:
    """Build the sandbox's application for one instance, telling `webhook_url` what happens."""
    pace = pace or Pace()
    state = State(instance=settings.instance_name, key=settings.evolution_key, webhook_url=webhook_url)
    hooks = Hooks(state=state, secret=settings.evolution_webhook_secret, moment=moment, pace=pace)
    api = Api(state=state, hooks=hooks, moment=moment, pace=pace)
    page = Page(state=state, hooks=hooks, moment=moment)
    return Starlette(routes=[*api.routes(), *page.routes()])


def make_server(app: Starlette, port: int) -> Server:
    """Build the HTTP server of an application on loopback; it runs in the loop that serves it, so memory is one."""
    return Server(app, address=ADDRESS, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)


def run(port: int, settings: Settings) -> None:
    """Serve the sandbox until Ctrl-C or SIGTERM; webhooks go straight to our web on loopback."""
    app = make_app(settings, webhook_url=f"http://{ADDRESS}:{settings.port}/webhooks/evolution")
    asyncio.run(_serve(app, port))


async def _serve(app: Starlette, port: int) -> None:
    server = make_server(app, port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()
