"""What the cycles cost on a large book: invoices a second, statements, and what running the same date again changes.

    .venv/bin/python -m benchmarks.cycles --clients 10000

The runs are for the three business dates after the book's, so that each overdue invoice gets one more day of mora, and
for the last of them again.  The first date is the dearest: the pages that COPY filled have little room yet.
"""

import argparse
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, event, select

from benchmarks import book
from domain.cycles import Cycle
from domain.permissions import SYSTEM
from loanapp import clock
from loanapp.commands import servers
from loanapp.commands.schema import migrate
from loanapp.models.base import Session, bind, make_engine
from loanapp.models.cycles import CycleRun
from loanapp.services import _runner
from loanapp.services.cycles import OpenRun

DATES = [book.BUSINESS_DATE + timedelta(days=days) for days in (1, 2, 3, 3)]


def main() -> None:
    """Fill a database of its own, run the cycles, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = servers.start_postgres(Path(folder))
        try:
            url = servers.database_url(Path(folder))
            migrate(url)
            print(f"Filling {options.clients} clients ...")
            book.fill(url, clients=options.clients)
            engine = make_engine(url, pool_size=options.workers, statement_timeout_ms=600_000)
            bind(engine)
            for business_date in DATES:
                for cycle in (Cycle.OVERDUE, Cycle.MORA):
                    _measure(engine, cycle, business_date, options.workers)
            engine.dispose()
        finally:
            server.stop()


def _measure(engine: Engine, cycle: Cycle, business_date: date, workers: int) -> None:
    statements = 0

    def note(*_execution: object) -> None:
        nonlocal statements
        statements += 1

    event.listen(engine, "before_cursor_execute", note)
    order = OpenRun(cycle=cycle, business_date=business_date, origin="terminal")
    started = time.perf_counter()
    opened = _runner.run_or_replay(SYSTEM, lambda: clock.on(business_date, 7), order, workers=workers)
    seconds = time.perf_counter() - started
    event.remove(engine, "before_cursor_execute", note)
    with Session() as session:
        run = session.scalars(select(CycleRun).where(CycleRun.id == opened.run_id)).one()
    print(
        f"{business_date} {cycle.value:8} {run.examined:8} examined  {run.changed:8} changed  {seconds:6.2f} s"
        f"  {run.examined / seconds:10,.0f} invoices/s  {statements:5} statements"
    )


if __name__ == "__main__":
    main()
