"""The routes of a borrower's papers over real HTTP, behind the limits of size that stand before them."""

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.services.users import AddUser, add_user
from loanapp.web import files, sign_in
from loanapp.web.limits import Limits
from tests.build.book import Book, an_id, everything, rows
from tests.build.serving import serving

pytestmark = pytest.mark.usefixtures("database")
ORIGIN = {"origin": "http://127.0.0.1:8000"}
PASSWORD = "a long enough secret"
PDF = b"%PDF-1.7\nconta de luz\n%%EOF"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Limits(Starlette(routes=[*sign_in.routes, *files.routes]))) as url:  # type: ignore[arg-type]
        yield url


def signed_in(address: str, role: Role = Role.LOAN_MANAGEMENT) -> dict[str, str]:
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name="Ana", role=role, password=PASSWORD))
    opened = httpx.post(f"{address}/auth/entrar", data={"email": email, "senha": PASSWORD}, headers=ORIGIN)
    return {**ORIGIN, "cookie": opened.headers["set-cookie"].split(";")[0]}


def fields(client_id: UUID | str, **changes: str) -> dict[str, str]:
    return {"document_id": str(an_id()), "client_id": str(client_id), "kind": "ADDRESS", **changes}


def send(
    address: str, headers: dict[str, str], data: dict[str, str], name: str = "conta.pdf", content: bytes = PDF
) -> httpx.Response:
    file = {"file": (name, content, "application/pdf")}
    return httpx.post(f"{address}/files", headers=headers, data=data, files=file, timeout=20)


def test_a_file_is_kept_and_comes_back_as_a_download_that_can_do_nothing(address: str) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    data = fields(maria)

    kept = send(address, headers, data, "conta de água.pdf")
    again = send(address, headers, data, "conta de água.pdf")
    got = httpx.get(f"{address}/files/{data['document_id']}", headers=headers)

    assert (kept.status_code, kept.json()) == (201, {"id": data["document_id"], "name": "conta de água.pdf"})
    assert (again.status_code, rows("SELECT count(*) FROM documents")) == (200, [(1,)])
    assert (got.status_code, got.content, got.headers["content-type"]) == (200, PDF, "application/pdf")
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''conta%20de%20%C3%A1gua.pdf"
    assert (got.headers["x-content-type-options"], got.headers["cache-control"]) == ("nosniff", "no-store")
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("conta.pdf", b"<html><script>alert(1)</script>", 422, "document.type_refused"),
        ("conta.html", PDF, 422, "document.name_mismatch"),
        ("../../x.pdf", PDF, 422, "document.name_refused"),
        ("..\\x.pdf", PDF, 422, "document.name_refused"),
        ("conta.pdf", b"", 422, "document.empty"),
        ("conta.pdf", PDF.ljust(10 * 1024 * 1024 + 1, b"\x00"), 422, "document.too_large"),
    ],
)
def test_a_file_that_may_not_be_kept_is_refused(
    address: str, name: str, content: bytes, status: int, code: str
) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    before = everything()

    answer = send(address, headers, fields(maria), name, content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert everything() == before


def test_a_body_without_end_is_cut_off_while_it_is_read(address: str) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    before = everything()

    answer = send(address, headers, fields(maria), content=PDF.ljust(12 * 1024 * 1024, b"\x00"))

    assert answer.status_code == 413
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, 404, "client.not_found"),
        ({"client_id": "x' OR 1=1"}, 404, "client.not_found"),
        ({"document_id": "../../etc"}, 422, "document.missing"),
        ({"kind": "PASSWORD"}, 422, "document.kind_unknown"),
    ],
)
def test_fields_that_name_nothing_are_refused(address: str, changes: dict[str, str], status: int, code: str) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    before = everything()

    answer = send(address, headers, fields(maria) | changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert everything() == before


def test_no_file_two_files_and_no_form_are_refused(address: str) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    before = everything()
    two = [("file", ("a.pdf", PDF, "application/pdf")), ("file", ("b.pdf", PDF, "application/pdf"))]

    answers = (
        httpx.post(f"{address}/files", headers=headers, data=fields(maria)),
        httpx.post(f"{address}/files", headers=headers, data=fields(maria), files=two),
        httpx.post(f"{address}/files", headers=headers, json={"file": "x"}),
        httpx.post(f"{address}/files", headers={**headers, "content-type": "multipart/form-data"}, content=b"x"),
        httpx.post(f"{address}/files", headers=headers, data=fields(maria, file="%PDF-1.7")),
    )

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "document.missing")] * 5
    assert everything() == before


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_file_from_elsewhere_is_refused(address: str, origin: str | None) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    before = everything()
    headers = {"cookie": headers["cookie"]} | ({"origin": origin} if origin else {})

    assert send(address, headers, fields(maria)).status_code == 403
    assert everything() == before


def test_without_a_session_nothing_is_kept_and_nothing_is_read(address: str) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    data = fields(maria)
    send(address, headers, data)
    before = everything()

    for cookie in ({}, {"cookie": "session=x"}, {"cookie": headers["cookie"][:-2]}):
        sent = send(address, {**ORIGIN, **cookie}, fields(maria))
        got = httpx.get(f"{address}/files/{data['document_id']}", headers=cookie)
        assert (sent.status_code, got.status_code, sent.json()["code"]) == (401, 401, "auth.signed_out")

    assert everything() == before


def test_another_papers_id_is_neither_overwritten_nor_guessed(address: str) -> None:
    book = Book.opened()
    maria, jose = book.a_client(), book.a_client("José Lima")
    headers = signed_in(address)
    data = fields(maria)
    send(address, headers, data)
    before = everything()

    taken = send(address, headers, {**data, "client_id": str(jose)})
    guessed = [httpx.get(f"{address}/files/{name}", headers=headers) for name in (an_id(), "1", "..%2f..%2fetc")]

    assert (taken.status_code, taken.json()["code"]) == (409, "document.id_taken")
    assert {answer.status_code for answer in guessed} == {404}
    assert everything() == before


def test_a_supervisor_reaches_no_paper_of_anothers_client(address: str) -> None:
    maria, headers = Book.opened().a_client(), signed_in(address)
    data = fields(maria)
    send(address, headers, data)
    street = signed_in(address, Role.STREET_SUPERVISOR)
    before = everything()

    sent = send(address, street, fields(maria))
    got = httpx.get(f"{address}/files/{data['document_id']}", headers=street)

    assert (sent.status_code, got.status_code) == (404, 404)
    assert everything() == before
