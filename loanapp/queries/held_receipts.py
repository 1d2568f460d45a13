"""The copies of receipts that left, and the links that open them, for the borrower's copy of what is held."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from loanapp.models.payments import Payment
from loanapp.models.receipts import ReceiptIssue, ReceiptLink
from loanapp.queries._held import Names, name_of
from loanapp.queries._query import Tx


@dataclass(frozen=True, kw_only=True)
class HeldReceipt:
    """One copy of a receipt: how and by whom it was handed out, and until when a link opens it, if one does."""

    copy_number: int
    way: str
    issued_by: str
    issued_at: datetime
    link_expires_at: datetime | None
    link_revoked_at: datetime | None


def receipts_of(tx: Tx, request_ids: Sequence[UUID], names: Names) -> dict[UUID, list[HeldReceipt]]:
    """Return the copies of the receipts of requests' payments, by payment.  One statement."""
    found: defaultdict[UUID, list[HeldReceipt]] = defaultdict(list)
    for issued, link in tx.session.execute(
        select(ReceiptIssue, ReceiptLink)
        .join(Payment, Payment.id == ReceiptIssue.payment_id)
        .outerjoin(ReceiptLink, ReceiptLink.issue_id == ReceiptIssue.id)
        .where(Payment.request_id.in_(request_ids))
        .order_by(ReceiptIssue.id)
    ):
        found[issued.payment_id].append(
            HeldReceipt(
                copy_number=issued.copy_number,
                way=issued.way,
                issued_by=name_of(names, issued.issued_by),
                issued_at=issued.issued_at,
                link_expires_at=link.expires_at if link else None,
                link_revoked_at=link.revoked_at if link else None,
            )
        )
    return found
