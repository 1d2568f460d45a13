"""Reads about street supervisors: whom clients can be given to."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from domain.permissions import Permission, Role
from loanapp.models.auth import User
from loanapp.queries._query import Tx, query


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """An active street supervisor."""

    user_id: UUID
    name: str


@query(Permission.CLIENTS_VIEW)
def supervisors(tx: Tx, _parameters: None) -> tuple[Supervisor, ...]:
    """Return the active street supervisors by name; nobody for a supervisor, who sees no clients of others."""
    if tx.actor.is_scoped:
        return ()
    found = tx.session.execute(
        select(User.id, User.name)
        .where(User.role == Role.STREET_SUPERVISOR, User.is_active)
        .order_by(func.lower(User.name), User.id)
    )
    return tuple(Supervisor(user_id=row.id, name=row.name) for row in found)
