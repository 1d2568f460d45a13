"""Completeness: every way in declares who may come, or stands in a short list of those that are open to all.

The ways in are event handlers, HTTP routes, use cases and reads.  A list here is changed on purpose, with a reason, or
the test fails.
"""

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from reflex_base.registry import RegistrationContext
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

import loanapp.components
import loanapp.pages
import loanapp.web
from domain.permissions import Permission
from loanapp import loanapp as product
from loanapp.gate import is_internal, policy_of
from loanapp.queries import _query
from loanapp.services import _use_case
from loanapp.web._doors import door_of

# The pages before signing in: they tell what the address says, and nothing of ours.
PUBLIC_HANDLERS = {"sign_in_state.load", "new_password_state.load"}
# Signing in by its steps, one-time links, the webhook with its own secret, whether this worker is alive, and receipts
# by a link whose token proves the right to see one.
PUBLIC_ROUTES = {
    "/auth/entrar", "/auth/codigo", "/auth/senha", "/webhooks/evolution", "/api/health",
    "/assets/reflex-env-{digest}.js", "/r/{token}", "/r/{token}/pdf",
}  # fmt: skip
# Reflex's own: liveness, and the socket behind edge and gate.
FRAMEWORK_ROUTES = {"/ping", "/_health", "/_event"}
# What nobody in particular asks for: signing in itself, one-time links, a receipt's link, and keeping a webhook.
NOBODYS = {Permission.SIGN_IN, Permission.LINK_USE, Permission.RECEIPTS_OPEN, Permission.INBOUND_STORE}


def handlers() -> list[str]:
    """Return every handler of the product that a browser can name; tests of this process register states too."""
    names = RegistrationContext.get().event_handlers
    return [name for name in names if not is_internal(name) and "tests___" not in name]


def routes(found: list[BaseRoute]) -> Iterator[tuple[str, Callable[..., Any] | None]]:
    """Yield path and function of every route, those of mounted applications included; no function for a foreign one."""
    for route in found:
        if isinstance(route, Mount) and isinstance(route.app, Starlette):
            for path, endpoint in routes(list(route.app.routes)):
                yield f"{route.path}{path}", endpoint
        elif isinstance(route, Route):
            yield route.path, route.endpoint
        else:
            yield str(getattr(route, "path", route)), None


def short(name: str) -> str:
    return name.rpartition("____")[2]


def test_every_handler_declares_who_may_call_it() -> None:
    policies = {name: policy_of(name) for name in handlers()}

    # `setvar` comes with every state of Reflex; the gate refuses it because it declares nothing.
    assert [name for name, policy in policies.items() if policy is None and not name.endswith(".setvar")] == []
    assert {short(name) for name, policy in policies.items() if policy and policy.public} == PUBLIC_HANDLERS


def test_every_route_of_ours_declares_who_may_call_it() -> None:
    ours = dict(routes(list(product._ROUTES)))
    doors = {path: door_of(endpoint) if endpoint else None for path, endpoint in ours.items()}

    assert [path for path, door in doors.items() if door is None] == []
    assert {path for path, door in doors.items() if door and door.permission is None} == PUBLIC_ROUTES


def test_the_framework_opens_no_route_that_we_do_not_know() -> None:
    assert product.app._api
    assert {path for path, _ in routes(list(product.app._api.routes))} == FRAMEWORK_ROUTES


def crossings() -> Iterator[tuple[str, Any]]:
    """Yield what screens and routes hand to the bridge: where, and the use case or read itself."""
    for found in (product, *_modules(loanapp.pages), *_modules(loanapp.components), *_modules(loanapp.web)):
        for node in ast.walk(ast.parse(Path(str(found.__file__)).read_text())):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
            if is_call and ast.unparse(node.func) in {"bridge.run", "bridge.read", "bridge.submit"}:
                for name in _named(node.args[0]):
                    yield f"{found.__name__}:{node.lineno} {name}", _value(found, name)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def _named(argument: ast.expr) -> list[str]:
    """Return the names that an argument can be: both of a choice."""
    if isinstance(argument, ast.IfExp):
        return [*_named(argument.body), *_named(argument.orelse)]
    return [ast.unparse(argument)]


def _value(module: ModuleType, name: str) -> Any:
    """Return what a dotted name means in a module, None when it is a parameter or something made on the spot."""
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def test_every_use_case_and_read_declares_a_permission() -> None:
    """The bridge calls nothing else: what it is handed is behind the decorator, wherever it is named."""
    found = dict(crossings())
    doors = {**_use_case.REGISTRY, **_query.REGISTRY}

    assert len([function for function in found.values() if function in doors]) > 30
    assert [place for place, function in found.items() if function is not None and function not in doors] == []


def test_what_nobody_may_do_is_what_signing_in_and_webhooks_need() -> None:
    assert {permission for permission in Permission if "N" in permission.holders} == NOBODYS
