"""The state of Usuários: the list, the unfolded user with their sessions, and what an administrator does with one."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.formats import counted, instant_text
from loanapp.components.forms import settled
from loanapp.components.sessions import SessionRow, session_rows
from loanapp.gate import AuthState, requires
from loanapp.pages.users.user_rows import NO_USER, NOBODY_TAKES, VIEWS, UserRow, heirs, user_row
from loanapp.queries.users import UserLine, sessions_of, users
from loanapp.services import users as services
from loanapp.services.second_factor import ResetSecondFactor, reset_second_factor
from loanapp.settings import current

FORM_ID = "user-action"
DIALOGS = ("invite", "renew", "role", "sessions", "factor", "deactivate", "reactivate")
INVITATION = "INVITATION"
Order = TypeVar("Order")


def parse_invitation(texts: Mapping[str, str], _today: date) -> services.InviteUser:
    """Read the invitation's form."""
    return services.InviteUser(email=texts["email"], name=texts["name"], role=texts["role"])


def parse_departure(texts: Mapping[str, str], _today: date, *, user_id: UUID) -> services.DeactivateUser:
    """Read the form that takes access away: the reason, and who takes the clients or that nobody does."""
    return services.DeactivateUser(
        user_id=user_id,
        reason=texts["reason"],
        heir_id=address.identifier(texts["heir_id"]),
        leaves_unassigned=texts["heir_id"] == NOBODY_TAKES,
    )


class UsersState(AuthState):
    """Usuários in this tab; `link` is a one-time link while its dialog is open, and nowhere else."""

    is_loaded: bool = False
    fault: str = ""
    rows: list[UserRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    place: Place = NOWHERE  # type: ignore[assignment]
    summary: str = ""
    view: str = "todos"
    view_links: dict[str, str] = {}  # noqa: RUF012
    sessions: list[SessionRow] = []  # noqa: RUF012
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    chosen: UserRow = NO_USER
    chosen_heirs: list[list[str]] = []  # noqa: RUF012
    link: str = ""
    link_for: str = ""
    link_until: str = ""
    is_invitation: bool = False

    @rx.event
    @requires(Permission.USERS_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for; a link that was shown is gone."""
        self._close()
        await self._read()

    @rx.event
    @requires(Permission.USERS_MANAGE)
    async def ask(self, dialog: str, user_id: str) -> None:
        """Open a dialog, about a user of the list or (to invite) about none."""
        self._close()
        lines = await self._read()
        line = next((line for line in lines if str(line.id) == user_id), None)
        if dialog not in DIALOGS or (line is None and dialog != "invite"):
            return
        if line is not None:
            self.chosen = user_row(line, to="", is_open=False, own_id=bridge.actor().user_id)
            self.chosen_heirs = heirs(lines, line.id)
        self.dialog = dialog

    @rx.event
    @requires(Permission.USERS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog and forget the link that it showed."""
        if is_open is not True:
            self._close()

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def invite(self, form: dict[str, Any]) -> Any:
        """Invite somebody, and show the link once."""
        outcome = await bridge.submit(services.invite_user, parse_invitation, form)
        return await self._show_link(outcome, bridge.texts_of(form)["name"].strip())

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def renew(self, form: dict[str, Any]) -> Any:
        """Make the chosen user a new link, and show it once."""
        outcome = await bridge.submit(services.make_link, self._about(services.MakeLink), form)
        return await self._show_link(outcome, self.chosen["name"])

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def change_role(self, form: dict[str, Any]) -> Any:
        """Give the chosen user another role."""
        outcome = await bridge.submit(services.change_role, self._about(services.ChangeRole, "role"), form)
        return await self._done(outcome, "Papel alterado: vale no próximo clique da pessoa.")

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def end_sessions(self, form: dict[str, Any]) -> Any:
        """End all sessions of the chosen user."""
        outcome = await bridge.submit(services.end_sessions, self._about(services.EndSessions), form)
        return await self._done(outcome, "Sessões encerradas.")

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def reset_factor(self, form: dict[str, Any]) -> Any:
        """Take the second factor away from the chosen user, who lost it."""
        outcome = await bridge.submit(reset_second_factor, self._about(ResetSecondFactor), form)
        return await self._done(outcome, "Segundo fator redefinido e sessões encerradas.")

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def deactivate(self, form: dict[str, Any]) -> Any:
        """Take the chosen user's access away."""
        outcome = await bridge.submit(services.deactivate, partial(parse_departure, user_id=self._chosen_id()), form)
        return await self._done(outcome, "Acesso desativado.")

    @rx.event(temporal=True)
    @requires(Permission.USERS_MANAGE)
    async def reactivate(self, form: dict[str, Any]) -> Any:
        """Let the chosen user in again."""
        outcome = await bridge.submit(services.reactivate, self._about(services.ReactivateUser), form)
        return await self._done(outcome, "Acesso reativado.")

    def _chosen_id(self) -> UUID:
        """Return whom the open dialog is about; nobody has the id of a dialog that is not open."""
        return address.identifier(self.chosen["id"]) or UUID(int=0)

    def _about(self, order: Callable[..., Order], *fields: str) -> Callable[[Mapping[str, str], date], Order]:
        """Return what reads a form into an order about the chosen user."""
        user_id = self._chosen_id()
        return lambda texts, _today: order(user_id=user_id, **{field: texts[field] for field in fields})

    async def _done(self, outcome: Outcome[Any], text: str) -> list[rx.event.EventSpec]:
        """Close the dialog and read the list anew, or show what was refused."""
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return [settled(FORM_ID, is_done=False)]
        self._close()
        await self._read()
        return [settled(FORM_ID, is_done=True), rx.toast.success(text)]

    async def _show_link(self, outcome: Outcome[services.UserLinkMade], name: str) -> rx.event.EventSpec:
        """Show the link that was made, once, or what was refused."""
        self.errors = feedback.field_errors(outcome)
        if outcome.ok:
            self._close()
            made = outcome.result
            self.link, self.link_until = current().public_url + made.path, instant_text(made.expires_at)
            self.link_for, self.is_invitation = name, made.purpose == INVITATION
            self.dialog = "link"
            await self._read()
        return settled(FORM_ID, is_done=outcome.ok)

    def _close(self) -> None:
        self.dialog = self.link = self.link_for = self.link_until = ""
        self.errors, self.chosen, self.chosen_heirs = {}, NO_USER, []

    async def _read(self) -> tuple[UserLine, ...]:
        outcome = await bridge.read(users, None)
        self.fault = outcome.reference
        if not outcome.ok:
            return ()
        self.view = address.choice(self, "visao", VIEWS, "todos")
        found = [line for line in outcome.result if self.view not in VIEWS or line.standing is VIEWS[self.view]]
        self.place = address.place(self, total=len(found))
        shown = found[max(self.place["first"] - 1, 0) : self.place["last"]]
        opened = address.identifier(address.parameter(self, "aberta"))
        self.rows = [self._row(line, is_open=line.id == opened) for line in shown]
        self.sessions = await self._sessions(opened) if any(row["is_open"] for row in self.rows) else []
        self.view_links = {key: address.list_address(self, visao=key, pagina="") for key in ("todos", *VIEWS)}
        self.summary = counted(len(found), "usuário", "usuários")
        self.is_loaded = True
        return outcome.result

    def _row(self, line: UserLine, *, is_open: bool) -> UserRow:
        to = address.changed(self, aberta="" if is_open else line.id)
        return user_row(line, to=to, is_open=is_open, own_id=bridge.actor().user_id)

    async def _sessions(self, user_id: UUID | None) -> list[SessionRow]:
        if user_id is None:
            return []
        outcome = await bridge.read(sessions_of, user_id)
        return session_rows(outcome.value or ())
