"""Reads about the book as a whole: what it holds already, before anything is made in it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, select

from domain.cycles import CLOSED, Cycle
from domain.permissions import Permission
from domain.requests import DISBURSED
from loanapp.models.clients import Client
from loanapp.models.cycles import IS_WHOLE, CycleRun
from loanapp.models.requests import Request
from loanapp.queries._query import Tx, query


@dataclass(frozen=True)
class Contents:
    """How many clients there are, whether the one asked for is among them, and the last date `mora` was closed for."""

    clients: int
    is_seeded: bool
    cycles_through: date | None


@query(Permission.BOOK_VERIFY)
def contents(tx: Tx, first_client_id: UUID) -> Contents:
    """Return what the book holds; `first_client_id` is the client by which a seeded book is known again."""
    closed = select(func.max(CycleRun.business_date)).where(
        CycleRun.cycle == Cycle.MORA, CycleRun.status.in_(CLOSED), IS_WHOLE
    )
    return Contents(
        clients=tx.session.scalar(select(func.count()).select_from(Client)) or 0,
        is_seeded=bool(tx.session.scalar(select(exists().where(Client.id == first_client_id)))),
        cycles_through=tx.session.scalar(closed),
    )


@query(Permission.BOOK_VERIFY)
def size(tx: Tx, _parameters: None) -> int:
    """Return how many contracts and clients a verification goes through."""
    requests = select(func.count()).select_from(Request).where(Request.status.in_(DISBURSED))
    clients = select(func.count()).select_from(Client)
    return (tx.session.scalar(requests) or 0) + (tx.session.scalar(clients) or 0)
