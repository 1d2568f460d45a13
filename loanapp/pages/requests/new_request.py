"""Nova solicitação: the client and the terms on the left, what they cost live on the right (ux.md §2.8)."""

import functools
import operator
from typing import Any, TypedDict

import reflex as rx

from domain.calendar import format_date
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import link_button, submit_button
from loanapp.components.fields import (
    choice_field,
    date_field,
    error_summary,
    money_field,
    percent_field,
    select_field,
    text_area,
    text_field,
    tick_field,
)
from loanapp.components.formats import brl_text, counted
from loanapp.components.forms import form_held, held, once_form, settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.plan_terms import PLANS, STEPS
from loanapp.components.states import error_card, page_skeleton
from loanapp.gate import AuthState, requires
from loanapp.pages.requests.guarantor import guarantor_fields
from loanapp.pages.requests.simulation import NO_SIMULATION, Simulated, simulated_texts, simulation_details
from loanapp.pages.requests.terms import parse_request, parse_terms
from loanapp.queries.requests import Borrower, borrowers, request_form, simulate
from loanapp.services.requests import open_request

FORM_ID = "new-request"
_UNFOLD = "document.getElementById('simulation').toggleAttribute('data-open')"


class Candidate(TypedDict):
    """A client that the search found."""

    name: str
    detail: str
    to: str


class Asker(TypedDict):
    """The client of the new request, with the history that counts."""

    client_id: str
    name: str
    detail: str
    history: str
    warning: str
    blocked: str


NOBODY = Asker(client_id="", name="", detail="", history="", warning="", blocked="")


class NewRequestState(AuthState):
    """The form in this tab: who asks, and the last valid simulation; what is typed stays in the browser."""

    is_loaded: bool = False
    problem: str = ""
    today: str = ""
    first_due_date: str = ""
    asker: Asker = NOBODY
    searched: str = ""
    candidates: list[Candidate] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    simulation: Simulated = NO_SIMULATION
    is_stale: bool = False
    errors: dict[str, str] = {}  # noqa: RUF012
    _refused: dict[str, str] = {}  # noqa: RUF012

    @rx.event
    @requires(Permission.REQUESTS_OPEN)
    async def load(self) -> Any:
        """Begin with the client that the address names, and with what the form still holds."""
        outcome = await bridge.read(request_form, address.identifier(address.parameter(self, "cliente")))
        self.reset()
        self.problem, self.is_loaded = feedback.message(outcome), True
        if outcome.ok:
            form = outcome.result
            self.today, self.first_due_date = form.business_date.isoformat(), format_date(form.first_due_date)
            self.asker = _asker(form.borrower) if form.borrower else NOBODY
        return form_held(FORM_ID, callback=NewRequestState.count)

    @rx.event(supersedes=True)
    @requires(Permission.REQUESTS_OPEN)
    async def find(self, text: str) -> None:
        """Find clients by name, CPF/CNPJ or phone."""
        self.searched = text.strip()[: address.LONGEST_PARAMETER] if isinstance(text, str) else ""
        outcome = await bridge.read(borrowers, self.searched)
        self.errors = self.errors if outcome.ok else {"client_id": feedback.message(outcome)}
        self.candidates = [_candidate(self, found) for found in outcome.value or ()]

    @rx.event(supersedes=True)
    @requires(Permission.REQUESTS_OPEN)
    async def count(self, form_as_json: str) -> None:
        """Simulate what the form holds; while it holds no whole plan, the last simulation stays, greyed."""
        typed = held(form_as_json)
        outcome = await bridge.submit(simulate, parse_terms, typed)
        found = feedback.field_errors(outcome)
        self.errors = feedback.still_wrong(self.errors, found, refused=self._refused, typed=typed)
        self.is_stale = not outcome.ok
        if outcome.ok:
            self.simulation = simulated_texts(outcome.result)

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_OPEN)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Open the request, once by the key that its form made, and go to its record."""
        outcome = await bridge.submit(open_request, parse_request, form)
        self.errors = {_FIELD_OF.get(name, name): text for name, text in feedback.field_errors(outcome).items()}
        if not outcome.ok:
            self._refused = bridge.texts_of(form)
            return settled(FORM_ID, is_done=False)
        return [
            settled(FORM_ID, is_done=True),
            rx.redirect(f"/emprestimos/{outcome.result.number}"),
            rx.toast.success("Solicitação enviada para análise."),
        ]


# What the use case calls a field, where the form's name is another.
_FIELD_OF = {"step": "skip_sundays"}


def _candidate(state: NewRequestState, found: Borrower) -> Candidate:
    return Candidate(
        name=found.name,
        detail=f"{found.tax_id} · {found.phone}",
        to=address.changed(state, cliente=found.client_id),
    )


def _asker(found: Borrower) -> Asker:
    warnings = []
    if found.overdue_cents:
        days = counted(found.days_overdue, "dia", "dias")
        warnings.append(f"Tem {brl_text(found.overdue_cents)} em atraso, há {days}.")
    if found.waiting:
        warnings.append(f"Já tem {counted(found.waiting, 'pedido', 'pedidos')} em análise ou por liberar.")
    return Asker(
        client_id=str(found.client_id),
        name=found.name,
        detail=f"{found.tax_id} · {found.phone}",
        history=history_text(found),
        warning=" ".join(warnings),
        blocked=f"Este cliente está bloqueado: {found.blocked_reason}" if found.is_blocked else "",
    )


def history_text(found: Borrower) -> str:
    """Write how a client's loans went so far, in one line."""
    if not (found.active or found.paid or found.renegotiated_or_lost):
        return "Primeiro empréstimo."
    parts = [f"Já quitou {found.paid}" if found.paid else "", f"{found.active} em andamento" if found.active else ""]
    if found.renegotiated_or_lost:
        parts.append(counted(found.renegotiated_or_lost, "renegociado ou perdido", "renegociados ou perdidos"))
    if found.days_late_average:
        parts.append(f"atraso médio de {counted(found.days_late_average, 'dia', 'dias')}")
    elif found.days_late_average == 0 and not found.overdue_cents:
        parts.append("sempre em dia")
    if found.open_cents:
        parts.append(f"{brl_text(found.open_cents)} em aberto")
    return " · ".join(part for part in parts if part)


def _search() -> rx.Component:
    state = NewRequestState
    found = rx.foreach(
        state.candidates,
        lambda candidate: rx.el.li(
            app_link(
                rx.el.span(candidate["name"], class_name="font-medium"),
                rx.el.span(candidate["detail"], class_name="muted"),
                to=candidate["to"],
                replace=True,
                class_name="flex flex-col py-2 px-3 rounded-md hover:bg-[var(--c-row-hover)]",
            ),
            class_name="border-b border-[var(--c-line)]",
        ),
    )
    nobody = rx.el.p(
        "Nenhum cliente encontrado para “", state.searched, "”. ", app_link("Cadastrar cliente", to="/clientes/novo")
    )
    return rx.fragment(
        text_field(
            "client_id",
            "Cliente",
            errors=state.errors,
            help_text="Nome, CPF/CNPJ ou telefone",
            type="search",
            on_change=state.find.debounce(150),
        ),
        rx.el.div(
            rx.cond(
                state.candidates.length() > 0,
                rx.el.ul(found, class_name="panel p-1"),
                rx.cond(state.searched != "", nobody),
            ),
            aria_live="polite",
        ),
    )


def _chosen() -> rx.Component:
    asker = NewRequestState.asker
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                rx.el.h2(asker["name"], class_name="title-small"),
                rx.el.p(asker["detail"], class_name="muted"),
                class_name="min-w-0 grow",
            ),
            link_button("Trocar cliente", to="/emprestimos/novo"),
            class_name="flex flex-wrap items-start gap-3",
        ),
        rx.el.p(asker["history"]),
        rx.cond(asker["warning"] != "", _warning(asker["warning"])),
        rx.cond(asker["blocked"] != "", _warning(asker["blocked"])),
        class_name="panel flex flex-col gap-2",
    )


def _warning(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(
        glyph("triangle-alert", class_name="shrink-0 mt-0.5"), text, class_name="notice rounded-md", role="status"
    )


def _terms() -> rx.Component:
    state = NewRequestState
    count = form_held(FORM_ID, callback=state.count).debounce(300)
    live = {"errors": state.errors, "on_change": count}
    daily_only = "hidden group-has-[option[value=DAILY]:checked]:flex flex-wrap gap-x-6 gap-y-1"
    return rx.el.div(
        rx.el.div(
            money_field("principal", "Valor", **live),
            percent_field("rate_pct", "Taxa por período", period="", **live),
            text_field("count", "Número de parcelas", input_mode="numeric", value="12", **live),
            select_field("step", "Frequência", STEPS, value="MONTHLY", **live),
            date_field("first_due_date", "Primeira data", today=state.today, value=state.first_due_date, **live),
            choice_field("plan", "Tabela", PLANS, value="FLAT", **live),
            class_name="grid gap-4 md:grid-cols-2 items-start",
        ),
        rx.el.fieldset(
            rx.el.legend("Dias sem cobrança", class_name="field-label"),
            tick_field("skip_sundays", "Pular domingos", on_change=count),
            tick_field("skip_holidays", "Pular feriados", on_change=count),
            class_name=daily_only,
        ),
        _guarantor(),
        text_area("note", "Observação (opcional)", errors=state.errors),
        class_name="flex flex-col gap-4",
    )


def _guarantor() -> rx.Component:
    """Keep the guarantor folded, as most loans have none; a problem with it unfolds it."""
    errors = NewRequestState.errors
    names = ("guarantor_name", "guarantor_tax_id", "guarantor_phone", "guarantor_address")
    is_wrong = functools.reduce(operator.or_, (errors.contains(name) for name in names))
    return rx.el.details(
        rx.el.summary("Fiador (opcional)", class_name="link py-2 max-md:min-h-12"),
        rx.el.div(guarantor_fields(errors), class_name="mt-2"),
        open=is_wrong,
    )


def _form() -> rx.Component:
    state = NewRequestState
    return once_form(
        error_summary(state.errors),
        rx.el.input(type="hidden", name="client_id", value=state.asker["client_id"], read_only=True),
        _terms(),
        rx.el.div(
            submit_button("Enviar para análise", busy="Enviando…"),
            rx.el.p("Quem pede não aprova: outra pessoa decide.", class_name="muted"),
            class_name="flex flex-wrap items-center gap-3",
        ),
        id=FORM_ID,
        on_submit=state.submit,
        class_name="group flex flex-col gap-4",
    )


def _simulation() -> rx.Component:
    state = NewRequestState
    headline = rx.cond(state.simulation["headline"] != "", state.simulation["headline"], "Simulação")
    waiting = rx.el.p(
        "Preencha valor, taxa, parcelas e primeira data: o total e o CET aparecem aqui.", class_name="muted"
    )
    return rx.el.aside(
        rx.el.button(
            rx.el.span(headline, class_name="tabular-nums whitespace-normal text-left"),
            glyph("chevron-down", size=20, class_name="shrink-0 rotate-180 group-data-[open]/simulation:rotate-0"),
            type="button",
            aria_label=f"Ver parcelas: {headline}",
            on_click=rx.call_script(_UNFOLD),
            class_name="button button-quiet md:!hidden w-full !justify-between",
            aria_controls="simulation-details",
        ),
        rx.el.div(
            rx.el.h2("Simulação", class_name="title-small"),
            rx.cond(state.simulation["headline"] != "", simulation_details(state.simulation), waiting),
            id="simulation-details",
            class_name=rx.cond(state.is_stale & (state.simulation["headline"] != ""), "muted", "")
            + " flex flex-col gap-3 max-md:hidden max-md:group-data-[open]/simulation:flex",
            # Without a simulation yet nothing is being waited for.
            custom_attrs={"aria-busy": rx.cond(state.is_stale & (state.simulation["headline"] != ""), "true", "false")},
        ),
        id="simulation",
        aria_label="Simulação",
        aria_live="polite",
        class_name=(
            "group/simulation panel md:sticky md:top-[76px] max-md:fixed max-md:inset-x-0 max-md:bottom-0 max-md:z-20"
            " max-md:rounded-none max-md:border-x-0 max-md:p-2 max-md:max-h-[75dvh] max-md:overflow-y-auto"
        ),
    )


@page(
    "/emprestimos/novo",
    title="Nova solicitação",
    permission=Permission.REQUESTS_OPEN,
    on_load=[NewRequestState.load],
)
def new_request() -> rx.Component:
    """Draw the form."""
    state = NewRequestState
    columns = rx.el.div(
        rx.el.div(
            rx.cond(state.asker["client_id"] != "", _chosen(), _search()),
            _form(),
            class_name="flex flex-col gap-6 min-w-0",
        ),
        _simulation(),
        class_name="grid items-start gap-6 lg:grid-cols-[minmax(0,6fr)_minmax(0,5fr)] pb-20 md:pb-0",
    )
    return rx.cond(
        state.problem != "",
        error_card(state.problem, state.load),
        rx.cond(state.is_loaded, columns, page_skeleton()),
    )
