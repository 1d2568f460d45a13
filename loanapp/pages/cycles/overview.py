"""Rotinas diárias: the three cycles with their last days, running one again, and the history of runs."""

import reflex as rx

from domain.cycles import RunStatus
from domain.permissions import Permission
from loanapp import bridge, clock
from loanapp.components import address
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.figures import fact
from loanapp.components.formats import counted
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.live import live
from loanapp.components.page import page
from loanapp.components.states import empty_first_use, error_card, page_skeleton
from loanapp.components.table import Column, caption, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.pages.cycles.cycle_rows import Card, Mark, RunRow, card, closed_text, run_row
from loanapp.pages.cycles.proof_rows import is_sound, proven_text
from loanapp.pages.cycles.replay import ReplayState, replay_section
from loanapp.queries.cycles import RunsAsked, runs_overview, runs_page
from loanapp.queries.proofs import newest_proof


class CyclesState(AuthState):
    """The cards and one page of the history."""

    cards: list[Card] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    rows: list[RunRow] = []  # noqa: RUF012
    place: Place = NOWHERE  # type: ignore[assignment]
    summary: str = ""
    first_at: str = ""
    closed: str = ""
    proven: str = ""
    is_proven: bool = False
    is_moving: bool = False
    is_loaded: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.CYCLES_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        await self._read()

    @rx.event(temporal=True)
    @requires(Permission.CYCLES_VIEW)
    async def refresh(self) -> None:
        """Read the same page again: how far the runs are."""
        await self._read()

    async def _read(self) -> None:
        number, size = address.page_asked(self)
        overview = await bridge.read(runs_overview, None)
        history = await bridge.read(runs_page, RunsAsked(page=number, size=size))
        proof = await bridge.read(newest_proof, None)
        self.fault, self.is_loaded = overview.reference or history.reference or proof.reference, True
        if not (overview.ok and history.ok and proof.ok):
            return
        self.closed = closed_text(overview.result)
        self.proven, self.is_proven = proven_text(proof.value), is_sound(proof.value)
        today = clock.moment().business_date
        self.cards = [card(each, overview.result, today) for each in overview.result]
        last_runs = [each.last_run for each in overview.result if each.last_run]
        self.is_moving = any(run.status is RunStatus.RUNNING for run in last_runs)
        self.rows = [run_row(run) for run in history.result.runs]
        self.place = address.place(self, total=history.result.total)
        self.summary = counted(history.result.total, "execução", "execuções")
        self.first_at = self.cards[0]["next_at"]


def _mark(mark: rx.Var[Mark]) -> rx.Component:
    return rx.el.li(
        glyph(mark["icon"].to(str), size=14),
        rx.el.span(mark["day"], aria_hidden="true"),
        rx.el.span(mark["text"], class_name="sr-only"),
        class_name=f"badge badge-{mark['hue']} flex-col gap-0.5 rounded-md px-0 py-1 tabular-nums",
        title=mark["text"],
    )


def _last_run(each: rx.Var[Card]) -> rx.Component:
    ran = rx.fragment(
        rx.el.div(
            status_badge("run", each["status"].to(str)),
            app_link(each["ran_at"], to=each["run_to"].to(str), class_name="link tabular-nums"),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.el.span(rx.cond(each["progress"] != "", each["progress"], each["counts"]), class_name="tabular-nums"),
    )
    return rx.cond(
        each["run_to"] != "",
        rx.el.div(ran, class_name="flex flex-col gap-1 items-start"),
        rx.el.span("Nenhuma execução ainda", class_name="muted"),
    )


def _card(each: rx.Var[Card]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(each["name"], class_name="title-small"),
            rx.el.p(each["when"], class_name="muted tabular-nums"),
        ),
        rx.el.p(each["does"]),
        rx.cond(
            each["waits"] != "",
            rx.el.p(glyph("clock", class_name="mt-0.5 shrink-0"), each["waits"], class_name="notice rounded-md"),
        ),
        rx.el.dl(
            fact("Última execução", _last_run(each)),
            fact("Próxima execução", each["next_at"].to(str)),
            fact("Última data fechada", each["closed"].to(str)),
            class_name="flex flex-col gap-3 tabular-nums",
        ),
        rx.el.div(
            rx.el.p("Últimos 14 dias", class_name="caption mb-1"),
            rx.el.ol(rx.foreach(each["marks"].to(list[Mark]), _mark), class_name="grid grid-cols-7 gap-1"),
            rx.cond(each["attention"] != "", rx.el.p(each["attention"], class_name="overdue mt-2")),
            class_name="mt-auto",
        ),
        class_name="panel flex flex-col gap-3 min-w-0",
        aria_label=each["name"].to(str),
    )


def _name(row: rx.Var[RunRow]) -> rx.Component:
    return rx.el.div(
        app_link(row["name"], " de ", row["business_date"], to=row["to"].to(str), class_name="link tabular-nums"),
        rx.cond(row["replay"] != "", rx.el.div(row["replay"], class_name="caption")),
    )


def _failed(row: rx.Var[RunRow]) -> rx.Component:
    return rx.el.span(row["failed"], class_name=rx.cond(row["has_failed"].to(bool), "overdue", ""))


COLUMNS = (
    Column(header="Rotina", cell=_name, on_phone="title"),
    Column(header="Situação", cell=lambda row: status_badge("run", row["status"].to(str))),
    Column(header="Quem", cell=lambda row: row["who"], on_phone="none"),
    Column(header="Início", cell=lambda row: row["opened_at"], class_name="tabular-nums"),
    Column(header="Duração", cell=lambda row: row["lasted"], on_phone="none", class_name="whitespace-nowrap"),
    Column(header="Processados", cell=lambda row: row["processed"], is_numeric=True),
    Column(header="Mudaram", cell=lambda row: row["changed"], is_numeric=True, on_phone="none"),
    Column(header="Falhas", cell=_failed, is_numeric=True),
)


def _history() -> rx.Component:
    table = rx.fragment(
        caption(CyclesState.summary),
        data_table(COLUMNS, CyclesState.rows, label="Execuções"),
        pagination(CyclesState.place),
    )
    nothing = empty_first_use(f"Nenhuma execução ainda. A primeira será em {CyclesState.first_at}.")
    return rx.el.section(
        rx.el.h2("Histórico", class_name="title-small"),
        rx.cond(CyclesState.rows.length() > 0, table, nothing),
    )


@page(
    "/rotinas",
    title="Rotinas diárias",
    permission=Permission.CYCLES_VIEW,
    on_load=[CyclesState.load, ReplayState.begin],
)
def cycles() -> rx.Component:
    """Show the three cards, the replay for who may run it, and the history."""
    fault = error_card("Não foi possível carregar as rotinas.", CyclesState.load, reference=CyclesState.fault)
    state = CyclesState
    banner = rx.el.div(
        rx.el.p(glyph("calendar-check"), rx.el.strong(state.closed), class_name="flex items-center gap-2"),
        rx.el.p(
            rx.cond(state.is_proven, glyph("shield-check"), glyph("shield-alert")),
            app_link(state.proven, to="/rotinas/conferencia", class_name="link"),
            class_name=rx.cond(state.is_proven, "flex items-center gap-2", "flex items-center gap-2 overdue"),
        ),
        class_name="panel flex flex-wrap gap-x-6 gap-y-2 tabular-nums",
        role="status",
    )
    content = rx.el.div(
        banner,
        rx.el.div(rx.foreach(CyclesState.cards, _card), class_name="grid gap-3 lg:grid-cols-3"),
        rx.cond(AuthState.permissions.contains(Permission.CYCLES_RUN.value), replay_section()),
        _history(),
        class_name="flex flex-col gap-6",
    )
    return rx.fragment(
        rx.cond(CyclesState.fault != "", fault, rx.cond(CyclesState.is_loaded, content, page_skeleton())),
        live(CyclesState.refresh, is_moving=CyclesState.is_moving),
    )
