"""Papers: what is on them, character by character, the same bytes for the same moment, headers on every page."""

import re
from datetime import UTC, datetime

import pytest

from domain.permissions import SYSTEM
from loanapp.components.badges import LOOKS
from loanapp.papers import words
from loanapp.papers.base import Letterhead, Paper, PaperColumn, printable
from loanapp.papers.held_data import held_data_pdf
from loanapp.queries.held_data import HeldData, held_data
from tests.build.book import Book, at
from tests.build.kept import a_note, a_paper, an_answer, the_client
from tests.build.texts import a_sent_charge

MOMENT = datetime(2026, 2, 20, 15, 0, tzinfo=UTC)
LETTERHEAD = Letterhead(
    name="Financeira Ação", tax_id="11.222.333/0001-81", address="Rua das Flores, 100", contact="(11) 4000-1000"
)


def a_sheet(title: str = "Extrato") -> Paper:
    return Paper(LETTERHEAD, title=title, number="nº 7", made_at=MOMENT, is_compressed=False)


def text_of(document: bytes) -> str:
    """Return the strings that an uncompressed PDF shows, in order, a line each."""
    shown = re.findall(rb"\((?:[^()\\]|\\.)*\) Tj", document)
    return "\n".join(re.sub(rb"\\(.)", rb"\1", part[1:-4]).decode("cp1252") for part in shown)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Ação, R$\u00a01.234,56 — “bom” … nº 7", "Ação, R$\u00a01.234,56 — “bom” … nº 7"),
        ("Şükran", "Sükran"),
        ("\N{MINUS SIGN}5", "-5"),
        ("日本 😀", "?? ?"),
        ("a\x00\x85\x9f\tb\r\nc", "a??? b\nc"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_a_text_is_put_in_the_characters_of_the_fonts_and_never_refused(typed: str, printed: str) -> None:
    assert printable(typed) == printed


def test_every_page_names_the_creditor_the_paper_the_moment_and_its_number() -> None:
    paper = a_sheet()
    paper.table_of((PaperColumn(header="Parcela"),), [(f"linha {number}",) for number in range(100)])

    shown = text_of(paper.content()).replace(" de \n", " de ").split("\n")

    pages = [line for line in shown if line.startswith("Emitido em")]
    assert pages == [f"Emitido em 20/02/2026 12:00 (horário de Brasília) · página {page} de 3" for page in (1, 2, 3)]
    for on_each in ("Financeira Ação", "CNPJ 11.222.333/0001-81", "Rua das Flores, 100", "Extrato", "nº 7", "Parcela"):
        assert shown.count(on_each) == 3, on_each
    assert [line for line in shown if line.startswith("linha")] == [f"linha {number}" for number in range(100)]


def test_totals_close_a_table_and_an_empty_one_says_so() -> None:
    paper = a_sheet()
    columns = (PaperColumn(header="O quê"), PaperColumn(header="Valor", is_numeric=True))
    paper.table_of(columns, [("Parcela", "R$\u00a01,00")], totals=("Total", "R$\u00a01,00"))
    paper.table_of(columns, [], empty="Nenhum pagamento registrado.")

    shown = text_of(paper.content())

    # A space that does not break is drawn as any other.
    assert "Parcela\nR$ 1,00\nTotal\nR$ 1,00\nNenhum pagamento registrado." in shown


def test_the_same_paper_at_the_same_moment_is_the_same_bytes() -> None:
    assert a_sheet().content() == a_sheet().content()
    assert a_sheet("Outro").content() != a_sheet().content()


def test_a_text_longer_than_a_page_goes_on_in_the_next_row() -> None:
    paper = a_sheet()
    paper.facts([("Nome", "q" * 5_000), ("", "")])
    paper.table_of((PaperColumn(header="A", weight=1), PaperColumn(header="B", weight=30)), [("y" * 200, "W" * 9_000)])
    paper.table_of((PaperColumn(header="A"),), [("\n".join(["k"] * 300),)])

    shown = text_of(paper.content())
    assert (shown.count("q"), shown.count("y"), shown.count("W"), shown.count("k")) == (5_000, 200, 9_000, 300)


def test_papers_and_screens_call_the_states_the_same() -> None:
    for kind, called in (("request", words.REQUEST), ("invoice", words.INVOICE), ("message", words.MESSAGE)):
        assert {code: LOOKS[kind][code]["word"] for code in called} == called


@pytest.fixture
def copied(database: object) -> HeldData:  # noqa: ARG001 - the book is in it.
    book = Book.opened()
    loan = a_sent_charge(book)
    client_id = the_client()
    an_answer("Pago na sexta 😀")
    a_note(client_id, "Prefere ligação à tarde")
    a_paper(client_id)
    book.pay(loan, "50,00", on="2026-02-12")
    return held_data(SYSTEM, at("2026-02-20"), client_id)


def test_the_borrower_s_copy_shows_who_what_why_and_until_when(copied: HeldData) -> None:
    shown = text_of(held_data_pdf(copied, is_compressed=False))

    for expected in (
        "Dados pessoais tratados",
        "Cliente nº 1",
        "Maria das Dores Silva",
        "(11) 98765-4321",
        "Empréstimo nº 1 · Em andamento",
        "R$ 100,00",
        "R$ 52,21",
        "Aceita receber mensagens, desde 02/01/2026. Origem: cadastro.",
        "Pago na sexta ?",
        "Prefere ligação à tarde",
        "rg-maria-silva.pdf",
        "payment.registered",
        "11. Trilha de auditoria",
    ):
        assert expected in shown, expected
    joined = shown.replace("\n", " ")
    assert "Os dados ficam guardados, porque há um empréstimo com valor em aberto." in joined
    assert re.search(r"Aprovado em 10/01/2026 12:00 por João Reis", joined)


def test_the_borrower_s_copy_is_the_same_bytes_each_time(copied: HeldData) -> None:
    assert held_data_pdf(copied) == held_data_pdf(copied)
    assert held_data_pdf(copied).startswith(b"%PDF-")
