"""Where a command runs: what is given is used, what is not given is made, and a folder has one owner."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from loanapp.commands import environment, servers
from loanapp.commands.servers import ServerError
from loanapp.models.base import Session

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a data folder, and an environment that names nothing else."""
    for name in environment.SHARED:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LOANAPP_DATA_DIR", str(tmp_path))
    return tmp_path


def test_secrets_are_made_once_and_are_their_owners_alone(nothing_given: Path) -> None:
    first = environment.completed(environment.given())
    second = environment.completed(environment.given())

    assert {name: first[name] for name in environment.SECRETS} == {name: second[name] for name in environment.SECRETS}
    assert len({first[name] for name in environment.SECRETS}) == 4
    assert (nothing_given / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_is_given_is_used_and_not_kept(nothing_given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANAPP_SECRET_KEY", "given-by-the-environment-0123456789")

    completed = environment.completed(environment.given())

    assert completed["LOANAPP_SECRET_KEY"] == "given-by-the-environment-0123456789"
    assert "given-by-the-environment" not in (nothing_given / "secrets.env").read_text()


@pytest.mark.usefixtures("nothing_given")
def test_without_a_provider_the_sandbox_answers() -> None:
    assert environment.completed(environment.given())["LOANAPP_SANDBOX"] == "1"


@pytest.mark.usefixtures("nothing_given")
def test_with_a_provider_there_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLUTION_URL", "http://evolution:8080")

    assert "LOANAPP_SANDBOX" not in environment.completed(environment.given())


def test_a_command_alone_has_a_database_with_the_newest_schema_for_its_own_time(nothing_given: Path) -> None:
    with environment.ready(), Session() as session:
        tables = session.scalar(text("SELECT count(*) FROM clients"))

    assert tables == 0
    assert not servers.answers(nothing_given)


def test_a_command_beside_up_takes_what_up_decided(nothing_given: Path) -> None:
    with environment.owning(nothing_given, "up"):
        server = servers.start_postgres(nothing_given)
        decided = environment.completed(
            {**environment.given(), "PORT": "8765", "LOANAPP_CLOCK": "2026-11-23T05:55 x60"}
        )
        environment.publish(nothing_given, decided)
        with environment.ready() as settings:
            assert settings.port == 8765
            assert settings.clock is not None
            assert settings.clock.anchor == float(decided["LOANAPP_CLOCK_ANCHOR"])
        server.stop()


def test_a_folder_has_one_owner_and_the_second_is_told_who(nothing_given: Path) -> None:
    with (
        environment.owning(nothing_given, "up"),
        pytest.raises(ServerError, match=rf"in use by `loanapp up` \(process {os.getpid()}\)"),
        environment.owning(nothing_given, "up"),
    ):
        pass


@pytest.mark.usefixtures("nothing_given")
@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"PORT": "abc"}, "loanapp: PORT is 'abc': set it to a whole number from 1 to 65535.\n"),
        ({"PORT": "²"}, "loanapp: PORT is '²': set it to a whole number from 1 to 65535.\n"),
        ({"PUBLIC_URL": "https://example.com/app"}, "loanapp: PUBLIC_URL is 'https://example.com/app': give a host"),
        ({"PUBLIC_URL": "https://example.com:x"}, "loanapp: PUBLIC_URL is 'https://example.com:x': give a host"),
        ({"REDIS_URL": "redis://localhost:x"}, "loanapp: REDIS_URL is no address, look at its host and port:"),
        ({"EVOLUTION_URL": "http://e:x"}, "loanapp: EVOLUTION_URL is no address, look at its host and port:"),
        ({"LOANAPP_DATA_DIR": "/dev/null/x"}, "loanapp: LOANAPP_DATA_DIR is '/dev/null/x', where nothing can be kept"),
        ({"LOANAPP_CLOCK": "noon"}, "loanapp: LOANAPP_CLOCK is 'noon': write an instant and a speed,"),
        ({"LOANAPP_CLOCK": "2026-11-23T05:55 x0"}, "loanapp: LOANAPP_CLOCK is '2026-11-23T05:55 x0': give a year"),
        ({"LOANAPP_CLOCK": "9999-12-31T23:59"}, "loanapp: LOANAPP_CLOCK is '9999-12-31T23:59': give a year"),
        ({"LOANAPP_SECRET_KEY": "short"}, "loanapp: LOANAPP_SECRET_KEY is too short: give it at least 32 bytes,"),
        ({"DATABASE_URL": "mysql://x"}, "loanapp: DATABASE_URL must start with postgresql://"),
        (
            {"DATABASE_URL": "postgresql://x@host:x/x"},
            "loanapp: DATABASE_URL is no address, look at its host and port:",
        ),
        ({"DATABASE_URL": "postgresql://x@h/x?y=z"}, "loanapp: DATABASE_URL is wrong: invalid URI query"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "loanapp: The database does not answer"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_variable_is_one_line_that_names_it(variables: dict[str, str], line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loanapp.cli", "migrate"],
        cwd=PROJECT, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.usefixtures("nothing_given")
def test_the_web_process_makes_up_no_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loanapp.cli", "web"],
        cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("loanapp: DATABASE_URL is missing:")
