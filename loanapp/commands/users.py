"""`loanapp user`: the first user of an installation, any other, and a way in for whoever is locked out."""

import click

from domain.permissions import PERSON_ROLES, TERMINAL
from loanapp import clock
from loanapp.commands import environment
from loanapp.queries.users import users
from loanapp.services.second_factor import ResetSecondFactor, reset_second_factor
from loanapp.services.users import AddUser, MakeLink, UserNotFound, add_user, make_link
from loanapp.settings import SAO_PAULO


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
        add_user(TERMINAL, clock.moment(), AddUser(email=email, name=name, role=role, password=password))
    click.echo(f"{email} may sign in as {role}.")


@user.command()
@click.argument("email")
@click.option("--without-second-factor", is_flag=True, help="Remove the second factor too: the phone is lost.")
def link(email: str, *, without_second_factor: bool) -> None:
    """Print a one-time link with which EMAIL sets a new password, or the first one."""
    with environment.ready() as settings:
        moment = clock.moment()
        found = [line.id for line in users(TERMINAL, moment, None) if line.email == email.strip().lower()]
        if not found:
            raise UserNotFound
        if without_second_factor:
            reset_second_factor(TERMINAL, moment, ResetSecondFactor(user_id=found[0]))
        made = make_link(TERMINAL, moment, MakeLink(user_id=found[0]))
    click.echo(f"{settings.public_url}{made.path}")
    until = made.expires_at.astimezone(SAO_PAULO)
    click.echo(f"Good once, until {until:%d/%m/%Y %H:%M}; older links are void.", err=True)
