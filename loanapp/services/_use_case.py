"""One use case = one function = one transaction = one declared permission (ADR 0003).

Here is the decorator that makes it so, the transaction handed to the function, and the hook by which the composition
roots learn that work waits.  Nothing else in the house commits.
"""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as OrmSession

from domain.errors import DomainError
from domain.permissions import Actor, Permission
from loanapp.clock import Moment
from loanapp.models import scope
from loanapp.models.base import Session

Command = TypeVar("Command")
Result = TypeVar("Result")

# Serialization failure, deadlock, lock timeout, and the unique violation of a race: what heals when tried again.
HEALING_STATES = frozenset({"40001", "40P01", "55P03", "23505"})
TRIES = 3

REGISTRY: dict[Callable[..., Any], Permission] = {}
_is_inside: ContextVar[bool] = ContextVar("inside_use_case", default=False)


def _no_bell(queue: str, row_id: str) -> None:
    """Ring nothing: the sweeper finds the work."""


_bell: Callable[[str, str], None] = _no_bell


def connect_bell(ring: Callable[[str, str], None]) -> None:
    """Set what is called after a commit with (queue, row id); best effort, it must never raise."""
    global _bell  # noqa: PLW0603 - the one hook by which services stay ignorant of Celery (architecture.md §6).
    _bell = ring


@dataclass
class Tx:
    """What a use case works with: its session, who acts, and the moment that was fixed at the edge."""

    session: OrmSession
    actor: Actor
    now: datetime
    business_date: date
    bells: list[tuple[str, str]] = field(default_factory=list)

    def ring(self, queue: str, row_id: object) -> None:
        """Promise a bell for a row of a work table, rung after the commit."""
        self.bells.append((queue, str(row_id)))


class RefusalKept(Exception):
    """Raised by a use case to refuse and keep what it wrote all the same, such as the event of a failed sign-in.

    The caller gets `refusal`, after the commit.
    """

    def __init__(self, refusal: DomainError) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@contextmanager
def _entered() -> Iterator[None]:
    assert not _is_inside.get(), "a use case never calls a use case"
    token = _is_inside.set(True)
    try:
        yield
    finally:
        _is_inside.reset(token)


def use_case(
    permission: Permission,
) -> Callable[[Callable[[Tx, Command], Result]], Callable[[Actor, Moment, Command], Result]]:
    """Make a function of (tx, command) a use case, called as (actor, moment, command).

    The actor must hold the permission.  The transaction is retried as a whole where the database says that trying
    again heals it; bells ring after the commit.
    """

    def wrap(function: Callable[[Tx, Command], Result]) -> Callable[[Actor, Moment, Command], Result]:
        @functools.wraps(function)
        def run(actor: Actor, moment: Moment, command: Command) -> Result:
            actor.require(permission)
            for attempt in range(1, TRIES + 1):
                refusal: DomainError | None = None
                try:
                    with _entered(), Session.begin() as session:
                        scope.limit(session, actor)
                        tx = Tx(session, actor, moment.now, moment.business_date)
                        try:
                            result = function(tx, command)
                        except RefusalKept as kept:
                            refusal = kept.refusal
                except DBAPIError as error:
                    if attempt == TRIES or getattr(error.orig, "sqlstate", None) not in HEALING_STATES:
                        raise
                    time.sleep(0.02 * attempt)
                    continue
                for queue, row_id in tx.bells:
                    _bell(queue, row_id)
                if refusal:
                    raise refusal
                return result
            raise AssertionError("the last attempt either returns or raises")

        REGISTRY[run] = permission
        return run

    return wrap
