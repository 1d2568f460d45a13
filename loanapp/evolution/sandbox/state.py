"""What the sandbox remembers, in memory only: phones with their texts, the faults somebody asked for, the webhook."""

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.messages import Ack

_SHORT_FROM_AREA_CODE = 31
_MOBILE_LENGTH = len("5511987654321")
PHONES_MAXIMUM = 5000
TEXTS_PER_PHONE = 200


class Fault(StrEnum):
    """How the sandbox may misbehave, as the real server was seen or reported to (whatsapp.md §10.7)."""

    OK = "ok"
    DELAYED = "delayed"
    TIMEOUT_AFTER_SEND = "timeout-after-send"
    NOT_ON_WHATSAPP = "exists-false"
    WRONG_KEY = "401"
    NO_INSTANCE = "404"
    CLOSED = "500-closed"
    SENT_BUT_400 = "400-but-sent"
    ERROR_ACK = "error-ack"
    OUT_OF_ORDER = "out-of-order"
    DUPLICATED = "duplicated"
    EXPIRED_TOKEN = "expired-jwt"  # noqa: S105 - a fault's name.


@dataclass
class Bubble:
    """One text on a phone; `ack` is how far one of ours got, None for the borrower's own."""

    text: str
    at: datetime
    key: str
    ack: Ack | None = None

    @property
    def is_from_borrower(self) -> bool:
        """Whether the visitor wrote it as the borrower."""
        return self.ack is None


@dataclass
class State:
    """The sandbox's whole memory. `webhook_url` is empty until somebody sets one or `run` gives the default."""

    instance: str
    key: str
    webhook_url: str = ""
    webhook_headers: dict[str, str] = field(default_factory=dict)
    is_open: bool = True
    phones: dict[str, deque[Bubble]] = field(default_factory=dict)
    faults_by_phone: dict[str, Fault] = field(default_factory=dict)
    next_faults: deque[Fault] = field(default_factory=deque)

    def arrive(self, digits: str, bubble: Bubble) -> Bubble:
        """Put a text on a phone, the newest phone last; the oldest texts and phones fall out of memory."""
        texts = self.phones.pop(digits, None) or deque(maxlen=TEXTS_PER_PHONE)
        texts.append(bubble)
        self.phones[digits] = texts
        while len(self.phones) > PHONES_MAXIMUM:
            del self.phones[next(iter(self.phones))]
        return bubble

    def fault_for(self, digits: str) -> Fault:
        """Return how to behave for a call to this phone: what was asked for it, else the next in line."""
        if digits in self.faults_by_phone:
            return self.faults_by_phone[digits]
        return self.next_faults.popleft() if self.next_faults else Fault.OK

    def ask_fault(self, mode: Fault, *, phone: str = "", calls: int = 1) -> None:
        """Misbehave for a phone until told otherwise, or for the next calls; OK forgets what was asked."""
        if phone and mode is Fault.OK:
            self.faults_by_phone.pop(phone, None)
        elif phone:
            self.faults_by_phone[phone] = mode
        elif mode is Fault.OK:
            self.next_faults.clear()
        else:
            self.next_faults.extend([mode] * calls)

    def texts_of(self, digits: str) -> Mapping[str, Bubble]:
        """Return a phone's texts by key."""
        return {bubble.key: bubble for bubble in self.phones.get(digits, ())}


def new_key() -> str:
    """Return an id in the form of those that WhatsApp's library makes."""
    return "3EB0" + secrets.token_hex(9).upper()


def jid_of(digits: str) -> str:
    """Return WhatsApp's form of a number, as the server makes it (whatsapp.md §8).

    Thirteen digits lose the 9 where the area code is 31 or more and the digit after the 9 is at least 7.
    """
    is_mobile = len(digits) == _MOBILE_LENGTH and digits.startswith("55")
    if is_mobile and int(digits[2:4]) >= _SHORT_FROM_AREA_CODE and digits[5] >= "7":
        digits = digits[:4] + digits[5:]
    return f"{digits}@s.whatsapp.net"
