"""The audit trail's links: a canonical text for each event, and the hash that binds it to the one before (P23)."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256

from domain.permissions import TERMINAL, Actor, Role

SYSTEM_CHAIN = "system"
GENESIS = ""


class Origin(StrEnum):
    """Where an event came from: a page, a daily job, a command, an answer by WhatsApp."""

    SCREEN = "screen"
    ROUTINE = "routine"
    TERMINAL = "terminal"
    WHATSAPP = "whatsapp"


def origin_of(actor: Actor) -> Origin:
    """Return where an actor acts from: people sit before a page, the system's own jobs run unless a command did."""
    if actor.role is not Role.SYSTEM:
        return Origin.SCREEN
    return Origin.TERMINAL if actor.address == TERMINAL.address else Origin.ROUTINE


def canonical_text(facts: Mapping[str, object]) -> str:
    """Return one JSON text for equal facts: sorted keys, no spaces, every value that is no JSON type as its text."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def link(previous_hash: str, text: str) -> str:
    """Return the hash of an event: sha256 over the previous hash and the stored text, in hexadecimal."""
    return sha256((previous_hash + text).encode()).hexdigest()


def first_broken(events: Iterable[tuple[int, str, str]]) -> int | None:
    """Return the number of the first (number, text, hash) that does not follow from those before it, or None.

    Numbers count from 1 without gaps, so a removed event shows at the number that is missing.
    """
    head = GENESIS
    for expected, (number, text, stored) in enumerate(events, start=1):
        head = link(head, text)
        if number != expected or stored != head:
            return expected
    return None
