"""A real worker process on a real broker: a bell rings, the text leaves, the acks come home."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from starlette.applications import Starlette

from loanapp import doorbell
from loanapp.evolution.sandbox.hooks import Pace
from loanapp.evolution.sandbox.server import make_app
from loanapp.services import _use_case
from loanapp.settings import Settings
from loanapp.web import evolution
from tests.build.book import Book, rows
from tests.build.serving import a_free_port, eventually, serving
from tests.build.texts import a_queued_charge

pytestmark = pytest.mark.usefixtures("database", "valkey")


@pytest.fixture
def worker(change_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Start route, sandbox and worker, all told the same clock: ten in the morning of the reminder's day, and on."""
    port = a_free_port()
    settings = change_settings(
        EVOLUTION_URL=f"http://127.0.0.1:{port}",
        LOANAPP_SANDBOX="1",
        LOANAPP_CLOCK="2026-02-11T10:00 x20",
        LOANAPP_CLOCK_ANCHOR=str(time.time()),
    )
    monkeypatch.setattr(_use_case, "_bell", doorbell.ring)
    celery = [sys.executable, "-m", "celery", "-A", "tasks.app"]
    command = [*celery, "worker", "--concurrency", "2", "--loglevel", "warning"]
    with ExitStack() as stack:
        web = stack.enter_context(serving(Starlette(routes=evolution.routes)))
        pace = Pace(before_ack=0.05, before_read=0.05)
        sandbox = make_app(settings, webhook_url=f"{web}/webhooks/evolution", pace=pace)
        stack.enter_context(serving(sandbox, port=port))
        process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        yield settings
        process.terminate()
        output, _ = process.communicate(timeout=30)
        assert b"Traceback" not in output, output.decode()


def test_a_bell_makes_the_worker_send_and_the_acks_come_home(worker: Settings) -> None:
    a_queued_charge(Book.opened())
    message_id = rows("SELECT id FROM messages")[0][0]

    doorbell.ring("whatsapp-messages", str(message_id))

    eventually(lambda: rows("SELECT status FROM messages") == [("READ",)], seconds=60)
    assert worker.clock is not None
    assert rows("SELECT attempts, sent_at > '2026-02-11 13:00Z', sent_at < '2026-02-11 14:00Z' FROM messages") == [
        (1, True, True)
    ]
    eventually(lambda: rows("SELECT lease_holder FROM whatsapp_instances") == [(None,)])
