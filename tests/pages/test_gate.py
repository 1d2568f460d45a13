"""The gate: whatever a browser names, only handlers with a policy run, and only for whom the policy lets in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext
from sqlalchemy import text

from domain.permissions import NOBODY, SYSTEM, Permission
from loanapp import clock, edge
from loanapp.gate import AuthState, is_internal, policy_of, public, requires
from loanapp.models.base import Session
from loanapp.pages.sign_in.new_password import NewPasswordState
from loanapp.pages.sign_in.sign_in import SignInState, problem_text
from loanapp.services.auth import SignIn, sign_in
from loanapp.services.users import AddUser, add_user
from tests.build.book import a_company
from tests.pages.harness import Harness

pytestmark = pytest.mark.usefixtures("database")
PASSWORD = "a long enough secret"


class GateProbeState(AuthState):
    """Handlers that only say that they ran."""

    ran: list[str] = []  # noqa: RUF012 - Reflex copies the default for every tab.
    typed: str = ""

    @rx.event
    @public
    async def open_door(self) -> None:
        self.ran.append("open_door")

    @rx.event
    @requires()
    async def for_staff(self) -> None:
        self.ran.append("for_staff")

    @rx.event
    @requires(Permission.CYCLES_RUN)
    async def for_admins(self) -> None:
        self.ran.append("for_admins")

    async def undeclared(self) -> None:
        self.ran.append("undeclared")


UNDECLARED = f"{GateProbeState.get_full_name()}.undeclared"
SETVAR = f"{GateProbeState.get_full_name()}.setvar"


def signed_in_as(role: str) -> str:
    email = f"{role.lower()}@empresa.com.br"
    add_user(SYSTEM, clock.moment(), AddUser(email=email, name=role, role=role, password=PASSWORD))
    signed = sign_in(NOBODY, clock.moment(), SignIn(email=email, password=PASSWORD))
    return edge.reference_of(signed.session_id)


def in_a_tab(steps: Callable[[Harness], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Harness() as tab:
            return await steps(tab)

    return asyncio.run(run())


def after(handler: Any, *, ref: str = "", path: str = "/painel", **payload: Any) -> tuple[list[str], str]:
    """Return which probe handlers ran after one event, and what the tab was told."""

    async def steps(tab: Harness) -> tuple[list[str], str]:
        root = await tab.send(handler, ref=ref, path=path, **payload)
        probe = await root.get_state(GateProbeState)
        return list(probe.ran), tab.told()

    return in_a_tab(steps)


def test_every_handler_declares_a_policy() -> None:
    undeclared = [
        name
        for name in RegistrationContext.get().event_handlers
        if not is_internal(name) and not name.endswith(".setvar") and policy_of(name) is None and name != UNDECLARED
    ]
    # Reflex's own states have none of ours, so the gate refuses what they offer besides their internal events.
    assert [name for name in undeclared if "loanapp" in name] == []


@pytest.mark.parametrize("handler", [UNDECLARED, SETVAR, "reflex___state____state.setvar"])
def test_what_declares_no_policy_is_refused_even_to_an_administrator(handler: str) -> None:
    ran, told = after(handler, ref=signed_in_as("SUPER_ADMIN"))

    assert ran == []
    assert "Ação não permitida." in told


def test_setvar_changes_nothing() -> None:
    async def steps(tab: Harness) -> list[str]:
        root = await tab.send(SETVAR, ref=ref, var_name="permissions", value=["cycles.run"])
        return list((await root.get_state(AuthState)).permissions)

    ref = signed_in_as("STREET_SUPERVISOR")
    assert in_a_tab(steps) == []


def test_without_a_session_only_public_handlers_run() -> None:
    assert after(GateProbeState.open_door)[0] == ["open_door"]
    ran, told = after(GateProbeState.for_staff)

    assert ran == []
    assert "loanapp.signIn()" in told


def test_a_role_without_the_permission_is_refused_and_one_with_it_is_let_in() -> None:
    ran, told = after(GateProbeState.for_admins, ref=signed_in_as("LOAN_MANAGEMENT"))

    assert ran == []
    assert "Você não tem permissão para isso." in told
    assert after(GateProbeState.for_admins, ref=signed_in_as("SUPER_ADMIN"))[0] == ["for_admins"]


def test_a_made_up_reference_is_nobody() -> None:
    signed_in_as("SUPER_ADMIN")

    assert after(GateProbeState.for_admins, ref=edge.reference_of("made up"))[0] == []


def test_a_role_taken_away_bites_at_the_next_event() -> None:
    async def steps(tab: Harness) -> list[str]:
        await tab.send(GateProbeState.for_admins, ref=ref)
        with Session.begin() as session:
            session.execute(text("UPDATE users SET role = 'STREET_SUPERVISOR'"))
        root = await tab.send(GateProbeState.for_admins, ref=ref)
        return list((await root.get_state(GateProbeState)).ran)

    ref = signed_in_as("SUPER_ADMIN")
    assert in_a_tab(steps) == ["for_admins"]


def test_a_stolen_tab_without_the_session_gets_the_dialog_and_keeps_its_state_to_itself() -> None:
    async def steps(tab: Harness) -> tuple[list[str], str]:
        await tab.send(GateProbeState.for_staff, ref=ref)
        tab.sent.clear()
        root = await tab.send(GateProbeState.open_door, path="/painel")
        root = await tab.send(GateProbeState.for_staff, path="/painel")
        return list((await root.get_state(GateProbeState)).ran), tab.told()

    ref = signed_in_as("SUPER_ADMIN")
    ran, told = in_a_tab(steps)
    assert "for_staff" not in ran
    assert "loanapp.signIn" in told


def test_another_user_behind_the_same_tab_finds_nothing_of_the_first() -> None:
    async def steps(tab: Harness) -> tuple[str, list[str], str]:
        root = await tab.send(GateProbeState.for_staff, ref=first)
        (await root.get_state(GateProbeState)).typed = "secret of the first"
        root = await tab.send(GateProbeState.for_staff, ref=second)
        probe = await root.get_state(GateProbeState)
        return probe.typed, list(probe.ran), tab.told()

    first, second = signed_in_as("SUPER_ADMIN"), signed_in_as("LOAN_MANAGEMENT")
    typed, ran, told = in_a_tab(steps)
    assert (typed, ran) == ("", [])
    assert "location.reload()" in told


def test_who_must_set_up_a_second_factor_gets_nothing_else_and_reads_why() -> None:
    async def steps(tab: Harness) -> tuple[list[str], bool, list[str], str]:
        await tab.send(GateProbeState.for_admins, ref=ref)
        root = await tab.send(GateProbeState.for_staff, ref=ref)
        auth = await root.get_state(AuthState)
        probe = await root.get_state(GateProbeState)
        return list(probe.ran), auth.must_enrol, list(auth.permissions), tab.told()

    ref = signed_in_as("SUPER_ADMIN")
    a_company()
    with Session.begin() as session:
        session.execute(text("UPDATE company_settings SET is_second_factor_required = true"))
    ran, must_enrol, permissions, told = in_a_tab(steps)

    assert (ran, must_enrol, permissions) == (["for_staff"], True, ["auth.use_session"])
    assert "Ative o segundo fator em Perfil para continuar." in told


@pytest.mark.parametrize("path", ["/entrar", "/primeiro-acesso", "/redefinir-senha"])
def test_the_pages_before_signing_in_are_open_and_know_their_words(path: str) -> None:
    async def steps(tab: Harness) -> str:
        root = await tab.send(handler, path=f"{path}?erro={reason}&minutos=7")
        return str((await root.get_state(page)).problem)

    page: Any = SignInState if path == "/entrar" else NewPasswordState
    handler = page.load
    reason = "bloqueio" if path == "/entrar" else "link"
    assert in_a_tab(steps) == (
        "Muitas tentativas. Tente de novo em 7 minutos ou peça um novo link a um administrador."
        if path == "/entrar"
        else "Este link não vale mais. Peça um novo a um administrador."
    )


@pytest.mark.parametrize("hostile", ["<b>", "senha2", "", "a" * 500])
@pytest.mark.parametrize("minutes", ["", "x", "-1", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 50])
def test_what_an_address_invents_is_not_shown(hostile: str, minutes: str) -> None:
    assert problem_text(hostile, minutes) == ""
    assert problem_text("bloqueio", minutes) == ""
