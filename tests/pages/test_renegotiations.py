"""The simulator, an offer's record and the list, as a browser tab drives them."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.permissions import Role
from loanapp.pages.renegotiations.all_offers import OffersState
from loanapp.pages.renegotiations.offer_state import OfferState
from loanapp.pages.renegotiations.simulate import SimulateState
from loanapp.services.requests import RequestReceipt
from loanapp.settings import Settings
from tests.build.book import Book, a_person, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, set_clock, signed_in_as
from tests.services.test_renegotiations import an_overdue_loan

SIMULATOR = "/renegociacoes/simular?emprestimo={number}"


@pytest.fixture
def loan(database: Engine, change_settings: Callable[..., Settings]) -> RequestReceipt:  # noqa: ARG001 - its database.
    """Give a loan of 1.000,00 that is 30 days overdue today, 12/03/2026: it owes 1.030,00."""
    set_clock(change_settings, "2026-03-12T12:00")
    return an_overdue_loan(Book.opened())


def a_form(**changes: str) -> dict[str, str]:
    return {
        "command_id": str(uuid4()), "down_payment": "0,00", "count": "2", "step": "MONTHLY",
        "first_due_date": "13/04/2026", "rate_pct": "0", "mora_discount_pct": "0", "late_fee_discount_pct": "0",
        "original_discount_pct": "0", "valid_through": "20/03/2026", **changes,
    }  # fmt: skip


def in_the_simulator(reference: str, loan: RequestReceipt, *events: tuple[Any, dict[str, Any]]) -> tuple[Any, str]:
    async def steps(tab: Tab) -> tuple[Any, str]:
        await tab.send(SimulateState.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(SimulateState), tab.told()

    return in_a_tab(reference, SIMULATOR.format(number=loan.number), steps)


def on_the_offer(reference: str, *events: tuple[Any, dict[str, Any]]) -> tuple[Any, str]:
    async def steps(tab: Tab) -> tuple[Any, str]:
        await tab.send(OfferState.load)
        for handler, payload in events:
            await tab.send(handler, **payload)
        return await tab.state(OfferState), tab.told()

    return in_a_tab(reference, "/renegociacoes/1", steps)


def test_three_proposals_stand_ready_and_one_is_in_the_form(loan: RequestReceipt) -> None:
    shown, _ = in_the_simulator(signed_in_as(Role.RENEGOTIATION_ANALYST), loan)

    assert (shown.debt, shown.letter) == ("R$\xa01.030,00", "B")
    assert [each["instalments"] for each in shown.proposals] == [
        "1 \N{MULTIPLICATION SIGN} R$\xa01.030,00",
        "3 \N{MULTIPLICATION SIGN} R$\xa0343,33 (a última R$\xa0343,34)",
        "6 \N{MULTIPLICATION SIGN} R$\xa0171,67 (a última R$\xa0171,65)",
    ]
    assert (shown.terms["count"], shown.terms["down_payment"], shown.lowest) == ("3", "0,00", "")


def test_typing_works_the_proposal_of_the_form_out_and_leaves_the_others(loan: RequestReceipt) -> None:
    typed = {"form_as_json": json.dumps(a_form(mora_discount_pct="50"))}

    shown, _ = in_the_simulator(
        signed_in_as(Role.RENEGOTIATION_ANALYST),
        loan,
        (SimulateState.edit, {"letter": "C"}),
        (SimulateState.count, typed),
    )

    assert [each["total"] for each in shown.proposals] == ["R$\xa01.030,00", "R$\xa01.030,00", "R$\xa01.025,00"]
    assert shown.proposals[2]["needs_approval"]
    assert shown.lowest == "Proposta C: o menor total, R$\xa01.025,00."


@pytest.mark.parametrize(
    ("field", "typed", "text"),
    [
        ("down_payment", "1.030,00", "A entrada vai de zero a menos que R$\xa01.030,00."),
        ("mora_discount_pct", "101", "Informe um desconto de 0 a 100%."),
        ("valid_through", "13/03/2026", "A proposta vale por pelo menos 2 dias."),
        ("first_due_date", "11/03/2026", "A primeira data não pode ser antes da proposta."),
    ],
)
def test_an_impossible_offer_is_refused_at_its_field_and_nothing_changed(
    loan: RequestReceipt, field: str, typed: str, text: str
) -> None:
    reference = signed_in_as(Role.RENEGOTIATION_ANALYST)
    before = everything()

    shown, _ = in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form(**{field: typed})}))

    assert shown.errors == {field: text}
    assert everything() == before


def test_an_offer_is_made_proposed_and_accepted(loan: RequestReceipt) -> None:
    reference = signed_in_as(Role.RENEGOTIATION_ANALYST)
    _, told = in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form(down_payment="30,00")}))
    assert "/renegociacoes/1" in told
    agreement = {"command_id": str(uuid4()), "method": "PIX"}

    shown, _ = on_the_offer(
        reference,
        (OfferState.propose, {"form": {"reason": ""}}),
        (OfferState.accept, {"form": agreement}),
        (OfferState.accept, {"form": agreement}),
    )

    assert (shown.status, shown.errors, shown.new_number) == ("ACCEPTED", {}, 2)
    assert rows("SELECT status FROM requests ORDER BY number") == [("RENEGOTIATED",), ("ACTIVE",)]
    assert rows("SELECT amount_cents, method FROM payments") == [(3000, "PIX")]
    listed, _ = after(OffersState, OffersState.load, ref=reference, path="/renegociacoes?visao=aceitas")
    assert [(row["number"], row["request"], row["status"]) for row in listed.rows] == [
        ("nº 1", "nº 1 \N{RIGHTWARDS ARROW} nº 2", "ACCEPTED")
    ]


def test_a_discount_beyond_the_limit_shows_that_it_waits_and_cannot_be_accepted(loan: RequestReceipt) -> None:
    reference = signed_in_as(Role.RENEGOTIATION_ANALYST)
    in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form(mora_discount_pct="50")}))
    before = everything()

    shown, _ = on_the_offer(reference, (OfferState.accept, {"form": {"command_id": str(uuid4()), "method": "PIX"}}))

    assert (shown.waits, shown.can_accept, shown.may_approve) == (True, False, False)
    assert shown.errors == {"": "O desconto está acima do seu limite. Peça aprovação antes de seguir."}
    assert everything() == before
    seen, _ = on_the_offer(signed_in_as(Role.SUPER_ADMIN))
    assert seen.may_approve


@pytest.mark.parametrize("number", ["x", "-1", "999", "9" * 30, ""])
def test_an_address_that_names_no_loan_says_so(loan: RequestReceipt, number: str) -> None:
    shown, _ = after(
        SimulateState,
        SimulateState.load,
        ref=signed_in_as(Role.RENEGOTIATION_ANALYST),
        path=SIMULATOR.format(number=number),
    )

    assert (shown.problem, shown.proposals, loan.number) == ("Este empréstimo não existe.", [], 1)


def test_a_down_payment_may_be_a_share_of_the_debt(loan: RequestReceipt) -> None:
    typed = {"form_as_json": json.dumps(a_form(down_payment="20%"))}

    shown, _ = in_the_simulator(signed_in_as(Role.RENEGOTIATION_ANALYST), loan, (SimulateState.count, typed))

    assert (shown.errors, shown.proposals[1]["down_payment"]) == ({}, "R$\xa0206,00")


def test_a_payment_since_the_offer_is_named_and_nothing_can_be_agreed(
    loan: RequestReceipt, change_settings: Callable[..., Settings]
) -> None:
    set_clock(change_settings, "2026-03-12T09:00")
    reference = signed_in_as(Role.RENEGOTIATION_ANALYST)
    in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form()}))
    Book(manager=a_person(Role.LOAN_MANAGEMENT), approver=a_person(Role.LOAN_MANAGEMENT)).pay(
        loan, "100,00", on="2026-03-12"
    )
    ((number,),) = rows("SELECT number FROM payments")

    shown, _ = on_the_offer(reference)

    assert shown.can_accept is False
    assert shown.changed.startswith("A dívida mudou de R$\xa01.030,00 para R$\xa0930,00")
    assert f"(recebimento nº {number})" in shown.changed


def test_an_offer_goes_by_whatsapp_and_is_thereby_proposed(loan: RequestReceipt) -> None:
    reference = signed_in_as(Role.RENEGOTIATION_ANALYST)
    in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form()}))
    form = {"command_id": str(uuid4())}

    shown, _ = on_the_offer(reference, (OfferState.send, {"form": form}), (OfferState.send, {"form": form}))

    assert (shown.errors, shown.status, shown.dialog) == ({}, "PROPOSED", "")
    assert rows("SELECT count(*) FROM messages WHERE kind = 'PROPOSAL'") == [(1,)]


def test_what_waits_for_approval_has_a_list_of_its_own(loan: RequestReceipt) -> None:
    reference = signed_in_as(Role.RENEGOTIATION_ANALYST)
    in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form(mora_discount_pct="50")}))
    in_the_simulator(reference, loan, (SimulateState.submit, {"form": a_form()}))

    listed, _ = after(OffersState, OffersState.load, ref=reference, path="/renegociacoes?visao=aprovar")
    broken, _ = after(OffersState, OffersState.load, ref=reference, path="/renegociacoes?visao=em-atraso")

    assert [(row["number"], row["mark"]) for row in listed.rows] == [("nº 1", "Aguardando aprovação")]
    assert broken.rows == []
