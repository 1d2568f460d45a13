"""`loanapp migrate`: brings the database to the newest schema, with the rows that every installation has."""

import click

from loanapp.commands import environment, first_rows
from loanapp.commands.schema import migrate


@click.command("migrate", short_help="Bring the database to the newest schema.")
def migrate_command() -> None:
    """Bring the database to the newest schema; run again, it changes nothing."""
    with environment.ready() as settings:
        migrate(settings.database_url)
        first_rows.ensure_company()
    click.echo("The database has the newest schema.")
