"""`loanapp user add`: the first user of an installation, and any other."""

import click

from domain.permissions import PERSON_ROLES, SYSTEM
from loanapp import clock
from loanapp.commands import environment
from loanapp.services.users import AddUser, add_user


@click.group(short_help="People who sign in.")
def user() -> None:
    """Work on the people who sign in."""


@user.command()
@click.option("--email", required=True, help="The e-mail that the person signs in with.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in PERSON_ROLES]), help="The department.")
@click.password_option(help="The password; asked for when it is not given.")
def add(email: str, name: str, role: str, password: str) -> None:
    """Add a person who signs in."""
    with environment.ready():
        add_user(SYSTEM, clock.moment(), AddUser(email=email, name=name, role=role, password=password))
    click.echo(f"{email} may sign in as {role}.")
