"""`loanapp cycle`: runs, replays or previews the daily cycles for one business date, missed dates before it first."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any, Self

import click

from domain.calendar import format_date
from domain.cycles import Cycle, CycleInFuture, CycleNotDue, CycleWaits, check_business_date, is_due_on
from domain.money import format_brl
from domain.permissions import SYSTEM, TERMINAL
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, print_json, progress_bar
from loanapp.queries.cycles import CycleCounts, PreviewOf, preview, run_line
from loanapp.services import _runner
from loanapp.services.cycles import OpenedRun, OpenRun

_ALL = "all"
# As many as the small machines that this runs on have cores; each holds a connection.
_WORKERS = 2


@dataclass(frozen=True)
class _Result:
    cycle: Cycle
    business_date: date
    counts: CycleCounts
    duration_ms: int

    def document(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "cycle": self.cycle.value,
            "business_date": self.business_date.isoformat(),
            "examined": counts.examined,
            "changed": counts.changed,
            "unchanged": counts.examined - counts.changed,
            "failed": counts.failed,
            "late_fee_cents_delta": counts.late_fee_cents_delta,
            "mora_cents_delta": counts.mora_cents_delta,
            "messages_queued": counts.messages_queued,
            "messages_skipped": counts.messages_skipped,
            "duration_ms": self.duration_ms,
        }


@click.command(short_help="Run, replay or preview a daily cycle.")
@click.argument("name", metavar="overdue|mora|charge|all", type=click.Choice([*(each.value for each in Cycle), _ALL]))
@click.option("--date", "business_date", type=DATE, help="Business date; else today.")
@click.option("--dry-run", "is_preview", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--json", "is_json", is_flag=True, help="One JSON document, for `all` a list. Amounts in centavos.")
def cycle(name: str, business_date: date | None, *, is_preview: bool, is_json: bool) -> None:
    """Run a cycle for a business date, after the dates that were missed before it; again, it changes nothing.

    `all` runs the three in their order, without `charge` on a day when it is not due.
    """
    with environment.ready():
        today = clock.moment().business_date
        day = business_date or today
        cycles = [each for each in Cycle if is_due_on(each, day)] if name == _ALL else [Cycle(name)]
        try:
            for each in cycles:
                check_business_date(each, day, today=today)
            if is_preview:
                results = [_timed(each, day, _previewed) for each in cycles]
            else:
                _catch_up(None if name == _ALL else Cycle(name), day)
                results = [_timed(each, day, _ran) for each in cycles]
        except CycleInFuture:
            raise click.ClickException(f"The business date {day} has not come: give one up to {today}.") from None
        except CycleNotDue:
            raise click.ClickException(f"The charge cycle runs Monday to Friday, and {day} is none of them.") from None
        except CycleWaits as waits:
            raise click.ClickException(
                f"{waits.values['cycle']} of {day} waits for {waits.values['waits_for']} of that date:"
                f" run `loanapp cycle all --date {day}`."
            ) from None
    documents = [result.document() for result in results]
    if is_json:
        print_json(documents if name == _ALL else documents[0])
    else:
        for result in results:
            click.echo(_line(result, is_preview=is_preview))
    if any(result.counts.failed for result in results):
        raise click.ClickException("Some clients were set aside: the page Rotinas diárias names them and their errors.")


def _timed(each: Cycle, day: date, work: Callable[[Cycle, date], CycleCounts]) -> _Result:
    began = perf_counter()
    counts = work(each, day)
    return _Result(each, day, counts, round((perf_counter() - began) * 1000))


def _previewed(each: Cycle, day: date) -> CycleCounts:
    return preview(SYSTEM, clock.moment(), PreviewOf(cycle=each, business_date=day))


def _catch_up(only: Cycle | None, day: date) -> None:
    with _Bars() as visited:
        _runner.catch_up(TERMINAL, clock.moment, visited, cycle=only, before=day)


def _ran(each: Cycle, day: date) -> CycleCounts:
    order = OpenRun(cycle=each, business_date=day, origin="terminal")
    with _Bars() as visited:
        run = _runner.run_or_replay(TERMINAL, clock.moment, order, visited, workers=_WORKERS)
    return run_line(SYSTEM, clock.moment(), run.run_id).counts


class _Bars:
    """A progress bar per run, on a terminal only."""

    def __init__(self) -> None:
        self._run: OpenedRun | None = None
        self._stack = ExitStack()
        self._advance: Callable[[int], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def __call__(self, run: OpenedRun, visited: int) -> None:
        if self._run != run or self._advance is None:
            self._stack.close()
            bar = progress_bar(run.clients_total, f"{run.cycle.value} {run.business_date}")
            self._run, self._advance = run, self._stack.enter_context(bar)
        self._advance(visited)


def _line(result: _Result, *, is_preview: bool) -> str:
    counts = result.counts
    skipped = ", ".join(f"{reason} {count}" for reason, count in counts.messages_skipped.items())
    what = {
        Cycle.OVERDUE: f"multa {format_brl(counts.late_fee_cents_delta)}",
        Cycle.MORA: f"mora {format_brl(counts.mora_cents_delta)}",
        Cycle.CHARGE: f"{counts.messages_queued} mensagens na fila, retidas: {skipped or 'nenhuma'}",
    }[result.cycle]
    return (
        f"{'prévia de ' if is_preview else ''}{result.cycle.value} {format_date(result.business_date)}:"
        f" {counts.examined} examinados, {counts.changed} mudam, {counts.failed} com erro, {what}"
        f" ({result.duration_ms} ms)"
    )
