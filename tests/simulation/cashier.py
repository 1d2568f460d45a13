"""What the simulated company does with money: takes it, undoes it, lets charges go, uses and pays back credit."""

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from domain.errors import DomainError
from domain.history import Component
from domain.money import Money
from domain.payments import PaymentMethod
from domain.requests import RequestStatus
from domain.settlement import quote_settlement
from loanapp.services import credits as credits_
from loanapp.services import payments, reversals, settlements, waivers
from loanapp.services._received import PaymentReceipt
from loanapp.services.requests import RequestReceipt
from tests.build.book import an_id, rows
from tests.simulation.checks import fingerprint
from tests.simulation.mirror import Loan
from tests.simulation.office import ANY, CRASHES, DAYS_BACK, SHARES, Office


class Cashier(Office):
    """The rules of payments and of what corrects or uses them."""

    @precondition(lambda self: self.loans)
    @rule(which=ANY, share=SHARES, days_back=DAYS_BACK, crash=CRASHES, lets_go=st.booleans())
    def pay(self, which: int, share: int, days_back: int, crash: str, *, lets_go: bool) -> None:
        loan = self.loan(which)
        day = max(loan.lent_on, self.today - timedelta(days=days_back))
        open_cents = loan.position(day).total_open.cents
        amount = Money(max(1, open_cents * share // 100 - (7 if lets_go else 0)))
        order = payments.RegisterPayment(
            payment_id=an_id(), request_id=loan.request_id, amount=amount, method=PaymentMethod.PIX, received_on=day,
            note="Chegou depois", waive_remainder=lets_go,
        )  # fmt: skip
        receipt = self.submit(payments.register_payment, order, crash)
        if receipt is None:
            return
        assert isinstance(receipt, PaymentReceipt)
        assert loan.takes_money or loan.status is RequestStatus.PAID
        loan.paid(receipt)
        if lets_go:
            self.let_the_remainder_go(loan, receipt, day)

    def let_the_remainder_go(self, loan: Loan, receipt: PaymentReceipt, day: date) -> None:
        """Remember what a payment left open of the last invoice that it reached."""
        after = loan.position(day)
        reached = {line.invoice_number for line in after.allocations if line.payment_id == receipt.payment_id}
        for invoice in after.invoices:
            for component in Component:
                left = getattr(invoice.open, component.value.lower())
                if invoice.number in reached and left:
                    place = {"sequence": receipt.number + 1, "payment_id": receipt.payment_id}
                    loan.adjusted(invoice.number, component, left, day, **place)

    @precondition(lambda self: any(loan.payments for loan in self.loans))
    @rule(which=ANY, crash=CRASHES)
    def reverse(self, which: int, crash: str) -> None:
        known = [(loan, payment_id) for loan in self.loans for payment_id in loan.payments]
        loan, payment_id = known[which % len(known)]
        is_closed = loan.status is RequestStatus.RENEGOTIATED
        was_reversed = loan.payments[payment_id].reversed_on is not None
        order = reversals.ReversePayment(reversal_id=an_id(), payment_id=payment_id, reason="Engano")
        if self.submit(reversals.reverse_payment, order, crash) is not None:
            assert not is_closed
            assert not was_reversed
            loan.undone(payment_id, self.today)
            self.touch(loan.client_id)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, component=st.sampled_from([Component.MORA, Component.LATE_FEE]), share=SHARES, crash=CRASHES)
    def waive(self, which: int, component: Component, share: int, crash: str) -> None:
        charged = [each for each in self.loans if each.position(self.today).total_overdue]
        loan = charged[which % len(charged)] if charged and which % 5 else self.loan(which)
        open_of = {
            invoice.number: getattr(invoice.open, component.value.lower())
            for invoice in loan.position(self.today).invoices
        }
        if not open_of:
            return
        number = max(open_of, key=lambda each: open_of[each].cents)
        amount = Money(max(1, open_of[number].cents * share // 100))
        order = waivers.Waive(
            waiver_id=an_id(), request_id=loan.request_id, lines=((number, component, amount),), reason="Acordo"
        )
        is_possible = loan.takes_money and amount <= open_of[number]
        was_granted = self.submit(waivers.waive, order, crash, actor=self.book.admin) is not None
        assert was_granted is is_possible
        if was_granted:
            loan.adjusted(number, component, amount, self.today)

    @precondition(lambda self: any(loan.adjustments for loan in self.loans))
    @rule(which=ANY, crash=CRASHES)
    def reverse_a_waiver(self, which: int, crash: str) -> None:
        known = [(loan, fact) for loan in self.loans for fact in loan.adjustments]
        loan, fact = known[which % len(known)]
        ((adjustment_id,),) = rows(
            "SELECT a.id FROM adjustments a JOIN invoices i ON i.id = a.invoice_id WHERE a.request_id = :id AND"
            " i.number = :number AND a.component = :component AND a.amount_cents = :cents AND a.sequence = :sequence"
            " AND a.granted_on = :day ORDER BY a.recorded_at LIMIT 1",
            id=loan.request_id, number=fact.invoice_number, component=fact.component, cents=fact.amount.cents,
            sequence=fact.sequence, day=fact.granted_on,
        )  # fmt: skip
        order = reversals.ReverseAdjustment(reversal_id=an_id(), adjustment_id=adjustment_id, reason="Engano")
        if self.submit(reversals.reverse_adjustment, order, crash) is not None:
            assert fact.payment_id is None
            loan.waiver_undone(fact, self.today)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, cents=st.integers(1, 20_000), crash=CRASHES)
    def use_credit(self, which: int, cents: int, crash: str) -> None:
        loan = self.loan(which)
        amount = min(Money(cents), self.credit_of(loan) or Money(cents), loan.position(self.today).total_open)
        order = credits_.UseCredit(payment_id=an_id(), request_id=loan.request_id, amount=amount)
        is_possible = loan.takes_money and Money.ZERO < amount <= self.credit_of(loan)
        receipt = self.submit(credits_.use_credit, order, crash)
        assert (receipt is not None) is is_possible
        if isinstance(receipt, PaymentReceipt):
            loan.paid(receipt)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, cents=st.integers(1, 20_000), crash=CRASHES)
    def refund(self, which: int, cents: int, crash: str) -> None:
        loan = self.loan(which)
        order = credits_.RefundCredit(
            refund_id=an_id(), client_id=loan.client_id, amount=min(Money(cents), self.credit_of(loan) or Money(cents)),
            method=PaymentMethod.PIX, reason="A pedido",
        )  # fmt: skip
        receipt = self.submit(credits_.refund_credit, order, crash)
        if receipt is not None and cents % 3 == 0:
            back = reversals.ReverseRefund(reversal_id=an_id(), refund_id=order.refund_id, reason="Voltou")
            assert (self.submit(reversals.reverse_refund, back) is not None) or self.closed_today(loan)
            self.touch(loan.client_id)

    def closed_today(self, loan: Loan) -> bool:
        """Say whether an agreement closed a loan of the same client today."""
        theirs = [each.contract for each in self.loans if each.client_id == loan.client_id]
        return any(contract.closed_on == self.today == contract.charges_end_on for contract in theirs)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, number=ANY, days=st.integers(-20, 40))
    def move_due_date(self, which: int, number: int, days: int) -> None:
        loan = self.loan(which)
        if not loan.contract.invoices:
            return
        invoice = loan.contract.invoices[number % len(loan.contract.invoices)]
        due = invoice.due_date + timedelta(days=days)
        request = RequestReceipt(loan.request_id, loan.number, RequestStatus.ACTIVE)
        before = fingerprint()
        try:
            self.book.move_due_date(request, invoice.number, due.isoformat(), on=self.today.isoformat())
        except DomainError:
            assert fingerprint() == before
            return
        self.steps.done["change_due_date"] += 1
        loan.moved(invoice.number, due, self.today)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, days_back=DAYS_BACK, only_last=st.booleans(), crash=CRASHES)
    def settle_early(self, which: int, days_back: int, crash: str, *, only_last: bool) -> None:
        loan = self.loan(which)
        day = max(loan.lent_on, self.today - timedelta(days=days_back))
        position = loan.position(day)
        open_numbers = [invoice.number for invoice in position.invoices if invoice.open.total]
        chosen = tuple(open_numbers[-1:]) if only_last else tuple(open_numbers)
        if not chosen:
            return
        quote = quote_settlement(loan.contract, position, disbursed_on=loan.lent_on, chosen=chosen)
        order = settlements.SettleEarly(
            payment_id=an_id(), request_id=loan.request_id, received_on=day, method=PaymentMethod.PIX,
            expected_total=quote.to_pay, chosen=chosen, note="Chegou depois",
        )  # fmt: skip
        is_possible = loan.takes_money and quote.to_pay.cents > 0
        receipt = self.submit(settlements.settle_early, order, crash)
        assert (receipt is not None) is is_possible
        if not isinstance(receipt, PaymentReceipt):
            return
        loan.paid(receipt, chosen)
        for line in quote.invoices:
            if line.discount:
                place = {"sequence": receipt.number, "payment_id": order.payment_id}
                loan.adjusted(line.number, Component.INTEREST, line.discount, day, **place)
        settled = {invoice.number for invoice in loan.position(self.today).invoices if invoice.paid_on}
        assert set(chosen) <= settled, "a settled invoice is still open"
