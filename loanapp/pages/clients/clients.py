"""Clientes: the list of borrowers with what they owe, its views, its search and its order, all in the address."""

from typing import Any, TypedDict

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.buttons import link_button
from loanapp.components.fields import text_field
from loanapp.components.filters import view_chips
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.states import empty_all_done, empty_first_use, empty_no_match, page_failed, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.pages.clients.assignment import AssignmentState, supervisor_asked, supervisor_filter
from loanapp.queries.clients import ClientLine, ClientsFilter, ClientsOrder, ClientsPage, ClientsView, clients_page

VIEWS = {"todos": ClientsView.ALL, "com-atraso": ClientsView.OVERDUE, "bloqueados": ClientsView.BLOCKED}
ORDERS = {
    "nome": ClientsOrder.NAME,
    "em-aberto": ClientsOrder.OPEN,
    "em-atraso": ClientsOrder.OVERDUE,
    "dias": ClientsOrder.DAYS_OVERDUE,
}


class ClientRow(TypedDict):
    """One line of the list, as text ready to show."""

    to: str
    receive_to: str
    name: str
    tax_id: str
    phone: str
    district: str
    supervisor: str
    status: str
    open: str
    overdue: str
    is_overdue: bool
    days: str
    next_due: str
    last_contact: str


class ClientsState(AuthState):
    """What the list shows, read from the address."""

    rows: list[ClientRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    place: Place = NOWHERE  # type: ignore[assignment]
    summary: str = ""
    view: str = "todos"
    view_links: dict[str, str] = {}  # noqa: RUF012
    search: str = ""
    search_key: int = 0
    supervisor: str = ""
    is_filtered: bool = False
    is_loaded: bool = False
    fault: str = ""
    _typed: str = ""

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        order = address.order_asked(self, ORDERS, "nome")
        self.view = address.choice(self, "visao", VIEWS, "todos")
        self._follow_search(address.parameter(self, "busca").strip())
        self.supervisor = address.parameter(self, "supervisor")
        supervisor_id, is_unassigned = supervisor_asked(self)
        number, size = address.page_asked(self)
        outcome = await bridge.read(
            clients_page,
            ClientsFilter(
                text=self.search, supervisor_id=supervisor_id, is_unassigned=is_unassigned,
                view=VIEWS[self.view], order=ORDERS[order.removeprefix("-")],
                is_descending=order.startswith("-"), page=number, size=size,
            ),
        )  # fmt: skip
        self.fault = outcome.reference
        if outcome.ok:
            self._show(outcome.result)

    @rx.event(supersedes=True)
    @requires(Permission.CLIENTS_VIEW)
    async def find(self, text: str) -> Any:
        """Put the text of the search field into the address, from the first page."""
        self._typed = text.strip()[: address.LONGEST_PARAMETER] if isinstance(text, str) else ""
        return rx.redirect(address.changed(self, busca=self._typed, pagina=""), replace=True)

    def _follow_search(self, text: str) -> None:
        """Fill the search field anew only when the address changed by itself, so that nobody's typing is disturbed."""
        self.search = text
        if text != self._typed:
            self._typed = text
            self.search_key += 1

    def _show(self, found: ClientsPage) -> None:
        self.rows = [_row(line, address.changed(self, receber=line.client_id)) for line in found.lines]
        self.place = address.place(self, total=found.total, orders=ORDERS, default_order="nome")
        self.summary = _summary(found)
        self.view_links = {key: address.changed(self, visao=key, pagina="") for key in VIEWS}
        self.is_filtered = bool(self.search or self.supervisor)
        self.is_loaded = True


def _row(line: ClientLine, receive_to: str) -> ClientRow:
    return ClientRow(
        to=f"/clientes/{line.client_id}",
        receive_to=receive_to if line.open_cents else "",
        name=line.name,
        tax_id=line.tax_id,
        phone=line.phone,
        district=line.district or "—",
        supervisor=line.supervisor or "—",
        status=line.status.value,
        open=brl_text(line.open_cents),
        overdue=brl_text(line.overdue_cents),
        is_overdue=line.overdue_cents > 0,
        days=counted(line.days_overdue, "dia", "dias") if line.days_overdue else "—",
        next_due=date_text(line.next_due_date),
        last_contact=instant_text(line.last_contact_at),
    )


def _summary(found: ClientsPage) -> str:
    return (
        f"{counted(found.total, 'cliente', 'clientes')} · {brl_text(found.open_cents)} em aberto"
        f" · {brl_text(found.overdue_cents)} em atraso"
    )


def _name(row: rx.Var[ClientRow]) -> rx.Component:
    return rx.el.div(
        app_link(row["name"], to=row["to"]),
        rx.el.div(row["tax_id"], class_name="caption tabular-nums"),
        status_badge("client", row["status"].to(str)),
        class_name="flex flex-col items-start gap-1 min-w-0 max-w-80 [overflow-wrap:anywhere]",
    )


def _overdue(row: rx.Var[ClientRow]) -> rx.Component:
    days = rx.el.span(" · ", row["days"], class_name="md:hidden")
    return rx.cond(row["is_overdue"], rx.el.span(row["overdue"], days, class_name="overdue"), row["overdue"])


def _receive(row: rx.Var[ClientRow]) -> rx.Component:
    may_receive = AuthState.permissions.contains(Permission.PAYMENTS_REGISTER.value) & (row["receive_to"] != "")
    return rx.cond(may_receive, link_button("Receber", to=row["receive_to"]))


COLUMNS = (
    Column(header="Cliente", cell=_name, order="nome", on_phone="title"),
    Column(header="Telefone", cell=lambda row: row["phone"], on_phone="none", class_name="whitespace-nowrap"),
    Column(header="Bairro", cell=lambda row: row["district"], on_phone="none"),
    Column(header="Supervisor", cell=lambda row: row["supervisor"], on_phone="none"),
    Column(header="Em aberto", cell=lambda row: row["open"], is_numeric=True, order="em-aberto", on_phone="none"),
    Column(header="Em atraso", cell=_overdue, is_numeric=True, order="em-atraso"),
    Column(header="Atraso", cell=lambda row: row["days"], is_numeric=True, order="dias", on_phone="none"),
    Column(header="Próximo vencimento", cell=lambda row: row["next_due"], is_numeric=True),
    Column(header="Último contato", cell=lambda row: row["last_contact"], is_numeric=True, on_phone="none"),
    Column(header="Ação", cell=_receive, on_phone="action"),
)


def _search() -> rx.Component:
    return text_field(
        "busca",
        "Buscar por nome, CPF/CNPJ ou telefone",
        value=ClientsState.search,
        type="search",
        key=ClientsState.search_key.to_string(),
        on_change=ClientsState.find.debounce(300),
        class_name="w-full md:w-96",
    )


def _views() -> rx.Component:
    texts = {"todos": "Todos", "com-atraso": "Com atraso", "bloqueados": "Bloqueados"}
    views = [(key, text, ClientsState.view_links[key]) for key, text in texts.items()]
    return view_chips("Visões", views, ClientsState.view)


def _new_client() -> rx.Component:
    may_register = AuthState.permissions.contains(Permission.CLIENTS_REGISTER.value)
    button = link_button("Novo cliente", to="/clientes/novo", kind="primary", icon="user-plus")
    return rx.cond(may_register, button)


def _nothing() -> rx.Component:
    of_view = rx.match(
        ClientsState.view,
        ("com-atraso", empty_all_done("Tudo em dia. Nenhum cliente com atraso.")),
        ("bloqueados", empty_all_done("Nenhum cliente bloqueado.")),
        empty_first_use("Nenhum cliente ainda.", "Novo cliente", "/clientes/novo"),
    )
    return rx.cond(ClientsState.is_filtered, empty_no_match(ClientsState.place["clear"]), of_view)


def _results() -> rx.Component:
    table = rx.fragment(
        caption(ClientsState.summary),
        data_table(COLUMNS, ClientsState.rows, label="Clientes", place=ClientsState.place),
        pagination(ClientsState.place),
    )
    loaded = rx.cond(ClientsState.rows.length() > 0, table, _nothing())
    return rx.cond(ClientsState.is_loaded, loaded, table_skeleton())


@page(
    "/clientes",
    title="Clientes",
    permission=Permission.CLIENTS_VIEW,
    on_load=[ClientsState.load, AssignmentState.load],
    actions=_new_client,
    skeleton=table_skeleton,
)
def clients() -> rx.Component:
    """Show the list under its views and its search."""
    return rx.el.div(
        rx.el.div(
            _views(),
            rx.el.div(_search(), supervisor_filter(ClientsState.supervisor), class_name="flex flex-wrap gap-4"),
            class_name="flex flex-col gap-4",
        ),
        rx.cond(ClientsState.fault != "", page_failed(ClientsState.fault, ClientsState.load), _results()),
        class_name="flex flex-col gap-4",
    )
