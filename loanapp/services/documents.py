"""Use cases of a borrower's papers: attach, open, remove (ADR 0016).

The bytes are sealed and lie in the database, in the transaction of their row.  To open a paper is a use case, because
who read it and when is an event of the audit trail.
"""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, select

from domain.clients import ClientNotFound, required_text
from domain.documents import (
    REASON_LENGTH_MAXIMUM,
    DocumentIdTaken,
    DocumentKind,
    DocumentNotFound,
    check_name,
    type_of,
)
from domain.errors import Checks
from domain.permissions import Permission
from loanapp import vault
from loanapp.models import locks
from loanapp.models.clients import Client
from loanapp.models.documents import Document, DocumentContent
from loanapp.models.scope import outside
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case


@dataclass(frozen=True, kw_only=True)
class AttachDocument:
    """Keep a file about a client; `document_id` is made before sending: twice the same is one paper."""

    document_id: UUID
    client_id: UUID
    kind: DocumentKind
    file_name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class OpenDocument:
    """Read a paper."""

    document_id: UUID


@dataclass(frozen=True, kw_only=True)
class RemoveDocument:
    """Destroy a paper's content, for a reason; its row stays."""

    document_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class DocumentAttached:
    """What was kept, under the name that is shown."""

    document_id: UUID
    file_name: str
    is_new: bool = True


@dataclass(frozen=True, kw_only=True)
class OpenedDocument:
    """A paper's content, with what it is served as."""

    file_name: str
    content_type: str
    content: bytes


@use_case(Permission.DOCUMENTS_ATTACH)
def attach(tx: Tx, command: AttachDocument) -> DocumentAttached:
    """Keep a file once.

    Raises ClientNotFound, DocumentIdTaken, and for the file DocumentEmpty, DocumentTooLarge, DocumentTypeRefused,
    DocumentNameRefused and DocumentNameMismatch.
    """
    file_type = type_of(command.content)
    name = check_name(command.file_name, file_type)
    client = locks.client(tx.session, command.client_id)
    if client is None:
        raise ClientNotFound(field="client_id")
    digest = sha256(command.content).hexdigest()
    # An id is taken by a paper of anybody: one that the actor may not know of is a conflict too, not a failed insert.
    existing = tx.session.scalar(outside(select(Document).where(Document.id == command.document_id)))
    if existing is not None:
        kept = (existing.client_id, existing.kind, existing.file_name, existing.content_sha256, existing.uploaded_by)
        if kept != (client.id, command.kind, name, digest, tx.actor.user_id):
            raise DocumentIdTaken
        return DocumentAttached(document_id=existing.id, file_name=name, is_new=False)
    document = Document(
        id=command.document_id,
        client_id=client.id,
        kind=command.kind,
        file_name=name,
        content_type=file_type.content_type,
        size_bytes=len(command.content),
        content_sha256=digest,
        uploaded_by=tx.actor.user_id,
        business_date=tx.business_date,
        uploaded_at=tx.now,
    )
    tx.session.add(document)
    # The row before its content: without a relationship between them, the order of the inserts is anybody's.
    tx.session.flush()
    tx.session.add(DocumentContent(document_id=document.id, sealed=vault.seal(command.content, _purpose(document.id))))
    _audit.note(
        tx, client, "document.attached", "document", document.id,
        after={"kind": document.kind, "size_bytes": document.size_bytes, "content_sha256": digest},
    )  # fmt: skip
    return DocumentAttached(document_id=document.id, file_name=name)


@use_case(Permission.DOCUMENTS_VIEW)
def open_document(tx: Tx, command: OpenDocument) -> OpenedDocument:
    """Return a paper's content and note who read it; raise DocumentNotFound, also for one that was removed."""
    client, document = _locked(tx, command.document_id)
    content = tx.session.get(DocumentContent, document.id)
    if document.removed_at is not None or content is None:
        raise DocumentNotFound
    _audit.note(
        tx, client, "document.opened", "document", document.id, after={"kind": document.kind},
    )  # fmt: skip
    return OpenedDocument(
        file_name=document.file_name,
        content_type=document.content_type,
        content=vault.unseal(content.sealed, _purpose(document.id)),
    )


@use_case(Permission.DOCUMENTS_REMOVE)
def remove(tx: Tx, command: RemoveDocument) -> None:
    """Destroy a paper's content; the row says who did and why. Raises DocumentNotFound and TextMissing."""
    checks = Checks()
    reason = checks.take("reason", required_text, command.reason, length_maximum=REASON_LENGTH_MAXIMUM)
    checks.finish()
    client, document = _locked(tx, command.document_id)
    if document.removed_at is not None:
        raise DocumentNotFound
    document.removed_at, document.removed_by, document.removal_reason = tx.now, tx.actor.user_id, reason or ""
    tx.session.execute(delete(DocumentContent).where(DocumentContent.document_id == document.id))
    _audit.note(
        tx, client, "document.removed", "document", document.id,
        before={"kind": document.kind, "content_sha256": document.content_sha256}, reason=reason or "",
    )  # fmt: skip


def _locked(tx: Tx, document_id: UUID) -> tuple[Client, Document]:
    """Lock the client of a paper, then read its row as it now stands."""
    owner = tx.session.scalar(select(Document.client_id).where(Document.id == document_id))
    client = locks.client(tx.session, owner) if owner else None
    document = tx.session.get(Document, document_id, populate_existing=True)
    if client is None or document is None:
        raise DocumentNotFound
    return client, document


def _purpose(document_id: UUID) -> str:
    return f"document:{document_id}"
