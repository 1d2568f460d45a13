"""Row scope by construction: a scoped actor's transaction sees the rows of the clients assigned to it, and no others.

`limit` is called by the two decorators that open transactions, so no use case and no read can forget it.  From then
on every ORM statement of the session gets a criterion for each mapped class, found by walking the foreign keys to
`clients`: a new table joins by having its key.  Rows of others do not exist for the actor, so that what is not there
and what is not its own can't be told apart.  What the criteria can't reach (raw SQL, a bare table) is refused, not run.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, event, false, or_, select
from sqlalchemy.orm import Mapper, ORMExecuteState, with_loader_criteria
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import Delete, Update
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.selectable import Alias, Join, Select, SelectBase, TextualSelect
from sqlalchemy.sql.visitors import ExternallyTraversible

from domain.permissions import Actor
from loanapp.models import audit, auth, cash, company
from loanapp.models.base import Base, Session
from loanapp.models.clients import Client

# Tables that lead to no client and that a scoped actor may read all the same, with the reason.
OPEN_TO_ALL: dict[type[Base], str] = {
    auth.User: "names of colleagues stand beside what they did; the use cases of signing in read one's own row",
    auth.RecoveryCode: "one's own second factor",
    auth.UserLink: "one's own first password",
    auth.LoginSession: "one's own sessions",
    auth.SignInThrottle: "one's own sign-in",
    auth.RoleLimit: "the limits of one's own role",
    cash.CashHandIn: "one's own hand-ins; the reads of one's own cash name the person",
    company.CompanySettings: "the lender's name, rates and rules stand on every page",
    company.Holiday: "the calendar that due dates follow",
    audit.AuditHead: "the number and hash of the last event about no client, to write the next",
}
SUPERVISORS_KEPT = 512
Statement = TypeVar("Statement", bound=Executable)
_OPTION = "reads_outside_scope"
_KEY = "scope"


class UnscopedStatement(AssertionError):
    """A statement of a scoped actor that the scope can't reach: a mistake of ours, stopped before it is run."""


def outside(statement: Statement) -> Statement:
    """Let one statement see rows of others too: the one way out of the scope, so every use of it can be found."""
    return statement.execution_options(**{_OPTION: True})


def limit(session: OrmSession, actor: Actor) -> None:
    """Bind a transaction to the rows that its actor may know of; an actor that is not scoped may know of all."""
    if actor.is_scoped:
        session.info[_KEY] = _options_of(actor.user_id)


def path_to_client(table: Table) -> tuple[Column[Any], ...] | None:
    """Return the foreign keys that lead from a table to `clients`, or None where there is no way."""
    return next(iter(paths_to_client(table)), None)


def paths_to_client(table: Table) -> tuple[tuple[Column[Any], ...], ...]:
    """Return the ways from a table to `clients`: one whose keys every row has, else the table's own key to a client.

    Where a row has one of several keys, as what undoes a payment, a waiver or a refund, each of them is a way.
    """
    sure = _path(table, may_be_null=False)
    if sure is not None:
        return (sure,)
    own = _path(table, may_be_null=True)
    if own is None or len(own) == 1:
        return () if own is None else (own,)
    ways = (
        (key.parent, _path(key.column.table, may_be_null=False))
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
    )
    return tuple((column, *rest) for column, rest in ways if rest is not None)


def _path(table: Table, *, may_be_null: bool) -> tuple[Column[Any], ...] | None:
    """Return the fewest foreign keys that lead from a table to `clients`."""
    paths: list[tuple[Table, tuple[Column[Any], ...]]] = [(table, ())]
    seen = {table}
    for here, path in paths:
        if here is Client.__table__:
            return path
        for key in sorted(here.foreign_keys, key=lambda key: key.parent.name):
            if key.column.table not in seen and (may_be_null or not key.parent.nullable):
                seen.add(key.column.table)
                paths.append((key.column.table, (*path, key.parent)))
    return None


@lru_cache(maxsize=SUPERVISORS_KEPT)
def _options_of(user_id: UUID | None) -> tuple[Any, ...]:
    """Return the criteria of one actor, built once: every transaction of a supervisor needs the same."""
    return tuple(_options(user_id))


def _options(user_id: UUID | None) -> Iterator[Any]:
    for mapper in Base.registry.mappers:
        criterion = _criterion(mapper, user_id)
        if criterion is not None:
            # A row read before is not asked for again, so the criteria need not follow into later loads.
            yield with_loader_criteria(mapper.class_, criterion, include_aliases=True, propagate_to_loaders=False)


def _criterion(mapper: Mapper[Any], user_id: UUID | None) -> ColumnElement[bool] | None:
    table = mapper.local_table
    assert isinstance(table, Table)
    paths = paths_to_client(table)
    if not paths:
        return None if mapper.class_ in OPEN_TO_ALL else false()
    if user_id is None:
        # Who is nobody has no clients; `== None` would be those that have no supervisor.
        return false()
    if mapper.class_ is Client:
        return Client.supervisor_id == user_id
    return or_(*(_leads_to_own(mapper, path, user_id) for path in paths))


def _leads_to_own(mapper: Mapper[Any], path: tuple[Column[Any], ...], user_id: UUID) -> ColumnElement[bool]:
    clients = Client.__table__.alias()
    inner = select(clients.c.id).where(clients.c.supervisor_id == user_id)
    for key in reversed(path[1:]):
        through = key.table.alias()
        (target,) = key.table.primary_key
        inner = select(through.c[target.name]).where(through.c[key.name].in_(inner))
    column: ColumnElement[Any] = getattr(mapper.class_, mapper.get_property_by_column(path[0]).key)
    return column.in_(inner)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    options = state.session.info.get(_KEY)
    if options is None or state.execution_options.get(_OPTION):
        return
    statement = state.statement
    # An UPDATE by a list of primary keys takes no criterion; who writes one says that it read the keys in the scope.
    is_by_keys = isinstance(statement, Update) and isinstance(state.parameters, Sequence)
    if is_by_keys or not isinstance(statement, ClauseElement) or _escapes(statement):
        raise UnscopedStatement(str(statement))
    state.statement = statement.options(*options)


def _escapes(statement: ExternallyTraversible) -> bool:
    """Say whether a SELECT, or one inside it, names a table other than through its mapped class.

    A bare column of a table that the same SELECT names through its class is the same rows: `Session.get` writes so.
    """
    mapped: set[object] = set()
    bare: set[object] = set()
    inner: list[ExternallyTraversible] = []
    pending: list[Any] = [statement]
    while pending:
        element = pending.pop()
        if isinstance(element, TextClause | TextualSelect):
            return True
        if element is not statement and isinstance(element, SelectBase):
            inner.append(element)
            continue
        for source in _sources(element):
            (mapped if "parententity" in source._annotations else bare).add(_table_of(source))  # noqa: SLF001
        pending.extend(element.get_children())
    return bool(bare - mapped - {None}) or any(_escapes(select) for select in inner)


def _sources(element: object) -> Iterator[Any]:
    """Yield what an element reads rows from: SQLAlchemy has no public way to ask."""
    if isinstance(element, Column):
        yield element
    elif isinstance(element, Update | Delete):
        yield element.table
    elif isinstance(element, Select):
        yield from element._raw_columns  # noqa: SLF001
        yield from element._from_obj  # noqa: SLF001
        yield from (join[0] for join in element._setup_joins)  # noqa: SLF001
    elif isinstance(element, Join):
        yield from (element.left, element.right)


def _table_of(source: Any) -> Table | None:  # noqa: ANN401
    table = getattr(source, "table", source)
    while isinstance(table, Alias):
        table = table.element
    return table if isinstance(table, Table) and table.metadata is Base.metadata else None
