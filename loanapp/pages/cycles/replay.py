"""Reexecutar: which cycle for which date, what it would change (a read), and the run itself (ux.md §2.18)."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any

import reflex as rx

from domain.calendar import parse_date
from domain.cycles import Cycle
from domain.errors import Checks, DomainError
from domain.permissions import Permission
from domain.requests import RequestNotFound
from loanapp import bridge, clock
from loanapp.components import address, feedback
from loanapp.components.buttons import button, submit_button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import choice_field, date_field, text_field
from loanapp.components.figures import fact, facts
from loanapp.components.formats import counted, date_text, weekday_text
from loanapp.components.forms import settled
from loanapp.components.glyphs import glyph
from loanapp.components.table import caption
from loanapp.gate import AuthState, requires
from loanapp.pages.cycles.changes import changes
from loanapp.pages.cycles.cycle_rows import NAMES, ChangeRow, Fact, count_facts, preview_rows
from loanapp.queries.cycle_previews import CONTRACTS_SHOWN, PreviewOf, preview, preview_asked, preview_lines
from loanapp.queries.cycles import CycleCounts
from loanapp.services.cycles import OpenRun, open_run

FORM_ID = "replay"
PROMISE = "Reexecutar não cobra multa em dobro nem repete mensagem já enviada."


class ReplayState(AuthState):
    """A cycle and a date to run again; `headline` and `facts` are what the last preview found."""

    today: str = ""
    today_iso: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the default for every tab.
    title: str = ""
    day: str = ""
    headline: str = ""
    facts: list[Fact] = []  # noqa: RUF012
    changes: list[ChangeRow] = []  # noqa: RUF012
    changes_note: str = ""
    is_simulated: bool = False
    is_confirming: bool = False
    # Another date than today's, or texts would leave: the date is typed once more (tier 3).
    needs_date: bool = False
    why_date: str = ""
    _asked: PreviewOf | None = None

    @rx.event
    @requires(Permission.CYCLES_VIEW)
    async def begin(self) -> None:
        """Fill in the date that a replay is asked for most often."""
        today = clock.moment().business_date
        self.today, self.today_iso = date_text(today), today.isoformat()

    @rx.event
    @requires(Permission.CYCLES_RUN)
    async def simulate(self, form: dict[str, Any]) -> None:
        """Show what the run would change; nothing is written."""
        self.errors, self.is_simulated, self._asked = {}, False, None
        asked = await bridge.submit(preview_asked, parse_asked, form)
        self.errors = feedback.field_errors(asked)
        if not asked.ok:
            return
        counts, lines = await bridge.read(preview, asked.result), await bridge.read(preview_lines, asked.result)
        self.errors = feedback.field_errors(counts) or feedback.field_errors(lines)
        if counts.ok and lines.ok:
            self._asked, self.is_simulated = asked.result, True
            self._show(asked.result, counts.result, clock.moment().business_date)
            self.changes = preview_rows(asked.result.cycle, lines.result)
            self.changes_note = _shown_of(asked.result.cycle, len(self.changes), counts.result)

    @rx.event
    @requires(Permission.CYCLES_RUN)
    async def confirm(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Open the dialog of the run, or close it; nothing has run."""
        self.is_confirming, self.errors = is_open is True and self._asked is not None, {}

    @rx.event(temporal=True)
    @requires(Permission.CYCLES_RUN)
    async def run(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Open the run, which a worker then drives, and go to where its progress is shown."""
        asked = self._asked
        if asked is None or (self.needs_date and not is_confirmed(bridge.texts_of(form), asked.business_date)):
            self.errors = {"confirmation": f"Digite {self.day} para confirmar."} if asked else {"": "Simule antes."}
            yield settled(FORM_ID, is_done=False)
            return
        order = OpenRun(
            cycle=asked.cycle, business_date=asked.business_date, origin="screen", only_client_id=asked.only_client_id
        )
        outcome = await bridge.run(open_run, order)
        self.errors, self.is_confirming = feedback.field_errors(outcome), False
        yield settled(FORM_ID, is_done=outcome.ok)
        if outcome.ok:
            self.is_simulated, self._asked = False, None
            yield rx.redirect(f"/rotinas/execucoes/{outcome.result.run_id}")

    def _show(self, asked: PreviewOf, counts: CycleCounts, today: date) -> None:
        self.title, self.day = (
            f"{NAMES[asked.cycle]} de {weekday_text(asked.business_date)}",
            date_text(asked.business_date),
        )
        self.facts = count_facts(asked.cycle, counts, would=True)
        self.headline = _headline(asked.cycle, counts)
        reasons = []
        if asked.business_date != today:
            reasons.append("A data não é a de hoje.")
        if counts.messages_queued:
            reasons.append(f"{counted(counts.messages_queued, 'mensagem sairia', 'mensagens sairiam')} pelo WhatsApp.")
        self.needs_date, self.why_date = bool(reasons), " ".join(reasons)


def parse_asked(texts: Mapping[str, str], today: date) -> tuple[PreviewOf, int | None]:
    """Read which cycle for which date, and the number of the request to whose client it is kept, where one is given.

    Raises `date.*` at the date and RequestNotFound at a number that is none; a cycle that is none is the first.
    """
    checks = Checks()
    business_date = checks.take("business_date", parse_date, texts["business_date"], today)
    number = checks.take("request_number", _request_number, texts["request_number"].strip())
    checks.finish()
    assert business_date is not None
    cycle = Cycle(texts["cycle"]) if texts["cycle"] in set(Cycle) else Cycle.OVERDUE
    return PreviewOf(cycle=cycle, business_date=business_date), number


def _request_number(text: str) -> int | None:
    if not text:
        return None
    number = address.number(text)
    if not number:
        raise RequestNotFound
    return number


def is_confirmed(texts: Mapping[str, str], business_date: date) -> bool:
    """Whether the date was typed once more."""
    try:
        return parse_date(texts["confirmation"], business_date) == business_date
    except DomainError:
        return False


def _shown_of(cycle: Cycle, shown: int, counts: CycleCounts) -> str:
    if not shown:
        return ""
    if shown < CONTRACTS_SHOWN:
        return (
            f"{counted(shown, 'cliente', 'clientes')}"
            if cycle is Cycle.CHARGE
            else counted(shown, "empréstimo mudaria", "empréstimos mudariam")
        )
    return f"As {shown} maiores diferenças. Ao todo: {counted(counts.changed, 'mudança', 'mudanças')}."


def _headline(cycle: Cycle, counts: CycleCounts) -> str:
    if not counts.changed:
        return "Nada mudaria: tudo já está certo para esta data."
    if cycle is Cycle.CHARGE:
        return f"{counted(counts.messages_queued, 'mensagem iria', 'mensagens iriam')} para a fila."
    return f"{counted(counts.changed, 'parcela mudaria', 'parcelas mudariam')}."


def _facts() -> rx.Component:
    return facts(rx.foreach(ReplayState.facts, lambda each: fact(each["label"], each["value"])))


def _simulated() -> rx.Component:
    return rx.el.div(
        rx.el.h3(f"Simulação: {ReplayState.title}", class_name="font-semibold"),
        rx.el.p(ReplayState.headline),
        _facts(),
        rx.cond(
            ReplayState.changes.length() > 0,
            rx.el.div(
                caption(ReplayState.changes_note),
                changes(ReplayState.changes, label="O que mudaria", has_reasons=True),
            ),
        ),
        rx.el.p(glyph("info", class_name="mt-0.5 shrink-0"), PROMISE, class_name="muted flex gap-2"),
        rx.el.div(button("Executar…", kind="primary", icon="circle-play", on_click=ReplayState.confirm(True))),
        class_name="flex flex-col gap-3 border-t border-(--c-line) pt-4 mt-4",
        role="status",
    )


def _dialog() -> rx.Component:
    state = ReplayState
    typed = rx.fragment(
        rx.el.p(glyph("triangle-alert", class_name="mt-0.5 shrink-0"), state.why_date, class_name="notice rounded-md"),
        date_field(
            "confirmation",
            f"Digite a data de referência: {state.day}",
            errors=state.errors,
            today=state.today_iso,
            help_text="",
        ),
    )
    return command_dialog(
        f"Executar {state.title}",
        rx.el.p(state.headline),
        _facts(),
        rx.el.p(PROMISE),
        rx.cond(state.needs_date, typed),
        verb="Executar rotina",
        form_id=FORM_ID,
        is_open=state.is_confirming,
        on_open_change=state.confirm,
        on_submit=state.run,
        errors=state.errors,
        busy="Executando…",
    )


def replay_section() -> rx.Component:
    """Show the form, the preview it leads to, and the dialog of the run."""
    form = rx.el.form(
        choice_field("cycle", "Rotina", [(each.value, NAMES[each]) for each in Cycle], value=Cycle.OVERDUE.value),
        date_field(
            "business_date",
            "Data de referência",
            errors=ReplayState.errors,
            value=ReplayState.today,
            today=ReplayState.today_iso,
            help_text="",
            class_name="w-full md:w-[240px]",
        ),
        text_field(
            "request_number",
            "Só do empréstimo nº (opcional)",
            errors=ReplayState.errors,
            input_mode="numeric",
            class_name="w-full md:w-[220px]",
        ),
        submit_button("Simular", kind="secondary", busy="Simulando…"),
        on_submit=ReplayState.simulate,
        no_validate=True,
        class_name="flex flex-wrap items-start md:items-end gap-3",
        # The date is uncontrolled: it is filled in when it is known.
        key=ReplayState.today,
    )
    general = ReplayState.errors[""]
    return rx.el.section(
        rx.el.h2("Reexecutar", class_name="title-small"),
        rx.el.p("Simule antes: nada é gravado.", class_name="muted mb-3"),
        rx.cond(ReplayState.errors.contains(""), rx.el.p(general, class_name="field-error mb-3", role="alert")),
        form,
        rx.cond(ReplayState.is_simulated, _simulated()),
        _dialog(),
        class_name="panel",
    )
