"""The guarantor on a loan's record, identities masked."""

from dataclasses import dataclass
from uuid import UUID

from domain import masking
from domain.guarantors import CHANGEABLE
from domain.permissions import Permission
from domain.requests import RequestStatus
from loanapp.models.guarantors import guarantor_of
from loanapp.models.requests import Request
from loanapp.queries._parties import find
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class GuarantorCard:
    """Who answers for a loan, all texts empty for nobody.

    `first_number` is the loan whose contract the guarantor signed, the first of the chain.
    """

    request_id: UUID
    name: str
    tax_id: str
    phone: str
    address: str
    first_number: int
    is_changeable: bool


@query(Permission.REQUESTS_VIEW)
def guarantor_card(tx: Tx, number: int) -> GuarantorCard:
    """Return the guarantor of the loan with a number; raise RequestNotFound."""
    request, _ = find(tx, number)
    known = guarantor_of(tx.session, request.root_id)
    first = tx.session.get_one(Request, request.root_id)
    return GuarantorCard(
        request_id=request.id,
        name=known.name if known else "",
        tax_id=masking.tax_id(known.tax_id) if known else "",
        phone=masking.phone(known.phone) if known else "",
        address=known.address if known else "",
        first_number=first.number,
        is_changeable=RequestStatus(request.status) in CHANGEABLE,
    )
