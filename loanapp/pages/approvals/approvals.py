"""Aprovações: what waits for a second person, with the facts to decide it on one screen, and what was decided."""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.approvals import ApprovalKind
from domain.permissions import Permission
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.badges import status_badge
from loanapp.components.buttons import button
from loanapp.components.dialogs import command_dialog
from loanapp.components.fields import text_area
from loanapp.components.figures import fact, facts
from loanapp.components.filters import view_chips
from loanapp.components.forms import settled
from loanapp.components.glyphs import glyph
from loanapp.components.links import app_link
from loanapp.components.page import page
from loanapp.components.pending import PendingState
from loanapp.components.states import empty_all_done, page_failed, table_skeleton
from loanapp.components.table import Column, data_table, pagination
from loanapp.gate import AuthState, requires
from loanapp.pages.approvals.approval_rows import GRANTS, AnswerRow, ApprovalCard, answer_row, card
from loanapp.queries.approvals import ApprovalsFilter, ApprovalsPage, ApprovalsView, approvals_page
from loanapp.services.approvals import Decide, grant, refuse

VIEWS = {"pendentes": ApprovalsView.PENDING, "decididas": ApprovalsView.DECIDED}
FORM_ID = "approval"
DIALOGS = ("grant", "refuse")


def parse_decision(texts: Mapping[str, str], _today: date, *, approval_id: UUID) -> Decide:
    """Read the form of an answer."""
    return Decide(approval_id=approval_id, reason=texts["reason"])


class ApprovalsState(AuthState):
    """What the page shows, read from the address, and the question whose dialog is open."""

    cards: list[ApprovalCard] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    answers: list[AnswerRow] = []  # noqa: RUF012
    place: Place = NOWHERE  # type: ignore[assignment]
    view: str = "pendentes"
    view_texts: dict[str, str] = {"pendentes": "Pendentes", "decididas": "Decididas"}  # noqa: RUF012
    view_links: dict[str, str] = {}  # noqa: RUF012
    is_loaded: bool = False
    fault: str = ""
    notice: str = ""
    dialog: str = ""
    asked_title: str = ""
    asked_loan: str = ""
    grant_effect: str = ""
    grant_verb: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    _approval_id: UUID | None = None
    _granted: str = ""

    @rx.event
    @requires(Permission.APPROVALS_VIEW)
    async def load(self) -> None:
        """Read the page that the address asks for."""
        self.notice = ""
        await self._read()

    @rx.event
    @requires(Permission.APPROVALS_DECIDE)
    async def ask(self, dialog: str, approval_id: str) -> None:
        """Open the dialog of an answer."""
        found = [each for each in self.cards if each["id"] == approval_id]
        self.errors, self.notice = {}, ""
        self.dialog = dialog if dialog in DIALOGS and found else ""
        self._approval_id = address.identifier(approval_id) if self.dialog else None
        if found:
            self.asked_title, self.asked_loan = found[0]["title"], f"{found[0]['loan']} de {found[0]['client']}"
            self.grant_effect, self.grant_verb, self._granted = GRANTS[ApprovalKind(found[0]["kind"])]

    @rx.event
    @requires(Permission.APPROVALS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was decided."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(temporal=True)
    @requires(Permission.APPROVALS_DECIDE)
    async def grant(self, form: dict[str, Any]) -> Any:
        """Grant what was asked."""
        return await self._decide(grant, form, self._granted)

    @rx.event(temporal=True)
    @requires(Permission.APPROVALS_DECIDE)
    async def refuse(self, form: dict[str, Any]) -> Any:
        """Refuse what was asked."""
        return await self._decide(refuse, form, "Recusado. O empréstimo continua como estava.")

    async def _decide(self, use_case: Callable[..., Any], form: object, done: str) -> Any:
        if self._approval_id is None:
            return settled("approval", is_done=False)
        parse = functools.partial(parse_decision, approval_id=self._approval_id)
        outcome = await bridge.submit(use_case, parse, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return settled("approval", is_done=False)
        self.dialog, self.errors, self.notice, self._approval_id = "", {}, done, None
        await self._read()
        return [settled("approval", is_done=True), PendingState.count]

    async def _read(self) -> None:
        self.view = address.choice(self, "visao", VIEWS, "pendentes")
        number, size = address.page_asked(self)
        outcome = await bridge.read(approvals_page, ApprovalsFilter(view=VIEWS[self.view], page=number, size=size))
        self.fault = outcome.reference
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, found: ApprovalsPage) -> None:
        is_pending = VIEWS[self.view] is ApprovalsView.PENDING
        self.cards = [card(line) for line in found.lines] if is_pending else []
        self.answers = [] if is_pending else [answer_row(line) for line in found.lines]
        self.place = address.place(self, total=found.total)
        self.view_texts = {"pendentes": f"Pendentes ({found.pending})", "decididas": f"Decididas ({found.decided})"}
        self.view_links = {key: address.changed(self, visao=key, pagina="") for key in VIEWS}
        self.is_loaded = True


def _buttons(item: rx.Var[ApprovalCard]) -> rx.Component:
    may_decide = AuthState.permissions.contains(Permission.APPROVALS_DECIDE.value)
    return rx.cond(
        may_decide,
        rx.el.div(
            button("Recusar", on_click=ApprovalsState.ask("refuse", item["id"]), disabled=item["is_own"]),
            button(
                "Aprovar",
                kind="danger",
                on_click=ApprovalsState.ask("grant", item["id"]),
                disabled=item["obstacle"] != "",
            ),
            class_name="flex flex-wrap gap-3 max-md:[&>*]:grow",
        ),
    )


def _card(item: rx.Var[ApprovalCard]) -> rx.Component:
    obstacle = rx.el.p(
        glyph("triangle-alert", class_name="shrink-0 mt-0.5"), item["obstacle"], class_name="notice rounded-md"
    )
    return rx.el.li(
        rx.el.h2(item["title"], class_name="title-small"),
        rx.el.p(
            app_link(item["loan"], to=item["loan_to"]), " de ", app_link(item["client"], to=item["client_to"]),
            class_name="[overflow-wrap:anywhere]",
        ),
        facts(rx.foreach(item["facts"].to(list[list[str]]), lambda pair: fact(pair[0], pair[1]))),
        rx.el.p(rx.el.span(item["asked"], class_name="caption"), class_name="tabular-nums"),
        rx.el.p("Motivo: ", item["reason"], class_name="[overflow-wrap:anywhere] whitespace-pre-line"),
        rx.cond(item["obstacle"] != "", obstacle),
        _buttons(item),
        class_name="panel flex flex-col gap-3",
        aria_label=item["title"],
    )  # fmt: skip


ANSWER_COLUMNS = (
    Column(header="Empréstimo", cell=lambda row: app_link(row["loan"], to=row["loan_to"])),
    Column(header="Cliente", cell=lambda row: app_link(row["client"], to=row["client_to"]), on_phone="title"),
    Column(header="Pedido", cell=lambda row: row["what"]),
    Column(header="Valor", cell=lambda row: row["amount"], is_numeric=True),
    Column(header="Situação", cell=lambda row: status_badge("approval", row["status"])),
    Column(header="Pedido por", cell=lambda row: row["asked"], on_phone="none"),
    Column(header="Decisão", cell=lambda row: row["decided"]),
    Column(
        header="Motivo da decisão", cell=lambda row: row["reason"], on_phone="none",
        class_name="max-w-72 [overflow-wrap:anywhere]",
    ),
)  # fmt: skip


def _answer_dialog(
    name: str, title: str | rx.Var[str], effect: str | rx.Var[str], handler: Any, busy: str
) -> rx.Component:
    state = ApprovalsState
    return command_dialog(
        title,
        rx.el.p(rx.el.strong(state.asked_title), class_name="tabular-nums"),
        rx.el.p(state.asked_loan, class_name="[overflow-wrap:anywhere]"),
        rx.el.p(effect),
        text_area("reason", "Motivo", errors=state.errors, help_text="Fica na auditoria com o seu nome."),
        verb=title,
        form_id=FORM_ID,
        is_open=state.dialog == name,
        on_open_change=state.fold,
        on_submit=handler,
        errors=state.errors,
        kind="danger" if name == "grant" else "primary",
        busy=busy,
    )


def _dialogs() -> rx.Component:
    return rx.fragment(
        _answer_dialog(
            "grant",
            ApprovalsState.grant_verb,
            ApprovalsState.grant_effect,
            ApprovalsState.grant,
            "Aprovando…",
        ),
        _answer_dialog(
            "refuse",
            "Recusar o pedido",
            "O empréstimo continua como está; quem pediu lê o motivo e pode pedir de novo.",
            ApprovalsState.refuse,
            "Recusando…",
        ),
    )


def _results() -> rx.Component:
    state = ApprovalsState
    pending = rx.cond(
        state.cards.length() > 0,
        rx.el.ul(rx.foreach(state.cards, _card), class_name="grid items-start gap-4 lg:grid-cols-2"),
        empty_all_done("Tudo em dia. Nada aguarda uma segunda pessoa."),
    )
    decided = rx.cond(
        state.answers.length() > 0,
        data_table(ANSWER_COLUMNS, state.answers, label="Aprovações decididas"),
        empty_all_done("Nada foi decidido ainda."),
    )
    shown = rx.fragment(rx.cond(state.view == "pendentes", pending, decided), pagination(state.place))
    return rx.cond(state.is_loaded, shown, table_skeleton())


@page(
    "/aprovacoes",
    title="Aprovações",
    permission=Permission.APPROVALS_VIEW,
    on_load=[ApprovalsState.load],
    skeleton=table_skeleton,
)
def approvals() -> rx.Component:
    """Show the questions of a view."""
    state = ApprovalsState
    views = [(key, state.view_texts[key], state.view_links[key]) for key in VIEWS]
    notice = rx.el.p(
        glyph("info", class_name="shrink-0 mt-0.5"), state.notice, class_name="notice notice-good rounded-md",
        role="status",
    )  # fmt: skip
    return rx.el.div(
        view_chips("Visões", views, state.view),
        rx.cond(state.notice != "", notice),
        rx.cond(state.fault != "", page_failed(state.fault, state.load), _results()),
        _dialogs(),
        class_name="flex flex-col gap-4",
    )
