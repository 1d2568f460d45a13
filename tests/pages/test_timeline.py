"""Timeline and papers on a client's record, event by event: what they show, record, take back and refuse."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.documents import DocumentKind
from domain.follow_ups import FollowUpKind
from domain.permissions import Role
from loanapp.pages.clients.client_state import ClientState
from loanapp.pages.clients.documents import DocumentsState, size_text
from loanapp.pages.clients.timeline_rows import timeline_rows
from loanapp.pages.clients.timeline_state import TimelineState, parse_cursor
from loanapp.queries.timeline import TimelineFilter, timeline
from loanapp.services import documents, follow_ups
from loanapp.services.documents import AttachDocument
from loanapp.services.follow_ups import RecordFollowUp
from tests.build.book import Book, a_day, an_id, at, everything, rows, run_cycles
from tests.pages.harness import Harness
from tests.pages.tabs import after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def told(ref: str, client_id: UUID, *events: Any, query: str = "", **payload: Any) -> tuple[TimelineState, str]:
    path = f"/clientes/{client_id}?aba=linha-do-tempo{query}"
    return after(TimelineState, TimelineState.load, *events, ref=ref, path=path, **payload)


def a_form(kind: str, **fields: str) -> dict[str, str]:
    return {"kind": kind, "command_id": str(an_id()), "text": "", **fields}


def a_note(book: Book, client_id: UUID, text: str = "Ligar só depois das 18h") -> UUID:
    order = RecordFollowUp(follow_up_id=an_id(), client_id=client_id, kind=FollowUpKind.NOTE, text=text)
    return follow_ups.record(book.manager, at("2026-02-10"), order).follow_up_id


def test_a_note_is_recorded_shown_and_taken_back_at_once(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.RENEGOTIATION_ANALYST)
    form = a_form("NOTE", text="<b>Ligar</b> só depois das 18h")

    _, said = told(ref, maria, TimelineState.record, form=form)
    state, _ = told(ref, maria)
    row = state.rows[0]

    assert "Nota registrada." in said
    # The toast takes back what it tells of.
    assert f'take_back_own", {{follow_up_id:"{form["command_id"]}"}}' in said.replace("\\", "")
    assert "loanapp.settled('follow-up-note', true)" in said
    assert (row["title"], row["text"], row["by"], row["undo"]) == (
        "Nota", "<b>Ligar</b> só depois das 18h", "Ana Souza", "OWN",
    )  # fmt: skip
    _, said = told(ref, maria, TimelineState.take_back_own, follow_up_id=row["id"])
    assert "Desfeito." in said
    undone = told(ref, maria)[0].rows[0]
    assert (undone["is_undone"], undone["undo"], undone["moves"][:23]) == (True, "", "Desfeito por Ana Souza ")


def test_the_same_press_twice_is_one_note(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.RENEGOTIATION_ANALYST)
    form = a_form("NOTE", text="uma vez")

    told(ref, maria, TimelineState.record, form=form)
    told(ref, maria, TimelineState.record, form=form)

    assert rows("SELECT count(*) FROM follow_ups") == [(1,)]


def test_a_promise_is_read_from_what_was_typed_and_shown_in_the_head(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.RENEGOTIATION_ANALYST)
    book.a_loan(maria, principal="300,00", first_due="2026-02-10")
    form = a_form("PROMISE", promised_on="+3", promised="150,00", promised_method="PIX")

    _, said = told(ref, maria, TimelineState.record, form=form)
    state, _ = told(ref, maria)
    head, _ = after(ClientState, ClientState.load, ref=ref, path=f"/clientes/{maria}")

    assert "Promessa registrada." in said
    assert (state.rows[0]["status"], state.rows[0]["note"]) == ("ACTIVE", "Pix")
    assert state.planned[0][1].startswith("Promessa de R$\u00a0150,00 até ")
    assert (head.record["promise"], head.record["promise_until"][:4]) == ("R$\u00a0150,00", "até ")


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        (a_form("NOTE", text=" "), {"text": "Preencha este campo."}),
        (a_form("CALL"), {"outcome": "Escolha o resultado."}),
        (a_form("CALL", outcome="HACKED"), {"outcome": "Escolha o resultado."}),
        (a_form("NOTE", text="x", command_id="1"), {"": "Este registro não existe."}),
        ({}, {"": "Este registro não existe."}),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(
    book: Book, form: dict[str, str], problems: dict[str, str]
) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.RENEGOTIATION_ANALYST)
    before = everything()

    state, said = told(ref, maria, TimelineState.record, form=form)

    assert state.errors == problems
    assert "false)" in said
    assert everything() == before


def test_a_promise_says_all_its_problems_at_once(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.RENEGOTIATION_ANALYST)

    state, _ = told(ref, maria, TimelineState.record, form=a_form("PROMISE", promised_on="ontem", promised="abc"))

    assert set(state.errors) == {"promised_on", "promised"}


def test_somebody_elses_entry_is_not_ones_to_take_back(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.RENEGOTIATION_ANALYST)
    note = a_note(book, maria)

    state, _ = told(ref, maria)
    _, said = told(ref, maria, TimelineState.take_back_own, follow_up_id=str(note))

    assert state.rows[0]["undo"] == ""
    assert "Só quem registrou ou a gestão pode desfazer." in said
    assert rows("SELECT undone_at FROM follow_ups") == [(None,)]


def test_the_management_takes_back_anothers_entry_for_a_reason(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.LOAN_MANAGEMENT)
    note = a_note(book, maria)

    async def run() -> tuple[dict[str, str], TimelineState]:
        path = f"/clientes/{maria}?aba=linha-do-tempo"
        async with Harness() as tab:
            await tab.send(TimelineState.load, ref=ref, path=path)
            await tab.send(TimelineState.ask_reason, ref=ref, path=path, follow_up_id=str(note))
            refused = await tab.send(TimelineState.take_back, ref=ref, path=path, form={"reason": " "})
            problems = dict((await refused.get_state(TimelineState)).errors)
            done = await tab.send(TimelineState.take_back, ref=ref, path=path, form={"reason": "Cliente errado"})
            return problems, await done.get_state(TimelineState)

    problems, state = asyncio.run(run())

    assert (problems, state.undoing) == ({"reason": "Preencha este campo."}, "")
    assert rows("SELECT undone_at IS NOT NULL FROM follow_ups") == [(True,)]


@pytest.mark.parametrize("hostile", ["x' OR 1=1", "", "../../etc", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_names_nothing_takes_nothing_back(book: Book, hostile: str) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.LOAN_MANAGEMENT)
    a_note(book, maria)
    before = everything()

    told(ref, maria, TimelineState.take_back_own, follow_up_id=hostile)

    assert everything() == before


@pytest.mark.parametrize(
    "query",
    [
        "&escopo=nada", "&pessoa=1", "&de=31/31/2026", "&ate_dia=x", "&antes=x~y", "&antes=2026-01-01", "&busca=%25",
        "&antes=9999-12-31T23:59:59%2B00:00~zz",
    ],
)  # fmt: skip
def test_a_hostile_address_shows_a_page_and_no_fault(book: Book, query: str) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.LOAN_MANAGEMENT)

    state, _ = told(ref, maria, query=query)

    assert (state.fault, state.scope) == ("", "tudo")


def test_a_cursor_is_an_instant_with_its_zone_and_a_key() -> None:
    assert parse_cursor("2026-02-10T12:00:00+00:00~NOTE:1").key == "NOTE:1"
    assert parse_cursor("2026-02-10T12:00:00~NOTE:1") is None
    assert parse_cursor("") is None


def test_scopes_and_older_pages_are_links(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.LOAN_MANAGEMENT)
    for number in range(51):
        a_note(book, maria, f"nota {number}")

    state, _ = told(ref, maria, query="&escopo=contatos&busca=nota")

    assert (state.scope, len(state.rows), state.is_filtered) == ("contatos", 50, True)
    assert state.scope_links["financeiro"] == (f"/clientes/{maria}?aba=linha-do-tempo&busca=nota&escopo=financeiro")
    assert "&antes=" in state.older_to
    assert state.clear_to == f"/clientes/{maria}?aba=linha-do-tempo&escopo=contatos"


def test_the_routines_own_items_fold_into_one(book: Book) -> None:
    maria = book.a_client(accepts_messages=False)
    book.a_loan(maria, principal="300,00", count=2, first_due="2026-02-10")
    for day in ("2026-02-11", "2026-02-12", "2026-02-13"):
        run_cycles(day)
    found = timeline(book.manager, at("2026-02-20"), TimelineFilter(client_id=maria))

    shown = timeline_rows(found.items, today=a_day("2026-02-20"), user_id=None, is_management=False)

    assert (shown[0]["title"], len(shown[0]["folded"]), shown[0]["by"]) == ("4 eventos automáticos", 4, "Sistema")
    assert shown[0]["folded"][0][1] == "Cobrança pelo WhatsApp · Pediu para não receber"
    assert shown[0]["folded"][3][1] == "1 parcela venceu · multa de R$\u00a03,00"
    assert [row["title"] for row in shown[1:]] == [
        "Empréstimo nº 1: dinheiro liberado", "Empréstimo nº 1: aprovado", "Empréstimo nº 1: solicitação criada",
        "Cliente cadastrado",
    ]  # fmt: skip


def test_another_clients_address_shows_none_of_the_one_before(book: Book) -> None:
    maria, jose = book.a_client(), book.a_client("José Lima")
    a_note(book, maria)
    ref = signed_in_as(Role.LOAN_MANAGEMENT)

    state, _ = told(ref, jose, query="&escopo=contatos")

    assert (state.rows, state.shown_of) == ([], str(jose))


def a_paper(book: Book, client_id: UUID) -> UUID:
    order = AttachDocument(
        document_id=an_id(), client_id=client_id, kind=DocumentKind.ADDRESS, file_name="luz.pdf", content=b"%PDF-1.7"
    )
    return documents.attach(book.manager, at("2026-02-10"), order).document_id


def papers(ref: str, client_id: UUID, *events: Any, **payload: Any) -> tuple[DocumentsState, str]:
    path = f"/clientes/{client_id}?aba=documentos"
    return after(DocumentsState, DocumentsState.load, *events, ref=ref, path=path, **payload)


def test_a_paper_is_listed_and_removed_for_a_reason(book: Book) -> None:
    maria, ref = book.a_client(), signed_in_as(Role.LOAN_MANAGEMENT)
    paper = a_paper(book, maria)

    state, _ = papers(ref, maria, DocumentsState.ask_removal, document_id=str(paper))
    assert (state.summary, state.rows[0]["name"], state.rows[0]["kind"], state.removing["name"]) == (
        "1 documento", "luz.pdf", "Comprovante de endereço", "luz.pdf",
    )  # fmt: skip
    documents.remove(
        book.manager, at("2026-02-11"), documents.RemoveDocument(document_id=paper, reason="Cliente errado")
    )
    state, _ = papers(ref, maria)

    assert (state.summary, state.rows[0]["removed"]) == (
        "0 documentos", "Removido por Ana Souza em 11/02/2026 12:00: Cliente errado",
    )  # fmt: skip


def test_nothing_is_removed_that_no_dialog_names_and_by_no_one_who_may_not(book: Book) -> None:
    maria = book.a_client()
    a_paper(book, maria)
    before = everything()["documents"]

    papers(signed_in_as(Role.LOAN_MANAGEMENT), maria, DocumentsState.remove, form={"reason": "x"})
    _, said = papers(signed_in_as(Role.RENEGOTIATION_ANALYST), maria, DocumentsState.remove, form={"reason": "x"})

    assert "Você não tem permissão para isso." in said
    assert everything()["documents"] == before


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(1, "1 KB"), (12_300, "12 KB"), (1_048_576, "1,0 MB"), (3_565_158, "3,4 MB")]
)
def test_a_size_is_written_in_kilobytes_or_megabytes(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text
