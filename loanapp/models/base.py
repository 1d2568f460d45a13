"""The declarative base, the column types every table shares, and the session factory of this process.

Money is BIGINT centavos, instants are `timestamptz`, percentages are NUMERIC, states are text with a CHECK.  The engine
is bound by the composition roots after the fork (`bind`), never at import.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Engine,
    MetaData,
    Numeric,
    Text,
    Uuid,
    create_engine,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, sessionmaker

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables: every `datetime` is `timestamptz`, every `int` is BIGINT, every `Decimal` a percentage."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        int: BigInteger,
        date: Date,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(12, 6),
        UUID: Uuid,
        dict[str, Any]: JSONB,
    }


def one_of(column: str, values: Iterable[StrEnum | str]) -> CheckConstraint:
    """Return the CHECK that keeps a state column to its legal values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


Session = sessionmaker(expire_on_commit=False)


def make_engine(url: str, *, pool_size: int, statement_timeout_ms: int = 8000) -> Engine:
    """Make the engine of one process: as many connections as threads, so that none waits for another.

    The statement timeout lies under Reflex's 10 s state lock, so that a slow statement is an error, not a lost save; a
    lock that waits gives up before that, so that the user gets an answer.
    """
    options = f"-c statement_timeout={statement_timeout_ms} -c lock_timeout=5000 -c timezone=UTC"
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=3,
        pool_pre_ping=True,
        # An error's text goes to the log: its parameters are people.
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 3},
    )


def bind(engine: Engine) -> None:
    """Bind the session factory of this process to its engine."""
    Session.configure(bind=engine)
