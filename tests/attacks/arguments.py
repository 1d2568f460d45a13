"""What attackers send as arguments: plausible ones that name other people's rows, and hostile ones of every type."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from reflex_base.registry import RegistrationContext

from loanapp.gate import Policy, is_internal, policy_of
from tests.attacks.victims import Victims

SOURCES = Path(__file__).parents[2] / "loanapp"
_FIELD = re.compile(r"""(?:texts|form)(?:\[|\.get\()["'](\w+)["']""")
HOSTILE: tuple[Any, ...] = (
    None, True, -1, 10**30, 1.5, "", "\x00", "'; DROP TABLE clients; --", "../../etc/passwd", "x" * 5000, [], [[]], {},
    {"$ne": None}, ["a", {"b": []}], "🙂\u202e", "NaN",
)  # fmt: skip
_VALUES = (
    ("amount|principal|income", "10,00"),
    ("_on|date|due|until", "20/02/2026"),
    ("tax_id|cpf", "529.982.247-25"),
    ("phone", "(11) 91234-5678"),
    ("email|e_mail", "intruso@empresa.com.br"),
    ("rate|pct", "1,00"),
    ("count", "3"),
    ("role|papel", "SUPER_ADMIN"),
    ("method", "PIX"),
)


def handlers() -> dict[str, Policy | None]:
    """Return the policy of every handler that a browser can name, Reflex's internal events apart.

    Tests of this process register states of their own; they are none of the product's.
    """
    names = RegistrationContext.get().event_handlers
    return {name: policy_of(name) for name in names if not is_internal(name) and "tests___" not in name}


def internal_events() -> list[str]:
    """Return the names of Reflex's internal events."""
    return [name for name in RegistrationContext.get().event_handlers if is_internal(name)]


def plausible(handler: str, victims: Victims) -> Iterator[dict[str, Any]]:
    """Yield payloads that a page could send, each naming rows of somebody else."""
    kinds = _parameters(handler)
    if not any(kind in (str, dict) for kind in kinds.values()):
        yield {name: _plain(kind, victims) for name, kind in kinds.items()}
        return
    for identity in victims.ids:
        yield {
            name: _form(identity) if kind is dict else str(identity) if kind is str else _plain(kind, victims)
            for name, kind in kinds.items()
        }


def hostile(handler: str) -> Iterator[dict[str, Any]]:
    """Yield payloads that no page sends: wrong types, missing and foreign arguments."""
    names = list(_parameters(handler))
    yield {}
    yield {"self": 1, "__class__": "x", "cls": None}
    for value in HOSTILE:
        yield dict.fromkeys(names, value)
        yield {name: {"command_id": value, "amount": value, "client_id": value} for name in names}


def _parameters(handler: str) -> dict[str, type]:
    """Return the parameters of a handler as the bare types that its annotations mean."""
    function = RegistrationContext.get().event_handlers[handler].handler.fn
    bare: dict[str, type] = {}
    for name, parameter in list(inspect.signature(_unwrapped(function)).parameters.items())[1:]:
        text = str(parameter.annotation).removeprefix("<class '")
        bare[name] = next((kind for kind in (bool, int, list, str) if text.startswith(kind.__name__)), dict)
    return bare


def _unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    return inspect.unwrap(getattr(function, "func", function))


def _plain(kind: type, victims: Victims) -> Any:
    return {bool: True, int: victims.request_number, list: [str(victims.client)], str: str(victims.client)}.get(
        kind, {}
    )


def _form(identity: UUID) -> dict[str, str]:
    """Return a form with every field that any page reads, filled in; what names a row names somebody else's."""
    fields = {name for source in SOURCES.rglob("*.py") for name in _FIELD.findall(source.read_text())}
    return {name: _typed(name, identity) for name in sorted(fields | {"command_id"})}


def _typed(name: str, identity: UUID) -> str:
    if name == "command_id":
        return str(uuid4())
    if name.endswith(("_id", "id")):
        return str(identity)
    return next((value for pattern, value in _VALUES if re.search(pattern, name)), "texto de intruso")
