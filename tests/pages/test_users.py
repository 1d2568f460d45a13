"""Usuários, event by event: the list, links shown once, roles and access, and who is refused all of it."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.permissions import NOBODY, Actor, Role
from loanapp import clock
from loanapp.components.browsers import browser_text
from loanapp.gate import AuthState
from loanapp.models.base import Session
from loanapp.pages.users.users_state import UsersState
from loanapp.services.users import UseLink, use_link
from tests.build.book import Book, a_person, everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

PATH = "/usuarios"
RITA = {"name": " Rita  Alves ", "email": "Rita@empresa.com.br", "role": "STREET_SUPERVISOR"}
ADDRESS = "http://127.0.0.1:8000"


def act(
    ref: str, dialog: str, user_id: object, handler: Any, form: dict[str, Any], *, presses: int = 1
) -> tuple[UsersState, str]:
    """Open a dialog about a user and submit it so many times; return the state and what the tab was told."""

    async def steps(tab: Tab) -> tuple[UsersState, str]:
        await tab.send(UsersState.load)
        await tab.send(UsersState.ask, dialog=dialog, user_id=str(user_id))
        for _ in range(presses):
            await tab.send(handler, form=form)
        return await tab.state(UsersState), tab.told()

    return in_a_tab(ref, PATH, steps)


def a_supervisor_with_clients(count: int) -> Actor:
    book, rita = Book.opened(), a_person(Role.STREET_SUPERVISOR, "Rita Alves")
    for _ in range(count):
        client_id = book.a_client()
        with Session.begin() as session:
            session.execute(
                text("UPDATE clients SET supervisor_id = :rita WHERE id = :id"), {"rita": rita.user_id, "id": client_id}
            )
    return rita


def test_the_list_tells_who_signs_in_and_in_which_standing() -> None:
    a_supervisor_with_clients(2)

    page, _ = after(UsersState, UsersState.load, ref=signed_in_as(Role.SUPER_ADMIN), path=PATH)

    assert [row["name"] for row in page.rows] == ["Ana Souza", "Ana Souza", "João Reis", "Rita Alves"]
    # Two people of one name stand in the order of their ids, which is anybody's.
    told = [(row["name"], row["role"], row["clients"], row["standing"], row["is_self"]) for row in page.rows]
    assert sorted(told) == [
        ("Ana Souza", "Administrador", "—", "ACTIVE", True),
        ("Ana Souza", "Gestão de empréstimos", "—", "ACTIVE", False),
        ("João Reis", "Gestão de empréstimos", "—", "ACTIVE", False),
        ("Rita Alves", "Supervisor de rua", "2", "ACTIVE", False),
    ]
    assert page.summary == "4 usuários"


def test_the_views_show_the_users_of_one_standing_and_pages_of_them() -> None:
    for index in range(30):
        a_person(Role.STREET_SUPERVISOR, f"Pessoa {index:02d}")
    ref = signed_in_as(Role.SUPER_ADMIN)

    second, _ = after(UsersState, UsersState.load, ref=ref, path=f"{PATH}?visao=ativos&pagina=2")
    invited, _ = after(UsersState, UsersState.load, ref=ref, path=f"{PATH}?visao=convidados")

    assert [row["name"] for row in second.rows] == [f"Pessoa {index:02d}" for index in range(24, 30)]
    assert (second.summary, invited.rows, invited.summary) == ("31 usuários", [], "0 usuários")


def test_a_row_unfolds_to_the_open_sessions_of_its_user() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    ((own_id,),) = rows("SELECT id FROM users")

    page, _ = after(UsersState, UsersState.load, ref=ref, path=f"{PATH}?aberta={own_id}")

    assert [row["is_open"] for row in page.rows] == [True]
    assert [(line["browser"], line["is_own"]) for line in page.sessions] == [("Navegador não identificado", True)]


def test_an_invitation_shows_its_link_once_and_the_link_lets_the_person_in() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)

    page, _ = act(ref, "invite", "", UsersState.invite, RITA)

    assert (page.dialog, page.link_for, page.is_invitation) == ("link", "Rita  Alves", True)
    token = re.fullmatch(rf"{ADDRESS}/primeiro-acesso#([\w-]+)", page.link)
    assert token
    assert rows("SELECT name, email, role, password_hash FROM users ORDER BY created_at DESC LIMIT 1") == [
        ("Rita Alves", "rita@empresa.com.br", "STREET_SUPERVISOR", None)
    ]
    use_link(NOBODY, clock.moment(), UseLink(token=token[1], password="uma senha bem longa"))
    assert rows("SELECT password_hash IS NOT NULL FROM users WHERE email = 'rita@empresa.com.br'") == [(True,)]


@pytest.mark.parametrize("way", [UsersState.load, UsersState.fold])
def test_a_link_is_gone_from_the_tab_when_its_dialog_closes_or_the_page_loads(way: Any) -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)

    async def steps(tab: Tab) -> tuple[str, UsersState]:
        await tab.send(UsersState.load)
        await tab.send(UsersState.ask, dialog="invite", user_id="")
        await tab.send(UsersState.invite, form=RITA)
        shown = (await tab.state(UsersState)).link
        await tab.send(way, **({"is_open": False} if way is UsersState.fold else {}))
        return shown, await tab.state(UsersState)

    shown, page = in_a_tab(ref, PATH, steps)

    assert shown.startswith(f"{ADDRESS}/primeiro-acesso#")
    assert (page.link, page.dialog) == ("", "")


def test_two_presses_invite_one_person() -> None:
    page, _ = act(signed_in_as(Role.SUPER_ADMIN), "invite", "", UsersState.invite, RITA, presses=2)

    assert page.errors == {"email": "Já existe um usuário com este e-mail."}
    assert rows("SELECT count(*) FROM users WHERE email = 'rita@empresa.com.br'") == [(1,)]


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"email": "rita"}, {"email": "Informe um e-mail, como ana@empresa.com.br."}),
        ({"name": " "}, {"name": "Informe o nome, com até 120 caracteres."}),
        ({"role": "SYSTEM"}, {"role": "Escolha um dos papéis da lista."}),
        ({"role": 7}, {"role": "Escolha um dos papéis da lista."}),
    ],
)
def test_a_wrong_invitation_stays_in_its_form_and_nothing_changes(
    wrong: dict[str, Any], errors: dict[str, str]
) -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    page, _ = act(ref, "invite", "", UsersState.invite, RITA | wrong)

    assert (page.errors, page.dialog, page.link) == (errors, "invite", "")
    assert everything() == before


def test_a_new_link_of_somebody_with_a_password_is_a_reset() -> None:
    ana = a_person(Role.LOAN_MANAGEMENT, "Bia Lima")

    page, _ = act(signed_in_as(Role.SUPER_ADMIN), "renew", ana.user_id, UsersState.renew, {})

    assert (page.dialog, page.link_for, page.is_invitation) == ("link", "Bia Lima", False)
    assert page.link.startswith(f"{ADDRESS}/redefinir-senha#")


def test_another_role_bites_at_the_next_event_of_its_user() -> None:
    manager, admin = signed_in_as(Role.LOAN_MANAGEMENT), signed_in_as(Role.SUPER_ADMIN)
    ((user_id,),) = rows("SELECT id FROM users WHERE role = 'LOAN_MANAGEMENT'")

    page, told = act(admin, "role", user_id, UsersState.change_role, {"role": "RENEGOTIATION_ANALYST"})
    auth, _ = after(AuthState, AuthState.arrive, ref=manager, path="/painel")

    assert (page.dialog, auth.role) == ("", "RENEGOTIATION_ANALYST")
    assert "Papel alterado: vale no próximo clique da pessoa." in told


def test_ended_sessions_stop_at_their_next_event() -> None:
    manager, admin = signed_in_as(Role.LOAN_MANAGEMENT), signed_in_as(Role.SUPER_ADMIN)
    ((user_id,),) = rows("SELECT id FROM users WHERE role = 'LOAN_MANAGEMENT'")

    act(admin, "sessions", user_id, UsersState.end_sessions, {}, presses=2)
    auth, told = after(AuthState, AuthState.arrive, ref=manager, path="/painel")

    assert (auth.name, "loanapp.signIn()" in told) == ("", True)
    assert rows("SELECT count(*) FROM login_sessions WHERE ended_at IS NULL") == [(1,)]


def test_a_second_factor_that_was_lost_is_reset() -> None:
    bia = a_person(Role.RENEGOTIATION_ANALYST, "Bia")
    with Session.begin() as session:
        session.execute(
            text("UPDATE users SET totp_key = 'sealed', totp_confirmed_at = now() WHERE id = :id"), {"id": bia.user_id}
        )

    act(signed_in_as(Role.SUPER_ADMIN), "factor", bia.user_id, UsersState.reset_factor, {})

    assert rows("SELECT totp_key, totp_confirmed_at FROM users WHERE name = 'Bia'") == [(None, None)]


def test_who_leaves_hands_the_clients_to_another_supervisor() -> None:
    rita, bruno = a_supervisor_with_clients(2), a_person(Role.STREET_SUPERVISOR, "Bruno Dias")
    ref = signed_in_as(Role.SUPER_ADMIN)
    form = {"reason": "Saiu da empresa", "heir_id": str(bruno.user_id)}

    async def steps(tab: Tab) -> tuple[list[list[str]], UsersState]:
        await tab.send(UsersState.load)
        await tab.send(UsersState.ask, dialog="deactivate", user_id=str(rita.user_id))
        choices = list((await tab.state(UsersState)).chosen_heirs)
        await tab.send(UsersState.deactivate, form=form)
        return choices, await tab.state(UsersState)

    choices, page = in_a_tab(ref, PATH, steps)

    assert [name for _, name in choices] == ["Escolha", "Bruno Dias", "Ninguém: ficam sem supervisor"]
    assert rows("SELECT DISTINCT supervisor_id FROM clients") == [(bruno.user_id,)]
    assert [(row["name"], row["standing"]) for row in page.rows if row["name"] == "Rita Alves"] == [
        ("Rita Alves", "DEACTIVATED")
    ]


def test_clients_may_be_left_to_nobody_only_when_that_is_said() -> None:
    rita, ref = a_supervisor_with_clients(1), signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    silent, _ = act(ref, "deactivate", rita.user_id, UsersState.deactivate, {"reason": "Saiu", "heir_id": ""})
    assert list(silent.errors) == ["heir_id"]
    assert everything() == before

    act(ref, "deactivate", rita.user_id, UsersState.deactivate, {"reason": "Saiu", "heir_id": "nobody"})
    assert rows("SELECT supervisor_id FROM clients") == [(None,)]
    assert rows("SELECT is_active FROM users WHERE name = 'Rita Alves'") == [(False,)]


def test_access_is_not_taken_without_a_reason() -> None:
    bia, ref = a_person(Role.RENEGOTIATION_ANALYST, "Bia"), signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    page, _ = act(ref, "deactivate", bia.user_id, UsersState.deactivate, {"reason": " "})

    assert (page.errors, page.dialog) == ({"reason": "Preencha este campo."}, "deactivate")
    assert everything() == before


def test_nobody_takes_their_own_access_away() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    ((own_id,),) = rows("SELECT id FROM users")
    before = everything()

    page, _ = act(ref, "deactivate", own_id, UsersState.deactivate, {"reason": "Férias"})

    assert list(page.errors) == [""]
    assert everything() == before


def test_who_was_deactivated_comes_back_once() -> None:
    bia = a_person(Role.RENEGOTIATION_ANALYST, "Bia")
    with Session.begin() as session:
        session.execute(text("UPDATE users SET is_active = false WHERE id = :id"), {"id": bia.user_id})

    act(signed_in_as(Role.SUPER_ADMIN), "reactivate", bia.user_id, UsersState.reactivate, {}, presses=2)

    assert rows("SELECT is_active FROM users WHERE name = 'Bia'") == [(True,)]
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'user.reactivated'") == [(1,)]


@pytest.mark.parametrize("user_id", ["", "x", str(UUID(int=7)), 7, None])
@pytest.mark.parametrize("dialog", ["deactivate", "link", "nonsense"])
def test_no_dialog_opens_about_nobody(dialog: str, user_id: Any) -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    page, _ = after(UsersState, UsersState.load, UsersState.ask, ref=ref, path=PATH, dialog=dialog, user_id=user_id)

    assert (page.dialog, page.chosen["id"]) == ("", "")


HANDLERS = (
    UsersState.invite, UsersState.renew, UsersState.change_role, UsersState.end_sessions, UsersState.reset_factor,
    UsersState.deactivate, UsersState.reactivate,
)  # fmt: skip


def test_a_form_without_its_dialog_is_about_nobody_and_changes_nothing() -> None:
    ref = signed_in_as(Role.SUPER_ADMIN)
    before = everything()

    async def steps(tab: Tab) -> None:
        for handler in HANDLERS:
            await tab.send(handler, form={"role": "SUPER_ADMIN", "reason": "x", "heir_id": "nobody", "user_id": "x"})

    in_a_tab(ref, PATH, steps)

    assert everything() == before


@pytest.mark.parametrize("role", [Role.LOAN_MANAGEMENT, Role.RENEGOTIATION_ANALYST, Role.STREET_SUPERVISOR])
def test_who_is_no_administrator_sees_no_users_and_changes_none(role: Role) -> None:
    bia, ref = a_person(Role.RENEGOTIATION_ANALYST, "Bia"), signed_in_as(role)
    before = everything()

    async def steps(tab: Tab) -> tuple[UsersState, str]:
        await tab.send(UsersState.load)
        await tab.send(UsersState.ask, dialog="role", user_id=str(bia.user_id))
        for handler in HANDLERS:
            await tab.send(handler, form=RITA)
        return await tab.state(UsersState), tab.told()

    page, told = in_a_tab(ref, PATH, steps)

    assert (page.rows, page.dialog, page.link) == ([], "", "")
    assert told.count("Você não tem permissão para isso.") >= len(HANDLERS) + 2
    assert everything() == before


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
         "Chrome no Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge no Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
         "Safari no iPhone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-A556E) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Safari/537.36",
         "Samsung Internet no Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox no Linux"),
        ("curl/8.1", "Navegador não identificado"),
        ("", "Navegador não identificado"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_plain_words(user_agent: str, words: str) -> None:
    assert browser_text(user_agent) == words
