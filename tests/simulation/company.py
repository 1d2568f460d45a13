"""A simulated company: it lends, lets days pass, receives, undoes and puts right, with crashes, on real PostgreSQL.

After every step `verify` finds nothing and every stored row is what the pure rule makes of the company's own memory;
what was refused changed nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import event

from domain.calendar import Step
from domain.cycles import Cycle
from domain.errors import DomainError
from domain.history import Component
from domain.instalments import Plan, PlanTerms
from domain.money import Money, format_brl
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM
from domain.settlement import quote_settlement
from loanapp.models.base import Session
from loanapp.queries.verification import verify
from loanapp.services import credits as credits_
from loanapp.services import payments, reversals, settlements, waivers
from loanapp.services.requests import RequestReceipt, RequestStatus
from tests.build.book import Book, a_day, an_id, at, everything, run_cycles
from tests.simulation.mirror import Loan, check

START = date(2026, 1, 5)
LOANS_MAXIMUM = 4
ANY = st.integers(0, 1000)
SHARES = st.sampled_from([1, 10, 50, 90, 100, 100, 130, 300])
CRASHES = st.sampled_from(["", "", "", "", "before_commit", "after_commit"])


class Crash(Exception):
    """The process died."""


@contextmanager
def crashing(moment: str) -> Iterator[None]:
    """Let the next commit of the product die right before it, or right after."""
    if not moment:
        yield
        return

    def die(_session: object) -> None:
        raise Crash

    event.listen(Session, moment, die)
    try:
        yield
    finally:
        event.remove(Session, moment, die)


@dataclass
class Steps:
    """How many steps were taken, over all runs."""

    taken: int = 0


class Company(RuleBasedStateMachine):
    """The company and its days; `clean` empties the database before each run."""

    clean: ClassVar[Callable[[], None]]
    steps: ClassVar[Steps] = Steps()

    def __init__(self) -> None:
        super().__init__()
        type(self).clean()
        self.book = Book.opened()
        # Made now, so that a refusal later on finds the users as they were.
        assert self.book.admin.user_id
        self.today = START
        self.clients = [self.book.a_client(on=START.isoformat())]
        self.loans: list[Loan] = []

    def submit(self, function: Callable[..., object], order: object, crash: str = "", **who: object) -> object:
        """Send an order as a user does: again after a crash, with the same id. None where it was refused."""
        actor, moment = who.get("actor", self.book.manager), at(self.today)
        before = everything()
        try:
            with crashing(crash):
                return function(actor, moment, order)
        except DomainError:
            assert everything() == before, "what was refused changed something"
            return None
        except Crash:
            assert (everything() == before) is (crash == "before_commit")
        try:
            return function(actor, moment, order)
        except DomainError:
            assert crash == "before_commit", "the same order sent again was refused"
            return None

    @rule()
    @precondition(lambda self: len(self.clients) < LOANS_MAXIMUM - 1)
    def onboard(self) -> None:
        self.clients.append(self.book.a_client(on=self.today.isoformat()))

    @precondition(lambda self: len(self.loans) < LOANS_MAXIMUM)
    @rule(
        who=ANY, cents=st.integers(1_000, 90_000), plan=st.sampled_from(Plan), step=st.sampled_from(Step),
        count=st.integers(1, 5), rate=st.integers(0, 12),
    )  # fmt: skip
    def lend(self, who: int, cents: int, plan: Plan, step: Step, count: int, rate: int) -> None:
        client_id = self.clients[who % len(self.clients)]
        first_due = self.today + timedelta(days=7)
        try:
            receipt = self.book.a_loan(
                client_id, principal=reais(cents), plan=plan, step=step, count=count, rate_pct=str(rate),
                first_due=first_due.isoformat(), on=self.today.isoformat(),
            )  # fmt: skip
        except DomainError:
            # Twelve percent a day cost more than may be lent at.
            return
        terms = PlanTerms(
            principal=Money(cents), plan=plan, step=step, count=count, rate_pct=Decimal(rate),
            first_due_date=first_due, skip_sundays=False, skip_holidays=False,
        )  # fmt: skip
        self.loans.append(Loan.lent(receipt.request_id, receipt.number, client_id, self.today, terms))

    @rule(days=st.sampled_from([1, 1, 3, 8, 30]))
    def pass_days(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(is_early=st.booleans())
    def run_the_cycles(self, *, is_early: bool) -> None:
        run_cycles(self.today.isoformat(), *((Cycle.OVERDUE,) if is_early else (Cycle.OVERDUE, Cycle.MORA)))

    @precondition(lambda self: self.loans)
    @rule(which=ANY, share=SHARES, days_back=st.sampled_from([0, 0, 0, 1, 9, 40]), crash=CRASHES, lets_go=st.booleans())
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
        loan.paid(receipt)
        if lets_go:
            after = loan.position(day)
            reached = {line.invoice_number for line in after.allocations if line.payment_id == order.payment_id}
            for invoice in after.invoices:
                for component in Component:
                    left = getattr(invoice.open, component.value.lower())
                    if invoice.number in reached and left:
                        place = {"sequence": receipt.number + 1, "payment_id": order.payment_id}
                        loan.adjusted(invoice.number, component, left, day, **place)

    @precondition(lambda self: any(loan.payments for loan in self.loans))
    @rule(which=ANY, crash=CRASHES)
    def reverse(self, which: int, crash: str) -> None:
        known = [(loan, payment_id) for loan in self.loans for payment_id in loan.payments]
        loan, payment_id = known[which % len(known)]
        order = reversals.ReversePayment(reversal_id=an_id(), payment_id=payment_id, reason="Engano")
        if self.submit(reversals.reverse_payment, order, crash) is not None:
            loan.undone(payment_id, self.today)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, component=st.sampled_from([Component.MORA, Component.LATE_FEE]), share=SHARES, crash=CRASHES)
    def waive(self, which: int, component: Component, share: int, crash: str) -> None:
        loan = self.loan(which)
        open_of = {
            invoice.number: getattr(invoice.open, component.value.lower())
            for invoice in loan.position(self.today).invoices
        }
        number = max(open_of, key=lambda each: open_of[each].cents)
        amount = Money(max(1, open_of[number].cents * share // 100))
        order = waivers.Waive(
            waiver_id=an_id(), request_id=loan.request_id, lines=((number, component, amount),), reason="Acordo"
        )
        if self.submit(waivers.waive, order, crash, actor=self.book.admin) is not None:
            loan.adjusted(number, component, amount, self.today)

    @precondition(lambda self: self.loans)
    @rule(which=ANY, cents=st.integers(1, 20_000), crash=CRASHES)
    def use_credit(self, which: int, cents: int, crash: str) -> None:
        loan = self.loan(which)
        amount = min(Money(cents), self.credit_of(loan) or Money(cents), loan.position(self.today).total_open)
        order = credits_.UseCredit(payment_id=an_id(), request_id=loan.request_id, amount=amount)
        receipt = self.submit(credits_.use_credit, order, crash)
        if receipt is not None:
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
            assert self.submit(reversals.reverse_refund, back) is not None

    @precondition(lambda self: self.loans)
    @rule(which=ANY, number=ANY, days=st.integers(-20, 40))
    def move_due_date(self, which: int, number: int, days: int) -> None:
        loan = self.loan(which)
        invoice = loan.contract.invoices[number % len(loan.contract.invoices)]
        due = invoice.due_date + timedelta(days=days)
        request = RequestReceipt(loan.request_id, loan.number, RequestStatus.ACTIVE)
        before = everything()
        try:
            self.book.move_due_date(request, invoice.number, due.isoformat(), on=self.today.isoformat())
        except DomainError:
            assert everything() == before
            return
        loan.moved(invoice.number, a_day(due.isoformat()))

    @precondition(lambda self: self.loans)
    @rule(which=ANY, only_last=st.booleans(), crash=CRASHES)
    def settle_early(self, which: int, crash: str, *, only_last: bool) -> None:
        loan = self.loan(which)
        position = loan.position(self.today)
        open_numbers = [invoice.number for invoice in position.invoices if invoice.open.total]
        chosen = tuple(open_numbers[-1:]) if only_last else tuple(open_numbers)
        if not chosen:
            return
        quote = quote_settlement(loan.contract, position, disbursed_on=loan.lent_on, chosen=chosen)
        order = settlements.SettleEarly(
            payment_id=an_id(), request_id=loan.request_id, received_on=self.today, method=PaymentMethod.PIX,
            expected_total=quote.to_pay, chosen=chosen,
        )  # fmt: skip
        receipt = self.submit(settlements.settle_early, order, crash)
        assert receipt is not None
        loan.paid(receipt, chosen)
        for line in quote.invoices:
            if line.discount:
                place = {"sequence": receipt.number, "payment_id": order.payment_id}
                loan.adjusted(line.number, Component.INTEREST, line.discount, self.today, **place)

    @invariant()
    def the_book_is_what_the_rule_says(self) -> None:
        self.steps.taken += 1
        for loan in self.loans:
            check(loan)
        assert verify(SYSTEM, lambda: at(self.today, 20), lambda _checked: None)[0] == []

    def loan(self, which: int) -> Loan:
        return self.loans[which % len(self.loans)]

    def credit_of(self, loan: Loan) -> Money:
        theirs = [each for each in self.loans if each.client_id == loan.client_id]
        return Money(sum(each.position(self.today).credit.cents for each in theirs))


def reais(cents: int) -> str:
    """Write an amount as people do."""
    return format_brl(cents).removeprefix("R$").strip()
