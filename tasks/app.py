"""Composition root of the worker: Celery over Redis, its engine made after the fork, the doorbell connected.

A Celery message is a doorbell and carries one id; the work is a row (architecture.md §9).  So: early acknowledgement,
no results, no retries, no countdowns; what a lost or doubled bell would break is decided by the rows.
"""

import sys
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready
from kombu import Queue

from loanapp import doorbell
from loanapp.logs import mask_logs
from loanapp.models.base import bind, make_engine
from loanapp.services._use_case import connect_bell
from loanapp.settings import Settings, SettingsError, current
from tasks import beat

# A drain sends at most ten texts, each a pause of 15 s and a call of 95 s at most.
HARD_LIMIT_SECONDS = 1200
# The sweeper and a task of the same process never hold more than this many connections.
CONNECTIONS = 2


def make_app(redis_url: str, *, is_clock_set: bool) -> Celery:
    """Make the Celery application for one broker."""
    app = Celery(
        "loanapp", include=["tasks.messages", "tasks.inbound", "tasks.cycles", "tasks.proofs", "tasks.sweeper"]
    )
    app.conf.update(
        broker_url=doorbell.broker_url(redis_url),
        broker_connection_retry_on_startup=True,
        task_queues=[Queue(name) for name in doorbell.TASKS],
        task_default_queue=beat.QUEUE,
        task_routes={task: {"queue": queue} for queue, task in doorbell.TASKS.items()},
        task_acks_late=False,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_time_limit=HARD_LIMIT_SECONDS,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        timezone="America/Sao_Paulo",
        beat_schedule=beat.schedule(is_clock_set=is_clock_set),
    )
    return app


@worker_process_init.connect
def start_process(**_: Any) -> None:  # noqa: ANN401 - Celery's own signature.
    """Bind the database of one worker process, after the fork, never at import."""
    bind(make_engine(current().database_url, pool_size=CONNECTIONS))


@worker_ready.connect
def catch_up(**_: Any) -> None:  # noqa: ANN401 - Celery's own signature.
    """Ask at start-up for whatever was missed while no worker ran, rather than wait for the beat's first sweep."""
    app.send_task(beat.OPEN_DUE, queue=beat.QUEUE, retry=False, expires=beat.SWEEP_SECONDS)


def _settings() -> Settings:
    """Read the settings; where one is missing or wrong, end with the one line that names it, not with a trace."""
    try:
        return current()
    except SettingsError as error:
        sys.exit(f"loanapp: {error}")


mask_logs()
connect_bell(doorbell.ring)
app = make_app(_settings().redis_url, is_clock_set=_settings().clock is not None)
