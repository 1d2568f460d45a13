"""Lists as files: what a Brazilian spreadsheet reads from them, and that nothing in them runs."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from loanapp.web.tables import Column, Heading, Kind, Value, Xlsx, csv_rows, csv_text, safe_text

COLUMNS = (
    Column("Cliente"), Column("Valor", Kind.MONEY), Column("Vence", Kind.DATE), Column("Quando", Kind.INSTANT),
    Column("Dias", Kind.NUMBER),
)  # fmt: skip
HEADING = Heading(title="Parcelas", filters="Busca: =x", by="Ana Souza", at=datetime(2026, 2, 12, 17, 30, tzinfo=UTC))
ROWS: list[tuple[Value, ...]] = [
    ('Maria; "Mel"', 123456, date(2026, 2, 10), datetime(2026, 2, 12, 2, 5, tzinfo=UTC), 3),
    ('=HYPERLINK("http://x")', -50, None, None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x",
     "\u200b=1", "\ufeff=1", "|calc", "%x", "\n=1", "\x00=1"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert safe_text(text).startswith("'")


@pytest.mark.parametrize("text", ["Maria", "", "1-2", "a=b", "R$ 1,00", "ção", "😀", "***.982.247-**"])
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def test_csv_is_what_a_brazilian_spreadsheet_reads() -> None:
    text = "".join(csv_text(HEADING, COLUMNS)) + csv_rows(COLUMNS, ROWS)

    assert text.startswith("\ufeffParcelas\r\nFiltros: Busca: =x\r\nExportado por Ana Souza em 12/02/2026 14:30\r\n")
    lines = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert lines[4:] == [
        ["Cliente", "Valor", "Vence", "Quando", "Dias"],
        ['Maria; "Mel"', "1234,56", "10/02/2026", "11/02/2026 23:05", "3"],
        ['\'=HYPERLINK("http://x")', "-0,50", "", "", ""],
    ]


def test_xlsx_keeps_types_and_holds_no_formula() -> None:
    book = Xlsx(HEADING, COLUMNS)
    book.add(ROWS)
    with book.save() as file:
        sheet = load_workbook(file).active

    assert sheet is not None
    assert [cell.value for cell in sheet["A"]][:3] == [
        "Parcelas", "Filtros: Busca: =x", "Exportado por Ana Souza em 12/02/2026 14:30",
    ]  # fmt: skip
    first, second = [list(row) for row in sheet.iter_rows(min_row=6)]
    assert [cell.value for cell in first] == [
        'Maria; "Mel"', 1234.56, datetime(2026, 2, 10), datetime(2026, 2, 11, 23, 5), 3,  # noqa: DTZ001
    ]  # fmt: skip
    assert [cell.data_type for cell in first] == ["s", "n", "d", "d", "n"]
    assert (first[1].number_format, first[2].number_format) == ("#,##0.00", "dd/mm/yyyy")
    assert (second[0].value, second[0].data_type) == ('\'=HYPERLINK("http://x")', "s")
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_control_characters_that_no_workbook_holds_are_left_out() -> None:
    book = Xlsx(HEADING, [Column("Nome")])
    book.add([["A\x0bna\x1f"]])
    with book.save() as file:
        sheet = load_workbook(file).active

    assert sheet is not None
    assert sheet["A6"].value == "Ana"


def test_a_decimal_has_a_comma() -> None:
    assert csv_rows([Column("Taxa", Kind.NUMBER)], [[Decimal("4.5")]]) == "4,50\r\n"
