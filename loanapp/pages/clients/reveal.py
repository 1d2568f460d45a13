"""The identities of a record: masked until somebody asks, which the audit trail notes, and hidden again on leaving."""

from typing import Any
from uuid import UUID

import reflex as rx

from domain.clients import Phone
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.glyphs import glyph
from loanapp.gate import AuthState, fleeting, requires
from loanapp.pages.clients.client_state import ClientState
from loanapp.services.disclosure import Identity, Reveal, reveal

NOTHING = {field.value: "" for field in Identity}
RECORD = ClientState.record


@fleeting
class RevealState(AuthState):
    """What is shown in full of the record that `of` names."""

    of: str = ""
    shown: dict[str, str] = NOTHING

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def hide(self) -> None:
        """Show everything masked again."""
        self.of, self.shown = "", dict(NOTHING)

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_REVEAL)
    async def show(self, field: str) -> Any:
        """Show one identity in full."""
        if field in NOTHING:
            return await self._reveal(Identity(field))
        return None

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_REVEAL)
    async def call(self) -> Any:
        """Show the phone in full and dial it."""
        refused = await self._reveal(Identity.PHONE)
        return refused or rx.call_script(f"location.assign('tel:{Phone.parse(self.shown['phone']).e164}')")

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_REGISTER)
    async def edit_contact(self) -> Any:
        """Open the form of the contact, which holds the phones in full."""
        refused = await self._reveal(Identity.PHONE) or await self._reveal(Identity.OTHER_PHONE)
        return refused or ClientState.open_dialog("contact")

    async def _reveal(self, field: Identity) -> Any:
        """Keep what the use case returns; return what tells that it was refused, or None."""
        client_id = _client_id(self)
        if client_id is None:
            return rx.toast.error("Este cliente não existe.")
        outcome = await bridge.run(reveal, Reveal(client_id=client_id, field=field))
        if not outcome.ok:
            return rx.toast.error(feedback.message(outcome))
        kept = self.shown if self.of == str(client_id) else NOTHING
        self.of, self.shown = str(client_id), {**kept, field.value: outcome.result}
        return None


def _client_id(state: AuthState) -> UUID | None:
    return address.identifier(address.local_path(state).rpartition("/")[2])


def identity(label: str, field: Identity, masked: rx.Var) -> rx.Component:
    """Show an identity masked, with the button that shows it in full."""
    full = RevealState.shown[field.value]
    is_shown = (RevealState.of == RECORD["id"]) & (full != "")
    value = rx.el.span(rx.cond(is_shown, full, masked), class_name="tabular-nums")
    show = rx.el.button(
        glyph("eye"), "Mostrar", rx.el.span(f" {label}", class_name="sr-only"),
        type="button", on_click=RevealState.show(field.value), class_name="link inline-flex items-center gap-1",
    )  # fmt: skip
    may_show = AuthState.permissions.contains(Permission.CLIENTS_REVEAL.value) & ~is_shown
    return rx.el.span(value, rx.cond(may_show, show), class_name="inline-flex items-center gap-2")


def phones_to_edit() -> dict[str, rx.Var]:
    """Return what the phones of the contact's form hold at first."""
    return {field.value: RevealState.shown[field.value] for field in (Identity.PHONE, Identity.OTHER_PHONE)}
