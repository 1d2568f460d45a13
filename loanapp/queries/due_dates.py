"""What moving a due date would change, before anybody confirms it: the use case's own replay (money.md §1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import select

from domain.adjustments import check_relief
from domain.calendar import BusinessCalendar
from domain.due_dates import check_due_date
from domain.errors import NotAllowed
from domain.history import InvoicePosition
from domain.invoices import InvoiceNotOpen, InvoiceStatus
from domain.payments import Parts
from domain.permissions import Permission
from domain.requests import RequestNotFound, RequestStatus, RequestTakesNoPayment
from loanapp.models.clients import Client
from loanapp.models.contracts import LoadedContract, company_holidays, load_contracts
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class DueDateAsked:
    """Which invoice, by its request's number and its own (the oldest open one where none is named).

    `due_date` is the one that was typed, None before that.
    """

    number: int
    invoice_number: int | None = None
    due_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class DatedInvoice:
    """An invoice with a due date, on the business date: its state, days overdue, and in centavos its charges.

    `loan_open_cents` is what its whole request owes then: payments reach the oldest invoice first, so that another
    due date may move them from one invoice to another.
    """

    due_date: date
    effective_due_date: date
    status: str
    days_overdue: int
    late_fee_cents: int
    mora_cents: int
    open_cents: int
    loan_open_cents: int


@dataclass(frozen=True, kw_only=True)
class MovableInvoice:
    """One open invoice of the request, whose due date may move."""

    invoice_id: int
    number: int
    due_date: date


@dataclass(frozen=True, kw_only=True)
class DueDateEffect:
    """What moving the due date of an invoice today would change; without a typed date `after` is as `before`.

    `obstacle` is the code of the refusal that would come, with its `values`; empty where nothing stands in the way.
    """

    number: int
    invoice_number: int
    client_name: str
    movable: tuple[MovableInvoice, ...]
    before: DatedInvoice
    after: DatedInvoice
    obstacle: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@query(Permission.INVOICES_CHANGE_DUE_DATE)
def due_date_effect(tx: Tx, parameters: DueDateAsked) -> DueDateEffect:
    """Return what a new due date would change; raise RequestNotFound, RequestTakesNoPayment, InvoiceNotOpen.

    A date that is impossible is refused with DueDateImpossible.
    """
    found = tx.session.execute(
        select(Request, Client.name)
        .join(Client, Client.id == Request.client_id)
        .where(Request.number == parameters.number)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(number=parameters.number)
    request, client_name = found
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST) or request.disbursed_on is None:
        raise RequestTakesNoPayment(status=request.status)
    loaded = load_contracts(tx.session, [request.id])[request.id]
    movable = {
        number: MovableInvoice(invoice_id=row.id, number=number, due_date=row.due_date)
        for number, row in loaded.invoice_rows.items()
        if row.status in (InvoiceStatus.OPEN, InvoiceStatus.UNPAID)
    }
    number = min(movable, default=0) if parameters.invoice_number is None else parameters.invoice_number
    if number not in movable:
        raise InvoiceNotOpen
    moved = loaded
    if parameters.due_date is not None:
        check_due_date(
            parameters.due_date,
            before=movable[number].due_date,
            disbursed_on=request.disbursed_on,
            today=tx.business_date,
        )
        effective = BusinessCalendar(company_holidays(tx.session)).effective(parameters.due_date)
        moved = _moved(loaded, number, parameters.due_date, effective)
    before, after = (_invoice_of(each, number, tx.business_date) for each in (loaded, moved))
    obstacle = None
    try:
        check_relief(tx.actor, before, after, loaded.relief.get(number, Parts()))
    except NotAllowed as refusal:
        obstacle = refusal
    return DueDateEffect(
        number=request.number,
        invoice_number=number,
        client_name=client_name,
        movable=tuple(movable[each] for each in sorted(movable)),
        before=_dated(loaded, before, tx.business_date),
        after=_dated(moved, after, tx.business_date),
        obstacle=obstacle.code if obstacle else "",
        values=obstacle.values if obstacle else {},
    )


def _moved(loaded: LoadedContract, number: int, due_date: date, effective_due_date: date) -> LoadedContract:
    """Return the contract with another due date of one invoice."""
    invoices = tuple(
        replace(invoice, due_date=due_date, effective_due_date=effective_due_date)
        if invoice.number == number
        else invoice
        for invoice in loaded.contract.invoices
    )
    return replace(loaded, contract=replace(loaded.contract, invoices=invoices))


def _invoice_of(loaded: LoadedContract, number: int, day: date) -> InvoicePosition:
    return next(invoice for invoice in loaded.position(day).invoices if invoice.number == number)


def _dated(loaded: LoadedContract, position: InvoicePosition, day: date) -> DatedInvoice:
    invoice = next(each for each in loaded.contract.invoices if each.number == position.number)
    return DatedInvoice(
        due_date=invoice.due_date,
        effective_due_date=invoice.effective_due_date,
        status=position.status.value,
        days_overdue=position.days_overdue,
        late_fee_cents=position.late_fee.cents,
        mora_cents=position.mora.cents,
        open_cents=position.open.total.cents,
        loan_open_cents=sum(each.open.total.cents for each in loaded.position(day).invoices),
    )
