"""Novo cliente: one form; what is typed stays in the browser until it is stored, the client's id is made there too."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.calendar import parse_date
from domain.clients import ClientKind
from domain.errors import Checks
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import link_button, submit_button
from loanapp.components.fields import date_field, error_summary, tax_id_field, text_field
from loanapp.components.forms import once_form, settled
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.gate import AuthState, requires
from loanapp.pages.clients import contact_fields
from loanapp.queries.clients import client_record, client_with_tax_id
from loanapp.services import clients

FORM_ID = "new-client"
_ASK_BY_KEY = f"document.getElementById('{FORM_ID}')?.elements.command_id.value"
_FOCUS_DONE = "setTimeout(() => document.getElementById('registered')?.focus(), 80)"
_FIELDS = ("tax_id", "name", "preferred_name", "birth_date", *contact_fields.FIELDS)
_BLANK: Mapping[str, str] = defaultdict(str)


def parse_registration(texts: Mapping[str, str], today: date) -> clients.RegisterClient:
    """Read the form; raise the problems of all its fields at once."""
    checks = Checks()
    typed = texts["birth_date"]
    command = clients.RegisterClient(
        client_id=UUID(texts["command_id"]),
        tax_id=texts["tax_id"],
        name=texts["name"],
        preferred_name=texts["preferred_name"],
        birth_date=checks.take("birth_date", parse_date, typed, today) if typed.strip() else None,
        contact=contact_fields.read_contact(checks, texts),
    )
    clients.check_identity(checks, command, today)
    clients.check_contact(checks, command.contact)
    checks.finish()
    return command


class NewClientState(AuthState):
    """What came of the form in this tab; what is typed is not here."""

    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the default for every tab.
    existing: str = ""
    existing_to: str = ""
    registered: str = ""
    registered_id: str = ""

    @rx.event
    @requires(Permission.CLIENTS_REGISTER)
    async def load(self) -> Any:
        """Begin with an empty form, or say who was registered when the address names one."""
        self.reset()
        client_id = address.identifier(address.parameter(self, "cadastrado"))
        outcome = await bridge.read(client_record, client_id) if client_id else None
        if outcome is None or not outcome.ok:
            return None
        self.registered, self.registered_id = outcome.result.name, str(client_id)
        return rx.call_script(_FOCUS_DONE)

    @rx.event
    @requires(Permission.CLIENTS_REGISTER)
    async def look_up(self, text: str) -> None:
        """Say who already has the CPF or CNPJ, when the field is left."""
        await self._find_existing(text)

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_REGISTER)
    async def register(self, form: dict[str, Any]) -> Any:
        """Register the client, once by the id that the form made."""
        if address.identifier(form.get("command_id")) is None:
            return settled(FORM_ID, is_done=False)
        outcome = await bridge.submit(clients.register, parse_registration, form)
        if outcome.ok:
            return self._finish(outcome.result.client_id)
        errors = feedback.field_errors(outcome)
        await self._find_existing(form.get("tax_id"))
        if self.existing:
            errors["tax_id"] = self.existing
        self.errors = contact_fields.in_order(errors, _FIELDS)
        return settled(FORM_ID, is_done=False)

    @rx.event
    @requires(Permission.CLIENTS_REGISTER)
    async def check(self, key: str) -> Any:
        """Resolve a press without an answer by the id that its form made."""
        client_id = address.identifier(key)
        outcome = await bridge.read(client_record, client_id) if client_id else None
        if outcome and outcome.ok:
            return self._finish(outcome.result.client_id)
        self.errors = {"": "O cliente não foi cadastrado. Confira e cadastre de novo."}
        return settled(FORM_ID, is_done=False)

    def _finish(self, client_id: UUID) -> Any:
        to = address.address("/clientes/novo", cadastrado=client_id)
        return [settled(FORM_ID, is_done=True), rx.redirect(to, replace=True)]

    async def _find_existing(self, text: object) -> None:
        known = (await bridge.read(client_with_tax_id, text)).value if isinstance(text, str) else None
        document = "CNPJ" if known and known.kind is ClientKind.COMPANY else "CPF"
        self.existing = f"Este {document} já é de {known.name}." if known else ""
        self.existing_to = f"/clientes/{known.client_id}" if known else ""


def _section(title: str, *fields: rx.Component) -> rx.Component:
    heading = rx.el.h2(title, class_name="title-small")
    return rx.el.section(heading, *fields, class_name="panel flex flex-col gap-4")


def _document() -> rx.Component:
    errors = NewClientState.errors
    known = rx.el.p(
        rx.cond(errors["tax_id"] == NewClientState.existing, "", NewClientState.existing + " "),
        app_link("Abrir cadastro", to=NewClientState.existing_to),
        role="status",
    )
    return _section(
        "CPF ou CNPJ",
        tax_id_field("tax_id", errors=errors, on_blur=NewClientState.look_up, class_name="md:max-w-80"),
        rx.cond(NewClientState.existing_to != "", known),
    )


def _person() -> rx.Component:
    errors = NewClientState.errors
    return _section(
        "Dados e contato",
        text_field("name", "Nome ou razão social", errors=errors),
        rx.el.div(
            text_field(
                "preferred_name", "Como prefere ser chamado (opcional)", errors=errors, help_text="Usado nas mensagens"
            ),
            date_field("birth_date", "Nascimento (opcional)", errors=errors, help_text="Exemplo: 22/07/1985"),
            class_name=contact_fields.TWO_COLUMNS,
        ),
        contact_fields.phones(errors, _BLANK),
        contact_fields.consent(is_on=True),
    )


def _form() -> rx.Component:
    errors = NewClientState.errors
    return once_form(
        error_summary(errors),
        _document(),
        _person(),
        _section("Endereço", contact_fields.home(errors, _BLANK)),
        _section("Renda", contact_fields.income(errors, _BLANK)),
        rx.el.div(
            submit_button("Cadastrar cliente", busy="Cadastrando…"),
            link_button("Cancelar", to="/clientes"),
            class_name="flex flex-wrap gap-3",
        ),
        id=FORM_ID,
        on_submit=NewClientState.register,
        on_doubt=rx.call_script(_ASK_BY_KEY, callback=NewClientState.check),
        class_name="flex flex-col gap-4 max-w-3xl",
    )


def _done() -> rx.Component:
    request_to = f"/emprestimos/novo?cliente={NewClientState.registered_id}"
    return rx.el.div(
        rx.el.h2("Cliente cadastrado", id="registered", tab_index=-1, class_name="title-small"),
        rx.el.p(NewClientState.registered, class_name="[overflow-wrap:anywhere]"),
        rx.el.div(
            link_button("Criar solicitação", to=request_to, kind="primary", icon="hand-coins"),
            link_button("Ver cadastro", to=f"/clientes/{NewClientState.registered_id}"),
            link_button("Novo cliente", to="/clientes/novo", icon="user-plus"),
            class_name="flex flex-wrap gap-3",
        ),
        class_name="panel flex flex-col gap-4 max-w-3xl",
        role="status",
    )


@page(
    "/clientes/novo",
    title="Novo cliente",
    permission=Permission.CLIENTS_REGISTER,
    on_load=[NewClientState.load],
)
def new_client() -> rx.Component:
    """Show the form, and after it what comes next."""
    return rx.cond(NewClientState.registered_id != "", _done(), _form())
