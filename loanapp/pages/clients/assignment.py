"""Which street supervisor visits a client: the line of the record, its dialog, and the filter of the list."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.clients import SupervisorUnfit
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import select_field, text_area
from loanapp.components.forms import settled
from loanapp.gate import AuthState, requires
from loanapp.pages.clients.client_state import ClientState
from loanapp.queries.supervisors import supervisors
from loanapp.services.assignments import AssignSupervisor, assign_supervisor

FORM_ID = "client-supervisor"
NOBODY = "nenhum"
NOBODY_TEXT = "Nenhum supervisor"
RECORD = ClientState.record


def parse_assignment(texts: Mapping[str, str], _today: date) -> AssignSupervisor:
    """Read the form: the client that it was opened for, and a supervisor of the list or nobody."""
    chosen, client_id = texts["supervisor_id"], address.identifier(texts["client_id"])
    supervisor_id = address.identifier(chosen)
    if client_id is None or (supervisor_id is None and chosen != NOBODY):
        raise SupervisorUnfit(field="supervisor_id")
    return AssignSupervisor(client_ids=(client_id,), supervisor_id=supervisor_id, reason=texts["supervisor_reason"])


class AssignmentState(AuthState):
    """Whom clients can be given to, and the open dialog."""

    choices: list[list[str]] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    is_open: bool = False
    errors: dict[str, str] = {}  # noqa: RUF012

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def load(self) -> None:
        """Read who the street supervisors are."""
        outcome = await bridge.read(supervisors, None)
        found = outcome.value or ()
        self.choices = [[NOBODY, NOBODY_TEXT], *([str(each.user_id), each.name] for each in found)] if found else []

    @rx.event
    @requires(Permission.CLIENTS_ASSIGN)
    async def ask(self) -> Any:
        """Open the dialog."""
        self.errors, self.is_open = {}, True
        return AssignmentState.load

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the dialog."""
        self.is_open = self.is_open and bool(is_open)

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_ASSIGN)
    async def assign(self, form: dict[str, Any]) -> Any:
        """Give the client to the chosen supervisor."""
        outcome = await bridge.submit(assign_supervisor, parse_assignment, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return settled("client-supervisor", is_done=False)
        self.is_open = False
        return [settled("client-supervisor", is_done=True), ClientState.load]

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def filter(self, chosen: str) -> Any:
        """Put the chosen supervisor into the list's address, from the first page."""
        is_known = chosen == NOBODY or address.identifier(chosen) is not None
        return rx.redirect(address.changed(self, supervisor=chosen if is_known else "", pagina=""), replace=True)


def supervisor_asked(state: Any) -> tuple[UUID | None, bool]:
    """Return whose clients the list's address asks for, and whether it asks for those of nobody."""
    chosen = address.parameter(state, "supervisor")
    return address.identifier(chosen), chosen == NOBODY


def supervisor_line() -> rx.Component:
    """Show who visits the client, with the button to change it."""
    name = rx.cond(RECORD["supervisor"] != "", RECORD["supervisor"].to(str), "nenhum")
    change = rx.el.button(
        rx.cond(RECORD["supervisor"] != "", "Trocar", "Definir"),
        rx.el.span(" supervisor", class_name="sr-only"),
        type="button",
        on_click=AssignmentState.ask,
        class_name="link",
    )
    may_assign = AuthState.permissions.contains(Permission.CLIENTS_ASSIGN.value)
    return rx.el.span(
        rx.el.span("Supervisor: ", name), rx.cond(may_assign, change), class_name="inline-flex items-center gap-2"
    )


def supervisor_dialog() -> rx.Component:
    """Draw the dialog: who, to whom, what follows."""
    state = AssignmentState
    return command_dialog(
        "Definir supervisor",
        rx.el.p(RECORD["name"], class_name="font-medium [overflow-wrap:anywhere]"),
        rx.el.p("O supervisor escolhido passa a ver e a atender este cliente; o anterior deixa de ver."),
        rx.el.input(type="hidden", name="client_id", value=RECORD["id"].to(str), read_only=True),
        select_field(
            "supervisor_id", "Supervisor de rua",
            rx.cond(state.choices.length() > 0, state.choices, [[NOBODY, NOBODY_TEXT]]).to(list[list[str]]),
            errors=state.errors,
        ),
        text_area("supervisor_reason", "Motivo (opcional)", errors=state.errors),
        verb="Definir supervisor",
        form_id=FORM_ID,
        is_open=state.is_open,
        on_open_change=state.fold,
        on_submit=state.assign,
        errors=state.errors,
    )  # fmt: skip


def supervisor_filter(chosen: rx.Var[str]) -> rx.Component:
    """Show the choice of a supervisor above the list; nothing where there is nobody to choose."""
    state = AssignmentState
    return rx.cond(
        state.choices.length() > 0,
        rx.el.div(
            rx.el.label("Supervisor", html_for="filter-supervisor", class_name="field-label"),
            rx.el.select(
                rx.el.option("Todos", value=""),
                rx.foreach(state.choices, lambda pair: rx.el.option(pair[1], value=pair[0])),
                id="filter-supervisor",
                value=chosen,
                on_change=state.filter,
                class_name="input",
            ),
            class_name="field w-full md:w-64",
        ),
    )
