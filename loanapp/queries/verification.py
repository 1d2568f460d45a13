"""`loanapp verify`: recomputes the invariants of money.md §6 and every hash chain, and reports each difference.

It never repairs.  Each contract is checked as of its own watermark; the book is read in chunks, each one snapshot.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, true

from domain.audit import SYSTEM_CHAIN
from domain.calendar import BusinessCalendar, Step
from domain.cycles import CLOSED, Cycle
from domain.history import Position
from domain.instalments import Plan, PlanTerms, build_plan
from domain.invoices import InvoiceStatus
from domain.messages import MessageStatus
from domain.money import Money
from domain.payments import Parts
from domain.permissions import Actor, Permission
from domain.proofs import Difference
from domain.requests import DISBURSED, RequestStatus
from loanapp.clock import Moment
from loanapp.models import credit_sql, return_sql
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, aggregate_columns, invoice_columns, load_contracts, to_recover
from loanapp.models.cycles import IS_WHOLE, CycleRun
from loanapp.models.inbound import InboundEvent
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message
from loanapp.models.payments import Allocation, CreditUse, Payment, Reversal
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query
from loanapp.queries.agreement_evidence import agreement_differences
from loanapp.queries.cash_evidence import cash_differences
from loanapp.queries.evidence import payment_differences, request_differences, user_differences
from loanapp.queries.money_evidence import fact_differences, last_effects, undone_since
from loanapp.queries.trail import (
    chain_differences,
    chain_of,
    difference,
    events_by_client,
    events_of_chains,
    system_differences,
)

REQUESTS_PER_CHUNK = 500
CLIENTS_PER_CHUNK = 1000
STUCK_AFTER = timedelta(hours=1)
_PARTS = ("mora", "late_fee", "interest", "principal")


@dataclass(frozen=True)
class ContractChecks:
    """A chunk of contracts: the differences found, how many were checked, and where the next chunk starts."""

    differences: tuple[Difference, ...]
    checked: int
    last_id: UUID | None


def verify(
    actor: Actor, clock: Callable[[], Moment], progress: Callable[[int], None]
) -> tuple[list[Difference], dict[str, int]]:
    """Check the whole book; return the differences and how many of each thing were checked."""
    differences: list[Difference] = []
    counts = {"requests": 0, "clients": 0}
    for counted, check in (("requests", contracts), ("clients", chains)):
        after: UUID | None = None
        while True:
            chunk = check(actor, clock(), after)
            differences.extend(chunk.differences)
            counts[counted] += chunk.checked
            progress(chunk.checked)
            if chunk.last_id is None:
                break
            after = chunk.last_id
    differences.extend(book(actor, clock(), None))
    return differences, counts


@query(Permission.BOOK_VERIFY)
def contracts(tx: Tx, after: UUID | None) -> ContractChecks:
    """Check the next contracts: stored invoices, allocations and aggregates against the replay (invariants 1 to 4)."""
    statement = select(Request).where(Request.status.in_(DISBURSED)).order_by(Request.id).limit(REQUESTS_PER_CHUNK)
    if after is not None:
        statement = statement.where(Request.id > after)
    requests = {request.id: request for request in tx.session.scalars(statement)}
    loaded = load_contracts(tx.session, list(requests))
    allocations = _allocations(tx, list(requests))
    recoverable = to_recover(tx.session, list(requests.values()))
    found: list[Difference] = []
    for request_id, request in requests.items():
        contract = loaded.get(request_id)
        if contract is None:
            found.append(difference("1 plan", f"request {request.number}", "no invoices", "its instalments"))
            continue
        position = contract.position_at_watermark()
        found.extend(_plan_differences(request, contract))
        found.extend(_invoice_differences(request, contract, position))
        found.extend(_allocation_differences(request, contract, position, allocations))
        found.extend(_aggregate_differences(request, contract, position, recoverable[request_id]))
    found.extend(agreement_differences(tx, requests, loaded))
    last_id = max(requests) if len(requests) == REQUESTS_PER_CHUNK else None
    return ContractChecks(tuple(found), len(requests), last_id)


@query(Permission.BOOK_VERIFY)
def chains(tx: Tx, after: UUID | None) -> ContractChecks:
    """Check the audit chains of the next clients, and their requests and money facts against them (invariant 5)."""
    statement = select(Client.id, Client.number, Client.audit_count, Client.audit_head).order_by(Client.id)
    if after is not None:
        statement = statement.where(Client.id > after)
    clients = tx.session.execute(statement.limit(CLIENTS_PER_CHUNK)).all()
    by_client = events_by_client(tx, [client.id for client in clients])
    found: list[Difference] = []
    for client in clients:
        record = f"client {client.number}"
        chain, events = chain_of(client.id), by_client[client.id]
        found.extend(chain_differences(record, chain, events, client.audit_count, client.audit_head))
    found.extend(request_differences(tx, by_client))
    found.extend(payment_differences(tx, by_client))
    found.extend(fact_differences(tx, by_client))
    last_id = clients[-1].id if len(clients) == CLIENTS_PER_CHUNK else None
    return ContractChecks(tuple(found), len(clients), last_id)


@query(Permission.BOOK_VERIFY)
def book(tx: Tx, _parameters: None) -> list[Difference]:
    """Check what no single contract shows: credit, the system's chain, users, states, messages, stuck rows."""
    found = list(_credit_differences(tx))
    found.extend(system_differences(tx)[0])
    of_system = events_of_chains(tx, [SYSTEM_CHAIN]).get(SYSTEM_CHAIN, ())
    found.extend(user_differences(tx, of_system))
    found.extend(cash_differences(tx, of_system))
    found.extend(_state_differences(tx))
    found.extend(_message_differences(tx))
    found.extend(_stuck_rows(tx))
    return found


def _plan_differences(request: Request, contract: LoadedContract) -> Iterator[Difference]:
    """Yield what of the invoices is not the plan that the request's terms give; an agreement's is its offer's."""
    if request.parent_id is not None:
        return
    terms = PlanTerms(
        principal=Money(request.principal_cents),
        plan=Plan(request.plan),
        step=Step(request.step),
        count=request.instalment_count,
        rate_pct=request.rate_pct,
        first_due_date=request.first_due_date,
        skip_sundays=request.skip_sundays,
    )
    # The company's holidays of that day are not known any more: what they may have moved is left out.
    expected = {
        each.number: (
            each.principal.cents, each.interest.cents, each.original.cents,
            None if request.skip_holidays else each.due_date.isoformat(),
        )
        for each in build_plan(terms, BusinessCalendar())
    }  # fmt: skip
    due_dates = contract.original_due_dates
    found = {
        number: (
            row.principal_cents, row.interest_cents, row.mora_base_cents,
            None if request.skip_holidays else due_dates.get(number, row.due_date).isoformat(),
        )
        for number, row in contract.invoice_rows.items()
    }  # fmt: skip
    for number in sorted(found.keys() | expected.keys()):
        if found.get(number) != expected.get(number):
            record = f"request {request.number} invoice {number} principal, interest, mora base, due date"
            yield difference("1 plan", record, found.get(number), expected.get(number))


def _invoice_differences(request: Request, contract: LoadedContract, position: Position) -> Iterator[Difference]:
    for invoice in position.invoices:
        row = contract.invoice_rows[invoice.number]
        for column, expected in invoice_columns(invoice).items():
            stored = getattr(row, column)
            if stored != expected:
                record = f"request {request.number} invoice {invoice.number} {column}"
                yield difference("3 charges", record, stored, expected)


def _allocations(tx: Tx, request_ids: list[UUID]) -> dict[UUID, dict[tuple[UUID, int], tuple[int, ...]]]:
    columns = [func.sum(getattr(Allocation, f"{name}_cents")) for name in _PARTS]
    rows = tx.session.execute(
        select(Payment.request_id, Allocation.payment_id, Allocation.invoice_id, *columns)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Payment.request_id.in_(request_ids))
        .group_by(Payment.request_id, Allocation.payment_id, Allocation.invoice_id)
    )
    stored: dict[UUID, dict[tuple[UUID, int], tuple[int, ...]]] = {}
    for row in rows:
        parts = tuple(int(cents) for cents in row[3:])
        if any(parts):
            stored.setdefault(row[0], {})[row[1], row[2]] = parts
    return stored


def _allocation_differences(
    request: Request,
    contract: LoadedContract,
    position: Position,
    allocations: dict[UUID, dict[tuple[UUID, int], tuple[int, ...]]],
) -> Iterator[Difference]:
    stored = allocations.get(request.id, {})
    expected = {
        (line.payment_id, contract.invoice_rows[line.invoice_number].id): _cents(line.parts)
        for line in position.allocations
    }
    for key in stored.keys() | expected.keys():
        if stored.get(key) != expected.get(key):
            record = f"request {request.number} payment {key[0]} invoice row {key[1]}"
            yield difference("1 allocations", record, stored.get(key), expected.get(key))


def _cents(parts: Parts) -> tuple[int, ...]:
    return tuple(getattr(parts, name).cents for name in _PARTS)


def _aggregate_differences(
    request: Request, contract: LoadedContract, position: Position, to_recover_cents: int
) -> Iterator[Difference]:
    for column, expected in aggregate_columns(contract, position, to_recover_cents=to_recover_cents).items():
        stored = getattr(request, column)
        if stored != expected:
            yield difference("4 aggregates", f"request {request.number} {column}", stored, expected)
    is_paid = request.status == RequestStatus.PAID
    if request.status in (RequestStatus.ACTIVE, RequestStatus.PAID) and is_paid != position.is_paid:
        yield difference("2 status", f"request {request.number}", request.status, f"paid: {position.is_paid}")
    elif is_paid and request.paid_on != position.paid_on:
        yield difference("2 status", f"request {request.number} paid_on", request.paid_on, position.paid_on)


def _state_differences(tx: Tx) -> Iterator[Difference]:
    """Yield requests whose state says that no money left though invoices stand, and figures older than their cause."""
    standing = select(Invoice.id).where(Invoice.request_id == Request.id, Invoice.status != InvoiceStatus.CANCELLED)
    for number, status in tx.session.execute(
        select(Request.number, Request.status).where(Request.status.not_in(DISBURSED), standing.exists())
    ):
        yield difference("2 status", f"request {number}", status, "disbursed: it has invoices")
    last_effect = func.greatest(Request.disbursed_at, *last_effects())
    for number, found, expected in tx.session.execute(
        select(Request.number, Request.metrics_updated_at, last_effect).where(
            Request.status.in_(DISBURSED), func.coalesce(Request.metrics_updated_at < last_effect, true())
        )
    ):
        yield difference("4 aggregates", f"request {number} metrics_updated_at", found, f"{expected} or later")


def _credit_differences(tx: Tx) -> Iterator[Difference]:
    allocated = (
        select(
            Allocation.payment_id,
            func.sum(sum(getattr(Allocation, f"{name}_cents") for name in _PARTS)).label("cents"),
        )
        .group_by(Allocation.payment_id)
        .subquery()
    )
    used = (
        select(CreditUse.source_payment_id, func.sum(CreditUse.amount_cents).label("cents"))
        .where(credit_sql.is_in_use())
        .group_by(CreditUse.source_payment_id)
        .subquery()
    )
    left = (
        select(
            Request.client_id,
            func.sum(Payment.amount_cents - func.coalesce(allocated.c.cents, 0) - func.coalesce(used.c.cents, 0)).label(
                "cents"
            ),
        )
        .join(Request, Request.id == Payment.request_id)
        .outerjoin(allocated, allocated.c.payment_id == Payment.id)
        .outerjoin(used, used.c.source_payment_id == Payment.id)
        .where(
            Payment.id.not_in(select(Reversal.payment_id).where(Reversal.payment_id.is_not(None))),
            ~return_sql.is_returned(),
        )
        .group_by(Request.client_id)
        .subquery()
    )
    rows = tx.session.execute(
        select(Client.number, Client.credit_cents, func.coalesce(left.c.cents, 0).label("expected"))
        .outerjoin(left, left.c.client_id == Client.id)
        .where(Client.credit_cents != func.coalesce(left.c.cents, 0))
    )
    for row in rows:
        yield difference("1 credit", f"client {row.number}", row.credit_cents, row.expected)


def _message_differences(tx: Tx) -> Iterator[Difference]:
    """Invariant 6, for the newest closed charge cycle: later payments may have changed what older ones looked at."""
    run = tx.session.scalar(
        select(CycleRun)
        .where(CycleRun.cycle == Cycle.CHARGE, CycleRun.status.in_(CLOSED), IS_WHOLE)
        .order_by(CycleRun.business_date.desc(), CycleRun.replay_number.desc())
        .limit(1)
    )
    if run is None or run.failed:
        return
    key = func.concat("charge:", Request.client_id, ":", run.business_date.isoformat())
    rows = tx.session.scalars(
        select(Client.number)
        .distinct()
        .join(Request, Request.client_id == Client.id)
        .join(Invoice, Invoice.request_id == Request.id)
        .where(
            Request.status == RequestStatus.ACTIVE,
            Request.disbursed_at < run.opened_at,
            # What was undone or moved since may owe again what owed nothing on that morning.
            ~undone_since(run.opened_at),
            Invoice.status.in_(("OPEN", "UNPAID")),
            Invoice.effective_due_date <= run.business_date,
            ~select(Message.id).where(Message.dedupe_key == key).exists(),
        )
    )
    for number in rows:
        yield difference("6 messages", f"client {number} {run.business_date}", "no message", "one, or its reason")


def _stuck_rows(tx: Tx) -> Iterator[Difference]:
    long_ago = tx.now - STUCK_AFTER
    stuck: dict[str, Any] = {
        "message": select(Message.id).where(Message.status == MessageStatus.SENDING, Message.leased_until < long_ago),
        "inbound event": select(InboundEvent.id).where(
            InboundEvent.handled_at.is_(None), InboundEvent.available_at < long_ago
        ),
        "cycle run": select(CycleRun.id).where(CycleRun.status == "RUNNING", CycleRun.started_at < long_ago),
    }
    for name, statement in stuck.items():
        for row_id in tx.session.scalars(statement):
            yield difference("stuck", f"{name} {row_id}", "waiting for more than an hour", "handled")
