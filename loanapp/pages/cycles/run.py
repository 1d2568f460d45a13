"""One run of a cycle: how far it is, who asked for it, what it did, and the clients that it set aside."""

from collections.abc import AsyncIterator
from typing import Any, TypedDict

import reflex as rx

from domain.cycles import RunStatus
from domain.permissions import Permission
from loanapp import bridge, clock
from loanapp.components import address, feedback
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.figures import fact, facts
from loanapp.components.formats import counted, instant_text, weekday_text
from loanapp.components.forms import settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.live import live
from loanapp.components.page import page
from loanapp.components.states import error_card, not_found, page_skeleton
from loanapp.components.table import Column, caption, data_table
from loanapp.gate import AuthState, requires
from loanapp.pages.cycles.changes import changes
from loanapp.pages.cycles.cycle_rows import (
    NAMES,
    ChangeRow,
    Fact,
    changed_rows,
    pace,
    percent_done,
    progress,
    run_facts,
    who,
)
from loanapp.queries.cycles import Part, RunRecord, run_record
from loanapp.services.cycles import RetryFailures, retry_failures

RETRY_FORM_ID = "retry"


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
    pace: str = ""
    part: str = ""
    run_id_shown: str = ""
    changed: list[ChangeRow] = []  # noqa: RUF012
    changed_summary: str = ""
    is_retrying: bool = False
    retry_errors: dict[str, str] = {}  # noqa: RUF012
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

    @rx.event
    @requires(Permission.CYCLES_RUN)
    async def confirm_retry(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Open or close the dialog; nothing has run."""
        self.is_retrying, self.retry_errors = is_open is True, {}

    @rx.event(temporal=True)
    @requires(Permission.CYCLES_RUN)
    async def retry(self, _form: dict[str, Any]) -> AsyncIterator[Any]:
        """Run the cycle again for those set aside, and go to where that run's progress is shown."""
        run_id = address.identifier(self.run_id_shown)
        if run_id is None:
            yield settled(RETRY_FORM_ID, is_done=False)
            return
        outcome = await bridge.run(retry_failures, RetryFailures(run_id=run_id, origin="screen"))
        self.retry_errors, self.is_retrying = feedback.field_errors(outcome), not outcome.ok
        yield settled(RETRY_FORM_ID, is_done=outcome.ok)
        if outcome.ok:
            yield rx.redirect(f"/rotinas/execucoes/{outcome.result.run_id}")

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
        self.pace = pace(line, clock.moment().now)
        self.run_id_shown, self.part = str(line.run_id), _part(record)
        self.changed = changed_rows(record.changed)
        self.changed_summary = _changed_summary(record)
        self.since = f"{instant_text(line.opened_at)[-5:]} ({who(record.run)})"
        self.failed = [
            FailedRow(client=each.client_name, to=f"/clientes/{each.client_id}", error=each.error)
            for each in record.failed
        ]
        self.failed_summary = counted(len(record.failed), "falha", "falhas")


def _part(record: RunRecord) -> str:
    if record.part is Part.CLIENT:
        return f"Só o cliente {record.only_client_name}: esta execução não fecha a data."
    return "Só as falhas de outra execução: esta execução não fecha a data." if record.part is Part.FAILURES else ""


def _changed_summary(record: RunRecord) -> str:
    total = counted(record.changed_total, "empréstimo mudou", "empréstimos mudaram")
    shown = len(record.changed)
    return f"{total}; os {shown} de maior diferença" if shown < record.changed_total else total


COLUMNS = (
    Column(header="Cliente", cell=lambda row: app_link(row["client"], to=row["to"].to(str)), on_phone="title"),
    Column(header="Motivo", cell=lambda row: rx.el.span(row["error"], class_name="[overflow-wrap:anywhere]")),
)


def _moving() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Executando desde ", RunState.since, ": ", rx.el.strong(RunState.progress, class_name="tabular-nums"),
            " clientes (", RunState.percent, "%). ", RunState.pace, ".", role="status",
        ),
        rx.el.progress(value=RunState.percent, max=100, aria_label="Andamento", class_name="w-full"),
        rx.el.p("Pode sair desta página: a rotina continua.", class_name="muted"),
        class_name="panel flex flex-col gap-2",
    )  # fmt: skip


def _retry() -> rx.Component:
    state = RunState
    verb = f"Reprocessar {state.failed_summary}"
    dialog = command_dialog(
        verb,
        rx.el.p("A rotina roda de novo só para estes clientes, e depois as rotinas que esperavam por ela."),
        rx.el.p("Reexecutar não cobra multa em dobro nem repete mensagem já enviada."),
        verb=verb,
        form_id=RETRY_FORM_ID,
        is_open=state.is_retrying,
        on_open_change=state.confirm_retry,
        on_submit=state.retry,
        errors=state.retry_errors,
        busy="Executando…",
    )
    ask = button(verb, kind="primary", icon="rotate-ccw", on_click=state.confirm_retry(True))
    return rx.cond(~state.is_moving, rx.el.div(ask, dialog, class_name="mt-3"))


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
        rx.cond(AuthState.permissions.contains(Permission.CYCLES_RUN.value), _retry()),
    )
    changed = rx.el.section(
        rx.el.h2("Alterados", class_name="title-small"),
        caption(RunState.changed_summary),
        changes(RunState.changed, label="Alterados", has_reasons=False),
    )
    return rx.el.div(
        rx.el.div(status_badge("run", RunState.status)),
        rx.cond(RunState.is_moving, _moving()),
        rx.cond(RunState.error != "", stopped),
        rx.el.div(
            facts(rx.foreach(RunState.facts, lambda each: fact(each["label"], each["value"]))),
            class_name="panel tabular-nums",
        ),
        rx.cond(RunState.part != "", rx.el.p(glyph("info"), RunState.part, class_name="notice rounded-md")),
        rx.cond(RunState.failed.length() > 0, set_aside),
        rx.cond(RunState.changed.length() > 0, changed),
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
