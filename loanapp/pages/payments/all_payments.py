"""Recebimentos: what came in, by view and filter in the address, with sums by method of all it filters (ux.md §2.13)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TypedDict

import reflex as rx

from domain.calendar import format_date, parse_date
from domain.errors import Checks
from domain.payments import PaymentMethod
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.fields import date_field, select_field, text_field
from loanapp.components.filters import filter_bar, filter_chip, view_chips
from loanapp.components.formats import brl_text, counted, date_text, instant_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.navigation import ROLE_NAMES
from loanapp.components.page import page
from loanapp.components.states import empty_all_done, empty_first_use, empty_no_match, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.queries.received import (
    MethodSum,
    PaymentStanding,
    PersonSum,
    ReceivedFilter,
    ReceivedLine,
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
TERMINAL_NAME = "Terminal"


class PaymentRow(TypedDict):
    """One payment of the list, as text ready to show; `undone` is the line of what undid it."""

    number: str
    to: str
    received: str
    registered: str
    client: str
    client_to: str
    loan: str
    loan_to: str
    invoices: str
    amount: str
    method: str
    author: str
    standing: str
    is_undone: bool
    is_open: bool
    undone: str


class SumRow(TypedDict):
    """What came in one way or by one person."""

    name: str
    note: str
    to: str
    count: str
    pix: str
    cash: str
    others: str
    total: str
    undone: str


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
            self.people = [self._person_row(each) for each in grouped.value or ()]

    def _show_filters(self, author: str) -> None:
        self.is_filtered = any(self.asked.values())
        named = {"forma": METHOD_NAMES.get(self.asked["forma"], ""), "quem": author}
        self.chips = {name: named.get(name, text) for name, text in self.asked.items()}
        self.clear_links = {name: address.list_address(self, **{name: "", "pagina": ""}) for name in FILTERS}
        kept = {name: self.asked[name] for name in ("de", "ate")}
        self.view_links = {key: address.address("/recebimentos", visao=key, **kept) for key in VIEWS}
        self.view_links["hoje"] = "/recebimentos?visao=hoje"

    def _show(self, found: ReceivedPage) -> None:
        self.rows = [_row(line) for line in found.lines]
        self.methods = [self._method_row(each) for each in found.by_method]
        self.place = address.place(self, total=found.total, orders=ORDERS, default_order="-data")
        self.summary, self.received_total = _summary(found), brl_text(found.received_cents)
        self.is_book_empty = found.is_book_empty

    def _method_row(self, each: MethodSum) -> SumRow:
        return SumRow(
            name=METHOD_NAMES[each.method.value],
            note="não é dinheiro que entrou" if each.method is PaymentMethod.CREDIT else "",
            to=address.list_address(self, visao="todos", forma=each.method.value, pagina=""),
            count=str(each.count),
            pix="",
            cash="",
            others="",
            total=brl_text(each.cents),
            undone=f"{brl_text(each.undone_cents)} ({each.undone_count})" if each.undone_count else "—",
        )

    def _person_row(self, each: PersonSum) -> SumRow:
        pix, cash = each.methods.get(PaymentMethod.PIX, 0), each.methods.get(PaymentMethod.CASH, 0)
        return SumRow(
            name=each.name or TERMINAL_NAME,
            note=ROLE_NAMES.get(each.role, ""),
            to=address.list_address(self, visao="todos", quem=each.user_id, pagina="") if each.user_id else "",
            count=str(each.count),
            pix=brl_text(pix),
            cash=brl_text(cash),
            others=brl_text(each.received_cents - pix - cash),
            total=brl_text(each.received_cents),
            undone="",
        )


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


def _summary(found: ReceivedPage) -> str:
    undone = counted(found.undone_count, "estornado ou devolvido", "estornados ou devolvidos")
    parts = [
        counted(found.total, "recebimento", "recebimentos"),
        f"{brl_text(found.received_cents)} recebidos",
        f"{undone}, {brl_text(found.undone_cents)}" if found.undone_count else "",
    ]
    return " · ".join(part for part in parts if part)


def _row(line: ReceivedLine) -> PaymentRow:
    is_undone = line.standing is not PaymentStanding.COUNTS
    verb = "Estorno" if line.standing is PaymentStanding.REVERSED else "Devolução"
    by = f" por {line.undone_by}" if line.undone_by else ""
    why = f": {line.undone_reason}" if line.undone_reason else ""
    return PaymentRow(
        number=str(line.number),
        to=f"/recebimentos/{line.number}",
        received=format_date(line.received_on),
        registered=_registered(line),
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}",
        loan=f"nº {line.request_number}",
        loan_to=f"/emprestimos/{line.request_number}",
        invoices=_invoices(line),
        amount=brl_text(line.amount_cents),
        method=METHOD_NAMES[line.method.value],
        author=line.author or TERMINAL_NAME,
        standing=line.standing.value,
        is_undone=is_undone,
        is_open=is_undone,
        undone=f"{verb} de {brl_text(line.amount_cents)} em {instant_text(line.undone_at)}{by}{why}",
    )


def _registered(line: ReceivedLine) -> str:
    """Say when it was registered: the hour, or the day too where that is another one."""
    at = instant_text(line.registered_at)
    return at[-5:] if at.startswith(date_text(line.received_on)) else f"registrado em {at}"


def _invoices(line: ReceivedLine) -> str:
    """Return the invoices a payment settled: a run of them as its ends."""
    numbers = line.invoices
    if not numbers:
        return "crédito"
    is_run = len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1  # noqa: PLR2004 - two are shorter.
    shown = f"{numbers[0]} a {numbers[-1]}" if is_run else ", ".join(map(str, numbers))
    return f"{shown} de {line.instalment_count}"


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
    Column(header="Situação", cell=lambda row: status_badge("payment", row["standing"])),
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
