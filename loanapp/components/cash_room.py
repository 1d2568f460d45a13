"""What other pages tell of cash: the room of whoever may hold only so much, and the way to where it is counted."""

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components.buttons import link_button
from loanapp.components.formats import brl_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.gate import AuthState, requires
from loanapp.queries.cash import cash_room


class CashRoomState(AuthState):
    """The actor's room for cash as of the dialog's opening; empty for a role without a ceiling."""

    text: str = ""

    @rx.event
    @requires(Permission.PAYMENTS_REGISTER)
    async def load(self) -> None:
        """Read what is in hand."""
        outcome = await bridge.read(cash_room, None)
        room = outcome.value
        self.text = (
            f"Em mãos: {brl_text(room.in_hand_cents)} de {brl_text(room.ceiling_cents)}."
            f" Cabem mais {brl_text(room.left_cents)}."
            if room
            else ""
        )


def cash_desk_link() -> rx.Component:
    """Show the way to where cash is counted, to who counts it."""
    may_count = AuthState.permissions.contains(Permission.CASH_CHECK.value)
    return rx.cond(may_count, link_button("Conferir caixa", to="/recebimentos/caixa", icon="hand-coins"))


def cash_room_note(is_cash: rx.Var[bool]) -> rx.Component:
    """Show the room for cash while cash is the chosen method."""
    note = rx.el.p(
        glyph("hand-coins", class_name="shrink-0 mt-0.5"),
        rx.el.span(CashRoomState.text, " ", app_link("Meu caixa", to="/campo/recebidos"), class_name="tabular-nums"),
        class_name="notice rounded-md",
        role="status",
    )
    return rx.el.div(rx.cond(is_cash & (CashRoomState.text != ""), note), on_mount=CashRoomState.load)
