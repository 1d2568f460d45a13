"""The sandbox held to what was recorded from the real server, and its page to what a visitor may type."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loanapp.evolution.sandbox.hooks import Pace
from loanapp.evolution.sandbox.server import make_app
from loanapp.evolution.sandbox.state import jid_of
from tests.build.serving import serving
from tests.conftest import ENVIRONMENT

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/evolution_v237_recorded.json").read_text())[
    "http"
]
KEY = {"apikey": ENVIRONMENT["EVOLUTION_KEY"]}
PHONE = "5511987654321"
GOOD = {"number": PHONE, "text": "Olá"}


@pytest.fixture
def sandbox(change_settings: Any) -> Iterator[httpx.Client]:
    app = make_app(change_settings(), webhook_url="", pace=Pace(before_ack=0.01, before_read=0.01, lost_answer=0.1))
    with serving(app) as address, httpx.Client(base_url=address, headers=KEY) as client:
        yield client


def shape(value: object) -> object:
    """Return the names and types of a JSON value, without what it says."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__


@pytest.mark.parametrize(
    ("recorded", "body", "mode"),
    [
        ("sendText_missing_text_or_v1_payload", {"number": PHONE}, ""),
        ("sendText_number_not_string", {"number": 5511987654321, "text": "Olá"}, ""),
        ("sendText_blank_text", {"number": PHONE, "text": " "}, ""),
        ("sendText_number_not_on_whatsapp", {"number": "5511900000404", "text": "Olá"}, "exists-false"),
        ("sendText_socket_closed_number_not_cached", GOOD, "500-closed"),
        ("sendText_wrong_key", GOOD, "401"),
        ("sendText_SENT_but_db_insert_failed", GOOD, "400-but-sent"),
    ],
)
def test_a_failing_text_is_answered_as_recorded(
    sandbox: httpx.Client, recorded: str, body: dict[str, object], mode: str
) -> None:
    if mode:
        sandbox.post("/sandbox/faults", json={"mode": mode, "next": 1})
    answer = sandbox.post("/message/sendText/loanapp", json=body)
    assert [answer.status_code, answer.json()] == RECORDED[recorded]


def test_a_body_that_is_no_json_is_answered_as_recorded(sandbox: httpx.Client) -> None:
    answer = sandbox.post("/message/sendText/loanapp", content=b"{nope")
    assert [answer.status_code, answer.json()] == RECORDED["sendText_bad_json"]


def test_an_accepted_text_has_the_recorded_shape(sandbox: httpx.Client) -> None:
    answer = sandbox.post("/message/sendText/loanapp", json=GOOD)
    recorded = {**RECORDED["sendText_ok"][1], "contextInfo": {}}
    assert (answer.status_code, shape(answer.json())) == (201, shape(recorded))
    assert answer.json()["key"]["remoteJid"] == recorded["key"]["remoteJid"]


def test_an_unknown_instance_is_404_even_with_a_wrong_key(sandbox: httpx.Client) -> None:
    answer = sandbox.post("/message/sendText/nope", json=GOOD, headers={"apikey": "wrong"})
    assert [answer.status_code, answer.json()] == RECORDED["sendText_unknown_instance_even_with_wrong_key"]
    answer = sandbox.post("/message/sendText/loanapp", json=GOOD, headers={"apikey": "wrong"})
    assert [answer.status_code, answer.json()] == RECORDED["sendText_wrong_key"]


def test_states_and_numbers_have_the_recorded_shapes(sandbox: httpx.Client) -> None:
    state = sandbox.get("/instance/connectionState/loanapp").json()
    assert state == {"instance": {"instanceName": "loanapp", "state": "open"}}
    sandbox.post("/sandbox/faults", json={"mode": "exists-false", "phone": "5511900000404"})
    numbers = ["5511987654321", "5511900000404", "5531988887777"]
    answer = sandbox.post("/chat/whatsappNumbers/loanapp", json={"numbers": numbers})
    assert [answer.status_code, answer.json()] == RECORDED["whatsappNumbers_ok"]


def test_the_ack_of_a_text_can_be_asked_for(sandbox: httpx.Client) -> None:
    key = sandbox.post("/message/sendText/loanapp", json=GOOD).json()["key"]["id"]
    answer = sandbox.post("/chat/findStatusMessage/loanapp", json={"where": {"id": key}}).json()
    assert [(row["keyId"], row["fromMe"]) for row in answer] == [(key, True)]
    assert sandbox.post("/chat/findStatusMessage/loanapp", json={"where": {"id": "other"}}).json() == []


def test_the_webhook_can_be_set(sandbox: httpx.Client) -> None:
    webhook = {"url": "http://127.0.0.1:9/hook", "headers": {"X-Token": "a", "jwt_key": "b"}}
    assert sandbox.post("/webhook/set/loanapp", json={"webhook": webhook}).status_code == 201
    assert sandbox.get("/webhook/find/loanapp").json()["url"] == "http://127.0.0.1:9/hook"


@pytest.mark.parametrize(
    ("digits", "jid"),
    [
        ("5511987654321", "5511987654321@s.whatsapp.net"),
        ("5531988887777", "553188887777@s.whatsapp.net"),
        ("5531968887777", "5531968887777@s.whatsapp.net"),
        ("551133334444", "551133334444@s.whatsapp.net"),
    ],
)
def test_a_number_takes_whatsapp_s_form(digits: str, jid: str) -> None:
    assert jid_of(digits) == jid


@pytest.mark.parametrize("body", [{"mode": "nope"}, {}, {"mode": "ok", "next": 0}, {"mode": "401", "next": "many"}, []])
def test_a_fault_that_does_not_exist_is_refused(sandbox: httpx.Client, body: object) -> None:
    assert sandbox.post("/sandbox/faults", json=body).status_code == 400


def test_a_fault_of_a_phone_lasts_until_it_is_taken_back(sandbox: httpx.Client) -> None:
    def send() -> int:
        return sandbox.post("/message/sendText/loanapp", json=GOOD).status_code

    sandbox.post("/sandbox/faults", json={"mode": "404", "phone": f"+{PHONE}"})
    assert [send(), send()] == [404, 404]
    sandbox.post("/sandbox/faults", json={"mode": "ok", "phone": PHONE})
    assert send() == 201


class TestPage:
    def test_an_empty_page_says_what_will_happen(self, sandbox: httpx.Client) -> None:
        page = sandbox.get("/")
        assert page.status_code == 200
        assert "Nenhum texto chegou ainda." in page.text
        assert "Nenhum texto sai desta máquina" in page.text

    def test_texts_are_shown_as_text(self, sandbox: httpx.Client) -> None:
        hostile = '<script>alert("x")</script> & <img src=x onerror=alert(1)>'
        sandbox.post("/message/sendText/loanapp", json={"number": PHONE, "text": hostile})

        sandbox.post("/reply", data={"phone": PHONE, "text": "<b>SAIR</b>"})

        page = sandbox.get("/", params={"phone": PHONE}).text
        assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &lt;img src=x onerror=alert(1)&gt;" in page
        assert "&lt;b&gt;SAIR&lt;/b&gt;" in page
        assert page.count("<script>") == 1
        assert "(11) 98765-4321" in page

    def test_the_page_allows_only_its_own_style_and_script(self, sandbox: httpx.Client) -> None:
        policy = sandbox.get("/").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy

    def test_a_phone_that_got_nothing_cannot_answer(self, sandbox: httpx.Client) -> None:
        assert sandbox.post("/reply", data={"phone": "<b>", "text": "SAIR"}).status_code == 404
        assert sandbox.get("/", params={"phone": "<script>"}).text.count("<script>") == 1

    def test_another_site_cannot_answer(self, sandbox: httpx.Client) -> None:
        sandbox.post("/message/sendText/loanapp", json=GOOD)
        foreign = sandbox.post("/reply", data={"phone": PHONE, "text": "SAIR"}, headers={"origin": "https://evil.test"})
        assert foreign.status_code == 403
        own = sandbox.post(
            "/reply", data={"phone": PHONE, "text": "SAIR"}, headers={"origin": str(sandbox.base_url).rstrip("/")}
        )
        assert own.status_code == 303

    def test_an_empty_answer_says_nothing_and_a_long_one_is_cut(self, sandbox: httpx.Client) -> None:
        sandbox.post("/message/sendText/loanapp", json=GOOD)
        sandbox.post("/reply", data={"phone": PHONE, "text": "  "})
        sandbox.post("/reply", data={"phone": PHONE, "text": "a" * 3000})
        records = sandbox.post("/chat/findMessages/loanapp", json={}).json()["messages"]["records"]
        assert [len(record["message"]["conversation"]) for record in records] == [3, 1000]
