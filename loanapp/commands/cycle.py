"""`loanapp cycle`: runs, replays or previews the daily cycles for one business date, missed dates before it first."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any, Self

import click

from domain.calendar import format_date
from domain.cycles import (
    Cycle,
    CycleInFuture,
    CycleNotDue,
    CycleWaits,
    NothingToRetry,
    RunNotFound,
    check_business_date,
    is_due_on,
)
from domain.money import format_brl
from domain.permissions import SYSTEM, TERMINAL
from domain.requests import RequestNotFound
from loanapp import clock
from loanapp.commands import environment
from loanapp.commands.book import DATE, NUMBER, print_json, progress_bar
from loanapp.queries.cycle_previews import PreviewOf, client_of_request, preview, preview_lines
from loanapp.queries.cycles import CycleCounts, charge_days, run_line, run_with_failures
from loanapp.services import _runner
from loanapp.services.cycles import OpenedRun, OpenRun, RetryFailures

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
@click.option("--request", "request_number", type=NUMBER, help="Only this request's client; closes no date.")
@click.option("--failures", "is_retry", is_flag=True, help="Only whom the date's newest run set aside.")
@click.option("--json", "is_json", is_flag=True, help="One JSON document, for `all` a list. Amounts in centavos.")
def cycle(
    name: str,
    business_date: date | None,
    *,
    is_preview: bool,
    request_number: int | None,
    is_retry: bool,
    is_json: bool,
) -> None:
    """Run a cycle for a business date, after the dates that were missed before it; again, it changes nothing.

    `all` runs the three in their order, without `charge` on a day when it is not due. A preview names the contracts
    that would change, the largest difference first.
    """
    if request_number and is_retry:
        raise click.UsageError("Give --request or --failures, not both.")
    with environment.ready():
        now = clock.moment()
        day = business_date or now.business_date
        with _explained(day, now.business_date, request_number):
            skipping = charge_days(SYSTEM, now, None)
            cycles = [each for each in Cycle if is_due_on(each, day, skipping)] if name == _ALL else [Cycle(name)]
            for each in cycles:
                check_business_date(each, day, today=now.business_date, skipping=skipping)
            asked = [_asked(each, day, request_number, is_retry=is_retry) for each in cycles]
            named: list[str] = []
            if is_preview:
                results = [_timed(each, _previewed) for each in asked]
                named = [] if is_json else [line for each in asked for line in _preview_lines(each)]
            elif is_retry:
                results = [result for each in asked for result in _retried(each)]
            else:
                _catch_up(None if name == _ALL else Cycle(name), day)
                results = [_timed(each, _ran) for each in asked]
    documents = [result.document() for result in results]
    if is_json:
        print_json(documents if name == _ALL else documents[0])
    else:
        for result in results:
            click.echo(_line(result, is_preview=is_preview))
        for line in named:
            click.echo(line)
    if any(result.counts.failed for result in results):
        raise click.ClickException("Some clients were set aside: the page Rotinas diárias names them and their errors.")


@contextmanager
def _explained(day: date, today: date, request_number: int | None) -> Iterator[None]:
    """Say in a sentence why an order can't be carried out."""
    try:
        yield
    except CycleInFuture:
        raise click.ClickException(f"The business date {day} has not come: give one up to {today}.") from None
    except CycleNotDue:
        raise click.ClickException(
            f"The charge cycle runs Monday to Friday, as the setting says without holidays, and not on {day}."
        ) from None
    except CycleWaits as waits:
        raise click.ClickException(
            f"{waits.values['cycle']} of {day} waits for {waits.values['waits_for']} of that date:"
            f" run `loanapp cycle all --date {day}`."
        ) from None
    except (RunNotFound, NothingToRetry):
        raise click.ClickException(f"No run of {day} set anybody aside: there is nothing to retry.") from None
    except RequestNotFound:
        raise click.ClickException(f"There is no request {request_number}.") from None


def _asked(each: Cycle, day: date, request_number: int | None, *, is_retry: bool) -> PreviewOf:
    now = clock.moment()
    return PreviewOf(
        cycle=each,
        business_date=day,
        only_client_id=client_of_request(SYSTEM, now, request_number) if request_number else None,
        retry_of=run_with_failures(SYSTEM, now, (each, day)) if is_retry else None,
    )


def _timed(asked: PreviewOf, work: Callable[[PreviewOf], CycleCounts]) -> _Result:
    began = perf_counter()
    counts = work(asked)
    return _Result(asked.cycle, asked.business_date, counts, round((perf_counter() - began) * 1000))


def _previewed(asked: PreviewOf) -> CycleCounts:
    return preview(SYSTEM, clock.moment(), asked)


def _preview_lines(asked: PreviewOf) -> Iterator[str]:
    lines = preview_lines(SYSTEM, clock.moment(), asked)
    for contract in lines.contracts:
        yield (
            f"  {asked.cycle.value} empréstimo {contract.request_number} ({contract.client_name}):"
            f" {format_brl(contract.cents_before)} → {format_brl(contract.cents_after)},"
            f" parcelas: {contract.invoices}, a mais antiga de {format_date(contract.oldest_due_date)}"
        )
    for borrower in lines.borrowers:
        yield f"  {asked.cycle.value} {borrower.client_name}: {borrower.reason or 'na fila'}"


def _retried(asked: PreviewOf) -> list[_Result]:
    assert asked.retry_of is not None
    began = perf_counter()
    with _Bars() as visited:
        order = RetryFailures(run_id=asked.retry_of, origin="terminal")
        runs = _runner.retry(TERMINAL, clock.moment, order, visited)
    duration_ms = round((perf_counter() - began) * 1000)
    counts = [(run.cycle, run_line(SYSTEM, clock.moment(), run.run_id).counts) for run in runs]
    return [_Result(cycle, asked.business_date, each, duration_ms) for cycle, each in counts]


def _catch_up(only: Cycle | None, day: date) -> None:
    with _Bars() as visited:
        _runner.catch_up(TERMINAL, clock.moment, visited, cycle=only, before=day)


def _ran(asked: PreviewOf) -> CycleCounts:
    order = OpenRun(
        cycle=asked.cycle, business_date=asked.business_date, origin="terminal", only_client_id=asked.only_client_id
    )
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
