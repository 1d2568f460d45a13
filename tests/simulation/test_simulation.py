"""The simulated company, short here and long by `make simulate`; and that it finds what is sabotaged."""

import os
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from domain import renegotiations
from domain.calendar import Step
from domain.history import Component
from domain.instalments import Plan
from loanapp.models import contracts
from loanapp.services import _received, reversals
from loanapp.services import credits as credits_
from tests.simulation.company import Company

pytestmark = pytest.mark.usefixtures("database")

# How many steps `make simulate` asks for; without it, a short run that is the same every time.
STEPS = int(os.environ.get("SIMULATE_STEPS", "0"))
ROUNDS, STEPS_A_ROUND = 4, 25


def simulate(rounds: int, steps: int, *, is_seeded: bool, phases: tuple[Phase, ...] = (Phase.generate,)) -> None:
    run_state_machine_as_test(
        Company,
        settings=settings(
            max_examples=rounds,
            stateful_step_count=steps,
            deadline=None,
            derandomize=is_seeded,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture(autouse=True)
def company(clean_database: Callable[[], None]) -> None:
    Company.clean = staticmethod(clean_database)
    Company.steps.taken = 0
    Company.steps.done.clear()


def test_the_company_keeps_its_book_whatever_happens() -> None:
    if not STEPS:
        simulate(ROUNDS, STEPS_A_ROUND, is_seeded=True)
        assert Company.steps.taken > ROUNDS
        return
    began = time.monotonic()
    while Company.steps.taken < STEPS:
        simulate(20, 50, is_seeded=False)
        seconds = round(time.monotonic() - began)
        os.write(2, f"\n{Company.steps.taken} steps clean in {seconds} s".encode())
    os.write(2, f"\n{dict(Company.steps.done.most_common())}".encode())


DONE = {
    "accept", "approve_discount", "ask_cancellation", "ask_reopening", "change_due_date", "draft_offer", "expire_next",
    "grant", "mark_lost", "refund_credit", "register_payment", "return_payment", "reverse_adjustment",
    "reverse_payment", "reverse_refund", "reverse_return", "settle_early", "use_credit", "waive",
}  # fmt: skip


def test_everything_that_the_company_does_is_done_once() -> None:
    company = Company()

    def then(step: Callable[..., None], *arguments: object, **named: object) -> None:
        step(*arguments, **named)
        company.the_book_is_what_the_rule_says()

    # The first is renegotiated, written off and settled in the end; the second leaves credit, the third centavos.
    for cents in (90_000, 20_000, 30_000):
        then(company.lend, 0, cents, Plan.FLAT, Step.MONTHLY, 2, 5)
    then(company.pay, 1, 130, 0, "after_commit", lets_go=False)
    then(company.reverse, 0, "")
    then(company.pay, 1, 130, 0, "before_commit", lets_go=False)
    then(company.pay, 2, 100, 0, "", lets_go=True)
    then(company.use_credit, 3, 1_000, "after_commit")
    then(company.refund, 3, 900, "before_commit")
    then(company.pass_days, 30)
    then(company.run_the_cycles, is_early=False)
    then(company.move_due_date, 3, 1, 8)
    then(company.waive, 1, Component.MORA, 50, "after_commit")
    then(company.reverse_a_waiver, 0, "")
    then(company.pay, 3, 50, 1, "", lets_go=False)
    then(company.ask_for_a_statement, 3, -20)
    then(company.offer, 3, (100, 20, 0), 10, (Plan.PRICE, Step.MONTHLY, 3, 2), 5, "after_commit")
    then(company.offer, 3, (0, 0, 0), 0, (Plan.FLAT, Step.WEEKLY, 1, 0), 2, "")
    then(company.approve_a_discount, 0, "after_commit")
    then(company.pass_days, 3)
    then(company.let_offers_expire)
    then(company.accept, 4, "after_commit")
    then(company.return_a_payment, 1, "before_commit")
    then(company.take_a_return_back, 0, "")
    then(company.write_off, 2, "after_commit", is_careful=False)
    then(company.reopen, 2, "before_commit")
    then(company.write_off, 2, "", is_careful=True)
    then(company.reopen, 2, "")
    then(company.settle_early, 2, 0, "after_commit", only_last=False)
    then(company.lend, 0, 1_000, Plan.FLAT, Step.MONTHLY, 1, 0)
    then(company.cancel, 1, "before_commit")

    assert set(company.steps.done) == DONE


def lend_pay_reverse(company: Company) -> None:
    company.lend(0, 10_000, Plan.FLAT, Step.MONTHLY, 2, 5)
    company.pay(0, 50, 0, "", lets_go=False)
    company.reverse(0, "")


def use_what_another_loan_left(company: Company) -> None:
    company.lend(0, 10_000, Plan.FLAT, Step.MONTHLY, 2, 5)
    company.lend(0, 20_000, Plan.FLAT, Step.MONTHLY, 2, 5)
    company.pay(0, 130, 0, "", lets_go=False)
    company.use_credit(1, 1_000, "")


def pay_and_die_after_the_commit(company: Company) -> None:
    company.lend(0, 10_000, Plan.FLAT, Step.MONTHLY, 2, 5)
    company.pay(0, 50, 0, "after_commit", lets_go=False)


def accept_an_offer_that_no_longer_stands(company: Company) -> None:
    company.lend(0, 10_000, Plan.FLAT, Step.MONTHLY, 2, 5)
    company.offer(0, (0, 0, 0), 0, (Plan.FLAT, Step.MONTHLY, 2, 0), 5, "")
    company.pay(0, 50, 0, "", lets_go=False)
    company.accept(0, "")


# What is sabotaged, the fewest steps that show it, and what the failure says.
SABOTAGES = {
    "the book is not counted again after a reversal": (
        reversals, "_resettle", lambda *_a: None, lend_pay_reverse, None,
    ),
    "used credit stays where it was": (
        credits_, "_settle_sources", lambda *_a: None, use_what_another_loan_left, None,
    ),
    "the same id is not known again": (
        _received, "existing", lambda *_a: None, pay_and_die_after_the_commit, "the same order sent again was refused",
    ),
    "a stale offer is not looked at again": (
        renegotiations, "check_acceptance", lambda *_a, **_k: None, accept_an_offer_that_no_longer_stands,
        "an offer that no longer stands was accepted",
    ),
    "reversals are not read": (
        contracts, "_loaded",
        lambda request, rows, payments, facts, real=contracts._loaded: real(
            request, rows, [SimpleNamespace(**row._asdict() | {"reversed_on": None}) for row in payments], facts
        ),
        lend_pay_reverse, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("module", "name", "wrong", "steps", "told"), SABOTAGES.values(), ids=SABOTAGES)
def test_a_sabotage_is_caught(
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    name: str,
    wrong: object,
    steps: Callable[[Company], None],
    told: str | None,
) -> None:
    def run() -> None:
        company = Company()
        steps(company)
        company.the_book_is_what_the_rule_says()

    run()
    monkeypatch.setattr(module, name, wrong)

    with pytest.raises(AssertionError, match=told):
        run()
