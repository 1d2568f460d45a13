"""`loanapp seed`: a reproducible book with a real past, made through the use cases, never by raw inserts.

The same arguments on an empty database give the same statements, byte for byte: every choice follows from the seed and
the borrower's index, every id is fixed, and one process does everything in one order, which makes the numbers.
"""

import secrets
from collections import Counter
from datetime import date, timedelta
from random import Random
from time import perf_counter
from uuid import UUID, uuid5

import click

from domain.permissions import SYSTEM, Role
from loanapp import clock
from loanapp.clock import Moment, on
from loanapp.commands import environment
from loanapp.commands.book import DATE, deferring_commits, progress_bar
from loanapp.commands.loans import Fate, Habit, Loan, Staff, plan_loan, some_terms
from loanapp.commands.past import Login, Past, add_staff, set_company
from loanapp.commands.people import invent
from loanapp.queries import book
from loanapp.services import clients
from loanapp.services.clients import RegisterClient

_NAMESPACE = UUID("3d2f6a0e-7b1c-4a57-9d3e-5e0c8f1a2b90")
_CLIENTS_MAXIMUM = 99_999
_STAFF = (
    Login("seed.gestao@seed.loanapp", "Rosa Gestora", Role.LOAN_MANAGEMENT),
    Login("seed.gestao2@seed.loanapp", "Davi Gestor", Role.LOAN_MANAGEMENT),
)
# How many in a hundred.
_FATES = {Fate.WAITS: 4, Fate.DECLINED: 8, Fate.APPROVED: 3, Fate.DISBURSED: 85}
_HABITS = {
    Habit.PUNCTUAL: 45,
    Habit.LATE: 25,
    Habit.PARTIAL: 8,
    Habit.OVER: 5,
    Habit.STOPS: 12,
    Habit.RETURNS: 5,
}
_REGISTERED_MINUTE = 8 * 60


@click.command(short_help="A reproducible book with a real past.")
@click.option("--clients", "count", type=click.IntRange(1, _CLIENTS_MAXIMUM), default=200, show_default=True)
@click.option("--seed", "number", type=int, default=1, show_default=True, help="The same number gives the same book.")
@click.option("--months", type=click.IntRange(1, 60), default=6, show_default=True, help="How long the past is.")
@click.option("--until", type=DATE, help="Last business date whose cycles run; else today.")
def seed(count: int, number: int, months: int, until: date | None) -> None:
    """Fill an empty book: borrowers, loans, payments on time, late, partial and missed, and each day's cycles.

    The last date has its cycles and nothing else, so that the hour of the day changes nothing. Its users can't sign in:
    add your own with `loanapp user add`. The company's row is set to an example, whose rates the loans copy.
    """
    with environment.ready() as settings, deferring_commits(settings):
        present = clock.moment()
        last = until or present.business_date
        if last > present.business_date:
            raise click.ClickException(f"--until {last} has not come: give a date up to {present.business_date}.")
        namespace = uuid5(_NAMESPACE, f"{number}:{count}:{months}:{last}")
        contents = book.contents(SYSTEM, present, uuid5(namespace, "client:0"))
        if contents.is_seeded and contents.cycles_through and contents.cycles_through >= last - timedelta(days=1):
            click.echo(f"Nothing to do: the book of seed {number} until {last} is already here.")
            return
        if contents.clients:
            raise click.ClickException(
                f"The book already holds {contents.clients} clients: seed an empty database, named by DATABASE_URL."
            )
        began = perf_counter()
        made = _make(namespace, count, number, last - timedelta(days=months * 365 // 12), last, present)
        listed = ", ".join(f"{amount} {thing}" for thing, amount in made.items())
        click.echo(f"Made {listed}, until {last}, in {perf_counter() - began:.1f} s.")


def _make(namespace: UUID, count: int, number: int, first: date, last: date, present: Moment) -> Counter[str]:
    start = on(first, 0, 10)
    set_company(start)
    opens, approves = add_staff(start, _STAFF, secrets.token_urlsafe(32))
    staff = Staff(opens=opens, approves=approves)
    past = Past(first=first, last=last, present=present)
    made: Counter[str] = Counter()
    for index in range(count):
        made += _plan_client(past, staff, namespace, number, index)
    days = (last - first).days + 1
    with progress_bar(days, f"{first} to {last}") as day_passed:
        past.live(day_passed)
    made["cycle runs"] = past.runs
    return made


def _plan_client(past: Past, staff: Staff, namespace: UUID, number: int, index: int) -> Counter[str]:
    """Plan a borrower's registration, and their loans, before the last day."""
    # One generator per borrower: whoever comes before changes nothing for those after.
    random = Random(f"{number}:{index}")  # noqa: S311 - a book that must be the same each time, no secret.
    client_id = uuid5(namespace, f"client:{index}")
    days = (past.last - past.first).days
    registered_on = past.first + timedelta(days=random.randrange(max(1, days)))
    order = invent(
        random,
        index,
        client_id,
        born_before=past.first,
        is_company=random.random() < 0.12,  # noqa: PLR2004 - the share of companies in the book.
        accepts_messages=random.random() < 0.95,  # noqa: PLR2004 - the share that wants texts.
    )
    past.plan(registered_on, _REGISTERED_MINUTE, lambda moment: _register(staff, order, moment))
    made = Counter({"clients": 1})
    asked_on = registered_on
    for loan_index in range(random.choices((1, 2, 3), (80, 16, 4))[0]):
        loan = _loan(random, uuid5(client_id, f"request:{loan_index}"), client_id, asked_on)
        made["payments"] += plan_loan(past, staff, loan, random, until=past.last)
        made["requests"] += asked_on < past.last
        asked_on += timedelta(days=random.randint(10, 60))
    return made


def _loan(random: Random, request_id: UUID, client_id: UUID, asked_on: date) -> Loan:
    decided_on = asked_on + timedelta(days=random.randrange(3))
    disbursed_on = decided_on + timedelta(days=random.randrange(3))
    terms = some_terms(random, asked_on, disbursed_on)
    return Loan(
        request_id=request_id,
        client_id=client_id,
        terms=terms,
        asked_on=asked_on,
        decided_on=decided_on,
        disbursed_on=disbursed_on,
        fate=random.choices(list(_FATES), list(_FATES.values()))[0],
        habit=random.choices(list(_HABITS), list(_HABITS.values()))[0],
        paid_before_stop=random.randrange(max(1, terms.count // 2)),
    )


def _register(staff: Staff, order: RegisterClient, moment: Moment) -> None:
    clients.register(staff.opens, moment, order)
