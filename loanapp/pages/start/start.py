"""The start address: it sends everybody to where their day begins."""

from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components.navigation import home_of
from loanapp.components.page import page
from loanapp.components.states import page_skeleton
from loanapp.gate import AuthState, requires


class StartState(AuthState):
    """Knows the way."""

    @rx.event
    @requires()
    async def leave(self) -> Any:
        """Go to the role's first page, or to where a second factor is set up if nothing else is open without it."""
        return rx.redirect("/perfil" if self.must_enrol else home_of(bridge.actor().role), replace=True)


@page("/", title="Início", permission=Permission.SESSION_USE, on_load=[StartState.leave])
def start() -> rx.Component:
    """Draw what is seen on the way."""
    return page_skeleton()
