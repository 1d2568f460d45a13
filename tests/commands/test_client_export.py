"""`loanapp client export`: the borrower's copy from the terminal, noted in the audit trail."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build.book import Book, everything, rows
from tests.build.terminal import Command


@pytest.fixture(autouse=True)
def book(today: Callable[[str], None]) -> Book:
    today("2026-02-18")
    book = Book.opened()
    book.a_loan(book.a_client(), first_due="2026-03-10", on="2026-01-10")
    return book


@pytest.fixture
def cpf(book: Book) -> str:  # noqa: ARG001 - the book has the client.
    ((tax_id,),) = rows("SELECT tax_id FROM clients")
    return str(tax_id)


def test_the_copy_is_printed_as_one_json_document_and_is_an_event(loanapp: Command, cpf: str) -> None:
    ended = loanapp("client", "export", cpf)

    document = json.loads(ended.out)
    assert (ended.status, ended.error) == (0, "")
    assert (document["person"]["name"], document["person"]["tax_id"]) == ("Maria das Dores Silva", cpf)
    last = document["records"]["audit_events"][-1]
    assert (last["action"], last["actor"], last["after"]) == ("client.exported", "Sistema", {"format": "json"})
    assert rows("SELECT actor_name, text::json ->> 'origin' FROM audit_events ORDER BY id DESC LIMIT 1") == [
        ("Sistema", "terminal")
    ]


def test_a_pdf_is_written_to_a_file_that_only_its_owner_reads(loanapp: Command, cpf: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.pdf"

    ended = loanapp("client", "export", cpf, "--pdf", "--output", target)

    assert (ended.status, ended.out) == (0, "")
    assert ended.error == f"{target}: everything held about client 1.\n"
    assert target.read_bytes().startswith(b"%PDF-")
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        ("529.982.247-25", 1, "loanapp: No client has this CPF or CNPJ.\n"),
        ("123", 2, "loanapp: This is no CPF or CNPJ: give its 11 digits or 14 characters."),
    ],
)
def test_a_number_that_nobody_has_is_one_line_and_notes_nothing(
    loanapp: Command, number: str, status: int, said: str
) -> None:
    before = everything()

    ended = loanapp("client", "export", number)

    assert (ended.status, ended.out) == (status, "")
    assert ended.error.startswith(said)
    assert everything() == before


def test_a_folder_that_is_not_there_is_one_line(loanapp: Command, cpf: str, tmp_path: Path) -> None:
    ended = loanapp("client", "export", cpf, "--output", tmp_path / "nowhere" / "copy.json")

    assert (ended.status, ended.out) == (1, "")
    assert ended.error == f"loanapp: {tmp_path / 'nowhere' / 'copy.json'}: No such file or directory.\n"
