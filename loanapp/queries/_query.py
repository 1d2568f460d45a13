"""A read for a screen: one function, one read-only snapshot, one declared permission; frozen dataclasses come out."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session as OrmSession

from domain.permissions import Actor, Permission
from loanapp.clock import Moment
from loanapp.models import scope
from loanapp.models.base import Session

Parameters = TypeVar("Parameters")
Result = TypeVar("Result")

REGISTRY: dict[Callable[..., Any], Permission] = {}


@dataclass(frozen=True)
class Tx:
    """What a read works with: a session that can't write, who asks, and the moment fixed at the edge."""

    session: OrmSession
    actor: Actor
    now: datetime
    business_date: date


# One snapshot for all statements of a page, so that its sums and rows agree; and a read can't write.  Said with BEGIN,
# it costs no round trip of its own.
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# One statement is its own snapshot: neither BEGIN nor ROLLBACK travels.
_ONE_STATEMENT = {"isolation_level": "AUTOCOMMIT"}


def query(
    permission: Permission, *, is_one_statement: bool = False
) -> Callable[[Callable[[Tx, Parameters], Result]], Callable[[Actor, Moment, Parameters], Result]]:
    """Make a function of (tx, parameters) a read, called as (actor, moment, parameters).

    `is_one_statement` promises that it sends a single SELECT, which then needs no transaction around it.
    """
    options = _ONE_STATEMENT if is_one_statement else _SNAPSHOT

    def wrap(function: Callable[[Tx, Parameters], Result]) -> Callable[[Actor, Moment, Parameters], Result]:
        @functools.wraps(function)
        def run(actor: Actor, moment: Moment, parameters: Parameters) -> Result:
            actor.require(permission)
            with Session() as session:
                session.connection(execution_options=options)
                scope.limit(session, actor)
                return function(Tx(session, actor, moment.now, moment.business_date), parameters)

        REGISTRY[run] = permission
        return run

    return wrap
