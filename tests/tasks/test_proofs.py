"""The nightly proof: made once after the cycles of a date, again when asked for, and red when the book is wrong."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from domain.cycles import Cycle
from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.models.base import Session
from loanapp.queries.proofs import proof_record
from loanapp.services import proofs
from loanapp.settings import Settings
from tasks.cycles import open_due
from tasks.proofs import prove_what_is_due
from tests.build.book import Book, a_person, at, everything, rows, run_cycles
from tests.build.counting import counted
from tests.build.texts import change_rows
from tests.pages.tabs import set_clock

pytestmark = pytest.mark.usefixtures("database")
DAY = "2026-02-20"


@pytest.fixture(autouse=True)
def friday(change_settings: Callable[..., Settings]) -> None:
    set_clock(change_settings, f"{DAY}T12:00")


def test_a_date_is_proven_once_after_its_last_cycle() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    assert prove_what_is_due() == 0
    run_cycles(DAY, Cycle.OVERDUE, Cycle.MORA)
    assert prove_what_is_due() == 0
    run_cycles(DAY, Cycle.CHARGE)

    assert (prove_what_is_due(), prove_what_is_due()) == (1, 0)

    assert rows("SELECT business_date::text, requests_checked, clients_checked, differences FROM proofs") == [
        (DAY, 1, 1, 0)
    ]


def test_a_wrong_figure_makes_the_proof_red_and_names_the_record() -> None:
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles(DAY)
    with Session.begin() as session:
        session.connection().exec_driver_sql("UPDATE invoices SET mora_cents = mora_cents + 1")

    prove_what_is_due()

    record = proof_record(SYSTEM, clock.moment(), None)
    assert record.newest is not None
    assert record.newest.differences == len(record.differences) > 0
    assert next((each.invariant, each.record, each.found, each.expected) for each in record.differences) == (
        "3 charges", "request 1 invoice 1 mora_cents", "118", "117",
    )  # fmt: skip


def test_a_person_may_ask_for_another_and_the_same_key_asks_once() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    run_cycles(DAY)
    prove_what_is_due()
    admin, proof_id = a_person(Role.SUPER_ADMIN, "Caio Lima"), uuid4()

    for _ in range(2):
        proofs.request_proof(admin, at(DAY), proofs.RequestProof(proof_id=proof_id))

    assert prove_what_is_due() == 1
    assert rows("SELECT count(*), count(finished_at) FROM proofs") == [(2, 2)]


def test_with_nothing_due_a_look_costs_few_statements_and_writes_nothing(database: Engine) -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    run_cycles(DAY)
    open_due()
    before = everything()

    with counted(database) as statements:
        open_due()

    assert everything() == before
    assert len(statements) <= 8


def test_a_proof_that_can_not_be_made_leaves_the_cycles_closed() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    change_rows("ALTER TABLE proofs RENAME TO proofs_away")
    try:
        with pytest.raises(ProgrammingError):
            open_due()
    finally:
        change_rows("ALTER TABLE proofs_away RENAME TO proofs")

    assert rows("SELECT cycle, status FROM cycle_runs ORDER BY opened_at, cycle") == [
        ("overdue", "SUCCESS"), ("mora", "SUCCESS"), ("charge", "SUCCESS"),
    ]  # fmt: skip
    open_due()
    assert rows("SELECT count(*), count(finished_at) FROM proofs") == [(1, 1)]


def test_before_any_date_is_closed_there_is_nothing_to_prove_and_nothing_changes() -> None:
    Book.opened()
    admin = a_person(Role.SUPER_ADMIN, "Caio Lima")
    before = everything()

    with pytest.raises(proofs.NothingClosed):
        proofs.request_proof(admin, at(DAY), proofs.RequestProof(proof_id=uuid4()))

    assert everything() == before


def test_a_proof_whose_worker_died_is_taken_on_again_after_an_hour() -> None:
    Book.opened().a_loan(first_due="2026-02-10")
    run_cycles(DAY)
    taken = proofs.take_proof(SYSTEM, at(DAY, 12), None)

    assert isinstance(taken, UUID)
    assert proofs.take_proof(SYSTEM, at(DAY, 12), None) is None
    assert proofs.take_proof(SYSTEM, at(DAY, 14), None) == taken
