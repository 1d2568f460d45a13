"""Brings the stored rows of one contract to what the replay says, writing only the difference (architecture.md §6)."""

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, insert, select, update

from domain.history import Position
from domain.money import Money
from domain.payments import Parts
from domain.requests import RequestStatus, check_move
from loanapp.models import scope
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, aggregate_columns, invoice_columns, load_contracts, to_recover
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Allocation
from loanapp.models.requests import Request
from loanapp.services._use_case import Tx

_PARTS = ("mora", "late_fee", "interest", "principal")
_Key = tuple[UUID, int]


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What moves allocations, one of these; none where nothing can have moved them."""

    payment_id: UUID | None = None
    reversal_id: UUID | None = None
    adjustment_id: UUID | None = None
    due_date_change_id: UUID | None = None


NOTHING = Cause()


def debt(tx: Tx, request: Request, *, as_of: date) -> Money:
    """Return all that is open of a locked contract as of a business date, by a replay; nothing is written."""
    return load_contracts(tx.session, [request.id])[request.id].position(as_of).total_open


def settle(tx: Tx, client: Client, request: Request, cause: Cause) -> Position:
    """Replay a locked contract to the business date and write what differs; return its position.

    Allocations that a fact moves are cancelled by rows of opposite sign that name their cause; the invoices, the
    request's state, aggregates and watermarks, and the client's credit follow.
    """
    # The request's own pending changes must be in the database before the contract is read from it.
    tx.session.flush()
    loaded = load_contracts(tx.session, [request.id])[request.id]
    overdue_through = max(tx.business_date, loaded.request.overdue_through)
    mora_through = max(tx.business_date, loaded.request.mora_through)
    position = loaded.position(overdue_through, mora_as_of=mora_through)
    _write_allocations(tx, loaded, position, cause)
    _write_invoices(tx, loaded, position)
    client.credit_cents += position.credit.cents - request.credit_cents
    request.overdue_through, request.mora_through = overdue_through, mora_through
    to_recover_cents = to_recover(tx.session, [request])[request.id]
    for column, value in aggregate_columns(loaded, position, to_recover_cents=to_recover_cents).items():
        setattr(request, column, value)
    # Who waited for the lock fixed the moment before who held it: the time of the last effect never goes back.
    request.metrics_updated_at = max(request.metrics_updated_at or tx.now, tx.now)
    _move(request, position)
    return position


def _move(request: Request, position: Position) -> None:
    if position.is_paid and request.status in (RequestStatus.ACTIVE, RequestStatus.PAID):
        if request.status == RequestStatus.ACTIVE:
            check_move(request.status, RequestStatus.PAID)
            request.status = RequestStatus.PAID
        # Also of a request that was PAID before: a backdated payment may have settled it earlier.
        request.paid_on = position.paid_on
    elif not position.is_paid and request.status == RequestStatus.PAID:
        check_move(request.status, RequestStatus.ACTIVE)
        request.status, request.paid_on = RequestStatus.ACTIVE, None


def _write_invoices(tx: Tx, loaded: LoadedContract, position: Position) -> None:
    changed = []
    for invoice in position.invoices:
        row = loaded.invoice_rows[invoice.number]
        columns = invoice_columns(invoice)
        if any(getattr(row, name) != value for name, value in columns.items()):
            changed.append({"id": row.id, **columns})
    if changed:
        # The keys are those of rows that `load_contracts` read in the actor's scope.
        tx.session.execute(scope.outside(update(Invoice)), changed)


def _write_allocations(tx: Tx, loaded: LoadedContract, position: Position, cause: Cause) -> None:
    """Append the rows that lead from the stored allocations to the replayed ones."""
    stored = _stored_parts(tx, loaded)
    wanted: dict[_Key, Parts] = {
        (line.payment_id, loaded.invoice_rows[line.invoice_number].id): line.parts for line in position.allocations
    }
    caused_by = {f"cause_{name}": record_id for name, record_id in asdict(cause).items()}
    rows = []
    for key in sorted(stored.keys() | wanted.keys(), key=lambda key: (str(key[0]), key[1])):
        had, has = stored.get(key, Parts()), wanted.get(key, Parts())
        if had == has:
            continue
        for parts, sign in ((had, -1), (has, 1)):
            if parts.total:
                rows.append(
                    {
                        "payment_id": key[0],
                        "invoice_id": key[1],
                        **{f"{name}_cents": sign * getattr(parts, name).cents for name in _PARTS},
                        **caused_by,
                        "business_date": tx.business_date,
                        "recorded_at": tx.now,
                    }
                )
    if rows:
        tx.session.execute(insert(Allocation), rows)


def _stored_parts(tx: Tx, loaded: LoadedContract) -> dict[_Key, Parts]:
    columns = [func.sum(getattr(Allocation, f"{name}_cents")) for name in _PARTS]
    ids = [payment.payment_id for payment in loaded.payments]
    rows = tx.session.execute(
        select(Allocation.payment_id, Allocation.invoice_id, *columns)
        .where(Allocation.payment_id.in_(ids))
        .group_by(Allocation.payment_id, Allocation.invoice_id)
    )
    return {(row[0], row[1]): Parts(*(Money(int(cents)) for cents in row[2:])) for row in rows}
