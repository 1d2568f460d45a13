"""The webhook's route over real HTTP: stored once, refused to strangers, bounded, and told again when we fail."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine
from starlette.applications import Starlette

from loanapp.evolution.webhooks import TOKEN_HEADER
from loanapp.models.base import bind
from loanapp.web import evolution
from tests.build.book import rows
from tests.build.serving import serving
from tests.conftest import ENVIRONMENT, NO_DATABASE

pytestmark = pytest.mark.usefixtures("database")
RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data/evolution_v237_recorded.json").read_text()
)["webhooks"]
TRUSTED = {TOKEN_HEADER: ENVIRONMENT["EVOLUTION_WEBHOOK_SECRET"]}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Starlette(routes=evolution.routes)) as url:
        yield f"{url}/webhooks/evolution"


def test_a_webhook_is_stored_and_answered(address: str) -> None:
    response = httpx.post(address, json=RECORDED[4], headers=TRUSTED)

    assert (response.status_code, response.text) == (200, "Stored")
    assert rows("SELECT instance, event, handled_at, payload ? 'apikey' FROM inbound_events") == [
        ("bail", "messages.update", None, False)
    ]


def test_one_delivered_twice_is_one_row(address: str) -> None:
    answers = [httpx.post(address, json=RECORDED[4], headers=TRUSTED).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert rows("SELECT count(*) FROM inbound_events") == [(1,)]


@pytest.mark.parametrize("headers", [{}, {TOKEN_HEADER: "wrong"}, {"Authorization": "Bearer wrong"}])
def test_a_stranger_is_refused(address: str, headers: dict[str, str]) -> None:
    assert httpx.post(address, json=RECORDED[4], headers=headers).status_code == 401
    assert rows("SELECT count(*) FROM inbound_events") == [(0,)]


@pytest.mark.parametrize("body", [b"", b"not json", json.dumps(RECORDED[1]).encode()])
def test_what_is_malformed_or_asks_for_nothing_is_answered_and_dropped(address: str, body: bytes) -> None:
    assert httpx.post(address, content=body, headers=TRUSTED).status_code == 200
    assert rows("SELECT count(*) FROM inbound_events") == [(0,)]


def test_a_body_over_a_million_bytes_is_refused(address: str) -> None:
    assert httpx.post(address, content=b" " * 1_000_001, headers=TRUSTED).status_code == 413


def test_a_database_that_is_away_asks_to_be_told_again(address: str) -> None:
    bind(create_engine(NO_DATABASE.replace("postgresql://", "postgresql+psycopg://")))
    assert httpx.post(address, json=RECORDED[4], headers=TRUSTED).status_code == 500


def test_only_posts_are_taken(address: str) -> None:
    assert httpx.get(address).status_code == 405
