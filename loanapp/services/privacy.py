"""Use cases of the law on privacy: consent, the borrower's copy, and taking the person out when retention has ended."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, select, update

from domain.clients import ClientNotFound, TaxId, optional_text, required_text, search_text
from domain.errors import Checks
from domain.messages import Reason
from domain.permissions import Permission
from domain.privacy import (
    ConsentOrigin,
    ConsentOriginUnknown,
    ConsentUnchanged,
    anonymous_name,
    anonymous_tax_id,
)
from loanapp.models import locks
from loanapp.models.approvals import Approval
from loanapp.models.clients import Client
from loanapp.models.cycles import CycleFailure
from loanapp.models.documents import Document, DocumentContent
from loanapp.models.follow_ups import FollowUp
from loanapp.models.guarantors import COLUMNS as GUARANTOR_COLUMNS
from loanapp.models.guarantors import Guarantor
from loanapp.models.inbound import InboundEvent, is_about, numbers_of_one
from loanapp.models.messages import Message
from loanapp.models.renegotiations import Renegotiation
from loanapp.models.requests import Request
from loanapp.models.retention import load_retention
from loanapp.services import _audit, _consent, _outbox, _receipts
from loanapp.services._use_case import Tx, use_case


class ExportFormat(StrEnum):
    """What a borrower's copy is written as."""

    JSON = "json"
    PDF = "pdf"


@dataclass(frozen=True, kw_only=True)
class SetConsent:
    """Write down that a client accepts texts on WhatsApp, or no more; `origin` is how the client said so."""

    client_id: UUID
    accepts: bool
    origin: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class NoteExport:
    """Note that everything held about a client is about to be handed out."""

    client_id: UUID
    format: ExportFormat


@dataclass(frozen=True, kw_only=True)
class Anonymise:
    """Take the person out of a client's record."""

    client_id: UUID
    reason: str


@use_case(Permission.CONSENT_CHANGE)
def set_consent(tx: Tx, command: SetConsent) -> None:
    """Change a client's consent, dated today; an opt-out cancels what is queued.

    Raise ConsentOriginUnknown, TextTooLong, ClientNotFound, or ConsentUnchanged when the consent is that already.
    """
    checks = Checks()
    origin = checks.take("origin", _origin, command.origin)
    reason = checks.take("reason", optional_text, command.reason)
    checks.finish()
    client = _locked(tx, command.client_id)
    if client.accepts_messages == command.accepts:
        raise ConsentUnchanged
    assert origin is not None
    _consent.change(tx, client, accepts=command.accepts, origin=origin, reason=reason or "")


@use_case(Permission.CLIENTS_EXPORT)
def note_export(tx: Tx, command: NoteExport) -> None:
    """Note an export before it is read (`queries.held_data`): so no copy leaves without its event, and it is in it."""
    client = _locked(tx, command.client_id)
    _audit.note(tx, client, "client.exported", "client", client.id, after={"format": command.format.value})


@use_case(Permission.CLIENTS_ANONYMISE)
def anonymise(tx: Tx, command: Anonymise) -> None:
    """Take the person out, once retention has ended; money, dates, states and the audit trail stay.

    Raise RetentionRunning or RetentionOpen, with the reason and the day, while something must be kept.
    """
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason)
    checks.finish()
    client = _locked(tx, command.client_id)
    retention = load_retention(tx.session, client)
    retention.check_ended(tx.business_date)
    _outbox.cancel_moot(tx, client, Reason.OPT_OUT)
    cleared = _clear_webhooks(tx, client)
    _clear_texts(tx, client)
    documents = _clear_documents(tx, client)
    _receipts.revoke_links_of_client(tx, client.id)
    # The event still knows the name, to take it out of the reason.
    _audit.note(
        tx, client, "client.anonymised", "client", client.id,
        after={"webhooks": cleared, "documents": documents, "kept": retention.because.value}, reason=reason or "",
    )  # fmt: skip
    _clear_identity(tx, client)


def _origin(text: str) -> ConsentOrigin:
    if text not in set(ConsentOrigin):
        raise ConsentOriginUnknown
    return ConsentOrigin(text)


def _locked(tx: Tx, client_id: UUID) -> Client:
    client = locks.client(tx.session, client_id)
    if client is None:
        raise ClientNotFound
    return client


def _clear_webhooks(tx: Tx, client: Client) -> int:
    """Empty the webhooks about the client's texts and from the client's numbers; return how many.

    Where nobody knows whose a webhook is, a number that somebody else has as well is left: what it wrote may be the
    other's, whose retention may run.
    """
    used = tx.session.execute(select(Message.phone, Message.provider_key).where(Message.client_id == client.id)).all()
    own = numbers_of_one(tx.session, client.id, (client.phone, client.other_phone, *(row.phone for row in used)))
    keys = [row.provider_key for row in used if row.provider_key]
    cleared = tx.session.scalars(
        update(InboundEvent)
        .where(is_about(client.id, own, keys))
        .values(payload={}, handled_at=tx.now)
        .returning(InboundEvent.id)
    )
    return len(cleared.all())


def _clear_texts(tx: Tx, client: Client) -> None:
    """Empty what was written to, by and about the client; when and what kind stays."""
    emptied: dict[type[Message | FollowUp | Request | Approval | Renegotiation | CycleFailure], dict[str, object]] = {
        Message: {"body": "", "body_hash": "", "phone": "", "provider_key": None, "provider_recipient": None},
        FollowUp: {"text": ""},
        Request: {"note": "", "decision_reason": ""},
        Approval: {"reason": "", "decision_reason": ""},
        Renegotiation: {"approval_reason": "", "closing_reason": ""},
        CycleFailure: {"error": ""},
    }
    for table, columns in emptied.items():
        tx.session.execute(update(table).where(table.client_id == client.id).values(**columns))
    requests = select(Request.id).where(Request.client_id == client.id)
    nobody = dict.fromkeys(GUARANTOR_COLUMNS, "")
    tx.session.execute(update(Guarantor).where(Guarantor.request_id.in_(requests)).values(**nobody))


def _clear_documents(tx: Tx, client: Client) -> int:
    """Delete the contents of the client's papers and what names them; return how many papers there were."""
    papers = tx.session.scalars(select(Document).where(Document.client_id == client.id)).all()
    tx.session.execute(delete(DocumentContent).where(DocumentContent.document_id.in_([paper.id for paper in papers])))
    for paper in papers:
        paper.file_name, paper.content_sha256, paper.removal_reason = "", "", ""
        if paper.removed_at is None:
            paper.removed_at, paper.removed_by = tx.now, tx.actor.user_id
    return len(papers)


_IDENTITY = (
    "preferred_name", "phone", "other_phone", "zip_code", "street", "street_number", "complement", "district", "city",
    "state", "occupation", "blocked_reason", "phone_flag",
)  # fmt: skip


def _clear_identity(tx: Tx, client: Client) -> None:
    for column in _IDENTITY:
        setattr(client, column, "")
    client.name = anonymous_name(client.number)
    client.tax_id = anonymous_tax_id(client.number)
    client.birth_date, client.income_cents = None, 0
    client.accepts_messages = False
    client.supervisor_id = None
    client.search_text = search_text(client.name, "", TaxId(client.tax_id))
    client.anonymised_on = tx.business_date
