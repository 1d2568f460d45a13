"""Conferência, event by event: what holds, what does not and where, and a proof asked for by hand."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.permissions import SYSTEM, Role
from domain.proofs import Difference
from loanapp import clock
from loanapp.pages.cycles.proof import ProofState
from loanapp.services import proofs
from loanapp.settings import Settings
from tasks.proofs import prove_what_is_due
from tests.build.book import Book, everything, rows, run_cycles
from tests.build.texts import change_rows
from tests.pages.tabs import after, set_clock, signed_in_as

pytestmark = pytest.mark.usefixtures("database")
PATH = "/rotinas/conferencia"


@pytest.fixture(autouse=True)
def monday(change_settings: Callable[..., Settings]) -> None:
    set_clock(change_settings, "2026-02-23T12:00")


def a_closed_day() -> None:
    """Close Monday 23 February over one overdue loan of R$ 350,00."""
    Book.opened().a_loan(principal="350,00", first_due="2026-02-10")
    run_cycles("2026-02-23")


def shown(role: Role = Role.SUPER_ADMIN, *, path: str = PATH) -> ProofState:
    return after(ProofState, ProofState.load, ref=signed_in_as(role), path=path)[0]


def asked(role: Role = Role.SUPER_ADMIN, **form: Any) -> tuple[ProofState, str]:
    return after(ProofState, ProofState.load, ProofState.prove, ref=signed_in_as(role), path=PATH, form=form)


def test_before_any_proof_the_page_has_none_to_show() -> None:
    page = shown()

    assert (page.headline, page.is_sound, page.rules, page.history) == ("Ainda não conferida", False, [], [])


def test_a_book_that_holds_is_green_rule_by_rule() -> None:
    a_closed_day()
    prove_what_is_due()

    page = shown(Role.LOAN_MANAGEMENT)

    assert (page.headline, page.is_sound) == ("Conferida em 23/02/2026 12:00: tudo certo", True)
    assert [(rule["title"], rule["is_sound"], rule["result"]) for rule in page.rules] == [
        (title, True, "Certo")
        for title in (
            "Somas exatas", "Situações e limites", "Multa e mora", "Números guardados",
            "Nada apagado nem alterado", "Cobranças", "Nada parado",
        )
    ]  # fmt: skip
    assert (page.differences, page.summary) == ([], "")
    assert [(row["business_date"], row["who"], row["result"], row["checked"]) for row in page.history] == [
        ("23/02/2026", "Sistema", "Certo", "1 empréstimo · 1 cliente")
    ]


def test_a_wrong_figure_is_red_at_its_rule_and_names_the_record() -> None:
    a_closed_day()
    change_rows("UPDATE invoices SET mora_cents = mora_cents + 1")
    prove_what_is_due()

    page = shown()

    assert page.is_sound is False
    assert next(rule["title"] for rule in page.rules if not rule["is_sound"]) == "Multa e mora"
    assert page.differences[0] == {
        "rule": "Multa e mora", "record": "request 1 invoice 1 mora_cents", "found": "153", "expected": "152",
    }  # fmt: skip


def test_a_rule_that_broke_often_hides_no_other() -> None:
    a_closed_day()
    proof_id = proofs.take_proof(SYSTEM, clock.moment(), None)
    assert proof_id is not None
    broken = [
        *(Difference(invariant="3 charges", record=f"request {n}", found="1", expected="2") for n in range(1000)),
        Difference(invariant="5 audit chain", record="client 7", found="x", expected="y"),
    ]
    order = proofs.FinishProof(proof_id=proof_id, requests_checked=1000, clients_checked=9, differences=broken)
    proofs.finish_proof(SYSTEM, clock.moment(), order)

    page = shown()

    assert [(rule["title"], rule["result"]) for rule in page.rules if not rule["is_sound"]] == [
        ("Multa e mora", "50 diferenças ou mais"),
        ("Nada apagado nem alterado", "1 diferença"),
    ]
    assert (len(page.differences), page.summary) == (51, "As primeiras 51 de 1001")
    assert page.headline == "Conferida em 23/02/2026 12:00: 1.001 diferenças"


def test_a_proof_asked_for_is_made_by_a_worker_and_then_shown() -> None:
    a_closed_day()

    page, _ = asked(command_id="05238952-813d-4735-9f83-d1a5c143b44e")
    assert (page.is_moving, page.errors) == (True, {})
    assert prove_what_is_due() == 2

    assert shown(Role.LOAN_MANAGEMENT).is_moving is False
    assert rows("SELECT count(*), count(finished_at), count(requested_by) FROM proofs") == [(2, 2, 1)]


def test_a_proof_in_progress_is_not_shown_as_one_that_holds() -> None:
    a_closed_day()
    proof_id = proofs.take_proof(SYSTEM, clock.moment(), None)

    page = shown(path=f"{PATH}?prova={proof_id}")

    assert (page.headline, page.is_sound, page.rules) == ("Ainda não conferida", False, [])
    assert [row["finished_at"] for row in page.history] == ["Conferindo…"]


def test_before_a_date_is_closed_there_is_nothing_to_ask_for() -> None:
    Book.opened()

    page, _ = asked(command_id="05238952-813d-4735-9f83-d1a5c143b44e")

    assert page.errors == {"": "Nenhuma data foi fechada ainda: a conferência começa depois da primeira rotina."}
    assert rows("SELECT count(*) FROM proofs") == [(0,)]


@pytest.mark.parametrize("form", [{}, {"command_id": "x"}, {"command_id": "😀" * 10_000}])
def test_a_key_that_is_none_asks_for_nothing(form: dict[str, str]) -> None:
    a_closed_day()

    asked(**form)

    assert rows("SELECT count(*) FROM proofs") == [(0,)]


def test_who_may_only_look_can_not_ask() -> None:
    a_closed_day()
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    _, told = after(ProofState, ProofState.prove, ref=ref, path=PATH, form={"command_id": str(uuid4())})

    assert "Você não tem permissão para isso." in told
    assert everything() == before


@pytest.mark.parametrize("wanted", ["x", "1%27%20OR%201=1", "05238952-813d-4735-9f83-d1a5c143b44e"])
def test_a_proof_that_does_not_exist_breaks_nothing(wanted: str) -> None:
    a_closed_day()
    prove_what_is_due()

    assert shown(path=f"{PATH}?prova={wanted}").fault == ""
