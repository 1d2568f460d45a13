"""Lists as files: CSV as Brazilian spreadsheets read it, and typed XLSX; nothing in them runs as a formula.

The first lines say what the list is, its filters, who took it and when (ux.md §2.0).
"""

import csv
import io
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from loanapp.settings import SAO_PAULO

Value = str | int | Decimal | date | datetime | None
BYTE_ORDER_MARK = "\ufeff"
CENTS_PER_UNIT = 100
_STARTS_FORMULA = frozenset("=+-@\t\r\n|%")


class Kind(Enum):
    """What a column holds, with its number format in XLSX."""

    TEXT = "@"
    NUMBER = "0"
    MONEY = "#,##0.00"
    DATE = "dd/mm/yyyy"
    INSTANT = "dd/mm/yyyy hh:mm"


@dataclass(frozen=True)
class Column:
    """One column; values of MONEY are centavos."""

    header: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands above a list."""

    title: str
    filters: str
    by: str
    at: datetime

    @property
    def lines(self) -> tuple[str, ...]:
        """The first lines of the file, as texts."""
        when = f"{self.at.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}"
        return self.title, f"Filtros: {self.filters}", f"Exportado por {self.by} em {when}"


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; it then begins with an apostrophe.

    Signs count also after spaces and in their full-width forms, since programs trim and fold what they open.

    >>> safe_text("=1+1"), safe_text(" \uff1d1"), safe_text("Ana")
    ("'=1+1", "' \uff1d1", 'Ana')
    """
    kept = ILLEGAL_CHARACTERS_RE.sub("", text)
    folded = unicodedata.normalize("NFKC", kept)
    seen = "".join(each for each in folded if unicodedata.category(each) not in ("Cf", "Zs"))
    begins = (kept[:1], folded[:1], seen[:1], folded.strip()[:1])
    return f"'{kept}" if any(each in _STARTS_FORMULA for each in begins) else kept


def csv_text(heading: Heading, columns: Sequence[Column]) -> Iterator[str]:
    """Yield the beginning of a CSV file: the byte order mark, the heading and the columns' names."""
    yield BYTE_ORDER_MARK
    yield _csv_lines([*([safe_text(line)] for line in heading.lines), [], [column.header for column in columns]])


def csv_rows(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> str:
    """Return rows as lines of CSV: `;`, decimal comma, dates dd/mm/aaaa."""
    return _csv_lines(
        [_as_text(column.kind, value) for column, value in zip(columns, row, strict=True)] for row in rows
    )


def _csv_lines(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows(rows)
    return written.getvalue()


def _as_text(kind: Kind, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if kind is Kind.MONEY and isinstance(value, int):
        value = Decimal(value) / CENTS_PER_UNIT
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    return str(value) if isinstance(value, int) else safe_text(value)


class Xlsx:
    """A workbook of one sheet, written row by row; `save` puts it into a file that is gone when it is closed."""

    def __init__(self, heading: Heading, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(heading.title[:31])
        for number, column in enumerate(columns):
            letter = chr(ord("A") + number)
            self._sheet.column_dimensions[letter].width = 18 if column.kind is not Kind.TEXT else 28
        for line in heading.lines:
            self._sheet.append([self._text(line)])
        self._sheet.append([])
        self._sheet.append([self._text(column.header, is_bold=True) for column in columns])

    def add(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows; numbers, amounts and dates stay what they are."""
        for row in rows:
            self._sheet.append(
                [self._cell(column.kind, value) for column, value in zip(self._columns, row, strict=True)]
            )

    def save(self) -> IO[bytes]:
        """Write the workbook and return the file, at its beginning."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever streams it closes it.
        self._book.save(file)
        file.seek(0)
        return file

    def _cell(self, kind: Kind, value: Value) -> object:
        if value is None:
            return None
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, datetime):
            # A spreadsheet knows no zones: it shows the hour of São Paulo.
            value = value.astimezone(SAO_PAULO).replace(tzinfo=None)
        elif kind is Kind.MONEY and isinstance(value, int):
            value = Decimal(value) / CENTS_PER_UNIT
        cell = WriteOnlyCell(self._sheet, value=value)
        cell.number_format = kind.value
        return cell

    def _text(self, text: str, *, is_bold: bool = False) -> object:
        cell = WriteOnlyCell(self._sheet, value=safe_text(text))
        # Whatever it begins with, the cell is a text: never a formula.
        cell.data_type = "s"
        cell.number_format = Kind.TEXT.value
        if is_bold:
            cell.font = Font(bold=True)
        return cell
