"""The doorbell: publishes one id to Celery by the task's name, after the commit (architecture.md §9).

Best effort, at most about a second, never raises: the sweeper finds whatever nobody rang for.  It knows tasks only by
name, so that who rings loads no task.
"""

import logging
from functools import cache

from celery import Celery

from loanapp.settings import current

log = logging.getLogger(__name__)

# The queue of a work table, and the task that works on its rows.
TASKS = {
    "whatsapp-messages": "tasks.messages.drain",
    "inbound": "tasks.inbound.apply",
    "cycles": "tasks.cycles.run",
    "proofs": "tasks.proofs.prove",
}
_SECONDS = 1
# A broker that is away is asked once: by default Celery waits for it some seconds, at every commit of a busy morning.
_TRANSPORT = {
    "socket_timeout": _SECONDS,
    "socket_connect_timeout": _SECONDS,
    "retry_on_timeout": False,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}


def broker_url(redis_url: str) -> str:
    """Return the address as Celery spells it: a Unix socket is `redis+socket://`."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


@cache
def _publisher(url: str) -> Celery:
    return Celery("doorbell", broker=url, broker_transport_options=_TRANSPORT, set_as_current=False)


def ring(queue: str, row_id: str) -> None:
    """Ring for a row of a work table; whether anybody hears it is not known."""
    try:
        _publisher(broker_url(current().redis_url)).send_task(
            TASKS[queue], args=[row_id], queue=queue, ignore_result=True, retry=False
        )
    except Exception as error:  # noqa: BLE001 - a failing bell must never look like a failed commit.
        log.warning("The bell of %s did not ring: %s", queue, type(error).__name__)
