"""Permission is declared on every use case and read, every permission is used, and the roles are what we mean."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import loanapp.queries
import loanapp.services
from domain.permissions import (
    APPROVAL_LIMIT_CENTS,
    NOBODY,
    ROLE_PERMISSIONS,
    Actor,
    Permission,
    PermissionMissing,
    Role,
)
from loanapp.queries import _query
from loanapp.services import _use_case

PROJECT = Path(__file__).parents[2]
P = Permission

OFFICE = {
    P.SESSION_USE, P.DASHBOARD_VIEW, P.CLIENTS_VIEW, P.REQUESTS_VIEW, P.INVOICES_VIEW, P.PAYMENTS_VIEW,
    P.PAYMENTS_REGISTER, P.MESSAGES_VIEW, P.MESSAGES_SEND,
}  # fmt: skip
MANAGEMENT = OFFICE | {
    P.CLIENTS_REGISTER, P.CLIENTS_BLOCK, P.REQUESTS_OPEN, P.REQUESTS_DECIDE, P.REQUESTS_DISBURSE, P.CYCLES_VIEW,
}  # fmt: skip
ROLES = {
    Role.LOAN_MANAGEMENT: MANAGEMENT,
    Role.RENEGOTIATION_ANALYST: OFFICE,
    Role.STREET_SUPERVISOR: {P.SESSION_USE},
    Role.SUPER_ADMIN: MANAGEMENT | {P.USERS_VIEW, P.USERS_MANAGE, P.COMPANY_MANAGE, P.CYCLES_RUN, P.BOOK_VERIFY},
    Role.SYSTEM: {
        P.MESSAGES_DELIVER, P.INBOUND_STORE, P.INBOUND_APPLY, P.CYCLES_RUN, P.CYCLES_VIEW, P.BOOK_VERIFY,
        P.PAYMENTS_REGISTER, P.PAYMENTS_VIEW, P.USERS_MANAGE, P.USERS_VIEW, P.COMPANY_MANAGE,
        P.MESSAGES_VIEW, P.REQUESTS_VIEW,
    },
    Role.NOBODY: {P.SIGN_IN, P.INBOUND_STORE},
}  # fmt: skip


def _public_functions(package: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every function that a module of a package defines for others; the underscore marks its toolbox."""
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        tree = ast.parse(Path(str(module.__file__)).read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{module.__name__}.{node.name}", getattr(module, node.name)


def _registry() -> dict[Callable[..., Any], Permission]:
    for package in (loanapp.services, loanapp.queries):
        list(_public_functions(package))
    return {**_use_case.REGISTRY, **_query.REGISTRY}


def test_every_public_function_that_acts_on_the_book_is_a_use_case() -> None:
    registry = _registry()
    acting = [
        (name, function)
        for name, function in _public_functions(loanapp.services)
        if next(iter(inspect.signature(function).parameters), "") == "tx"
    ]

    assert acting
    assert [name for name, function in acting if function not in registry] == []


@pytest.mark.parametrize("package", [loanapp.services, loanapp.queries], ids=["services", "queries"])
def test_nobody_opens_a_session_but_the_decorators_that_ask_for_a_permission(package: ModuleType) -> None:
    openers = [
        path.name
        for path in sorted(Path(package.__path__[0]).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "loanapp.models.base"
        and any(name.name in ("Session", "make_engine", "bind") for name in node.names)
    ]

    assert openers in (["_use_case.py"], ["_query.py"])


def test_every_permission_is_asked_for_by_somebody() -> None:
    assert set(Permission) - set(_registry().values()) == set()


def test_every_permission_is_held_by_a_role() -> None:
    assert set(Permission) - frozenset().union(*ROLE_PERMISSIONS.values()) == set()


def test_the_roles_hold_exactly_this() -> None:
    assert {role: set(held) for role, held in ROLE_PERMISSIONS.items()} == ROLES


def test_the_largest_principal_that_a_role_may_approve() -> None:
    assert APPROVAL_LIMIT_CENTS == {Role.LOAN_MANAGEMENT: 5_000_000, Role.SUPER_ADMIN: None}
    assert {role for role, held in ROLE_PERMISSIONS.items() if P.REQUESTS_DECIDE in held} == set(APPROVAL_LIMIT_CENTS)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_an_actor_is_refused_exactly_what_its_role_lacks(role: Role, permission: Permission) -> None:
    actor = Actor.of(role, name="Alguém")

    if permission in ROLES[role]:
        actor.require(permission)
    else:
        with pytest.raises(PermissionMissing):
            actor.require(permission)


def test_nobody_is_refused_every_use_case_and_read_before_the_database_is_touched() -> None:
    doors = [function for function, permission in _registry().items() if permission not in ROLES[Role.NOBODY]]

    assert doors
    for door in doors:
        with pytest.raises(PermissionMissing):
            door(NOBODY, None, None)
