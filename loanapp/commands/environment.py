"""Where a terminal command runs: its environment completed, its database at hand.

What the environment and `.env` don't give is taken from the `up` that runs on the same data folder, else made: the
embedded servers' addresses, secrets that are kept in the folder, the sandbox instead of a WhatsApp provider.  `web`,
the workers and beat never come here: they are strict about their environment.
"""

import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO

from dotenv import dotenv_values, load_dotenv

from loanapp import settings as settings_module
from loanapp.commands import servers
from loanapp.commands.schema import migrate
from loanapp.commands.servers import ServerError
from loanapp.models.base import bind, make_engine
from loanapp.settings import SECRETS, Settings

SANDBOX_PORT = 8081
# What `up` decides, and a command beside it must agree with.
SHARED = ("DATABASE_URL", "REDIS_URL", "PORT", "PUBLIC_URL", "EVOLUTION_URL", "EVOLUTION_INSTANCE", "LOANAPP_SANDBOX",
          "LOANAPP_CLOCK", "LOANAPP_CLOCK_ANCHOR", *SECRETS)  # fmt: skip
_WAIT_SECONDS = 30.0


def given() -> dict[str, str]:
    """Return the variables that the environment and `.env` give; an empty one is not given."""
    load_dotenv()
    return {name: value for name, value in os.environ.items() if value}


def data_folder(variables: Mapping[str, str]) -> Path:
    """Return the data folder that the variables name, `.data` here unless they say otherwise."""
    return Path(variables.get("LOANAPP_DATA_DIR") or ".data").resolve()


def completed(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with everything that was not given, made for this data folder."""
    folder = data_folder(variables)
    made = {
        "LOANAPP_DATA_DIR": str(folder),
        "DATABASE_URL": servers.database_url(folder),
        "REDIS_URL": servers.redis_url(folder),
    }
    if "EVOLUTION_URL" not in variables:
        made |= {"LOANAPP_SANDBOX": "1", "EVOLUTION_URL": f"http://127.0.0.1:{SANDBOX_PORT}"}
    if not all(name in variables for name in SECRETS):
        made |= _kept_secrets(folder)
    if "LOANAPP_CLOCK" in variables:
        made["LOANAPP_CLOCK_ANCHOR"] = str(time.time())
    return {**made, **variables}


def adopt(variables: Mapping[str, str]) -> Settings:
    """Make the variables this process's environment, for its children too, and return its settings."""
    os.environ.update(variables)
    settings_module.current.cache_clear()
    return settings_module.current()


def publish(folder: Path, variables: Mapping[str, str]) -> None:
    """Write what `up` decided where the commands beside it find it."""
    _write_privately(folder / "up.env", {name: variables[name] for name in SHARED if name in variables})


def withdraw(folder: Path) -> None:
    """Take back what `publish` wrote: the `up` of this folder ends."""
    (folder / "up.env").unlink(missing_ok=True)


@contextmanager
def owning(folder: Path, owner: str) -> Iterator[None]:
    """Own the data folder and its servers as `up` or `command`; raise `ServerError` while somebody else does."""
    _make_folder(folder)
    with (folder / "lock").open("a+") as lock:
        if not _try_lock(lock):
            raise ServerError(f"The data folder {folder} is in use by {_owner(lock)}: stop it, or choose --data-dir.")
        lock.seek(0)
        lock.truncate()
        lock.write(f"`loanapp {owner}` (process {os.getpid()})")
        lock.flush()
        yield


@contextmanager
def ready() -> Iterator[Settings]:
    """Give a command its settings with `Session` bound to a database that answers, for the time of the block.

    Without DATABASE_URL that is the data folder's PostgreSQL: the one of the `up` that runs, else one started, brought
    to the newest schema and stopped again.
    """
    variables = given()
    if "DATABASE_URL" in variables:
        with _bound(adopt(completed(variables))) as settings:
            yield settings
        return
    folder = data_folder(variables)
    if _is_up(folder):
        _wait_for_answer(folder)
        shared = {name: value for name, value in dotenv_values(folder / "up.env").items() if value}
        with _bound(adopt(completed({**variables, **shared}))) as settings:
            yield settings
        return
    with owning(folder, "command"):
        server = servers.start_postgres(folder)
        try:
            settings = adopt(completed(variables))
            migrate(settings.database_url)
            with _bound(settings):
                yield settings
        finally:
            server.stop()


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def require_free_port(port: int, *, patience_seconds: float = 0.0) -> None:
    """Raise `ServerError` when the port is still taken after the given time."""
    deadline = time.monotonic() + patience_seconds
    while True:
        with closing(socket.socket()) as listener:
            # A connection of the last run that is still closing does not take the port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except PermissionError:
                raise ServerError(f"Port {port} needs the rights of root: choose another with --port.") from None
            except OSError:
                if time.monotonic() >= deadline:
                    raise ServerError(f"Port {port} is taken by another program: choose another with --port.") from None
            else:
                return
        time.sleep(0.2)


@contextmanager
def _bound(settings: Settings) -> Iterator[Settings]:
    # A command works alone and may take its time: one connection, one minute a statement.
    engine = make_engine(settings.database_url, pool_size=4, statement_timeout_ms=60_000)
    bind(engine)
    try:
        yield settings
    finally:
        engine.dispose()


def _is_up(folder: Path) -> bool:
    """Say whether `up` runs on the folder; wait for another command's end, since it takes its servers with it."""
    if not (folder / "lock").exists():
        return False
    deadline = time.monotonic() + _WAIT_SECONDS
    with (folder / "lock").open("r+") as lock:
        while not _try_lock(lock):
            if "loanapp up" in _owner(lock):
                return True
            if time.monotonic() > deadline:
                raise ServerError(f"The data folder {folder} is in use by {_owner(lock)}: try again when it ends.")
            time.sleep(0.1)
    return False


def _wait_for_answer(folder: Path) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not ((folder / "up.env").exists() and servers.answers(folder)):
        if time.monotonic() > deadline:
            raise ServerError(f"`loanapp up` is starting on {folder} and its database does not answer yet: try again.")
        time.sleep(0.2)


def _make_folder(folder: Path) -> None:
    """Make the data folder, its owner's alone; raise `ServerError` when it can't be written to."""
    reason = "it is not writable"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or reason
    if not os.access(folder, os.W_OK | os.X_OK) or not folder.is_dir():
        raise ServerError(
            f"LOANAPP_DATA_DIR is '{folder}', where nothing can be kept ({reason}): choose another folder."
        )


def _try_lock(lock: IO[str]) -> bool:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read() or "another `loanapp`"


def _kept_secrets(folder: Path) -> dict[str, str]:
    path = folder / "secrets.env"
    kept = {name: value for name, value in dotenv_values(path).items() if value} if path.exists() else {}
    missing = {name: secrets.token_hex(32) for name in SECRETS if name not in kept}
    if missing:
        _make_folder(folder)
        kept |= missing
        _write_privately(path, kept)
    return kept


def _write_privately(path: Path, variables: Mapping[str, str]) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in variables.items())
    fresh.replace(path)
