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


def query(
    permission: Permission,
) -> Callable[[Callable[[Tx, Parameters], Result]], Callable[[Actor, Moment, Parameters], Result]]:
    """Make a function of (tx, parameters) a read, called as (actor, moment, parameters)."""

    def wrap(function: Callable[[Tx, Parameters], Result]) -> Callable[[Actor, Moment, Parameters], Result]:
        @functools.wraps(function)
        def run(actor: Actor, moment: Moment, parameters: Parameters) -> Result:
            actor.require(permission)
            with Session() as session:
                # One snapshot for all statements of a page, so that its sums and rows agree; and a read can't write.
                # Said with BEGIN, it costs no round trip of its own.
                session.connection(
                    execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                )
                scope.limit(session, actor)
                return function(Tx(session, actor, moment.now, moment.business_date), parameters)

        REGISTRY[run] = permission
        return run

    return wrap
