"""One run of a cycle: how far it is, who asked for it, what it did, and the clients that it set aside."""

from typing import TypedDict

import reflex as rx

from domain.cycles import RunStatus
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address
from loanapp.components.badges import status_badge
from loanapp.components.figures import fact, facts
from loanapp.components.formats import counted, instant_text, weekday_text
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.live import live
from loanapp.components.page import page
from loanapp.components.states import error_card, not_found, page_skeleton
from loanapp.components.table import Column, caption, data_table
from loanapp.gate import AuthState, requires
from loanapp.pages.cycles.cycle_rows import NAMES, Fact, percent_done, progress, run_facts, who
from loanapp.queries.cycles import RunRecord, run_record


class FailedRow(TypedDict):
    """A client that the run set aside."""

    client: str
    to: str
    error: str


class RunState(AuthState):
    """The run that the address names; `step` is empty (loading), `shown`, `missing` or `failed`."""

    step: str = ""
    title: str = "Execução"
    status: str = ""
    facts: list[Fact] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    failed: list[FailedRow] = []  # noqa: RUF012
    failed_summary: str = ""
    progress: str = ""
    since: str = ""
    percent: int = 0
    error: str = ""
    is_moving: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.CYCLES_VIEW)
    async def load(self) -> None:
        """Read the run that the address names."""
        self.reset()
        await self._read()

    @rx.event(temporal=True)
    @requires(Permission.CYCLES_VIEW)
    async def refresh(self) -> None:
        """Read it again: how far it is."""
        await self._read()

    async def _read(self) -> None:
        run_id = address.identifier(address.local_path(self).rsplit("/", 1)[-1])
        if run_id is None:
            self.step = "missing"
            return
        outcome = await bridge.read(run_record, run_id)
        self.fault = outcome.reference
        self.step = "shown" if outcome.ok else "failed" if outcome.reference else "missing"
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, record: RunRecord) -> None:
        line = record.run.line
        self.title = f"{NAMES[line.cycle]} de {weekday_text(line.business_date)}"
        self.status, self.error, self.facts = line.status.value, line.error, run_facts(record.run)
        self.is_moving = line.status is RunStatus.RUNNING
        self.progress, self.percent = progress(line), percent_done(line)
        self.since = f"{instant_text(line.opened_at)[-5:]} ({who(record.run)})"
        self.failed = [
            FailedRow(client=each.client_name, to=f"/clientes/{each.client_id}", error=each.error)
            for each in record.failed
        ]
        self.failed_summary = counted(len(record.failed), "falha", "falhas")


COLUMNS = (
    Column(header="Cliente", cell=lambda row: app_link(row["client"], to=row["to"].to(str)), on_phone="title"),
    Column(header="Motivo", cell=lambda row: rx.el.span(row["error"], class_name="[overflow-wrap:anywhere]")),
)


def _moving() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Executando desde ", RunState.since, ": ", rx.el.strong(RunState.progress, class_name="tabular-nums"),
            " clientes.", role="status",
        ),
        rx.el.progress(value=RunState.percent, max=100, aria_label="Andamento", class_name="w-full"),
        rx.el.p("Pode sair desta página: a rotina continua.", class_name="muted"),
        class_name="panel flex flex-col gap-2",
    )  # fmt: skip


def _shown() -> rx.Component:
    stopped = rx.el.p(
        glyph("octagon-x", class_name="mt-0.5 shrink-0"),
        rx.el.span("A rotina parou: ", RunState.error, class_name="[overflow-wrap:anywhere]"),
        class_name="notice rounded-md",
        role="alert",
    )
    set_aside = rx.el.section(
        rx.el.h2("Falhas", class_name="title-small"),
        caption(RunState.failed_summary),
        data_table(COLUMNS, RunState.failed, label="Falhas"),
    )
    return rx.el.div(
        rx.el.div(status_badge("run", RunState.status)),
        rx.cond(RunState.is_moving, _moving()),
        rx.cond(RunState.error != "", stopped),
        rx.el.div(
            facts(rx.foreach(RunState.facts, lambda each: fact(each["label"], each["value"]))),
            class_name="panel tabular-nums",
        ),
        rx.cond(RunState.failed.length() > 0, set_aside),
        class_name="flex flex-col gap-4",
    )


@page(
    "/rotinas/execucoes/[run_id]",
    title=RunState.title,
    heading=RunState.title,
    permission=Permission.CYCLES_VIEW,
    on_load=[RunState.load],
)
def run() -> rx.Component:
    """Show the run, following it while it is in progress."""
    failed = error_card("Não foi possível abrir esta execução.", RunState.load, reference=RunState.fault)
    content = rx.match(
        RunState.step,
        ("shown", _shown()),
        ("missing", not_found("Esta execução não existe.")),
        ("failed", failed),
        page_skeleton(),
    )
    return rx.el.div(
        app_link(
            glyph("chevron-left"), "Rotinas diárias", to="/rotinas", class_name="link inline-flex items-center gap-1"
        ),
        content,
        live(RunState.refresh, is_moving=RunState.is_moving),
        class_name="flex flex-col gap-4 items-stretch",
    )
