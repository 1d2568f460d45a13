"""Auditoria: who did what, when, from where and why: filters in the address, exports, and the check of the trail."""

import asyncio
from typing import Any
from uuid import UUID

import reflex as rx

from domain import audit_words, proofs
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import button, download_button, link_button
from loanapp.components.fields import date_field, select_field, text_field
from loanapp.components.filters import filter_bar
from loanapp.components.formats import counted
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.states import empty_no_match, error_card, table_skeleton
from loanapp.components.table import Column, caption, data_table
from loanapp.gate import AuthState, requires
from loanapp.pages.audit.audit_rows import UNKNOWN, AuditRow, Integrity, audit_row, integrity
from loanapp.queries.audit import NOBODY, AuditAsked, AuditPage, audit_page
from loanapp.queries.audit_filter import PARAMETERS, filter_of
from loanapp.queries.trail import TrailAsked, check_trail
from loanapp.services.disclosure import NoteCheck, note_check

LARGEST_ID_DIGITS = 18
# Two fields a line on a phone.
HALF = "basis-[calc(50%-6px)] md:basis-auto min-w-0"
GROUPS = [("", "Todos"), *((key, name) for key, (name, _) in audit_words.GROUPS.items())]
FIRST_PEOPLE = [["", "Todos"], [NOBODY, "Sistema"]]


class AuditState(AuthState):
    """What the list shows, read from the address."""

    rows: list[AuditRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    asked: dict[str, str] = dict.fromkeys(PARAMETERS, "")
    people: list[list[str]] = FIRST_PEOPLE
    summary: str = ""
    newer_to: str = ""
    older_to: str = ""
    csv_to: str = ""
    xlsx_to: str = ""
    integrity: Integrity = UNKNOWN
    is_checking: bool = False
    is_loaded: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        self.asked = {name: address.parameter(self, name) for name in PARAMETERS}
        asked = AuditAsked(
            filter=filter_of(self.asked), older_than=self._event_id("antes"), newer_than=self._event_id("depois")
        )
        outcome = await bridge.read(audit_page, asked)
        self.fault, self.is_loaded = outcome.reference, True
        if outcome.ok:
            self._show(outcome.result)

    @rx.event(temporal=True)
    @requires(Permission.AUDIT_VIEW)
    async def check(self) -> Any:
        """Check all chains of the trail, chunk by chunk, and note what it showed."""
        self.is_checking = True
        yield
        outcome = await self._checked()
        self.is_checking = False
        if outcome:
            yield rx.toast.error(outcome)
        yield AuditState.load

    async def _checked(self) -> str:
        """Return why the check could not be made, or nothing."""
        differences: list[proofs.Difference] = []
        events, after, is_first = 0, None, True
        while is_first or after is not None:
            chunk = await bridge.read(check_trail, TrailAsked(after=after))
            if not chunk.ok:
                return feedback.message(chunk)
            differences += chunk.result.differences
            events, after, is_first = events + chunk.result.events, chunk.result.last_id, False
            await asyncio.sleep(0)
        first = differences[0].record if differences else ""
        noted = await bridge.run(note_check, NoteCheck(events=events, differences=len(differences), first=first))
        return feedback.message(noted)

    def _event_id(self, name: str) -> int | None:
        text = address.parameter(self, name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= LARGEST_ID_DIGITS else None

    def _show(self, found: AuditPage) -> None:
        opened = address.parameter(self, "aberta")
        names = {str(user_id): name for user_id, name in found.people}
        self.rows = [audit_row(self, line, opened=opened, names=names) for line in found.lines]
        self.people = [*FIRST_PEOPLE, *_people(found.people)]
        self.summary = counted(found.total, "evento", "eventos")
        self.integrity = integrity(found.last_check)
        first, last = (found.lines[0].event_id, found.lines[-1].event_id) if found.lines else ("", "")
        beyond = {"aberta": "", "antes": "", "depois": ""}
        self.newer_to = address.changed(self, **(beyond | {"depois": first})) if found.has_newer else ""
        self.older_to = address.changed(self, **(beyond | {"antes": last})) if found.has_older else ""
        self.csv_to, self.xlsx_to = (
            address.address(f"/exports/auditoria.{kind}", **self.asked) for kind in ("csv", "xlsx")
        )


def _people(people: tuple[tuple[UUID, str], ...]) -> list[list[str]]:
    return [[str(user_id), name] for user_id, name in people]


def _integrity() -> rx.Component:
    state = AuditState.integrity
    tone = rx.match(
        state["look"], ("whole", "shrink-0 text-[var(--green-11)]"), ("broken", "shrink-0 overdue"), "shrink-0 muted"
    )
    check = button(
        rx.cond(AuditState.is_checking, "Verificando…", "Verificar agora"),
        on_click=AuditState.check,
        icon="refresh-cw",
        disabled=AuditState.is_checking,
    )
    return rx.el.div(
        rx.el.div(
            glyph(state["icon"], class_name=tone),
            rx.el.div(
                rx.el.p(state["text"], class_name=rx.cond(state["look"] == "broken", "overdue font-medium", "")),
                rx.cond(state["detail"] != "", rx.el.p(state["detail"], class_name="caption [overflow-wrap:anywhere]")),
                role="status",
            ),
            class_name="flex grow items-center gap-2 min-w-0",
        ),
        check,
        class_name="panel flex flex-wrap items-center gap-3 py-2",
    )


def _filters() -> rx.Component:
    asked = AuditState.asked
    fields = filter_bar(
        select_field("pessoa", "Pessoa", AuditState.people, value=asked["pessoa"], class_name=f"{HALF} md:w-44"),
        select_field("grupo", "Grupo", GROUPS, value=asked["grupo"], class_name=f"{HALF} md:w-44"),
        text_field("cliente", "Cliente", value=asked["cliente"], type="search", class_name=f"{HALF} md:w-48"),
        text_field("registro", "Nº do registro", value=asked["registro"], type="search", class_name=f"{HALF} md:w-32"),
        date_field("de", "De", value=asked["de"], help_text="", class_name=f"{HALF} md:w-32"),
        date_field("ate_dia", "Até", value=asked["ate_dia"], help_text="", class_name=f"{HALF} md:w-32"),
    )
    # The fields are uncontrolled: an address that changed by itself fills them anew.
    return rx.el.div(fields, key=AuditState.asked.to_string())


def _record(row: rx.Var[AuditRow]) -> rx.Component:
    record = rx.cond(
        row["record_to"] != "",
        app_link(row["record"], to=row["record_to"].to(str), class_name="link"),
        rx.el.span(row["record"]),
    )
    client = app_link(row["client"], to=row["client_to"].to(str), class_name="link [overflow-wrap:anywhere]")
    return rx.el.div(record, rx.cond(row["client"] != "", client), class_name="flex flex-col items-end md:items-start")


def _actions(row: rx.Var[AuditRow]) -> rx.Component:
    is_open = row["is_open"].to(bool)
    return app_link(
        rx.cond(is_open, "Fechar", "Detalhes"),
        rx.el.span(" de ", row["what"], ", ", row["at"], class_name="sr-only"),
        to=row["to"].to(str),
        replace=True,
        class_name="button button-quiet",
        custom_attrs={"aria-expanded": rx.cond(is_open, "true", "false")},
    )


COLUMNS = (
    Column(header="O quê", cell=lambda row: row["what"], on_phone="title"),
    Column(header="Quando", cell=lambda row: row["at"], class_name="tabular-nums md:whitespace-nowrap"),
    Column(header="Quem", cell=lambda row: row["who"], class_name="[overflow-wrap:anywhere]"),
    Column(header="Registro", cell=_record),
    Column(
        header="Antes → depois", cell=lambda row: row["summary"],
        class_name="md:max-w-[280px] [overflow-wrap:anywhere]",
    ),
    Column(
        header="Motivo", cell=lambda row: row["reason"], on_phone="none",
        class_name="md:max-w-[200px] [overflow-wrap:anywhere]",
    ),
    Column(header="Origem", cell=lambda row: row["origin"], on_phone="none"),
    Column(header="Ação", cell=_actions, on_phone="action"),
)  # fmt: skip


def _change(change: rx.Var[list[str]]) -> rx.Component:
    before = rx.fragment(rx.el.span(change[1], class_name="muted"), " → ")
    return rx.el.li(
        rx.el.span(change[0], ": ", class_name="caption"),
        rx.cond(change[1] != "", before),
        rx.cond(change[2] != "", change[2], audit_words.NONE),
        class_name="[overflow-wrap:anywhere]",
    )


def _fact(fact: rx.Var[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact[0], class_name="caption"), rx.el.dd(fact[1], class_name="[overflow-wrap:anywhere] tabular-nums")
    )


def _unfolded(row: rx.Var[AuditRow]) -> rx.Component:
    changes = rx.el.ul(
        rx.foreach(row["changes"].to(list[list[str]]), _change), class_name="flex flex-col gap-1 max-w-prose"
    )
    reason = rx.el.p(rx.el.span("Motivo: ", class_name="caption"), row["reason"], class_name="[overflow-wrap:anywhere]")
    return rx.el.div(
        rx.el.div(changes, rx.cond(row["reason"] != "", reason), class_name="flex flex-col gap-2"),
        rx.el.dl(
            rx.el.div(rx.el.dt("Origem", class_name="caption"), rx.el.dd(row["origin"])),
            rx.foreach(row["facts"].to(list[list[str]]), _fact),
            class_name="grid grid-cols-2 gap-x-6 gap-y-1",
        ),
        class_name="grid gap-4 md:grid-cols-2 md:gap-8 py-2",
    )


def _neighbours() -> rx.Component:
    newer = link_button("Mais novos", to=AuditState.newer_to, icon="chevron-left")
    older = link_button("Mais antigos", to=AuditState.older_to, icon="chevron-right")
    return rx.el.nav(
        rx.cond(AuditState.newer_to != "", newer),
        rx.cond(AuditState.older_to != "", older),
        aria_label="Páginas",
        class_name="flex gap-2",
    )


def _exports() -> rx.Component:
    return rx.el.div(
        download_button("Exportar CSV (", AuditState.summary, ")", to=AuditState.csv_to),
        download_button("Exportar XLSX (", AuditState.summary, ")", to=AuditState.xlsx_to),
        class_name="flex flex-wrap gap-2 no-print",
    )


def _results() -> rx.Component:
    table = rx.fragment(
        rx.el.div(
            caption(AuditState.summary), _exports(), class_name="flex flex-wrap items-center justify-between gap-2"
        ),
        data_table(COLUMNS, AuditState.rows, label="Auditoria", detail=_unfolded),
        _neighbours(),
    )
    loaded = rx.cond(AuditState.rows.length() > 0, table, empty_no_match("/auditoria"))
    return rx.cond(AuditState.is_loaded, loaded, table_skeleton())


@page(
    "/auditoria",
    title="Auditoria",
    permission=Permission.AUDIT_VIEW,
    on_load=[AuditState.load],
    skeleton=table_skeleton,
)
def audit() -> rx.Component:
    """Show the state of the trail, the filters, and the events."""
    fault = error_card("Não foi possível carregar a auditoria.", AuditState.load, reference=AuditState.fault)
    return rx.el.div(
        _integrity(),
        _filters(),
        rx.cond(AuditState.fault != "", fault, _results()),
        class_name="flex flex-col gap-3",
    )
