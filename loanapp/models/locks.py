"""Row and advisory locks, the only place that takes them (architecture.md P5 to P8).

Order: advisory lock, client, WhatsApp instance, message; of a kind, ascending id.  A lock always re-reads the row
(`populate_existing`), and what decides is read in a later statement, which sees a new snapshot.  `FOR NO KEY UPDATE`
lets child rows be inserted by others meanwhile without a deadlock.
"""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from domain.audit import SYSTEM_CHAIN
from loanapp.models.audit import AuditHead
from loanapp.models.clients import Client
from loanapp.models.requests import Request


def client(session: Session, client_id: UUID) -> Client | None:
    """Lock the client, and with it everything under it."""
    return session.scalar(
        select(Client)
        .where(Client.id == client_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def client_of_request(session: Session, request_id: UUID) -> tuple[Client, Request] | None:
    """Lock the client of a request, then read the request as it now stands."""
    owner = session.scalar(select(Request.client_id).where(Request.id == request_id))
    locked = client(session, owner) if owner else None
    if locked is None:
        return None
    request = session.get_one(Request, request_id, populate_existing=True)
    return locked, request


def system_chain(session: Session) -> AuditHead:
    """Lock the head of the audit chain of events about no client, making it on first use."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audit.system'))"))
    head = session.get(AuditHead, SYSTEM_CHAIN, populate_existing=True)
    if head is None:
        head = AuditHead(chain=SYSTEM_CHAIN, count=0, head="")
        session.add(head)
    return head
