"""`loanapp up`: the whole product from one command, and its orderly end.

It owns the data folder, starts the servers, brings the schema and the first rows, then runs web, worker, beat and the
sandbox as child processes until it is told to stop.  Children never outlive it: in good order they end in a few
seconds, and where it is killed the kernel ends them.
"""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from loanapp.commands import environment, first_rows, servers
from loanapp.commands.schema import PROJECT, migrate
from loanapp.commands.servers import ServerError
from loanapp.models.base import bind, make_engine
from loanapp.settings import Settings

WORKER_PROCESSES = 3
STOP_SECONDS = 5.0
PAGE_SECONDS = 120.0
# A child that ends is started again, but not for ever: more often than this within five minutes, and all of it ends.
RESTARTS_AT_ONCE = 3
AT_ONCE_SECONDS = 300.0
SIGN_IN_PAGE = "/entrar"


class Stopped(Exception):
    """Somebody asked us to end, by Ctrl-C or a signal."""


@dataclass
class Child:
    """One child process, started again when it ends by itself."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_AT_ONCE + 1))

    def start(self) -> None:
        """Start it in a process group of its own, so that a Ctrl-C reaches us alone and we end it in order."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*servers.dying_with_us(signal.SIGTERM), *self.command],
                cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip

    def watch(self) -> None:
        """Start it again if it has ended; raise `ServerError` when that does not help."""
        if self.process is None or self.process.poll() is None:
            return
        self.ends.append(time.monotonic())
        if len(self.ends) > RESTARTS_AT_ONCE and self.ends[-1] - self.ends[0] < AT_ONCE_SECONDS:
            raise ServerError(f"The {self.name} process keeps ending: the reason is in {self.log}.")
        click.echo(f"The {self.name} process ended ({self.process.returncode}) and is started again.", err=True)
        self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and to what it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


@click.command(short_help="Everything, from one command.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages; else PORT, else 8000.")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded servers and the secrets; else LOANAPP_DATA_DIR, else .data.",
)
@click.option("--demo/--no-demo", default=False, help="Fill an empty book with 40 clients and six months of history.")
def up(port: int | None, data_dir: Path | None, *, demo: bool) -> None:
    """Run web, worker, beat and the WhatsApp sandbox, with an embedded PostgreSQL and Valkey where none is given.

    DATABASE_URL, REDIS_URL and EVOLUTION_URL, when set, are used instead of the embedded servers and the sandbox.
    Ctrl-C ends all of it.
    """
    variables = environment.given()
    if port is not None:
        variables["PORT"] = str(port)
    if data_dir is not None:
        variables["LOANAPP_DATA_DIR"] = str(data_dir)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        _run(variables, is_demo=demo)
    except Stopped:
        click.echo("Stopped.")


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # A second Ctrl-C must not tear the orderly end apart.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _run(variables: dict[str, str], *, is_demo: bool) -> None:
    is_sandbox = "EVOLUTION_URL" not in variables
    if is_sandbox:
        variables |= {"LOANAPP_SANDBOX": "1", "EVOLUTION_URL": f"http://127.0.0.1:{environment.free_port()}"}
    folder = environment.data_folder(variables)
    with ExitStack() as stack:
        stack.enter_context(environment.owning(folder, "up"))
        settings = environment.adopt(environment.completed(variables))
        # After a dirty stop, which leaves its file behind, the old process may need a moment to go.
        environment.require_free_port(settings.port, patience_seconds=10.0 if (folder / "up.env").exists() else 0.0)
        builder = _start_build(stack)
        _start_servers(stack, folder, variables)
        environment.publish(folder, dict(os.environ))
        stack.callback(environment.withdraw, folder)
        _prepare_database(settings)
        # The demo book is made beside the build and the start of the page, which people wait for first.
        book = ThreadPoolExecutor(1).submit(_make_demo) if is_demo else None
        os.environ["REFLEX_WEB_WORKDIR"] = _built_folder(builder)
        children = _children(folder / "logs", is_sandbox=is_sandbox)
        stack.callback(_end, children)
        web, *others = children
        # The page is what people wait for: the others load when it stands, rather than compete with it.
        web.start()
        _wait_for_page(settings, web)
        logins = book.result() if book else ()
        for child in others:
            child.start()
        _tell(settings, logins, folder)
        while True:
            time.sleep(0.5)
            for child in children:
                child.watch()


def _start_build(stack: ExitStack) -> subprocess.Popen[bytes]:
    """Start the build of the front end beside everything else; it ends at once where it was built before."""
    click.echo("Starting; the first time the pages are built, which takes a minute or two.")
    builder = subprocess.Popen(
        [*servers.dying_with_us(signal.SIGKILL), sys.executable, "-m", "loanapp.cli", "web", "--build-only"],
        cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0,
    )  # fmt: skip

    def abandon() -> None:
        if builder.poll() is None:
            os.killpg(builder.pid, signal.SIGKILL)
            builder.wait()

    stack.callback(abandon)
    return builder


def _built_folder(builder: subprocess.Popen[bytes]) -> str:
    folder, _ = builder.communicate()
    if builder.returncode != 0:
        raise ServerError("The pages could not be built, so there is nothing to serve.")
    return folder.decode().strip()


def _start_servers(stack: ExitStack, folder: Path, variables: dict[str, str]) -> None:
    """Start what the environment does not give; they end after the children, in the opposite order."""
    if "DATABASE_URL" not in variables:
        stack.callback(servers.start_postgres(folder).stop)
    if "REDIS_URL" not in variables:
        stack.callback(servers.start_valkey(folder).stop)


def _prepare_database(settings: Settings) -> None:
    """Bring the newest schema and the rows that every installation has."""
    migrate(settings.database_url)
    bind(make_engine(settings.database_url, pool_size=4, statement_timeout_ms=60_000))
    first_rows.ensure_company()


def _make_demo() -> Sequence[str]:
    """Make the demo book where there is none; return the demo logins."""
    from loanapp.commands import demo  # noqa: PLC0415 - only the demo book needs it.

    return demo.make()


def _children(logs: Path, *, is_sandbox: bool) -> list[Child]:
    logs.mkdir(mode=0o700, exist_ok=True)
    python = (sys.executable, "-m")
    celery = (*python, "celery", "-A", "tasks.app")
    commands: dict[str, Sequence[str]] = {
        "web": (*python, "loanapp.cli", "web"),
        "worker": (*celery, "worker", "--concurrency", str(WORKER_PROCESSES), "--loglevel", "info"),
        "beat": (*celery, "beat", "--schedule", str(logs.parent / "beat-schedule"), "--pidfile=", "--loglevel", "info"),
    }
    if is_sandbox:
        commands["sandbox"] = (*python, "loanapp.cli", "sandbox-evolution")
    for name in commands:
        (logs / f"{name}.log").unlink(missing_ok=True)
    return [Child(name, command, logs / f"{name}.log") for name, command in commands.items()]


def _end(children: Sequence[Child]) -> None:
    """End all children together, by force those that take longer than a few seconds."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        if child.process is not None:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def _wait_for_page(settings: Settings, web: Child) -> None:
    deadline = time.monotonic() + PAGE_SECONDS
    while not _page_answers(settings.port):
        if time.monotonic() > deadline:
            raise ServerError(f"The pages did not answer in {PAGE_SECONDS:g} s: see {web.log}.")
        web.watch()
        time.sleep(0.1)


def _page_answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            # The address that we print may be a proxy's; asking with our own name, we get the page or a way to it.
            connection.request("GET", SIGN_IN_PAGE)
            return connection.getresponse().status < http.client.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False


def _tell(settings: Settings, logins: Sequence[str], folder: Path) -> None:
    click.echo(f"\nReady: {settings.public_url}")
    for login in logins:
        click.echo(f"  {login}")
    if settings.sandbox:
        click.echo(f"WhatsApp sandbox (no text leaves this machine): {settings.evolution_url}")
    if settings.clock:
        click.echo(f"Time starts at {settings.clock.label}.")
    click.echo(f"Logs are in {folder / 'logs'}. Ctrl-C ends everything.")
