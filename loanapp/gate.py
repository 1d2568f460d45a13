"""The outer door: a Reflex middleware that refuses every handler that declares no policy.

It runs before every event, whoever sends it: foreground, background, chained and forged ones.  It binds a browser
tab's state to one user and wipes it when another stands behind the tab.  What counts in the end is the inner door, the
permission of the use case; pages only hide.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import reflex as rx
from reflex.event import Event
from reflex.state import BaseState, StateUpdate
from reflex_base.registry import RegistrationContext

from domain.permissions import Permission
from loanapp import bridge, edge
from loanapp.queries.auth import OpenSession
from loanapp.settings import current

log = logging.getLogger(__name__)
Handler = TypeVar("Handler", bound=Callable[..., Any])
FleetingState = TypeVar("FleetingState", bound=BaseState)

PUBLIC_PATHS = frozenset({"/entrar", "/primeiro-acesso", "/redefinir-senha"})
_OWN_STATES = ("reflex___state____", "reflex___istate___")
_INTERNAL = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "set_is_hydrated",
        "on_load_internal",
        "update_vars_internal",
        "handle_frontend_exception",
    }
)
# The two of them that send a page everything that its tab holds.
_HYDRATING = ("hydrate", "hydrate_and_load")
_TO_SIGN_IN = "loanapp.signIn()"
_FLEETING: list[type[BaseState]] = []
_ENROL_FIRST = "Ative o segundo fator em Perfil para continuar."


@dataclass(frozen=True)
class Policy:
    """Who may call a handler: anybody, or who holds all of the permissions (none: anybody signed in)."""

    public: bool = False
    permissions: frozenset[Permission] = frozenset()


def public(handler: Handler) -> Handler:
    """Declare that anybody may call the handler, signed in or not."""
    handler.__policy__ = Policy(public=True)  # type: ignore[attr-defined]
    return handler


def requires(*permissions: Permission) -> Callable[[Handler], Handler]:
    """Declare the permissions that a handler asks for; without any, everybody signed in may call it."""

    def mark(handler: Handler) -> Handler:
        handler.__policy__ = Policy(permissions=frozenset(permissions))  # type: ignore[attr-defined]
        return handler

    return mark


def is_internal(name: str) -> bool:
    """Whether an event is Reflex's own, such as hydrating a page."""
    *path, method = name.split(".")
    return method in _INTERNAL and all(part.startswith(_OWN_STATES) for part in path)


def policy_of(name: str) -> Policy | None:
    """Return the policy of the handler with this event name; None when there is no such handler or it has none."""
    registered = RegistrationContext.get().event_handlers.get(name)
    return getattr(registered.handler.fn, "__policy__", None) if registered else None


class AuthState(rx.State):
    """Parent of every page's state: who is signed in here, to show and hide, never to decide."""

    _owner: str = ""
    name: str = ""
    role: str = ""
    permissions: list[str] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    # Nothing is open but one's own profile until a second factor is set up there.
    must_enrol: bool = False
    company: str = ""
    # The path whose record the pages' states hold as it stands; empty until a page that was opened has loaded.
    shown_path: str = ""
    sandbox_address: str = ""
    # The sandbox clock as the browser needs it to tick: start (ms), anchor (ms), speed; empty with the real clock.
    sandbox_clock: list[float] = []  # noqa: RUF012

    @rx.event
    @requires()
    async def arrive(self) -> Any:  # noqa: ANN401 - Reflex's event specifications have no public common type.
        """Ask for a session on every page, and move the focus to its heading after a navigation."""
        if self.shown_path != self.router.url.path.rstrip("/"):
            self.shown_path = ""
        return rx.call_script("loanapp.arrived()")

    @rx.event
    @requires()
    async def show(self) -> None:
        """Let a record be seen: all that its page loads has been read for the address where the tab is."""
        self.shown_path = self.router.url.path.rstrip("/")


def fleeting(cls: type[FleetingState]) -> type[FleetingState]:
    """Declare a state that lasts no longer than the page it is shown on: a page that loads anew never gets it."""
    _FLEETING.append(cls)
    return cls


def session_reference(state: BaseState) -> str:
    """Return the session's reference that the edge put in place of the cookie."""
    return edge.cookie_value(state.router.headers.cookie, "ref")


def _stop(*specs: Any) -> StateUpdate:  # noqa: ANN401
    return StateUpdate(events=Event.from_event_type(list(specs)))


def _show(auth: AuthState, session: OpenSession | None) -> None:
    """Copy what pages show about the session and the sandbox; only differences, so that nothing is sent twice."""
    clock = current().clock
    shown = {
        "name": session.actor.name if session else "",
        "role": session.actor.role.value if session else "",
        "permissions": sorted(session.actor.permissions) if session else [],
        "must_enrol": session.must_enrol if session else False,
        "company": session.company if session else "",
        "sandbox_address": current().evolution_url if current().sandbox else "",
        "sandbox_clock": [clock.start.timestamp() * 1000, clock.anchor * 1000, clock.speed] if clock else [],
    }
    for field, value in shown.items():
        if getattr(auth, field) != value:
            setattr(auth, field, value)


class Gate(rx.Middleware):
    """The middleware itself."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002
        """Return None to let the event through, or the update that answers instead."""
        internal, policy = is_internal(event.name), policy_of(event.name)
        if not internal and policy is None:
            log.warning("denied, no policy: %s", event.name[:200])
            return _stop(rx.toast.error("Ação não permitida."))
        session = await bridge.enter(session_reference(state))
        auth = await state.get_state(AuthState)
        path = state.router.url.path.rstrip("/")
        is_open = path in PUBLIC_PATHS if policy is None else policy.public
        if session is None and auth._owner and not is_open:  # noqa: SLF001
            # Expired, revoked, or a stolen tab token: nothing is sent, and what was typed stays in the browser.
            return _stop(rx.call_script("loanapp.signInAgain()"))
        if await _changed_hands(state, auth, session):
            return _stop(rx.call_script("location.reload()"))
        if internal and event.name.rpartition(".")[2] in _HYDRATING:
            # Only a page that loads anew sends this; one that found its signal again keeps what is typed.
            if event.payload.get("hashes"):
                auth.shown_path = ""
            for cls in _FLEETING:
                (await state.get_state(cls)).reset()
        _show(auth, session)
        return None if internal or is_open else _refusal(session, policy)


def _refusal(session: OpenSession | None, policy: Policy) -> StateUpdate | None:
    """Return what answers an event that its policy does not let through; None when it does."""
    if session is None:
        return _stop(rx.call_script(_TO_SIGN_IN))
    if not policy.permissions <= session.actor.permissions:
        text = _ENROL_FIRST if session.must_enrol else "Você não tem permissão para isso."
        # A page asks for several things at once: the same id makes their refusals one toast.
        return _stop(rx.toast.error(text, id="refused"))
    return None


async def _changed_hands(state: BaseState, auth: AuthState, session: OpenSession | None) -> bool:
    """Bind the tab to its user; whether another user was there before. The old one's state is wiped."""
    owner, before = (session.user_id if session else ""), auth._owner  # noqa: SLF001
    if owner == before:
        return False
    await wipe(state)
    auth._owner = owner  # noqa: SLF001
    return bool(before and owner)


async def wipe(root: BaseState) -> None:
    """Forget everything this tab's state holds, also what was typed before signing in."""
    router_data = root.router_data
    for cls in RegistrationContext.get().base_states.values():
        await root.get_state(cls)  # Redis loads only what the event needs.
    root.reset()
    root.router_data = router_data
    root._update_router_vars(router_data, {})  # noqa: SLF001 - Reflex has no public way to set the router again.
