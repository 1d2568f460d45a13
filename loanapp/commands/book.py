"""What the commands that work on the book share: dates as typed, JSON as printed, progress, and fast bulk commits."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import click
from sqlalchemy import create_engine

from domain.calendar import FIRST_YEAR, LAST_YEAR
from loanapp.models.base import Session, bind
from loanapp.settings import Settings


class IsoDate(click.ParamType[date]):
    """A date as `2026-11-23`."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date, or fail with what is wrong."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is no date: write it as 2026-11-23.", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(f"'{value}' is out of range: give a date from {FIRST_YEAR} to {LAST_YEAR}.", param, ctx)
        return day


DATE = IsoDate()
# What PostgreSQL can hold as a number of a record.
NUMBER = click.IntRange(0, 2**63 - 1)


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON can hold.
    """Print one JSON document on one line."""
    click.echo(json.dumps(document, ensure_ascii=False))


@contextmanager
def progress_bar(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Give what moves a progress bar, shown on a terminal only."""
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield bar.update


@contextmanager
def deferring_commits(settings: Settings) -> Iterator[None]:
    """Bind `Session` to one connection whose commits don't wait for the disk, and wait for all of them at the end.

    For books that are made anew: after a crash of the database the block's last commits may be missing, never torn.
    """
    usual = Session.kw["bind"]
    options = "-c statement_timeout=60000 -c timezone=UTC -c synchronous_commit=off"
    address = settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, pool_size=1, max_overflow=0, connect_args={"options": options})
    bind(engine)
    try:
        yield
    finally:
        engine.dispose()
        bind(usual)
        # A commit that waits makes every earlier one durable too.
        with usual.begin() as connection:
            connection.exec_driver_sql("SELECT pg_current_xact_id()")
