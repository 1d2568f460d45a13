"""Recebimentos: what came in, by view and filter in the address, with sums by method of all of it (ux.md §2.13)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import reflex as rx

from domain.calendar import parse_date
from domain.errors import Checks
from domain.payments import PaymentMethod
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.cash_room import cash_desk_link
from loanapp.components.fields import date_field, select_field, text_field
from loanapp.components.filters import filter_bar, filter_chip, view_chips
from loanapp.components.formats import brl_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.page import page
from loanapp.components.states import empty_all_done, empty_first_use, empty_no_match, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.pages.payments.payment_rows import (
    PaymentRow,
    SumRow,
    method_row,
    payment_row,
    person_row,
    summary_of,
)
from loanapp.queries.received import (
    ReceivedFilter,
    ReceivedOrder,
    ReceivedPage,
    received_by_person,
    received_page,
)

VIEWS = {
    "hoje": "Hoje",
    "todos": "Todos",
    "por-forma": "Por forma",
    "por-supervisor": "Por supervisor",
    "estornados": "Estornados",
}
GROUPED = ("por-forma", "por-supervisor")
ORDERS = {"data": ReceivedOrder.RECEIVED_ON, "valor": ReceivedOrder.AMOUNT}
FILTERS = ("busca", "forma", "de", "ate", "quem")


class PaymentsState(AuthState):
    """What the list shows, read from the address."""

    rows: list[PaymentRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    methods: list[SumRow] = []  # noqa: RUF012
    people: list[SumRow] = []  # noqa: RUF012
    place: Place = NOWHERE  # type: ignore[assignment]
    view: str = "hoje"
    view_links: dict[str, str] = {}  # noqa: RUF012
    # The filters as the address has them, as chips say them, and the addresses without each.
    asked: dict[str, str] = dict.fromkeys(FILTERS, "")
    chips: dict[str, str] = dict.fromkeys(FILTERS, "")
    clear_links: dict[str, str] = dict.fromkeys(FILTERS, "")
    summary: str = ""
    received_total: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    is_book_empty: bool = False
    is_filtered: bool = False
    is_loaded: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.PAYMENTS_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        self.asked = {name: address.parameter(self, name).strip() for name in FILTERS}
        self.view = address.choice(self, "visao", VIEWS, "todos" if any(self.asked.values()) else "hoje")
        page_number, size = address.page_asked(self)
        order = address.order_asked(self, ORDERS, "-data")
        texts = self.asked | {"visao": self.view, "ordem": order, "pagina": str(page_number), "por": str(size)}
        outcome = await bridge.submit(received_page, parse_filter, texts)
        self.fault, self.is_loaded = outcome.reference, True
        self.errors = {} if outcome.reference else feedback.field_errors(outcome)
        self.rows, self.methods, self.people = [], [], []
        if outcome.ok:
            self._show(outcome.result)
        self._show_filters(outcome.result.author if outcome.ok else "")
        if outcome.ok and self.view == "por-supervisor":
            grouped = await bridge.submit(received_by_person, parse_filter, texts)
            self.people = [
                person_row(each, self._sum_link(quem=each.user_id) if each.user_id else "")
                for each in grouped.value or ()
            ]

    def _show_filters(self, author: str) -> None:
        self.is_filtered = any(self.asked.values())
        named = {"forma": METHOD_NAMES.get(self.asked["forma"], ""), "quem": author}
        self.chips = {name: named.get(name, text) for name, text in self.asked.items()}
        self.clear_links = {name: address.list_address(self, **{name: "", "pagina": ""}) for name in FILTERS}
        kept = {name: self.asked[name] for name in ("de", "ate")}
        self.view_links = {key: address.address("/recebimentos", visao=key, **kept) for key in VIEWS}
        self.view_links["hoje"] = "/recebimentos?visao=hoje"

    def _show(self, found: ReceivedPage) -> None:
        self.rows = [payment_row(line) for line in found.lines]
        self.methods = [method_row(each, self._sum_link(forma=each.method.value)) for each in found.by_method]
        self.place = address.place(self, total=found.total, orders=ORDERS, default_order="-data")
        self.summary, self.received_total = summary_of(found), brl_text(found.received_cents)
        self.is_book_empty = found.is_book_empty

    def _sum_link(self, **chosen: object) -> str:
        """Return the address of the payments behind a sum."""
        return address.list_address(self, visao="todos", pagina="", **chosen)


def parse_filter(texts: Mapping[str, str], today: date) -> ReceivedFilter:
    """Read a filter from query parameters; raise `date.*` at its parameter for a date that is none.

    Today's view is of today alone; sums without a period are those of the month so far.
    """
    checks = Checks()
    days = {name: checks.take(name, parse_date, texts[name], today) for name in ("de", "ate") if texts[name]}
    checks.finish()
    view, order = texts["visao"], texts["ordem"]
    is_method = texts["forma"] in METHOD_NAMES
    asked = ReceivedFilter(
        since=days.get("de"),
        until=days.get("ate"),
        method=PaymentMethod(texts["forma"]) if is_method else None,
        registered_by=address.identifier(texts["quem"]),
        text=texts["busca"],
        is_undone=view == "estornados",
        order=ORDERS[order.removeprefix("-")],
        is_descending=order.startswith("-"),
        page=int(texts["pagina"]),
        size=int(texts["por"]),
    )
    if view == "hoje":
        return replace(asked, since=today, until=today)
    if view in GROUPED and not days:
        return replace(asked, since=today.replace(day=1), until=today)
    return asked


def _filters() -> rx.Component:
    state, wide = PaymentsState, "w-full md:w-auto"
    methods = [("", "Qualquer"), *METHOD_NAMES.items()]
    bar = filter_bar(
        text_field(
            "busca", "Cliente, empréstimo ou nº do recibo", value=state.asked["busca"], type="search", class_name=wide
        ),
        select_field("forma", "Forma", methods, value=state.asked["forma"], class_name=wide),
        date_field("de", "Recebido de", value=state.asked["de"], errors=state.errors, help_text="", class_name=wide),
        date_field("ate", "até", value=state.asked["ate"], errors=state.errors, help_text="", class_name=wide),
        # A filter of one day leaves the view of today.
        rx.el.input(type="hidden", name="visao", value=rx.cond(state.view == "hoje", "todos", state.view)),
    )
    return rx.el.details(
        rx.el.summary(glyph("filter"), "Filtrar", class_name="button button-secondary w-fit"),
        rx.el.div(bar, class_name="panel mt-3"),
        open=(state.asked["busca"] != "") | (state.errors.length() > 0),
        # The fields are uncontrolled: an address that changed by itself fills them anew.
        key=state.asked.to_string(),
    )


def _chips() -> rx.Component:
    labels = {"busca": "Busca", "forma": "Forma", "de": "De", "ate": "Até", "quem": "Registrado por"}
    chips = [
        filter_chip(label, PaymentsState.chips[name], PaymentsState.clear_links[name]) for name, label in labels.items()
    ]
    return rx.cond(PaymentsState.is_filtered, rx.el.div(*chips, class_name="chips"))


def _struck(row: rx.Var[PaymentRow], text: rx.Var[str]) -> rx.Component:
    return rx.el.span(text, class_name=rx.cond(row["is_undone"], "line-through muted", ""))


def _when(row: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(row["received"], class_name="tabular-nums"), rx.el.div(row["registered"], class_name="caption")
    )


def _client(row: rx.Var[PaymentRow]) -> rx.Component:
    return rx.el.div(
        app_link(row["client"], to=row["client_to"], class_name="link [overflow-wrap:anywhere]"),
        rx.el.div(app_link(row["loan"], to=row["loan_to"], class_name="link caption"), class_name="caption"),
    )


COLUMNS = (
    Column(
        header="Nº",
        cell=lambda row: app_link(
            row["number"],
            to=row["to"],
            class_name="link tabular-nums",
            aria_label="Recebimento nº " + row["number"].to(str),
        ),
        on_phone="title",
    ),
    Column(header="Data", cell=_when, order="data"),
    Column(header="Cliente", cell=_client),
    Column(header="Parcelas", cell=lambda row: row["invoices"], on_phone="none"),
    Column(header="Valor", cell=lambda row: _struck(row, row["amount"]), is_numeric=True, order="valor"),
    Column(header="Forma", cell=lambda row: row["method"], on_phone="none"),
    Column(header="Registrado por", cell=lambda row: row["author"], on_phone="none"),
    Column(header="Situação", cell=lambda row: status_badge("payment", row["standing"].to(str))),
)


def _undone(row: rx.Var[PaymentRow]) -> rx.Component:
    """Show what undid a payment as a line of its own, linked to the record."""
    return rx.el.p(
        glyph("corner-down-right", size=14),
        app_link(row["undone"], to=row["to"], class_name="link [overflow-wrap:anywhere]"),
        class_name="flex items-start gap-2 text-left",
    )


METHOD_COLUMNS = (
    Column(header="Forma", cell=lambda row: app_link(row["name"], to=row["to"]), on_phone="title"),
    Column(header="Recebimentos", cell=lambda row: row["count"], is_numeric=True, total="Dinheiro que entrou"),
    Column(header="Valor", cell=lambda row: row["total"], is_numeric=True, total=PaymentsState.received_total),
    Column(header="Estornado ou devolvido", cell=lambda row: row["undone"], is_numeric=True),
    Column(header="", cell=lambda row: rx.el.span(row["note"], class_name="caption"), on_phone="none"),
)


def _person(row: rx.Var[SumRow]) -> rx.Component:
    name = rx.cond(row["to"] != "", app_link(row["name"], to=row["to"]), rx.el.span(row["name"]))
    return rx.el.div(name, rx.el.div(row["note"], class_name="caption"))


PERSON_COLUMNS = (
    Column(header="Registrado por", cell=_person, on_phone="title", total="Total"),
    Column(header="Recebimentos", cell=lambda row: row["count"], is_numeric=True, on_phone="none"),
    Column(header="Pix", cell=lambda row: row["pix"], is_numeric=True),
    Column(header="Dinheiro", cell=lambda row: row["cash"], is_numeric=True),
    Column(header="Outras formas", cell=lambda row: row["others"], is_numeric=True, on_phone="none"),
    Column(header="Total", cell=lambda row: row["total"], is_numeric=True, total=PaymentsState.received_total),
)


def _sums() -> rx.Component:
    """Show the sums by method above the list, each a link to its payments."""
    return rx.el.ul(
        rx.foreach(
            PaymentsState.methods,
            lambda each: rx.el.li(
                app_link(each["name"], to=each["to"], class_name="link"),
                rx.el.span(each["total"], class_name="font-semibold tabular-nums"),
                rx.el.span("(", each["count"], ")", class_name="caption"),
                class_name="flex items-baseline gap-2",
            ),
        ),
        class_name="panel flex flex-wrap gap-x-6 gap-y-1 !py-3",
        aria_label="Somas por forma",
    )


def _nothing() -> rx.Component:
    of_view = rx.match(
        PaymentsState.view,
        ("hoje", empty_all_done("Nenhum recebimento hoje.")),
        ("estornados", empty_all_done("Nenhum recebimento estornado ou devolvido.")),
        empty_no_match("/recebimentos?visao=todos"),
    )
    first_use = empty_first_use("Os recebimentos aparecem quando o primeiro é registrado.")
    no_match = empty_no_match("/recebimentos?visao=todos")
    return rx.cond(PaymentsState.is_book_empty, first_use, rx.cond(PaymentsState.is_filtered, no_match, of_view))


def _results() -> rx.Component:
    state = PaymentsState
    listed = rx.fragment(
        _sums(),
        data_table(COLUMNS, state.rows, label="Recebimentos", place=state.place, detail=_undone),
        pagination(state.place),
    )
    grouped = rx.match(
        state.view,
        ("por-forma", data_table(METHOD_COLUMNS, state.methods, label="Recebimentos por forma")),
        ("por-supervisor", data_table(PERSON_COLUMNS, state.people, label="Recebimentos por quem registrou")),
        listed,
    )
    table = rx.fragment(caption(state.summary), grouped)
    loaded = rx.cond(state.methods.length() > 0, table, _nothing())
    # With a filter that can't be understood there is no list: its field says what to do.
    understood = rx.cond(state.errors.length() > 0, rx.fragment(), loaded)
    return rx.cond(state.is_loaded, understood, table_skeleton())


@page(
    "/recebimentos",
    title="Recebimentos",
    permission=Permission.PAYMENTS_VIEW,
    on_load=[PaymentsState.load],
    actions=cash_desk_link,
    skeleton=table_skeleton,
)
def all_payments() -> rx.Component:
    """Show the list under its views and filters."""
    fault = error_card("Não foi possível carregar os recebimentos.", PaymentsState.load, reference=PaymentsState.fault)
    views = [(key, text, PaymentsState.view_links[key]) for key, text in VIEWS.items()]
    return rx.el.div(
        view_chips("Visões", views, PaymentsState.view),
        _filters(),
        _chips(),
        rx.cond(PaymentsState.fault != "", fault, _results()),
        class_name="flex flex-col gap-3",
    )
