"""What the simulated company does with those who don't pay: offers, agreements and chains of them, and losses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from domain.calendar import BusinessCalendar, Step
from domain.errors import DomainError
from domain.history import Contract, ContractInvoice
from domain.instalments import Plan, PlanTerms
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import SYSTEM, Actor, Limit
from domain.renegotiations import DebtBreakdown, Offer, debt, offer_plan, remaining_bases
from domain.requests import RequestStatus
from loanapp.services import approvals, renegotiations, returns, reversals
from loanapp.services._received import PaymentReceipt
from loanapp.services.approvals import WriteOff
from tests.build.book import an_id, at, rows
from tests.simulation.mirror import Loan
from tests.simulation.office import ANY, CRASHES, Office

DISCOUNTS = st.sampled_from([0, 0, 5, 20, 20, 20, 100])
SMALL_LIMIT_CENTS = 10_000


@dataclass
class Offered:
    """An offer that was made: its terms, the debt it is of, and how many facts its loan had then."""

    renegotiation_id: UUID
    loan: Loan
    offer: Offer
    owed: DebtBreakdown
    bases: Sequence[Money]
    facts: int
    needs_approval: bool

    def invoices(self, accepted_on: date) -> tuple[ContractInvoice, ...]:
        """Return what the offer makes of the debt."""
        return offer_plan(self.owed, self.bases, self.offer, BusinessCalendar(), accepted_on=accepted_on)


@dataclass(frozen=True)
class Returned:
    """A return that was recorded: by its id, and the invoice that it added."""

    return_id: UUID
    loan: Loan
    number: int


class Collector(Office):
    """The rules of offers, agreements and write-offs."""

    def __init__(self) -> None:
        super().__init__()
        self.offers: list[Offered] = []
        self.returns: dict[UUID, Returned] = {}

    @precondition(lambda self: any(loan.takes_money for loan in self.loans))
    @rule(
        which=ANY, discounts=st.tuples(DISCOUNTS, DISCOUNTS, DISCOUNTS), down_pct=st.sampled_from([0, 0, 10, 60]),
        plan=st.tuples(st.sampled_from(Plan), st.sampled_from(Step), st.integers(1, 4), st.integers(0, 5)),
        days_valid=st.sampled_from([2, 5, 20]), crash=CRASHES,
    )  # fmt: skip
    def offer(
        self, which: int, discounts: tuple[int, int, int], down_pct: int, plan: tuple[Plan, Step, int, int],
        days_valid: int, crash: str,
    ) -> None:  # fmt: skip
        loan = self.loan(which)
        position = loan.position_then(self.today)
        owed = debt(position)
        terms = PlanTerms(
            principal=Money.ZERO, plan=plan[0], step=plan[1], count=plan[2], rate_pct=Decimal(plan[3]),
            first_due_date=self.today + timedelta(days=10), skip_sundays=False, skip_holidays=False,
        )  # fmt: skip
        offer = Offer(
            offered_on=self.today, valid_through=self.today + timedelta(days=days_valid), terms=terms,
            mora_discount_pct=Decimal(discounts[0]), late_fee_discount_pct=Decimal(discounts[1]),
            original_discount_pct=Decimal(discounts[2]),
            down_payment=Money(owed.total.cents * down_pct // 100),
        )  # fmt: skip
        made = Offered(
            an_id(), loan, offer, owed, remaining_bases(position), loan.facts, needs_approval=max(discounts) > 20
        )
        try:
            is_possible = loan.takes_money and bool(made.invoices(self.today))
        except DomainError:
            is_possible = False
        order = renegotiations.DraftOffer(
            renegotiation_id=made.renegotiation_id, request_id=loan.request_id, offer=offer
        )
        receipt = self.submit(renegotiations.draft_offer, order, crash)
        assert (receipt is not None) is is_possible
        if receipt is not None:
            self.offers.append(made)

    @precondition(lambda self: any(each.needs_approval for each in self.offers))
    @rule(which=ANY, crash=CRASHES)
    def approve_a_discount(self, which: int, crash: str) -> None:
        waiting = [each for each in self.offers if each.needs_approval]
        made = waiting[which % len(waiting)]
        order = renegotiations.DecideOffer(renegotiation_id=made.renegotiation_id, reason="Cliente antigo")
        assert self.submit(renegotiations.approve_discount, order, actor=self.book.manager) is None
        if self.submit(renegotiations.approve_discount, order, crash, actor=self.book.admin, move=True) is not None:
            made.needs_approval = False

    @precondition(lambda self: self.offers)
    @rule(which=ANY, crash=CRASHES)
    def accept(self, which: int, crash: str) -> None:
        # Mostly one of the newest: the older ones are soon stale.
        made = self.offers[-1 - which % len(self.offers) if which % 4 == 0 else -1 - which % min(2, len(self.offers))]
        loan, offer = made.loan, made.offer
        order = renegotiations.AcceptOffer(
            renegotiation_id=made.renegotiation_id, new_request_id=an_id(), down_payment_id=an_id(),
            down_payment_method=PaymentMethod.PIX,
        )  # fmt: skip
        stands = (
            loan.takes_money
            and self.today <= offer.valid_through
            and not made.needs_approval
            and debt(loan.position(offer.offered_on)) == made.owed
        )
        receipt = self.submit(renegotiations.accept, order, crash)
        if receipt is None:
            assert not stands or loan.facts != made.facts, "an offer that stands was refused"
            return
        assert stands, "an offer that no longer stands was accepted"
        assert isinstance(receipt, renegotiations.OfferReceipt)
        invoices = made.invoices(self.today)
        loan.closed(self.today, offer.offered_on, made.owed.total)
        new = self.successor(made, receipt, invoices)
        self.loans.append(new)
        self.offers.remove(made)
        if offer.down_payment:
            ((number,),) = rows("SELECT number FROM payments WHERE id = :id", id=order.down_payment_id)
            assert isinstance(number, int)
            paid = PaymentReceipt(
                order.down_payment_id or an_id(), number, new.request_id, offer.down_payment, self.today, is_new=True
            )
            new.paid(paid)

    def successor(
        self, made: Offered, receipt: renegotiations.OfferReceipt, invoices: tuple[ContractInvoice, ...]
    ) -> Loan:
        """Return the new loan that an agreement makes, on the mora base that it carries."""
        old = made.loan
        contract = Contract(
            invoices=invoices, late_fee_pct=old.contract.late_fee_pct, mora_pct_month=old.contract.mora_pct_month
        )
        assert receipt.new_request_id is not None
        assert receipt.new_request_number is not None
        return Loan(
            receipt.new_request_id, receipt.new_request_number, old.client_id, self.today, contract,
            old.root_principal, old,
        )  # fmt: skip

    @rule()
    def let_offers_expire(self) -> None:
        while renegotiations.expire_next(SYSTEM, at(self.today), None) is not None:
            self.steps.done["expire_next"] += 1
        self.offers = [each for each in self.offers if each.offer.valid_through >= self.today and each.loan.takes_money]
        assert rows(
            "SELECT count(*) FROM renegotiations WHERE status IN ('DRAFT', 'PROPOSED') AND valid_through < :today",
            today=self.today,
        ) == [(0,)]

    @precondition(lambda self: any(loan.takes_money for loan in self.loans))
    @rule(which=ANY, is_careful=st.booleans(), crash=CRASHES)
    def write_off(self, which: int, crash: str, *, is_careful: bool) -> None:
        loan = self.loan(which)
        limits = {**self.book.manager.limits, Limit.WRITE_OFF_CENTS: SMALL_LIMIT_CENTS}
        actor = replace(self.book.manager, limits=limits) if is_careful else self.book.admin
        is_possible = loan.status is RequestStatus.ACTIVE
        order = approvals.MarkLost(request_id=loan.request_id, approval_id=an_id(), reason="Mudou de cidade")
        outcome = self.submit(approvals.mark_lost, order, crash, actor=actor, move=True)
        if outcome is WriteOff.ASKED:
            decision = approvals.Decide(approval_id=order.approval_id, reason="De acordo")
            assert not self.granted(decision, "", actor), "who asked has granted it"
            assert self.granted(decision, crash, self.book.admin)
        assert (outcome is not None) is is_possible
        if is_possible:
            loan.lost.append([self.today])

    def granted(self, decision: approvals.Decide, crash: str, actor: Actor) -> bool:
        """Grant what somebody asked; which has no answer of its own, so the question's state tells."""
        self.submit(approvals.grant, decision, crash, actor=actor, move=True)
        return rows("SELECT status FROM approvals WHERE id = :id", id=decision.approval_id) == [("GRANTED",)]

    @precondition(lambda self: any(loan.status is RequestStatus.LOST for loan in self.loans))
    @rule(which=ANY, crash=CRASHES)
    def reopen(self, which: int, crash: str) -> None:
        loan = self.loan(which)
        is_possible = loan.status is RequestStatus.LOST
        order = approvals.TakeBack(request_id=loan.request_id, approval_id=an_id(), reason="Voltou a pagar")
        was_asked = self.submit(approvals.ask_reopening, order, crash) is not None
        assert was_asked is is_possible
        if was_asked:
            decision = approvals.Decide(approval_id=order.approval_id, reason="De acordo")
            assert not self.granted(decision, "", self.book.manager), "who asked has granted it"
            assert self.granted(decision, crash, self.book.admin)
            loan.lost[-1].append(self.today)
            loan.facts += 1

    @precondition(lambda self: any(not loan.payments for loan in self.loans))
    @rule(which=ANY, crash=CRASHES)
    def cancel(self, which: int, crash: str) -> None:
        unpaid = [loan for loan in self.loans if not loan.payments]
        loan = unpaid[which % len(unpaid)] if which % 3 else self.loan(which)
        is_unpaid = all(payment.reversed_on is not None for payment in loan.payments.values())
        is_possible = loan.status is RequestStatus.ACTIVE and loan.parent is None and is_unpaid
        order = approvals.TakeBack(request_id=loan.request_id, approval_id=an_id(), reason="O dinheiro voltou")
        was_asked = self.submit(approvals.ask_cancellation, order, crash) is not None
        assert was_asked is is_possible
        if was_asked:
            decision = approvals.Decide(approval_id=order.approval_id, reason="De acordo")
            assert self.granted(decision, crash, self.book.admin)
            loan.cancelled(self.today)

    def newest_of(self, loan: Loan) -> Loan:
        """Return the loan that a chain has come to."""
        while True:
            successors = [each for each in self.loans if each.parent is loan]
            if not successors:
                return loan
            loan = successors[0]

    @precondition(lambda self: any(loan.carried and loan.payments for loan in self.loans))
    @rule(which=ANY, crash=CRASHES)
    def return_a_payment(self, which: int, crash: str) -> None:
        known = [(loan, payment_id) for loan in self.loans if loan.carried for payment_id in loan.payments]
        loan, payment_id = known[which % len(known)]
        newest = self.newest_of(loan)
        lines = loan.position_then(self.today).allocations
        settled = [line.parts for line in lines if line.payment_id == payment_id]
        is_standing = loan.payments[payment_id].reversed_on is None and payment_id not in self.returns
        is_used = loan.is_credit_in_use(payment_id, self.today)
        is_possible = is_standing and bool(settled) and not is_used
        order = returns.ReturnPayment(return_id=an_id(), payment_id=payment_id, reason="Transferência devolvida")
        was_returned = self.submit(returns.return_payment, order, crash) is not None
        assert was_returned is is_possible
        if was_returned:
            loan.failed(payment_id, self.today)
            self.returns[payment_id] = Returned(order.return_id, newest, newest.owes_again(settled, self.today))
            self.touch(loan.client_id)

    @precondition(lambda self: self.returns)
    @rule(which=ANY, crash=CRASHES)
    def take_a_return_back(self, which: int, crash: str) -> None:
        payment_id, returned = list(self.returns.items())[which % len(self.returns)]
        order = reversals.ReverseReturn(reversal_id=an_id(), return_id=returned.return_id, reason="Não voltou")
        if self.submit(reversals.reverse_return, order, crash) is not None:
            assert not returned.loan.carried
            returned.loan.owes_no_more(returned.number, self.today)
            paid_loan = next(loan for loan in self.loans if payment_id in loan.payments)
            paid_loan.failed_not(payment_id, self.today)
            del self.returns[payment_id]
            self.touch(returned.loan.client_id)
