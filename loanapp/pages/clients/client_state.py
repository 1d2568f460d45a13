"""The state of one client's record: its head and its open tab, each with its own fault, and its dialogs."""

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.clients import ClientNotFound
from domain.errors import Checks
from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.components import address, feedback
from loanapp.components.address import NOWHERE, Place
from loanapp.components.formats import brl_text, counted, instant_text
from loanapp.components.forms import settled
from loanapp.gate import AuthState, requires
from loanapp.pages.clients import client_rows
from loanapp.pages.clients.client_rows import NOBODY_YET, InvoiceRow, LoanRow, Record, TextRow
from loanapp.pages.clients.contact_fields import FIELDS, in_order, read_contact
from loanapp.queries.client_loans import ClientInvoicesFilter, client_invoices, client_loans
from loanapp.queries.clients import client_record
from loanapp.queries.messages import thread
from loanapp.services import clients, messages

TABS = {
    "resumo": "Resumo",
    "linha-do-tempo": "Linha do tempo",
    "emprestimos": "Empréstimos",
    "parcelas": "Parcelas",
    "mensagens": "Mensagens",
    "documentos": "Documentos",
    "dados": "Dados",
}
TEXTS_SHOWN = 25
BLOCK_FORM, CONTACT_FORM, REMIND_FORM = "client-block", "client-contact", "client-remind"
DIALOGS = ("block", "contact", "remind")


def parse_contact(texts: Mapping[str, str], _today: date, *, client_id: UUID) -> clients.ChangeContact:
    """Read the form of the contact; raise the problems of all its fields at once."""
    checks = Checks()
    contact = read_contact(checks, texts)
    clients.check_contact(checks, contact)
    checks.finish()
    return clients.ChangeContact(client_id=client_id, contact=contact)


class ClientState(AuthState):
    """What the record shows in this tab of the browser."""

    record: Record = NOBODY_YET
    receive_to: str = ""
    is_loaded: bool = False
    is_missing: bool = False
    fault: str = ""
    tab: str = "resumo"
    tab_links: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the defaults for every tab.
    tab_shown: str = ""
    tab_fault: str = ""
    loans: list[LoanRow] = []  # noqa: RUF012
    running: list[LoanRow] = []  # noqa: RUF012
    loans_summary: str = ""
    invoices: list[InvoiceRow] = []  # noqa: RUF012
    place: Place = NOWHERE  # type: ignore[assignment]
    invoices_summary: str = ""
    texts: list[TextRow] = []  # noqa: RUF012
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    _client_id: UUID | None = None

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def load(self) -> None:
        """Read the head of the record that the address names."""
        client_id = address.identifier(address.local_path(self).rpartition("/")[2])
        if client_id != self._client_id:
            self.reset()
            self._client_id = client_id
        outcome = await bridge.read(client_record, client_id) if client_id else None
        self.is_missing = outcome is None or any(p.code == ClientNotFound.code for p in outcome.problems)
        self.fault = outcome.reference if outcome else ""
        self.receive_to = address.changed(self, receber=client_id or "")
        if outcome and outcome.ok:
            self.record, self.is_loaded = client_rows.record_of(outcome.result), True

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def load_tab(self) -> None:
        """Read what the open tab shows; the head stands whatever comes of it."""
        may_read_texts = Permission.MESSAGES_VIEW.value in self.permissions
        open_tabs = [key for key in TABS if key != "mensagens" or may_read_texts]
        self.tab = address.choice(self, "aba", open_tabs, "resumo")
        path = address.local_path(self)
        self.tab_links = {key: address.address(path, aba=key) if key in open_tabs else "" for key in TABS}
        # A tab with a state of its own reads for itself.
        own = dict.fromkeys(("linha-do-tempo", "documentos", "dados"))
        readers = {"parcelas": self._read_invoices, "mensagens": self._read_texts, **own}
        read = readers.get(self.tab, self._read_loans)
        problem = await read(self._client_id) if read and self._client_id else ""
        self.tab_fault, self.tab_shown = problem, self.tab

    async def _read_loans(self, client_id: UUID) -> str:
        outcome = await bridge.read(client_loans, client_id)
        if outcome.ok:
            found = outcome.result
            self.loans = [client_rows.loan_row(loan) for loan in found.loans]
            self.running = [row for row in self.loans if row["is_running"]]
            self.loans_summary = client_rows.loans_summary(len(found.loans), found.total)
        return feedback.message(outcome)

    async def _read_invoices(self, client_id: UUID) -> str:
        number, size = address.page_asked(self)
        outcome = await bridge.read(client_invoices, ClientInvoicesFilter(client_id=client_id, page=number, size=size))
        if outcome.ok:
            found = outcome.result
            self.invoices = [
                client_rows.invoice_row(line, address.changed(self, receber=f"{line.request_number}-{line.number}"))
                for line in found.lines
            ]
            self.place = address.place(self, total=found.total)
            count = counted(found.total, "parcela", "parcelas")
            self.invoices_summary = f"{count} · {brl_text(found.open_cents)} em aberto"
        return feedback.message(outcome)

    async def _read_texts(self, client_id: UUID) -> str:
        outcome = await bridge.read(thread, client_id)
        if outcome.ok:
            self.texts = [client_rows.text_row(text) for text in outcome.result[:TEXTS_SHOWN]]
        return feedback.message(outcome)

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def open_dialog(self, dialog: str) -> None:
        """Open one of the dialogs."""
        self.errors = {}
        self.dialog = dialog if dialog in DIALOGS else ""

    @rx.event
    @requires(Permission.CLIENTS_VIEW)
    async def close_dialog(self, is_open: bool) -> None:  # noqa: FBT001 - what a dialog sends.
        """Close the open dialog."""
        if not is_open:
            self.dialog = ""

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_BLOCK)
    async def block(self, form: dict[str, Any]) -> Any:
        """Block the client, or unblock who is blocked."""
        is_blocked = self.record["status"] == "BLOCKED"
        outcome = await bridge.submit(clients.unblock if is_blocked else clients.block, self._block_order, form)
        return self._after(BLOCK_FORM, outcome, "Cliente desbloqueado." if is_blocked else "Cliente bloqueado.")

    @rx.event(temporal=True)
    @requires(Permission.CLIENTS_REGISTER)
    async def change_contact(self, form: dict[str, Any]) -> Any:
        """Put the contact right."""
        if self._client_id is None:
            return settled(CONTACT_FORM, is_done=False)
        parse = functools.partial(parse_contact, client_id=self._client_id)
        outcome = await bridge.submit(clients.change_contact, parse, form)
        return self._after(CONTACT_FORM, outcome, "Contato atualizado.")

    @rx.event(temporal=True)
    @requires(Permission.MESSAGES_SEND)
    async def remind(self, _form: dict[str, Any]) -> Any:
        """Queue a reminder of what is due or overdue."""
        if self._client_id is None:
            return settled(REMIND_FORM, is_done=False)
        outcome = await bridge.run(messages.queue_charge, messages.QueueCharge(client_id=self._client_id))
        leaves = (
            f"Lembrete na fila, sai a partir de {instant_text(outcome.value.available_at)}." if outcome.value else ""
        )
        return self._after(REMIND_FORM, outcome, leaves)

    def _block_order(self, texts: Mapping[str, str], _today: date) -> clients.BlockClient:
        if self._client_id is None:
            raise ClientNotFound
        return clients.BlockClient(client_id=self._client_id, reason=texts["reason"])

    def _after(self, form_id: str, outcome: Outcome[Any], done: str) -> Any:
        """Close the dialog and load again, or show what is wrong in it."""
        self.errors = in_order(feedback.field_errors(outcome), FIELDS)
        if not outcome.ok:
            return settled(form_id, is_done=False)
        self.dialog = ""
        return [settled(form_id, is_done=True), rx.toast.success(done), ClientState.load, ClientState.load_tab]
