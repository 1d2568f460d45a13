"""What the audit trail proves of cash that was handed in and counted, for `verify` (money.md §6, invariant 5)."""

from collections.abc import Iterator

from sqlalchemy import func, select

from domain.proofs import Difference
from loanapp.models.cash import CashHandIn, HandedInPayment
from loanapp.models.payments import Payment
from loanapp.queries._query import Tx
from loanapp.queries.trail import Events, difference

_Told = tuple[object, ...]
_ACTIONS = {"cash.handed_in": "hand-in", "cash.checked": "count"}


def cash_differences(tx: Tx, events: Events) -> Iterator[Difference]:
    """Yield each hand-in and count that is not what the system's chain tells, and each hand-in that its payments miss.

    What nobody handed in is the cash of before this control (its migration closed it): no event tells of it.
    """
    told = dict(_told(events))
    stored: dict[tuple[str, str], _Told] = {}
    rows = tx.session.execute(
        select(CashHandIn, func.count(Payment.id), func.sum(Payment.amount_cents))
        .outerjoin(HandedInPayment, HandedInPayment.hand_in_id == CashHandIn.id)
        .outerjoin(Payment, Payment.id == HandedInPayment.payment_id)
        .group_by(CashHandIn.id)
    )
    for row, count, cents in rows:
        if row.amount_cents != int(cents or 0):
            yield difference("1 cash", f"hand-in {row.number}", row.amount_cents, int(cents or 0))
        if row.handed_in_by is None:
            continue
        key = str(row.id)
        stored["hand-in", key] = (
            row.number, row.amount_cents, count, str(row.holder_id), row.business_date.isoformat(),
            str(row.handed_in_by),
        )  # fmt: skip
        if row.checked_on is not None:
            stored["count", key] = (
                row.expected_cents, row.counted_cents, row.reason, row.checked_on.isoformat(), str(row.checked_by),
            )  # fmt: skip
    for kind, key in sorted(stored.keys() | told.keys()):
        found, expected = stored.get((kind, key)), told.get((kind, key))
        if found != expected:
            yield difference("5 cash", f"{kind} {key}", found, expected)


def _told(events: Events) -> Iterator[tuple[tuple[str, str], _Told]]:
    for event in (event for event in events if event.action in _ACTIONS):
        after, facts = event.after, event.facts
        names = ("number", "amount_cents", "payments", "holder_id")
        what: _Told = tuple(after.get(name) for name in names)
        if event.action == "cash.checked":
            what = (after.get("expected_cents"), after.get("counted_cents"), facts.get("reason"))
        yield (_ACTIONS[event.action], event.record_id), (*what, facts.get("business_date"), facts.get("actor_id"))
