"""Real HTTP for tests: an ASGI application on a free port of loopback, in a thread with a loop of its own."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.applications import Starlette

from loanapp.evolution.sandbox.server import ADDRESS, make_server

START_SECONDS = 10.0


def a_free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(app: Starlette, *, port: int = 0) -> Iterator[str]:
    """Serve an application while the block runs, on a free port unless told; give its address."""
    port = port or a_free_port()
    stops: list[Callable[[], object]] = []

    async def serve() -> None:
        server = make_server(app, port)
        loop = asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(server.stop))
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    eventually(lambda: _listens(port))
    yield f"http://{ADDRESS}:{port}"
    stops[0]()
    thread.join(START_SECONDS)


def eventually(condition: Callable[[], object], *, seconds: float = START_SECONDS) -> None:
    """Wait until a condition holds, and fail when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, port)) == 0
