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
    NOBODY,
    ROLE_LIMITS,
    ROLE_PERMISSIONS,
    Actor,
    Limit,
    Permission,
    PermissionMissing,
    Role,
)
from loanapp.queries import _query
from loanapp.services import _use_case

PROJECT = Path(__file__).parents[2]
P = Permission

STAFF = {
    P.SESSION_USE, P.CLIENTS_VIEW, P.CLIENTS_LOOK_UP, P.CLIENTS_REVEAL, P.CONSENT_CHANGE, P.TIMELINE_VIEW,
    P.FOLLOW_UPS_RECORD, P.DOCUMENTS_VIEW, P.DOCUMENTS_ATTACH, P.REQUESTS_VIEW, P.INVOICES_VIEW, P.PAYMENTS_VIEW,
    P.PAYMENTS_REGISTER, P.PAYMENTS_REVERSE, P.CASH_HAND_IN, P.RECEIPTS_SHARE, P.PAPERS_ISSUE,
}  # fmt: skip
OFFICE = STAFF | {
    P.DASHBOARD_VIEW, P.APPROVALS_VIEW, P.MESSAGES_VIEW, P.MESSAGES_SEND, P.PAYMENTS_SETTLE,
    P.CHARGES_WAIVE, P.CREDIT_USE, P.RENEGOTIATIONS_VIEW, P.RENEGOTIATIONS_OFFER, P.RENEGOTIATIONS_ACCEPT,
}  # fmt: skip
MANAGEMENT = OFFICE | {
    P.AUDIT_VIEW, P.CLIENTS_REGISTER, P.CLIENTS_BLOCK, P.CLIENTS_ASSIGN, P.CLIENTS_EXPORT, P.DOCUMENTS_REMOVE,
    P.REQUESTS_OPEN, P.REQUESTS_DECIDE, P.REQUESTS_DISBURSE, P.REQUESTS_WRITE_OFF, P.REQUESTS_REOPEN,
    P.REQUESTS_CANCEL, P.APPROVALS_DECIDE, P.PAYMENTS_RETURN,
    P.CYCLES_VIEW, P.INVOICES_CHANGE_DUE_DATE, P.CREDIT_REFUND, P.RENEGOTIATIONS_APPROVE, P.CASH_CHECK,
}  # fmt: skip
ADMINISTRATION = MANAGEMENT | {
    P.USERS_VIEW, P.USERS_MANAGE, P.LIMITS_MANAGE, P.COMPANY_MANAGE, P.CLIENTS_ANONYMISE, P.CYCLES_RUN,
    P.BOOK_VERIFY,
}  # fmt: skip
ROLES = {
    Role.LOAN_MANAGEMENT: MANAGEMENT,
    Role.RENEGOTIATION_ANALYST: OFFICE,
    Role.STREET_SUPERVISOR: STAFF,
    Role.SUPER_ADMIN: ADMINISTRATION,
    Role.SYSTEM: {
        P.USERS_VIEW, P.USERS_MANAGE, P.COMPANY_MANAGE, P.CLIENTS_EXPORT, P.REQUESTS_VIEW, P.PAYMENTS_VIEW,
        P.PAYMENTS_REGISTER, P.PAYMENTS_REVERSE, P.PAYMENTS_RETURN, P.PAYMENTS_SETTLE, P.CHARGES_WAIVE, P.MESSAGES_VIEW,
        P.MESSAGES_DELIVER, P.INBOUND_STORE, P.INBOUND_APPLY, P.PAPERS_ISSUE,
        P.CYCLES_VIEW, P.CYCLES_RUN, P.BOOK_VERIFY, P.RENEGOTIATIONS_EXPIRE, P.RENEGOTIATIONS_VIEW,
        P.RENEGOTIATIONS_OFFER, P.RENEGOTIATIONS_ACCEPT, P.REQUESTS_WRITE_OFF, P.INVOICES_CHANGE_DUE_DATE,
        P.CREDIT_USE, P.CREDIT_REFUND,
    },
    Role.NOBODY: {P.SIGN_IN, P.LINK_USE, P.RECEIPTS_OPEN, P.INBOUND_STORE},
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


def test_the_limits_of_a_new_company_are_exactly_these() -> None:
    assert {
        Role.LOAN_MANAGEMENT: {
            Limit.APPROVE_CENTS: 5_000_000,
            Limit.WRITE_OFF_CENTS: 500_000,
            Limit.WAIVE_PCT: 20,
            Limit.DISCOUNT_PCT: 20,
            Limit.CASH_IN_HAND_CENTS: None,
            Limit.BACKDATE_DAYS: 90,
        },
        Role.RENEGOTIATION_ANALYST: {
            Limit.WAIVE_PCT: 10,
            Limit.DISCOUNT_PCT: 20,
            Limit.CASH_IN_HAND_CENTS: None,
            Limit.BACKDATE_DAYS: 30,
        },
        Role.STREET_SUPERVISOR: {Limit.CASH_IN_HAND_CENTS: 300_000, Limit.BACKDATE_DAYS: 3},
        Role.SUPER_ADMIN: dict.fromkeys(Limit),
        Role.SYSTEM: dict.fromkeys(Limit),
        Role.NOBODY: {},
    } == ROLE_LIMITS


def test_a_limit_that_a_role_does_not_list_is_nothing_and_one_without_a_value_is_everything() -> None:
    supervisor, admin = Actor.of(Role.STREET_SUPERVISOR, name="Rua"), Actor.of(Role.SUPER_ADMIN, name="Ada")

    assert [supervisor.is_within(Limit.CASH_IN_HAND_CENTS, cents) for cents in (300_000, 300_001)] == [True, False]
    assert not supervisor.is_within(Limit.APPROVE_CENTS, 1)
    assert admin.is_within(Limit.APPROVE_CENTS, 10**12)


def test_every_permission_has_the_words_for_who_lacks_it() -> None:
    assert [permission for permission in Permission if not permission.denial.endswith(".")] == []
    with pytest.raises(PermissionMissing) as refusal:
        Actor.of(Role.STREET_SUPERVISOR, name="Rua").require(P.CYCLES_RUN)

    assert refusal.value.values == {
        "permission": "cycles.run", "denial": "Só um administrador executa as rotinas diárias.",
    }  # fmt: skip


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
