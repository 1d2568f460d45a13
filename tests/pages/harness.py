"""The event pipeline without a server: real event names through the real gate, as a browser tab would send them."""

import asyncio
import dataclasses
import re
from types import TracebackType
from typing import Any, Self

from reflex.event import Event
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State
from reflex.utils.format import format_event_handler
from reflex_base.event.processor import BaseStateEventProcessor

from loanapp import loanapp

ANSWER_SECONDS = 10


class Harness:
    """Browser tabs, each a token, of one server; `sent` holds the events that were sent back to them."""

    def __init__(self) -> None:
        self.states = StateManagerMemory()
        self.sent: list[Event] = []

    async def __aenter__(self) -> Self:
        self.processor = BaseStateEventProcessor(middleware=loanapp.app, graceful_shutdown_timeout=2)
        self.processor.configure(state_manager=self.states)

        async def emit_event(_token: str, *events: Event) -> None:
            self.sent.extend(events)

        async def emit_delta(_token: str, _delta: object) -> None:
            """Deltas are read from the state itself."""

        self.processor._root_context = dataclasses.replace(
            self.processor._root_context, emit_event_impl=emit_event, emit_delta_impl=emit_delta
        )
        await self.processor.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.processor.stop()

    async def send(
        self,
        handler: Any,
        *,
        ref: str = "",
        token: str = "tab",  # noqa: S107 - the name of a tab, no secret.
        path: str = "/painel",
        **payload: Any,
    ) -> State:
        """Send one event (a handler, or the name of one) from a tab at `path`; return the tab's state afterwards."""
        name = handler if isinstance(handler, str) else format_event_handler(handler)
        where, _, query = path.partition("?")
        router_data = {
            "pathname": where,
            "asPath": path,
            "query": dict(pair.split("=", 1) for pair in query.split("&") if pair),
            "token": token,
            "sid": "s",
            "ip": "127.0.0.1",
            "headers": {"cookie": f"ref={ref}", "origin": "http://127.0.0.1:8000"},
        }
        future = await self.processor.enqueue(token, Event(name=name, payload=payload, router_data=router_data))
        await asyncio.wait_for(future.wait_all() if hasattr(future, "wait_all") else future, ANSWER_SECONDS)
        return await self.states.get_state(BaseStateToken(ident=token, cls=State))

    def told(self) -> str:
        """Return what the tabs were told, as one text to look into, its JavaScript escapes undone."""
        script = " ".join(f"{event.name} {event.payload}" for event in self.sent)
        return re.sub(r"\\+u([0-9a-f]{4})", lambda escape: chr(int(escape[1], 16)), script)
