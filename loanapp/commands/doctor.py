"""`loanapp doctor`: whether all that the product needs is at hand, and whether any work waits too long."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import click
import httpx
import psycopg
import redis
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from domain.messages import MessageStatus
from loanapp import clock
from loanapp.commands import environment, schema
from loanapp.commands.servers import ServerError
from loanapp.models.base import Session
from loanapp.models.inbound import InboundEvent
from loanapp.models.messages import Message
from loanapp.settings import Settings

# The sweeper rings each 30 s; what is an hour late has been forgotten by all of them.
LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Finding:
    """What one check saw: its subject, whether it is well, and one line about it."""

    subject: str
    is_well: bool
    line: str


@click.command(short_help="Is everything at hand?")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, as_json: bool) -> None:
    """Check settings, database, schema, Redis, Evolution and the oldest waiting work; exit 1 when one is not well."""
    with environment.ready() as settings:
        findings = [Finding("settings", is_well=True, line=f"data folder {settings.data_dir}")]
        findings += [_look(subject, look, settings) for subject, look in _LOOKS.items()]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{'ok ' if finding.is_well else 'BAD'}  {finding.subject:<10} {finding.line}")
    bad = [finding.subject for finding in findings if not finding.is_well]
    if bad:
        raise ServerError(f"Not well: {', '.join(bad)}; the line of each says what to do.")


def _look(subject: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(subject, is_well=True, line=look(settings))
    except (SQLAlchemyError, psycopg.Error, redis.RedisError, httpx.HTTPError, ServerError) as error:
        return Finding(subject, is_well=False, line=(str(error).strip().splitlines() or [type(error).__name__])[0])


def _database(_settings: Settings) -> str:
    with Session() as session:
        return f"PostgreSQL {session.scalar(text('SHOW server_version'))}"


def _schema(settings: Settings) -> str:
    found, newest = schema.version(settings.database_url), schema.newest_version()
    if found != newest:
        raise ServerError(f"The schema is '{found}', the program wants '{newest}': run `loanapp migrate`.")
    return f"version {found}, the newest"


def _redis(settings: Settings) -> str:
    with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2) as client:
        information: dict[str, Any] = client.info("server")
    return f"answers, version {information['redis_version']}"


def _evolution(settings: Settings) -> str:
    answer = httpx.get(settings.evolution_url, timeout=3)
    return f"answers at {settings.evolution_url} with status {answer.status_code}"


def _work(_settings: Settings) -> str:
    """Say how long the oldest due text and webhook have been waiting."""
    now = clock.moment().now
    with Session() as session:
        oldest = [
            session.scalar(select(func.min(Message.available_at)).where(Message.status == MessageStatus.QUEUED)),
            session.scalar(select(func.min(InboundEvent.available_at)).where(InboundEvent.handled_at.is_(None))),
        ]
    waiting = max((now - instant for instant in oldest if instant is not None), default=timedelta())
    if waiting > LATE:
        raise ServerError(f"The oldest due work waits since {now - waiting:%Y-%m-%d %H:%M} UTC: does the worker run?")
    return "nothing waits longer than an hour"


_LOOKS: dict[str, Callable[[Settings], str]] = {
    "database": _database,
    "schema": _schema,
    "redis": _redis,
    "evolution": _evolution,
    "work": _work,
}
