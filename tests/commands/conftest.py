"""How a test calls `loanapp`: in this process, on the test's database, at an instant of its own."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from loanapp import cli
from loanapp.models.base import bind
from loanapp.settings import Settings
from tests.build.terminal import Command, Ended


@pytest.fixture
def loanapp(
    database: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Give what runs `loanapp` with arguments; afterwards `Session` is the test's own again."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["loanapp", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            bind(database)
        captured = capsys.readouterr()
        return Ended(status, captured.out, captured.err)

    return run


@pytest.fixture
def today(database: Engine, change_settings: Callable[..., Settings]) -> Callable[[str], None]:  # noqa: ARG001 - first.
    """Give what lets the commands of a test happen at noon of a day, on an empty database."""

    def begin(day: str) -> None:
        change_settings(LOANAPP_SANDBOX="1", LOANAPP_CLOCK=f"{day}T12:00 x1", LOANAPP_CLOCK_ANCHOR=str(time.time()))

    return begin
