"""`loanapp migrate`: brings the database to the newest schema, with the rows that every installation has."""

from pathlib import Path

import click
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


@click.command("migrate", short_help="Bring the database to the newest schema.")
def migrate_command() -> None:
    """Bring the database to the newest schema; run again, it changes nothing."""
    from loanapp.commands import environment, first_rows  # noqa: PLC0415 - `environment` itself migrates.

    with environment.ready() as settings:
        migrate(settings.database_url)
        first_rows.ensure_company()
    click.echo("The database has the newest schema.")
