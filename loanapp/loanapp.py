"""Composition root of the web: the Reflex app, the edge, the gate, the routes, the pages and the engine."""

import contextlib
import functools
import importlib
import pkgutil
from collections.abc import AsyncIterator

import reflex as rx
from reflex.utils.prerequisites import get_web_dir
from reflex_base.constants import Dirs
from starlette.applications import Starlette

from loanapp import bridge, doorbell, pages
from loanapp.components import connection
from loanapp.components.explain import ExplainState, explain_drawer
from loanapp.components.page import registered
from loanapp.components.receive import ReceiveState
from loanapp.components.receive_dialog import receive_dialog
from loanapp.components.shell import overlay
from loanapp.edge import SessionEdge
from loanapp.gate import Gate
from loanapp.logs import mask_logs
from loanapp.services._use_case import connect_bell
from loanapp.web import (
    calculations,
    evolution,
    exports,
    files,
    frontend,
    health,
    held_data,
    papers,
    profile,
    receipts,
    sign_in,
)
from loanapp.web.frontend import OneAddress
from loanapp.web.headers import SecurityHeaders
from loanapp.web.limits import Limits

_BUILD = get_web_dir() / Dirs.STATIC
_ROUTES = [
    *sign_in.routes,
    *profile.routes,
    *health.routes,
    *evolution.routes,
    *files.routes,
    *held_data.routes,
    *exports.routes,
    *papers.routes,
    *receipts.routes,
    *calculations.routes,
    *frontend.routes(_BUILD),
]


@contextlib.asynccontextmanager
async def _engine() -> AsyncIterator[None]:
    """Bind the database and the doorbell in each worker, after the fork, never at import."""
    mask_logs()
    bridge.start()
    connect_bell(doorbell.ring)
    yield


def _load_pages() -> None:
    """Import every module under `pages/`: a page exists by being there."""
    for module in pkgutil.walk_packages(pages.__path__, "loanapp.pages."):
        importlib.import_module(module.name)


app = rx.App(
    html_lang="pt-BR",
    stylesheets=["tokens.css", "components.css"],
    head_components=[
        # A plain element: it has run before the first event of the socket can call it.
        rx.el.script(src="/preferences.js"),
        rx.el.script(src="/app.js"),
        rx.el.script(src="/files.js"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        rx.el.link(rel="icon", href="/icon.svg", type="image/svg+xml"),
    ],
    app_wraps={
        (55, "ErrorBoundary"): lambda is_stateful: connection.error_boundary(is_stateful=is_stateful),
        (5, "Overlay"): lambda is_stateful: connection.connection_bar() if is_stateful else None,
    },
    backend_exception_handler=connection.report_fault,
    # Later entries wrap earlier ones.
    api_transformer=[
        Starlette(routes=_ROUTES),
        OneAddress,
        SessionEdge,
        Limits,
        functools.partial(SecurityHeaders, build=_BUILD),
    ],
)
app.add_middleware(Gate())
app.register_lifespan_task(_engine)
overlay(on_load=ReceiveState.look_at_address)(receive_dialog)
overlay(on_load=ExplainState.look_at_address)(explain_drawer)
_load_pages()
for page in registered():
    app.add_page(**page)
