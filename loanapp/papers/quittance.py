"""The quittance of a paid loan as PDF: whose debt it was, how much, and when and how it was paid (CC 319, 320)."""

from loanapp.papers.base import Paper
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day, tax_id
from loanapp.papers.tables import payment_table
from loanapp.papers.terms import party_facts
from loanapp.queries.loan_papers import QuittancePaper

TITLE = "Termo de quitação"
_SIGNATURE_WIDTH_MM, _SIGNATURE_MM = 90, 40


def quittance_pdf(quittance: QuittancePaper, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a quittance; the same quittance gives the same bytes."""
    parties = quittance.parties
    paper = Paper(
        letterhead_of(parties.creditor),
        title=TITLE,
        number=f"Empréstimo nº {parties.number}",
        made_at=parties.made_at,
        is_compressed=is_compressed,
    )
    paper.paragraph(_declaration(quittance))
    paper.heading("Partes")
    paper.facts(party_facts(parties))
    paper.heading("Empréstimo quitado")
    paper.facts(
        (
            ("Valor do empréstimo", f"{brl(quittance.principal_cents)}, em {day(quittance.disbursed_on)}"),
            ("Total pago", brl(quittance.paid_cents)),
            ("Abatido ou dispensado", brl(quittance.waived_cents) if quittance.waived_cents else ""),
            ("Crédito a usar ou devolver", brl(quittance.credit_cents) if quittance.credit_cents else ""),
            ("Quitado em", day(quittance.paid_on)),
        )
    )
    paper.heading("Pagamentos")
    payment_table(paper, quittance.payments)
    _sign(paper, parties.creditor.name)
    return paper.content()


def _declaration(quittance: QuittancePaper) -> str:
    parties = quittance.parties
    borrower = f"{parties.borrower.name} ({tax_id(parties.borrower.tax_id)})"
    before = ", ".join(f"nº {number}" for number in quittance.before)
    chain = f", que renegociou {before}" if before else ""
    freed = f" O fiador {parties.guarantor.name} fica livre da fiança." if parties.guarantor else ""
    return (
        f"{parties.creditor.name} declara que recebeu de {borrower} tudo o que era devido pelo empréstimo"
        f" nº {parties.number}{chain}, inclusive multa e mora, e dá plena e geral quitação: nada mais é devido por ele."
        f"{freed}"
    )


def _sign(paper: Paper, creditor: str) -> None:
    if paper.will_page_break(_SIGNATURE_MM):
        paper.add_page()
    paper.ln(6)
    paper.paragraph("Local e data: ________________________________________________________")
    line = paper.get_y() + 16
    paper.line(paper.l_margin, line, paper.l_margin + _SIGNATURE_WIDTH_MM, line)
    paper.beside(paper.l_margin, line + 1, _SIGNATURE_WIDTH_MM, creditor, "Credor")
