"""The guarantor: fields of a new request's form, and the panel of a loan's record with its dialogs."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.guarantors import GuarantorTyped
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import Errors, phone_field, tax_id_field, text_field
from loanapp.components.figures import fact, facts
from loanapp.components.forms import settled
from loanapp.components.links import app_link
from loanapp.gate import AuthState, requires
from loanapp.queries.guarantors import GuarantorCard, guarantor_card
from loanapp.services.guarantors import NameGuarantor, name_guarantor

NAME_FORM, REMOVE_FORM = "name-guarantor", "remove-guarantor"
_DIALOGS = ("name", "remove")
_NOBODY = GuarantorTyped(name="", tax_id="", phone="", address="")


def typed_guarantor(texts: Mapping[str, str]) -> GuarantorTyped:
    """Read the fields below as typed."""
    return GuarantorTyped(
        name=texts["guarantor_name"],
        tax_id=texts["guarantor_tax_id"],
        phone=texts["guarantor_phone"],
        address=texts["guarantor_address"],
    )


def guarantor_fields(errors: Errors) -> rx.Component:
    """Show the four fields that name a guarantor."""
    return rx.el.div(
        text_field("guarantor_name", "Nome do fiador", errors=errors),
        tax_id_field("guarantor_tax_id", "CPF ou CNPJ do fiador", errors=errors),
        phone_field("guarantor_phone", "Telefone do fiador", errors=errors, help_text="Com DDD"),
        text_field("guarantor_address", "Endereço do fiador", errors=errors, help_text="Rua, número, cidade"),
        class_name="grid gap-4 md:grid-cols-2 items-start",
    )


def parse_naming(texts: Mapping[str, str], _today: date, *, request_id: UUID) -> NameGuarantor:
    """Read the dialog; nothing typed is refused field by field, since taking out is an action of its own."""
    typed = typed_guarantor(texts)
    return NameGuarantor(request_id=request_id, guarantor=typed, is_required=True)


def parse_removal(_texts: Mapping[str, str], _today: date, *, request_id: UUID) -> NameGuarantor:
    """Read the dialog that takes the guarantor out: there is nothing to type."""
    return NameGuarantor(request_id=request_id, guarantor=_NOBODY)


class GuarantorState(AuthState):
    """The guarantor of the loan in this tab."""

    is_loaded: bool = False
    problem: str = ""
    number: int = 0
    name: str = ""
    tax_id: str = ""
    phone: str = ""
    address: str = ""
    first_to: str = ""
    first_number: int = 0
    is_changeable: bool = False
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the defaults for every tab.
    _request_id: UUID | None = None

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def load(self) -> None:
        """Read the guarantor of the loan whose number the address ends with."""
        self.reset()
        await self._read(address.number(address.local_path(self).rsplit("/", 1)[-1]))

    @rx.event
    @requires(Permission.REQUESTS_OPEN)
    async def ask(self, dialog: str) -> None:
        """Open a dialog."""
        self.errors = {}
        self.dialog = dialog if dialog in _DIALOGS else ""

    @rx.event
    @requires(Permission.REQUESTS_OPEN)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was changed."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_OPEN)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Name the guarantor, or another one."""
        return await self._change(parse_naming, form, NAME_FORM, "Fiador registrado.")

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_OPEN)
    async def remove(self, form: dict[str, Any]) -> Any:
        """Take the guarantor out."""
        return await self._change(parse_removal, form, REMOVE_FORM, "Fiador retirado.")

    async def _change(self, parse: Any, form: object, form_id: str, done: str) -> Any:
        if self._request_id is None:
            return settled(form_id, is_done=False)
        outcome = await bridge.submit(name_guarantor, functools.partial(parse, request_id=self._request_id), form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return settled(form_id, is_done=False)
        self.dialog = ""
        await self._read(self.number)
        return [settled(form_id, is_done=True), rx.toast.success(done)]

    async def _read(self, number: int) -> None:
        outcome = await bridge.read(guarantor_card, number)
        self.number, self.is_loaded, self.problem = number, outcome.ok, feedback.message(outcome)
        if outcome.value is not None:
            self._show(outcome.value)

    def _show(self, card: GuarantorCard) -> None:
        self._request_id, self.is_changeable = card.request_id, card.is_changeable
        self.name, self.tax_id, self.phone, self.address = card.name, card.tax_id, card.phone, card.address
        self.first_number = card.first_number
        self.first_to = f"/emprestimos/{card.first_number}"


def _who() -> rx.Component:
    state = GuarantorState
    return rx.cond(
        state.name != "",
        rx.el.div(
            facts(
                fact("Nome", state.name),
                fact("CPF/CNPJ", rx.el.span(state.tax_id, class_name="tabular-nums")),
                fact("Telefone", rx.el.span(state.phone, class_name="tabular-nums")),
                fact("Endereço", state.address),
            ),
            rx.cond(
                state.first_number != state.number,
                rx.el.p(
                    "Do contrato do ",
                    app_link(f"empréstimo nº {state.first_number}", to=state.first_to),
                    "; segue no acordo se assinar o termo.",
                    class_name="muted mt-2",
                ),
            ),
        ),
        rx.el.p("Este empréstimo não tem fiador.", class_name="muted"),
    )


def guarantor_panel() -> rx.Component:
    """Show who answers for the loan; before the money leaves, whoever opens requests changes it."""
    state = GuarantorState
    may_change = AuthState.permissions.contains(Permission.REQUESTS_OPEN.value) & state.is_changeable
    actions = rx.el.div(
        button(rx.cond(state.name != "", "Alterar fiador", "Incluir fiador"), on_click=state.ask("name")),
        rx.cond(state.name != "", button("Retirar fiador", kind="quiet", on_click=state.ask("remove"))),
        class_name="flex flex-wrap gap-3 mt-3",
    )
    return rx.cond(
        state.is_loaded,
        rx.el.section(
            rx.el.h2("Fiador", class_name="title-small mb-2"),
            _who(),
            rx.cond(may_change, rx.fragment(actions, _dialogs())),
            class_name="panel",
        ),
        rx.cond(state.problem != "", rx.el.p(state.problem, class_name="panel muted")),
    )


def _dialogs() -> rx.Component:
    state = GuarantorState
    return rx.fragment(
        command_dialog(
            "Fiador",
            rx.el.p("O fiador assina o contrato e responde pela dívida se o cliente não pagar."),
            guarantor_fields(state.errors),
            verb="Registrar fiador",
            form_id=NAME_FORM,
            is_open=state.dialog == "name",
            on_open_change=state.fold,
            on_submit=state.submit,
            errors=state.errors,
        ),
        command_dialog(
            "Retirar fiador",
            rx.el.p(rx.el.strong(state.name), " deixa de responder por este empréstimo e sai do contrato."),
            verb="Retirar fiador",
            form_id=REMOVE_FORM,
            is_open=state.dialog == "remove",
            on_open_change=state.fold,
            on_submit=state.remove,
            errors=state.errors,
            kind="danger",
        ),
    )
