"""WhatsApp texts as rules: states and legal moves, acks, what is decided at send time, what a reply asks for.

Here is what one text's life is, without table or network (whatsapp.md §6, §10).  What the provider may answer is in
`domain/delivery.py`, what the texts say in `domain/templates.py`, when they may leave in `domain/windows.py`.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.errors import Conflict, NotFound

TEXTS_PER_WEEK = 3


class MessageKind(StrEnum):
    """What a text is for; `CHECKS` says what is asked again before it leaves."""

    CHARGE = "CHARGE"
    RECEIPT = "RECEIPT"
    PROPOSAL = "PROPOSAL"
    CALCULATION = "CALCULATION"


class MessageStatus(StrEnum):
    """Where a text is on its way (whatsapp.md §10.1)."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    WITHHELD = "WITHHELD"
    CANCELLED = "CANCELLED"


class Reason(StrEnum):
    """Why a text was withheld, cancelled or set aside."""

    PAID = "PAID"
    OPT_OUT = "OPT_OUT"
    NUMBER = "NUMBER"
    WRONG_NUMBER = "WRONG_NUMBER"
    PAYMENT = "PAYMENT"
    REVERSED = "REVERSED"
    PROMISE = "PROMISE"
    PROMISE_MADE = "PROMISE_MADE"
    WRITTEN_OFF = "WRITTEN_OFF"
    LOAN_CANCELLED = "LOAN_CANCELLED"
    OFFER_CLOSED = "OFFER_CLOSED"
    FREQUENCY = "FREQUENCY"
    NO_WINDOW = "NO_WINDOW"
    STALE = "STALE"
    NOT_APPROVED = "NOT_APPROVED"
    INCOMPLETE = "INCOMPLETE"
    TRIES_SPENT = "TRIES_SPENT"
    LEASE_OVER = "LEASE_OVER"
    REFUSED = "REFUSED"
    CONFIG = "CONFIG"
    WRONG_RECIPIENT = "WRONG_RECIPIENT"


class PhoneFlag(StrEnum):
    """Why a number gets no texts until somebody corrects it."""

    NOT_ON_WHATSAPP = "NOT_ON_WHATSAPP"
    WRONG_RECIPIENT = "WRONG_RECIPIENT"
    WRONG_NUMBER = "WRONG_NUMBER"


# What a borrower gets about a debt; a person's answers among them are bounded apart from the reminders, so that who
# answers one can still be sent what they asked for.
DEBT_KINDS = frozenset({MessageKind.CHARGE, MessageKind.PROPOSAL, MessageKind.CALCULATION})
ANSWERS = DEBT_KINDS - {MessageKind.CHARGE}

_S = MessageStatus

MOVES: dict[MessageStatus, frozenset[MessageStatus]] = {
    _S.QUEUED: frozenset({_S.SENDING, _S.WITHHELD, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.SENT, _S.QUEUED, _S.FAILED, _S.UNKNOWN}),
    _S.SENT: frozenset({_S.DELIVERED, _S.READ, _S.FAILED}),
    _S.DELIVERED: frozenset({_S.READ}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.DELIVERED, _S.READ, _S.FAILED}),
    _S.READ: frozenset(),
    _S.FAILED: frozenset(),
    _S.WITHHELD: frozenset(),
    _S.CANCELLED: frozenset(),
}

# A text in one of these states reached the borrower, or may have: it counts for the frequency limit.
MAY_HAVE_LEFT = frozenset({_S.SENDING, _S.SENT, _S.DELIVERED, _S.READ, _S.UNKNOWN})
NEVER_LEFT = frozenset({_S.FAILED, _S.WITHHELD, _S.CANCELLED})


class MessageNotFound(NotFound):
    """There is no such message."""

    code = "message.not_found"


class MessageNotResendable(Conflict):
    """Only a text that failed can be sent again."""

    code = "message.not_resendable"


class MessageAlreadyToday(Conflict):
    """The borrower already has a charge text for this business date: at most one a day."""

    code = "message.already_today"


class MessageTooFrequent(Conflict):
    """The borrower already got as many texts of this kind in seven days as are allowed."""

    code = "message.too_frequent"


class MessageNothingOwed(Conflict):
    """The borrower has nothing due today or overdue, so there is nothing to remind of."""

    code = "message.nothing_owed"


class MessageSentToday(Conflict):
    """The same proposal or calculation is already queued for the borrower today, or left."""

    code = "message.sent_today"


class CalculationNothingOpen(Conflict):
    """Nothing is open on the day of the calculation, so there is nothing to explain."""

    code = "message.nothing_open"


class MessagePromised(Conflict):
    """The borrower promised to pay until a day that has not passed, so there is no reminder before it is over."""

    code = "message.promised"


class MessageOptedOut(Conflict):
    """The borrower asked for no texts on WhatsApp."""

    code = "message.opted_out"


class MessageOutsideHours(Conflict):
    """No collection text may reach the borrower any more today."""

    code = "message.outside_hours"


class MessageNumberFlagged(Conflict):
    """The borrower's number is flagged as wrong or not on WhatsApp."""

    code = "message.number_flagged"


def may_move(start: MessageStatus, end: MessageStatus) -> bool:
    """Say whether a text may go from one state to the other."""
    return end in MOVES[start]


def reason_to_withhold(
    *,
    is_past: bool,
    accepts_messages: bool,
    is_number_flagged: bool,
    has_promise: bool,
    needs_approval: bool,
    charges_in_week: int,
    opens_at: datetime | None,
) -> Reason | None:
    """Return why a charge cycle records a text without queuing it, the first reason that applies; None to queue it.

    `is_past` is a date that is over: it is recorded and never sent. `opens_at` is None when no lawful hour is left.
    """
    objections = (
        (is_past, Reason.STALE),
        (not accepts_messages, Reason.OPT_OUT),
        (is_number_flagged, Reason.NUMBER),
        (has_promise, Reason.PROMISE),
        (needs_approval, Reason.NOT_APPROVED),
        (charges_in_week >= TEXTS_PER_WEEK, Reason.FREQUENCY),
        (opens_at is None, Reason.NO_WINDOW),
    )
    return next((reason for applies, reason in objections if applies), None)


class Ack(StrEnum):
    """A delivery state as the provider names it (whatsapp.md §6); `DELETED` and unknown words are none."""

    ERROR = "ERROR"
    PENDING = "PENDING"
    SERVER_ACK = "SERVER_ACK"
    DELIVERY_ACK = "DELIVERY_ACK"
    READ = "READ"
    PLAYED = "PLAYED"


_LADDER = (Ack.PENDING, Ack.SERVER_ACK, Ack.DELIVERY_ACK, Ack.READ, Ack.PLAYED)
_REACHED = {
    Ack.PENDING: _S.SENT,
    Ack.SERVER_ACK: _S.SENT,
    Ack.DELIVERY_ACK: _S.DELIVERED,
    Ack.READ: _S.READ,
    Ack.PLAYED: _S.READ,
}


@dataclass(frozen=True)
class Rung:
    """Where an ack takes a text: its state and the provider's word to keep beside it."""

    status: MessageStatus
    ack: Ack


def climb(status: MessageStatus, last: str, ack: str) -> Rung | None:
    """Return where the ack leads a text in `status` whose last ack was `last`, or None when it doesn't lead forward.

    The ladder is monotonic, because acks arrive in any order and more than once: never downgrade, and ERROR counts only
    before the text was delivered (whatsapp.md §6).
    """
    if ack not in set(Ack) or status not in {_S.SENT, _S.DELIVERED, _S.UNKNOWN}:
        return None
    rung = Ack(ack)
    if rung is Ack.ERROR:
        return None if status is _S.DELIVERED else Rung(_S.FAILED, rung)
    if last in _LADDER and _LADDER.index(rung) <= _LADDER.index(Ack(last)):
        return None
    reached = _REACHED[rung]
    return Rung(reached, rung) if reached is status or may_move(status, reached) else None


class Check(StrEnum):
    """A question asked again right before a text leaves (whatsapp.md §10.5)."""

    FRESH = "FRESH"
    OWED = "OWED"
    PROMISE = "PROMISE"
    FREQUENCY = "FREQUENCY"
    WINDOW = "WINDOW"
    OFFER = "OFFER"


# Consent and the number's flag are asked for every kind; these only for the kinds that name them.
CHECKS: dict[MessageKind, frozenset[Check]] = {
    MessageKind.CHARGE: frozenset({Check.FRESH, Check.OWED, Check.PROMISE, Check.FREQUENCY, Check.WINDOW}),
    MessageKind.RECEIPT: frozenset(),
    MessageKind.PROPOSAL: frozenset({Check.OFFER, Check.WINDOW}),
    MessageKind.CALCULATION: frozenset({Check.FRESH, Check.OWED, Check.WINDOW}),
}


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What is known of a text and its borrower at the moment it would leave.

    `opens_at` is when its window is open next on `today`, None when it opens no more; `charges_in_week` counts other
    texts about debts that left, or may have, in the six days before `today` and on it.  `is_offer_open` says that the
    offer it proposes can still be accepted as it says.
    """

    kind: MessageKind
    business_date: date
    today: date
    accepts_messages: bool
    is_number_flagged: bool
    is_owed: bool
    has_promise: bool
    charges_in_week: int
    opens_at: datetime | None
    is_offer_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Send now (neither is set), wait until `wait_until`, or withhold for `withheld`."""

    wait_until: datetime | None = None
    withheld: Reason | None = None


def still_worth_sending(snapshot: Snapshot, now: datetime) -> Decision:
    """Decide again, at send time, what becomes of a queued text (whatsapp.md §10.5)."""
    checks = CHECKS[snapshot.kind]
    objections = (
        (Check.FRESH in checks and snapshot.today > snapshot.business_date, Reason.STALE),
        (Check.OWED in checks and not snapshot.is_owed, Reason.PAID),
        (Check.OFFER in checks and not snapshot.is_offer_open, Reason.OFFER_CLOSED),
        (not snapshot.accepts_messages, Reason.OPT_OUT),
        (snapshot.is_number_flagged, Reason.NUMBER),
        (Check.PROMISE in checks and snapshot.has_promise, Reason.PROMISE),
        (Check.FREQUENCY in checks and snapshot.charges_in_week >= TEXTS_PER_WEEK, Reason.FREQUENCY),
        (Check.WINDOW in checks and snapshot.opens_at is None, Reason.NO_WINDOW),
    )
    withheld = next((reason for applies, reason in objections if applies), None)
    if withheld is None and Check.WINDOW in checks and snapshot.opens_at is not None and snapshot.opens_at > now:
        return Decision(wait_until=snapshot.opens_at)
    return Decision(withheld=withheld)


class Reply(StrEnum):
    """What a borrower's answer asks for, where the system acts on it by itself (whatsapp.md §11)."""

    OPT_OUT = "OPT_OUT"
    WRONG_NUMBER = "WRONG_NUMBER"


_WORDS = {
    Reply.OPT_OUT: ("sair", "parar", "stop", "cancelar", "nao quero", "descadastrar"),
    Reply.WRONG_NUMBER: ("numero errado", "nao conheco", "engano"),
}


def reply_of(text: str) -> Reply | None:
    """Return what the borrower's text asks for, case and accents folded, or None when a person should read it.

    Only a short answer counts: a word inside a long text ("quero sair dessa dívida") is no opt-out.

    >>> reply_of("Sair.")
    <Reply.OPT_OUT: 'OPT_OUT'>
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter if letter.isalnum() else " " for letter in decomposed if not unicodedata.combining(letter))
    words = " ".join(letters.split())
    for reply, phrases in _WORDS.items():
        if any(words in {phrase, f"{phrase} por favor", f"quero {phrase}", f"e {phrase}"} for phrase in phrases):
            return reply
    return None
