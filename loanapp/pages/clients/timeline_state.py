"""The state of a client's timeline: its page as the address asks, and what is recorded and taken back on it."""

import functools
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import reflex as rx

from domain.calendar import parse_date
from domain.errors import Checks, DomainError
from domain.follow_ups import MANAGEMENT, FollowUpKind, FollowUpNotFound, Outcome
from domain.money import Money, parse_brl
from domain.payments import PaymentMethod
from domain.permissions import Permission
from loanapp import bridge, clock
from loanapp.components import address, feedback
from loanapp.components.formats import counted
from loanapp.components.forms import settled
from loanapp.gate import AuthState, requires
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.timeline_rows import TimelineRow, planned_rows, timeline_rows
from loanapp.queries.timeline import Cursor, Scope, Timeline, TimelineFilter, timeline
from loanapp.services import follow_ups

TAB = "linha-do-tempo"
SCOPES = {
    "tudo": ("Tudo", Scope.ALL),
    "contatos": ("Contatos", Scope.CONTACTS),
    "financeiro": ("Financeiro", Scope.MONEY),
    "historico": ("Histórico", Scope.HISTORY),
}
FORMS = {
    FollowUpKind.NOTE.value: "follow-up-note",
    FollowUpKind.CALL.value: "follow-up-call",
    FollowUpKind.VISIT.value: "follow-up-visit",
    FollowUpKind.PROMISE.value: "follow-up-promise",
}
UNDO_FORM = "follow-up-undo"
_DONE = {"NOTE": "Nota registrada.", "CALL": "Ligação registrada.", "VISIT": "Visita registrada."}
_UNDO_SHOWN_MS = 10_000
_FILTERS = ("busca", "pessoa", "de", "ate_dia", "antes")


def parse_follow_up(texts: Mapping[str, str], today: date, *, client_id: UUID) -> follow_ups.RecordFollowUp:
    """Read the form of an entry; raise the problems of its fields at once. What it is comes from the form itself."""
    kind = FollowUpKind(texts["kind"]) if texts["kind"] in set(FollowUpKind) else FollowUpKind.NOTE
    key = address.identifier(texts["command_id"])
    if key is None:
        raise FollowUpNotFound
    order = functools.partial(
        follow_ups.RecordFollowUp, follow_up_id=key, client_id=client_id, kind=kind, text=texts["text"]
    )
    if kind is not FollowUpKind.PROMISE:
        outcome = texts["outcome"]
        return order(outcome=Outcome(outcome) if outcome in set(Outcome) else None)
    checks = Checks()
    promised_on = checks.take("promised_on", parse_date, texts["promised_on"], today)
    promised = checks.take("promised", parse_brl, texts["promised"])
    checks.finish()
    method = texts["promised_method"]
    return order(
        promised_on=promised_on,
        promised=promised or Money.ZERO,
        promised_method=PaymentMethod(method) if method in set(PaymentMethod) else None,
    )


def parse_cursor(text: str) -> Cursor | None:
    """Read where a page begins, as the address says it; None for what is none of ours."""
    instant, _, key = text.partition("~")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return Cursor(at=at, key=key) if at.tzinfo and key.isprintable() else None


class TimelineState(AuthState):
    """What the tab Linha do tempo shows in this tab of the browser."""

    rows: list[TimelineRow] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    planned: list[list[str]] = []  # noqa: RUF012
    people: list[list[str]] = []  # noqa: RUF012
    scope: str = "tudo"
    scope_links: dict[str, str] = {}  # noqa: RUF012
    filters: dict[str, str] = {}  # noqa: RUF012
    is_filtered: bool = False
    clear_to: str = ""
    older_to: str = ""
    newest_to: str = ""
    fault: str = ""
    shown_of: str = ""
    today: str = ""
    dialog: str = ""
    undoing: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    _client_id: UUID | None = None

    @rx.event
    @requires(Permission.TIMELINE_VIEW)
    async def load(self) -> None:
        """Read the page of the timeline that the address asks for, where its tab is the open one."""
        if address.parameter(self, "aba") != TAB:
            return
        client_id = address.identifier(address.local_path(self).rpartition("/")[2])
        if client_id != self._client_id:
            self.reset()
            self._client_id = client_id
        if client_id is None:
            return
        self.scope = address.choice(self, "escopo", SCOPES, "tudo")
        self.scope_links = {key: address.changed(self, escopo=key, antes="") for key in SCOPES}
        self.filters = {name: address.parameter(self, name) for name in _FILTERS}
        self.is_filtered = any(self.filters[name] for name in ("busca", "pessoa", "de", "ate_dia"))
        self.clear_to = address.changed(self, **dict.fromkeys(_FILTERS, ""))
        self.newest_to = address.changed(self, antes="") if self.filters["antes"] else ""
        today = clock.moment().business_date
        self.today = today.isoformat()
        outcome = await bridge.read(timeline, self._filter(client_id, today))
        self.fault = feedback.message(outcome)
        if outcome.ok:
            self._show(outcome.result, today)
        self.shown_of = str(client_id)

    def _filter(self, client_id: UUID, today: date) -> TimelineFilter:
        return TimelineFilter(
            client_id=client_id,
            scope=SCOPES[self.scope][1],
            person_id=address.identifier(self.filters["pessoa"]),
            since=_day(self.filters["de"], today),
            until=_day(self.filters["ate_dia"], today),
            text=self.filters["busca"],
            before=parse_cursor(self.filters["antes"]),
        )

    def _show(self, found: Timeline, today: date) -> None:
        actor = bridge.actor()
        self.rows = timeline_rows(
            found.items, today=today, user_id=actor.user_id, is_management=actor.role in MANAGEMENT
        )
        self.planned = planned_rows(found.planned) if not self.filters["antes"] else []
        self.people = [["", "Todas"], *([str(user_id), name] for user_id, name in found.people)]
        after = f"{found.next.at.isoformat()}~{found.next.key}" if found.next else ""
        self.older_to = address.changed(self, antes=after) if after else ""

    @rx.event
    @requires(Permission.FOLLOW_UPS_RECORD)
    async def open_dialog(self, kind: str) -> None:
        """Open the dialog of an entry."""
        self.errors = {}
        self.dialog = kind if kind in FORMS else ""

    @rx.event
    @requires(Permission.FOLLOW_UPS_RECORD)
    async def close_dialog(self, is_open: bool) -> None:  # noqa: FBT001 - what a dialog sends.
        """Close the open dialog."""
        if not is_open:
            self.dialog = self.undoing = ""

    @rx.event(temporal=True)
    @requires(Permission.FOLLOW_UPS_RECORD)
    async def record(self, form: dict[str, Any]) -> Any:
        """Record what the form of a dialog says."""
        form_id = FORMS.get(bridge.texts_of(form)["kind"], FORMS["NOTE"])
        if self._client_id is None:
            return settled(form_id, is_done=False)
        parse = functools.partial(parse_follow_up, client_id=self._client_id)
        outcome = await bridge.submit(follow_ups.record, parse, form)
        self.errors = feedback.field_errors(outcome)
        if not outcome.ok:
            return settled(form_id, is_done=False)
        self.dialog = ""
        stopped = outcome.result.reminders_cancelled
        cancelled = f" {counted(stopped, 'lembrete cancelado', 'lembretes cancelados')}." if stopped else ""
        done = _DONE.get(bridge.texts_of(form)["kind"], "Promessa registrada.") + cancelled
        return [
            settled(form_id, is_done=True),
            rx.call_script(f"loanappFiles.forgetDraft('{form_id}')"),
            _recorded(done, outcome.result.follow_up_id),
            TimelineState.load,
            ClientState.load,
        ]

    @rx.event(temporal=True)
    @requires(Permission.FOLLOW_UPS_RECORD)
    async def take_back_own(self, follow_up_id: str) -> Any:
        """Take back at once what one recorded oneself."""
        return await self._take_back(follow_up_id, "")

    @rx.event
    @requires(Permission.FOLLOW_UPS_RECORD)
    async def ask_reason(self, follow_up_id: str) -> None:
        """Ask why somebody else's entry is taken back."""
        self.errors = {}
        self.undoing = follow_up_id if address.identifier(follow_up_id) else ""

    @rx.event(temporal=True)
    @requires(Permission.FOLLOW_UPS_RECORD)
    async def take_back(self, form: dict[str, Any]) -> Any:
        """Take back somebody else's entry, for a reason."""
        return await self._take_back(self.undoing, bridge.texts_of(form)["reason"])

    async def _take_back(self, follow_up_id: str, reason: str) -> Any:
        entry = address.identifier(follow_up_id)
        if entry is None:
            return settled(UNDO_FORM, is_done=False)
        outcome = await bridge.run(follow_ups.take_back, follow_ups.TakeBack(follow_up_id=entry, reason=reason))
        self.errors = feedback.field_errors(outcome) if self.undoing else {}
        if not outcome.ok:
            refused = rx.toast.error(feedback.message(outcome), duration=10_000)
            return settled(UNDO_FORM, is_done=False) if self.undoing else refused
        self.undoing = ""
        return [settled(UNDO_FORM, is_done=True), rx.toast.success("Desfeito."), TimelineState.load, ClientState.load]


def _recorded(done: str, follow_up_id: UUID) -> rx.event.EventSpec:
    """Return the toast for what was recorded, from which it can be taken back as well (ux.md: for 10 seconds)."""
    undo = {"label": "Desfazer", "on_click": TimelineState.take_back_own(str(follow_up_id))}
    return rx.toast.success(done, duration=_UNDO_SHOWN_MS, action=undo)


def _day(text: str, today: date) -> date | None:
    try:
        return parse_date(text, today)
    except DomainError:
        return None
