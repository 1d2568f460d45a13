"""How much waits for the person at the screen, as the menu counts it."""

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.gate import AuthState, requires
from loanapp.queries.approvals import pending_count


class PendingState(AuthState):
    """What waits, as of the last page that was opened."""

    approvals: int = 0

    @rx.event
    @requires()
    async def count(self) -> None:
        """Count the approvals that this person may decide; who decides none is not asked about any."""
        if Permission.APPROVALS_DECIDE in bridge.actor().permissions:
            outcome = await bridge.read(pending_count, None)
            self.approvals = outcome.value or 0


def pending_approvals() -> rx.Component:
    """Show the number beside the menu's words; nothing while nothing waits."""
    return rx.cond(
        PendingState.approvals > 0,
        rx.el.span(
            PendingState.approvals,
            rx.el.span(" aguardando", class_name="sr-only"),
            class_name=(
                "ml-auto min-w-5 rounded-full px-1.5 text-center text-xs font-semibold tabular-nums"
                " bg-[var(--c-primary)] text-[var(--c-on-primary)]"
            ),
        ),
    )
