"""An invoice with its charges as of a date, and the calculation behind them (“memória de cálculo”, ux.md §2.11)."""

from dataclasses import dataclass
from datetime import date

from domain.history import ContractInvoice, InvoicePosition, Position
from loanapp.models.contracts import LoadedContract


@dataclass(frozen=True, kw_only=True)
class MoraStretch:
    """One stretch of mora: `base_cents` x the contract's rate / 30 x `days`, in centavos."""

    base_cents: int
    since: date
    until: date
    days: int
    amount_cents: int


@dataclass(frozen=True, kw_only=True)
class ChargedInvoice:
    """One invoice as of a date: what was asked, paid and waived, and what is open, in centavos.

    `late_fee_base_cents` is what the late fee counted on; `stretches` add up to `mora_cents`.
    """

    number: int
    due_date: date
    effective_due_date: date
    status: str
    days_overdue: int
    principal_cents: int
    interest_cents: int
    original_cents: int
    late_fee_base_cents: int
    late_fee_cents: int
    mora_cents: int
    stretches: tuple[MoraStretch, ...]
    waived_cents: int
    paid_cents: int
    open_cents: int
    paid_on: date | None


def charged_invoices(loaded: LoadedContract, position: Position) -> tuple[ChargedInvoice, ...]:
    """Return the invoices of a contract by number, as the position counts them."""
    dates = {invoice.number: invoice for invoice in loaded.contract_as_of(position.as_of).invoices}
    return tuple(_charged(loaded, invoice, dates[invoice.number]) for invoice in position.invoices)


def _charged(loaded: LoadedContract, invoice: InvoicePosition, dates: ContractInvoice) -> ChargedInvoice:
    row = loaded.invoice_rows[invoice.number]
    return ChargedInvoice(
        number=invoice.number,
        due_date=dates.due_date,
        effective_due_date=dates.effective_due_date,
        status=invoice.status.value,
        days_overdue=invoice.days_overdue,
        principal_cents=row.principal_cents,
        interest_cents=row.interest_cents,
        original_cents=row.original_cents,
        late_fee_base_cents=invoice.late_fee_base.cents,
        late_fee_cents=invoice.late_fee.cents,
        mora_cents=invoice.mora.cents,
        stretches=tuple(
            MoraStretch(
                base_cents=segment.base.cents,
                since=segment.since,
                until=segment.until,
                days=segment.days,
                amount_cents=segment.amount.cents,
            )
            for segment in invoice.mora_segments
        ),
        waived_cents=invoice.waived.cents,
        paid_cents=invoice.paid.total.cents,
        open_cents=invoice.open.total.cents,
        paid_on=invoice.paid_on,
    )


def payable(loaded: LoadedContract, position: Position) -> tuple[InvoicePosition, ...]:
    """Return what a borrower would pay on the position's day: the open invoices due by then, or else the next one."""
    contract = loaded.contract_as_of(position.as_of)
    due = {invoice.number: invoice.effective_due_date for invoice in contract.invoices}
    unsettled = sorted(
        (invoice for invoice in position.invoices if invoice.open.total),
        key=lambda invoice: (due[invoice.number], invoice.number),
    )
    return tuple(invoice for invoice in unsettled if due[invoice.number] <= position.as_of) or tuple(unsettled[:1])
