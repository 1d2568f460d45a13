"""The schema of a database, brought to its newest version by the migrations in `alembic/`."""

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from alembic.config import Config

PROJECT = Path(__file__).resolve().parents[2]


def alembic_config(database_url: str) -> "Config":
    """Return the library's settings from pyproject.toml, aimed at a database."""
    from alembic.config import Config  # noqa: PLC0415 - it takes a second to load, and most commands don't migrate.

    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["database_url"] = database_url
    return config


def newest_version() -> str:
    """Return the version that the program wants: the highest number that a migration's file begins with."""
    return max(path.name for path in (PROJECT / "alembic" / "versions").glob("[0-9]*.py")).split("_")[0]


def version(database_url: str) -> str:
    """Return the version of a database's schema; empty when it has none yet."""
    with psycopg.connect(database_url.replace("+psycopg", "", 1), connect_timeout=3) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return ""
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found[0]) if found else ""


def migrate(database_url: str) -> None:
    """Bring the database to the newest schema; where it already is, nothing happens."""
    if version(database_url) == newest_version():
        return
    from alembic import command  # noqa: PLC0415 - as above.

    command.upgrade(alembic_config(database_url), "head")
