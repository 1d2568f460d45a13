"""Marks of routes: who may come in, declared on the function beside its check, so that a test can walk all routes.

The mark is a declaration, the check is the use case's; `tests/attacks` asks each route without what its mark names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.permissions import Permission

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Door:
    """Who may call a route: anybody, or who is signed in and holds the permission."""

    permission: Permission | None


def guarded(permission: Permission) -> Callable[[Endpoint], Endpoint]:
    """Declare the permission that a route's use case or read asks for."""
    return _marked(Door(permission))


def open_to_all(endpoint: Endpoint) -> Endpoint:
    """Declare that a route answers anybody: it proves by itself who asks, or gives nothing away."""
    return _marked(Door(None))(endpoint)


def door_of(endpoint: Callable[..., Any]) -> Door | None:
    """Return what a route's function declares, None when it declares nothing."""
    return getattr(endpoint, "__door__", None)


def _marked(door: Door) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__door__ = door  # type: ignore[attr-defined]
        return endpoint

    return mark
