"""Use case: name, replace or take out the guarantor of a request that still waits for its money."""

from dataclasses import dataclass
from uuid import UUID

from domain.errors import Checks
from domain.guarantors import GuarantorTyped, check_changeable, check_guarantor
from domain.permissions import Permission
from domain.requests import RequestNotFound
from loanapp.models import locks
from loanapp.services import _guarantors
from loanapp.services._use_case import Tx, use_case


@dataclass(frozen=True, kw_only=True)
class NameGuarantor:
    """Who answers for a request; nobody where nothing is typed, unless somebody is required."""

    request_id: UUID
    guarantor: GuarantorTyped
    is_required: bool = False


@use_case(Permission.REQUESTS_OPEN)
def name_guarantor(tx: Tx, command: NameGuarantor) -> None:
    """Name a request's guarantor; raise `guarantor.*`, the field errors of `check_guarantor` or RequestNotFound."""
    found = locks.client_of_request(tx.session, command.request_id)
    if found is None:
        raise RequestNotFound
    client, request = found
    check_changeable(request.status)
    checks = Checks()
    typed = command.guarantor
    is_nobody = typed.is_empty and not command.is_required
    known = None if is_nobody else check_guarantor(checks, typed, borrower_tax_id=client.tax_id)
    checks.finish()
    _guarantors.write(tx, client, request, known)
