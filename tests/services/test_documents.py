"""Papers of a client: kept sealed and once, opened with a trace, removed for a reason; each refusal changes nothing."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.clients import ClientNotFound, TextMissing
from domain.documents import (
    DocumentEmpty,
    DocumentIdTaken,
    DocumentKind,
    DocumentNameMismatch,
    DocumentNameRefused,
    DocumentNotFound,
    DocumentTooLarge,
    DocumentTypeRefused,
    clean_name,
)
from domain.errors import DomainError
from domain.permissions import SYSTEM, PermissionMissing, Role
from loanapp.queries.documents import documents_of_client
from loanapp.services import documents
from loanapp.services.documents import AttachDocument, OpenDocument, RemoveDocument
from loanapp.vault import SealBroken
from tests.build.book import Book, a_person, an_id, at, everything, rows
from tests.build.texts import change_rows

pytestmark = pytest.mark.usefixtures("database")
PDF = b"%PDF-1.7\nconta de luz\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
NOON = at("2026-02-10")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def the_client() -> UUID:
    return rows("SELECT id FROM clients")[0][0]


def a_paper(name: str = "conta de luz.pdf", content: bytes = PDF) -> AttachDocument:
    return AttachDocument(
        document_id=an_id(), client_id=the_client(), kind=DocumentKind.ADDRESS, file_name=name, content=content
    )


def test_a_paper_is_kept_sealed_and_comes_back_as_it_was(book: Book) -> None:
    book.a_client()
    order = a_paper()

    documents.attach(book.manager, NOON, order)

    assert rows("SELECT kind, file_name, content_type, size_bytes, uploaded_by FROM documents") == [
        ("ADDRESS", "conta de luz.pdf", "application/pdf", len(PDF), book.manager.user_id)
    ]
    ((sealed,),) = rows("SELECT sealed FROM document_contents")
    assert b"conta de luz" not in bytes(sealed)
    opened = documents.open_document(book.approver, NOON, OpenDocument(document_id=order.document_id))
    assert (opened.file_name, opened.content_type, opened.content) == ("conta de luz.pdf", "application/pdf", PDF)


def test_who_read_a_paper_is_noted(book: Book) -> None:
    book.a_client()
    order = a_paper()
    documents.attach(book.manager, NOON, order)

    documents.open_document(book.approver, NOON, OpenDocument(document_id=order.document_id))

    assert rows(
        "SELECT action, actor_name, record_id FROM audit_events WHERE record_kind = 'document' ORDER BY id"
    ) == [
        ("document.attached", "Ana Souza", str(order.document_id)),
        ("document.opened", "João Reis", str(order.document_id)),
    ]


def test_the_same_id_and_file_twice_is_one_paper_and_another_file_is_a_conflict(book: Book) -> None:
    book.a_client()
    order = a_paper()
    documents.attach(book.manager, NOON, order)
    before = everything()

    again = documents.attach(book.manager, NOON, order)
    with pytest.raises(DocumentIdTaken):
        documents.attach(book.manager, NOON, replace(order, content=PDF + b"x"))
    with pytest.raises(DocumentIdTaken):
        documents.attach(book.approver, NOON, order)

    assert (again.is_new, everything() == before) == (False, True)


@pytest.mark.parametrize(
    ("name", "content"), [("foto.PNG", PNG), ("foto.jpeg", JPEG), ("foto.jpg", JPEG), ("foto.webp", WEBP)]
)
def test_every_type_is_taken_by_its_first_bytes(book: Book, name: str, content: bytes) -> None:
    book.a_client()

    assert documents.attach(book.manager, NOON, a_paper(name, content)).file_name == name


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("conta.pdf", b"", DocumentEmpty),
        ("conta.pdf", b"<html><script>alert(1)</script>", DocumentTypeRefused),
        ("conta.pdf", b"\n%PDF-1.7", DocumentTypeRefused),
        ("conta.exe", b"MZ\x90\x00", DocumentTypeRefused),
        ("foto.svg", b"<svg onload=alert(1)>", DocumentTypeRefused),
        ("foto.png", PDF, DocumentNameMismatch),
        ("conta.pdf.html", PDF, DocumentNameMismatch),
        ("conta", PDF, DocumentNameRefused),
        ("../../etc/conta.pdf", PDF, DocumentNameRefused),
        ("..\\conta.pdf", PDF, DocumentNameRefused),
        (".pdf", PDF, DocumentNameRefused),
        ("", PDF, DocumentNameRefused),
        ("conta.pdf", PDF + b"\x00" * 10 * 1024 * 1024, DocumentTooLarge),
    ],
)
def test_a_file_that_may_not_be_kept_is_refused(
    book: Book, name: str, content: bytes, refusal: type[DomainError]
) -> None:
    book.a_client()
    before = everything()

    with pytest.raises(refusal):
        documents.attach(book.manager, NOON, a_paper(name, content))

    assert everything() == before


def test_ten_megabytes_are_taken_to_the_byte(book: Book) -> None:
    book.a_client()

    documents.attach(book.manager, NOON, a_paper(content=PDF.ljust(10 * 1024 * 1024, b"\x00")))

    assert rows("SELECT size_bytes FROM documents") == [(10 * 1024 * 1024,)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("RG\u202efdp.exe.pdf", "RGfdp.exe.pdf"),
        ("a\r\nb\x00.pdf", "ab.pdf"),
        ("  conta   de luz .pdf", "conta de luz .pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
    ],
)
def test_a_name_is_shown_without_what_cannot_be_seen(name: str, shown: str) -> None:
    assert clean_name(name) == shown


def test_a_client_who_does_not_exist_and_actors_who_may_not_are_refused(book: Book) -> None:
    book.a_client()
    order = a_paper()
    documents.attach(book.manager, NOON, order)
    before = everything()

    with pytest.raises(ClientNotFound):
        documents.attach(book.manager, NOON, replace(a_paper(), client_id=an_id()))
    with pytest.raises(PermissionMissing):
        documents.attach(SYSTEM, NOON, a_paper())
    with pytest.raises(PermissionMissing):
        documents.open_document(SYSTEM, NOON, OpenDocument(document_id=order.document_id))
    with pytest.raises(PermissionMissing):
        documents.remove(
            a_person(Role.STREET_SUPERVISOR), NOON, RemoveDocument(document_id=order.document_id, reason="Errado")
        )
    with pytest.raises(DocumentNotFound):
        documents.open_document(book.manager, NOON, OpenDocument(document_id=an_id()))

    assert everything()["documents"] == before["documents"]
    assert everything()["audit_events"] == before["audit_events"]


def test_removing_destroys_the_content_and_keeps_the_row(book: Book) -> None:
    book.a_client()
    order = a_paper()
    documents.attach(book.manager, NOON, order)

    with pytest.raises(TextMissing):
        documents.remove(book.manager, NOON, RemoveDocument(document_id=order.document_id, reason=" "))
    documents.remove(book.manager, NOON, RemoveDocument(document_id=order.document_id, reason="Cliente errado"))

    assert rows("SELECT count(*) FROM document_contents") == [(0,)]
    (line,) = documents_of_client(book.manager, NOON, the_client())
    assert (line.file_name, line.removed_by, line.removal_reason) == ("conta de luz.pdf", "Ana Souza", "Cliente errado")
    for again in (
        lambda: documents.open_document(book.manager, NOON, OpenDocument(document_id=order.document_id)),
        lambda: documents.remove(book.manager, NOON, RemoveDocument(document_id=order.document_id, reason="De novo")),
    ):
        with pytest.raises(DocumentNotFound):
            again()


def test_contents_that_were_changed_or_swapped_in_the_database_do_not_open(book: Book) -> None:
    book.a_client()
    first, second = a_paper(), a_paper("outra.pdf", PDF + b"2")
    documents.attach(book.manager, NOON, first)
    documents.attach(book.manager, NOON, second)

    change_rows(
        "UPDATE document_contents SET sealed = (SELECT c.sealed FROM document_contents c"
        " JOIN documents d ON d.id = c.document_id WHERE d.file_name = 'outra.pdf')"
    )

    with pytest.raises(SealBroken):
        documents.open_document(book.manager, NOON, OpenDocument(document_id=first.document_id))
