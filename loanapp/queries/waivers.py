"""What a waiver may let go, and what it would change, before anybody confirms it (money.md §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from domain.adjustments import WAIVABLE, check_lines, check_waiver, most_alone, of_component
from domain.approvals import ApprovalKind, ApprovalStatus
from domain.errors import NotAllowed
from domain.history import Component, InvoicePosition, Position
from domain.money import Money, total
from domain.payments import Parts
from domain.permissions import Limit, Permission
from domain.requests import RequestNotFound, RequestStatus, RequestTakesNoPayment
from loanapp.models.approvals import Approval
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class WaiverOf:
    """Which charges: those of a request (its number), of one invoice where it is named; `asked` is what was typed.

    `asked` holds (invoice number, charge) and amount, each above zero.
    """

    number: int
    invoice_number: int | None = None
    asked: Mapping[tuple[int, Component], Money] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WaivableCharge:
    """One charge with something open, in centavos: `alone_cents` is the most that the actor waives without asking."""

    invoice_number: int
    component: str
    open_cents: int
    alone_cents: int
    days_overdue: int


@dataclass(frozen=True, kw_only=True)
class WaiverForm:
    """What may be waived of a request today, and what the asked amounts would do; amounts in centavos.

    `needs_approval` says that they are above the actor's share, `is_asked` that a waiver waits for its second person.
    """

    request_id: UUID
    number: int
    client_name: str
    instalment_count: int
    limit_pct: int | None
    charges: tuple[WaivableCharge, ...]
    total_cents: int
    open_before_cents: int
    open_after_cents: int
    needs_approval: bool
    is_asked: bool


@query(Permission.CHARGES_WAIVE)
def waiver_form(tx: Tx, parameters: WaiverOf) -> WaiverForm:
    """Return what may be waived; raise RequestNotFound, RequestTakesNoPayment, or `waiver.*` for the asked amounts."""
    found = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(Request.number == parameters.number)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(number=parameters.number)
    request, client_name = found
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST):
        raise RequestTakesNoPayment(status=request.status)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    position = loaded.position(tx.business_date)
    amount = total(parameters.asked.values())
    waiting = select(Approval.id).where(
        Approval.request_id == request.id,
        Approval.kind == ApprovalKind.WAIVER,
        Approval.status == ApprovalStatus.PENDING,
    )
    return WaiverForm(
        request_id=request.id,
        number=request.number,
        client_name=client_name,
        instalment_count=len(position.invoices),
        limit_pct=tx.actor.limits.get(Limit.WAIVE_PCT, 0),
        charges=tuple(
            charge
            for invoice in position.invoices
            if parameters.invoice_number in (None, invoice.number)
            for charge in _charges(tx, invoice, loaded)
        ),
        total_cents=amount.cents,
        open_before_cents=position.total_open.cents,
        # Charges bear no mora, so that what is let go of them comes off as it is.
        open_after_cents=(position.total_open - amount).cents,
        needs_approval=bool(parameters.asked) and not _is_within(tx, position, loaded, parameters.asked),
        is_asked=tx.session.scalar(waiting) is not None,
    )


def _charges(tx: Tx, invoice: InvoicePosition, loaded: LoadedContract) -> list[WaivableCharge]:
    relief = loaded.relief.get(invoice.number, Parts())
    return [
        WaivableCharge(
            invoice_number=invoice.number,
            component=component.value,
            open_cents=of_component(invoice.open, component).cents,
            alone_cents=most_alone(tx.actor, invoice, component, relief).cents,
            days_overdue=invoice.days_overdue,
        )
        for component in WAIVABLE
        if of_component(invoice.open, component)
    ]


def _is_within(
    tx: Tx, position: Position, loaded: LoadedContract, asked: Mapping[tuple[int, Component], Money]
) -> bool:
    """Say whether the actor may waive the amounts alone; raise where they are no open charges at all."""
    lines = [(number, component, amount) for (number, component), amount in asked.items()]
    check_lines(position, lines)
    try:
        check_waiver(tx.actor, position, lines, loaded.relief)
    except NotAllowed:
        return False
    return True
