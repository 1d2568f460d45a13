"""The calculation of what a loan or an invoice asks for, as PDF: the words and figures of the screen (ux.md §2.11)."""

from domain.explanations import effective_due_words, explained_lines, mora_base_words
from loanapp.papers import words
from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day
from loanapp.papers.words import word
from loanapp.queries.calculations import Calculation, CalculationPaper, ExplainedInvoice

TITLE = "Memória de cálculo"
_LINES = (PaperColumn(header="Cálculo", weight=80), PaperColumn(header="Valor", weight=20, is_numeric=True))
_PAYMENTS = (
    PaperColumn(header="Recebimento", weight=32),
    PaperColumn(header="Mora", weight=14, is_numeric=True),
    PaperColumn(header="Multa", weight=14, is_numeric=True),
    PaperColumn(header="Juros", weight=14, is_numeric=True),
    PaperColumn(header="Principal", weight=14, is_numeric=True),
    PaperColumn(header="Total", weight=14, is_numeric=True),
)


def calculation_pdf(made: CalculationPaper, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a calculation; the same calculation at the same moment gives the same bytes."""
    found = made.calculation
    shown = [each for each in found.invoices if each.charged.open_cents or found.invoice_number is not None]
    paper = Paper(
        letterhead_of(made.creditor),
        title=TITLE,
        number=f"Empréstimo nº {found.number}",
        made_at=made.made_at,
        is_compressed=is_compressed,
    )
    paper.heading(f"Valor em {day(found.as_of)}: {brl(found.open_cents)}")
    paper.paragraph(_moment(found), is_quiet=True)
    if found.carried_from:
        paper.paragraph(mora_base_words(found.carried_from), is_quiet=True)
    paper.facts((("Cliente", found.client_name), ("Parcelas com valor em aberto", str(_open_count(found)))))
    for invoice in shown:
        _invoice(paper, found, invoice)
    if found.credit_cents:
        paper.paragraph(f"Crédito do cliente neste empréstimo, fora da conta acima: {brl(found.credit_cents)}.")
    return paper.content()


def _moment(found: Calculation) -> str:
    if found.as_of < found.today:
        return "Como estava nesse dia, com o que tinha sido recebido até ele."
    return "Se nada mais for pago até esse dia."


def _open_count(found: Calculation) -> int:
    return sum(1 for each in found.invoices if each.charged.open_cents)


def _invoice(paper: Paper, found: Calculation, invoice: ExplainedInvoice) -> None:
    charged = invoice.charged
    title = f"Parcela {charged.number}/{found.count}" if charged.number else "Entrada"
    paper.subheading(f"{title}, vence em {effective_due_words(charged.due_date, charged.effective_due_date)}")
    *lines, result = explained_lines(
        charged, late_fee_pct=found.late_fee_pct, mora_pct_month=found.mora_pct_month,
        total_label=f"Em aberto em {day(found.as_of)}",
    )  # fmt: skip
    paper.table_of(_LINES, [(line.label, brl(line.cents)) for line in lines], totals=(result.label, brl(result.cents)))
    for adjustment in invoice.adjustments:
        if not adjustment.is_reversed:
            paper.paragraph(
                f"{day(adjustment.granted_on)}: {word(words.ADJUSTMENT_KIND, adjustment.kind).lower()} de"
                f" {word(words.COMPONENT, adjustment.component)}, {brl(adjustment.amount_cents)}."
            )
    paid = [payment for payment in invoice.payments if not payment.is_reversed]
    if paid:
        paper.ln(1)
        paper.table_of(
            _PAYMENTS,
            [
                (
                    f"nº {each.number}, {day(each.received_on)}", brl(each.mora_cents), brl(each.late_fee_cents),
                    brl(each.interest_cents), brl(each.principal_cents), brl(each.amount_cents),
                )
                for each in paid
            ],
        )  # fmt: skip
