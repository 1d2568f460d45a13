"""Every handler, called over a raw socket by whoever may not: each is refused, and nothing changed."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from domain.permissions import PERSON_ROLES, ROLE_PERMISSIONS, Role
from loanapp import loanapp
from loanapp.components.page import registered
from loanapp.gate import Policy
from tests.attacks.arguments import handlers, hostile, internal_events, plausible
from tests.attacks.conftest import Target
from tests.attacks.digest import digest
from tests.attacks.victims import CANARIES, Victims
from tests.attacks.wire import FORBIDDEN, NAMESPACE, Tab, readable

assert loanapp.app
# What anybody may call, signed in or not; a new one is added here, where somebody asks why.
PUBLIC = {"sign_in_state.load", "new_password_state.load"}
ROLE_REFUSAL = "Você não tem permissão para isso."
SIGN_IN = "loanapp.signIn"
# A socket is closed when it sends too much at once, so each takes a share of the handlers.
A_SOCKET = 60
# What a person may change about itself, whoever it is.
OWN = {"login_sessions", "recovery_codes", "user_links", "users", "sign_in_throttles", "audit_heads"}
# Such a change leaves this trail, on the chain of events about no client, whose head counts it.
OWN_ACTION = "second_factor.started"


def chunks(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), A_SOCKET):
        yield names[start : start + A_SOCKET]


def short(name: str) -> str:
    return name.rpartition("____")[2]


def deltas(frames: list[str]) -> list[Any]:
    """Return the state that was sent to the tab."""
    updates = [json.loads(frame.removeprefix(f"42{NAMESPACE},")) for frame in frames if frame.startswith("42")]
    return [update[1]["delta"] for update in updates if update[0] == "event" and update[1].get("delta")]


def leaks(told: str) -> list[str]:
    return [canary for canary in CANARIES if canary in told]


async def refused(target: Target, names: list[str], cookie: str, mark: str) -> set[str]:
    """Call each handler, with plausible and hostile arguments; return those that were refused, every time."""
    all_refused, policies = set(names), handlers()
    for part in chunks(names):
        async with Tab(target.url, cookie) as tab:
            for place, name in enumerate(part):
                is_declared = policies[name] is not None
                expected = mark if is_declared else FORBIDDEN
                cruel = list(hostile(name))
                for payload in (next(plausible(name, target.victims)), cruel[place % len(cruel)]):
                    told = await tab.call(name, payload, refusals=0 if is_declared else 1)
                    if expected not in told or leaks(told):
                        all_refused.discard(name)
            assert deltas(tab.heard) == []
    return all_refused


def declared(policies: dict[str, Policy | None]) -> list[str]:
    return [name for name, policy in policies.items() if not (policy and policy.public)]


def test_the_public_handlers_are_the_listed_ones() -> None:
    assert {short(name) for name, policy in handlers().items() if policy and policy.public} == PUBLIC


def test_nobody_is_refused_every_handler(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    names = declared(handlers())
    before = digest(target.engine)

    done = asyncio.run(refused(target, names, "", SIGN_IN))

    with capsys.disabled():
        print(f"\nno session: {len(names)} handlers, {len(done)} refused")  # noqa: T201 - what CI shows.
    assert done == set(names)
    assert len(done) == len(handlers()) - len(PUBLIC)
    assert digest(target.engine) == before


@pytest.mark.parametrize("role", PERSON_ROLES)
def test_a_role_is_refused_every_handler_that_it_lacks_a_permission_for(
    target: Target, role: Role, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [
        name for name, policy in handlers().items()
        if policy is None or not (policy.public or policy.permissions <= ROLE_PERMISSIONS[role])
    ]  # fmt: skip
    before = digest(target.engine)

    done = asyncio.run(refused(target, names, target.cookies[role], ROLE_REFUSAL))

    with capsys.disabled():
        print(f"\n{role}: {len(names)} handlers, {len(done)} refused")  # noqa: T201 - what CI shows.
    assert done == set(names)
    assert digest(target.engine) == before


def pages_of(victims: Victims) -> list[str]:
    """Return the address of every page that is about one row, and what opens over a page: all about somebody else's."""
    routes = [str(page["route"]) for page in registered() if "[" in str(page["route"])]
    numbered = [re.sub(r"\[num[^]]*\]", str(victims.request_number), route) for route in routes]
    pages = [re.sub(r"\[[^]]*\]", str(victims.client), route) for route in numbered]
    overlays = (f"receber={victims.client}", f"receber={victims.request_number}-1", f"aberta={victims.invoice_number}")
    return [*pages, *(f"/painel?{overlay}" for overlay in overlays)]


def intrusions(role: Role, victims: Victims) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (page, handler, arguments): every handler of the role on every page, and on one page with every id."""
    names = [
        name for name, policy in handlers().items()
        if policy and not policy.public and policy.permissions <= ROLE_PERMISSIONS[role]
    ]  # fmt: skip
    arguments = {name: list(plausible(name, victims)) for name in names}
    pages = pages_of(victims)
    for place, page in enumerate(pages):
        for name in names:
            yield page, name, arguments[name][place % len(arguments[name])]
    # A form names a row or two, and each page has sent one of them: what is asked for by its id alone gets every id.
    by_id = [name for name in names if any(isinstance(value, str) for value in arguments[name][0].values())]
    for name in by_id:
        for payload in arguments[name]:
            yield pages[0], name, payload


async def intruded(target: Target, role: Role) -> str:
    """Call every handler that the role may call with what is somebody else's; return all that was told."""
    told: list[str] = []
    tried = list(intrusions(role, target.victims))
    for start in range(0, len(tried), A_SOCKET):
        async with Tab(target.url, target.cookies[role]) as tab:
            for page, name, payload in tried[start : start + A_SOCKET]:
                await tab.call(name, payload, pathname=page, asPath=page)
            told += tab.heard
    return readable("\n".join(told))


def test_a_supervisor_with_the_ids_of_somebody_elses_client_gets_and_changes_nothing(target: Target) -> None:
    before = digest(target.engine, without=OWN, own_action=OWN_ACTION)

    told = asyncio.run(intruded(target, Role.STREET_SUPERVISOR))

    assert leaks(told) == []
    assert digest(target.engine, without=OWN, own_action=OWN_ACTION) == before


def test_internal_events_give_nobody_anything(target: Target) -> None:
    async def attack() -> tuple[str, list[Any]]:
        async with Tab(target.url, token="tab-internal") as tab:
            for name in internal_events():
                for payload in ({}, {"vars": {"auth_state.permissions": ["cycles.run"]}}, {"info": "x"}, {"value": 1}):
                    await tab.call(name, payload, pathname="/clientes", asPath=f"/clientes/{target.victims.client}")
            return "\n".join(tab.heard), deltas(tab.heard)

    before = digest(target.engine)
    told, sent = asyncio.run(attack())

    assert leaks(told) == []
    assert [delta for delta in sent if "permissions" in json.dumps(delta) and "cycles.run" in json.dumps(delta)] == []
    assert digest(target.engine) == before
