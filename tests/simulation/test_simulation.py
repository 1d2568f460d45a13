"""The simulated company, short here and long by `make simulate`; and that it finds what is sabotaged."""

import os
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from domain.calendar import Step
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
