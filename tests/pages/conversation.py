"""A longer conversation with one tab: events with payloads of their own, and looks at its states in between."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from loanapp.gate import AuthState
from tests.pages.harness import Harness

Result = TypeVar("Result")
State = TypeVar("State", bound=AuthState)


class Tab:
    """A tab of a signed-in user; `path` is the address it is at, with its query."""

    def __init__(self, harness: Harness, reference: str, path: str) -> None:
        self.harness, self.reference, self.path = harness, reference, path

    async def send(self, handler: Any, **payload: Any) -> None:
        """Send one event and wait for all that follows from it."""
        await self.harness.send(handler, ref=self.reference, path=self.path, **payload)

    async def state(self, cls: type[State]) -> State:
        """Return what a state of the tab holds now."""
        root = await self.harness.send(AuthState.arrive, ref=self.reference, path=self.path)
        return await root.get_state(cls)

    def told(self) -> str:
        """Return what the tab was told to do, as one text."""
        return self.harness.told()


def in_a_tab(reference: str, path: str, steps: Callable[[Tab], Awaitable[Result]]) -> Result:
    """Run steps in a tab of the session, at an address."""

    async def run() -> Result:
        async with Harness() as harness:
            return await steps(Tab(harness, reference, path))

    return asyncio.run(run())
