"""The state of a proposal's record: what the read says, which dialog is open, and what is done with the offer."""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import reflex as rx

from domain.payments import RECEIVED_METHODS, PaymentMethod
from domain.permissions import Permission
from domain.renegotiations import RenegotiationStatus
from loanapp import bridge
from loanapp.components import address, feedback
from loanapp.components.formats import brl_text, counted, date_text
from loanapp.components.forms import settled
from loanapp.components.receive_calculation import Calculated, calculated
from loanapp.gate import AuthState, requires
from loanapp.pages.renegotiations.offer_texts import BLANK, Shown, changed_text, shown
from loanapp.queries.renegotiations import OfferRecord, offer_record
from loanapp.services.one_off_texts import SendProposal, send_proposal
from loanapp.services.renegotiations import (
    AcceptOffer,
    DecideOffer,
    accept,
    approve_discount,
    propose,
    reject,
)

FORM_ID = "offer-decision"
DIALOGS = ("approve", "propose", "send", "reject", "accept")
INVOICES_SHOWN = 60


def parse_decision(texts: Mapping[str, str], _today: date, *, renegotiation_id: UUID) -> DecideOffer:
    """Read the form of an approval, a proposal or a refusal."""
    return DecideOffer(renegotiation_id=renegotiation_id, reason=texts["reason"])


def parse_agreement(texts: Mapping[str, str], _today: date, *, renegotiation_id: UUID, has_down: bool) -> AcceptOffer:
    """Read the agreement's form: the key made in the browser is the new request's id, the payment's follows from it."""
    key = UUID(texts["command_id"])
    method = texts["method"]
    is_known = method in {each.value for each in RECEIVED_METHODS}
    return AcceptOffer(
        renegotiation_id=renegotiation_id,
        new_request_id=key,
        down_payment_id=UUID(int=key.int ^ 1) if has_down else None,
        down_payment_method=PaymentMethod(method) if has_down and is_known else None,
    )


def parse_sending(texts: Mapping[str, str], _today: date, *, renegotiation_id: UUID) -> SendProposal:
    """Read the form that sends the offer: the key made in the browser is the text's id."""
    return SendProposal(offer_id=renegotiation_id, message_id=UUID(texts["command_id"]))


class OfferState(AuthState):
    """One offer in this tab."""

    is_loaded: bool = False
    problem: str = ""
    number: int = 0
    status: str = ""
    client: str = ""
    client_to: str = ""
    request_number: int = 0
    new_number: int = 0
    debt: str = ""
    debt_parts: str = ""
    changed: str = ""
    expired: str = ""
    closing: str = ""
    approval: str = ""
    broken: str = ""
    open_invoices: str = ""
    invoices: list[Calculated] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    paper_to: str = ""
    has_down: bool = False
    proposal: Shown = BLANK
    waits: bool = False
    may_approve: bool = False
    can_propose: bool = False
    can_accept: bool = False
    can_reject: bool = False
    dialog: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 - Reflex copies the default for every tab.
    _id: UUID | None = None

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def load(self) -> None:
        """Read the offer whose number the address ends with."""
        self.reset()
        await self._read()

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def ask(self, dialog: str) -> None:
        """Open a dialog."""
        self.errors, self.dialog = {}, dialog if dialog in DIALOGS else ""

    @rx.event
    @requires(Permission.RENEGOTIATIONS_VIEW)
    async def fold(self, is_open: bool) -> None:  # noqa: FBT001 - what the dialog sends.
        """Close the open dialog; nothing was done."""
        self.dialog = self.dialog if is_open else ""

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_APPROVE)
    async def approve(self, form: dict[str, Any]) -> Any:
        """Approve the discount as a second person."""
        return await self._decide(approve_discount, parse_decision, form, "Desconto aprovado.")

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def propose(self, form: dict[str, Any]) -> Any:
        """Hand the offer over."""
        return await self._decide(propose, parse_decision, form, "Proposta registrada como enviada.")

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_OFFER)
    async def reject(self, form: dict[str, Any]) -> Any:
        """Record the refusal."""
        return await self._decide(reject, parse_decision, form, "Recusa registrada.")

    @rx.event(temporal=True)
    @requires(Permission.RENEGOTIATIONS_ACCEPT)
    async def accept(self, form: dict[str, Any]) -> Any:
        """Make the agreement, once by the key of its form."""
        parse = functools.partial(parse_agreement, has_down=self.has_down)
        return await self._decide(accept, parse, form, "Acordo confirmado.")

    @rx.event(temporal=True)
    @requires(Permission.MESSAGES_SEND)
    async def send(self, form: dict[str, Any]) -> Any:
        """Send the offer to the borrower by WhatsApp, once by the key of its form; a draft is thereby proposed."""
        return await self._decide(send_proposal, parse_sending, form, "Proposta na fila do WhatsApp.")

    async def _decide(
        self, use_case: Callable[..., Any], parse: Callable[..., Any], form: dict[str, Any], done: str
    ) -> Any:
        if self._id is None:
            return settled(FORM_ID, is_done=False)
        outcome = await bridge.submit(use_case, functools.partial(parse, renegotiation_id=self._id), form)
        self.errors = feedback.field_errors(outcome)
        await self._read()
        if not outcome.ok:
            return settled(FORM_ID, is_done=False)
        self.dialog = ""
        return [settled(FORM_ID, is_done=True), rx.toast.success(done)]

    async def _read(self) -> None:
        asked = address.local_path(self).rsplit("/", 1)[-1]
        outcome = await bridge.read(offer_record, address.number(asked))
        self.problem, self.is_loaded = feedback.message(outcome), True
        if outcome.ok:
            self._show(outcome.result)

    def _show(self, found: OfferRecord) -> None:
        line = found.line
        self._id, self.number, self.status = line.id, line.number, line.status.value
        self.client, self.client_to = line.client_name, f"/clientes/{line.client_id}"
        self.request_number, self.new_number = line.request_number, line.new_request_number or 0
        self.debt = brl_text(line.debt_cents)
        self.debt_parts = (
            f"original {brl_text(found.original_cents)} · multa {brl_text(found.late_fee_cents)}"
            f" · mora {brl_text(found.mora_cents)}"
        )
        is_open = line.status in (RenegotiationStatus.DRAFT, RenegotiationStatus.PROPOSED)
        self.changed = changed_text(found) if is_open else ""
        self.broken = "Acordo em atraso: há parcela vencida no novo empréstimo." if line.is_broken else ""
        self.expired = f"A validade terminou em {date_text(line.valid_through)}." if found.has_expired else ""
        self.closing, self.approval = found.closing_reason, found.approval_reason
        self.open_invoices = counted(len(found.invoices), "parcela em aberto", "parcelas em aberto")
        self.invoices = [
            calculated(
                each, of=found.invoice_count, as_of=found.proposal.offer.offered_on,
                today=date.min,
                late_fee_pct=found.late_fee_pct, mora_pct_month=found.mora_pct_month,
            )
            for each in found.invoices[:INVOICES_SHOWN]
        ]  # fmt: skip
        self.paper_to = f"/pdf/propostas/{line.id}"
        self.proposal, self.has_down = shown("", found.proposal), bool(line.down_payment_cents)
        self.waits, self.may_approve = line.waits_for_approval, found.may_approve
        is_good = is_open and not (self.changed or found.has_expired or line.waits_for_approval)
        self.can_propose = bool(is_good) and line.status is RenegotiationStatus.DRAFT
        self.can_accept, self.can_reject = bool(is_good), is_open
