"""A disbursement taken back: nothing was paid yet, so that the loan ends as if no money had left (product.md)."""

from sqlalchemy import select, update

from domain.invoices import InvoiceStatus
from domain.messages import Reason
from domain.requests import RequestIsAgreement, RequestMoved, RequestStatus, check_unpaid
from loanapp.models import scope
from loanapp.models.clients import Client
from loanapp.models.invoices import Invoice
from loanapp.models.payments import Payment, Reversal
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox, _positions
from loanapp.services._use_case import Tx


def check_cancellable(tx: Tx, request: Request) -> None:
    """Raise RequestMoved, RequestIsAgreement or RequestHasPayments unless the disbursement may be taken back."""
    if request.status != RequestStatus.ACTIVE:
        raise RequestMoved(status=request.status, to=RequestStatus.UNAPPROVED.value)
    if request.parent_id is not None:
        raise RequestIsAgreement
    paid = (
        select(Payment.number)
        .outerjoin(Reversal, Reversal.payment_id == Payment.id)
        .where(Payment.request_id == request.id, Reversal.id.is_(None))
    )
    check_unpaid(tx.session.scalars(paid).all())


def cancel(tx: Tx, client: Client, request: Request, reason: str, **facts: object) -> None:
    """Take a locked loan's disbursement back: its invoices are CANCELLED, nothing of it is owed any more."""
    check_cancellable(tx, request)
    before = request.status
    request.status, request.unapproved_on = RequestStatus.UNAPPROVED, tx.business_date
    tx.session.execute(
        scope.outside(update(Invoice).where(Invoice.request_id == request.id)).values(status=InvoiceStatus.CANCELLED)
    )
    _positions.settle(tx, client, request, _positions.NOTHING)
    _outbox.cancel_moot(tx, client, Reason.LOAN_CANCELLED)
    _audit.note(
        tx, client, "request.cancelled", "request", request.id, before={"status": before}, reason=reason,
        after={"status": request.status, "amount_cents": request.principal_cents, **facts},
    )  # fmt: skip
