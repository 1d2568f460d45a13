"""Empréstimos: the list of all loans by state, with counts, sums, search and order in the address (ux.md §2.7)."""

from typing import TypedDict

import reflex as rx

from domain.calendar import Step
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.buttons import link_button
from loanapp.components.fields import text_field
from loanapp.components.filters import filter_bar
from loanapp.components.formats import brl_text, counted, instant_text, percent_text
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.plan_terms import PERIODS
from loanapp.components.states import empty_all_done, empty_first_use, empty_no_match, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.queries.requests import ORDERS, RequestLine, RequestsOf, RequestsPage, requests_page

_S = RequestStatus
VIEWS: dict[str, tuple[str, tuple[RequestStatus, ...]]] = {
    "em-analise": ("Em análise", (_S.OPEN,)),
    "aprovados": ("Aprovados (a liberar)", (_S.APPROVED,)),
    "em-andamento": ("Em andamento", (_S.ACTIVE,)),
    "quitados": ("Quitados", (_S.PAID,)),
    "reprovados": ("Reprovados", (_S.UNAPPROVED,)),
    "renegociados-perdidos": ("Renegociados e perdidos", (_S.RENEGOTIATED, _S.LOST)),
    "todos": ("Todos", tuple(_S)),
}
FIRST_VIEW = "em-analise"
# What users read in the address for each order of the query.
ORDER_KEYS = {"numero": "number", "cliente": "client", "valor": "principal", "atraso": "overdue"}
assert set(ORDER_KEYS.values()) == set(ORDERS)


# What the next step of a loan is called in its row, and who may take it; anybody else opens the record.
_ACTIONS: dict[str, tuple[str, Permission]] = {
    _S.OPEN: ("Analisar", Permission.REQUESTS_DECIDE),
    _S.APPROVED: ("Liberar", Permission.REQUESTS_DISBURSE),
    _S.ACTIVE: ("Receber", Permission.PAYMENTS_REGISTER),
    _S.LOST: ("Receber", Permission.PAYMENTS_REGISTER),
}


class Tab(TypedDict):
    """A view of the list with how many it holds."""

    text: str
    to: str
    is_here: str


class Row(TypedDict):
    """One loan of the list, as shown."""

    number: str
    to: str
    client: str
    principal: str
    instalments: str
    rate: str
    status: str
    paid: str
    overdue: str
    days_overdue: str
    created: str
    action: str
    action_to: str


class RequestsState(AuthState):
    """The list as this tab's address asks for it."""

    is_loaded: bool = False
    problem: str = ""
    tabs: list[Tab] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    rows: list[Row] = []  # noqa: RUF012
    place: Place = NOWHERE  # type: ignore[assignment]
    caption: str = ""
    search: str = ""
    view: str = FIRST_VIEW
    is_book_empty: bool = False

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def load(self) -> None:
        """Read the list that the address asks for."""
        self.view, self.search = address.choice(self, "situacao", VIEWS, FIRST_VIEW), address.parameter(self, "busca")
        order = address.order_asked(self, ORDER_KEYS, "-numero")
        page, size = address.page_asked(self)
        asked = RequestsOf(
            statuses=VIEWS[self.view][1], search=self.search, page=page, size=size,
            order=("-" if order[0] == "-" else "") + ORDER_KEYS[order.removeprefix("-")],
        )  # fmt: skip
        outcome = await bridge.read(requests_page, asked)
        self.problem, self.is_loaded = feedback.message(outcome), True
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, found: RequestsPage) -> None:
        self.rows = [self._row(line) for line in found.lines]
        self.place = address.place(self, total=found.total, orders=ORDER_KEYS, default_order="-numero")
        self.caption = _caption(found)
        self.is_book_empty = not found.counts and not self.search
        self.tabs = [
            Tab(
                text=f"{text} ({sum(found.counts.get(status, 0) for status in statuses)})",
                to=address.address("/emprestimos", situacao=key, busca=self.search),
                is_here="true" if key == self.view else "false",
            )
            for key, (text, statuses) in VIEWS.items()
        ]

    def _row(self, line: RequestLine) -> Row:
        to = f"/emprestimos/{line.number}"
        action, needed = _ACTIONS.get(line.status, ("Abrir", Permission.REQUESTS_VIEW))
        if needed not in self.permissions:
            action, needed = "Abrir", Permission.REQUESTS_VIEW
        return Row(
            number=str(line.number),
            to=to,
            client=line.client_name,
            principal=brl_text(line.principal_cents),
            instalments=f"{line.instalment_count} \N{MULTIPLICATION SIGN} {brl_text(line.instalment_cents)}",
            rate=f"{percent_text(line.rate_pct)} {PERIODS[Step(line.step)]}",
            status=line.status,
            paid=f"{line.invoices_paid}/{line.invoices_count}",
            overdue=brl_text(line.overdue_cents) if line.overdue_cents else "",
            days_overdue=f"{line.days_overdue} d",
            created=instant_text(line.requested_at)[:10],
            action=action,
            action_to=address.changed(self, receber=line.number) if needed is Permission.PAYMENTS_REGISTER else to,
        )


def _caption(found: RequestsPage) -> str:
    parts = [counted(found.total, "empréstimo", "empréstimos"), brl_text(found.principal_cents)]
    if found.open_cents:
        parts.append(f"{brl_text(found.open_cents)} em aberto")
    if found.overdue_cents:
        parts.append(f"{brl_text(found.overdue_cents)} em atraso")
    return " · ".join(parts)


def _tabs() -> rx.Component:
    return rx.el.nav(
        rx.foreach(
            RequestsState.tabs,
            lambda tab: app_link(
                tab["text"], to=tab["to"], class_name="chip", custom_attrs={"aria-current": tab["is_here"]}
            ),
        ),
        class_name="chips mb-3",
        aria_label="Situação",
    )


_COLUMNS = (
    Column(
        header="Nº",
        cell=lambda row: app_link(row["number"], to=row["to"], aria_label=f"Empréstimo nº {row['number']}"),
        order="numero",
        on_phone="none",
    ),
    Column(
        header="Cliente",
        cell=lambda row: rx.fragment(
            rx.el.span(row["client"], class_name="max-md:hidden"),
            app_link(row["client"], to=row["to"], class_name="link md:hidden"),
        ),
        order="cliente",
        on_phone="title",
    ),
    Column(header="Valor", cell=lambda row: row["principal"], is_numeric=True, order="valor"),
    Column(header="Parcelas", cell=lambda row: row["instalments"], is_numeric=True, on_phone="none"),
    Column(
        header="Taxa", cell=lambda row: row["rate"], is_numeric=True, on_phone="none", class_name="max-xl:md:hidden"
    ),
    Column(header="Situação", cell=lambda row: status_badge("request", row["status"])),
    Column(header="Pago", cell=lambda row: row["paid"], is_numeric=True, on_phone="none"),
    Column(
        header="Em atraso",
        cell=lambda row: rx.cond(
            row["overdue"] != "",
            rx.el.span(
                rx.el.span(row["overdue"], class_name="overdue font-medium"),
                rx.el.span(row["days_overdue"], class_name="overdue caption block text-right"),
            ),
            "—",
        ),
        is_numeric=True,
        order="atraso",
    ),
    Column(header="Criado em", cell=lambda row: row["created"], class_name="whitespace-nowrap"),
    Column(
        header="Ação",
        cell=lambda row: link_button(row["action"], to=row["action_to"]),
        on_phone="action",
    ),
)


def _listed() -> rx.Component:
    state = RequestsState
    return rx.fragment(
        caption(state.caption),
        data_table(_COLUMNS, state.rows, label="Empréstimos", place=state.place),
        pagination(state.place),
    )


def _nothing() -> rx.Component:
    state = RequestsState
    return rx.cond(
        state.search != "",
        empty_no_match(state.place["clear"]),
        rx.match(
            state.view,
            ("em-analise", empty_first_use(
                "Nenhuma solicitação aguardando análise.", "Nova solicitação", "/emprestimos/novo"
            )),
            ("aprovados", empty_all_done("Nenhum empréstimo aprovado esperando liberação.")),
            rx.cond(
                state.is_book_empty,
                empty_first_use("Nenhum empréstimo ainda.", "Nova solicitação", "/emprestimos/novo"),
                empty_all_done("Nenhum empréstimo nesta situação."),
            ),
        ),
    )  # fmt: skip


def _new_request() -> rx.Component:
    return rx.cond(
        AuthState.permissions.contains(Permission.REQUESTS_OPEN.value),
        link_button("Nova solicitação", to="/emprestimos/novo", kind="primary", icon="plus"),
    )


@page(
    "/emprestimos",
    title="Empréstimos",
    permission=Permission.REQUESTS_VIEW,
    on_load=[RequestsState.load],
    actions=_new_request,
)
def all_requests() -> rx.Component:
    """Draw the list."""
    state = RequestsState
    return rx.fragment(
        _tabs(),
        rx.el.div(
            filter_bar(
                text_field(
                    "busca", "Cliente ou número", value=state.search, type="search", class_name="grow md:w-80 md:grow-0"
                ),
                button_text="Buscar",
            ),
            key=state.search,
            class_name="mb-2",
        ),
        rx.cond(
            state.problem != "",
            error_card(state.problem, state.load),
            rx.cond(state.is_loaded, rx.cond(state.rows.length() > 0, _listed(), _nothing()), table_skeleton()),
        ),
    )
