"""The simulated company's own memory: what it did, as pure facts, and what the rule makes of them.

It never asks the product what happened, except which payment's credit was used: that choice is the product's.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
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
from domain.payments import Parts
from domain.recount import recount
from domain.renegotiations import returned_payment_invoice
from domain.requests import RequestStatus
from loanapp.services._received import PaymentReceipt
from tests.build.book import an_id, rows

LATER_THAN_ALL = date(2100, 1, 1)


@dataclass(frozen=True)
class Move:
    """A due date that was moved: on which day, of which invoice, and the dates that it had until then."""

    day: date
    number: int
    due_date: date
    effective_due_date: date


@dataclass
class Loan:
    """One loan: its contract with the due dates of now, its facts, and the loan that it renegotiates.

    `carried` is the debt that its agreement took over, which never changes again.  `facts` counts whatever may have
    changed what is owed.  `lost` lists the days of being written off, each with the day that ended it.
    """

    request_id: UUID
    number: int
    client_id: UUID
    lent_on: date
    contract: Contract
    root_principal: Money
    parent: "Loan | None" = None
    payments: dict[UUID, PaymentFact] = field(default_factory=dict)
    adjustments: list[AdjustmentFact] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    lost: list[list[date]] = field(default_factory=list)
    cancelled_on: date | None = None
    carried: Money = Money.ZERO
    facts: int = 0

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
        contract = Contract(invoices=invoices, late_fee_pct=fee, mora_pct_month=mora)
        return cls(request_id, number, client_id, lent_on, contract, terms.principal)

    @property
    def takes_money(self) -> bool:
        """Whether it is active or lost: what may be paid, waived, moved and renegotiated."""
        return self.status in (RequestStatus.ACTIVE, RequestStatus.LOST)

    @property
    def status(self) -> RequestStatus:
        """The state that the facts give it."""
        return self.status_on(LATER_THAN_ALL)

    def status_on(self, day: date) -> RequestStatus:
        """Return the state that the facts up to a day give it."""
        if self.cancelled_on is not None and self.cancelled_on <= day:
            return RequestStatus.UNAPPROVED
        if self.contract.closed_on is not None and self.contract.closed_on <= day:
            return RequestStatus.RENEGOTIATED
        if any(stretch[0] <= day and (len(stretch) == 1 or day < stretch[1]) for stretch in self.lost):
            return RequestStatus.LOST
        return RequestStatus.PAID if self.position_then(day).is_paid else RequestStatus.ACTIVE

    def paid(self, receipt: PaymentReceipt, chosen: tuple[int, ...] = ()) -> None:
        """Remember a payment."""
        self.facts += 1
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
    ) -> AdjustmentFact:
        """Remember a waiver granted after all that was paid, or what belongs to a payment."""
        self.facts += 1
        last = max((payment.sequence for payment in self.payments.values()), default=0)
        fact = AdjustmentFact(
            adjustment_id=an_id(),
            invoice_number=number,
            component=component,
            amount=amount,
            granted_on=day,
            sequence=last + 1 if sequence is None else sequence,
            payment_id=payment_id,
        )
        self.adjustments.append(fact)
        return fact

    def moved(self, number: int, due_date: date, day: date) -> None:
        """Remember a due date that was moved."""
        self.facts += 1
        old = next(invoice for invoice in self.contract.invoices if invoice.number == number)
        self.moves.append(Move(day, number, old.due_date, old.effective_due_date))
        self.contract = _dated(self.contract, number, due_date, BusinessCalendar().effective(due_date))

    def undone(self, payment_id: UUID, day: date) -> None:
        """Remember that a payment was reversed."""
        self.facts += 1
        self.payments[payment_id] = replace(self.payments[payment_id], reversed_on=day)

    def waiver_undone(self, fact: AdjustmentFact, day: date) -> None:
        """Remember that a waiver was reversed."""
        self.facts += 1
        self.adjustments[self.adjustments.index(fact)] = replace(fact, reversed_on=day)

    def closed(self, day: date, offered_on: date, carried: Money) -> None:
        """Remember that an agreement closed it, and the debt that it took over."""
        self.contract = replace(self.contract, closed_on=day, charges_end_on=offered_on)
        self.carried = carried

    def cancelled(self, day: date) -> None:
        """Remember that its disbursement was taken back: what it asked for stood until that day."""
        self.cancelled_on = day
        invoices = tuple(replace(each, removed_on=day) for each in self.contract.invoices)
        self.contract = replace(self.contract, invoices=invoices)

    def failed(self, payment_id: UUID, day: date) -> None:
        """Remember that a payment was told to have failed after an agreement closed the loan."""
        payment = self.payments[payment_id]
        self.payments[payment_id] = replace(payment, failures=(*payment.failures, (day, None)))

    def failed_not(self, payment_id: UUID, day: date) -> None:
        """Remember that such a failure was taken back."""
        payment = self.payments[payment_id]
        failures = (*payment.failures[:-1], (payment.failures[-1][0], day))
        self.payments[payment_id] = replace(payment, failures=failures)

    def is_credit_in_use(self, payment_id: UUID, day: date) -> bool:
        """Say whether something uses what a payment left over."""
        payment = next(each for each in self._payments() if each.payment_id == payment_id)
        return bool(payment.credit_used(day))

    def owes_again(self, settled: list[Parts], day: date) -> int:
        """Remember the invoice that a returned payment of an earlier loan of the chain added; return its number."""
        self.facts += 1
        number = max(each.number for each in self.contract.invoices) + 1
        added = returned_payment_invoice(settled, number=number, failed_on=day, calendar=BusinessCalendar())
        self.contract = replace(self.contract, invoices=(*self.contract.invoices, replace(added, added_on=day)))
        return number

    def owes_no_more(self, number: int, day: date) -> None:
        """Remember that a return was taken back."""
        self.facts += 1
        invoices = (replace(each, removed_on=day) if each.number == number else each for each in self.contract.invoices)
        self.contract = replace(self.contract, invoices=tuple(invoices))

    def position_then(self, as_of: date, mora_as_of: date | None = None) -> Position:
        """Return what the rule makes of the facts as a day knew them."""
        contract = self.contract
        for move in reversed(self.moves):
            if move.day > as_of:
                contract = _dated(contract, move.number, move.due_date, move.effective_due_date)
        return replay(contract, self._payments(), self.adjustments, as_of=as_of, mora_as_of=mora_as_of)

    def position(self, as_of: date) -> Position:
        """Return what the rule makes of a day with what is known now."""
        return recount(self.contract, self._payments(), self.adjustments, as_of=as_of)

    def to_recover(self, day: date) -> int:
        """Return the centavos that are missing until a chain has brought back what was lent; on its newest loan."""
        paid = 0
        loan: Loan | None = self
        while loan is not None:
            paid += loan.position_then(day).total_paid.cents
            paid -= sum(each.original.cents for each in loan.contract.invoices if each.added_on and each.stands_on(day))
            loan = loan.parent
        owes_nothing = self.status_on(day) in (RequestStatus.RENEGOTIATED, RequestStatus.UNAPPROVED)
        return 0 if owes_nothing else max(0, self.root_principal.cents - paid)

    def _payments(self) -> list[PaymentFact]:
        uses = credit_uses()
        return [
            replace(payment, credit_uses=tuple(uses.get(payment.sequence, ()))) for payment in self.payments.values()
        ]


def _dated(contract: Contract, number: int, due_date: date, effective: date) -> Contract:
    dates = {"due_date": due_date, "effective_due_date": effective}
    invoices = (replace(each, **dates) if each.number == number else each for each in contract.invoices)
    return replace(contract, invoices=tuple(invoices))


def credit_uses() -> dict[int, list[CreditUse]]:
    """Return the uses of credit, by the number of the payment whose credit it is."""
    uses: defaultdict[int, list[CreditUse]] = defaultdict(list)
    statement = (
        "SELECT p.number, u.amount_cents, u.business_date, coalesce(r.business_date, b.business_date)"
        " FROM credit_uses u JOIN payments p ON p.id = u.source_payment_id LEFT JOIN reversals r"
        " ON r.payment_id = u.used_by_payment_id OR r.refund_id = u.refund_id"
        " LEFT JOIN returned_payments b ON b.payment_id = u.used_by_payment_id"
    )
    found: Any = rows(statement)
    for number, cents, used_on, returned_on in found:
        uses[number].append(CreditUse(used_on=used_on, amount=Money(cents), returned_on=returned_on))
    return uses
