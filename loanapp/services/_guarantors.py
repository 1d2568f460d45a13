"""A request's guarantor as a row: named, replaced, taken out; each change is an event on the client's chain."""

from collections.abc import Mapping

from domain.guarantors import Guarantor as Known
from loanapp.models.clients import Client
from loanapp.models.guarantors import COLUMNS, Guarantor
from loanapp.models.requests import Request
from loanapp.services import _audit
from loanapp.services._use_case import Tx


def write(tx: Tx, client: Client, request: Request, guarantor: Known | None) -> None:
    """Make somebody, or nobody, the guarantor of a request; what already is so is left alone."""
    row = tx.session.get(Guarantor, request.id)
    before = _columns(row)
    after = _columns(guarantor)
    if before == after:
        return
    if guarantor is None:
        tx.session.delete(row)
    elif row is None:
        tx.session.add(Guarantor(request_id=request.id, named_at=tx.now, **after))
    else:
        for column, value in after.items():
            setattr(row, column, value)
        row.named_at = tx.now
    tx.session.flush()
    action = "guarantor.named" if guarantor else "guarantor.removed"
    _audit.note(tx, client, action, "guarantor", request.id, before=before, after=after)


def _columns(source: Guarantor | Known | None) -> Mapping[str, str]:
    return {column: getattr(source, column) for column in COLUMNS} if source else {}
