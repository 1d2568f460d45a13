"""The sender against the sandbox over real HTTP: a text's whole way, and every way in which it goes wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from domain.permissions import SYSTEM
from loanapp.clock import Moment
from loanapp.clock import at as moment_at
from loanapp.evolution.client import EvolutionClient
from loanapp.evolution.sandbox.hooks import Pace
from loanapp.evolution.sandbox.server import make_app
from loanapp.queries import inbound
from loanapp.settings import Settings
from loanapp.web import evolution
from tasks.inbound import apply_one
from tasks.messages import Sender
from tests.build.book import Book, rows, run_cycles
from tests.build.serving import eventually, serving
from tests.build.texts import DUE, MORNING, REMINDED, a_debtor, a_queued_charge, change_rows, moves, statuses

pytestmark = pytest.mark.usefixtures("database")
QUICK = Pace(before_ack=0.01, before_read=0.02, before_retry=0.05, delayed_answer=0.2, lost_answer=1.5)
PHONE = "5511987654321"


@dataclass
class World:
    """The sandbox, our own route for its webhooks, and a clock that only sleeping moves."""

    address: str
    settings: Settings
    moment: Moment = MORNING
    read_seconds: float = 30.0
    slept: list[float] = field(default_factory=list)

    def drain(self, *, speed: float = 1.0) -> int:
        with EvolutionClient(
            url=self.address, key=self.settings.evolution_key, instance="loanapp", read_seconds=self.read_seconds
        ) as provider:
            sender = Sender(
                instance="loanapp",
                provider=provider,
                moment=lambda: self.moment,
                sleep=lambda seconds: self.sleep(seconds, speed),
                jitter=lambda: 0.5,
                speed=speed,
            )
            return sender.drain()

    def sleep(self, seconds: float, speed: float = 1.0) -> None:
        self.slept.append(seconds)
        self.moment = moment_at(self.moment.now + timedelta(seconds=seconds * speed))

    def fault(self, mode: str, **where: object) -> None:
        assert httpx.post(f"{self.address}/sandbox/faults", json={"mode": mode, **where}).status_code == 200

    def on_phone(self) -> list[str]:
        """Return what arrived, asked as a program would."""
        answer = httpx.post(
            f"{self.address}/chat/findMessages/loanapp", json={}, headers={"apikey": self.settings.evolution_key}
        ).json()
        return [record["message"]["conversation"] for record in answer["messages"]["records"]]

    def hear(self, count: int) -> list[str]:
        """Wait for so many webhooks, and apply them as the sweeper would."""
        eventually(lambda: rows("SELECT count(*) FROM inbound_events") >= [(count,)])
        stored = rows("SELECT id FROM inbound_events WHERE handled_at IS NULL ORDER BY received_at")
        return [apply_one(event_id, self.moment) for (event_id,) in stored]


@pytest.fixture
def world(change_settings: Callable[..., Settings]) -> Iterator[World]:
    settings = change_settings()
    with serving(Starlette(routes=evolution.routes)) as web:
        sandbox = make_app(settings, webhook_url=f"{web}/webhooks/evolution", pace=QUICK)
        with serving(sandbox) as address:
            yield World(address, settings)


@pytest.fixture
def book() -> Book:
    return Book.opened()


def test_a_reminder_is_queued_sent_delivered_and_read(world: World, book: Book) -> None:
    a_queued_charge(book)

    assert world.drain() == 1

    assert statuses() == [("SENT", "")]
    assert world.on_phone() == [rows("SELECT body FROM messages")[0][0]]
    world.hear(4)
    assert statuses() == [("READ", "")]
    assert [(start, end) for start, end, _ in moves()] == [
        (None, "QUEUED"),
        ("QUEUED", "SENDING"),
        ("SENDING", "SENT"),
        ("SENT", "SENT"),
        ("SENT", "DELIVERED"),
        ("DELIVERED", "READ"),
    ]


def test_running_the_day_again_sends_nothing_again(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.drain()

    run_cycles(REMINDED)

    assert world.drain() == 0
    assert len(world.on_phone()) == 1


def test_texts_leave_one_after_the_other_with_a_pause_between_them(world: World, book: Book) -> None:
    for name in ("Maria das Dores Silva", "João Lima", "Rita Alves"):
        book.a_loan(book.a_client(name), principal="100,00", first_due=DUE)
    run_cycles(REMINDED)

    assert world.drain(speed=10.0) == 3

    # Ten seconds on a clock that runs ten times as fast are one of sleep.
    assert world.slept == [1.0, 1.0]
    assert rows(
        "SELECT DISTINCT extract(epoch FROM sent_at - lag(sent_at) OVER (ORDER BY sent_at))::int FROM messages"
        " ORDER BY 1"
    ) == [(10,), (None,)]


def test_at_most_ten_texts_leave_in_a_task(world: World, book: Book) -> None:
    for _ in range(11):
        book.a_loan(book.a_client(), principal="100,00", first_due=DUE)
    run_cycles(REMINDED)

    assert world.drain() == 10
    assert rows("SELECT status, count(*) FROM messages GROUP BY 1 ORDER BY 1") == [("QUEUED", 1), ("SENT", 10)]


def test_a_text_that_left_without_an_answer_is_found_by_its_webhook_and_never_sent_twice(
    world: World, book: Book
) -> None:
    a_queued_charge(book)
    world.fault("timeout-after-send", next=1)
    world.read_seconds = 0.5

    world.drain()
    assert statuses() == [("UNKNOWN", "")]
    assert world.drain() == 0

    assert world.hear(4)[0] == "APPLIED"
    assert statuses() == [("READ", "")]
    assert len(world.on_phone()) == 1


def test_a_text_that_left_with_an_error_stays_unknown_and_is_never_sent_twice(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.fault("400-but-sent", phone=PHONE)

    world.drain()
    world.sleep(3600)

    assert world.drain() == 0
    assert statuses() == [("UNKNOWN", "")]
    assert len(world.on_phone()) == 1


@pytest.mark.parametrize(
    ("mode", "status", "reason", "flag", "paused"),
    [
        ("exists-false", "FAILED", "NUMBER", "NOT_ON_WHATSAPP", ""),
        ("401", "FAILED", "CONFIG", "", "CONFIG"),
        ("404", "FAILED", "CONFIG", "", "CONFIG"),
    ],
)
def test_a_refusal_is_final(
    world: World, book: Book, mode: str, status: str, reason: str, flag: str, paused: str
) -> None:
    a_queued_charge(book)
    world.fault(mode, phone=PHONE)

    world.drain()

    assert statuses() == [(status, reason)]
    assert rows("SELECT phone_flag FROM clients") == [(flag,)]
    assert rows("SELECT paused_reason FROM whatsapp_instances") == [(paused,)]
    assert world.on_phone() == []
    assert world.drain() == 0


def test_a_closed_socket_keeps_the_text_until_it_is_open_again(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.fault("500-closed", next=1)

    world.drain()
    assert statuses() == [("QUEUED", "")]
    assert rows("SELECT connection_state FROM whatsapp_instances") == [("close",)]

    world.sleep(60)
    eventually(lambda: world.drain() == 1)
    assert rows("SELECT status, attempts FROM messages") == [("SENT", 2)]
    assert len(world.on_phone()) == 1


def test_a_server_that_is_away_is_tried_three_times(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.address = "http://127.0.0.1:9"

    for _ in range(3):
        assert world.drain() == 1
        world.sleep(120)

    assert rows("SELECT status, reason, attempts FROM messages") == [("FAILED", "TRIES_SPENT", 3)]
    assert world.drain() == 0


@pytest.mark.parametrize(
    ("mode", "webhooks", "status"),
    [
        ("delayed", 4, "READ"),
        ("out-of-order", 4, "READ"),
        ("duplicated", 4, "READ"),
        ("error-ack", 2, "FAILED"),
    ],
)
def test_however_the_webhooks_come_the_text_ends_where_it_should(
    world: World, book: Book, mode: str, webhooks: int, status: str
) -> None:
    a_queued_charge(book)
    world.fault(mode, phone=PHONE)

    world.drain()
    world.hear(webhooks)

    assert rows("SELECT status FROM messages") == [(status,)]
    assert rows("SELECT count(*) FROM inbound_events") == [(webhooks,)]


def test_webhooks_with_an_expired_token_are_not_believed(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.fault("expired-jwt", phone=PHONE)

    world.drain()
    eventually(lambda: "READ" in httpx.get(world.address).text)

    assert rows("SELECT count(*) FROM inbound_events") == [(0,)]
    assert statuses() == [("SENT", "")]


def test_sair_on_the_phone_page_ends_the_texts(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.drain()
    world.hear(4)

    answer = httpx.post(f"{world.address}/reply", data={"phone": PHONE, "text": "SAIR"})

    assert answer.status_code == 303
    assert world.hear(5) == ["OPT_OUT"]
    assert rows("SELECT accepts_messages FROM clients") == [(False,)]
    run_cycles("2026-02-12")
    assert rows("SELECT reason FROM messages WHERE status = 'WITHHELD'") == [("OPT_OUT",)]


def test_what_is_due_is_found_without_a_bell(world: World, book: Book) -> None:
    a_queued_charge(book)
    world.drain()
    eventually(lambda: len(inbound.due_events(SYSTEM, moment_at(MORNING.now + timedelta(days=400)), 20)) == 4)
    assert inbound.due_events(SYSTEM, MORNING, 20) == []


def test_two_senders_send_a_text_once(world: World, book: Book) -> None:
    a_debtor(book)
    run_cycles(REMINDED)
    change_rows(
        "INSERT INTO whatsapp_instances (name, connection_state, state_changed_at, paused_reason, lease_holder,"
        " leased_until) VALUES ('loanapp', 'open', now(), '', gen_random_uuid(), '2026-02-11 13:01Z')"
    )

    assert world.drain() == 0

    world.sleep(61)
    assert world.drain() == 1
    assert len(world.on_phone()) == 1
