"""The receipt of a payment: its words, which the borrower's page shows too, and its PDF (ux.md §2.13; CDC 42-A)."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.receipts import is_second_copy
from loanapp.papers import words
from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day, instant
from loanapp.papers.words import word
from loanapp.queries.receipts import Receipt

TITLE = "Recibo de pagamento"
SECOND_COPY = "2ª via"
REVERSED, RETURNED = "ESTORNADO", "DEVOLVIDO"
_PHRASES = {
    "PIX": "em Pix",
    "CASH": "em dinheiro",
    "TRANSFER": "por transferência",
    "BOLETO": "por boleto",
    "CREDIT": "com crédito que tinha conosco",
}
_COLUMNS = (
    PaperColumn(header="Parcela", weight=12),
    PaperColumn(header="Vencimento", weight=14),
    PaperColumn(header="Principal", weight=15, is_numeric=True),
    PaperColumn(header="Juros", weight=14, is_numeric=True),
    PaperColumn(header="Multa", weight=14, is_numeric=True),
    PaperColumn(header="Mora", weight=14, is_numeric=True),
    PaperColumn(header="Total", weight=17, is_numeric=True),
)
_AMOUNTS = ("principal_cents", "interest_cents", "late_fee_cents", "mora_cents", "total_cents")


@dataclass(frozen=True, kw_only=True)
class ReceiptWords:
    """A receipt in words, the same on paper and on the borrower's page; `mark` is empty while the payment counts."""

    number: str
    mark: str
    statement: str
    facts: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...]
    notes: tuple[str, ...]


def receipt_words(receipt: Receipt) -> ReceiptWords:
    """Write a receipt."""
    copy = f" · {SECOND_COPY}" if is_second_copy(receipt.copy_number) else ""
    how = _PHRASES[receipt.method]
    return ReceiptWords(
        number=f"nº {receipt.number}{copy}",
        mark=_mark(receipt),
        statement=(
            f"Recebemos de {receipt.client_name} o valor de {brl(receipt.amount_cents)}, {how}, em"
            f" {day(receipt.received_on)}, referente ao empréstimo nº\N{NO-BREAK SPACE}{receipt.request_number}."
        ),
        facts=(
            ("Cliente", receipt.client_name),
            ("Empréstimo", f"nº {receipt.request_number}"),
            ("Valor recebido", brl(receipt.amount_cents)),
            ("Forma", word(words.METHOD, receipt.method)),
            ("Data do pagamento", day(receipt.received_on)),
            ("Registrado em", _registered(receipt)),
        ),
        headers=tuple(column.header for column in _COLUMNS),
        rows=tuple(
            (
                # An agreement's down payment is its invoice 0.
                f"{part.invoice_number}/{receipt.instalment_count}" if part.invoice_number else "Entrada",
                day(part.due_date),
                *(brl(getattr(part, name)) for name in _AMOUNTS),
            )
            for part in receipt.parts
        ),
        totals=("Total", "", *(brl(sum(getattr(part, name) for part in receipt.parts)) for name in _AMOUNTS)),
        notes=tuple(_notes(receipt)),
    )


def receipt_pdf(receipt: Receipt, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a receipt; the same receipt read at the same moment gives the same bytes."""
    written = receipt_words(receipt)
    paper = Paper(
        letterhead_of(receipt.creditor),
        title=TITLE,
        number=written.number,
        made_at=receipt.made_at,
        is_compressed=is_compressed,
    )
    if written.mark:
        paper.stamp(written.mark)
    paper.lead(written.statement)
    paper.ln(2)
    paper.facts(written.facts)
    paper.heading("O que foi pago")
    paper.table_of(_COLUMNS, written.rows, totals=written.totals, empty="Nenhuma parcela recebeu este pagamento.")
    paper.ln(2)
    for note in written.notes:
        paper.paragraph(note)
    return paper.content()


def _mark(receipt: Receipt) -> str:
    if receipt.reversed_on:
        return REVERSED
    return RETURNED if receipt.returned_on else ""


def _registered(receipt: Receipt) -> str:
    by = f", por {receipt.registered_by}" if receipt.registered_by else ""
    return f"{instant(receipt.registered_at)}{by}"


def _notes(receipt: Receipt) -> Iterator[str]:
    if receipt.reversed_on:
        yield (
            f"Este pagamento foi estornado em {day(receipt.reversed_on)}: este recibo não vale mais como quitação, e o"
            " que ele pagava voltou a ser devido."
        )
    elif receipt.returned_on:
        yield (
            f"Este pagamento foi devolvido em {day(receipt.returned_on)}: este recibo não vale mais como quitação, e o"
            " valor voltou a ser devido no empréstimo que substituiu este."
        )
    if receipt.discount_cents:
        yield f"Desconto de juros pela quitação antecipada: {brl(receipt.discount_cents)}."
    if receipt.let_go_cents:
        yield f"Resto dispensado: {brl(receipt.let_go_cents)}."
    if receipt.credit_cents:
        yield f"O que passou das parcelas ficou como crédito do cliente: {brl(receipt.credit_cents)}."
    yield "Recibo emitido eletronicamente por quem recebeu, sem necessidade de assinatura."
