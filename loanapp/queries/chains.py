"""The chain of renegotiations that a loan stands in: which came before, which after, and whether it is in arrears."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from domain.permissions import Permission
from loanapp.models.renegotiations import Renegotiation
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class ChainLink:
    """One loan of a chain; `offer_number` is the accepted offer that it came from, None of the first.

    `overdue_since` is the oldest effective due date still overdue as the cycles left it, None in good order.
    """

    number: int
    status: str
    principal_cents: int
    disbursed_on: date | None
    overdue_since: date | None
    offer_number: int | None


@query(Permission.REQUESTS_VIEW, is_one_statement=True)
def chain(tx: Tx, number: int) -> tuple[ChainLink, ...]:
    """Return the loans of the chain that a loan stands in, the first one first; nothing where it stands alone."""
    root_id = select(Request.root_id).where(Request.number == number).scalar_subquery()
    rows = tx.session.execute(
        select(
            Request.number, Request.status, Request.principal_cents, Request.disbursed_on, Request.overdue_since,
            Renegotiation.number.label("offer_number"),
        )
        .outerjoin(Renegotiation, Renegotiation.new_request_id == Request.id)
        .where(Request.root_id == root_id)
        .order_by(Request.number)
    ).all()  # fmt: skip
    if len(rows) == 1:
        return ()
    return tuple(
        ChainLink(
            number=row.number,
            status=row.status,
            principal_cents=row.principal_cents,
            disbursed_on=row.disbursed_on,
            overdue_since=row.overdue_since,
            offer_number=row.offer_number,
        )
        for row in rows
    )
