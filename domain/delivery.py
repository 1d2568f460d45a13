"""What a provider of texts may answer and tell, as values, and what each means for the text (whatsapp.md §5, §7, §8).

An adapter such as `loanapp/evolution` turns HTTP into these; services know nothing else of the provider (§10.8).
"""

from dataclasses import dataclass
from datetime import timedelta

from domain.messages import MessageStatus, PhoneFlag, Reason

TRIES = 3
FIRST_PAUSE_SECONDS = 30
LEASE_SECONDS = 180
SHORTEST_GAP_SECONDS = 5
LONGEST_GAP_SECONDS = 15
_EVENT_TRIES = 11
_SHORT_LENGTH = len("551187654321")


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The provider took the text: `key` joins the acks, `recipient` is whom it really addressed."""

    key: str
    recipient: str


@dataclass(frozen=True, kw_only=True)
class NotSent:
    """The text surely never left, so it may be tried again; `is_disconnected` asks to wait until the socket is open."""

    detail: str
    is_disconnected: bool = False


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The provider refused the order itself; the same order would be refused again."""

    detail: str


@dataclass(frozen=True, kw_only=True)
class InvalidNumber:
    """The number is not on WhatsApp."""

    detail: str


@dataclass(frozen=True, kw_only=True)
class Config:
    """Key, instance or licence are wrong: every other text would fail too."""

    detail: str


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Nobody can tell whether the text left; it is never sent again by itself (whatsapp.md §5)."""

    detail: str


Answer = Accepted | NotSent | Refused | InvalidNumber | Config | Unknown


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an answer makes of a text that was being sent, and of its sender.

    `retry_after` is set when the text goes back to the queue, `pauses_sender` when a person must look first, and
    `phone_flag` when the contact gets no more texts.
    """

    status: MessageStatus
    reason: str = ""
    retry_after: timedelta | None = None
    pauses_sender: bool = False
    is_disconnected: bool = False
    phone_flag: PhoneFlag | None = None


_SETTLED: dict[type[Answer], Outcome] = {
    Refused: Outcome(status=MessageStatus.FAILED, reason=Reason.REFUSED),
    InvalidNumber: Outcome(status=MessageStatus.FAILED, reason=Reason.NUMBER, phone_flag=PhoneFlag.NOT_ON_WHATSAPP),
    Config: Outcome(status=MessageStatus.FAILED, reason=Reason.CONFIG, pauses_sender=True),
    Unknown: Outcome(status=MessageStatus.UNKNOWN),
}


def outcome_of(answer: Answer, *, phone: str, attempts: int, jitter: float) -> Outcome:
    """Return what the answer to try number `attempts` means (whatsapp.md §10.3); `jitter` lies within 0 and 1."""
    match answer:
        case Accepted(recipient=recipient):
            if is_same_recipient(phone, recipient):
                return Outcome(status=MessageStatus.SENT)
            return Outcome(
                status=MessageStatus.SENT, reason=Reason.WRONG_RECIPIENT, phone_flag=PhoneFlag.WRONG_RECIPIENT
            )
        case NotSent(is_disconnected=is_disconnected):
            if attempts >= TRIES:
                return Outcome(status=MessageStatus.FAILED, reason=Reason.TRIES_SPENT, is_disconnected=is_disconnected)
            return Outcome(
                status=MessageStatus.QUEUED, retry_after=pause_before(attempts, jitter), is_disconnected=is_disconnected
            )
        case _:
            return _SETTLED[type(answer)]


def wait_for_text(attempts: int) -> timedelta | None:
    """Return how long a webhook about a text that nobody knows yet waits, None when it waited often enough.

    The answer to the call settles most within seconds; eleven tries cover more than a day (whatsapp.md §10.6).
    """
    return timedelta(seconds=30 * 2**attempts) if attempts <= _EVENT_TRIES else None


def pause_before(attempts: int, jitter: float) -> timedelta:
    """Return the wait after try number `attempts`: 30 s · 2^(n-1), spread by ± 50 % as `jitter` goes from 0 to 1."""
    return timedelta(seconds=FIRST_PAUSE_SECONDS * 2 ** (attempts - 1) * (0.5 + jitter))


def gap_between(jitter: float) -> timedelta:
    """Return the pause between two texts of one number: 5 to 15 s as `jitter` goes from 0 to 1 (product.md)."""
    return timedelta(seconds=SHORTEST_GAP_SECONDS + (LONGEST_GAP_SECONDS - SHORTEST_GAP_SECONDS) * jitter)


def is_same_recipient(phone: str, recipient: str) -> bool:
    """Say whether WhatsApp's recipient is the phone we asked for (whatsapp.md §8)."""
    return phone in phones_of(recipient)


def phones_of(recipient: str) -> tuple[str, ...]:
    """Return the E.164 numbers that WhatsApp's form of a number may stand for (whatsapp.md §8).

    Its own digits, and for a mobile number whose eight-digit form starts with 6 to 9, which WhatsApp may know without
    the 9, the digits with the 9.

    >>> phones_of("553188887777@s.whatsapp.net")
    ('+553188887777', '+5531988887777')
    """
    digits = "".join(filter(str.isdigit, recipient.partition("@")[0].partition(":")[0]))
    is_short_mobile = len(digits) == _SHORT_LENGTH and digits[4] in "6789"
    return (f"+{digits}", f"+{digits[:4]}9{digits[4:]}") if is_short_mobile else (f"+{digits}",)


def digits_at_whatsapp(phone: str) -> tuple[str, ...]:
    """Return the digits by which WhatsApp may know an E.164 number: with the 9 of a mobile number, and without.

    >>> digits_at_whatsapp("+5531988887777")
    ('5531988887777', '553188887777')
    """
    digits = phone.removeprefix("+")
    short = digits[:4] + digits[5:]
    return (digits, short) if phone in phones_of(short) else (digits,)


@dataclass(frozen=True, kw_only=True)
class AckReceived:
    """A webhook says how far the text with this key got; `ack` is the provider's word."""

    key: str
    ack: str


@dataclass(frozen=True, kw_only=True)
class TextSent:
    """A webhook says that a text of ours left: it may come before the answer to its call, or instead of it."""

    key: str
    recipient: str
    text: str


@dataclass(frozen=True, kw_only=True)
class TextReceived:
    """Somebody wrote to us from `sender` (WhatsApp's form of the number)."""

    sender: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ConnectionChanged:
    """The instance's socket is now `open`, `connecting`, `close` or `refused`; `status_code` says why it closed."""

    state: str
    status_code: int = 0


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """An event that asks for nothing."""


Fact = AckReceived | TextSent | TextReceived | ConnectionChanged | Nothing

# Closed for good (logged out, banned, replaced): a person must look before anything is sent (whatsapp.md §7, §10.4).
LOGGED_OUT_CODES = frozenset({401, 402, 403, 406})
