"""Tables that several papers hold: the invoices of a statement, and the payments of a loan."""

from collections.abc import Iterable, Sequence

from loanapp.papers import words
from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.formats import brl, day
from loanapp.papers.words import word
from loanapp.queries.loan_papers import PaperPayment
from loanapp.queries.statements import Document

_INVOICE_COLUMNS = (
    PaperColumn(header="Parc.", weight=6),
    PaperColumn(header="Vencimento", weight=11),
    PaperColumn(header="Situação", weight=12),
    PaperColumn(header="Original", weight=13, is_numeric=True),
    PaperColumn(header="Multa", weight=11, is_numeric=True),
    PaperColumn(header="Mora", weight=11, is_numeric=True),
    PaperColumn(header="Abatido", weight=11, is_numeric=True),
    PaperColumn(header="Pago", weight=13, is_numeric=True),
    PaperColumn(header="Em aberto", weight=13, is_numeric=True),
)
_AMOUNTS = ("original_cents", "late_fee_cents", "mora_cents", "waived_cents", "paid_cents", "open_cents")
_PAYMENT_COLUMNS = (
    PaperColumn(header="Recebimento", weight=18),
    PaperColumn(header="Data", weight=18),
    PaperColumn(header="Forma", weight=20),
    PaperColumn(header="Situação", weight=24),
    PaperColumn(header="Valor", weight=20, is_numeric=True),
)


def invoice_table(paper: Paper, invoices: Sequence[Document]) -> None:
    """Write the invoices of a statement (money.md §8) with their sums."""
    paper.table_of(
        _INVOICE_COLUMNS,
        (
            (
                str(invoice["number"]),
                day(invoice["due_date"]),
                word(words.INVOICE, invoice["status"]),
                *(brl(invoice[column]) for column in _AMOUNTS),
            )
            for invoice in invoices
        ),
        totals=("", "", "Total", *(brl(sum(invoice[column] for invoice in invoices)) for column in _AMOUNTS)),
    )


def payment_table(paper: Paper, payments: Iterable[PaperPayment]) -> None:
    """Write the payments of a loan; the sum is that of those that count."""
    listed = [*payments]
    counted = sum(each.amount_cents for each in listed if each.reversed_on is None)
    paper.table_of(
        _PAYMENT_COLUMNS,
        (
            (
                f"nº {each.number}",
                day(each.received_on),
                word(words.METHOD, each.method),
                f"Estornado em {day(each.reversed_on)}" if each.reversed_on else "",
                brl(each.amount_cents),
            )
            for each in listed
        ),
        totals=("Total", "", "", "", brl(counted)),
        empty="Nenhum recebimento.",
    )
