"""The audit trail's links: a canonical text for each event, and the hash that binds it to the one before (P23)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Link:
    """An event as the chain sees it: the row's id, its number in the chain, what the hash covers, and the hash."""

    row_id: int
    number: int
    text: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class Break:
    """Where a chain first breaks: the number of the event, and the row that was changed.

    `row_id` is None where the event is missing; then `next_row_id` is the row that follows the hole.
    """

    number: int
    row_id: int | None
    next_row_id: int | None = None


def first_break(links: Sequence[Link]) -> Break | None:
    """Return the first event, in the order of numbers, that does not follow from those before it; None for a whole one.

    Numbers count from 1 without gaps.  A row whose number was changed is found by its link, else the event is missing.
    """
    head = GENESIS
    for expected, each in enumerate(links, start=1):
        linked = link(head, each.text)
        if each.number == expected and each.hash == linked:
            head = linked
            continue
        if each.number <= expected:
            return Break(number=expected, row_id=each.row_id)
        moved = next((late.row_id for late in links[expected - 1 :] if late.hash == link(head, late.text)), None)
        return Break(number=expected, row_id=moved, next_row_id=each.row_id)
    return None
