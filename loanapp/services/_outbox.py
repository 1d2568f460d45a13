"""Promises of texts, kept as rows of `messages` in the transaction of what they are about (whatsapp.md §10.2).

A toolbox for use cases: everything here works inside a transaction that somebody else opened, with the clients already
locked.  `dedupe_key` decides: what is already promised is not promised again.  Every move is a row of `message_events`.
"""

import hashlib
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as insert_once

from domain import templates
from domain.messages import Ack, MessageKind, MessageStatus, Reason, may_move, reason_to_withhold
from domain.money import Money
from domain.receipts import ReceiptWay
from domain.template_words import Template
from domain.templates import CadenceStep, Lender, TemplateIncomplete
from domain.windows import opening
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.messages import Message, MessageEvent
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.services import _receipts
from loanapp.services._borrowers import (
    Borrower,
    charge_snapshot,
    first_name,
    load_calendar,
    load_lender,
    promised_until,
    texts_in_week,
)
from loanapp.services._use_case import Tx

QUEUE = "whatsapp-messages"
INBOUND_QUEUE = "inbound"
ORIGIN_CYCLE, ORIGIN_PERSON = "CYCLE", "PERSON"
# These make only the reminders moot; whoever asked for no texts gets none of any kind.
_CHARGES_ONLY = frozenset({Reason.PAYMENT, Reason.PROMISE_MADE, Reason.WRITTEN_OFF, Reason.LOAN_CANCELLED})
_IDS = uuid.UUID("6f4a3c1e-52b7-4d0e-9a57-1c2f8f5f0b11")


@dataclass(frozen=True, kw_only=True)
class ChargeCounts:
    """What a chunk of the charge cycle queued, and withheld, by reason; rows that were there before don't count."""

    queued: int
    withheld: Mapping[str, int]


def queue_charges(tx: Tx, chunk: Sequence[Borrower], as_of: date) -> ChargeCounts:
    """Promise one charge text per borrower for a business date, or record why there is none (money.md §6.6).

    A date that already passed records and never sends.  The clients must be locked.  The number of statements does not
    grow with the chunk.
    """
    client_ids = [borrower.client_id for borrower in chunk]
    recent = texts_in_week(tx.session, client_ids, as_of)
    promised = promised_until(tx.session, client_ids, as_of)
    lender, calendar = load_lender(tx.session), load_calendar(tx.session)
    rows = []
    for borrower in chunk:
        step = templates.step_for(templates.oldest_days_overdue(borrower.owed, as_of))
        opens_at = opening(tx.now, as_of, borrower.state, calendar, step.hours)
        row = charge_row(tx, borrower, lender, step=step, as_of=as_of, key=charge_key(borrower.client_id, as_of))
        objection = reason_to_withhold(
            is_past=as_of < tx.business_date,
            accepts_messages=borrower.accepts_messages,
            is_number_flagged=bool(borrower.phone_flag),
            has_promise=borrower.client_id in promised,
            needs_approval=step.needs_approval,
            charges_in_week=recent.get(borrower.client_id, 0),
            opens_at=opens_at,
        )
        reason = row["reason"] or objection or ""
        row |= {
            "reason": reason,
            "status": MessageStatus.WITHHELD if reason else MessageStatus.QUEUED,
            "available_at": opens_at or tx.now,
        }
        rows.append(row)
    written = promise(tx, rows)
    withheld = Counter(str(row["reason"]) for row in written if row["reason"])
    return ChargeCounts(queued=len(written) - withheld.total(), withheld=dict(withheld))


def charge_row(
    tx: Tx,
    borrower: Borrower,
    lender: Lender,
    *,
    step: CadenceStep,
    as_of: date,
    key: str,
    origin: str = ORIGIN_CYCLE,
) -> dict[str, Any]:
    """Write one charge text as a row, QUEUED for now; its reason is INCOMPLETE when a value of the text is missing."""
    words = templates.LATEST[step.template]
    _, reference = identity_of(key)
    reason = ""
    try:
        body = templates.render_charge(
            words, lender=lender, first_name=borrower.first_name, owed=borrower.owed, as_of=as_of, reference=reference
        )
    except TemplateIncomplete:
        body, reason = "", Reason.INCOMPLETE
    return text_row(
        tx,
        kind=MessageKind.CHARGE,
        client_id=borrower.client_id,
        phone=borrower.phone,
        key=key,
        words=words,
        body=body,
        business_date=as_of,
        snapshot=charge_snapshot(borrower.owed, as_of) | {"origin": origin},
        reason=reason,
    )


def queue_receipt(tx: Tx, client: Client, *, payment_id: UUID, key: str = "") -> dict[str, Any]:
    """Promise the receipt of a payment, once by its key, and return its row; the client must be locked.

    The contract must be settled: the text says what is still open of it.
    """
    tx.session.flush()
    payment = tx.session.get_one(Payment, payment_id)
    request = tx.session.get_one(Request, payment.request_id)
    snapshot = {
        "payment_id": str(payment.id),
        "request_number": request.number,
        "amount_cents": payment.amount_cents,
        "received_on": payment.received_on.isoformat(),
        "still_open_cents": request.total_value_open,
    }
    row = receipt_row(tx, client, load_lender(tx.session), snapshot=snapshot, key=key or receipt_key(payment.id))
    row["status"] = MessageStatus.WITHHELD if row["reason"] else MessageStatus.QUEUED
    promise(tx, [row])
    return row


def receipt_row(tx: Tx, client: Client, lender: Lender, *, snapshot: dict[str, Any], key: str) -> dict[str, Any]:
    """Write a receipt as a row, QUEUED for now, with a link of its own; its reason is why it can't leave.

    What can't leave has no text, since it has no link either.
    """
    words = templates.LATEST["RECEIPT" if snapshot["still_open_cents"] else "RECEIPT_PAID"]
    message_id, reference = identity_of(key)
    objections = (
        (not templates.is_lender_known(words, lender), Reason.INCOMPLETE),
        (not client.accepts_messages, Reason.OPT_OUT),
        (bool(client.phone_flag), Reason.NUMBER),
    )
    reason = next((reason for applies, reason in objections if applies), "")
    body = ""
    if not reason:
        payment = tx.session.get_one(Payment, UUID(snapshot["payment_id"]))
        body = templates.render_receipt(
            words,
            lender=lender,
            first_name=first_name(client.name, client.preferred_name),
            request_number=snapshot["request_number"],
            amount=Money(snapshot["amount_cents"]),
            received_on=date.fromisoformat(snapshot["received_on"]),
            still_open=Money(snapshot["still_open_cents"]),
            link=_receipts.make_link(tx, client, payment, ReceiptWay.WHATSAPP, message_id).address,
            reference=reference,
        )
    return text_row(
        tx,
        kind=MessageKind.RECEIPT,
        client_id=client.id,
        phone=client.phone,
        key=key,
        words=words,
        body=body,
        business_date=tx.business_date,
        snapshot=snapshot,
        reason=reason,
    )


def promise(tx: Tx, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Insert those rows whose key is new, with their first event, and ring for what may leave now; return the new."""
    if not rows:
        return []
    new_ids = set(
        tx.session.scalars(
            insert_once(Message).on_conflict_do_nothing(index_elements=[Message.dedupe_key]).returning(Message.id),
            list(rows),
        )
    )
    new = [row for row in rows if row["id"] in new_ids]
    if new:
        tx.session.execute(
            insert(MessageEvent),
            [
                {"message_id": row["id"], "at": tx.now, "to_status": row["status"], "reason": row["reason"]}
                for row in new
            ],
        )
    due = [row["id"] for row in new if row["status"] == MessageStatus.QUEUED and row["available_at"] <= tx.now]
    # One bell is enough: the sender drains whatever is due.
    for message_id in due[:1]:
        tx.ring(QUEUE, message_id)
    return new


def cancel_moot(tx: Tx, client: Client, reason: Reason = Reason.PAYMENT) -> int:
    """Cancel what is queued for a locked client and makes no sense any more; return how many texts.

    A payment cancels the reminders, which would name a wrong amount, and a promise those that it answers; whoever asked
    for no texts gets none of any kind.
    """
    queued = locks.queued_messages(tx.session, client.id)
    moot = [message for message in queued if reason not in _CHARGES_ONLY or message.kind == MessageKind.CHARGE]
    for message in moot:
        move(tx, message, MessageStatus.CANCELLED, reason=reason)
    return len(moot)


def cancel_receipts(tx: Tx, client: Client, payment_id: UUID) -> None:
    """Cancel the receipts of a reversed payment that are still queued for a locked client."""
    for message in locks.queued_messages(tx.session, client.id):
        if message.kind == MessageKind.RECEIPT and message.snapshot["payment_id"] == str(payment_id):
            move(tx, message, MessageStatus.CANCELLED, reason=Reason.REVERSED)


def move(tx: Tx, message: Message, status: MessageStatus, *, reason: str = "", answer: str = "") -> None:
    """Take a locked text to its next state, with the event that says so."""
    start = MessageStatus(message.status)
    assert may_move(start, status), f"{start} may not become {status}"
    message.status, message.reason = status, reason
    if status is not MessageStatus.SENDING:
        message.leased_until = None
    record(tx, message, start, reason=reason, answer=answer)


def accept(tx: Tx, message: Message, *, key: str, recipient: str) -> None:
    """Note on a locked text that the provider took it: the key that joins its acks, and whom it really addressed.

    Acks that overtook this news wait for the key; they are due now instead of at their next try.
    """
    message.provider_key, message.provider_recipient = key, recipient
    message.provider_status, message.sent_at = Ack.PENDING, tx.now
    for event in locks.events_waiting_for(tx.session, key):
        event.available_at = tx.now
        tx.ring(INBOUND_QUEUE, event.id)


def record(tx: Tx, message: Message, start: MessageStatus, *, reason: str = "", answer: str = "") -> None:
    """Append what happened to a text, a move or an event that moved nothing."""
    tx.session.add(
        MessageEvent(
            message_id=message.id,
            at=tx.now,
            from_status=start,
            to_status=message.status,
            reason=reason,
            attempt=message.attempts,
            answer=answer,
        )
    )


def charge_key(client_id: UUID, day: date) -> str:
    """Return the key under which a borrower has at most one charge text a day."""
    return f"charge:{client_id}:{day.isoformat()}"


def receipt_key(payment_id: UUID, order_id: UUID | None = None) -> str:
    """Return the key under which a payment has one receipt, and one more for each order to send it again."""
    return f"receipt:{payment_id}:{order_id}" if order_id else f"receipt:{payment_id}"


def identity_of(key: str) -> tuple[UUID, str]:
    """Return the id and the short reference of the text with this key: both follow from it, so a replay agrees."""
    return uuid.uuid5(_IDS, key), templates.reference_of(hashlib.sha256(key.encode()).digest())


def hash_of(body: str) -> str:
    """Return the SHA-256 of a text, which with the raw ack is evidence of what was delivered."""
    return hashlib.sha256(body.encode()).hexdigest()


def text_row(
    tx: Tx,
    *,
    kind: MessageKind,
    client_id: UUID,
    phone: str,
    key: str,
    words: Template,
    body: str,
    business_date: date,
    snapshot: dict[str, Any],
    reason: str = "",
) -> dict[str, Any]:
    """Return the row of a text, QUEUED for now and available at once; id and reference follow from its key."""
    message_id, reference = identity_of(key)
    return {
        "id": message_id,
        "reference": reference,
        "reason": reason,
        "kind": kind,
        "client_id": client_id,
        "dedupe_key": key,
        "status": MessageStatus.QUEUED,
        "template": words.code,
        "template_version": words.version,
        "body": body,
        "body_hash": hash_of(body),
        "snapshot": snapshot,
        "phone": phone,
        "business_date": business_date,
        "available_at": tx.now,
        "created_by": tx.actor.user_id,
        "created_at": tx.now,
    }
