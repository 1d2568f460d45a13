"""What every test may ask for: real PostgreSQL and Valkey, settings of its own, and a network that ends at loopback.

The servers start when a first test asks, once per run, and are shared by all workers of pytest-xdist; each worker has
a database of its own, copied from a template that alembic built.  A test commits like the product does; what it wrote
is taken away afterwards, history that refuses deletion included.
"""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import Engine, NullPool, create_engine, make_url
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from loanapp import settings as settings_module
from loanapp.commands import servers
from loanapp.commands.schema import migrate
from loanapp.models.base import Session, bind
from loanapp.settings import Settings
from tests.cleaning import clean, prepare_cleaning

TEMPLATE = "loanapp"
# Folders whose tests share what is slow to start.
ONE_WORKER_EACH = ("tests/browser/", "tests/attacks/")
# Held to the end: a process that nobody holds and nobody has waited for makes Python warn.
_started: list[servers.Server] = []
NO_DATABASE = "postgresql://nobody@/no_database?host=/nonexistent"
ENVIRONMENT = {
    "DATABASE_URL": NO_DATABASE,
    "REDIS_URL": "unix:///nonexistent/valkey.sock",
    "LOANAPP_SECRET_KEY": "tests-only-secret-key-0123456789abcdef",
    "LOANAPP_DATA_KEY": "tests-only-data-key-0123456789abcdefgh",
    "PORT": "8000",
    "PUBLIC_URL": "",
    "PROXY_HOPS": "0",
    "EVOLUTION_URL": "http://127.0.0.1:9",
    "EVOLUTION_KEY": "tests-only-evolution-key",
    "EVOLUTION_INSTANCE": "loanapp",
    "EVOLUTION_WEBHOOK_SECRET": "tests-only-webhook-secret-0123456789ab",
    "LOANAPP_SANDBOX": "",
    "LOANAPP_CLOCK": "",
    "LOANAPP_CLOCK_ANCHOR": "",
}


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of this run's servers; the workers of pytest-xdist inherit it by the environment."""
    if not hasattr(config, "workerinput"):
        _stop_servers_of_dead_runs()
        os.environ["LOANAPP_TEST_RUN"] = str(_runs_folder() / str(os.getpid()))


class ByFile(LoadScopeScheduling):
    """Gives a file's tests to one worker, and all of a folder's where they share one product or server.

    The marks of `--dist loadgroup` write into the test's id, which pytest 9.2 no longer lets them do: they did nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return next((folder for folder in ONE_WORKER_EACH if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Share the tests out by file."""
    return ByFile(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the run started; a worker only lets go of it, since others may still use it."""
    for server in _started:
        server.process.returncode = 0 if hasattr(config, "workerinput") else None
    if not hasattr(config, "workerinput"):
        _stop_servers(Path(os.environ["LOANAPP_TEST_RUN"]))


def _runs_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"loanapp-tests-{os.geteuid()}"


def _stop_servers_of_dead_runs() -> None:
    for folder in _runs_folder().glob("*"):
        try:
            os.kill(int(folder.name), 0)
        except ProcessLookupError:
            _stop_servers(folder)


def _stop_servers(folder: Path) -> None:
    """End a run's servers by the process ids they left in its folder, without ceremony: their data is thrown away."""
    for pid_file, stop_signal in (("postgres/postmaster.pid", signal.SIGQUIT), ("valkey.pid", signal.SIGTERM)):
        with suppress(FileNotFoundError, IndexError, ProcessLookupError):
            os.kill(int((folder / pid_file).read_text().splitlines()[0]), stop_signal)
    for server in _started:
        server.process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """Give the folder of this run's servers."""
    return Path(os.environ["LOANAPP_TEST_RUN"])


@pytest.fixture(scope="session")
def database_address(run_folder: Path, worker_id: str) -> str:
    """Give the address of this worker's own empty database, built by alembic."""
    run_folder.mkdir(parents=True, exist_ok=True)
    with (run_folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (run_folder / "template-ready").exists():
            _started.append(servers.start_postgres(run_folder, is_durable=False, dies_with_us=False))
            migrate(servers.database_url(run_folder, TEMPLATE))
            with psycopg.connect(servers.database_url(run_folder, TEMPLATE)) as connection:
                prepare_cleaning(connection)
            (run_folder / "template-ready").touch()
        name = f"test_{worker_id}"
        with closing(psycopg.connect(servers.database_url(run_folder, "postgres"), autocommit=True)) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return servers.database_url(run_folder, name)


@pytest.fixture(scope="session")
def database_engine(database_address: str) -> Iterator[Engine]:
    """Give the engine of this worker's database, made once."""
    url = database_address.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        url, pool_size=16, max_overflow=0, connect_args={"options": "-c statement_timeout=60000 -c timezone=UTC"}
    )
    yield engine
    engine.dispose()


@pytest.fixture
def database(database_engine: Engine, change_settings: Callable[..., Settings]) -> Iterator[Engine]:
    """Give an empty database, bound to `Session`: real connections and commits, and nothing left of it afterwards."""
    change_settings(DATABASE_URL=database_engine.url.render_as_string(hide_password=False))
    clean(database_engine)
    bind(database_engine)
    yield database_engine
    Session.configure(bind=None)


@pytest.fixture
def clean_database(database: Engine) -> Callable[[], None]:
    """Give what empties the database in the middle of a test, for the many books of one Hypothesis property."""
    return lambda: clean(database)


@pytest.fixture
def scratch_database(database_address: str) -> Iterator[Engine]:
    """Give an engine of a database with no tables at all, for tests of migrations."""
    own = make_url(database_address).set(drivername="postgresql+psycopg")
    name = f"scratch_{own.database}"
    with closing(psycopg.connect(database_address, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        engine = create_engine(own.set(database=name), poolclass=NullPool)
        yield engine
        engine.dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def valkey_address(run_folder: Path) -> str:
    """Give the address of this run's Valkey."""
    run_folder.mkdir(parents=True, exist_ok=True)
    with (run_folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (run_folder / "valkey.pid").exists():
            _started.append(servers.start_valkey(run_folder, dies_with_us=False))
            (run_folder / "valkey.pid").write_text(str(_started[-1].process.pid))
    return servers.redis_url(run_folder)


@pytest.fixture
def valkey(valkey_address: str, worker_id: str, change_settings: Callable[..., Settings]) -> Iterator[redis.Redis]:
    """Give an empty Valkey database of this worker, which REDIS_URL names."""
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    address = f"{valkey_address}?db={number}"
    change_settings(REDIS_URL=address)
    with redis.Redis.from_url(address) as client:
        client.flushdb()
        yield client


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Give the name of this worker: pytest-xdist's, or `master` without it."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture(autouse=True)
def change_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Settings]]:
    """Give each test settings of its own, and what changes some of them: `change_settings(PORT="8100")`."""

    def change(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings_module.current.cache_clear()
        return settings_module.current()

    defaults: Mapping[str, str] = {**ENVIRONMENT, "LOANAPP_DATA_DIR": str(_runs_folder() / "data")}
    change(**defaults)
    yield change
    settings_module.current.cache_clear()


@pytest.fixture(autouse=True)
def no_foreign_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine: a test that needs the world is no test of ours."""
    connect = socket.socket.connect

    def connect_at_home(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert isinstance(address, tuple)
            assert address[0] in ("127.0.0.1", "::1", "localhost"), f"a test reached for {address[0]}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_at_home)
