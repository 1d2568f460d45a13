"""The simulated company's own memory: what it did, as pure facts, and what the rule makes of them.

It never asks the product what happened, except which payment's credit was used: that choice is the product's.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from domain.calendar import BusinessCalendar
from domain.history import (
    AdjustmentFact,
    Component,
    Contract,
    ContractInvoice,
    CreditUse,
    PaymentFact,
    Position,
    replay,
)
from domain.instalments import PlanTerms, build_plan
from domain.money import Money
from loanapp.services._received import PaymentReceipt
from tests.build.book import an_id, rows

STORED = (
    "SELECT i.number, i.status, i.late_fee_cents, i.mora_cents, i.waived_cents, i.paid_cents, i.open_cents"
    " FROM invoices i WHERE i.request_id = :id ORDER BY i.number"
)


@dataclass
class Loan:
    """One loan: its contract with the due dates of now, and its facts."""

    request_id: UUID
    number: int
    client_id: UUID
    lent_on: date
    contract: Contract
    payments: dict[UUID, PaymentFact] = field(default_factory=dict)
    adjustments: list[AdjustmentFact] = field(default_factory=list)

    @classmethod
    def lent(cls, request_id: UUID, number: int, client_id: UUID, lent_on: date, terms: PlanTerms) -> "Loan":
        """Make the contract that the terms give."""
        invoices = tuple(
            ContractInvoice(
                number=each.number,
                due_date=each.due_date,
                effective_due_date=each.effective_due_date,
                principal=each.principal,
                interest=each.interest,
                mora_base=each.original,
            )
            for each in build_plan(terms, BusinessCalendar())
        )
        ((fee, mora),) = rows("SELECT late_fee_pct, mora_pct_month FROM requests WHERE id = :id", id=request_id)
        return cls(
            request_id, number, client_id, lent_on, Contract(invoices=invoices, late_fee_pct=fee, mora_pct_month=mora)
        )

    def paid(self, receipt: PaymentReceipt, chosen: tuple[int, ...] = ()) -> None:
        """Remember a payment."""
        self.payments[receipt.payment_id] = PaymentFact(
            payment_id=receipt.payment_id,
            received_on=receipt.received_on,
            sequence=receipt.number,
            amount=receipt.amount,
            chosen=frozenset(chosen),
        )

    def adjusted(
        self,
        number: int,
        component: Component,
        amount: Money,
        day: date,
        *,
        sequence: int | None = None,
        payment_id: UUID | None = None,
    ) -> None:
        """Remember a waiver granted after all that was paid, or what belongs to a payment."""
        last = max((payment.sequence for payment in self.payments.values()), default=0)
        self.adjustments.append(
            AdjustmentFact(
                adjustment_id=an_id(),
                invoice_number=number,
                component=component,
                amount=amount,
                granted_on=day,
                sequence=last + 1 if sequence is None else sequence,
                payment_id=payment_id,
            )
        )

    def moved(self, number: int, due_date: date) -> None:
        """Remember a due date that was moved."""
        dates = {"due_date": due_date, "effective_due_date": BusinessCalendar().effective(due_date)}
        self.contract = replace(
            self.contract,
            invoices=tuple(
                replace(invoice, **dates) if invoice.number == number else invoice for invoice in self.contract.invoices
            ),
        )

    def undone(self, payment_id: UUID, day: date) -> None:
        """Remember that a payment was reversed."""
        self.payments[payment_id] = replace(self.payments[payment_id], reversed_on=day)

    def position(self, as_of: date, mora_as_of: date | None = None) -> Position:
        """Return what the rule makes of the facts."""
        uses = credit_uses()
        payments = [
            replace(payment, credit_uses=tuple(uses.get(payment.sequence, ()))) for payment in self.payments.values()
        ]
        return replay(self.contract, payments, self.adjustments, as_of=as_of, mora_as_of=mora_as_of)


def credit_uses() -> dict[int, list[CreditUse]]:
    """Return which uses stand now, by the number of the payment whose credit it is."""
    uses: defaultdict[int, list[CreditUse]] = defaultdict(list)
    for number, cents, day in rows(
        "SELECT p.number, u.amount_cents, u.business_date FROM credit_uses u"
        " JOIN payments p ON p.id = u.source_payment_id WHERE NOT EXISTS (SELECT FROM reversals r"
        " WHERE r.payment_id = u.used_by_payment_id OR r.refund_id = u.refund_id)"
    ):
        uses[int(str(number))].append(CreditUse(used_on=day, amount=Money(int(str(cents)))))  # type: ignore[arg-type]
    return uses


def check(loan: Loan) -> None:
    """Compare a loan's stored rows with the rule, as of what the rows stand for."""
    ((overdue_through, mora_through, status, credit_cents),) = rows(
        "SELECT overdue_through, mora_through, status, credit_cents FROM requests WHERE id = :id", id=loan.request_id
    )
    position = loan.position(overdue_through, mora_through)  # type: ignore[arg-type]
    expected = [
        (
            invoice.number, invoice.status.value, invoice.late_fee.cents, invoice.mora.cents, invoice.waived.cents,
            invoice.paid.total.cents, invoice.open.total.cents,
        )
        for invoice in position.invoices
    ]  # fmt: skip
    assert rows(STORED, id=loan.request_id) == expected
    assert (status, credit_cents) == ("PAID" if position.is_paid else "ACTIVE", position.credit.cents)
