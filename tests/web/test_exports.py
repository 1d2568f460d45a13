"""The routes of exported lists over real HTTP: who gets them, what they hold, and that they are noted first."""

import csv
import io
import json
from collections.abc import Iterator

import httpx
import pytest
from openpyxl import load_workbook
from starlette.applications import Starlette

from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.services import clients
from loanapp.services.users import AddUser, add_user
from loanapp.web import exports, sign_in
from tests.build.book import Book, an_id, at, everything, rows
from tests.build.serving import serving

pytestmark = pytest.mark.usefixtures("database")
ORIGIN = {"origin": "http://127.0.0.1:8000"}
PASSWORD = "a long enough secret"
AUDIT = "/exports/auditoria"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=[*sign_in.routes, *exports.routes])) as url:
        yield url


def signed_in(address: str, role: Role = Role.LOAN_MANAGEMENT) -> dict[str, str]:
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name="Ana Lima", role=role, password=PASSWORD))
    opened = httpx.post(f"{address}/auth/entrar", data={"email": email, "senha": PASSWORD}, headers=ORIGIN)
    return {"cookie": opened.headers["set-cookie"].split(";")[0]}


def test_the_csv_holds_every_event_of_the_filter_and_says_who_took_it(address: str) -> None:
    book = Book.opened()
    client_id = book.a_client("=cmd|' /C calc'!A0 Souza")
    clients.block(book.manager, at("2026-02-12"), clients.BlockClient(client_id=client_id, reason="=1+1"))
    cookie = signed_in(address)

    got = httpx.get(f"{address}{AUDIT}.csv?grupo=clientes&cliente=souza", headers=cookie)

    today = clock.moment().business_date.isoformat()
    assert (got.status_code, got.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert got.headers["content-disposition"] == f'attachment; filename="auditoria-{today}.csv"'
    assert (got.headers["cache-control"], got.headers["x-content-type-options"]) == ("no-store", "nosniff")
    lines = list(csv.reader(io.StringIO(got.content.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Auditoria"]
    assert lines[1] == ["Filtros: Grupo: Clientes · Cliente: souza"]
    assert lines[2][0].startswith("Exportado por Ana Lima em ")
    head, blocked, registered = lines[4:]
    assert (head[1], head[6]) == ("Quando", "O quê")
    assert (blocked[6], registered[6]) == ("Bloqueio alterado", "Cliente cadastrado")
    assert (blocked[3], blocked[8], blocked[10]) == ("Ana Souza", "'=cmd|' /C calc'!A0 Souza", "'=1+1")
    assert blocked[9] == "situação: ativo → bloqueado"
    event = json.loads(str(rows("SELECT text FROM audit_events ORDER BY id DESC LIMIT 1")[0][0]))
    assert (event["action"], event["actor"], event["record"]) == ("export.made", "Ana Lima", "export:audit")
    assert event["after"] == {"filters": "Grupo: Clientes · Cliente: souza", "rows": 2}


def test_the_xlsx_holds_the_same_with_types(address: str) -> None:
    Book.opened().a_loan()
    cookie = signed_in(address)

    got = httpx.get(f"{address}{AUDIT}.xlsx?grupo=emprestimos", headers=cookie, timeout=20)

    sheet = load_workbook(io.BytesIO(got.content)).active
    assert sheet is not None
    listed = list(sheet.iter_rows(min_row=6, values_only=True))
    assert got.status_code == 200
    assert [row[6] for row in listed] == ["Empréstimo liberado", "Empréstimo aprovado", "Solicitação criada"]
    assert all(isinstance(row[0], int) for row in listed)
    assert all(row[7] == "Empréstimo nº 1" for row in listed)


def test_an_export_of_many_chunks_is_whole(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book.opened()
    for _ in range(7):
        book.a_client()
    cookie = signed_in(address)
    monkeypatch.setattr(exports, "ROWS_PER_CHUNK", 3)
    ids = [row[0] for row in rows("SELECT id FROM audit_events ORDER BY at DESC, id DESC")]

    got = httpx.get(f"{address}{AUDIT}.csv", headers=cookie)

    lines = list(csv.reader(io.StringIO(got.content.decode("utf-8-sig")), delimiter=";"))
    assert [int(line[0]) for line in lines[5:]] == ids


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_nobody_gets_nothing_and_nothing_is_noted(address: str, extension: str) -> None:
    Book.opened()
    before = everything()

    got = httpx.get(f"{address}{AUDIT}.{extension}")

    assert (got.status_code, got.text) == (401, "Entre no sistema para continuar.")
    assert everything() == before


@pytest.mark.parametrize("role", [Role.STREET_SUPERVISOR, Role.RENEGOTIATION_ANALYST])
def test_who_may_not_read_the_trail_gets_the_reason_and_nothing_is_noted(address: str, role: Role) -> None:
    Book.opened()
    cookie = signed_in(address, role)
    before = rows("SELECT id FROM audit_events")

    got = httpx.get(f"{address}{AUDIT}.csv", headers=cookie)

    assert (got.status_code, got.text) == (403, "Seu papel não dá acesso à auditoria. Peça a um administrador.")
    assert rows("SELECT id FROM audit_events") == before


def test_hostile_filters_are_as_if_not_asked(address: str) -> None:
    Book.opened()
    cookie = signed_in(address)
    query = {"pessoa": "' OR 1=1 --", "grupo": "../x", "de": "99/99/9999", "registro": "\x00", "cliente": str(an_id())}

    got = httpx.get(f"{address}{AUDIT}.csv", params=query, headers=cookie)

    assert got.status_code == 200
