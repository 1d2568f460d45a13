"""The schema of a database, brought to its newest version by the migrations in `alembic/`."""

from pathlib import Path

from alembic.config import Config

from alembic import command

PROJECT = Path(__file__).resolve().parents[2]


def alembic_config(database_url: str) -> Config:
    """Return the library's settings from pyproject.toml, aimed at a database."""
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["database_url"] = database_url
    return config


def migrate(database_url: str) -> None:
    """Bring the database to the newest schema; where it already is, nothing happens."""
    command.upgrade(alembic_config(database_url), "head")
