"""Use cases of receipts: hand one out, make a link to one, revoke its links, send it by WhatsApp (ux.md §2.13)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.messages import MessageNumberFlagged, MessageOptedOut
from domain.payments import PaymentNotFound
from domain.permissions import Permission
from domain.receipts import LINK_LASTS, ReceiptOfReversed, ReceiptWay
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.messages import Message
from loanapp.models.payments import Payment, Reversal
from loanapp.services import _audit, _outbox, _receipts, _texts
from loanapp.services._receipts import ReceiptLinkMade
from loanapp.services._use_case import Tx, use_case


@dataclass(frozen=True, kw_only=True)
class IssueReceipt:
    """Hand out a payment's receipt as a file or on paper; `number` is the receipt's, which users see."""

    number: int
    way: ReceiptWay


@dataclass(frozen=True, kw_only=True)
class ReceiptIssued:
    """Which copy of which payment's receipt was handed out."""

    payment_id: UUID
    copy_number: int


@dataclass(frozen=True, kw_only=True)
class MakeReceiptLink:
    """Make a link by which a borrower opens a payment's receipt; `link_id` is made before sending."""

    link_id: UUID
    payment_id: UUID


@dataclass(frozen=True, kw_only=True)
class RevokeReceiptLinks:
    """Let no link to a payment's receipt open any more."""

    payment_id: UUID


@dataclass(frozen=True, kw_only=True)
class SendReceipt:
    """Send a payment's receipt by WhatsApp; `message_id` is made before sending: twice the same is one text."""

    payment_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReceiptQueued:
    """The text that brings the receipt; `is_withheld` where the company's own data is not complete."""

    message_id: UUID
    is_new: bool
    is_withheld: bool = False


@use_case(Permission.RECEIPTS_SHARE)
def issue_receipt(tx: Tx, command: IssueReceipt) -> ReceiptIssued:
    """Note that a receipt is handed out, before it is; raise PaymentNotFound."""
    payment_id = tx.session.scalar(select(Payment.id).where(Payment.number == command.number))
    if payment_id is None:
        raise PaymentNotFound
    client, payment = _locked(tx, payment_id)
    issued = _receipts.issue(tx, client, payment, command.way)
    return ReceiptIssued(payment_id=payment.id, copy_number=issued.copy_number)


@use_case(Permission.RECEIPTS_SHARE)
def make_receipt_link(tx: Tx, command: MakeReceiptLink) -> ReceiptLinkMade:
    """Make a link that opens one copy for ninety days; raise PaymentNotFound, ReceiptLinkIdTaken.

    The token is answered once.  The same id again is refused, so that an answer that was lost makes no second link.
    """
    client, payment = _locked(tx, command.payment_id)
    made = _receipts.make_link(tx, client, payment, ReceiptWay.LINK, command.link_id)
    _audit.note(
        tx, client, "receipt.link_made", "payment", payment.id,
        after={"number": payment.number, "valid_through": (tx.business_date + LINK_LASTS).isoformat()},
    )  # fmt: skip
    return made


@use_case(Permission.RECEIPTS_SHARE)
def revoke_receipt_links(tx: Tx, command: RevokeReceiptLinks) -> int:
    """Revoke every link to a receipt, those that WhatsApp brought too; return how many opened it until now."""
    client, payment = _locked(tx, command.payment_id)
    revoked = _receipts.revoke_links(tx, payment.id)
    if revoked:
        _audit.note(
            tx, client, "receipt.links_revoked", "payment", payment.id,
            after={"number": payment.number, "links": revoked},
        )  # fmt: skip
    return revoked


@use_case(Permission.RECEIPTS_SHARE)
def send_receipt(tx: Tx, command: SendReceipt) -> ReceiptQueued:
    """Queue the text that brings a receipt's link.

    Raises PaymentNotFound, ReceiptOfReversed, MessageOptedOut, MessageNumberFlagged, MessageTooFrequent.
    """
    client, payment = _locked(tx, command.payment_id)
    key = _outbox.receipt_key(payment.id, command.message_id)
    message_id, _ = _outbox.identity_of(key)
    if tx.session.get(Message, message_id) is not None:
        return ReceiptQueued(message_id=message_id, is_new=False)
    if tx.session.scalar(select(Reversal.id).where(Reversal.payment_id == payment.id)) is not None:
        raise ReceiptOfReversed
    if not client.accepts_messages:
        raise MessageOptedOut
    if client.phone_flag:
        raise MessageNumberFlagged(flag=client.phone_flag)
    _texts.check_receipt_limit(tx, client, about=_outbox.receipt_key(payment.id))
    row = _outbox.queue_receipt(tx, client, payment_id=payment.id, key=key)
    _audit.note(
        tx, client, "message.queued", "message", message_id,
        after={"kind": row["kind"], "template": row["template"], "key": key},
    )  # fmt: skip
    return ReceiptQueued(message_id=message_id, is_new=True, is_withheld=bool(row["reason"]))


def _locked(tx: Tx, payment_id: UUID) -> tuple[Client, Payment]:
    """Lock the client of a payment; raise PaymentNotFound."""
    payment = tx.session.get(Payment, payment_id)
    found = locks.client_of_request(tx.session, payment.request_id) if payment is not None else None
    if payment is None or found is None:
        raise PaymentNotFound(field="payment_id")
    return found[0], payment
