"""Use cases by which a person sends a borrower one text: a proposal, or how an amount came about (whatsapp.md §11)."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.permissions import Permission
from domain.renegotiations import RenegotiationNotFound, RenegotiationStatus
from domain.requests import RequestNotFound
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.messages import Message
from loanapp.models.renegotiations import Renegotiation
from loanapp.services import _agreements, _one_off, _texts
from loanapp.services._one_off import Subject
from loanapp.services._texts import QueuedText
from loanapp.services._use_case import Tx, use_case


@dataclass(frozen=True, kw_only=True)
class SendProposal:
    """Propose an offer by WhatsApp; `message_id` is made before sending: twice the same is one text."""

    offer_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class SendCalculation:
    """Explain by WhatsApp what is open on a day: of one invoice, or of what is due of the request by then.

    `message_id` is made before sending: twice the same is one text.
    """

    request_id: UUID
    invoice_number: int | None
    as_of: date
    message_id: UUID


@use_case(Permission.MESSAGES_SEND)
def send_proposal(tx: Tx, command: SendProposal) -> QueuedText:
    """Queue the text of an offer, which is thereby proposed where it was a draft.

    Raises RenegotiationNotFound, `renegotiation.*` for an offer that does not stand, MessageOptedOut,
    MessageNumberFlagged, MessageSentToday, MessageTooFrequent, MessageOutsideHours, TemplateIncomplete.
    """
    owner = tx.session.scalar(select(Renegotiation.client_id).where(Renegotiation.id == command.offer_id))
    client = locks.client(tx.session, owner) if owner else None
    if client is None:
        raise RenegotiationNotFound(field="offer_id")
    about = f"proposal:{command.offer_id}:"
    key = f"{about}{command.message_id}"
    sent = _already(tx, key)
    if sent is not None:
        return sent
    row = tx.session.get_one(Renegotiation, command.offer_id, populate_existing=True)
    if row.status == RenegotiationStatus.DRAFT:
        _agreements.propose(tx, client, row)
    _one_off.check_proposed(tx, row)
    return _send(tx, client, _one_off.proposal_row(tx, client, row, key=key), about=about)


@use_case(Permission.MESSAGES_SEND)
def send_calculation(tx: Tx, command: SendCalculation) -> QueuedText:
    """Queue the text that explains what is open; it carries a Pix where the day is today.

    Raises RequestNotFound, CalculationBeforeDisbursement, CalculationNothingOpen, MessageOptedOut,
    MessageNumberFlagged, MessageSentToday, MessageTooFrequent, MessageOutsideHours, TemplateIncomplete.
    """
    found = locks.client_of_request(tx.session, command.request_id)
    if found is None:
        raise RequestNotFound(field="request_id")
    client, _ = found
    about = f"calculation:{command.request_id}:{command.invoice_number}:{command.as_of.isoformat()}:"
    key = f"{about}{command.message_id}"
    sent = _already(tx, key)
    if sent is not None:
        return sent
    subject = Subject(request_id=command.request_id, invoice_number=command.invoice_number, as_of=command.as_of)
    return _send(tx, client, _one_off.calculation_row(tx, client, subject, key=key), about=about)


def _already(tx: Tx, key: str) -> QueuedText | None:
    """Return the text that the same order queued before."""
    message = tx.session.scalar(select(Message).where(Message.dedupe_key == key))
    return QueuedText(message_id=message.id, available_at=message.available_at) if message else None


def _send(tx: Tx, client: Client, row: dict[str, Any], *, about: str) -> QueuedText:
    _texts.check_reachable(client)
    _texts.check_answer_limits(tx, client, about=about)
    return _texts.queue(tx, client, row | {"available_at": _texts.opening_today(tx, client)})
