"""What the record of a loan shows, as texts: pure functions from the read to what the state sends."""

from typing import TypedDict

from domain.calendar import Step
from domain.instalments import Plan
from domain.requests import RequestStatus
from loanapp.components.formats import brl_text, counted, date_text, instant_text, percent_text
from loanapp.components.method_names import METHOD_NAMES
from loanapp.components.plan_terms import PERIODS, PLANS, STEPS
from loanapp.components.receive_calculation import Calculated, calculated
from loanapp.queries.request_record import LifeStep, PaymentLine, RequestRecord

INVOICES_SHOWN = 60
PAID_SHOWN_BEFORE = 5
_VERBS = {
    RequestStatus.APPROVED.value: "aprovou este empréstimo",
    RequestStatus.UNAPPROVED.value: "reprovou este empréstimo",
    RequestStatus.ACTIVE.value: "liberou o dinheiro deste empréstimo",
    RequestStatus.LOST.value: "marcou este empréstimo como perdido",
}


class Fact(TypedDict):
    """One fact with its name; an alarming one is red."""

    label: str
    value: str
    is_alarming: bool


class LifeLine(TypedDict):
    """One step of the line of life."""

    status: str
    detail: str
    reason: str


class InvoiceRow(TypedDict):
    """One invoice of the record's table."""

    title: str
    due: str
    look: str
    look_note: str
    original: str
    charges: str
    paid: str
    open: str
    calculation: Calculated


class InvoiceTotals(TypedDict):
    """The sums of all invoices, shown or not, and which are shown."""

    original: str
    charges: str
    paid: str
    open: str
    shown: str


class PaymentRow(TypedDict):
    """One payment of the record's table."""

    number: str
    to: str
    standing: str
    received: str
    amount: str
    method: str
    shares: str
    author: str
    note: str


def head_facts(record: RequestRecord) -> list[Fact]:
    """Return the facts under the heading: what is decided, or what is owed."""
    terms = [
        _fact("Valor", brl_text(record.principal_cents)),
        _fact("Taxa", f"{percent_text(record.rate_pct)} {PERIODS[Step(record.step)]}"),
        _fact("CET", f"{percent_text(record.annual_cost_pct)} ao ano" if record.annual_cost_pct is not None else "—"),
    ]
    if record.disbursed_on is None or record.status == RequestStatus.UNAPPROVED:
        return terms
    overdue = f"{brl_text(record.overdue_cents)} · {counted(record.days_overdue, 'dia', 'dias')}"
    facts = [
        terms[0],
        _fact("Saldo hoje", brl_text(record.open_cents)),
        _fact("Parcelas pagas", f"{record.invoices_paid}/{len(record.invoices)}"),
        _fact("Em atraso", overdue if record.overdue_cents else brl_text(0), is_alarming=record.overdue_cents > 0),
        _fact("Falta recuperar", brl_text(record.to_breakeven_cents)),
        _fact("Próxima data", date_text(record.next_due_date)),
        *terms[1:],
        _fact("Multa e mora", _late_charges(record)),
    ]
    return [*facts, _fact("Crédito", brl_text(record.credit_cents))] if record.credit_cents else facts


def condition_facts(record: RequestRecord) -> list[Fact]:
    """Return the contract's conditions."""
    skips = [word for is_on, word in ((record.skip_sundays, "domingos"), (record.skip_holidays, "feriados")) if is_on]
    facts = [
        _fact("Tabela", dict(PLANS)[Plan(record.plan).value]),
        _fact("Parcelas", str(record.instalment_count)),
        _fact("Frequência", dict(STEPS)[Step(record.step).value]),
        _fact("Primeira data", date_text(record.first_due_date)),
        _fact("Dias sem cobrança", " e ".join(skips) if skips else "—"),
        _fact("Multa e mora", _late_charges(record)),
    ]
    if record.disbursed_on is not None and record.disbursement_method is not None:
        method = METHOD_NAMES[record.disbursement_method]
        facts.append(_fact("Dinheiro liberado", f"{date_text(record.disbursed_on)}, {method}"))
    return [*facts, _fact("Observação", record.note)] if record.note else facts


def _late_charges(record: RequestRecord) -> str:
    if record.late_fee_pct is None or record.mora_pct_month is None:
        return "definidas na aprovação"
    return f"{percent_text(record.late_fee_pct)} · {percent_text(record.mora_pct_month)} ao mês"


def _fact(label: str, value: str, *, is_alarming: bool = False) -> Fact:
    return Fact(label=label, value=value, is_alarming=is_alarming)


def life_line(step: LifeStep) -> LifeLine:
    """Return a step with its date and author."""
    when = instant_text(step.at) if step.at else date_text(step.on)
    return LifeLine(status=step.status, detail=f"{when} · {step.author}" if step.author else when, reason=step.reason)


def moved_text(record: RequestRecord) -> str:
    """Say who moved the loan meanwhile, and when (`João Reis aprovou este empréstimo às 14:02.`)."""
    last = record.steps[-1]
    if last.at is None or last.status not in _VERBS:
        return "Este empréstimo mudou enquanto isso. Esta é a situação atual."
    at = instant_text(last.at).replace(" ", " às ")
    return f"{last.author} {_VERBS[last.status]} em {at}. Nada foi alterado agora."


def invoice_rows(record: RequestRecord) -> list[InvoiceRow]:
    """Return the invoices to show: all of a short plan, those around the next open one of a long plan."""
    first = 0
    if len(record.invoices) > INVOICES_SHOWN:
        is_open = [place for place, invoice in enumerate(record.invoices) if invoice.open_cents]
        first = min(max(0, (is_open or [0])[0] - PAID_SHOWN_BEFORE), len(record.invoices) - INVOICES_SHOWN)
    assert record.late_fee_pct is not None
    assert record.mora_pct_month is not None
    rows = []
    for invoice in record.invoices[first : first + INVOICES_SHOWN]:
        shown = calculated(
            invoice, of=len(record.invoices), as_of=record.business_date, today=record.business_date,
            late_fee_pct=record.late_fee_pct, mora_pct_month=record.mora_pct_month,
        )  # fmt: skip
        rows.append(
            InvoiceRow(
                title=f"{invoice.number}/{len(record.invoices)}", due=shown["due"], look=shown["look"],
                look_note=shown["look_note"], original=brl_text(invoice.original_cents),
                charges=brl_text(invoice.late_fee_cents + invoice.mora_cents),
                paid=brl_text(invoice.paid_cents), open=brl_text(invoice.open_cents), calculation=shown,
            )
        )  # fmt: skip
    return rows


def invoice_totals(record: RequestRecord, rows: list[InvoiceRow]) -> InvoiceTotals:
    """Return the sums of all invoices."""
    invoices = record.invoices
    is_cut = len(rows) < len(invoices)
    return InvoiceTotals(
        original=brl_text(sum(each.original_cents for each in invoices)),
        charges=brl_text(sum(each.late_fee_cents + each.mora_cents for each in invoices)),
        paid=brl_text(sum(each.paid_cents for each in invoices)),
        open=brl_text(sum(each.open_cents for each in invoices)),
        shown=f"Parcelas {rows[0]['title']} a {rows[-1]['title']}; os totais são de todas." if is_cut else "",
    )


def payment_row(payment: PaymentLine) -> PaymentRow:
    """Return a payment with where it went."""
    shares = [f"{share.invoice_number}: {brl_text(share.amount_cents)}" for share in payment.shares]
    if payment.credit_cents:
        shares.append(f"crédito: {brl_text(payment.credit_cents)}")
    return PaymentRow(
        number=str(payment.number),
        to=f"/recebimentos/{payment.number}",
        standing="REVERSED" if payment.reversed_on else "RETURNED" if payment.is_returned else "CONFIRMED",
        received=date_text(payment.received_on),
        amount=brl_text(payment.amount_cents),
        method=METHOD_NAMES[payment.method],
        shares=" · ".join(shares),
        author=payment.author or "Sistema",
        note=payment.note,
    )
