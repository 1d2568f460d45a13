"""Receipts: how they are handed out, what makes one a second copy, and links by which a borrower opens one.

A receipt tells of one payment.  The first time that it is handed out is its first copy; every later one says “2ª via”
(ux.md §2.13).  A link opens one copy, without signing in, for ninety days or until somebody revokes it.
"""

from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from domain.errors import Conflict, NotFound

LINK_LASTS = timedelta(days=90)
TOKEN_BYTES = 16
FIRST_COPY = 1


class ReceiptWay(StrEnum):
    """How a receipt was handed out: as a file, on paper, or by a link that somebody copied or WhatsApp brought."""

    PDF = "PDF"
    PRINT = "PRINT"
    LINK = "LINK"
    WHATSAPP = "WHATSAPP"


class ReceiptLinkNotGood(NotFound):
    """No such link, or it has ended or was revoked; which of them is told to nobody."""

    code = "receipt.link_not_good"


class ReceiptLinkIdTaken(Conflict):
    """The id belongs to a link that was made already: its token is shown once, to whoever made it."""

    code = "receipt.link_id_taken"


class ReceiptOfReversed(Conflict):
    """The payment was reversed: no text thanks for it any more."""

    code = "receipt.of_reversed"


def is_second_copy(copy_number: int) -> bool:
    """Say whether the n-th copy of a receipt is to be marked “2ª via”."""
    return copy_number > FIRST_COPY


def hash_of_token(token: str) -> str:
    """Return what is kept of a link's token: who reads the database can't open the link with it."""
    return sha256(token.encode()).hexdigest()
