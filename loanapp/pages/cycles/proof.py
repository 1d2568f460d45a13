"""Conferência: whether what must always be true of the book is true, rule by rule, and what is not (money.md §6)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import reflex as rx

from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.buttons import submit_button
from loanapp.components.fields import error_summary
from loanapp.components.forms import once_form, settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.live import live
from loanapp.components.page import page
from loanapp.components.states import empty_first_use, error_card, page_skeleton
from loanapp.components.table import Column, caption, data_table
from loanapp.gate import AuthState, requires
from loanapp.pages.cycles.proof_rows import (
    DifferenceRow,
    ProofRow,
    RuleRow,
    difference_rows,
    is_sound,
    proof_row,
    proven_text,
    rule_rows,
)
from loanapp.queries.proofs import proof_record
from loanapp.services.proofs import RequestProof, request_proof

FORM_ID = "prove"


class ProofState(AuthState):
    """The proof that the address names (`?prova=`), else the newest, and the ones before it."""

    headline: str = ""
    is_sound: bool = False
    rules: list[RuleRow] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    differences: list[DifferenceRow] = []  # noqa: RUF012
    summary: str = ""
    history: list[ProofRow] = []  # noqa: RUF012
    errors: dict[str, str] = {}  # noqa: RUF012
    is_moving: bool = False
    is_loaded: bool = False
    fault: str = ""

    @rx.event
    @requires(Permission.CYCLES_VIEW)
    async def load(self) -> None:
        """Read the proof that the address asks for."""
        self.errors = {}
        await self._read()

    @rx.event(temporal=True)
    @requires(Permission.CYCLES_VIEW)
    async def refresh(self) -> None:
        """Read it again: whether the one in progress is done."""
        await self._read()

    @rx.event(temporal=True)
    @requires(Permission.BOOK_VERIFY)
    async def prove(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Ask for a proof, which a worker then makes."""
        outcome = await bridge.submit(
            request_proof, lambda texts, _today: RequestProof(proof_id=UUID(texts["command_id"])), form
        )
        self.errors = feedback.field_errors(outcome)
        yield settled(FORM_ID, is_done=outcome.ok)
        if outcome.ok:
            await self._read()

    async def _read(self) -> None:
        outcome = await bridge.read(proof_record, address.identifier(address.parameter(self, "prova")))
        self.fault, self.is_loaded = outcome.reference, True
        if not outcome.ok:
            return
        record = outcome.result
        self.headline, self.is_sound = proven_text(record.newest), is_sound(record.newest)
        self.rules, self.differences = rule_rows(record), difference_rows(record)
        found = record.newest.differences if record.newest else 0
        shown = len(self.differences)
        self.summary = f"As primeiras {shown} de {found}" if shown < found else ""
        self.history = [proof_row(line) for line in record.history]
        self.is_moving = record.is_moving


def _rule(row: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            row["is_sound"],
            glyph("circle-check-big", class_name="mt-0.5 shrink-0 text-[var(--green-11)]"),
            glyph("octagon-x", class_name="mt-0.5 shrink-0 overdue"),
        ),
        rx.el.div(
            rx.el.span(row["title"], class_name="font-medium"),
            rx.el.span(row["detail"], class_name="muted"),
            class_name="flex flex-col min-w-0",
        ),
        rx.el.span(row["result"], class_name=rx.cond(row["is_sound"], "ml-auto", "ml-auto overdue font-semibold")),
        class_name="flex gap-3 py-2 border-b border-[var(--c-line)]",
    )


_WRAPPED = "[overflow-wrap:anywhere]"
DIFFERENCES = (
    Column(header="Registro", cell=lambda row: rx.el.span(row["record"], class_name=_WRAPPED), on_phone="title"),
    Column(header="Regra", cell=lambda row: row["rule"]),
    Column(header="Encontrado", cell=lambda row: rx.el.span(row["found"], class_name=_WRAPPED)),
    Column(header="Esperado", cell=lambda row: rx.el.span(row["expected"], class_name=_WRAPPED)),
)
HISTORY = (
    Column(
        header="Data", cell=lambda row: app_link(row["business_date"], to=row["to"].to(str), class_name="link"),
        on_phone="title", class_name="tabular-nums",
    ),
    Column(
        header="Resultado",
        cell=lambda row: rx.el.span(row["result"], class_name=rx.cond(row["is_sound"].to(bool), "", "overdue")),
    ),
    Column(header="Conferida em", cell=lambda row: row["finished_at"], class_name="tabular-nums"),
    Column(header="O que foi conferido", cell=lambda row: row["checked"]),
    Column(header="Quem", cell=lambda row: row["who"], on_phone="none"),
)  # fmt: skip


def _ask() -> rx.Component:
    return once_form(
        error_summary(ProofState.errors),
        rx.cond(
            ProofState.is_moving,
            rx.el.p("Conferindo… Pode sair desta página.", role="status"),
            rx.el.div(submit_button("Conferir agora", kind="secondary", busy="Pedindo…")),
        ),
        id=FORM_ID,
        on_submit=ProofState.prove,
    )


@page(
    "/rotinas/conferencia",
    title="Conferência",
    permission=Permission.CYCLES_VIEW,
    on_load=[ProofState.load],
)
def proof() -> rx.Component:
    """Show the newest proof, what it found, and the ones before."""
    state = ProofState
    nothing = empty_first_use("Ainda não conferida. A conferência roda sozinha depois das rotinas de cada dia.")
    found = rx.el.section(
        rx.el.h2("O que não confere", class_name="title-small mb-2"),
        rx.cond(state.summary != "", caption(state.summary)),
        data_table(DIFFERENCES, state.differences, label="O que não confere"),
    )
    shown = rx.el.div(
        rx.el.p(
            state.headline, class_name=rx.cond(state.is_sound, "title-small", "title-small overdue"), role="status"
        ),
        rx.el.ul(rx.foreach(state.rules, _rule), class_name="panel"),
        rx.cond(state.differences.length() > 0, found),
        rx.el.section(
            rx.el.h2("Últimas conferências", class_name="title-small mb-2"),
            data_table(HISTORY, state.history, label="Últimas conferências"),
        ),
        class_name="flex flex-col gap-4",
    )
    content = rx.el.div(
        rx.cond(AuthState.permissions.contains(Permission.BOOK_VERIFY.value), _ask()),
        rx.cond(state.rules.length() > 0, shown, nothing),
        class_name="flex flex-col gap-4",
    )
    fault = error_card("Não foi possível abrir a conferência.", ProofState.load, reference=state.fault)
    return rx.el.div(
        app_link(
            glyph("chevron-left"), "Rotinas diárias", to="/rotinas", class_name="link inline-flex items-center gap-1"
        ),
        rx.cond(state.fault != "", fault, rx.cond(state.is_loaded, content, page_skeleton())),
        live(ProofState.refresh, is_moving=state.is_moving),
        class_name="flex flex-col gap-4 items-stretch",
    )
