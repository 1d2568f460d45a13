"""The audit trail's chains, checked row by row: links, heads, columns against texts, rows of no chain (P23).

A difference names the chain, the event's number in it and the row, `audit_events.id`, so that whoever looks for what
somebody changed by hand finds it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, literal_column, select

from domain.audit import GENESIS, SYSTEM_CHAIN, Link, first_break
from domain.permissions import Permission
from domain.proofs import Difference
from loanapp.models.audit import AuditEvent, AuditHead
from loanapp.models.clients import Client
from loanapp.queries._query import Tx, query

CHAIN = "5 audit chain"
CHAINS_PER_CHUNK = 1000


def difference(invariant: str, record: str, found: object, expected: object) -> Difference:
    """Return a difference, its two sides as text."""
    return Difference(invariant=invariant, record=record, found=str(found), expected=str(expected))


@dataclass(frozen=True, kw_only=True)
class Event:
    """One row of the trail. `transaction` is the one that wrote the row as it stands."""

    row_id: int
    chain: str
    chain_number: int
    client_id: UUID | None
    actor_id: UUID | None
    actor_name: str
    action: str
    record_kind: str
    record_key: str
    business_date: date
    at: datetime
    text: str
    hash: str
    transaction: str

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What the text says; nothing where somebody made it something else than an event's facts."""
        try:
            facts = json.loads(self.text)
        except ValueError:
            return {}
        return facts if isinstance(facts, dict) else {}

    @property
    def after(self) -> Mapping[str, Any]:
        """What the record was afterwards, by the text."""
        after = self.facts.get("after")
        return after if isinstance(after, dict) else {}

    @property
    def record_id(self) -> str:
        """The id of the record that the text is about."""
        return str(self.facts.get("record")).partition(":")[2]


Events = Sequence[Event]
_COLUMNS: tuple[Any, ...] = (
    AuditEvent.id, AuditEvent.chain, AuditEvent.chain_number, AuditEvent.client_id, AuditEvent.actor_id,
    AuditEvent.actor_name, AuditEvent.action, AuditEvent.record_kind, AuditEvent.record_id, AuditEvent.business_date,
    AuditEvent.at, AuditEvent.text, AuditEvent.hash, literal_column("audit_events.xmin::text"),
)  # fmt: skip


def events_of_chains(tx: Tx, chains: Sequence[str]) -> dict[str, Events]:
    """Return the events of chains, by chain, in the order of their numbers.  One statement."""
    found = tx.session.execute(
        select(*_COLUMNS)
        .where(AuditEvent.chain.in_(chains))
        .order_by(AuditEvent.chain, AuditEvent.chain_number, AuditEvent.id)
    )
    names = (
        "row_id", "chain", "chain_number", "client_id", "actor_id", "actor_name", "action", "record_kind",
        "record_key", "business_date", "at", "text", "hash", "transaction",
    )  # fmt: skip
    events = (Event(**dict(zip(names, row, strict=True))) for row in found)
    return {chain: tuple(rows) for chain, rows in groupby(events, key=attrgetter("chain"))}


def events_by_client(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, Events]:
    """Return the events of clients' chains, those of each in their order.  One statement."""
    by_chain = events_of_chains(tx, [chain_of(client_id) for client_id in client_ids])
    return {client_id: by_chain.get(chain_of(client_id), ()) for client_id in client_ids}


def chain_of(client_id: UUID) -> str:
    """Return the name of a client's chain."""
    return f"client:{client_id}"


def chain_differences(record: str, chain: str, events: Events, count: int, head: str) -> Iterator[Difference]:
    """Yield the first broken link, else what the stored number and head say; then columns that left their text."""
    label = f"{record}, chain {chain}" if record else f"chain {chain}"
    links = [Link(row_id=each.row_id, number=each.chain_number, text=each.text, hash=each.hash) for each in events]
    broken = first_break(links)
    if broken is not None:
        where = f"{label}, event {broken.number}, audit_events.id {broken.row_id or 'missing'}"
        found = "changed" if broken.row_id else f"missing before audit_events.id {broken.next_row_id}"
        yield difference(CHAIN, where, found, "the chain's link")
    elif len(events) < count:
        last = events[-1].row_id if events else "none"
        where = f"{label}, event {len(events) + 1}, audit_events.id missing after {last}"
        yield difference(CHAIN, where, f"{len(events)} events", f"{count} events")
    elif len(events) > count:
        surplus = events[count]
        where = f"{label}, event {surplus.chain_number}, audit_events.id {surplus.row_id}"
        yield difference(CHAIN, where, f"{len(events)} events", f"{count} events")
    elif (events[-1].hash if events else GENESIS) != head:
        yield _rewritten_tail(label, events, head)
    for event in events:
        yield from _column_differences(label, event)


def _rewritten_tail(label: str, events: Events, head: str) -> Difference:
    """Say from where on links were computed anew: the head knows that they were, the rows' transaction knows where.

    Whoever changes an event and all links after it writes all these rows.  Where one transaction wrote the whole chain,
    as after a restore from a dump, only the last row is known to be another.
    """
    if not events:
        return difference(CHAIN, f"{label}, event 0, audit_events.id none", "no events", f"the head {head}")
    rewritten = len(events)
    while rewritten and events[rewritten - 1].transaction == events[-1].transaction:
        rewritten -= 1
    first = events[rewritten] if rewritten else events[-1]
    where = f"{label}, event {first.chain_number}, audit_events.id {first.row_id}"
    return difference(CHAIN, where, "changed, with all links after it", f"the head {head}")


def _column_differences(label: str, event: Event) -> Iterator[Difference]:
    """Yield each column of a row that does not say what its text or its chain says; old texts say less."""
    facts = event.facts
    told = {
        "action": facts.get("action"),
        "actor_name": facts.get("actor"),
        "actor_id": facts.get("actor_id") if "actor_id" in facts else event.actor_id,
        "record": facts.get("record", f"cycle_run:{facts.get('run')}"),
        "business_date": facts.get("business_date"),
        "at": _instant(facts["at"]) if "at" in facts else event.at,
        "client_id": None if event.chain == SYSTEM_CHAIN else event.chain.removeprefix("client:"),
    }
    stored = {
        "action": event.action,
        "actor_name": event.actor_name,
        "actor_id": event.actor_id,
        "record": f"{event.record_kind}:{event.record_key}",
        "business_date": event.business_date,
        "at": event.at,
        "client_id": event.client_id,
    }
    for column, found in stored.items():
        if str(found) != str(told[column]):
            where = f"{label}, event {event.chain_number}, audit_events.id {event.row_id}, column {column}"
            yield difference(CHAIN, where, found, told[column])


def _instant(text: object) -> object:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return text


def stray_rows(tx: Tx) -> Iterator[Difference]:
    """Yield the rows of chains that belong to nobody: inserted by hand, or moved out of their chain."""
    of_client = select(Client.id).where(AuditEvent.chain == func.concat("client:", cast(Client.id, String)))
    rows = tx.session.execute(
        select(AuditEvent.id, AuditEvent.chain, AuditEvent.chain_number)
        .where(AuditEvent.chain != SYSTEM_CHAIN, ~of_client.exists())
        .order_by(AuditEvent.id)
    )
    for row_id, chain, number in rows:
        where = f"chain {chain}, event {number}, audit_events.id {row_id}"
        yield difference(CHAIN, where, "a row of no chain", "a client's chain, or system")


def system_differences(tx: Tx) -> tuple[list[Difference], int]:
    """Return what is wrong with the chain of what is about no client, and rows of no chain; and its count of events."""
    head = tx.session.get(AuditHead, SYSTEM_CHAIN)
    events = events_of_chains(tx, [SYSTEM_CHAIN]).get(SYSTEM_CHAIN, ())
    count, last = (head.count, head.head) if head else (0, GENESIS)
    return [*chain_differences("", SYSTEM_CHAIN, events, count, last), *stray_rows(tx)], len(events)


@dataclass(frozen=True, kw_only=True)
class TrailAsked:
    """Where to go on checking: after this client; None starts with the system's chain."""

    after: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class TrailChecked:
    """What a chunk of chains showed: the differences, how many events it holds, and where the next chunk starts."""

    differences: tuple[Difference, ...]
    events: int
    last_id: UUID | None


@query(Permission.AUDIT_VIEW)
def check_trail(tx: Tx, parameters: TrailAsked) -> TrailChecked:
    """Check the chains of the next clients; the first call checks the system's too.  Each call is one snapshot."""
    statement = select(Client.id, Client.number, Client.audit_count, Client.audit_head).order_by(Client.id)
    differences: list[Difference] = []
    counted = 0
    if parameters.after is None:
        differences, counted = system_differences(tx)
    else:
        statement = statement.where(Client.id > parameters.after)
    clients = tx.session.execute(statement.limit(CHAINS_PER_CHUNK)).all()
    by_client = events_by_client(tx, [client.id for client in clients])
    for client in clients:
        events = by_client[client.id]
        found = chain_differences(
            f"client {client.number}", chain_of(client.id), events, client.audit_count, client.audit_head
        )
        differences.extend(found)
    return TrailChecked(
        differences=tuple(differences),
        events=counted + sum(len(events) for events in by_client.values()),
        last_id=clients[-1].id if len(clients) == CHAINS_PER_CHUNK else None,
    )
