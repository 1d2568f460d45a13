"""The Pix that pays an invoice, or what of a loan is due: the code to copy, its QR code, and until when it is right."""

from dataclasses import dataclass
from datetime import date

import segno
from sqlalchemy import select

from domain.history import Position
from domain.money import Money, total
from domain.payments import check_amount
from domain.permissions import Permission
from domain.pix import PixReceiver, copy_and_paste, reference_of
from domain.requests import RequestNotFound, RequestStatus
from loanapp.models.charged import payable
from loanapp.models.company import pix_receiver
from loanapp.models.contracts import LoadedContract, load_contracts
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query

_MODULE_PIXELS = 4


@dataclass(frozen=True, kw_only=True)
class PixOf:
    """A loan by its number and, if only one is to be paid, its invoice; as of which day its charges count, or today.

    Without `amount` the Pix asks for what is open: of the invoice; of the loan, what is due by then, or its next
    invoice where nothing is, or all of it with `is_whole`.
    """

    request_number: int
    invoice_number: int | None = None
    as_of: date | None = None
    amount: Money | None = None
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class PixShown:
    """A Pix as shown: `qr_svg` is an image as a data URI; who pays after `valid_until` owes more than `amount`."""

    copy_and_paste: str
    qr_svg: str
    amount: Money
    valid_until: date


@query(Permission.PAYMENTS_VIEW)
def pix_of(tx: Tx, parameters: PixOf) -> PixShown | None:
    """Return the Pix that pays a loan or one of its invoices; None without a key, or where nothing is to be paid.

    Raises RequestNotFound, and `payment.*` for an amount that is no payment.
    """
    found = tx.session.execute(
        select(Request.id, Request.status, Request.disbursed_on).where(Request.number == parameters.request_number)
    ).one_or_none()
    if found is None:
        raise RequestNotFound(number=parameters.request_number)
    receiver = pix_receiver(tx.session)
    takes_money = found.status in (RequestStatus.ACTIVE, RequestStatus.LOST) and found.disbursed_on is not None
    if receiver is None or not takes_money:
        return None
    as_of = parameters.as_of or tx.business_date
    loaded = load_contracts(tx.session, [found.id])[found.id]
    owed = _owed(loaded, loaded.position(as_of), parameters)
    if not owed:
        return None
    amount = owed if parameters.amount is None else check_amount(parameters.amount)
    reference = reference_of(parameters.request_number, parameters.invoice_number)
    return shown(receiver, amount, reference=reference, valid_until=as_of)


def shown(receiver: PixReceiver, amount: Money, *, reference: str, valid_until: date) -> PixShown:
    """Return the Pix for an amount, with its QR code; for papers as for screens."""
    code = copy_and_paste(receiver, amount, reference=reference)
    qr_code = segno.make(code, micro=False).svg_data_uri(scale=_MODULE_PIXELS, dark="#000", light="#fff")
    return PixShown(copy_and_paste=code, qr_svg=qr_code, amount=amount, valid_until=valid_until)


def _owed(loaded: LoadedContract, position: Position, parameters: PixOf) -> Money:
    unsettled = [invoice for invoice in position.invoices if invoice.open.total]
    if parameters.invoice_number is not None:
        chosen = [invoice for invoice in unsettled if invoice.number == parameters.invoice_number]
    else:
        chosen = unsettled if parameters.is_whole else list(payable(loaded, position))
    return total(invoice.open.total for invoice in chosen)
