"""Bells, beat and sweeper: what is rung for whom, over a real Valkey, and that nothing breaks when nobody hears."""

import json
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import redis
from celery.schedules import crontab

from domain.permissions import SYSTEM
from loanapp import doorbell
from loanapp.services import delivery
from loanapp.settings import Settings
from tasks import beat
from tasks.sweeper import sweep_once
from tests.build.book import Book, an_id, at, rows
from tests.build.texts import INSTANCE, LEASE, MORNING, a_queued_charge, change_rows, claimed, statuses
from tests.services.test_renegotiations import an_offer, an_overdue_loan, drafted


def bells(valkey: redis.Redis, queue: str) -> list[tuple[str, list[str]]]:
    """Return (task, arguments) of every bell in a queue, the newest first."""
    found = [json.loads(raw) for raw in valkey.lrange(queue, 0, -1)]
    return [(bell["headers"]["task"], bell["headers"]["argsrepr"]) for bell in found]


@pytest.mark.parametrize(
    ("queue", "task"),
    [
        ("whatsapp-messages", "tasks.messages.drain"),
        ("inbound", "tasks.inbound.apply"),
        ("cycles", "tasks.cycles.run"),
    ],
)
def test_a_bell_carries_one_id_to_the_task_of_its_table(valkey: redis.Redis, queue: str, task: str) -> None:
    doorbell.ring(queue, "an-id")
    assert bells(valkey, queue) == [(task, "['an-id']")]


def test_a_broker_that_is_away_costs_a_moment_and_no_error(change_settings: Callable[..., Settings]) -> None:
    change_settings(REDIS_URL="redis://127.0.0.1:9/0")
    began = time.monotonic()
    doorbell.ring("whatsapp-messages", "an-id")
    assert time.monotonic() - began < 2.5


def test_the_address_of_a_unix_socket_is_spelled_as_celery_does() -> None:
    assert doorbell.broker_url("unix:///run/valkey.sock?db=3") == "redis+socket:///run/valkey.sock?virtual_host=3"
    assert doorbell.broker_url("redis://127.0.0.1:6379/0") == "redis://127.0.0.1:6379/0"


@pytest.mark.usefixtures("database")
def test_the_sweeper_rings_for_what_is_due_and_once_for_all_texts(valkey: redis.Redis) -> None:
    book = Book.opened()
    a_queued_charge(book)
    message_id = rows("SELECT id FROM messages")[0][0]

    sweep_once(MORNING)

    assert bells(valkey, "whatsapp-messages") == [("tasks.messages.drain", f"['{message_id}']")]
    assert bells(valkey, "inbound") == []


@pytest.mark.usefixtures("database", "valkey")
def test_the_sweeper_gives_up_a_text_whose_sender_never_came_back() -> None:
    a_queued_charge(Book.opened())
    claimed()
    holder = an_id()
    late = type(MORNING)(MORNING.now + LEASE * 2, MORNING.business_date)

    sweep_once(late)

    assert statuses() == [("UNKNOWN", "LEASE_OVER")]
    order = delivery.TakeLease(instance=INSTANCE, holder=holder, lease=LEASE)
    assert delivery.take_lease(SYSTEM, late, order).is_mine


@pytest.mark.usefixtures("database", "valkey")
def test_the_sweeper_expires_the_offers_whose_validity_is_over() -> None:
    book = Book.opened()
    loan = an_overdue_loan(book)
    for valid_through in ("2026-03-20", "2026-03-19", "2026-03-23"):
        drafted(book.manager, loan, an_offer(valid_through=valid_through))

    sweep_once(at("2026-03-21"))

    assert rows("SELECT status FROM renegotiations ORDER BY number") == [("EXPIRED",), ("EXPIRED",), ("DRAFT",)]


@pytest.mark.usefixtures("database", "valkey")
def test_an_offer_to_a_person_who_was_taken_out_holds_nothing_up() -> None:
    book = Book.opened()
    gone, other = an_overdue_loan(book), an_overdue_loan(book)
    drafted(book.manager, gone)
    drafted(book.manager, other)
    change_rows("UPDATE clients SET anonymised_on = '2026-03-21' WHERE number = (SELECT min(number) FROM clients)")

    sweep_once(at("2026-03-21"))

    assert rows("SELECT status FROM renegotiations ORDER BY number") == [("DRAFT",), ("EXPIRED",)]


def test_the_cycles_are_rung_at_their_hours_of_sao_paulo() -> None:
    table = beat.schedule(is_clock_set=False)
    assert {name: entry["schedule"] for name, entry in table.items() if name != "sweep"} == {
        "overdue": crontab(hour="5", minute="0"),
        "mora": crontab(hour="5", minute="1"),
        "charge": crontab(hour="6", minute="0", day_of_week="mon-fri"),
    }
    assert {entry["task"] for name, entry in table.items() if name != "sweep"} == {"tasks.cycles.open_due"}
    assert table["sweep"]["schedule"].run_every.total_seconds() == 30


def test_with_a_sandbox_clock_the_sweeper_alone_rings_once_a_second() -> None:
    table = beat.schedule(is_clock_set=True)
    assert set(table) == {"sweep"}
    assert table["sweep"]["schedule"].run_every.total_seconds() == 1


def test_the_worker_is_configured_as_a_doorbell_and_never_loads_the_screens() -> None:
    question = """
import json, sys
from tasks.app import app
from loanapp import doorbell
from loanapp.services import _use_case
app.loader.import_default_modules()
print(json.dumps({
    "reflex": "reflex" in sys.modules,
    "tasks": sorted(name for name in app.tasks if name.startswith("tasks.")),
    "queues": sorted(queue.name for queue in app.conf.task_queues),
    "late": app.conf.task_acks_late, "prefetch": app.conf.worker_prefetch_multiplier,
    "ignored": app.conf.task_ignore_result, "zone": app.conf.timezone, "limit": app.conf.task_time_limit,
    "retries": sorted({task.max_retries for name, task in app.tasks.items() if getattr(task, "autoretry_for", ())}),
    "bell": _use_case._bell is doorbell.ring,
}))
"""
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == {
        "reflex": False,
        "tasks": [
            "tasks.cycles.open_due",
            "tasks.cycles.run",
            "tasks.inbound.apply",
            "tasks.messages.drain",
            "tasks.proofs.prove",
            "tasks.sweeper.sweep",
        ],
        "queues": ["cycles", "inbound", "proofs", "whatsapp-messages"],
        "late": False,
        "prefetch": 1,
        "ignored": True,
        "zone": "America/Sao_Paulo",
        "limit": 1200,
        "retries": [],
        "bell": True,
    }
