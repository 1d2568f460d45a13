"""The statement of a loan as PDF: its invoices and payments as of a date (money.md §8)."""

from datetime import date
from decimal import Decimal

from loanapp.papers import words
from loanapp.papers.base import Paper
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day, percent
from loanapp.papers.tables import invoice_table, payment_table
from loanapp.papers.words import word
from loanapp.queries.loan_papers import StatementPaper
from loanapp.queries.statements import Document

TITLE = "Extrato"


def statement_pdf(statement: StatementPaper, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a statement; the same statement gives the same bytes."""
    parties, document = statement.parties, statement.document
    as_of = date.fromisoformat(document["as_of"])
    paper = Paper(
        letterhead_of(parties.creditor),
        title=TITLE,
        number=f"Empréstimo nº {parties.number}",
        made_at=parties.made_at,
        is_compressed=is_compressed,
    )
    paper.heading(f"Posição em {day(as_of)}")
    if as_of > parties.business_date:
        paper.paragraph("Data futura: os valores contam que nada mais seja pago até lá.", is_quiet=True)
    paper.facts(
        (
            ("Cliente", parties.borrower.name),
            ("Situação", word(words.REQUEST, document["status"])),
            ("Valor do empréstimo", f"{brl(document['principal_cents'])}, em {day(document['disbursed_on'])}"),
            ("Encargos por atraso", _late_charges(document)),
            ("Em aberto", brl(document["total_open_cents"])),
            ("Pago", brl(document["total_value_paid_cents"])),
            ("Crédito a usar ou devolver", brl(document["credit_cents"])),
        )
    )
    paper.heading("Parcelas")
    invoice_table(paper, document["invoices"])
    paper.heading("Recebimentos")
    payment_table(paper, statement.payments)
    return paper.content()


def _late_charges(document: Document) -> str:
    late_fee, mora = Decimal(document["late_fee_pct"]), Decimal(document["mora_pct_month"])
    return f"multa de {percent(late_fee)} e mora de {percent(mora)} ao mês"
