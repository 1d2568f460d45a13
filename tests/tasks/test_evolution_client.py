"""The adapter against what was recorded from a real Evolution API 2.3.7, and against a network that fails."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from domain.delivery import Accepted, Answer, Config, InvalidNumber, NotSent, Refused, Unknown
from loanapp.evolution.client import EvolutionClient
from loanapp.evolution.payloads import classify
from tests.build.texts import PHONE, RECIPIENT

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/evolution_v237_recorded.json").read_text())
CLASSES: dict[str, type[Answer]] = {
    "fetchInstances_no_key": Config,
    "sendText_unknown_instance_even_with_wrong_key": Config,
    "sendText_wrong_key": Config,
    "create_name_taken": Config,
    "unknown_route": Config,
    "sendText_missing_text_or_v1_payload": Refused,
    "sendText_number_not_string": Refused,
    "sendText_delay_not_integer": Refused,
    "sendText_blank_text": Refused,
    "sendText_bad_json": Refused,
    "sendText_number_not_on_whatsapp": InvalidNumber,
    "sendText_never_connected": NotSent,
    "sendText_socket_closed_number_not_cached": NotSent,
    "sendText_socket_closed_number_cached": NotSent,
    "sendText_baileys_timeout": Unknown,
    "sendText_SENT_but_db_insert_failed": Unknown,
    "sendText_ok": Accepted,
    "sendText_ok_EVOLUTION_channel": Accepted,
    "sendMedia_base64_without_fileName": Unknown,
    "sendMedia_data_uri": Unknown,
    "whatsappNumbers_disconnected": Unknown,
    "whatsappNumbers_never_connected": Unknown,
}
URL = "http://evolution.test"
SEND = f"{URL}/message/sendText/loanapp"
STATE = f"{URL}/instance/connectionState/loanapp"


@pytest.mark.parametrize("name", [name for name, (status, _) in RECORDED["http"].items() if status != 200])
def test_every_recorded_answer_has_its_class(name: str) -> None:
    status, body = RECORDED["http"][name]
    assert type(classify(status, body)) is CLASSES[name]


def test_an_accepted_text_gives_key_and_recipient() -> None:
    assert classify(*RECORDED["http"]["sendText_ok"]) == Accepted(key="3EB0AD7EF955F15085BDCF", recipient=RECIPIENT)


@pytest.mark.parametrize(
    "name",
    [
        "sendText_never_connected",
        "sendText_socket_closed_number_not_cached",
        "sendText_socket_closed_number_cached",
    ],
)
def test_a_closed_socket_asks_to_wait_until_it_is_open(name: str) -> None:
    answer = classify(*RECORDED["http"][name])
    assert isinstance(answer, NotSent)
    assert answer.is_disconnected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, None),
        (201, {"key": {"id": ""}}),
        (400, None),
        (400, {"response": {"message": ["something new"]}}),
        (409, {"response": {"message": "Connection Closed"}}),
        (429, {}),
        (500, {"response": {"message": "something new"}}),
        (502, None),
        (504, "<html>"),
        (302, None),
    ],
)
def test_what_the_table_does_not_name_is_unknown(status: int, body: object) -> None:
    assert isinstance(classify(status, body), Unknown)


def test_a_licence_that_is_missing_is_configuration() -> None:
    assert isinstance(classify(503, {"code": "LICENSE_REQUIRED"}), Config)
    assert isinstance(classify(503, {}), Unknown)


@respx.mock
def test_a_text_is_posted_in_the_server_s_form() -> None:
    route = respx.post(SEND).respond(*RECORDED["http"]["sendText_ok"][:1], json=RECORDED["http"]["sendText_ok"][1])

    with EvolutionClient(url=URL, key="the key", instance="loanapp") as client:
        answer = client.send_text(PHONE, "Olá")

    assert answer == Accepted(key="3EB0AD7EF955F15085BDCF", recipient=RECIPIENT)
    request = route.calls.last.request
    assert json.loads(request.content) == {"number": "5511987654321", "text": "Olá"}
    assert request.headers["apikey"] == "the key"


@pytest.mark.parametrize(
    ("failure", "answer"),
    [
        (httpx.ConnectError("refused"), NotSent(detail="ConnectError")),
        (httpx.ConnectTimeout("slow"), NotSent(detail="ConnectTimeout")),
        (httpx.PoolTimeout("full"), NotSent(detail="PoolTimeout")),
        (httpx.ReadTimeout("slow"), Unknown(detail="ReadTimeout")),
        (httpx.WriteTimeout("slow"), Unknown(detail="WriteTimeout")),
        (httpx.ReadError("reset"), Unknown(detail="ReadError")),
        (httpx.WriteError("reset"), Unknown(detail="WriteError")),
        (httpx.RemoteProtocolError("gone"), Unknown(detail="RemoteProtocolError")),
    ],
)
@respx.mock
def test_a_failing_network_says_only_what_is_sure(failure: Exception, answer: Answer) -> None:
    respx.post(SEND).mock(side_effect=failure)

    with EvolutionClient(url=URL, key="key", instance="loanapp") as client:
        assert client.send_text(PHONE, "Olá") == answer


@respx.mock
def test_a_redirect_is_not_followed() -> None:
    respx.post(SEND).respond(307, headers={"location": f"{URL}/elsewhere"})
    elsewhere = respx.post(f"{URL}/elsewhere").respond(201)

    with EvolutionClient(url=URL, key="key", instance="loanapp") as client:
        assert isinstance(client.send_text(PHONE, "Olá"), Unknown)

    assert not elsewhere.called


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (*RECORDED["http"]["connectionState"], "close"),
        (200, {"instance": {"instanceName": "loanapp", "state": "open"}}, "open"),
        (*RECORDED["http"]["connectionState_after_delete"], ""),
        (*RECORDED["http"]["sendText_wrong_key"], ""),
        (200, None, ""),
    ],
)
@respx.mock
def test_the_socket_s_state_is_read_or_unknown(status: int, body: object, state: str) -> None:
    respx.get(STATE).respond(status, json=body)

    with EvolutionClient(url=URL, key="key", instance="loanapp") as client:
        assert client.connection() == state


@respx.mock
def test_a_server_that_does_not_answer_has_no_state() -> None:
    respx.get(STATE).mock(side_effect=httpx.ConnectError("refused"))

    with EvolutionClient(url=URL, key="key", instance="loanapp") as client:
        assert client.connection() == ""
