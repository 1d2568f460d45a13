"""Receipts handed out, inside a use case's transaction: which copy this is, and the link that opens it.

The client must be locked: it numbers the copies of a payment one after another.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, update

from domain.receipts import LINK_LASTS, TOKEN_BYTES, ReceiptLinkIdTaken, ReceiptWay, hash_of_token
from loanapp.models.clients import Client
from loanapp.models.payments import Payment
from loanapp.models.receipts import ReceiptIssue, ReceiptLink
from loanapp.models.requests import Request
from loanapp.services import _audit
from loanapp.services._use_case import Tx
from loanapp.settings import current


@dataclass(frozen=True, kw_only=True)
class ReceiptLinkMade:
    """A link to a receipt; its token is known here and to whom it is handed, never to the database."""

    link_id: UUID
    token: str = field(repr=False)
    expires_at: datetime

    @property
    def address(self) -> str:
        """The whole address that opens the receipt."""
        return f"{current().public_url}/r/{self.token}"


def issue(tx: Tx, client: Client, payment: Payment, way: ReceiptWay) -> ReceiptIssue:
    """Note that one more copy of a payment's receipt leaves, and return which."""
    before = tx.session.scalar(select(func.max(ReceiptIssue.copy_number)).where(ReceiptIssue.payment_id == payment.id))
    issued = ReceiptIssue(
        payment_id=payment.id,
        copy_number=(before or 0) + 1,
        way=way,
        issued_by=tx.actor.user_id,
        business_date=tx.business_date,
        issued_at=tx.now,
    )
    tx.session.add(issued)
    tx.session.flush()
    _audit.note(
        tx, client, "receipt.issued", "payment", payment.id,
        after={"number": payment.number, "copy_number": issued.copy_number, "way": way.value},
    )  # fmt: skip
    return issued


def make_link(tx: Tx, client: Client, payment: Payment, way: ReceiptWay, link_id: UUID) -> ReceiptLinkMade:
    """Issue one more copy and make the link that opens it; raise ReceiptLinkIdTaken where the id has a link."""
    if tx.session.get(ReceiptLink, link_id) is not None:
        raise ReceiptLinkIdTaken
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = tx.now + LINK_LASTS
    issued = issue(tx, client, payment, way)
    tx.session.add(ReceiptLink(id=link_id, issue_id=issued.id, token_hash=hash_of_token(token), expires_at=expires_at))
    return ReceiptLinkMade(link_id=link_id, token=token, expires_at=expires_at)


def revoke_links(tx: Tx, payment_id: UUID) -> int:
    """Let no link to a payment's receipt open any more; return how many did."""
    return _revoke(tx, select(ReceiptIssue.id).where(ReceiptIssue.payment_id == payment_id))


def revoke_links_of_client(tx: Tx, client_id: UUID) -> int:
    """Let no link to any receipt of a client open any more; return how many did."""
    issues = (
        select(ReceiptIssue.id)
        .join(Payment, Payment.id == ReceiptIssue.payment_id)
        .join(Request, Request.id == Payment.request_id)
        .where(Request.client_id == client_id)
    )
    return _revoke(tx, issues)


def _revoke(tx: Tx, issues: Select[int]) -> int:
    revoked = tx.session.scalars(
        update(ReceiptLink)
        .where(ReceiptLink.issue_id.in_(issues), ReceiptLink.revoked_at.is_(None), ReceiptLink.expires_at > tx.now)
        .values(revoked_at=tx.now, revoked_by=tx.actor.user_id)
        .returning(ReceiptLink.id)
    )
    return len(revoked.all())
