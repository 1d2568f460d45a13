"""The simulated company, short here and long by `make simulate`; and that it finds what is sabotaged."""

import os
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

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


SABOTAGES = {
    "the book is not counted again after a reversal": (reversals, "_resettle", lambda *_a: None),
    "used credit stays where it was": (credits_, "_settle_sources", lambda *_a: None),
    "the same id is not known again": (_received, "existing", lambda *_a: None),
    "reversals are not read": (
        contracts, "_loaded",
        lambda request, rows, payments, facts, real=contracts._loaded: real(
            request, rows, [SimpleNamespace(**row._asdict() | {"reversed_on": None}) for row in payments], facts
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("module", "name", "wrong"), SABOTAGES.values(), ids=SABOTAGES)
def test_a_sabotage_is_caught(monkeypatch: pytest.MonkeyPatch, module: object, name: str, wrong: object) -> None:
    monkeypatch.setattr(module, name, wrong)

    with pytest.raises((AssertionError, ExceptionGroup)):
        simulate(20, 30, is_seeded=True)
