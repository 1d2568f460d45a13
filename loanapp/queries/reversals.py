"""What a reversal would do, shown before it is confirmed: the use case's own replay."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select

from domain.errors import DomainError
from domain.history import CreditUse, InvoicePosition, PaymentFact, Position
from domain.money import Money
from domain.payments import PaymentMethod, PaymentNotFound
from domain.permissions import Permission
from domain.requests import RequestStatus
from domain.reversals import AlreadyReversed, CreditInUse, Registered, check_may_reverse, check_reversible
from loanapp.models import credit_sql
from loanapp.models.cash import HandedInPayment
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.payments import CreditUse as CreditUseRow
from loanapp.models.payments import Payment
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One invoice on the business date: its state, days overdue, and in centavos its charges and what is open."""

    status: str
    days_overdue: int
    late_fee_cents: int
    mora_cents: int
    open_cents: int


@dataclass(frozen=True, kw_only=True)
class InvoiceEffect:
    """One invoice that a reversal changes."""

    number: int
    before: Standing
    after: Standing


@dataclass(frozen=True, kw_only=True)
class ReversalEffect:
    """What reversing a payment today would change; amounts in centavos.

    `invoices` are those of its request that change.  `credit_change_cents` is the client's: what the payment left over
    goes, what a payment by credit used comes back.  `obstacle` is the code of the refusal that would come, with its
    `values`; empty where nothing stands in the way.
    """

    payment_id: UUID
    number: int
    amount_cents: int
    method: str
    received_on: date
    request_number: int
    status_before: str
    status_after: str
    open_before_cents: int
    open_after_cents: int
    credit_change_cents: int
    invoices: tuple[InvoiceEffect, ...]
    obstacle: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@query(Permission.PAYMENTS_REVERSE)
def payment_id_of(tx: Tx, number: int) -> UUID | None:
    """Return the id of the payment with the number of its receipt, None when there is none."""
    return tx.session.scalar(select(Payment.id).where(Payment.number == number))


@query(Permission.PAYMENTS_REVERSE)
def reversal_effect(tx: Tx, payment_id: UUID) -> ReversalEffect:
    """Return what reversing a payment today would change; raise PaymentNotFound."""
    payment = tx.session.get(Payment, payment_id)
    if payment is None:
        raise PaymentNotFound(field="payment_id")
    request = tx.session.get_one(Request, payment.request_id)
    sources = _sources(tx, payment)
    contracts = load_contracts(tx.session, list({request.id, *(request_id for request_id, _, _ in sources)}))
    day = max(tx.business_date, *(contract.request.overdue_through for contract in contracts.values()))
    undone = {key: _undone(contract, payment_id, sources, day) for key, contract in contracts.items()}
    # A request whose credit comes back may owe again, and take it.
    change = sum(
        undone[key].position(day).credit.cents - contract.position(day).credit.cents
        for key, contract in contracts.items()
    )
    before, after = contracts[request.id].position(day), undone[request.id].position(day)
    obstacle = _obstacle(tx, payment, request, contracts[request.id])
    return ReversalEffect(
        payment_id=payment.id,
        number=payment.number,
        amount_cents=payment.amount_cents,
        method=payment.method,
        received_on=payment.received_on,
        request_number=request.number,
        status_before=request.status,
        status_after=_status_after(request.status, after),
        open_before_cents=before.total_open.cents,
        open_after_cents=after.total_open.cents,
        credit_change_cents=change,
        invoices=tuple(
            InvoiceEffect(number=old.number, before=_standing(old), after=_standing(new))
            for old, new in zip(before.invoices, after.invoices, strict=True)
            if _standing(old) != _standing(new)
        ),
        obstacle=obstacle.code if obstacle else "",
        values=obstacle.values if obstacle else {},
    )


_Source = tuple[UUID, UUID, CreditUse]


def _sources(tx: Tx, payment: Payment) -> list[_Source]:
    """Return whose credit a payment by credit uses: request, payment and use."""
    if payment.method != PaymentMethod.CREDIT:
        return []
    rows = tx.session.execute(
        select(Payment.request_id, Payment.id, CreditUseRow.business_date, CreditUseRow.amount_cents)
        .join(CreditUseRow, CreditUseRow.source_payment_id == Payment.id)
        .where(CreditUseRow.used_by_payment_id == payment.id)
    )
    return [(row[0], row[1], CreditUse(used_on=row[2], amount=Money(row[3]))) for row in rows]


def _undone(loaded: LoadedContract, payment_id: UUID, sources: list[_Source], day: date) -> LoadedContract:
    """Return the contract as if a payment were reversed on a day, and the credit that it used were there again."""
    freed = {source_id: use for _, source_id, use in sources}

    def fact(payment: PaymentFact) -> PaymentFact:
        if payment.payment_id == payment_id:
            return replace(payment, reversed_on=payment.reversed_on or day)
        use = freed.get(payment.payment_id)
        if use not in payment.credit_uses:
            return payment
        # Uses of the same day and amount are alike: which of them ends makes no difference.
        left = list(payment.credit_uses)
        left.remove(use)
        return replace(payment, credit_uses=tuple(left))

    return replace(loaded, payments=tuple(fact(payment) for payment in loaded.payments))


def _standing(invoice: InvoicePosition) -> Standing:
    return Standing(
        status=invoice.status.value,
        days_overdue=invoice.days_overdue,
        late_fee_cents=invoice.late_fee.cents,
        mora_cents=invoice.mora.cents,
        open_cents=invoice.open.total.cents,
    )


def _status_after(status: str, after: Position) -> str:
    if status not in (RequestStatus.ACTIVE, RequestStatus.PAID):
        return status
    return (RequestStatus.PAID if after.is_paid else RequestStatus.ACTIVE).value


def _obstacle(tx: Tx, payment: Payment, request: Request, loaded: LoadedContract) -> DomainError | None:
    """Return the refusal that the reversal would meet."""
    registered = Registered(
        by=payment.registered_by,
        on=payment.business_date,
        at=payment.registered_at,
        is_handed_in=tx.session.get(HandedInPayment, payment.id) is not None,
    )
    used_by = tx.session.scalars(credit_sql.users_of(payment.id)).all()
    try:
        if any(fact.payment_id == payment.id and fact.reversed_on for fact in loaded.payments):
            raise AlreadyReversed
        check_may_reverse(tx.actor, registered, today=tx.business_date, now=tx.now)
        check_reversible(request.status)
        if used_by:
            raise CreditInUse(used_by=", ".join(used_by))
    except DomainError as refusal:
        return refusal
    return None
