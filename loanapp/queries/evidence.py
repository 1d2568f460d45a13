"""What the audit trail proves, for `verify` (money.md §6, invariant 5): requests, payments and users are as it tells.

That its chains are whole is checked in `trail.py`.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import select

from domain.proofs import Difference
from domain.requests import RequestStatus
from loanapp.models.auth import User
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.queries._query import Tx
from loanapp.queries.trail import Event, Events, difference

PAYMENT_ACTIONS = frozenset({"payment.registered", "payment.settled_early", "credit.used"})


def payment_differences(tx: Tx, events: dict[UUID, Events]) -> Iterator[Difference]:
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


def _told(events: Iterable[Event]) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what the trail tells of each payment, by its id."""
    for event in events:
        if event.action not in PAYMENT_ACTIONS:
            continue
        after = event.after
        yield event.record_id, (
            after.get("number"), after.get("amount_cents"), after.get("method"), after.get("received_on"),
            event.facts.get("business_date"), event.facts.get("actor_id") or "",
        )  # fmt: skip


def request_differences(tx: Tx, events: dict[UUID, Events]) -> Iterator[Difference]:
    """Yield what of clients with a trail is not what it tells of their requests: state, terms, who asked and decided.

    A payment settles a request without noting its state: PAID is what the contract's replay says of an ACTIVE one.
    """
    told: dict[str, dict[str, str]] = {}
    for event in (event for of_client in events.values() for event in of_client):
        if event.action.startswith("request."):
            told[event.record_id] = told.get(event.record_id, {}) | _told_of_request(event)
    stored = {
        str(row.id): row._asdict()
        for row in tx.session.execute(
            select(Request.id, Request.status, *_TERMS, Request.requested_by, Request.decided_by).where(
                Request.client_id.in_(list(events))
            )
        )
    }
    for key in sorted(stored.keys() | told.keys()):
        if key not in stored or key not in told:
            found, expected = ((of.get(key) or {}).get("status") for of in (stored, told))
            yield difference("5 requests", f"request {key}", found, expected)
            continue
        for column, text in told[key].items():
            if _plain(stored[key][column]) != text:
                yield difference("5 requests", f"request {key} {column}", stored[key][column], text)


_TERMS = (Request.principal_cents, Request.plan, Request.step, Request.instalment_count, Request.rate_pct)
# An agreement opens and decides the new request at once.
_OPENINGS = ("request.opened", "request.agreed")
_DECISIONS = ("request.approved", "request.declined", "request.agreed")


def _told_of_request(event: Event) -> dict[str, str]:
    """Return what one event tells of its request, by column."""
    actor = _plain(event.facts.get("actor_id"))
    told = {"status": _plain(event.after.get("status"))}
    if event.action in _OPENINGS:
        terms = {column.key: event.after.get(column.key) for column in _TERMS}
        told |= {name: _plain(value) for name, value in terms.items() if value is not None} | {"requested_by": actor}
    return told | {"decided_by": actor} if event.action in _DECISIONS else told


def _plain(value: object) -> str:
    """Return a stored or told value as one text: rates without the zeros of their column, PAID as ACTIVE."""
    if value == RequestStatus.PAID:
        return RequestStatus.ACTIVE.value
    try:
        return f"{Decimal(str(value)).normalize():f}" if value is not None else ""
    except InvalidOperation:
        return str(value)


def user_differences(tx: Tx, events: Events) -> Iterator[Difference]:
    """Yield each user whom the system's chain knows with another role, or as somebody who may sign in or may not."""
    told: dict[str, dict[str, object]] = {}
    for event in (event for event in events if event.action in _ACCESS):
        role = {"role": event.after["role"]} if "role" in event.after else {}
        told[event.record_id] = told.get(event.record_id, {}) | role | _ACCESS[event.action]
    stored = {str(row.id): row for row in tx.session.execute(select(User.id, User.role, User.is_active))}
    for key, expected in sorted(told.items()):
        found = {name: getattr(stored[key], name) for name in expected} if key in stored else None
        if found != expected:
            yield difference("5 users", f"user {key}", found, expected)


# What an event of a user says about whether the user may sign in; the role stands in the event where it changed.
_ACCESS: dict[str, dict[str, object]] = {
    "user.added": {"is_active": True},
    "user.invited": {"is_active": True},
    "user.role_changed": {},
    "user.deactivated": {"is_active": False},
    "user.reactivated": {"is_active": True},
}
