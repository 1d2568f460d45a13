"""Reads about a borrower's papers: the list, never the contents (opening one is a use case, because it is noted)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from domain.documents import DocumentKind
from domain.permissions import Permission
from loanapp.models.auth import User
from loanapp.models.documents import Document
from loanapp.queries._query import Tx, query

DOCUMENTS_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    """One paper; `removed_at` is set when its content was destroyed."""

    document_id: UUID
    kind: DocumentKind
    file_name: str
    content_type: str
    size_bytes: int
    uploaded_by: str
    uploaded_at: datetime
    removed_at: datetime | None
    removed_by: str
    removal_reason: str


@query(Permission.DOCUMENTS_VIEW)
def documents_of_client(tx: Tx, client_id: UUID) -> tuple[DocumentLine, ...]:
    """Return a client's papers, newest first, the removed ones too, in one statement; empty for an unknown client."""
    remover = aliased(User)
    rows = tx.session.execute(
        select(Document, User.name, remover.name)
        .outerjoin(User, User.id == Document.uploaded_by)
        .outerjoin(remover, remover.id == Document.removed_by)
        .where(Document.client_id == client_id)
        .order_by(Document.uploaded_at.desc(), Document.id)
        .limit(DOCUMENTS_SHOWN)
    )
    return tuple(
        DocumentLine(
            document_id=document.id,
            kind=DocumentKind(document.kind),
            file_name=document.file_name,
            content_type=document.content_type,
            size_bytes=document.size_bytes,
            uploaded_by=uploaded_by or "",
            uploaded_at=document.uploaded_at,
            removed_at=document.removed_at,
            removed_by=removed_by or "",
            removal_reason=document.removal_reason,
        )
        for document, uploaded_by, removed_by in rows
    )
