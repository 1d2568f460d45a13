"""The guarantor of a request: replaced until the money leaves, masked in the trail, gone with the person."""

import json
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from domain.calendar import Step
from domain.clients import PhoneMissing, TaxIdWrongDigits, TextMissing
from domain.errors import SeveralProblems
from domain.guarantors import GuarantorFixed, GuarantorIsBorrower, GuarantorTyped
from domain.instalments import Plan
from domain.money import Money
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from domain.requests import RequestNotFound
from loanapp.queries.held_data import held_data
from loanapp.services import guarantors, privacy, requests
from loanapp.services.guarantors import NameGuarantor
from loanapp.services.requests import OpenRequest, RequestIdTaken, RequestReceipt
from tests.build.book import Book, a_day, a_person, an_id, assign, at, everything, rows
from tests.build.guarantors import JOSE, NOBODY, jose

pytestmark = pytest.mark.usefixtures("database")
KEPT = ("José Carlos Pereira", "52998224725", "+5511977771234", "Rua do Porto, 20, Centro, Santos/SP")


@pytest.fixture
def book() -> Book:
    return Book.opened()


def stored() -> list[tuple[object, ...]]:
    return rows("SELECT name, tax_id, phone, address FROM guarantors")


def name(book: Book, asked: RequestReceipt, typed: GuarantorTyped, *, actor: Actor | None = None) -> None:
    order = NameGuarantor(request_id=asked.request_id, guarantor=typed)
    guarantors.name_guarantor(actor or book.manager, at("2026-01-11"), order)


def events() -> list[tuple[object, object]]:
    found = rows("SELECT action, text FROM audit_events WHERE action LIKE 'guarantor.%' ORDER BY id")
    return [(action, json.loads(str(text))) for action, text in found]


def test_a_request_is_opened_with_its_guarantor_as_typed_and_checked(book: Book) -> None:
    book.a_request(guarantor=JOSE)

    assert stored() == [KEPT]


def test_the_trail_tells_of_a_guarantor_without_saying_who_it_is(book: Book) -> None:
    book.a_request(guarantor=JOSE)

    ((action, facts),) = events()
    assert (action, facts["before"], facts["after"]) == (
        "guarantor.named",
        {},
        {"name": "J. C. P.", "tax_id": "***.982.247-**", "phone": "+55 11 9****-1234", "address": "•••"},
    )


@pytest.mark.parametrize("typed", [None, NOBODY])
def test_a_guarantor_may_be_left_out(book: Book, typed: GuarantorTyped | None) -> None:
    book.a_request(guarantor=typed)

    assert stored() == []
    assert events() == []


@pytest.mark.parametrize(
    ("typed", "problem", "field"),
    [
        (jose(tax_id="529.982.247-26"), TaxIdWrongDigits, "guarantor_tax_id"),
        (jose(phone=""), PhoneMissing, "guarantor_phone"),
        (jose(address="  "), TextMissing, "guarantor_address"),
        (jose(name=""), TextMissing, "guarantor_name"),
    ],
)
def test_half_a_guarantor_is_refused_at_its_field_and_nothing_is_opened(
    book: Book, typed: GuarantorTyped, problem: type[Exception], field: str
) -> None:
    client_id = book.a_client()
    before = everything()

    with pytest.raises(problem) as refused:
        book.a_request(client_id, guarantor=typed)

    assert refused.value.field == field  # type: ignore[attr-defined]
    assert everything() == before


def test_everything_that_is_wrong_with_a_guarantor_is_told_at_once(book: Book) -> None:
    with pytest.raises(SeveralProblems) as refused:
        book.a_request(guarantor=jose(tax_id="", phone="1"))

    assert [problem.field for problem in refused.value.problems] == ["guarantor_tax_id", "guarantor_phone"]


def test_nobody_answers_for_the_own_debt(book: Book) -> None:
    client_id = book.a_client()
    ((own,),) = rows("SELECT tax_id FROM clients")
    before = everything()

    with pytest.raises(GuarantorIsBorrower):
        book.a_request(client_id, guarantor=jose(tax_id=str(own)))

    assert everything() == before


def test_the_same_order_twice_is_one_request_and_one_with_another_guarantor_is_another(book: Book) -> None:
    order = OpenRequest(
        request_id=an_id(),
        client_id=book.a_client(),
        principal=Money(100_000),
        plan=Plan.FLAT,
        step=Step.MONTHLY,
        instalment_count=1,
        rate_pct=Decimal(0),
        first_due_date=a_day("2026-02-10"),
        guarantor=JOSE,
    )
    first = requests.open_request(book.manager, at("2026-01-10"), order)
    before = everything()

    assert requests.open_request(book.manager, at("2026-01-10"), order) == first
    with pytest.raises(RequestIdTaken):
        requests.open_request(book.manager, at("2026-01-10"), replace(order, guarantor=None))

    assert stored() == [KEPT]
    assert everything() == before


def test_a_guarantor_is_replaced_before_the_money_leaves(book: Book) -> None:
    asked = book.a_request(guarantor=JOSE)
    requests.approve(book.approver, at("2026-01-11"), requests.ApproveRequest(request_id=asked.request_id))

    name(book, asked, jose(phone="(11) 97777-9999"))

    assert stored() == [(*KEPT[:2], "+5511977779999", KEPT[3])]
    action, facts = events()[-1]
    assert (action, facts["before"]["phone"], facts["after"]["phone"]) == (  # type: ignore[index]
        "guarantor.named", "+55 11 9****-1234", "+55 11 9****-9999",
    )  # fmt: skip


def test_the_same_guarantor_again_changes_nothing(book: Book) -> None:
    asked = book.a_request(guarantor=JOSE)
    before = everything()

    name(book, asked, JOSE)

    assert everything() == before


def test_a_guarantor_is_taken_out_and_that_leaves_its_trace(book: Book) -> None:
    asked = book.a_request(guarantor=JOSE)

    name(book, asked, NOBODY)

    assert stored() == []
    action, facts = events()[-1]
    assert (action, facts["after"]) == ("guarantor.removed", {})  # type: ignore[index]


def test_once_the_money_left_the_guarantor_stays(book: Book) -> None:
    loan = book.a_loan(guarantor=JOSE)
    before = everything()

    for typed in (NOBODY, jose(name="Outro Nome")):
        with pytest.raises(GuarantorFixed):
            name(book, loan, typed)

    assert everything() == before


def test_a_request_that_does_not_exist_has_no_guarantor(book: Book) -> None:
    before = everything()

    with pytest.raises(RequestNotFound):
        guarantors.name_guarantor(book.manager, at("2026-01-11"), NameGuarantor(request_id=an_id(), guarantor=JOSE))

    assert everything() == before


def test_who_may_not_open_requests_names_no_guarantor_not_even_of_an_own_client(book: Book) -> None:
    asked = book.a_request()
    supervisor = a_person(Role.STREET_SUPERVISOR, "Rui Prado")
    assign(book.client_of(asked), supervisor)
    before = everything()

    for actor in (supervisor, a_person(Role.RENEGOTIATION_ANALYST, "Bia Nunes")):
        with pytest.raises(PermissionMissing):
            name(book, asked, JOSE, actor=actor)

    assert rows("SELECT * FROM guarantors") == []
    assert everything()["audit_events"] == before["audit_events"]


def test_the_borrower_s_copy_names_the_guarantor_and_tells_nothing_else_of_the_person(book: Book) -> None:
    loan = book.a_loan(guarantor=JOSE)

    copy = held_data(SYSTEM, at("2026-02-20"), book.client_of(loan))

    assert [request.guarantor for request in copy.records.requests] == ["José Carlos Pereira"]
    for hidden in ("52998224725", "977771234", "Rua do Porto"):
        assert hidden not in repr(copy)


def test_the_guarantor_goes_with_the_borrower_who_is_anonymised_and_others_stay(book: Book) -> None:
    gone = book.a_loan(guarantor=JOSE)
    stays = book.a_loan(guarantor=jose(name="Lia Ramos"))
    book.pay(gone, "1.000,00", on="2026-02-10")

    privacy.anonymise(
        book.admin, at("2033-01-03"), privacy.Anonymise(client_id=book.client_of(gone), reason="Prazo encerrado")
    )

    found = {UUID(str(request_id)): name for request_id, name in rows("SELECT request_id, name FROM guarantors")}
    assert found == {gone.request_id: "", stays.request_id: "Lia Ramos"}
    assert ("", "", "", "") in stored()
