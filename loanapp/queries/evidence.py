"""What the audit trail proves, for `verify` (money.md §6, invariant 5): requests and payments are those it tells of.

That its chains are whole is checked in `trail.py`.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import select

from domain.requests import RequestStatus
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.queries._query import Tx
from loanapp.queries.trail import Difference, Event, Events, difference

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
    """Yield each request of clients with a trail whose state is not the last that was noted, or that is not there.

    A payment settles a request without noting its state: PAID is what the contract's replay says of an ACTIVE one.
    """
    told: dict[str, str] = {}
    for event in (event for of_client in events.values() for event in of_client):
        if event.action.startswith("request."):
            told[event.record_id] = str(event.after.get("status"))
    stored: dict[str, str] = {}
    for request_id, status in tx.session.execute(
        select(Request.id, Request.status).where(Request.client_id.in_(list(events)))
    ):
        stored[str(request_id)] = RequestStatus.ACTIVE.value if status == RequestStatus.PAID else status
    for key in sorted(stored.keys() | told.keys()):
        if stored.get(key) != told.get(key):
            yield difference("5 requests", f"request {key}", stored.get(key), told.get(key))
