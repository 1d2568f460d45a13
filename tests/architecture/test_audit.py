"""Every use case leaves a trace: it reaches the audit trail's pen, or stands here with the reason why it needs none."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import loanapp.services
from loanapp.services._use_case import REGISTRY

PENS = {("loanapp.services._audit", "note")}
# Use case: why it needs no audit event of its own.
EXEMPT = {
    "auth.count_attempt": "sign_in_throttles counts it; what came of the attempt is an event of sign_in",
    "auth.renew_session": "it prolongs an open session by use; opening and ending it are events",
    "cycles.join_run": "it changes nothing",
    "proofs.take_proof": "it begins a check that changes nothing; what the check found is an event of finish_proof",
    "cycles.run_chunk": "the statement of `overdue` links an event on each client's chain (cycle_sql.py); mora follows"
    " from the contract and the run's events; messages tell of themselves in message_events",
    "cycles.set_aside": "cycle_failures is its record, and the event of the closed run counts it",
    "delivery.take_lease": "a lease of seconds among the system's own senders",
    "delivery.release_lease": "a lease of seconds among the system's own senders",
    "delivery.claim_next": "message_events, append-only, holds each move of a text",
    "delivery.expire_leases": "message_events, append-only, holds each move of a text",
    "inbound.store_event": "the stored webhook is the record itself",
}


def load_all() -> None:
    for module in pkgutil.iter_modules(loanapp.services.__path__):
        importlib.import_module(f"loanapp.services.{module.name}")


def name_of(use_case: Callable[..., Any]) -> str:
    return f"{use_case.__module__.rpartition('.')[2]}.{use_case.__name__}"


def functions_of(module: ModuleType) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def called_by(module: ModuleType, function: str) -> Iterator[tuple[str, str]]:
    """Yield (module, function) of what a function calls: functions of its module, and those of modules it imports."""
    for call in (node.func for node in ast.walk(functions_of(module)[function]) if isinstance(node, ast.Call)):
        if isinstance(call, ast.Name):
            found = getattr(module, call.id, None)
            if inspect.isfunction(found):
                yield found.__module__, found.__name__
        elif isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
            owner = getattr(module, call.value.id, None)
            if isinstance(owner, ModuleType) and owner.__name__.startswith("loanapp.services."):
                yield owner.__name__, call.attr


def reaches_a_pen(module: str, function: str) -> bool:
    waiting, seen = [(module, function)], set()
    while waiting:
        here = waiting.pop()
        if here in PENS:
            return True
        if here in seen or not here[0].startswith("loanapp.services."):
            continue
        seen.add(here)
        inside = importlib.import_module(here[0])
        if here[1] in functions_of(inside):
            waiting.extend(called_by(inside, here[1]))
    return False


def test_every_use_case_notes_what_it_did_or_says_why_not() -> None:
    load_all()
    silent = {name_of(each) for each in REGISTRY if not reaches_a_pen(each.__module__, each.__name__)}

    assert len(REGISTRY) >= 40
    assert silent == set(EXEMPT)
