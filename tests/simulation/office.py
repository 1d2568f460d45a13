"""The simulated company's days, clients and loans, and how its people send orders, crashes included."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import event

from domain.calendar import Step
from domain.cycles import Cycle
from domain.errors import DomainError
from domain.instalments import Plan, PlanTerms
from domain.money import Money, format_brl
from domain.permissions import SYSTEM
from domain.requests import RequestStatus
from loanapp.models.base import Session
from loanapp.queries.verification import verify
from tests.build.book import Book, at, run_cycles
from tests.simulation.checks import check, check_dashboard, check_money, check_statement, fingerprint
from tests.simulation.mirror import Loan

START = date(2026, 1, 5)
CLIENTS_MAXIMUM = 3
RUNNING_LOANS_MAXIMUM = 4
ANY = st.integers(0, 1000)
SHARES = st.sampled_from([1, 10, 50, 90, 100, 100, 130, 300])
CRASHES = st.sampled_from(["", "", "", "", "before_commit", "after_commit"])
DAYS_BACK = st.sampled_from([0, 0, 0, 1, 9, 40])


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
    """How many steps were taken and what was done in them, over all runs."""

    taken: int = 0
    done: Counter[str] = field(default_factory=Counter)


class Office(RuleBasedStateMachine):
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
        self.found_clean: list[tuple[object, ...]] = []

    def submit(self, function: Callable[..., object], order: object, crash: str = "", **who: Any) -> object:
        """Send an order as a user does: again after a crash, with the same id. None where it was refused.

        A `move` has no id of its own: sent again after it was done, the state that it led to refuses it.
        """
        actor, moment = who.get("actor", self.book.manager), at(self.today)
        before = fingerprint()
        try:
            with crashing(crash):
                receipt = function(actor, moment, order)
        except DomainError:
            assert fingerprint() == before, "what was refused changed something"
            return None
        except Crash:
            assert (fingerprint() == before) is (crash == "before_commit")
            try:
                receipt = function(actor, moment, order)
            except DomainError as refusal:
                assert crash == "before_commit" or "move" in who, "the same order sent again was refused"
                receipt = refusal if crash == "after_commit" else None
                if receipt is None:
                    return None
        self.steps.done[function.__name__] += 1
        return receipt

    @rule()
    @precondition(lambda self: len(self.clients) < CLIENTS_MAXIMUM)
    def onboard(self) -> None:
        self.clients.append(self.book.a_client(on=self.today.isoformat()))

    @precondition(lambda self: sum(loan.takes_money for loan in self.loans) < RUNNING_LOANS_MAXIMUM)
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
    @rule(which=ANY, days=st.integers(-60, 60))
    def ask_for_a_statement(self, which: int, days: int) -> None:
        loan = self.loan(which)
        check_statement(loan, max(loan.lent_on, self.today + timedelta(days=days)), self.today)

    @invariant()
    def the_book_is_what_the_rule_says(self) -> None:
        self.steps.taken += 1
        stored = fingerprint()
        if stored == self.found_clean:
            return
        for loan in self.loans:
            check(loan)
        check_money()
        check_dashboard(self.book.admin, self.loans, self.today)
        assert verify(SYSTEM, lambda: at(self.today, 20), lambda _checked: None)[0] == []
        self.found_clean = stored

    def loan(self, which: int) -> Loan:
        """Return one of the loans, four times in five one that still runs."""
        running = [loan for loan in self.loans if loan.status is not RequestStatus.RENEGOTIATED]
        chosen = running if running and which % 5 else self.loans
        return chosen[which % len(chosen)]

    def credit_of(self, loan: Loan) -> Money:
        """Return the credit of a loan's client."""
        theirs = [each for each in self.loans if each.client_id == loan.client_id]
        return Money(sum(each.position_then(self.today).credit.cents for each in theirs))

    def touch(self, client_id: object) -> None:
        """Remember that credit moved: it may have changed what any loan of the client owes."""
        for loan in self.loans:
            loan.facts += loan.client_id == client_id


def reais(cents: int) -> str:
    """Write an amount as people do."""
    return format_brl(cents).removeprefix("R$").strip()
