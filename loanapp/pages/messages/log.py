"""Mensagens: the communication log by view and client, each text with its fate, and whether texts leave at all."""

from typing import Any

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge, clock
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button
from loanapp.components.fields import text_field
from loanapp.components.filters import filter_bar, filter_chip, view_chips
from loanapp.components.formats import count_text, counted, instant_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.live import live
from loanapp.components.page import page
from loanapp.components.states import empty_all_done, empty_first_use, empty_no_match, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.pages.messages.message_rows import NOT_ASKED, MessageRow, Rung, Strip, is_moving, message_row, strip
from loanapp.queries.messages import (
    STATUS_OF_VIEW,
    MessagesFilter,
    MessagesPage,
    MessagesView,
    messages_page,
    sender_state,
)
from loanapp.services.messages import Resend, ResumeSending, resend, resume_sending
from loanapp.settings import current

VIEWS = {
    "falhas": ("Falhas", MessagesView.FAILED),
    "sem-confirmacao": ("Sem confirmação", MessagesView.UNCONFIRMED),
    "na-fila": ("Na fila", MessagesView.QUEUED),
    "nao-enviadas": ("Não enviadas", MessagesView.WITHHELD),
    "hoje": ("Hoje", MessagesView.TODAY),
    "todas": ("Todas", MessagesView.ALL),
}
NOTHING_OF_VIEW = {
    "falhas": "Tudo em dia. Nenhuma mensagem falhou.",
    "sem-confirmacao": "Tudo em dia. Nenhuma mensagem sem confirmação.",
    "na-fila": "Nenhuma mensagem na fila.",
    "nao-enviadas": "Nenhuma mensagem deixou de ser enviada por regra.",
    "hoje": "Nenhuma mensagem hoje. A rotina Cobranças põe as do dia na fila às 06:00, de segunda a sexta.",
}


class MessagesState(AuthState):
    """What the log shows, read from the address."""

    rows: list[MessageRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    place: Place = NOWHERE  # type: ignore[assignment]
    view: str = "hoje"
    view_links: dict[str, str] = {}  # noqa: RUF012
    view_texts: dict[str, str] = {key: text for key, (text, _) in VIEWS.items()}  # noqa: RUF012
    search: str = ""
    search_clear: str = ""
    summary: str = ""
    sender: Strip = NOT_ASKED
    is_moving: bool = False
    is_log_empty: bool = False
    is_loaded: bool = False
    fault: str = ""
    # What came of the last try to send again: the text's id and the problem, kept until a try is accepted.
    refused_id: str = ""
    refusal: str = ""

    @rx.event
    @requires(Permission.MESSAGES_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        self.view = address.choice(self, "visao", VIEWS, "hoje")
        self.search = address.parameter(self, "busca").strip()
        self.search_clear = address.changed(self, busca="", pagina="")
        self.view_links = {key: address.address("/mensagens", visao=key, busca=self.search) for key in VIEWS}
        await self._read()

    @rx.event(temporal=True)
    @requires(Permission.MESSAGES_VIEW)
    async def refresh(self) -> None:
        """Read the same page again: what the sender and the acks changed meanwhile."""
        await self._read()

    @rx.event(temporal=True, throttle=1000)
    @requires(Permission.MESSAGES_SEND)
    async def send_again(self, message_id: str) -> Any:
        """Queue a text that failed again, as a new line; the failure stays in sight."""
        chosen = address.identifier(message_id)
        if chosen is None:
            return None
        outcome = await bridge.run(resend, Resend(message_id=chosen))
        self.refused_id, self.refusal = ("", "") if outcome.ok else (str(chosen), feedback.message(outcome))
        await self._read()
        if not outcome.ok:
            return None
        return rx.toast.success(f"Na fila outra vez. Sai a partir de {instant_text(outcome.result.available_at)}.")

    @rx.event(temporal=True, throttle=1000)
    @requires(Permission.MESSAGES_SEND)
    async def resume(self) -> Any:
        """Let the paused sender go on."""
        outcome = await bridge.run(resume_sending, ResumeSending(instance=current().instance_name))
        await self._read()
        return feedback.toast(outcome, "Envio retomado.")

    async def _read(self) -> None:
        number, size = address.page_asked(self)
        asked = MessagesFilter(view=VIEWS[self.view][1], text=self.search, page=number, size=size)
        outcome = await bridge.read(messages_page, asked)
        sender = await bridge.read(sender_state, current().instance_name)
        self.fault, self.is_loaded = outcome.reference or sender.reference, True
        if outcome.ok and sender.ok:
            self.sender = strip(sender.result, clock.moment().now)
            self._show(outcome.result)

    def _show(self, found: MessagesPage) -> None:
        opened, now = address.parameter(self, "aberta"), clock.moment().now
        self.rows = [message_row(self, line, opened=opened) for line in found.lines]
        self.is_moving = any(is_moving(line, now) for line in found.lines)
        self.place = address.place(self, total=found.total)
        self.summary = counted(found.total, "mensagem", "mensagens")
        self.is_log_empty = not any(found.by_status.values())
        self.view_texts = {key: f"{text} ({count_text(_count(found, view))})" for key, (text, view) in VIEWS.items()}


def _count(found: MessagesPage, view: MessagesView) -> int:
    """Return how many texts a view holds, whatever is searched for."""
    if view in STATUS_OF_VIEW:
        return found.by_status[STATUS_OF_VIEW[view]]
    return sum((found.today_by_status if view is MessagesView.TODAY else found.by_status).values())


def _connection() -> rx.Component:
    look = MessagesState.sender["look"]
    icon = MessagesState.sender["icon"]
    may_resume = (look == "paused") & AuthState.permissions.contains(Permission.MESSAGES_SEND.value)
    phone = rx.el.a(
        glyph("external-link"), "Abrir celular de testes", href=AuthState.sandbox_address, target="_blank",
        rel="noopener", class_name="button button-secondary",
    )  # fmt: skip
    return rx.el.div(
        rx.el.div(
            glyph(icon, class_name=rx.cond(look == "open", "shrink-0 muted", "shrink-0 overdue")),
            rx.el.p(MessagesState.sender["text"], role="status"),
            class_name="flex grow items-center gap-2 min-w-0",
        ),
        rx.cond(may_resume, button("Retomar envio", on_click=MessagesState.resume, icon="send")),
        rx.cond(AuthState.sandbox_address != "", phone),
        class_name="panel flex flex-wrap items-center gap-3 py-2",
    )


def _client(row: rx.Var[MessageRow]) -> rx.Component:
    return app_link(row["client"], to=row["client_to"], class_name="link [overflow-wrap:anywhere]")


def _situation(row: rx.Var[MessageRow]) -> rx.Component:
    return rx.el.div(
        status_badge("message", row["status"].to(str)),
        rx.cond(row["reason"] != "", rx.el.span(row["reason"], class_name="caption text-right md:text-left")),
        class_name="flex flex-col items-end md:items-start gap-1 md:max-w-[220px]",
    )


def _actions(row: rx.Var[MessageRow]) -> rx.Component:
    is_open = row["is_open"].to(bool)
    may_send = row["is_failed"].to(bool) & AuthState.permissions.contains(Permission.MESSAGES_SEND.value)
    show = app_link(
        rx.cond(is_open, "Fechar", "Ver texto"),
        rx.el.span(" de ", row["client"], class_name="sr-only"),
        to=row["to"].to(str),
        replace=True,
        class_name="button button-quiet",
        custom_attrs={"aria-expanded": rx.cond(is_open, "true", "false")},
    )
    again = button("Tentar de novo", icon="refresh-cw", on_click=MessagesState.send_again(row["id"].to(str)))
    refused = MessagesState.refused_id == row["id"]
    return rx.el.div(
        rx.cond(may_send, again),
        show,
        rx.cond(refused, rx.el.p(glyph("circle-alert"), MessagesState.refusal, class_name="field-error", role="alert")),
        class_name="flex flex-col md:flex-row md:flex-wrap md:justify-end gap-1 md:max-w-[260px]",
    )


COLUMNS = (
    Column(header="Cliente", cell=_client, on_phone="title"),
    Column(header="Data", cell=lambda row: row["at"], class_name="tabular-nums"),
    Column(header="Modelo", cell=lambda row: row["template"], class_name="md:whitespace-nowrap"),
    Column(header="Origem", cell=lambda row: row["origin"], on_phone="none"),
    Column(header="Situação", cell=_situation),
    Column(header="Tentativas", cell=lambda row: row["tries"], on_phone="none", class_name="whitespace-nowrap"),
    Column(header="Parcelas", cell=lambda row: row["owed"], class_name="tabular-nums"),
    Column(header="Ação", cell=_actions, on_phone="action"),
)


def _rung(rung: rx.Var[Rung]) -> rx.Component:
    reached = rung["is_reached"].to(bool)
    return rx.el.li(
        glyph(rx.cond(reached, "check", "clock"), class_name="muted shrink-0"),
        rx.el.span(rung["step"], class_name=rx.cond(reached, "font-medium", "muted")),
        rx.el.span(rung["at"], class_name="muted tabular-nums"),
        class_name="flex items-center gap-2",
    )


def _unfolded(row: rx.Var[MessageRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.p("Texto para ", row["phone"], class_name="caption"),
            rx.el.p(row["body"], class_name="whitespace-pre-wrap [overflow-wrap:anywhere] max-w-prose mt-1"),
        ),
        rx.el.div(
            rx.el.p(row["origin"], " · tentativas: ", row["tries"], class_name="caption"),
            rx.el.ol(rx.foreach(row["ladder"].to(list[Rung]), _rung), class_name="flex flex-col gap-1 mt-1"),
        ),
        class_name="grid gap-4 md:grid-cols-[minmax(0,1fr)_auto] md:gap-8 py-2",
    )


def _search() -> rx.Component:
    field = text_field(
        "busca", "Cliente, CPF/CNPJ ou telefone", value=MessagesState.search, type="search",
        class_name="grow md:w-80 md:grow-0",
    )  # fmt: skip
    # The field is uncontrolled: an address that changed by itself fills it anew.
    return rx.el.div(filter_bar(field, button_text="Buscar"), key=MessagesState.search)


def _results() -> rx.Component:
    table = rx.fragment(
        caption(MessagesState.summary),
        data_table(COLUMNS, MessagesState.rows, label="Mensagens", detail=_unfolded),
        pagination(MessagesState.place),
    )
    of_view = rx.match(
        MessagesState.view,
        *((key, empty_all_done(text)) for key, text in NOTHING_OF_VIEW.items()),
        empty_no_match("/mensagens?visao=todas"),
    )
    nothing = rx.cond(
        MessagesState.is_log_empty,
        empty_first_use("Nenhuma mensagem ainda. As primeiras saem com a rotina Cobranças ou com um recebimento."),
        rx.cond(MessagesState.search != "", empty_no_match(MessagesState.search_clear), of_view),
    )
    loaded = rx.cond(MessagesState.rows.length() > 0, table, nothing)
    return rx.cond(MessagesState.is_loaded, loaded, table_skeleton())


@page(
    "/mensagens",
    title="Mensagens",
    permission=Permission.MESSAGES_VIEW,
    on_load=[MessagesState.load],
    skeleton=table_skeleton,
)
def log() -> rx.Component:
    """Show whether texts leave, the views, and the log."""
    fault = error_card("Não foi possível carregar as mensagens.", MessagesState.load, reference=MessagesState.fault)
    views = [(key, MessagesState.view_texts[key], MessagesState.view_links[key]) for key in VIEWS]
    return rx.el.div(
        rx.cond(MessagesState.sender["text"] != "", _connection()),
        view_chips("Visões", views, MessagesState.view),
        _search(),
        filter_chip("Busca", MessagesState.search, MessagesState.search_clear),
        rx.cond(MessagesState.fault != "", fault, _results()),
        live(MessagesState.refresh, is_moving=MessagesState.is_moving),
        class_name="flex flex-col gap-3",
    )
