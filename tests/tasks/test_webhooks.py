"""Webhooks as recorded from a real server: what is believed, what is kept, what it means."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from domain.delivery import AckReceived, ConnectionChanged, Fact, Nothing, TextReceived, TextSent
from loanapp.evolution.webhooks import TOKEN_HEADER, Webhook, interpret, is_authentic, parse

RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data/evolution_v237_recorded.json").read_text()
)["webhooks"]
SECRET = "tests-only-webhook-secret-0123456789ab"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = "3EB0AD7EF955F15085BDCF"
FAILED_KEY = "3EB0C902BC297EDF46A002"
OPT_OUT = TextReceived(sender="5511987654321@s.whatsapp.net", text="SAIR")
RECIPIENT = "5511987654321@s.whatsapp.net"


def a_token(secret: str = SECRET, *, expired_for: timedelta = timedelta(minutes=-10), **claims: object) -> str:
    content = {
        "iat": int(NOW.timestamp()),
        "exp": int((NOW - expired_for).timestamp()),
        "app": "evolution",
        "action": "webhook",
        **claims,
    }
    return "Bearer " + jwt.encode(content, secret, algorithm="HS256")


@pytest.mark.parametrize(
    "headers",
    [
        {TOKEN_HEADER: SECRET},
        {"Authorization": a_token()},
        {TOKEN_HEADER: SECRET, "Authorization": a_token()},
        # Late retries carry the token of the first try.
        {"Authorization": a_token(expired_for=timedelta(minutes=29))},
    ],
)
def test_who_knows_the_secret_is_believed(headers: dict[str, str]) -> None:
    assert is_authentic(headers, SECRET, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: SECRET[:-1]},
        {TOKEN_HEADER: "não é o segredo"},
        {"Authorization": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": a_token("another secret of more than 32 bytes")},
        {"Authorization": a_token(expired_for=timedelta(minutes=31))},
        {"Authorization": a_token(app="another")},
        {"Authorization": a_token(action="another")},
        {"Authorization": a_token(exp=None)},
        {"Authorization": "Bearer " + jwt.encode({"exp": 9e9}, "", algorithm="none")},
        {TOKEN_HEADER: SECRET, "Authorization": a_token(expired_for=timedelta(hours=2))},
        {TOKEN_HEADER: "wrong", "Authorization": a_token()},
    ],
)
def test_who_does_not_is_a_stranger(headers: dict[str, str]) -> None:
    assert not is_authentic(headers, SECRET, NOW)


@pytest.mark.parametrize(
    ("place", "key", "fact"),
    [
        (0, "bail:connection.update:", ConnectionChanged(state="connecting", status_code=200)),
        (2, "bail:connection.update:", ConnectionChanged(state="open", status_code=200)),
        (3, f"bail:send.message:{KEY}", TextSent(key=KEY, recipient=RECIPIENT, text="Olá")),
        (4, f"bail:messages.update:{KEY}:SERVER_ACK", AckReceived(key=KEY, ack="SERVER_ACK")),
        (5, f"bail:messages.update:{KEY}:DELIVERY_ACK", AckReceived(key=KEY, ack="DELIVERY_ACK")),
        (6, f"bail:messages.update:{KEY}:READ", AckReceived(key=KEY, ack="READ")),
        (7, f"bail:messages.update:{FAILED_KEY}:ERROR", AckReceived(key=FAILED_KEY, ack="ERROR")),
        (8, "bail:messages.upsert:3AFAKEINCOMING0001", TextReceived(sender=RECIPIENT, text="PARAR")),
        (11, "bail:connection.update:", ConnectionChanged(state="close", status_code=401)),
    ],
)
def test_a_recorded_webhook_has_its_key_and_its_meaning(place: int, key: str, fact: Fact) -> None:
    webhook = parse(json.dumps(RECORDED[place]).encode())
    assert webhook is not None
    assert webhook.dedupe_key == key
    assert webhook.is_state == (webhook.event == "connection.update")
    assert interpret(webhook.event, webhook.payload) == fact


@pytest.mark.parametrize("place", [1, 9, 10])
def test_a_recorded_webhook_that_asks_for_nothing_is_dropped(place: int) -> None:
    assert parse(json.dumps(RECORDED[place]).encode()) is None


@pytest.mark.parametrize(
    "body", [b"", b"nothing", b"[]", b"7", b'{"event":"messages.update"}', b"[" * 100_000, b'\xff\xfe{"a":1}']
)
def test_what_is_malformed_is_dropped(body: bytes) -> None:
    assert parse(body) is None


def test_secrets_and_what_cannot_be_stored_are_taken_out() -> None:
    body = {
        "event": "messages.upsert",
        "instance": "bail",
        "apikey": "the instance's token",
        "data": {"key": {"id": "A", "fromMe": False}, "message": {"conversation": "a\x00b\ud800c"}},
    }
    assert parse(json.dumps(body).encode()) == Webhook(
        instance="bail",
        event="messages.upsert",
        dedupe_key="bail:messages.upsert:A",
        payload={
            "event": "messages.upsert",
            "instance": "bail",
            "data": {"key": {"id": "A", "fromMe": False}, "message": {"conversation": "ab?c"}},
        },
    )


@pytest.mark.parametrize(
    ("key", "message", "fact"),
    [
        ({"remoteJid": "1@lid", "remoteJidAlt": RECIPIENT}, {"conversation": "SAIR"}, OPT_OUT),
        ({"remoteJid": RECIPIENT}, {"extendedTextMessage": {"text": "SAIR"}}, OPT_OUT),
        ({"remoteJid": RECIPIENT}, {"imageMessage": {}}, TextReceived(sender=RECIPIENT, text="")),
        ({"remoteJid": "1@lid"}, {"conversation": "SAIR"}, Nothing()),
        ({"remoteJid": "123-456@g.us"}, {"conversation": "SAIR"}, Nothing()),
        ({"remoteJid": RECIPIENT, "fromMe": True}, {"conversation": "SAIR"}, Nothing()),
    ],
)
def test_a_reply_is_understood_in_each_of_its_shapes(
    key: dict[str, object], message: dict[str, object], fact: Fact
) -> None:
    assert interpret("messages.upsert", {"data": {"key": {"fromMe": False, **key}, "message": message}}) == fact


@pytest.mark.parametrize("data", [None, {}, [], {"keyId": 7, "status": "READ"}, {"keyId": "A"}])
def test_an_unexpected_shape_means_nothing(data: object) -> None:
    assert interpret("messages.update", {"data": data}) == Nothing()
