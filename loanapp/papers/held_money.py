"""What the borrower's copy tells of money beside payments: taken off, moved, offered anew, used and paid back."""

from collections.abc import Iterator

from loanapp.papers import words
from loanapp.papers.base import Paper, PaperColumn
from loanapp.papers.formats import brl, day, instant
from loanapp.papers.words import word
from loanapp.queries.held_money import HeldPayment, HeldReversal
from loanapp.queries.held_records import HeldRecords, HeldRequest

_CHANGE_COLUMNS = (
    PaperColumn(header="Quando", weight=14),
    PaperColumn(header="O quê", weight=34),
    PaperColumn(header="Como", weight=24),
    PaperColumn(header="Motivo", weight=28),
)


def undone(reversal: HeldReversal | None) -> str:
    """Say when, by whom and why something was reversed; nothing where it was not."""
    if reversal is None:
        return ""
    return f"Estornado em {instant(reversal.reversed_at)}, por {reversal.reversed_by}: {reversal.reason}"


def returns(payment: HeldPayment) -> Iterator[str]:
    """Say when, by whom and why a payment was told to have failed, and where it is owed again."""
    for each in payment.returns:
        told = (
            f"Devolvido em {instant(each.recorded_at)}, por {each.recorded_by}: {each.reason}; cobrado na parcela"
            f" {each.invoice} do empréstimo nº {each.request}"
        )
        yield " · ".join(part for part in (told, undone(each.reversal)) if part)


def receipts(payment: HeldPayment) -> str:
    """Say which copies of a payment's receipt left, how and when, and until when a link opens one."""
    return ", ".join(
        f"{each.copy_number}ª via do recibo em {instant(each.issued_at)} ({word(words.RECEIPT_WAY, each.way)}"
        + (f", link até {instant(each.link_revoked_at or each.link_expires_at)})" if each.link_expires_at else ")")
        for each in payment.receipts
    )


def changes(paper: Paper, request: HeldRequest) -> None:
    """Tell what was taken off invoices, and which due dates were moved, where any were."""
    lines = [
        (
            day(each.granted_on),
            f"parcela {each.invoice}: {brl(each.amount_cents)} de {word(words.COMPONENT, each.component)}",
            f"{word(words.ADJUSTMENT_KIND, each.kind)}, por {each.granted_by}",
            " · ".join(part for part in (each.reason, undone(each.reversal)) if part),
        )
        for each in request.adjustments
    ] + [
        (
            instant(each.changed_at),
            f"parcela {each.invoice}: vencimento de {day(each.old_due_date)} para {day(each.new_due_date)}",
            f"Alteração, por {each.changed_by}",
            each.reason,
        )
        for each in request.due_date_changes
    ]
    if lines:
        paper.ln(1)
        paper.table_of(_CHANGE_COLUMNS, lines)


def renegotiations(paper: Paper, request: HeldRequest) -> None:
    """Tell of the offers of new terms for a loan."""
    for offer in request.renegotiations:
        debt = offer.debt_original_cents + offer.debt_late_fee_cents + offer.debt_mora_cents
        terms = f"entrada de {brl(offer.down_payment_cents)} e {offer.instalment_count} parcelas"
        approved = f" Desconto aprovado por {offer.approved_by}: {offer.approval_reason}." if offer.approved_at else ""
        closed = f" Por {offer.closed_by}: {offer.closing_reason}." if offer.closing_reason else ""
        paper.paragraph(
            f"Proposta de renegociação nº {offer.number}, de {day(offer.offered_on)}, por {offer.drafted_by}: dívida de"
            f" {brl(debt)}, {terms}, total de {brl(offer.promised_total_cents)}. Situação:"
            f" {word(words.RENEGOTIATION, offer.status)}.{approved}{closed}"
        )


def credit(paper: Paper, records: HeldRecords) -> None:
    """Tell how credit was used and paid back, where any was."""
    for refund in records.refunds:
        reversal = f" {undone(refund.reversal)}." if refund.reversal else ""
        paper.paragraph(
            f"Devolução nº {refund.number}, em {day(refund.refunded_on)}: {brl(refund.amount_cents)},"
            f" {word(words.METHOD, refund.method)}, por {refund.refunded_by}: {refund.reason}.{reversal}"
        )
    for use in records.credit_uses:
        user = f"recebimento nº {use.used_by_payment}" if use.used_by_payment else f"devolução nº {use.refund}"
        paper.paragraph(
            f"Crédito usado em {instant(use.recorded_at)}: {brl(use.amount_cents)} do recebimento nº"
            f" {use.source_payment}, por {user}."
        )
