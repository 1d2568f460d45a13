"""Renegociações: every offer, by state, the newest first; those that wait for approval and broken agreements marked."""

from dataclasses import replace
from typing import TypedDict

import reflex as rx

from domain.permissions import Permission
from domain.renegotiations import RenegotiationStatus
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.filters import view_chips
from loanapp.components.formats import brl_text, counted, date_text
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.states import empty_first_use, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.queries.renegotiations import OfferLine, OffersOf, offers

VIEWS = {
    "todas": ("Todas", OffersOf()),
    "aprovar": ("Aguardando aprovação", OffersOf(waits_for_approval=True)),
    "rascunhos": ("Rascunhos", OffersOf(status=RenegotiationStatus.DRAFT)),
    "enviadas": ("Enviadas", OffersOf(status=RenegotiationStatus.PROPOSED)),
    "aceitas": ("Aceitas", OffersOf(status=RenegotiationStatus.ACCEPTED)),
    "em-atraso": ("Acordos em atraso", OffersOf(is_broken=True)),
    "recusadas": ("Recusadas", OffersOf(status=RenegotiationStatus.REJECTED)),
    "expiradas": ("Expiradas", OffersOf(status=RenegotiationStatus.EXPIRED)),
}


class OfferRow(TypedDict):
    """One offer as a row."""

    number: str
    to: str
    client: str
    client_to: str
    request: str
    debt: str
    promised: str
    down_payment: str
    status: str
    mark: str
    valid_through: str
    author: str


class OffersState(AuthState):
    """The list, read from the address."""

    rows: list[OfferRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    place: Place = NOWHERE  # type: ignore[assignment]
    view: str = "todas"
    summary: str = ""
    problem: str = ""
    is_loaded: bool = False

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        self.view = address.choice(self, "visao", VIEWS, "todas")
        number, size = address.page_asked(self)
        outcome = await bridge.read(offers, replace(VIEWS[self.view][1], page=number, size=size))
        self.problem, self.is_loaded = feedback.message(outcome), True
        if outcome.ok:
            self.rows = [_row(line) for line in outcome.result.lines]
            self.place = address.place(self, total=outcome.result.count)
            self.summary = counted(outcome.result.count, "proposta", "propostas")


def _row(line: OfferLine) -> OfferRow:
    mark = "Acordo em atraso" if line.is_broken else ""
    is_waiting = line.status in (RenegotiationStatus.DRAFT, RenegotiationStatus.PROPOSED)
    return OfferRow(
        number=f"nº {line.number}",
        to=f"/renegociacoes/{line.number}",
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        request=f"nº {line.request_number}" + (f" → nº {line.new_request_number}" if line.new_request_number else ""),
        debt=brl_text(line.debt_cents),
        promised=f"{line.instalment_count}\N{MULTIPLICATION SIGN} · {brl_text(line.promised_cents)}",
        down_payment=brl_text(line.down_payment_cents),
        status=line.status.value,
        mark="Aguardando aprovação" if line.waits_for_approval and is_waiting else mark,
        valid_through=date_text(line.valid_through),
        author=line.drafted_by,
    )


def _situation(row: rx.Var[OfferRow]) -> rx.Component:
    return rx.el.div(
        status_badge("renegotiation", row["status"].to(str)),
        rx.cond(row["mark"] != "", rx.el.span(row["mark"], class_name="caption")),
        class_name="flex flex-col items-end md:items-start gap-1",
    )


COLUMNS = (
    Column(header="Proposta", cell=lambda row: app_link(row["number"], to=row["to"].to(str)), on_phone="title"),
    Column(header="Cliente", cell=lambda row: app_link(row["client"], to=row["client_to"].to(str))),
    Column(header="Empréstimo", cell=lambda row: row["request"], on_phone="none"),
    Column(header="Dívida original", cell=lambda row: row["debt"], is_numeric=True),
    Column(header="Acordo", cell=lambda row: row["promised"], is_numeric=True),
    Column(header="Entrada", cell=lambda row: row["down_payment"], is_numeric=True, on_phone="none"),
    Column(header="Situação", cell=_situation),
    Column(header="Validade", cell=lambda row: row["valid_through"], on_phone="none"),
    Column(header="Responsável", cell=lambda row: row["author"], on_phone="none"),
)


@page(
    "/renegociacoes",
    title="Renegociações",
    permission=Permission.RENEGOTIATIONS_VIEW,
    on_load=[OffersState.load],
    skeleton=table_skeleton,
)
def all_offers() -> rx.Component:
    """Draw the views and the list."""
    state = OffersState
    views = [(key, text, f"/renegociacoes?visao={key}") for key, (text, _) in VIEWS.items()]
    table = rx.fragment(
        caption(state.summary), data_table(COLUMNS, state.rows, label="Renegociações"), pagination(state.place)
    )
    nothing = empty_first_use("Nenhuma proposta aqui. Comece por um empréstimo em atraso.", "Ver parcelas em atraso",
                              "/parcelas?visao=em-atraso")  # fmt: skip
    loaded = rx.cond(state.rows.length() > 0, table, nothing)
    return rx.el.div(
        view_chips("Visões", views, state.view),
        rx.cond(
            state.problem != "",
            error_card(state.problem, state.load),
            rx.cond(state.is_loaded, loaded, table_skeleton()),
        ),
        class_name="flex flex-col gap-3",
    )
