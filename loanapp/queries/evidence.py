"""What the audit trail proves, for `verify` (money.md §6, invariant 5).

Its chains are whole, its columns say what its texts say, and requests and payments are those that it tells of.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from domain.audit import GENESIS, first_broken
from domain.requests import RequestStatus
from loanapp.models.audit import AuditEvent
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.queries._query import Tx

PAYMENT_ACTIONS = frozenset({"payment.registered", "payment.settled_early", "credit.used"})
_Events = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it must be: which invariant (money.md §6), which record, what was found and expected."""

    invariant: str
    record: str
    found: str
    expected: str


def difference(invariant: str, record: str, found: object, expected: object) -> Difference:
    """Return a difference, its two sides as text."""
    return Difference(invariant=invariant, record=record, found=str(found), expected=str(expected))


def events_by_client(tx: Tx, client_ids: Sequence[UUID]) -> dict[UUID, _Events]:
    """Return the events of clients, in the order of their chains.  One statement."""
    of_clients = _events().where(AuditEvent.client_id.in_(client_ids))
    found = tx.session.execute(of_clients.order_by(AuditEvent.client_id, AuditEvent.chain_number))
    return {client_id: tuple(rows) for client_id, rows in groupby(found, key=lambda row: row.client_id)}


def events_of_chain(tx: Tx, chain: str) -> _Events:
    """Return the events of one chain in its order."""
    return tx.session.execute(_events().where(AuditEvent.chain == chain).order_by(AuditEvent.chain_number)).all()


def _events() -> Select[*tuple[Any, ...]]:
    return select(
        AuditEvent.client_id, AuditEvent.chain_number, AuditEvent.action, AuditEvent.actor_name,
        AuditEvent.business_date, AuditEvent.text, AuditEvent.hash,
    )  # fmt: skip


def chain_differences(record: str, events: _Events, count: int, head: str) -> Iterator[Difference]:
    """Yield the first broken link, or a tail that the stored number and head know of, or columns that left the text."""
    broken = first_broken((event.chain_number, event.text, event.hash) for event in events)
    if broken is not None:
        yield difference("5 audit chain", f"{record} event {broken}", "changed or missing", "the chain's link")
        return
    if len(events) != count or (events[-1].hash if events else GENESIS) != head:
        yield difference("5 audit chain", f"{record} tail", f"{len(events)} events", f"{count} events")
    for event in events:
        facts = json.loads(event.text)
        found = (event.action, event.actor_name, event.business_date.isoformat())
        expected = tuple(facts[name] for name in ("action", "actor", "business_date"))
        if found != expected:
            yield difference("5 audit chain", f"{record} event {event.chain_number} columns", found, expected)


def payment_differences(tx: Tx, events: dict[UUID, _Events]) -> Iterator[Difference]:
    """Yield each payment of clients with a trail that is not what its event says, or that has no event, or no row."""
    told = dict(_told(event for of_client in events.values() for event in of_client))
    rows = tx.session.execute(
        select(Payment)
        .join(Request, Request.id == Payment.request_id)
        .where(Request.client_id.in_(list(events)))
        .order_by(Payment.number)
    ).scalars()
    stored: dict[str, tuple[object, ...]] = {
        str(payment.id): (
            payment.number, payment.amount_cents, payment.method, payment.received_on.isoformat(),
            payment.business_date.isoformat(), str(payment.registered_by or ""),
        )
        for payment in rows
    }  # fmt: skip
    for payment_id in sorted(stored.keys() | told.keys()):
        if stored.get(payment_id) != told.get(payment_id):
            yield difference("5 payments", f"payment {payment_id}", stored.get(payment_id), told.get(payment_id))


def _told(events: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what the trail tells of each payment, by its id."""
    for event in events:
        if event.action not in PAYMENT_ACTIONS:
            continue
        facts = json.loads(event.text)
        after = facts["after"]
        yield facts["record"].partition(":")[2], (
            after["number"], after["amount_cents"], after["method"], after["received_on"],
            facts["business_date"], facts["actor_id"] or "",
        )  # fmt: skip


def request_differences(tx: Tx, events: dict[UUID, _Events]) -> Iterator[Difference]:
    """Yield each request of clients with a trail whose state is not the last that was noted, or that is not there.

    A payment settles a request without noting its state: PAID is what the contract's replay says of an ACTIVE one.
    """
    told: dict[str, str] = {}
    for event in (event for of_client in events.values() for event in of_client):
        if event.action.startswith("request."):
            facts = json.loads(event.text)
            told[facts["record"].partition(":")[2]] = facts["after"]["status"]
    stored: dict[str, str] = {}
    for request_id, status in tx.session.execute(
        select(Request.id, Request.status).where(Request.client_id.in_(list(events)))
    ):
        stored[str(request_id)] = RequestStatus.ACTIVE.value if status == RequestStatus.PAID else status
    for key in sorted(stored.keys() | told.keys()):
        if stored.get(key) != told.get(key):
            yield difference("5 requests", f"request {key}", stored.get(key), told.get(key))
