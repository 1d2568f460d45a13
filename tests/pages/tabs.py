"""A signed-in browser tab for tests of pages: who it is, and what a page's state holds after events at an address."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from domain.permissions import NOBODY, SYSTEM, Role
from loanapp import clock, edge
from loanapp.gate import AuthState
from loanapp.services.auth import SignIn, sign_in
from loanapp.services.users import AddUser, add_user
from loanapp.settings import Settings
from tests.pages.harness import Harness

PASSWORD = "a long enough secret"

PageState = TypeVar("PageState", bound=AuthState)


def set_clock(change_settings: Callable[..., Settings], instant: str) -> None:
    """Let time go on from an instant of São Paulo, so that pages show the same on every day the tests run."""
    change_settings(LOANAPP_SANDBOX="1", LOANAPP_CLOCK=instant, LOANAPP_CLOCK_ANCHOR=str(time.time()))


def signed_in_as(role: Role) -> str:
    """Sign a new user of a role in, and return the reference that its tabs carry."""
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name="Ana Souza", role=role, password=PASSWORD))
    return edge.reference_of(sign_in(NOBODY, clock.moment(), SignIn(email=email, password=PASSWORD)).session_id)


def after(page: type[PageState], *handlers: object, ref: str, path: str, **payload: object) -> tuple[PageState, str]:
    """Return a page's state after handlers ran at an address, the last with the payload, and what the tab was told."""

    async def run() -> tuple[PageState, str]:
        async with Harness() as tab:
            for handler in handlers[:-1]:
                await tab.send(handler, ref=ref, path=path)
            root = await tab.send(handlers[-1], ref=ref, path=path, **payload)
            return await root.get_state(page), tab.told()

    return asyncio.run(run())
