"""A loan written off, and taken back from there: what both do to its rows (product.md)."""

from domain.messages import Reason
from domain.requests import RequestMoved, RequestStatus
from loanapp.models.clients import Client
from loanapp.models.requests import Request
from loanapp.services import _audit, _outbox, _positions
from loanapp.services._use_case import Tx


def lose(tx: Tx, client: Client, request: Request, reason: str, **facts: object) -> None:
    """Write a locked loan off as of the business date; its charges go on in the statement, no cycle visits it again."""
    position = _positions.settle(tx, client, request, _positions.NOTHING)
    before = request.status
    request.status, request.lost_on = RequestStatus.LOST, tx.business_date
    _outbox.cancel_moot(tx, client, Reason.WRITTEN_OFF)
    _audit.note(
        tx, client, "request.lost", "request", request.id, before={"status": before}, reason=reason,
        after={
            "status": request.status, "lost_on": tx.business_date.isoformat(),
            "total_open_cents": position.total_open.cents, **facts,
        },
    )  # fmt: skip


def check_reopenable(request: Request) -> None:
    """Raise RequestMoved unless the loan is LOST."""
    if request.status != RequestStatus.LOST:
        raise RequestMoved(status=request.status, to=RequestStatus.ACTIVE.value)


def reopen(tx: Tx, client: Client, request: Request, reason: str, **facts: object) -> None:
    """Take a locked loan back from LOST: charges are brought to today, and the cycles visit it again.

    What it received meanwhile stays received; where that was all, the loan is PAID.
    """
    check_reopenable(request)
    assert request.lost_on is not None
    before = {"status": request.status, "lost_on": request.lost_on.isoformat()}
    request.status, request.lost_on = RequestStatus.ACTIVE, None
    position = _positions.settle(tx, client, request, _positions.NOTHING)
    _audit.note(
        tx, client, "request.reopened", "request", request.id,
        before=before, reason=reason,
        after={"status": request.status, "total_open_cents": position.total_open.cents, **facts},
    )  # fmt: skip
