"""What every text that a person sends goes through: may the borrower be reached, when may it leave, into the queue."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.messages import (
    ANSWERS,
    MAY_HAVE_LEFT,
    TEXTS_PER_WEEK,
    MessageAlreadyToday,
    MessageNumberFlagged,
    MessageOptedOut,
    MessageOutsideHours,
    MessageSentToday,
    MessageStatus,
    MessageTooFrequent,
)
from domain.windows import opening, state_of
from loanapp.models.clients import Client
from loanapp.models.messages import Message
from loanapp.services import _audit, _outbox
from loanapp.services._borrowers import load_calendar
from loanapp.services._use_case import Tx

_ON_ITS_WAY = (*MAY_HAVE_LEFT, MessageStatus.QUEUED)


@dataclass(frozen=True, kw_only=True)
class QueuedText:
    """The text that was queued, and when it may leave at the earliest."""

    message_id: UUID
    available_at: datetime


def check_reachable(client: Client) -> None:
    """Raise MessageOptedOut or MessageNumberFlagged for a borrower whom no text may reach."""
    if not client.accepts_messages:
        raise MessageOptedOut
    if client.phone_flag:
        raise MessageNumberFlagged(flag=client.phone_flag)


def opening_today(tx: Tx, client: Client) -> datetime:
    """Return when the borrower's lawful window is open next today; raise MessageOutsideHours when it opens no more."""
    state = state_of(client.state, client.phone)
    opens_at = opening(tx.now, tx.business_date, state, load_calendar(tx.session))
    if opens_at is None:
        raise MessageOutsideHours
    return opens_at


def check_answer_limits(tx: Tx, client: Client, *, about: str) -> None:
    """Bound what a person answers a borrower: once a day about one thing, three in seven days in all (brazil.md §7).

    `about` is what the keys of the same answer begin with.  Reminders are bounded apart: who answers one can be sent
    what they asked for.  Raises MessageSentToday, MessageTooFrequent.
    """
    sent = tx.session.execute(
        select(
            func.count(),
            func.count().filter(Message.business_date == tx.business_date, Message.dedupe_key.startswith(about)),
        ).where(
            Message.client_id == client.id,
            Message.kind.in_(ANSWERS),
            Message.status.in_(_ON_ITS_WAY),
            Message.business_date > tx.business_date - timedelta(days=7),
        )
    ).one()
    in_week, same_today = sent
    if same_today:
        raise MessageSentToday
    if in_week >= TEXTS_PER_WEEK:
        raise MessageTooFrequent(maximum=TEXTS_PER_WEEK)


def check_receipt_limit(tx: Tx, client: Client, *, about: str) -> None:
    """Bound how often one receipt is sent: three times in seven days; `about` is what the keys of its texts begin with.

    Raises MessageTooFrequent.
    """
    sent = tx.session.scalar(
        select(func.count()).where(
            Message.client_id == client.id,
            Message.dedupe_key.startswith(about),
            Message.status.in_(_ON_ITS_WAY),
            Message.business_date > tx.business_date - timedelta(days=7),
        )
    )
    if sent is not None and sent >= TEXTS_PER_WEEK:
        raise MessageTooFrequent(maximum=TEXTS_PER_WEEK)


def queue(tx: Tx, client: Client, row: dict[str, Any]) -> QueuedText:
    """Promise a text that a person sends and note it; raise MessageAlreadyToday where its key is taken."""
    if row["reason"]:
        row["status"] = MessageStatus.WITHHELD
    if not _outbox.promise(tx, [row]):
        raise MessageAlreadyToday
    _audit.note(
        tx, client, "message.queued", "message", row["id"],
        after={"kind": row["kind"], "template": row["template"], "key": row["dedupe_key"]},
    )  # fmt: skip
    return QueuedText(message_id=row["id"], available_at=row["available_at"])
