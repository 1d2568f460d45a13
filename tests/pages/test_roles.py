"""Papéis, event by event: who holds what, a change of limits with its review, and the rule about second factors."""

from typing import Any

import pytest

from domain.permissions import PERSON_ROLES, ROLE_PERMISSIONS, Limit, Permission, Role
from loanapp import clock
from loanapp.gate import AuthState
from loanapp.pages.requests.record_state import RequestRecordState
from loanapp.pages.users import permission_words
from loanapp.pages.users.roles_state import LimitChange, RolesState
from loanapp.services.limits import ChangeLimits, change_limits
from tests.build.book import Book, a_company, a_person, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

PATH = "/papeis"
SUPERVISOR = {"cash_in_hand_cents": "1.000,00", "backdate_days": "3"}


def limits_dialog(ref: str, role: str, form: dict[str, Any], *, saves: int = 1) -> tuple[RolesState, str]:
    """Open a role's limits, fill the fields in, have them reviewed and save them so many times."""

    async def steps(tab: Tab) -> tuple[RolesState, str]:
        await tab.send(RolesState.load)
        await tab.send(RolesState.open_limits, role=role)
        await tab.send(RolesState.review_limits, form=form)
        for _ in range(saves):
            await tab.send(RolesState.save_limits, form={})
        return await tab.state(RolesState), tab.told()

    return in_a_tab(ref, PATH, steps)


def test_the_page_tells_each_role_with_its_people_and_limits() -> None:
    a_company()
    for name in ("Bia Lima", "rita Alves"):
        a_person(Role.STREET_SUPERVISOR, name)

    page, _ = after(RolesState, RolesState.load, ref=signed_in_as(Role.SUPER_ADMIN), path=PATH)

    assert [(card["name"], card["count"], card["holders"], card["can_change"]) for card in page.cards] == [
        ("Gestão de empréstimos", "0 pessoas", "Ninguém tem este papel.", True),
        ("Analista de renegociação", "0 pessoas", "Ninguém tem este papel.", True),
        ("Supervisor de rua", "2 pessoas", "Bia Lima e rita Alves", True),
        ("Administrador", "1 pessoa", "Ana Souza", False),
    ]
    assert [(limit["label"], limit["value"]) for limit in page.cards[0]["limits"]] == [
        ("Aprovar empréstimos até", "R$\xa050.000,00"),
        ("Marcar como perdido até", "R$\xa05.000,00"),
        ("Dispensar multa e mora até", "20%"),
        ("Dar desconto até", "20%"),
        ("Ter em mãos em dinheiro até", "Sem limite"),
        ("Registrar recebimentos com data de até", "90 dias atrás"),
    ]
    assert (page.is_required, page.missing) == (False, "Ana Souza")


def test_of_many_people_the_first_are_named_and_the_rest_counted() -> None:
    for index in range(8):
        a_person(Role.STREET_SUPERVISOR, f"Pessoa {index}")

    page, _ = after(RolesState, RolesState.load, ref=signed_in_as(Role.SUPER_ADMIN), path=PATH)

    assert page.cards[2]["holders"] == "Pessoa 0, Pessoa 1, Pessoa 2, Pessoa 3, Pessoa 4, Pessoa 5 e mais 2"


def test_a_change_of_limits_shows_before_and_after_and_whom_it_affects_and_writes_nothing_yet() -> None:
    a_person(Role.STREET_SUPERVISOR, "Rita Alves")
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    page, _ = limits_dialog(ref, "STREET_SUPERVISOR", SUPERVISOR, saves=0)

    assert page.review == [
        LimitChange(label="Ter em mãos em dinheiro até", before="R$\xa03.000,00", after="R$\xa01.000,00")
    ]
    assert page.affected == "Vale já para 1 pessoa: Rita Alves."
    assert everything() == before


def test_the_reviewed_limits_are_saved_once_however_often_the_button_is_pressed() -> None:
    page, told = limits_dialog(signed_in_as(Role.SUPER_ADMIN), "STREET_SUPERVISOR", SUPERVISOR, saves=2)

    assert rows("SELECT role, name, value FROM role_limits") == [("STREET_SUPERVISOR", "cash_in_hand_cents", 100_000)]
    assert (page.dialog, page.cards[2]["limits"][0]["value"]) == ("", "R$\xa01.000,00")
    assert "Limites de Supervisor de rua alterados. Valem a partir de agora." in told
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'limits.changed'") == [(1,)]


def test_an_empty_amount_is_no_limit_and_a_percentage_is_needed() -> None:
    form = {"waive_pct": "15", "discount_pct": "", "cash_in_hand_cents": ""}
    page, _ = limits_dialog(signed_in_as(Role.SUPER_ADMIN), "RENEGOTIATION_ANALYST", form, saves=0)

    assert page.errors == {"discount_pct": "Informe um percentual inteiro, de 0 a 100."}
    assert (page.review, page.typed["waive_pct"]) == ([], "15")


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"cash_in_hand_cents": "muito"}, {"cash_in_hand_cents": "Informe o valor como 1.234,56."}),
        ({"cash_in_hand_cents": "-1"}, {"cash_in_hand_cents": "Informe um valor que não seja negativo."}),
        ({"cash_in_hand_cents": "100000000,01"}, {"cash_in_hand_cents": "Informe um valor de até R$ 100.000.000,00."}),
        ({"backdate_days": "1,5"}, {"backdate_days": "Informe os dias como um número inteiro, de 0 a 3650."}),
        ({"backdate_days": "3651"}, {"backdate_days": "Informe os dias como um número inteiro, de 0 a 3650."}),
        ({"cash_in_hand_cents": "3.000,00"}, {"": "Nada muda: estes são os limites de agora."}),
    ],
)
def test_wrong_limits_stay_in_the_form_and_nothing_changes(form: dict[str, str], errors: dict[str, str]) -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    page, _ = limits_dialog(
        ref, "STREET_SUPERVISOR", {"cash_in_hand_cents": "1,00", "backdate_days": "3", **form}, saves=0
    )

    assert (page.errors, page.review) == (errors, [])
    assert everything() == before


def test_a_save_without_a_review_changes_nothing() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    async def steps(tab: Tab) -> RolesState:
        await tab.send(RolesState.open_limits, role="STREET_SUPERVISOR")
        await tab.send(RolesState.save_limits, form={"cash_in_hand_cents": "1,00"})
        return await tab.state(RolesState)

    assert in_a_tab(ref, PATH, steps).errors == {"": "Confira os limites antes."}
    assert everything() == before


def test_limits_that_another_administrator_changed_meanwhile_are_not_overwritten() -> None:
    rival = a_person(Role.SUPER_ADMIN, "Ada")
    order = ChangeLimits(role="STREET_SUPERVISOR", values={Limit.CASH_IN_HAND_CENTS: 200_000})

    async def steps(tab: Tab) -> RolesState:
        await tab.send(RolesState.open_limits, role="STREET_SUPERVISOR")
        await tab.send(RolesState.review_limits, form=SUPERVISOR)
        change_limits(rival, clock.moment(), order)
        await tab.send(RolesState.save_limits, form={})
        return await tab.state(RolesState)

    page = in_a_tab(signed_in_as(Role.SUPER_ADMIN), PATH, steps)

    assert page.errors == {"": "Outra pessoa mudou estes limites. Nada foi alterado. Confira os valores de agora."}
    assert rows("SELECT value FROM role_limits") == [(200_000,)]


@pytest.mark.parametrize("role", ["SUPER_ADMIN", "SYSTEM", "", "x"])
def test_the_dialog_of_a_role_without_limits_does_not_open(role: str) -> None:
    page, _ = after(RolesState, RolesState.open_limits, ref=signed_in_as(Role.SUPER_ADMIN), path=PATH, role=role)

    assert page.dialog == ""


@pytest.mark.parametrize("role", [Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_who_is_no_administrator_sees_no_roles_and_changes_nothing(role: Role) -> None:
    a_company()
    ref = signed_in_as(role)
    before = everything()

    async def steps(tab: Tab) -> tuple[RolesState, str]:
        await tab.send(RolesState.load)
        await tab.send(RolesState.open_limits, role="STREET_SUPERVISOR")
        await tab.send(RolesState.review_limits, form=SUPERVISOR)
        await tab.send(RolesState.save_limits, form=SUPERVISOR)
        await tab.send(RolesState.save_security, form={"is_required": "true"})
        return await tab.state(RolesState), tab.told()

    page, told = in_a_tab(ref, PATH, steps)

    assert (page.cards, page.dialog) == ([], "")
    assert told.count("Você não tem permissão para isso.") == 5
    assert everything() == before


def test_the_rule_about_second_factors_is_turned_on_and_bites_at_the_next_event() -> None:
    a_company()
    ref = signed_in_as(Role.SUPER_ADMIN)

    async def steps(tab: Tab) -> tuple[bool, str, list[str]]:
        await tab.send(RolesState.load)
        await tab.send(RolesState.ask_security)
        dialog = (await tab.state(RolesState)).dialog
        await tab.send(RolesState.save_security, form={"is_required": "true"})
        return (await tab.state(RolesState)).is_required, dialog, (await tab.state(AuthState)).permissions

    assert in_a_tab(ref, PATH, steps) == (True, "security", [Permission.SESSION_USE.value])
    assert rows("SELECT is_second_factor_required FROM company_settings") == [(True,)]


def test_a_lower_limit_bites_at_the_next_approval_of_a_manager_who_is_signed_in_already() -> None:
    book = Book.opened()
    asked = book.a_request(principal="1.000,00")
    manager, admin = signed_in_as(Role.LOAN_MANAGEMENT), signed_in_as(Role.SUPER_ADMIN)

    def approve() -> RequestRecordState:
        path = f"/emprestimos/{asked.number}"
        return after(
            RequestRecordState, RequestRecordState.load, RequestRecordState.approve, ref=manager, path=path,
            form={"reason": ""},
        )[0]  # fmt: skip

    limits_dialog(
        admin,
        "LOAN_MANAGEMENT",
        {"approve_cents": "999,99", "write_off_cents": "0", "waive_pct": "20", "discount_pct": "20"},
    )
    assert approve().errors == {"": "Acima de R$\xa0999,99 só um administrador aprova."}
    assert rows("SELECT status FROM requests") == [("OPEN",)]

    limits_dialog(
        admin,
        "LOAN_MANAGEMENT",
        {"approve_cents": "1.000,00", "write_off_cents": "0", "waive_pct": "20", "discount_pct": "20"},
    )
    assert approve().errors == {}
    assert rows("SELECT status FROM requests") == [("APPROVED",)]


def test_every_permission_of_a_person_has_its_words_and_stands_in_the_matrix() -> None:
    of_people = {permission for role in PERSON_ROLES for permission in ROLE_PERMISSIONS[role]}

    assert of_people == set(permission_words.ACTIONS)
    assert {permission.value.partition(".")[0] for permission in of_people} == set(permission_words.NOUNS)
    marks = [(action, may) for _, actions in permission_words.matrix() for action, may in actions]
    assert len(marks) == len(of_people)
    assert ("Executar rotinas diárias", [False, False, False, True]) in marks
    assert ("Ver clientes", [True, True, True, True]) in marks
