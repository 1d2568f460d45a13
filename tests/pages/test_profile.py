"""Perfil, event by event: who one is, the second factor whose key is shown and forgotten, and one's own sessions."""

from typing import Any
from uuid import UUID

import pytest
from passlib.totp import TOTP

from domain.permissions import NOBODY, Role
from loanapp import clock, edge
from loanapp.gate import AuthState
from loanapp.pages.profile.profile_state import ProfileState
from loanapp.services.auth import SignIn, sign_in
from tests.build.book import everything, rows
from tests.pages.conversation import Tab, in_a_tab
from tests.pages.tabs import PASSWORD, after, signed_in_as

pytestmark = pytest.mark.usefixtures("database")

PATH = "/perfil"


def signed_in_again(role: Role) -> str:
    """Sign the user of a role in from another browser, and return that session's reference."""
    order = SignIn(email=f"{role.lower()}@empresa.com.br", password=PASSWORD, user_agent="Firefox on Linux")
    return edge.reference_of(sign_in(NOBODY, clock.moment(), order).session_id)


def code_of(key: str) -> str:
    return str(TOTP(key.replace(" ", "")).generate(int(clock.moment().now.timestamp())).token)


def tab_that_started(ref: str, code: str = "") -> tuple[str, ProfileState]:
    """Start the second factor and send a code, the right one unless told; return the key that was shown."""

    async def steps(tab: Tab) -> tuple[str, ProfileState]:
        await tab.send(ProfileState.load)
        await tab.send(ProfileState.start_factor)
        key = (await tab.state(ProfileState)).key_text
        await tab.send(ProfileState.confirm_factor, form={"code": code or code_of(key)})
        return key, await tab.state(ProfileState)

    return in_a_tab(ref, PATH, steps)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.LOAN_MANAGEMENT, "Gestão de empréstimos"),
        (Role.RENEGOTIATION_ANALYST, "Analista de renegociação"),
        (Role.STREET_SUPERVISOR, "Supervisor de rua"),
        (Role.SUPER_ADMIN, "Administrador"),
    ],
)
def test_everybody_sees_their_own_page(role: Role, name: str) -> None:
    page, _ = after(ProfileState, ProfileState.load, ref=signed_in_as(role), path=PATH)

    assert (page.full_name, page.email, page.role_name, page.has_factor) == (
        "Ana Souza", f"{role.lower()}@empresa.com.br", name, False,
    )  # fmt: skip
    assert [(row["browser"], row["is_own"]) for row in page.sessions] == [("Navegador não identificado", True)]


def test_the_second_factor_is_on_after_its_first_code_and_the_recovery_codes_are_shown() -> None:
    key, page = tab_that_started(signed_in_as(Role.LOAN_MANAGEMENT))

    assert (len(key.replace(" ", "")), page.has_factor, page.codes_left) == (32, True, 10)
    assert len(set(page.recovery_codes)) == 10
    assert (page.key_text, page.key_image, page.key_uri) == ("", "", "")
    assert rows("SELECT totp_confirmed_at IS NOT NULL FROM users") == [(True,)]


@pytest.mark.parametrize("code", ["000000", "abc", "-"])
def test_a_wrong_first_code_turns_nothing_on_and_the_key_stays_to_be_scanned(code: str) -> None:
    key, page = tab_that_started(signed_in_as(Role.LOAN_MANAGEMENT), code)

    assert (page.key_text, list(page.errors), page.recovery_codes) == (key, ["code"], [])
    assert rows("SELECT totp_confirmed_at FROM users") == [(None,)]


@pytest.mark.parametrize("way", [ProfileState.load, ProfileState.leave_factor])
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_the_key_and_the_codes_are_forgotten_when_they_are_left_or_the_page_loads(
    way: Any, *, is_confirmed: bool
) -> None:
    async def steps(tab: Tab) -> tuple[bool, ProfileState]:
        await tab.send(ProfileState.load)
        await tab.send(ProfileState.start_factor)
        key = (await tab.state(ProfileState)).key_text
        if is_confirmed:
            await tab.send(ProfileState.confirm_factor, form={"code": code_of(key)})
        state = await tab.state(ProfileState)
        was_shown = bool(state.recovery_codes if is_confirmed else state.key_text)
        await tab.send(way)
        return was_shown, await tab.state(ProfileState)

    was_shown, page = in_a_tab(signed_in_as(Role.LOAN_MANAGEMENT), PATH, steps)

    assert was_shown
    assert (page.key_text, page.key_image, page.key_uri, page.recovery_codes) == ("", "", "", [])


def test_another_of_my_sessions_is_ended_once_and_works_no_more() -> None:
    here = signed_in_as(Role.LOAN_MANAGEMENT)
    there = signed_in_again(Role.LOAN_MANAGEMENT)

    async def steps(tab: Tab) -> tuple[list[tuple[str, bool]], ProfileState, str]:
        await tab.send(ProfileState.load)
        before = [(row["browser"], row["is_own"]) for row in (await tab.state(ProfileState)).sessions]
        other = next(row["id"] for row in (await tab.state(ProfileState)).sessions if not row["is_own"])
        for _ in range(2):
            await tab.send(ProfileState.end_one, session_id=other)
        return before, await tab.state(ProfileState), tab.told()

    before, page, told = in_a_tab(here, PATH, steps)
    _, told_there = after(AuthState, AuthState.arrive, ref=there, path="/painel")

    assert sorted(before) == [("Firefox no Linux", False), ("Navegador não identificado", True)]
    assert [row["is_own"] for row in page.sessions] == [True]
    assert "Sessão encerrada." in told
    assert "loanapp.signIn()" in told_there


def test_all_my_other_sessions_end_and_this_one_stays() -> None:
    here = signed_in_as(Role.LOAN_MANAGEMENT)
    for _ in range(3):
        signed_in_again(Role.LOAN_MANAGEMENT)

    page, told = after(ProfileState, ProfileState.load, ProfileState.end_others, ref=here, path=PATH)

    assert [row["is_own"] for row in page.sessions] == [True]
    assert "As outras sessões foram encerradas." in told


@pytest.mark.parametrize("session_id", ["", "x", 7, None, str(UUID(int=7)), "own of another"])
def test_a_session_that_is_not_mine_is_not_ended(session_id: Any) -> None:
    signed_in_as(Role.SUPER_ADMIN)
    if session_id == "own of another":
        ((session_id,),) = rows("SELECT id::text FROM login_sessions")
    ref = signed_in_as(Role.LOAN_MANAGEMENT)
    before = everything()

    after(ProfileState, ProfileState.load, ProfileState.end_one, ref=ref, path=PATH, session_id=session_id)

    assert everything() == before


@pytest.mark.parametrize(
    ("query", "text", "is_changed"),
    [
        ("senha=ok", "", True),
        ("senha=auth.password_wrong", "A senha atual não confere.", False),
        ("senha=auth.password_too_short&least=8", "A senha precisa de pelo menos 8 caracteres.", False),
        ("senha=7F3A", "Algo deu errado do nosso lado. Nada foi alterado. Código: 7F3A.", False),
        ("senha=not_allowed.permission&denial=Ligue+para+o+golpista", "", False),
        ("senha=auth.password_too_short&least=<b>", "A senha precisa de pelo menos  caracteres.", False),
        ("senha=<script>", "", False),
    ],
)
def test_the_address_names_an_outcome_and_never_a_text(query: str, text: str, *, is_changed: bool) -> None:
    page, _ = after(ProfileState, ProfileState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=f"{PATH}?{query}")

    assert (page.password_problem, page.is_password_changed) == (text, is_changed)


def test_a_refused_removal_opens_its_dialog_again_with_the_reason() -> None:
    path = f"{PATH}?segundo_fator=second_factor.password_wrong"
    page, _ = after(ProfileState, ProfileState.load, ref=signed_in_as(Role.LOAN_MANAGEMENT), path=path)

    assert (page.is_removing, page.removal_problem) == (True, "A senha não confere.")


def test_without_a_session_nothing_is_shown() -> None:
    page, told = after(ProfileState, ProfileState.load, ProfileState.start_factor, ref="", path=PATH)

    assert (page.full_name, page.sessions, page.key_text) == ("", [], "")
    assert "loanapp.signIn()" in told
