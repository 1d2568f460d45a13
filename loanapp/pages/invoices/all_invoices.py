"""Parcelas: the list of invoices by view and filter, with count and sums of all it filters, all in the address."""

from collections.abc import Mapping
from datetime import date
from typing import TypedDict

import reflex as rx

from domain.calendar import parse_date
from domain.errors import Checks
from domain.invoices import InvoiceStatus
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import invoice_look, status_badge
from loanapp.components.buttons import link_button
from loanapp.components.explain import explained_amount
from loanapp.components.fields import date_field, select_field, text_field
from loanapp.components.filters import filter_bar, filter_chip, view_chips
from loanapp.components.formats import brl_text, counted, date_text
from loanapp.components.glyphs import glyph
from loanapp.components.invoice_menu import INVOICE_MENU_LOADS, invoice_dialogs
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.receive_calculation import due_text
from loanapp.components.states import empty_all_done, empty_first_use, empty_no_match, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.pages.invoices.invoice_drawer import InvoiceState, invoice_drawer
from loanapp.queries.invoices import (
    Aging,
    InvoiceLine,
    InvoicesFilter,
    InvoicesOrder,
    InvoicesPage,
    InvoicesView,
    due_list,
)

VIEWS = {
    "vencem-hoje": ("Vencem hoje", InvoicesView.DUE_TODAY),
    "em-atraso": ("Em atraso", InvoicesView.OVERDUE),
    "proximos-7-dias": ("Próximos 7 dias", InvoicesView.NEXT_7_DAYS),
    "pagas-em-parte": ("Pagas em parte", InvoicesView.PART_PAID),
    "todas": ("Todas", InvoicesView.ALL),
}
_LATE = (Aging.DAYS_31_TO_60, Aging.DAYS_61_TO_90, Aging.DAYS_OVER_90)
AGING = {
    "a-vencer": ("A vencer", (Aging.NOT_OVERDUE,)),
    "1-15": ("1 a 15 dias", (Aging.DAYS_1_TO_15,)),
    "16-30": ("16 a 30 dias", (Aging.DAYS_16_TO_30,)),
    "31-60": ("31 a 60 dias", (Aging.DAYS_31_TO_60,)),
    "61-90": ("61 a 90 dias", (Aging.DAYS_61_TO_90,)),
    "90+": ("mais de 90 dias", (Aging.DAYS_OVER_90,)),
    "30+": ("mais de 30 dias", _LATE),
}
STATUSES = {
    "a-vencer": ("A vencer", InvoiceStatus.OPEN),
    "em-atraso": ("Em atraso", InvoiceStatus.UNPAID),
    "paga": ("Paga", InvoiceStatus.PAID),
    "renegociada": ("Renegociada", InvoiceStatus.RENEGOTIATED),
    "cancelada": ("Cancelada", InvoiceStatus.CANCELLED),
}
ORDERS = {"vencimento": InvoicesOrder.DUE_DATE, "total": InvoicesOrder.OPEN}
FILTERS = ("atraso", "situacao", "vence", "recebida_em", "busca")


class InvoiceRow(TypedDict):
    """One line of the list, as text ready to show."""

    client: str
    client_to: str
    title: str
    to: str
    due: str
    look: str
    look_note: str
    note: str
    original: str
    charges: str
    has_charges: bool
    open: str
    receive_to: str


class InvoicesState(AuthState):
    """What the list shows, read from the address."""

    rows: list[InvoiceRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    place: Place = NOWHERE  # type: ignore[assignment]
    view: str = "vencem-hoje"
    view_links: dict[str, str] = {}  # noqa: RUF012
    # The filters as the address has them, as chips say them, and the addresses without each.
    asked: dict[str, str] = dict.fromkeys(FILTERS, "")
    chips: dict[str, str] = dict.fromkeys(FILTERS, "")
    clear_links: dict[str, str] = dict.fromkeys(FILTERS, "")
    summary: str = ""
    original_total: str = ""
    charges_total: str = ""
    open_total: str = ""
    stale: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    is_book_empty: bool = False
    is_filtered: bool = False
    is_loaded: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.INVOICES_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        self.asked = {name: address.parameter(self, name).strip() for name in FILTERS}
        self.view = address.choice(self, "visao", VIEWS, "todas" if any(self.asked.values()) else "vencem-hoje")
        page_number, size = address.page_asked(self)
        order = address.order_asked(self, ORDERS, "vencimento")
        texts = self.asked | {"visao": self.view, "ordem": order, "pagina": str(page_number), "por": str(size)}
        outcome = await bridge.submit(due_list, parse_filter, texts)
        self.fault, self.is_loaded = outcome.reference, True
        self.errors = {} if outcome.reference else feedback.field_errors(outcome)
        self._show_filters()
        self.rows = []
        if outcome.ok:
            self._show(outcome.result)

    def _show_filters(self) -> None:
        self.is_filtered = any(self.asked.values())
        self.chips = {name: _chip(name, text) for name, text in self.asked.items()}
        self.clear_links = {name: address.list_address(self, **{name: "", "pagina": ""}) for name in FILTERS}
        self.view_links = {key: address.address("/parcelas", visao=key, busca=self.asked["busca"]) for key in VIEWS}

    def _show(self, found: InvoicesPage) -> None:
        self.rows = [self._row(line) for line in found.lines]
        self.place = address.place(self, total=found.total, orders=ORDERS, default_order="vencimento")
        self.summary = f"{counted(found.total, 'parcela', 'parcelas')} · {brl_text(found.open_cents)}"
        self.original_total = brl_text(found.original_cents)
        self.charges_total = brl_text(found.charges_cents)
        self.open_total = brl_text(found.open_cents)
        self.is_book_empty = found.is_book_empty
        self.stale = date_text(found.charged_through) if found.charged_through else ""

    def _row(self, line: InvoiceLine) -> InvoiceRow:
        look, look_note = invoice_look(
            line.status.value,
            is_due_today=line.is_due_today,
            is_part_paid=line.is_part_paid,
            days_overdue=line.days_overdue,
        )
        target = f"{line.request_number}-{line.number}" if line.open_cents else ""
        return InvoiceRow(
            client=line.client_name,
            client_to=f"/clientes/{line.client_id}",
            title=f"{line.number}/{line.count}",
            to=address.list_address(self, aberta=line.invoice_id),
            due=due_text(line),
            look=look,
            look_note=look_note,
            note=_note(line, look),
            original=brl_text(line.original_cents),
            charges=brl_text(line.charges_cents),
            has_charges=line.charges_cents > 0,
            open=brl_text(line.open_cents),
            receive_to=address.list_address(self, receber=target) if target else "",
        )


def parse_filter(texts: Mapping[str, str], today: date) -> InvoicesFilter:
    """Read a filter from query parameters; raise `date.*` at its parameter for a date that is none."""
    checks = Checks()
    dates = {
        name: checks.take(name, parse_date, texts[name], today) for name in ("vence", "recebida_em") if texts[name]
    }
    checks.finish()
    _, buckets = AGING.get(_aging_key(texts["atraso"]), ("", ()))
    _, status = STATUSES.get(texts["situacao"], ("", None))
    return InvoicesFilter(
        view=VIEWS[texts["visao"]][1],
        aging=frozenset(buckets),
        status=status,
        due_on=dates.get("vence"),
        received_on=dates.get("recebida_em"),
        text=texts["busca"],
        order=ORDERS[texts["ordem"].removeprefix("-")],
        is_descending=texts["ordem"].startswith("-"),
        page=int(texts["pagina"]),
        size=int(texts["por"]),
    )


def _aging_key(text: str) -> str:
    """Return the bucket of a hand-written address too: there a bare `+` stands for a space."""
    return f"{text}+" if text in ("30", "90") else text


def _chip(name: str, text: str) -> str:
    if name == "atraso":
        return AGING.get(_aging_key(text), ("", ()))[0]
    if name == "situacao":
        return STATUSES.get(text, ("", None))[0]
    return text


def _note(line: InvoiceLine, look: str) -> str:
    """Return what stands beside the badge: what the badge hides."""
    if line.is_late_fee_pending:
        return "multa ainda não aplicada"
    return "paga em parte" if line.is_part_paid and look != "PART_PAID" else ""


def _filters() -> rx.Component:
    state, wide = InvoicesState, "w-full md:w-auto"
    buckets = [("", "Qualquer"), *((key, label) for key, (label, _) in AGING.items())]
    statuses = [("", "Qualquer"), *((key, label) for key, (label, _) in STATUSES.items())]
    bar = filter_bar(
        text_field(
            "busca", "Cliente, CPF/CNPJ ou telefone", value=state.asked["busca"], type="search", class_name=wide
        ),
        select_field("atraso", "Atraso", buckets, value=state.asked["atraso"], class_name=wide),
        select_field("situacao", "Situação", statuses, value=state.asked["situacao"], class_name=wide),
        date_field("vence", "Vence em", value=state.asked["vence"], errors=state.errors, help_text="", class_name=wide),
    )
    return rx.el.details(
        rx.el.summary(glyph("filter"), "Filtrar", class_name="button button-secondary w-fit"),
        rx.el.div(bar, class_name="panel mt-3"),
        open=(state.asked["busca"] != "") | (state.errors.length() > 0),
        # The fields are uncontrolled: an address that changed by itself fills them anew.
        key=state.asked.to_string(),
    )


def _chips() -> rx.Component:
    labels = {
        "busca": "Busca",
        "atraso": "Atraso",
        "situacao": "Situação",
        "vence": "Vence em",
        "recebida_em": "Recebida em",
    }
    chips = [
        filter_chip(label, InvoicesState.chips[name], InvoicesState.clear_links[name]) for name, label in labels.items()
    ]
    return rx.cond(InvoicesState.is_filtered, rx.el.div(*chips, class_name="chips"))


def _client(row: rx.Var[InvoiceRow]) -> rx.Component:
    return app_link(row["client"], to=row["client_to"], class_name="link [overflow-wrap:anywhere]")


def _situation(row: rx.Var[InvoiceRow]) -> rx.Component:
    note = rx.cond(row["note"] != "", rx.el.span(row["note"], class_name="caption"))
    return rx.el.div(
        status_badge("invoice", row["look"], row["look_note"]),
        note,
        class_name="flex flex-col items-end md:items-start gap-1",
    )


def _charges(row: rx.Var[InvoiceRow]) -> rx.Component:
    return rx.el.span(row["charges"], class_name=rx.cond(row["has_charges"], "overdue", ""))


def _receive(row: rx.Var[InvoiceRow]) -> rx.Component:
    may_receive = AuthState.permissions.contains(Permission.PAYMENTS_REGISTER.value) & (row["receive_to"] != "")
    return rx.cond(may_receive, link_button("Receber", to=row["receive_to"]))


COLUMNS = (
    Column(header="Cliente", cell=_client, on_phone="title"),
    Column(header="Parcela", cell=lambda row: app_link(row["title"], to=row["to"], class_name="link tabular-nums")),
    Column(header="Vencimento", cell=lambda row: row["due"], order="vencimento", class_name="tabular-nums"),
    Column(header="Situação", cell=_situation, total="Soma do filtro"),
    Column(
        header="Valor original",
        cell=lambda row: row["original"],
        is_numeric=True,
        on_phone="none",
        total=InvoicesState.original_total,
    ),
    Column(header="Multa + mora", cell=_charges, is_numeric=True, on_phone="none", total=InvoicesState.charges_total),
    Column(
        header="Total hoje",
        cell=lambda row: explained_amount(row["open"], to=row["to"]),
        is_numeric=True,
        order="total",
        total=InvoicesState.open_total,
    ),
    Column(header="Ação", cell=_receive, on_phone="action"),
)


def _nothing() -> rx.Component:
    of_view = rx.match(
        InvoicesState.view,
        ("vencem-hoje", empty_all_done("Tudo em dia. Nenhuma parcela vence hoje.")),
        ("em-atraso", empty_all_done("Tudo em dia. Nenhuma parcela em atraso.")),
        ("proximos-7-dias", empty_all_done("Nenhuma parcela vence nos próximos 7 dias.")),
        ("pagas-em-parte", empty_all_done("Nenhuma parcela paga em parte.")),
        empty_no_match("/parcelas?visao=todas"),
    )
    text = "As parcelas aparecem quando um empréstimo é liberado."
    first_use = rx.cond(
        AuthState.permissions.contains(Permission.REQUESTS_OPEN.value),
        empty_first_use(text, "Nova solicitação", "/emprestimos/novo"),
        empty_first_use(text),
    )
    no_match = empty_no_match("/parcelas?visao=todas")
    return rx.cond(InvoicesState.is_book_empty, first_use, rx.cond(InvoicesState.is_filtered, no_match, of_view))


def _stale() -> rx.Component:
    return rx.cond(
        InvoicesState.stale != "",
        rx.el.p(
            glyph("triangle-alert"),
            f"Encargos calculados até {InvoicesState.stale}. Abra a parcela para ver o valor de hoje.",
            class_name="notice rounded-lg",
            role="status",
        ),
    )


def _results() -> rx.Component:
    table = rx.fragment(
        caption(InvoicesState.summary),
        _stale(),
        data_table(COLUMNS, InvoicesState.rows, label="Parcelas", place=InvoicesState.place),
        pagination(InvoicesState.place),
    )
    loaded = rx.cond(InvoicesState.rows.length() > 0, table, _nothing())
    # With a filter that can't be understood there is no list: its field says what to do.
    understood = rx.cond(InvoicesState.errors.length() > 0, rx.fragment(), loaded)
    return rx.cond(InvoicesState.is_loaded, understood, table_skeleton())


@page(
    "/parcelas",
    title="Parcelas",
    permission=Permission.INVOICES_VIEW,
    on_load=[InvoicesState.load, InvoiceState.look_at_address, *INVOICE_MENU_LOADS],
    skeleton=table_skeleton,
)
def all_invoices() -> rx.Component:
    """Show the list under its views and filters, and one invoice beside it."""
    fault = error_card("Não foi possível carregar as parcelas.", InvoicesState.load, reference=InvoicesState.fault)
    views = [(key, text, InvoicesState.view_links[key]) for key, (text, _) in VIEWS.items()]
    return rx.el.div(
        view_chips("Visões", views, InvoicesState.view),
        _filters(),
        _chips(),
        rx.cond(InvoicesState.fault != "", fault, _results()),
        invoice_drawer(),
        invoice_dialogs(),
        class_name="flex flex-col gap-3",
    )
