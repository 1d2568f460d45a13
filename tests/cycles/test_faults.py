"""The cycles under fire: real worker processes, real signals, a broker and a database that go away in mid-run.

Whatever happens, the book ends as after an undisturbed run, to the byte of the money tables less instants and run ids.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from celery import Celery
from psycopg import sql

from benchmarks import book
from loanapp import doorbell
from loanapp.commands import servers
from loanapp.commands.schema import migrate
from tasks import beat
from tests.build.serving import eventually
from tests.conftest import ENVIRONMENT

PROJECT = Path(__file__).parents[2]
CLIENTS = 600
DAY = book.BUSINESS_DATE + timedelta(days=1)
# Before the hour of `charge`: what is compared is money, and no text waits for a server that is not there.
CLOCK = f"{DAY.isoformat()}T05:30"
PATIENCE_SECONDS = 120.0
ORIGIN, UNDISTURBED = "loanapp", "undisturbed"
# Columns that tell of when and by which run, and not of money.
LEFT_OUT = {"metrics_updated_at", "overdue_run_id", "mora_run_id", "charge_run_id", "open_cents"}
MONEY_TABLES = ("clients", "requests", "invoices", "payments", "allocations", "adjustments")
# Each chunk takes its time, so that what happens in the middle of one does.
SLOW = """
CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.004); RETURN NEW; END $$;
CREATE TRIGGER take_time BEFORE UPDATE ON requests FOR EACH ROW EXECUTE FUNCTION take_time();
"""


@dataclass
class Site:
    """A data folder with its database server and broker, and the worker processes that are let loose on it."""

    folder: Path
    postgres: servers.Server
    valkey: servers.Server
    database: str = ORIGIN
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a worker of this site is told."""
        return {
            **os.environ, **ENVIRONMENT, "DATABASE_URL": servers.database_url(self.folder, self.database),
            "REDIS_URL": servers.redis_url(self.folder), "LOANAPP_SANDBOX": "1", "LOANAPP_CLOCK": CLOCK,
            "LOANAPP_CLOCK_ANCHOR": str(time.time()), "LOANAPP_DATA_DIR": str(self.folder),
        }  # fmt: skip

    def worker(self, *, processes: int) -> subprocess.Popen[bytes]:
        """Start a worker; it asks at once for whatever is due."""
        command = [sys.executable, "-m", "celery", "-A", "tasks.app", "worker", "--loglevel", "warning"]
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            started = subprocess.Popen(
                [*command, "--concurrency", str(processes), "--hostname", f"{len(self.workers)}@%h"],
                cwd=PROJECT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.workers.append(started)
        return started

    def ring(self) -> None:
        """Ring as the beat does; two beats ring twice."""
        url = doorbell.broker_url(servers.redis_url(self.folder))
        with closing(Celery("beat", broker=url, set_as_current=False)) as app:
            app.send_task(beat.OPEN_DUE, queue=beat.QUEUE, ignore_result=True, retry=False)

    def ask(self, statement: LiteralString, *parameters: object) -> list[tuple[object, ...]]:
        """Return what a statement selects; nothing while the server is away."""
        try:
            with psycopg.connect(servers.database_url(self.folder, self.database)) as connection:
                return connection.execute(statement, parameters).fetchall()
        except psycopg.OperationalError:
            return []

    def visited(self) -> int:
        """How many clients the run in progress has visited."""
        found = self.ask("SELECT clients_done FROM cycle_runs WHERE status = 'RUNNING'")
        return int(str(found[0][0])) if found else 0

    def is_closed(self) -> bool:
        """Whether both cycles of the date were closed for the whole book."""
        closed = "SELECT DISTINCT cycle FROM cycle_runs WHERE status = 'SUCCESS' AND business_date = %s"
        return sorted(self.ask(closed, DAY)) == [("mora",), ("overdue",)]

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and its processes as a machine that loses its power does."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _address(folder: Path) -> str:
    return servers.database_url(folder, "postgres")


def _copy(folder: Path, name: str) -> None:
    with closing(psycopg.connect(_address(folder), autocommit=True)) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(ORIGIN))
        )


def dump(site: Site, database: str) -> list[str]:
    """Return the rows of the money tables, ordered, and how many events each client's chain counts."""
    lines = []
    with psycopg.connect(servers.database_url(site.folder, database)) as connection:
        for table in MONEY_TABLES:
            columns = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY 1", (table,)
            ).fetchall()
            # The head of a client's audit chain hashes the run's id and instant; that it is whole, `verify` shows.
            kept = sorted({str(name) for (name,) in columns} - LEFT_OUT - {"audit_head"})
            statement = sql.SQL("SELECT {} FROM {} ORDER BY id").format(
                sql.SQL(", ").join(map(sql.Identifier, kept)), sql.Identifier(table)
            )
            lines += [f"{table} {row!r}" for row in connection.execute(statement)]
    return lines


def wrong(site: Site) -> list[dict[str, str]]:
    """Return what `loanapp verify` finds to be wrong with plans, sums, charges, states and aggregates.

    The book was filled by COPY: its loans and payments have no events, so the trail has nothing to tell of them.
    """
    answer = subprocess.run(
        [sys.executable, "-m", "loanapp.cli", "verify", "--json"], cwd=PROJECT, env=site.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(answer.stdout.strip().splitlines()[-1])
    assert found["counts"]["clients"] == CLIENTS
    return [each for each in found["differences"] if each["invariant"] not in ("5 requests", "5 payments")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a site whose database holds a large book of yesterday, and a copy closed for today undisturbed."""
    folder = tmp_path_factory.mktemp("faults")
    site = Site(folder, servers.start_postgres(folder, is_durable=False), servers.start_valkey(folder))
    try:
        migrate(servers.database_url(folder))
        book.fill(servers.database_url(folder), clients=CLIENTS)
        with psycopg.connect(servers.database_url(folder)) as connection:
            for cycle in ("overdue", "mora"):
                connection.execute(
                    "INSERT INTO cycle_runs (id, cycle, business_date, replay_number, status, origin, opened_at,"
                    " clients_total, clients_done, examined, changed, failed, late_fee_cents_delta,"
                    " mora_cents_delta, messages_queued, messages_skipped, error) VALUES (gen_random_uuid(), %s,"
                    " %s, 0, 'SUCCESS', 'clock', now(), 0, 0, 0, 0, 0, 0, 0, 0, '{}', '')",
                    (cycle, book.BUSINESS_DATE),
                )
            connection.execute(SLOW)
        _copy(folder, UNDISTURBED)
        site.database = UNDISTURBED
        for cycle in ("overdue", "mora"):
            command = [sys.executable, "-m", "loanapp.cli", "cycle", cycle, "--date", DAY.isoformat(), "--json"]
            subprocess.run(command, cwd=PROJECT, env=site.environment, check=True, capture_output=True)
        yield site
    finally:
        site.valkey.stop()
        site.postgres.stop()


@contextmanager
def a_fresh_book(site: Site, name: str) -> Iterator[None]:
    """Point the site at an untouched copy while the block runs; afterwards no worker is left."""
    _copy(site.folder, name)
    site.database = name
    try:
        yield
    finally:
        for worker in site.workers:
            if worker.poll() is None:
                site.kill(worker)
        site.workers.clear()
        with psycopg.connect(servers.database_url(site.folder)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def in_the_middle(site: Site) -> Callable[[], bool]:
    return lambda: site.visited() > 0


def is_as_if_nothing_had_happened(site: Site) -> None:
    eventually(site.is_closed, seconds=PATIENCE_SECONDS)
    assert dump(site, site.database) == dump(site, UNDISTURBED)
    assert wrong(site) == []


def test_ten_workers_and_two_beats_close_the_date_once(prepared: Site) -> None:
    with a_fresh_book(prepared, "ten_workers"):
        prepared.worker(processes=10)
        prepared.ring()
        prepared.ring()

        is_as_if_nothing_had_happened(prepared)

        assert prepared.ask("SELECT cycle, count(*) FROM cycle_runs WHERE replay_number > 0 GROUP BY cycle") == []
        assert prepared.ask("SELECT count(*) FROM cycle_runs WHERE business_date = %s", DAY) == [(2,)]


def test_a_worker_killed_in_the_middle_of_a_chunk_loses_nothing_and_repeats_nothing(prepared: Site) -> None:
    with a_fresh_book(prepared, "killed"):
        doomed = prepared.worker(processes=2)
        eventually(in_the_middle(prepared), seconds=PATIENCE_SECONDS)
        prepared.kill(doomed)
        assert not prepared.is_closed()

        prepared.worker(processes=2)

        is_as_if_nothing_had_happened(prepared)


def test_a_broker_that_is_wiped_forgets_only_bells(prepared: Site) -> None:
    with a_fresh_book(prepared, "wiped"):
        prepared.worker(processes=2)
        eventually(in_the_middle(prepared), seconds=PATIENCE_SECONDS)
        prepared.valkey.process.kill()
        prepared.valkey.process.wait()
        prepared.valkey = servers.start_valkey(prepared.folder)

        # What the beat does every half minute.
        prepared.ring()

        is_as_if_nothing_had_happened(prepared)


def test_a_database_that_restarts_during_a_run_costs_only_the_open_chunks(prepared: Site) -> None:
    with a_fresh_book(prepared, "restarted"):
        prepared.worker(processes=2)
        eventually(in_the_middle(prepared), seconds=PATIENCE_SECONDS)
        prepared.postgres.stop()
        prepared.postgres = servers.start_postgres(prepared.folder, is_durable=False)

        def is_closed_after_ringing() -> bool:
            prepared.ring()
            time.sleep(1)
            return prepared.is_closed()

        eventually(is_closed_after_ringing, seconds=PATIENCE_SECONDS)
        is_as_if_nothing_had_happened(prepared)
