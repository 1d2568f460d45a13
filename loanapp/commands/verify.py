"""`loanapp verify`: recomputes what must always be true (money.md §6), and says what is not."""

from dataclasses import asdict

import click

from domain.permissions import SYSTEM
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import print_json, progress_bar
from loanapp.queries import book, verification


@click.command(short_help="Recompute the book and report every difference.")
@click.option("--json", "is_json", is_flag=True, help="One JSON document.")
def verify(*, is_json: bool) -> None:
    """Check invoices, charges, allocations, aggregates, hash chains and messages; exit status 1 on any difference."""
    with environment.ready():
        total = book.size(SYSTEM, clock.moment(), None)
        with progress_bar(total, "Verifying") as checked:
            differences, counts = verification.verify(SYSTEM, clock.moment, checked)
    if is_json:
        print_json({"counts": counts, "differences": [asdict(difference) for difference in differences]})
    else:
        for difference in differences:
            click.echo(
                f"{difference.invariant}: {difference.record}: found {difference.found}, expected {difference.expected}"
            )
        listed = ", ".join(f"{count} {thing}" for thing, count in counts.items())
        click.echo(f"Checked {listed}: {len(differences) or 'no'} difference{'' if len(differences) == 1 else 's'}.")
    if differences:
        raise SystemExit(1)
