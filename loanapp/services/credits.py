"""Use cases of the client's credit: it pays another request, or is paid back (money.md §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert

from domain.clients import ClientNotFound, optional_text, required_text
from domain.credits import (
    CreditAboveOpen,
    CreditSource,
    RefundIdTaken,
    check_refund_method,
    take,
)
from domain.errors import Checks
from domain.money import Money
from domain.payments import PaymentMethod, check_amount
from domain.permissions import Permission
from domain.requests import RequestStatus, RequestTakesNoPayment
from loanapp.models import credit_sql, locks
from loanapp.models.clients import Client
from loanapp.models.contracts import load_contracts
from loanapp.models.payments import CreditUse, Refund
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox, _positions, _received
from loanapp.services._positions import NOTHING, Cause
from loanapp.services._received import PaymentReceipt, Received
from loanapp.services._use_case import Tx, use_case

TEXT_LENGTH_MAXIMUM = 500
_Taken = Sequence[tuple[CreditSource, Money]]


@dataclass(frozen=True, kw_only=True)
class UseCredit:
    """Pay a request with credit that its client has. The same `payment_id` twice is one payment."""

    payment_id: UUID
    request_id: UUID
    amount: Money
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundCredit:
    """Pay credit back to its client, today, with a reason. The same `refund_id` twice is one refund."""

    refund_id: UUID
    client_id: UUID
    amount: Money
    method: PaymentMethod
    reason: str


@dataclass(frozen=True)
class RefundReceipt:
    """What was paid back; `number` is the one that users see."""

    refund_id: UUID
    number: int
    amount: Money
    is_new: bool


@use_case(Permission.CREDIT_USE)
def use_credit(tx: Tx, command: UseCredit) -> PaymentReceipt:
    """Use credit as a payment of method CREDIT, dated today, at most what the request owes; oldest credit first."""
    client, request = _received.locked(tx, command.request_id)
    received = Received(
        payment_id=command.payment_id,
        request_id=request.id,
        amount=command.amount,
        method=PaymentMethod.CREDIT,
        received_on=tx.business_date,
    )
    existing = _received.existing(tx, received)
    if existing is not None:
        return existing
    if request.status not in (RequestStatus.ACTIVE, RequestStatus.LOST):
        raise RequestTakesNoPayment(status=request.status)
    checks = Checks()
    checks.take("amount", check_amount, command.amount)
    note = checks.take("note", optional_text, command.note, length_maximum=TEXT_LENGTH_MAXIMUM)
    checks.finish()
    is_open = load_contracts(tx.session, [request.id])[request.id].position(tx.business_date).total_open
    if command.amount > is_open:
        raise CreditAboveOpen(field="amount", open=is_open)
    taken = take(command.amount, _sources(tx, client))
    receipt = _received.insert_payment(tx, received, note=_audit.masked(client, note or ""))
    _insert_uses(tx, taken, used_by_payment_id=receipt.payment_id)
    position = _positions.settle(tx, client, request, Cause(payment_id=receipt.payment_id))
    _settle_sources(tx, client, taken, Cause(payment_id=receipt.payment_id))
    _audit.note(
        tx, client, "credit.used", "payment", receipt.payment_id,
        after=_received.facts_of(received, receipt, request)
        | {"sources": _told(taken), "total_open_cents": position.total_open.cents},
    )  # fmt: skip
    _outbox.cancel_moot(tx, client)
    return receipt


@use_case(Permission.CREDIT_REFUND)
def refund_credit(tx: Tx, command: RefundCredit) -> RefundReceipt:
    """Pay credit back, oldest first; raise CreditNotEnough for more than there is."""
    client = locks.client(tx.session, command.client_id)
    if client is None:
        raise ClientNotFound(field="client_id")
    existing = _existing_refund(tx, command)
    if existing is not None:
        return existing
    checks = Checks()
    checks.take("amount", check_amount, command.amount)
    checks.take("method", check_refund_method, command.method)
    typed = checks.take("reason", required_text, command.reason, length_maximum=TEXT_LENGTH_MAXIMUM)
    checks.finish()
    reason = _audit.masked(client, typed or "")
    taken = take(command.amount, _sources(tx, client))
    number = tx.session.scalars(
        insert(Refund)
        .values(
            id=command.refund_id,
            client_id=client.id,
            amount_cents=command.amount.cents,
            method=command.method,
            refunded_on=tx.business_date,
            reason=reason,
            refunded_by=tx.actor.user_id,
            business_date=tx.business_date,
            refunded_at=tx.now,
        )
        .returning(Refund.number)
    ).one()
    _insert_uses(tx, taken, refund_id=command.refund_id)
    # Credit that leaves was allocated nowhere: there is nothing that it could move.
    _settle_sources(tx, client, taken, NOTHING)
    _audit.note(
        tx, client, "credit.refunded", "refund", command.refund_id, reason=reason,
        after={
            "number": number, "amount_cents": command.amount.cents, "method": command.method,
            "refunded_on": tx.business_date.isoformat(), "sources": _told(taken),
        },
    )  # fmt: skip
    return RefundReceipt(command.refund_id, number, command.amount, is_new=True)


def _existing_refund(tx: Tx, command: RefundCredit) -> RefundReceipt | None:
    refund = tx.session.get(Refund, command.refund_id)
    if refund is None:
        return None
    is_same_order = (
        refund.client_id == command.client_id
        and refund.amount_cents == command.amount.cents
        and refund.method == command.method
        and refund.refunded_by == tx.actor.user_id
    )
    if not is_same_order:
        raise RefundIdTaken
    return RefundReceipt(refund.id, refund.number, command.amount, is_new=False)


def _sources(tx: Tx, client: Client) -> list[CreditSource]:
    return [
        CreditSource(
            payment_id=row.id,
            payment_number=row.number,
            request_id=row.request_id,
            unused=Money(int(row.unused_cents)),
        )
        for row in tx.session.execute(credit_sql.sources_of(client.id))
    ]


def _insert_uses(
    tx: Tx, taken: _Taken, *, used_by_payment_id: UUID | None = None, refund_id: UUID | None = None
) -> None:
    tx.session.execute(
        insert(CreditUse),
        [
            {
                "source_payment_id": source.payment_id,
                "amount_cents": amount.cents,
                "used_by_payment_id": used_by_payment_id,
                "refund_id": refund_id,
                "business_date": tx.business_date,
                "recorded_at": tx.now,
            }
            for source, amount in taken
        ],
    )


def _settle_sources(tx: Tx, client: Client, taken: _Taken, cause: Cause) -> None:
    for request_id in dict.fromkeys(source.request_id for source, _ in taken):
        _positions.settle(tx, client, tx.session.get_one(Request, request_id), cause)


def _told(taken: _Taken) -> list[dict[str, int]]:
    return [{"payment": source.payment_number, "amount_cents": amount.cents} for source, amount in taken]
