"""Use case: note that a paper about somebody's loan leaves the house; it names the borrower in full."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from domain.papers import PaperKind
from domain.permissions import Permission
from domain.requests import RequestNotFound
from loanapp.models import locks
from loanapp.models.requests import Request
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case


@dataclass(frozen=True, kw_only=True)
class NotePaper:
    """A paper of the loan with a number is about to be handed out."""

    kind: PaperKind
    number: int


@use_case(Permission.PAPERS_ISSUE)
def note_paper(tx: Tx, command: NotePaper) -> UUID:
    """Note a paper before it is given, and return whose it is; raise RequestNotFound."""
    request_id = tx.session.scalar(select(Request.id).where(Request.number == command.number))
    found = locks.client_of_request(tx.session, request_id) if request_id else None
    if found is None:
        raise RequestNotFound(number=command.number)
    client, request = found
    _audit.note(
        tx, client, "paper.issued", "paper", request.id,
        after={"paper": command.kind.value, "request": request.number},
    )  # fmt: skip
    return client.id
