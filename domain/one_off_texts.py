"""Texts that a person sends once: the proposal of an agreement, and how an amount came about (whatsapp.md §11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from domain.calendar import format_date
from domain.explanations import Charged, effective_due_words, explained_lines
from domain.history import ContractInvoice
from domain.money import Money, format_brl, format_percent, total
from domain.papers import monthly_cost_pct
from domain.pix import reference_of
from domain.renegotiations import DOWN_PAYMENT_NUMBER, DebtBreakdown
from domain.template_words import Template
from domain.templates import Lender, fill, joined, lender_values, pix_code


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """An offer as a text tells it: the debt of its date, what it makes of it, and all that the law wants with it.

    `annual_cost_pct` is its CET; the late charges, in percent, are those of the contract (money.md §3).
    """

    number: int
    request_number: int
    offered_on: date
    valid_through: date
    debt: DebtBreakdown
    invoices: tuple[ContractInvoice, ...]
    annual_cost_pct: Decimal
    late_fee_pct: Decimal
    mora_pct_month: Decimal


@dataclass(frozen=True, kw_only=True)
class ExplainedInvoice:
    """One invoice of a calculation: its number, its nominal due date, and its charges."""

    number: int
    due_date: date
    charged: Charged


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Invoices of one request as of a date, of a plan of so many; `invoice_number` where only one was asked for.

    `is_payable` says that the amounts are those of today, so that a Pix for them is right.
    """

    request_number: int
    invoice_number: int | None
    count: int
    as_of: date
    late_fee_pct: Decimal
    mora_pct_month: Decimal
    invoices: tuple[ExplainedInvoice, ...]
    is_payable: bool


def render_proposal(words: Template, *, lender: Lender, first_name: str, proposed: Proposed, reference: str) -> str:
    """Write the proposal of an agreement; raise TemplateIncomplete when a value is missing."""
    shared = lender_values(lender) | {
        "primeiro_nome": first_name,
        "proposta_num": str(proposed.number),
        "contrato_ref": str(proposed.request_number),
        "data_base": format_date(proposed.offered_on),
        "validade": format_date(proposed.valid_through),
        "juros_mes": format_percent(monthly_cost_pct(proposed.annual_cost_pct)),
        "cet": format_percent(proposed.annual_cost_pct),
        "multa_pct": format_percent(proposed.late_fee_pct.normalize()),
        "mora_pct": format_percent(proposed.mora_pct_month.normalize()),
    }
    debt = {
        "valor_original": format_brl(proposed.debt.original),
        "multa": format_brl(proposed.debt.late_fee),
        "mora": format_brl(proposed.debt.mora),
        "valor_atualizado": format_brl(proposed.debt.total),
    }
    promised = total(invoice.original for invoice in proposed.invoices)
    written = [
        fill(f"{words.opening} {words.single}", shared | debt),
        *_instalment_lines(words, proposed.invoices),
        fill(words.total, shared | {"valor_atualizado": format_brl(promised)}),
    ]
    return joined(words, written, shared, reference)


def _instalment_lines(words: Template, invoices: Sequence[ContractInvoice]) -> list[str]:
    """Return the down payment, if any, and a line for the instalments of one amount that follow one another."""
    lines = []
    by_amount = groupby(invoices, key=lambda invoice: (invoice.number == DOWN_PAYMENT_NUMBER, invoice.original))
    for (is_down_payment, amount), group in by_amount:
        of_one_amount = list(group)
        values = {
            "parcela_total": str(len(of_one_amount)),
            "valor_original": format_brl(amount),
            "vencimento": format_date(of_one_amount[0].due_date),
        }
        lines.append(fill(words.heading if is_down_payment else words.line, values))
    return lines


def render_calculation(
    words: Template, *, lender: Lender, first_name: str, explained: Explained, reference: str
) -> str:
    """Write how the open amounts came about, invoice by invoice; raise TemplateIncomplete when a value is missing."""
    owed = Money(sum(invoice.charged.open_cents for invoice in explained.invoices))
    pix_reference = reference_of(explained.request_number, explained.invoice_number)
    shared = lender_values(lender) | {
        "primeiro_nome": first_name,
        "contrato_ref": str(explained.request_number),
        "parcela_total": str(explained.count),
        "data_base": format_date(explained.as_of),
        "valor_atualizado": format_brl(owed),
        "pix_copia_cola": pix_code(lender, owed, pix_reference) if explained.is_payable else "",
    }
    is_single = explained.invoice_number is not None
    opening = f"{words.opening} {words.single if is_single else words.several}"
    written = [fill(opening, shared | {"parcela_num": str(explained.invoice_number)})]
    for invoice in explained.invoices:
        due = effective_due_words(invoice.due_date, invoice.charged.effective_due_date)
        written.append(fill(words.heading, shared | {"parcela_num": str(invoice.number), "vencimento": due}))
        written += _lines_of(invoice, explained)
    if len(explained.invoices) > 1:
        written.append(fill(words.total, shared))
    return joined(words, written, shared, reference)


def _lines_of(invoice: ExplainedInvoice, explained: Explained) -> list[str]:
    lines = explained_lines(
        invoice.charged,
        late_fee_pct=explained.late_fee_pct,
        mora_pct_month=explained.mora_pct_month,
        total_label=f"Total em {format_date(explained.as_of)}",
    )
    # Texts have a plain space after R$, screens one that does not break.
    return [f"{line.label}: {format_brl(Money(line.cents))}".replace("\N{NO-BREAK SPACE}", " ") for line in lines]
