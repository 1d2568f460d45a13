"""The state of a loan's record: what the read says, which dialog is open, and the decisions with their refusals."""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.calendar import format_date, parse_date
from domain.errors import Checks
from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import Permission
from domain.requests import OwnRequest, ReasonMissing, RequestMoved, RequestStatus
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.formats import brl_text
from loanapp.components.forms import settled
from loanapp.components.texts import text_of
from loanapp.gate import AuthState, requires
from loanapp.pages.requests import record_texts
from loanapp.pages.requests.client_credit import credit_address, credit_text
from loanapp.pages.requests.new_request import history_text
from loanapp.pages.requests.record_texts import Fact, InvoiceRow, InvoiceTotals, LifeLine, PaymentRow
from loanapp.pages.requests.simulation import NO_SIMULATION, Simulated, simulated_texts
from loanapp.pages.requests.take_back import ASKED, parse_take_back, waiting_text
from loanapp.pages.requests.write_off import DONE_TEXTS, parse_write_off
from loanapp.queries.request_record import RequestRecord, request_record
from loanapp.services.approvals import WriteOff, ask_cancellation, ask_reopening, mark_lost
from loanapp.services.requests import ApproveRequest, DeclineRequest, DisburseRequest, approve, decline, disburse

NO_TOTALS = InvoiceTotals(original="", charges="", paid="", open="", shown="")
OTHER_REASON = "Outro motivo"
REASONS = (
    "Renda não comporta a parcela",
    "Atraso em outros empréstimos",
    "Dados ou documentos incompletos",
    "Desistência do cliente",
    OTHER_REASON,
)
DIALOGS = ("approve", "decline", "disburse", "lose", "reopen", "cancel")


def parse_approval(texts: Mapping[str, str], _today: date, *, request_id: UUID) -> ApproveRequest:
    """Read the approval's form."""
    return ApproveRequest(request_id=request_id, reason=texts["reason"])


def parse_refusal(texts: Mapping[str, str], _today: date, *, request_id: UUID) -> DeclineRequest:
    """Read the refusal's form: a reason of the list, and a note that “Outro motivo” needs."""
    reason, note = texts["reason"], texts["reason_note"].strip()
    if reason not in REASONS:
        raise ReasonMissing(field="reason")
    if reason == OTHER_REASON and not note:
        raise ReasonMissing(field="reason_note")
    return DeclineRequest(request_id=request_id, reason=f"{reason}: {note}" if note else reason)


def parse_disbursement(texts: Mapping[str, str], today: date, *, request_id: UUID) -> DisburseRequest:
    """Read the disbursement's form; the first due date is there only where the old one has passed."""
    checks = Checks()
    disbursed_on = checks.take("disbursed_on", parse_date, texts["disbursed_on"], today)
    first = texts["first_due_date"]
    first_due_date = checks.take("first_due_date", parse_date, first, today) if "first_due_date" in texts else None
    checks.finish()
    assert disbursed_on is not None
    method = texts["disbursement_method"]
    is_known = method in {each.value for each in RECEIVED_METHODS}
    return DisburseRequest(
        request_id=request_id,
        method=PaymentMethod(method) if is_known else PaymentMethod.PIX,
        disbursed_on=disbursed_on,
        first_due_date=first_due_date,
    )


class RequestRecordState(AuthState):
    """One loan in this tab."""

    is_loaded: bool = False
    is_missing: bool = False
    problem: str = ""
    notice: str = ""
    is_notice_good: bool = False
    number: int = 0
    status: str = ""
    client: str = ""
    client_to: str = ""
    can_ask_again: bool = False
    parent_to: str = ""
    facts: list[Fact] = []  # noqa: RUF012 - Reflex copies the defaults for every tab.
    conditions: list[Fact] = []  # noqa: RUF012
    life: list[LifeLine] = []  # noqa: RUF012
    history: str = ""
    warning: str = ""
    simulation: Simulated = NO_SIMULATION
    invoices: list[InvoiceRow] = []  # noqa: RUF012
    totals: InvoiceTotals = NO_TOTALS
    payments: list[PaymentRow] = []  # noqa: RUF012
    principal: str = ""
    obstacle: str = ""
    is_own: bool = False
    needs_reason: bool = False
    owed: str = ""
    waiting: list[str] = []  # noqa: RUF012
    waiting_kinds: list[str] = []  # noqa: RUF012
    is_received: bool = False
    may_write_off: bool = False
    first_due_passed: str = ""
    today: str = ""
    today_iso: str = ""
    receive_to: str = ""
    credit: str = ""
    credit_to: str = ""
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012
    _request_id: UUID | None = None

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def load(self) -> None:
        """Read the loan whose number the address ends with."""
        number = address.local_path(self).rsplit("/", 1)[-1]
        if number != str(self.number):
            self.reset()
        await self._read(number)

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def ask(self, dialog: str) -> None:
        """Open the dialog of a decision."""
        self.errors, self.notice = {}, ""
        self.dialog = dialog if dialog in DIALOGS else ""

    @rx.event
    @requires(Permission.REQUESTS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was decided."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_DECIDE)
    async def approve(self, form: dict[str, Any]) -> Any:
        """Approve the loan."""
        return await self._decide(approve, parse_approval, form, "Empréstimo aprovado.")

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_DECIDE)
    async def decline(self, form: dict[str, Any]) -> Any:
        """Decline the loan, or withdraw its approval."""
        return await self._decide(decline, parse_refusal, form, "Empréstimo reprovado.")

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_DISBURSE)
    async def disburse(self, form: dict[str, Any]) -> Any:
        """Hand the money out."""
        return await self._decide(disburse, parse_disbursement, form, f"Dinheiro liberado: {self.principal}.")

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_WRITE_OFF)
    async def lose(self, form: dict[str, Any]) -> Any:
        """Write the loan off, or ask a second person to."""
        parse = functools.partial(parse_write_off, number=self.number)
        return await self._decide(mark_lost, parse, form, DONE_TEXTS)

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_REOPEN)
    async def reopen(self, form: dict[str, Any]) -> Any:
        """Ask a second person to take the loan back from LOST."""
        return await self._decide(ask_reopening, parse_take_back, form, ASKED)

    @rx.event(temporal=True)
    @requires(Permission.REQUESTS_CANCEL)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Ask a second person to take the disbursement back."""
        return await self._decide(ask_cancellation, parse_take_back, form, ASKED)

    async def _decide(
        self, use_case: Callable[..., Any], parse: Callable[..., Any], form: object, done: str | Mapping[WriteOff, str]
    ) -> rx.event.EventSpec:
        """Run a decision; where somebody else moved the loan meanwhile, say who did and show it as it stands now.

        `done` is what is said afterwards, by the outcome where there are several.
        """
        if self._request_id is None:
            return settled("decision", is_done=False)
        outcome = await bridge.submit(use_case, functools.partial(parse, request_id=self._request_id), form)
        is_moved = any(problem.code == RequestMoved.code for problem in outcome.problems)
        self.errors = feedback.field_errors(outcome)
        if outcome.ok or is_moved:
            self.dialog, self.errors = "", {}
            record = await self._read(str(self.number))
            said = done if isinstance(done, str) else done.get(outcome.value, "")
            self.notice = record_texts.moved_text(record) if is_moved and record else said
            self.is_notice_good = outcome.ok
        return settled("decision", is_done=outcome.ok or is_moved)

    async def _read(self, number: str) -> RequestRecord | None:
        outcome = await bridge.read(request_record, address.number(number))
        self.is_loaded = True
        self.is_missing = any(problem.code == "request.not_found" for problem in outcome.problems)
        self.problem = "" if self.is_missing else feedback.message(outcome)
        if outcome.value is not None:
            self._show(outcome.value)
        return outcome.value

    def _show(self, record: RequestRecord) -> None:
        self._request_id, self.number, self.status = record.request_id, record.number, record.status
        self.client, self.client_to = record.client_name, f"/clientes/{record.client_id}"
        self.can_ask_again = not record.is_client_blocked
        self.parent_to = f"/emprestimos/{record.parent_number}" if record.parent_number else ""
        self.facts = record_texts.head_facts(record)
        self.conditions = record_texts.condition_facts(record)
        self.life = [record_texts.life_line(step) for step in record.steps]
        self.simulation = simulated_texts(record.simulation) if record.simulation else NO_SIMULATION
        self.invoices = record_texts.invoice_rows(record) if record.invoices else []
        self.totals = record_texts.invoice_totals(record, self.invoices) if self.invoices else NO_TOTALS
        self.payments = [record_texts.payment_row(payment) for payment in record.payments]
        self.receive_to = address.changed(self, receber=record.number)
        self.credit, self.credit_to = credit_text(record), credit_address(record)
        self.owed, self.may_write_off = brl_text(record.open_cents), record.may_write_off
        self.waiting = [waiting_text(question) for question in record.waiting]
        self.waiting_kinds = [question.kind for question in record.waiting]
        self.is_received = any(payment.reversed_on is None for payment in record.payments)
        self._show_decision(record)

    def _show_decision(self, record: RequestRecord) -> None:
        self.principal = brl_text(record.principal_cents)
        self.history = history_text(record.borrower) if record.borrower else ""
        overdue = record.borrower.overdue_cents if record.borrower else 0
        self.warning = f"O cliente tem {brl_text(overdue)} em atraso." if overdue else ""
        self.obstacle = text_of(record.obstacle.code, record.obstacle.values) if record.obstacle.code else ""
        self.is_own, self.needs_reason = record.obstacle.code == OwnRequest.code, record.needs_reason
        is_passed = record.status == RequestStatus.APPROVED and record.first_due_date <= record.business_date
        self.first_due_passed = format_date(record.first_due_date) if is_passed else ""
        self.today, self.today_iso = format_date(record.business_date), record.business_date.isoformat()
