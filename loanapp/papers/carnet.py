"""The carnê as PDF: a slip for each open invoice, with the Pix that pays it, and a stub that stays with the payer."""

import segno

from loanapp.papers.base import Paper
from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl, day, percent, tax_id
from loanapp.queries.loan_papers import CarnetPaper, CarnetSlip

TITLE = "Carnê"
# Four slips fit a page; around a QR code as much stays white as four of its modules are wide.
_SLIP_MM, _GAP_MM, _STUB_MM, _PAD_MM = 59, 4, 42, 3
_QR_MM, _QR_WHITE_MM = 34, 4


def carnet_pdf(carnet: CarnetPaper, *, is_compressed: bool = True) -> bytes:
    """Return the PDF of a carnê, four slips a page; the same carnê gives the same bytes."""
    parties = carnet.parties
    paper = Paper(
        letterhead_of(parties.creditor),
        title=TITLE,
        number=f"Empréstimo nº {parties.number}",
        made_at=parties.made_at,
        is_compressed=is_compressed,
    )
    for slip in carnet.slips:
        if paper.will_page_break(_SLIP_MM - _GAP_MM):
            paper.add_page()
        _draw(paper, carnet, slip)
    return paper.content()


def _draw(paper: Paper, carnet: CarnetPaper, slip: CarnetSlip) -> None:
    """Draw a slip, as high as its texts ask for: a long name or address makes it grow, and never tears it in two."""
    top, left, foot = paper.get_y(), paper.l_margin, paper.b_margin
    paper.set_auto_page_break(auto=False, margin=foot)
    _stub(paper, carnet, slip, left=left + _PAD_MM, top=top + _PAD_MM)
    _body(paper, carnet, slip, left=left + _STUB_MM + _PAD_MM, top=top + _PAD_MM)
    paper.set_auto_page_break(auto=True, margin=foot)
    bottom = max(top + _SLIP_MM - _GAP_MM, paper.get_y() + _PAD_MM)
    paper.rect(left, top, paper.epw, bottom - top)
    paper.set_dash_pattern(dash=1.5, gap=1)
    paper.line(left + _STUB_MM, top, left + _STUB_MM, bottom)
    paper.set_dash_pattern()
    paper.set_y(bottom + _GAP_MM)


def _stub(paper: Paper, carnet: CarnetPaper, slip: CarnetSlip, *, left: float, top: float) -> None:
    invoice = slip.invoice
    paper.beside(
        left, top, _STUB_MM - 2 * _PAD_MM,
        f"Parcela {invoice.number}/{carnet.of}",
        f"Empréstimo nº {carnet.parties.number}",
        f"Vencimento: {day(invoice.due_date)}",
        f"Valor: {brl(invoice.open_cents)}",
        "",
        "Pago em ___/___/_____",
        "",
        "R$ __________________",
        "",
        "Assinatura:",
    )  # fmt: skip


def _body(paper: Paper, carnet: CarnetPaper, slip: CarnetSlip, *, left: float, top: float) -> None:
    invoice = slip.invoice
    has_pix = bool(slip.pix)
    right = paper.l_margin + paper.epw - _PAD_MM
    width = right - left - (_QR_MM + 2 * _QR_WHITE_MM - _PAD_MM if has_pix else 0)
    creditor = carnet.parties.creditor
    paper.beside(left, top, width, creditor.name, f"CNPJ {tax_id(creditor.tax_id)} · {creditor.address}")
    paper.ln(1)
    paper.beside(
        left, paper.get_y(), width,
        carnet.parties.borrower.name,
        f"Empréstimo nº {carnet.parties.number} · parcela {invoice.number} de {carnet.of}",
    )  # fmt: skip
    paper.ln(1)
    paper.beside(
        left, paper.get_y(), width,
        f"{brl(invoice.open_cents)} · vencimento {day(invoice.due_date)}",
        *_until(carnet, slip),
    )  # fmt: skip
    if has_pix:
        _draw_qr(paper, slip.pix, left=right + _PAD_MM - _QR_WHITE_MM - _QR_MM, top=top - _PAD_MM + _QR_WHITE_MM)
        paper.ln(1)
        paper.beside(left, paper.get_y(), width, "Pix copia e cola", slip.pix)


def _until(carnet: CarnetPaper, slip: CarnetSlip) -> tuple[str, ...]:
    """Say until when the amount is right, and what comes after."""
    invoice = slip.invoice
    charges = f"multa de {percent(carnet.late_fee_pct)} e mora de {percent(carnet.mora_pct_month)} ao mês"
    if invoice.days_overdue:
        return (
            (
                f"Em atraso há {invoice.days_overdue} dias: valor com multa e mora até"
                f" {day(carnet.parties.business_date)}. Válido só nesse dia; depois, peça o valor atualizado."
            ),
        )
    is_moved = invoice.effective_due_date != invoice.due_date
    until = f" (dia útil seguinte: {day(invoice.effective_due_date)})" if is_moved else ""
    return (f"Válido até o vencimento{until}. Depois: {charges}; peça o valor atualizado.",)


def _draw_qr(paper: Paper, text: str, *, left: float, top: float) -> None:
    """Draw a QR code as one rectangle for each run of dark modules: sharp at any size, and small."""
    matrix = segno.make(text, micro=False).matrix
    module = _QR_MM / len(matrix)
    paper.set_fill_color(0, 0, 0)
    for row, modules in enumerate(matrix):
        start = None
        for column, is_dark in enumerate((*modules, 0)):
            if is_dark and start is None:
                start = column
            elif not is_dark and start is not None:
                paper.rect(left + start * module, top + row * module, (column - start) * module, module, style="F")
                start = None
