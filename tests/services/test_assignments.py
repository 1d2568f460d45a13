"""Clients are given to street supervisors, and strangers are asked about: who may, and what trace it leaves."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text

from domain.clients import ClientNotFound, LookUpsSpent, SupervisorUnchanged, SupervisorUnfit
from domain.errors import DomainError
from domain.permissions import SYSTEM, Actor, PermissionMissing, Role
from loanapp.models.base import Session
from loanapp.queries import verification
from loanapp.queries.clients import ClientsFilter, client_record, clients_page
from loanapp.queries.supervisors import supervisors
from loanapp.services.assignments import AssignSupervisor, assign_supervisor
from loanapp.services.look_up import LOOK_UPS_PER_DAY, ReducedCard, look_up
from tests.build.book import Book, a_cpf, a_person, an_id, assign, at, everything, rows
from tests.build.rivals import all_at_once

pytestmark = pytest.mark.usefixtures("database")

DAY = "2026-02-02"


def refused(act: Callable[[], object], error: type[DomainError]) -> DomainError:
    before = everything()
    with pytest.raises(error) as refusal:
        act()
    assert everything() == before
    return refusal.value


def no_differences() -> bool:
    return verification.verify(SYSTEM, lambda: at("2026-12-31"), lambda _checked: None)[0] == []


def a_supervisor(name: str = "Rita Rua") -> Actor:
    return a_person(Role.STREET_SUPERVISOR, name)


def test_clients_are_given_to_a_supervisor_each_with_its_trace() -> None:
    book, rita = Book.opened(), a_supervisor()
    one, two = book.a_client("Ana Um"), book.a_client("Bia Dois")
    order = AssignSupervisor(client_ids=(two, one), supervisor_id=rita.user_id, reason="Bairro novo")

    assert assign_supervisor(book.manager, at(DAY), order) == 2

    assert rows("SELECT DISTINCT supervisor_id FROM clients") == [(rita.user_id,)]
    told = [json.loads(str(each)) for (each,) in rows(
        "SELECT text FROM audit_events WHERE action = 'client.supervisor_changed' ORDER BY client_id"
    )]  # fmt: skip
    assert [(facts["before"]["supervisor"], facts["after"]["supervisor"], facts["reason"]) for facts in told] == [
        ("", "Rita Rua", "Bairro novo")
    ] * 2
    assert no_differences()


def test_a_client_goes_to_another_supervisor_and_back_to_nobody() -> None:
    book, rita, saulo = Book.opened(), a_supervisor(), a_supervisor("Saulo Rua")
    client_id = book.a_client()
    assign(client_id, rita)
    assign(client_id, saulo)
    order = AssignSupervisor(client_ids=(client_id,), supervisor_id=None)

    assert assign_supervisor(book.manager, at(DAY), order) == 1

    assert rows("SELECT supervisor_id FROM clients") == [(None,)]
    assert client_record(book.manager, at(DAY), client_id).supervisor == ""


@pytest.mark.parametrize("who", ["nobody", "manager", "inactive"])
def test_only_an_active_street_supervisor_gets_clients(who: str) -> None:
    book, rita = Book.opened(), a_supervisor()
    client_id = book.a_client()
    chosen = {"nobody": an_id(), "manager": book.approver.user_id, "inactive": rita.user_id}[who]
    with Session.begin() as session:
        session.execute(text("UPDATE users SET is_active = false WHERE id = :id"), {"id": rita.user_id})

    order = AssignSupervisor(client_ids=(client_id,), supervisor_id=chosen)

    assert refused(lambda: assign_supervisor(book.manager, at(DAY), order), SupervisorUnfit).field == "supervisor_id"


def test_one_client_that_is_not_there_or_nothing_to_change_refuses_all() -> None:
    book, rita = Book.opened(), a_supervisor()
    client_id = book.a_client()
    absent = AssignSupervisor(client_ids=(client_id, an_id()), supervisor_id=rita.user_id)
    same = AssignSupervisor(client_ids=(client_id,), supervisor_id=None)

    refused(lambda: assign_supervisor(book.manager, at(DAY), absent), ClientNotFound)
    refused(lambda: assign_supervisor(book.manager, at(DAY), same), SupervisorUnchanged)


@pytest.mark.parametrize("role", [Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_who_may_not_assign_is_refused(role: Role) -> None:
    book, actor = Book.opened(), a_person(role)
    order = AssignSupervisor(client_ids=(book.a_client(),), supervisor_id=actor.user_id)

    refused(lambda: assign_supervisor(actor, at(DAY), order), PermissionMissing)


def test_the_list_shows_and_filters_by_supervisor() -> None:
    book, rita = Book.opened(), a_supervisor()
    mine, other = book.a_client("Ana Minha"), book.a_client("Otto Outro")
    assign(mine, rita)

    def names(**filters: object) -> list[tuple[str, str]]:
        page = clients_page(book.manager, at(DAY), ClientsFilter(**filters))
        assert page.total == len(page.lines)
        return [(line.name, line.supervisor) for line in page.lines]

    assert names() == [("Ana Minha", "Rita Rua"), ("Otto Outro", "")]
    assert names(supervisor_id=rita.user_id) == [("Ana Minha", "Rita Rua")]
    assert names(is_unassigned=True) == [("Otto Outro", "")]
    assert client_record(book.manager, at(DAY), mine).supervisor == "Rita Rua"
    assert [line.client_id for line in clients_page(rita, at(DAY), ClientsFilter()).lines] == [mine]
    assert clients_page(rita, at(DAY), ClientsFilter(is_unassigned=True)).lines == ()
    assert other != mine


def test_the_supervisors_to_choose_from_are_the_active_ones_and_none_for_a_supervisor() -> None:
    book, rita = Book.opened(), a_supervisor()
    a_supervisor("Bento Rua")

    assert [each.name for each in supervisors(book.manager, at(DAY), None)] == ["Bento Rua", "Rita Rua"]
    assert supervisors(rita, at(DAY), None) == ()


def a_stranger(book: Book) -> tuple[str, str]:
    """Register a client of nobody's; return the CPF and the phone."""
    book.a_client("Maria das Dores Silva", district="Centro", phone="(11) 98765-4321", other_phone="(11) 3333-4444")
    [(tax_id,)] = rows("SELECT tax_id FROM clients")
    return str(tax_id), "(11) 98765-4321"


def test_an_exact_cpf_or_phone_of_a_stranger_shows_the_reduced_card_and_is_noted() -> None:
    book, rita = Book.opened(), a_supervisor()
    cpf, phone = a_stranger(book)
    card = ReducedCard(name="Maria S.", district="Centro", is_assigned=False, client_id=None)

    assert look_up(rita, at(DAY), cpf) == (card,)
    assert look_up(rita, at(DAY), phone) == (card,)
    assert look_up(rita, at(DAY), "1133334444") == (card,)

    told = rows("SELECT actor_name, text FROM audit_events WHERE action = 'client.looked_up' ORDER BY id")
    assert [(name, json.loads(str(facts))["after"]) for name, facts in told] == [
        ("Rita Rua", {"by": "tax_id"}), ("Rita Rua", {"by": "phone"}), ("Rita Rua", {"by": "phone"}),
    ]  # fmt: skip
    assert cpf not in str(told)
    assert no_differences()


def test_a_part_of_a_number_or_a_name_finds_nobody_and_leaves_no_trace() -> None:
    book, rita = Book.opened(), a_supervisor()
    cpf, _ = a_stranger(book)
    before = everything()

    assert [look_up(rita, at(DAY), typed) for typed in (cpf[:10], "Maria", "", "98765-4321", "1%", "\x00")] == [()] * 6

    assert everything() == before


def test_a_number_of_nobody_is_noted_too() -> None:
    rita = a_supervisor()

    assert look_up(rita, at(DAY), a_cpf(987_654_321)) == ()

    assert rows("SELECT chain, actor_id FROM audit_events WHERE action = 'client.looked_up'") == [
        ("system", rita.user_id)
    ]


def test_ones_own_client_comes_with_its_link_and_without_a_trace() -> None:
    book, rita = Book.opened(), a_supervisor()
    cpf, _ = a_stranger(book)
    [(client_id,)] = rows("SELECT id FROM clients")
    assign(client_id, rita)
    before = everything()

    (card,) = look_up(rita, at(DAY), cpf)

    assert (card.client_id, card.name) == (client_id, "Maria das Dores Silva")
    assert everything() == before


def test_another_supervisors_client_is_said_to_be_assigned_not_to_whom() -> None:
    book, rita = Book.opened(), a_supervisor()
    cpf, _ = a_stranger(book)
    [(client_id,)] = rows("SELECT id FROM clients")
    assign(client_id, a_supervisor("Saulo Rua"))

    expected = ReducedCard(name="Maria S.", district="Centro", is_assigned=True, client_id=None)
    assert look_up(rita, at(DAY), cpf) == (expected,)


def test_who_sees_everybody_gets_the_link_without_a_trace() -> None:
    book = Book.opened()
    cpf, _ = a_stranger(book)
    before = everything()

    (card,) = look_up(book.manager, at(DAY), cpf)

    assert card.client_id is not None
    assert everything() == before


def test_a_day_has_so_many_look_ups_and_the_next_day_again() -> None:
    book, rita = Book.opened(), a_supervisor()
    cpf, _ = a_stranger(book)
    for number in range(LOOK_UPS_PER_DAY):
        look_up(rita, at(DAY), cpf if number % 2 else a_cpf(987_000_000 + number))

    error = refused(lambda: look_up(rita, at(DAY), cpf), LookUpsSpent)

    assert error.values == {"limit": LOOK_UPS_PER_DAY}
    assert len(look_up(rita, at("2026-02-03"), cpf)) == 1


def test_look_ups_that_start_together_are_not_more_than_a_day_has() -> None:
    book, rita = Book.opened(), a_supervisor()
    cpf, _ = a_stranger(book)
    for _ in range(LOOK_UPS_PER_DAY - 1):
        look_up(rita, at(DAY), cpf)

    found = all_at_once(4, lambda _: look_up(rita, at(DAY), cpf))

    assert sorted(type(each).__name__ for each in found) == ["LookUpsSpent"] * 3 + ["tuple"]
