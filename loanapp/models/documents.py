"""Papers about a borrower: what they are, and their sealed contents in a table of their own."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from domain.documents import DocumentKind
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client


class Document(Base):
    """One uploaded file. `file_name` is only shown, never a path; `content_sha256` is of the plain content."""

    __tablename__ = "documents"
    __table_args__ = (
        one_of("kind", DocumentKind),
        CheckConstraint("size_bytes > 0", name="size_bytes"),
        Index(None, "client_id"),
        Index(None, "uploaded_by"),
        Index(None, "removed_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id))
    kind: Mapped[str]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    content_sha256: Mapped[str]
    uploaded_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    business_date: Mapped[date]
    uploaded_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    removal_reason: Mapped[str] = mapped_column(default="")


class DocumentContent(Base):
    """The sealed bytes of a document; deleted when the document is removed, or its client anonymised."""

    __tablename__ = "document_contents"

    document_id: Mapped[UUID] = mapped_column(ForeignKey(Document.id), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
