"""What a day of the cycles costs at 10,000, 100,000 and 1,000,000 open invoices, 30 % of them overdue.

    .venv/bin/python -m benchmarks.scale --invoices 10000 100000 1000000 --workers 2

For each size, in one database: the bare UPDATE of the very rows that the day changes (invoices, and the watermarks of
their contracts), `overdue` and `mora` of a new day, the same day again (which must write no invoice), and a day during
which payments are taken.  The ratio is the median of rounds of the two, one after the other, on rows that were written
equally often before.
"""

import argparse
import itertools
import multiprocessing
import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Engine, event, text

from domain.cycles import Cycle
from domain.money import Money
from domain.payments import PaymentMethod
from domain.permissions import TERMINAL
from loanapp import clock
from loanapp.commands import servers
from loanapp.commands.schema import migrate
from loanapp.models.base import Session, bind, make_engine
from loanapp.services import _runner
from loanapp.services.cycles import OpenedRun, OpenRun
from loanapp.services.payments import RegisterPayment, register_payment

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

DAY = date(2026, 11, 23)
INVOICES_PER_CLIENT = 20
OVERDUE_PER_CLIENT = 6
PAUSE_BETWEEN_PAYMENTS_SECONDS = 0.02

# One contract of 20 daily invoices a client: six were due before the day, fourteen come after the last day measured.
FILL = """
INSERT INTO clients (id, number, kind, tax_id, name, preferred_name, phone, other_phone, zip_code, street,
    street_number, complement, district, city, state, occupation, income_cents, status, blocked_reason,
    accepts_messages, consent_on, consent_origin, phone_flag, credit_cents, search_text, audit_count, audit_head,
    registered_on, registered_at)
OVERRIDING SYSTEM VALUE
SELECT gen_random_uuid(), n, 'PERSON', lpad(n::text, 11, '0'), 'Cliente ' || n, '', '+5511980' || lpad(n::text, 6, '0'),
    '', '', '', '', '', '', 'São Paulo', 'SP', '', 0, 'ACTIVE', '', true, DATE '2026-01-02', 'form', '', 0,
    'cliente ' || n, 0, '', DATE '2026-01-02', now()
  FROM generate_series(1, {clients}) n;
INSERT INTO requests (id, number, client_id, status, principal_cents, plan, step, instalment_count, rate_pct,
    first_due_date, skip_sundays, skip_holidays, late_fee_pct, mora_pct_month, note, requested_on, requested_at,
    approved_on, decision_reason, disbursed_on, disbursed_at, disbursement_method, root_id, overdue_through,
    mora_through, total_value_paid, total_value_to_breakeven, total_value_open, total_value_overdue, credit_cents,
    invoices_paid, invoices_open, next_due_date, metrics_updated_at)
OVERRIDING SYSTEM VALUE
SELECT c.id, c.number, c.id, 'ACTIVE', 200000, 'FLAT', 'WEEKLY', 20, 0, DATE '{day}' - 42, false, false, 2, 1, '',
    DATE '2026-01-10', now(), DATE '2026-01-10', '', DATE '2026-01-10', now(), 'PIX', c.id, DATE '2026-01-10',
    DATE '2026-01-10', 0, 200000, 200000, 0, 0, 0, {per_client}, DATE '{day}' - 42, now()
  FROM clients c;
INSERT INTO invoices (request_id, number, due_date, effective_due_date, status, principal_cents, interest_cents,
    original_cents, late_fee_base_cents, late_fee_cents, mora_base_cents, mora_remaining_base_cents,
    mora_frozen_cents, mora_since, mora_cents, waived_cents, waived_late_fee_cents, waived_mora_cents, paid_cents)
SELECT r.id, n, d, d, 'OPEN', 10000, 0, 10000, 10000, 0, 10000, 10000, 0, d, 0, 0, 0, 0, 0
  FROM requests r, generate_series(1, {per_client}) n,
       LATERAL (SELECT DATE '{day}' + CASE WHEN n <= {overdue} THEN n * 7 - 49 ELSE n * 7 END AS d) dated;
"""


def main() -> None:
    """Measure each size in a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for invoices in options.invoices:
        with tempfile.TemporaryDirectory() as folder:
            server = servers.start_postgres(Path(folder))
            try:
                _measure_size(servers.database_url(Path(folder)), invoices, options.workers, options.rounds)
            finally:
                server.stop()


def _measure_size(url: str, invoices: int, workers: int, rounds: int) -> None:
    migrate(url)
    clients = invoices // INVOICES_PER_CLIENT
    with psycopg.connect(url, autocommit=True) as connection:
        filling = FILL.format(clients=clients, day=DAY, per_client=INVOICES_PER_CLIENT, overdue=OVERDUE_PER_CLIENT)
        connection.execute(filling.encode())
        connection.execute("VACUUM ANALYZE")
    engine = make_engine(url, pool_size=workers + 2, statement_timeout_ms=600_000)
    bind(engine)
    overdue = clients * OVERDUE_PER_CLIENT
    print(f"\n{invoices:,} open invoices, {overdue:,} of them overdue, {workers} workers, {rounds} rounds")
    # Each row has been written once before what is measured, as in a book that lives: pages have room by then.
    days = iter(DAY + timedelta(days=n) for n in range(rounds + 3))
    for _ in range(2):
        _day(engine, next(days), workers)
        _vacuum(url)
    bare, ours, ratios = list[float](), list[float](), list[float]()
    for day in itertools.islice(days, rounds):
        bare.append(_bare(url, overdue))
        _vacuum(url)
        measured = _day(engine, day, workers)
        ours.append(measured.seconds)
        ratios.append(measured.seconds / bare[-1])
        _vacuum(url)
    print(f"bare UPDATE    {median(bare):7.2f} s  {overdue / median(bare):10,.0f} overdue invoices/s")
    print(
        f"overdue + mora {median(ours):7.2f} s  {overdue / median(ours):10,.0f} overdue invoices/s"
        f"  {measured.statements:6} statements  {median(ratios):5.2f} times the bare UPDATE ({min(ratios):.2f} to"
        f" {max(ratios):.2f})  shares of `mora`: {', '.join(f'{share:.0%}' for share in measured.shares)}"
    )
    with _written(url) as written:
        again = _day(engine, day, workers)
    print(f"the same again {again.seconds:7.2f} s  {written[0]:,} invoices written  {again.statements:6} statements")
    _vacuum(url)
    _paying(engine, url, next(days), workers)
    print(f"largest process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    engine.dispose()


@dataclass(frozen=True)
class Day:
    """What the cycles of a date cost, and how many clients each worker visited, as shares of one."""

    seconds: float
    statements: int
    shares: list[float]


def _day(engine: Engine, business_date: date, workers: int) -> Day:
    statements, visited = 0, Counter[int]()

    def note(*_execution: object) -> None:
        nonlocal statements
        statements += 1

    def count(_run: OpenedRun, clients: int) -> None:
        visited[threading.get_ident()] += clients

    event.listen(engine, "before_cursor_execute", note)
    started = time.perf_counter()
    for cycle in (Cycle.OVERDUE, Cycle.MORA):
        order = OpenRun(cycle=cycle, business_date=business_date, origin="clock")
        visited.clear()
        _runner.run_or_replay(TERMINAL, lambda: clock.on(business_date, 7), order, count, workers=workers)
    seconds = time.perf_counter() - started
    event.remove(engine, "before_cursor_execute", note)
    return Day(seconds, statements, sorted(clients / visited.total() for clients in visited.values()))


def _bare(url: str, overdue: int) -> float:
    """Time what PostgreSQL needs for the same rows: each overdue invoice once, each contract's two watermarks.

    It is taken back, so that the next measure finds the amounts that it expects; its dead rows are vacuumed.
    """
    with psycopg.connect(url) as connection:
        started = time.perf_counter()
        connection.execute(
            "UPDATE requests SET overdue_run_id = gen_random_uuid(), overdue_through = overdue_through + 1"
        )
        changed = connection.execute("UPDATE invoices SET mora_cents = mora_cents + 1 WHERE status = 'UNPAID'").rowcount
        connection.execute(
            "UPDATE requests SET mora_run_id = gen_random_uuid(), mora_through = mora_through + 1,"
            " total_value_open = total_value_open + 6, total_value_overdue = total_value_overdue + 6,"
            " metrics_updated_at = now()"
        )
        seconds = time.perf_counter() - started
        assert changed == overdue
        connection.rollback()
    return seconds


@contextmanager
def _written(url: str) -> Iterator[list[int]]:
    """Count the invoices that were written while the block ran: the versions of rows that no earlier one made."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    result = [0]
    yield result
    with psycopg.connect(url) as connection:
        counted = connection.execute(
            "SELECT count(*) FROM invoices WHERE xmin::text::bigint > %s", (found[0] if found else 0,)
        ).fetchone()
    result[0] = int(counted[0]) if counted else 0


def _paying(engine: Engine, url: str, day: date, workers: int) -> None:
    """Take payments one after the other, in a process of their own, while a day's cycles run; print how long they took.

    What they take without the cycles is printed beside it: the rest is the machine.
    """
    processes = multiprocessing.get_context("spawn")
    for name, is_running in (("payments alone", False), ("with the cycles", True)):
        is_over, ready, taken = processes.Event(), processes.Event(), processes.Queue()
        cashier = processes.Process(target=_pay, args=(url, day, ready, is_over, taken))
        cashier.start()
        ready.wait()
        started = time.perf_counter()
        if is_running:
            _day(engine, day, workers)
        else:
            time.sleep(3)
        seconds = time.perf_counter() - started
        is_over.set()
        ordered = sorted(taken.get())
        cashier.join()
        middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        print(
            f"{name:15}{seconds:7.2f} s  {len(ordered):,} payments, p50 {middle * 1000:.0f} ms,"
            f" p99 {late * 1000:.0f} ms"
        )


def _pay(url: str, day: date, ready: Event, is_over: Event, taken: "Queue[list[float]]") -> None:
    bind(make_engine(url, pool_size=1, statement_timeout_ms=60_000))
    moment = clock.on(day, 9)
    with Session() as session:
        request_ids: list[UUID] = list(session.scalars(text("SELECT id FROM requests ORDER BY random() LIMIT 5000")))
    seconds = list[float]()
    for request_id in request_ids:
        if is_over.is_set():
            break
        order = RegisterPayment(
            payment_id=uuid4(), request_id=request_id, amount=Money(1000), method=PaymentMethod.PIX,
            received_on=day, note="",
        )  # fmt: skip
        started = time.perf_counter()
        register_payment(TERMINAL, moment, order)
        seconds.append(time.perf_counter() - started)
        # The first one opens the connection.
        ready.set()
        time.sleep(PAUSE_BETWEEN_PAYMENTS_SECONDS)
    taken.put(seconds[1:])


def _vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
