"""What a client has beside loans and texts, written as rows: answers, papers and notes."""

from uuid import UUID

from domain.documents import DocumentKind
from loanapp.models.base import Session
from loanapp.models.documents import Document, DocumentContent
from loanapp.models.follow_ups import FollowUp
from loanapp.models.inbound import InboundEvent
from tests.build.book import a_day, an_id, at, rows
from tests.build.texts import RECIPIENT


def an_answer(text: str, *, sender: str = RECIPIENT, key: str = "IN1", client_id: UUID | None = None) -> None:
    """Keep what somebody wrote to us on 11 February 2026, already handled; without a client nobody knows who."""
    payload = {
        "event": "messages.upsert",
        "data": {
            "key": {"remoteJid": sender, "fromMe": False, "id": key},
            "pushName": "Maria",
            "message": {"conversation": text},
        },
    }
    moment = at("2026-02-11").now
    with Session.begin() as session:
        session.add(
            InboundEvent(
                id=an_id(),
                client_id=client_id,
                instance="loanapp",
                event="messages.upsert",
                dedupe_key=f"loanapp:messages.upsert:{key}",
                payload=payload,
                received_at=moment,
                available_at=moment,
                handled_at=moment,
                outcome="FOR_A_PERSON",
            )
        )


def a_paper(client_id: UUID, file_name: str = "rg-maria-silva.pdf") -> None:
    """Keep an identity paper with three bytes of content."""
    document_id = an_id()
    with Session.begin() as session:
        session.add(
            Document(
                id=document_id,
                client_id=client_id,
                kind=DocumentKind.IDENTITY,
                file_name=file_name,
                content_type="application/pdf",
                size_bytes=3,
                content_sha256="ab" * 32,
                business_date=a_day("2026-01-05"),
                uploaded_at=at("2026-01-05").now,
            )
        )
        session.flush()
        session.add(DocumentContent(document_id=document_id, sealed=b"abc"))


def a_note(client_id: UUID, text: str) -> None:
    """Keep a note of 6 January 2026."""
    with Session.begin() as session:
        session.add(
            FollowUp(
                id=an_id(),
                client_id=client_id,
                kind="NOTE",
                text=text,
                business_date=a_day("2026-01-06"),
                at=at("2026-01-06").now,
            )
        )


def the_client() -> UUID:
    """Return the id of the book's only client."""
    ((client_id,),) = rows("SELECT id FROM clients")
    assert isinstance(client_id, UUID)
    return client_id
