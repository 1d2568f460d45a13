"""The embedded servers: made once, stopped with their owner, taken back after a crash."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from loanapp.commands import servers

PROJECT = Path(__file__).parents[2]


def _wait_until(is_true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _owner(data_dir: Path) -> subprocess.Popen[bytes]:
    """Start a process that owns the servers of a data folder, and wait until they answer."""
    program = (
        "import pathlib, sys, time; from loanapp.commands import servers;"
        "folder = pathlib.Path(sys.argv[1]);"
        "held = servers.start_postgres(folder), servers.start_valkey(folder); time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program, str(data_dir)], cwd=PROJECT)
    _wait_until(lambda: servers.answers(data_dir))
    return owner


def test_what_was_stored_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    first = servers.start_postgres(tmp_path)
    with psycopg.connect(servers.database_url(tmp_path)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    first.stop()
    second = servers.start_postgres(tmp_path)

    with psycopg.connect(servers.database_url(tmp_path)) as connection:
        found = connection.execute("SELECT number FROM kept").fetchone()
    second.stop()

    assert found == (7,)
    assert not servers.answers(tmp_path)


def test_the_servers_end_when_their_owner_is_killed_and_start_again_after_it(tmp_path: Path) -> None:
    owner = _owner(tmp_path)
    owner.kill()
    owner.wait()
    _wait_until(lambda: not servers.answers(tmp_path))

    again = servers.start_postgres(tmp_path)

    assert servers.answers(tmp_path)
    again.stop()


def test_a_server_that_outlived_its_owner_is_ended_before_the_next_starts(tmp_path: Path) -> None:
    left_over = servers.start_postgres(tmp_path, dies_with_us=False)

    again = servers.start_postgres(tmp_path)

    assert left_over.process.wait(10) == 0
    assert servers.answers(tmp_path)
    again.stop()


def test_a_power_cut_leaves_nothing_that_stops_the_next_start(tmp_path: Path) -> None:
    server = servers.start_postgres(tmp_path)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert (tmp_path / "postgres" / "postmaster.pid").exists()

    again = servers.start_postgres(tmp_path)

    assert servers.answers(tmp_path)
    again.stop()


def test_a_first_start_that_broke_off_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "half-made").touch()

    server = servers.start_postgres(tmp_path)

    assert servers.answers(tmp_path)
    server.stop()


def test_a_long_path_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("folder-with-a-long-name-" * 5)
    sockets = servers.socket_folder(deep)

    server = servers.start_postgres(deep)

    assert sockets.parent != deep
    assert len(os.fsencode(sockets / ".s.PGSQL.5432.lock")) <= 107
    assert servers.answers(deep)
    server.stop()


def test_a_data_folder_closed_to_others_is_good_enough(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    server = servers.start_postgres(closed / "data")

    assert servers.answers(closed / "data")
    assert closed.stat().st_mode & 0o777 == 0o700
    server.stop()


def test_a_server_that_cannot_start_says_where_the_reason_is(tmp_path: Path) -> None:
    servers.start_postgres(tmp_path).stop()
    (tmp_path / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(
        servers.ServerError, match=r"^PostgreSQL ended while starting: its reason is in .*postgres\.log"
    ):
        servers.start_postgres(tmp_path)

    assert "no_such_setting" in (tmp_path / "postgres.log").read_text()


def test_only_the_owner_reaches_the_sockets(tmp_path: Path) -> None:
    valkey = servers.start_valkey(tmp_path)

    assert servers.socket_folder(tmp_path).stat().st_mode & 0o077 == 0
    valkey.stop()
