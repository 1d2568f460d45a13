"""The decorator that makes a page: address, title, shell, permission, what it loads, and its loading state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp.components.shell import OVERLAYS, shell
from loanapp.components.states import page_skeleton
from loanapp.gate import AuthState

Body = Callable[[], rx.Component]


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One page as `App.add_page` will get it."""

    component: Body
    route: str
    title: rx.Var[str]
    on_load: tuple[Any, ...]
    is_framed: bool = True


PAGES: list[Registered] = []


def titled(title: str | rx.Var[str]) -> rx.Var[str]:
    """Return the browser tab's title: `{página} · {empresa}`, the page alone until the company is known."""
    return rx.cond(AuthState.company != "", f"{title} · {AuthState.company}", title)


def page(
    route: str,
    *,
    title: str | rx.Var[str],
    permission: Permission,
    on_load: Sequence[Any] = (),
    heading: str | rx.Var[str] | None = None,
    actions: Callable[[], rx.Component] | None = None,
    skeleton: Callable[[], rx.Component] = page_skeleton,
) -> Callable[[Body], Body]:
    """Register a page under `route` (`/clientes`, `/clientes/[client_id]`).

    The function returns what stands under the page's one `h1`, which is `heading` (the title, where it is not given);
    `actions` are the buttons beside it.  `on_load` handlers read the address and load; they run after the check that
    somebody is signed in.  Without `permission` the page says so; the data is guarded by its reads in any case.
    """
    name = _once_here(route, title, "Carregando…")

    def register(body: Body) -> Body:
        def framed() -> rx.Component:
            may = AuthState.permissions.contains(permission.value)
            shown_actions = rx.cond(may, actions()) if actions else rx.fragment()
            head = _head(
                name if heading is None else _once_here(route, heading, "Carregando…"),
                _once_here(route, shown_actions, rx.fragment()),
            )
            return shell(head, _guarded(_once_here(route, body(), skeleton()), may, skeleton, title))

        PAGES.append(Registered(component=framed, route=route, title=titled(name), on_load=tuple(on_load)))
        return body

    return register


def registered() -> list[dict[str, Any]]:
    """Return the arguments of `App.add_page` for every page; call it when all page modules are imported.

    A framed page first asks for somebody signed in, then the overlays read the address, then the page loads; a
    record's is shown when all of it is loaded.
    """
    return [
        {
            "component": entry.component,
            "route": entry.route,
            "title": entry.title,
            "on_load": [
                *([AuthState.arrive, *OVERLAYS.on_load] if entry.is_framed else []),
                *entry.on_load,
                *([AuthState.show] if entry.is_framed and _is_record(entry.route) else []),
            ],
        }
        for entry in PAGES
    ]


def bare_page(route: str, *, title: str, on_load: Sequence[Any] = ()) -> Callable[[Body], Body]:
    """Register a page without the shell, for whoever is not signed in."""

    def register(body: Body) -> Body:
        PAGES.append(
            Registered(component=body, route=route, title=titled(title), on_load=tuple(on_load), is_framed=False)
        )
        return body

    return register


def _head(heading: str | rx.Var[str], actions: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.h1(heading, tab_index=-1, class_name="title min-w-0"),
        rx.el.div(actions, class_name="flex flex-wrap gap-3"),
        class_name="flex flex-wrap items-center justify-between gap-3 mb-4",
    )


def _is_record(route: str) -> bool:
    return "[" in route


def _once_here(route: str, shown: Any, meanwhile: Any) -> Any:
    """Show what belongs to a record only while the states hold the one that the address names (`AuthState.show`)."""
    if not _is_record(route):
        return shown
    path, held = rx.State.router.url.path, AuthState.shown_path
    # The address may end with a slash; the path that is held never does.
    return rx.cond((path == held) | (path == f"{held}/"), shown, meanwhile)


def _guarded(
    body: rx.Component, may: rx.Var[bool], skeleton: Callable[[], rx.Component], title: str | rx.Var[str]
) -> rx.Component:
    text = f"Você não tem acesso a {title}. Peça a um administrador."
    refused = rx.el.p(text, class_name="panel", role="status")
    # Not `is_hydrated`: Reflex takes it back at each navigation, a filter's too, and the page would lose its focus,
    # its scroll and what was typed in it.
    is_known = AuthState.name != ""
    # Who must set up a second factor first reads that above the page.
    refusal = rx.cond(AuthState.must_enrol, rx.fragment(), refused)
    return rx.cond(is_known, rx.cond(may, body, refusal), skeleton())
