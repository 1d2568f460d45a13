"""Papers of the company as PDF: A4, in Portuguese, with the creditor on every page (CDC 42-A; ux.md §2.0).

Receipts, contracts, statements and the borrower's copy are made of these parts.  The fonts are the 14 that every
reader has: they hold Windows-1252, so ç, ã, R$ and the space that does not break; what is outside is put plainly,
never refused.  The same content at the same moment gives the same bytes.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from loanapp.settings import SAO_PAULO

_ENCODING = "cp1252"
_FONT = "Helvetica"
_INK, _QUIET, _LINE, _SHADE = (28, 30, 33), (95, 99, 104), (200, 203, 208), (243, 244, 246)
_STAMP = (244, 190, 190)
_MARGIN_MM = 15
_FACT_WEIGHTS = (3, 7)
# A row can't be higher than a page: what is longer goes on in a row below.  A character is at most this wide.
_ROW_LINES_MAXIMUM = 35
_CHARACTER_MM = 2.9
_NOT_THERE = "—"
_PLAIN = {"\N{MINUS SIGN}": "-", "\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE}", "\t": " ", "\r": ""}


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """Who writes: name, CPF or CNPJ as shown, address, and how to reach the company."""

    name: str
    tax_id: str
    address: str
    contact: str


@dataclass(frozen=True, kw_only=True)
class PaperColumn:
    """One column of a table; `weight` is its share of the width, numbers stand at the right."""

    header: str
    weight: int = 10
    is_numeric: bool = False


def printable(text: str) -> str:
    """Return a text in the characters of the fonts: accents fall off foreign letters, what is left over is `?`.

    >>> printable("Şükran deve R$ 5 😀")
    'Sükran deve R$ 5 ?'
    """
    return "".join(_printable(character) for character in unicodedata.normalize("NFC", text))


def _printable(character: str) -> str:
    character = _PLAIN.get(character, character)
    if character == "\n" or _is_in_font(character):
        return character
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return bare if bare and _is_in_font(bare) else "?"


def _is_in_font(text: str) -> bool:
    try:
        text.encode(_ENCODING)
    except UnicodeEncodeError:
        return False
    return all(unicodedata.category(character) != "Cc" for character in text)


def _parts(texts: Sequence[str], widths_mm: Sequence[float]) -> Iterable[tuple[str, ...]]:
    """Cut the texts of a row into rows that fit a page; almost always it is the row itself."""
    columns = [_pieces(text, max(1, int(width / _CHARACTER_MM))) for text, width in zip(texts, widths_mm, strict=True)]
    return zip_longest(*columns, fillvalue="")


def _pieces(text: str, characters_per_line: int) -> list[str]:
    lines = [
        line[start : start + characters_per_line]
        for line in text.splitlines(keepends=True) or [""]
        for start in range(0, len(line), characters_per_line) or [0]
    ]
    return ["".join(lines[start : start + _ROW_LINES_MAXIMUM]) for start in range(0, len(lines), _ROW_LINES_MAXIMUM)]


class Paper(FPDF):
    """One document: `title` and `number` stand on top of each page, the moment and the page below."""

    def __init__(
        self, letterhead: Letterhead, *, title: str, number: str, made_at: datetime, is_compressed: bool = True
    ) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._letterhead, self._title, self._number, self._made_at = letterhead, title, number, made_at
        self.core_fonts_encoding = _ENCODING
        self.set_compression(is_compressed)
        self.set_creation_date(made_at)
        self.set_title(printable(f"{title} · {number}"))
        self.set_author(printable(letterhead.name))
        self.set_lang("pt-BR")
        self.set_margins(_MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM + 6)
        self.set_draw_color(*_LINE)
        self.add_page()

    def header(self) -> None:
        """Write the creditor and the name of the paper on top of a page."""
        right = self.epw * 0.4
        top = self.get_y()
        self._write(self._letterhead.name or _NOT_THERE, size=11, is_bold=True, width=self.epw - right)
        lines = (f"CNPJ {self._letterhead.tax_id}" if self._letterhead.tax_id else "", self._letterhead.address)
        for line in (*lines, self._letterhead.contact):
            if line:
                self._write(line, size=8, colour=_QUIET, width=self.epw - right)
        bottom = self.get_y()
        self.set_xy(self.w - self.r_margin - right, top)
        self._write(self._title, size=11, is_bold=True, width=right, align="R")
        self.set_x(self.w - self.r_margin - right)
        self._write(self._number, size=8, colour=_QUIET, width=right, align="R")
        line = max(bottom, self.get_y()) + 2
        self.line(self.l_margin, line, self.w - self.r_margin, line)
        self.set_y(line + 4)

    def footer(self) -> None:
        """Write the moment and the page's number below."""
        self.set_y(-_MARGIN_MM)
        moment = f"{self._made_at.astimezone(SAO_PAULO):%d/%m/%Y %H:%M} (horário de Brasília)"
        self._write(f"Emitido em {moment} · página {self.page_no()} de {{nb}}", size=8, colour=_QUIET, align="C")

    def heading(self, text: str) -> None:
        """Write the heading of a part, never alone at the foot of a page."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(3)
        self.start_section(printable(text))
        self._write(text, size=12, is_bold=True)
        self.ln(1)

    def subheading(self, text: str) -> None:
        """Write the heading of one record inside a part."""
        if self.will_page_break(18):
            self.add_page()
        self.ln(2)
        self._write(text, size=10, is_bold=True)

    def lead(self, text: str) -> None:
        """Write the sentence that the paper is about, larger than the rest."""
        self._write(text, size=11)

    def stamp(self, text: str) -> None:
        """Write a word across the page, as a rubber stamp does, below what is written after it."""
        here = self.get_x(), self.get_y()
        self._font(size=64, is_bold=True, colour=_STAMP)
        with self.rotation(35, self.w / 2, self.h * 0.38):
            self.set_xy(0, self.h * 0.38)
            self.cell(self.w, 20, printable(text), align="C")
        self.set_xy(*here)

    def paragraph(self, text: str, *, is_quiet: bool = False) -> None:
        """Write a text as wide as the page."""
        self._write(text, size=8 if is_quiet else 9, colour=_QUIET if is_quiet else _INK)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write label and value a line each; `—` where there is no value."""
        rows = [(label, value or _NOT_THERE) for label, value in pairs]
        self._font(size=9)
        with self.table(
            col_widths=_FACT_WEIGHTS,
            first_row_as_headings=False,
            borders_layout=TableBordersLayout.NONE,
            v_align="TOP",
            line_height=4.6,
            padding=(0.3, 1, 0.3, 0),
        ) as table:
            for texts in rows:
                for label, value in _parts(texts, self._widths(_FACT_WEIGHTS)):
                    row = table.row()
                    row.cell(printable(label), style=FontFace(color=_QUIET))
                    row.cell(printable(value))

    def table_of(
        self,
        columns: Sequence[PaperColumn],
        rows: Iterable[Sequence[str]],
        *,
        totals: Sequence[str] = (),
        empty: str = "Nada registrado.",
    ) -> None:
        """Write a table whose header is repeated on each page, with `totals` as its last row; `empty` without rows."""
        listed = [*rows]
        if not listed:
            self.paragraph(empty, is_quiet=True)
            return
        self._font(size=8)
        with self.table(
            col_widths=tuple(column.weight for column in columns),
            text_align=tuple("RIGHT" if column.is_numeric else "LEFT" for column in columns),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", fill_color=_SHADE),
            v_align="TOP",
            line_height=4.2,
            padding=(0.8, 1),
        ) as table:
            widths = self._widths([column.weight for column in columns])
            for texts in ([column.header for column in columns], *listed):
                for part in _parts(texts, widths):
                    row = table.row()
                    for text in part:
                        row.cell(printable(text))
            if totals:
                row = table.row()
                for text in totals:
                    row.cell(printable(text), style=FontFace(emphasis="BOLD"))

    def beside(self, left_mm: float, top_mm: float, width_mm: float, title: str, *lines: str) -> None:
        """Write a bold line and quiet ones under it at a place of the page, each as wide as it may be."""
        self.set_xy(left_mm, top_mm)
        self._write(title, size=9, is_bold=True, width=width_mm)
        for text in lines:
            self.set_x(left_mm)
            self._write(text, size=8, colour=_QUIET, width=width_mm)

    def content(self) -> bytes:
        """Return the finished document."""
        return bytes(self.output())

    def _widths(self, weights: Sequence[int]) -> list[float]:
        return [self.epw * weight / sum(weights) for weight in weights]

    def _font(self, *, size: float, is_bold: bool = False, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font(_FONT, style="B" if is_bold else "", size=size)
        self.set_text_color(*colour)

    def _write(
        self,
        text: str,
        *,
        size: float,
        is_bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        width: float = 0,
        align: str = "L",
    ) -> None:
        self._font(size=size, is_bold=is_bold, colour=colour)
        self.multi_cell(width, size * 0.5, printable(text), align=align, new_x="LMARGIN", new_y="NEXT")
