"""The sandbox's copy of Evolution API 2.3.7: the routes the product calls, in the recorded shapes (whatsapp.md §3, §5).

Guards run in the real server's order: instance, then key, so that an unknown instance is 404 even with a wrong key.
"""

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.messages import Ack
from loanapp.evolution.sandbox.hooks import Hooks, Pace
from loanapp.evolution.sandbox.state import Bubble, Fault, State, jid_of, new_key

_TITLES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error"}
_FAULTS_MAXIMUM = 1000


@dataclass(frozen=True, kw_only=True)
class Api:
    """The server's routes over its memory."""

    state: State
    hooks: Hooks
    moment: Callable[[], datetime]
    pace: Pace

    def routes(self) -> list[Route]:
        """Return the routes of the API and of the faults."""
        return [
            Route("/message/sendText/{instance}", self.send_text, methods=["POST"]),
            Route("/instance/connectionState/{instance}", self.connection_state),
            Route("/chat/whatsappNumbers/{instance}", self.whatsapp_numbers, methods=["POST"]),
            Route("/chat/findStatusMessage/{instance}", self.find_status, methods=["POST"]),
            Route("/chat/findMessages/{instance}", self.find_messages, methods=["POST"]),
            Route("/webhook/set/{instance}", self.set_webhook, methods=["POST"]),
            Route("/webhook/find/{instance}", self.find_webhook),
            Route("/sandbox/faults", self.ask_fault, methods=["POST"]),
        ]

    async def send_text(self, request: Request) -> Response:
        """Take a text, or misbehave as asked."""
        refusal = self._guard(request)
        if refusal is not None:
            return refusal
        try:
            body = json.loads(await request.body())
        except ValueError:
            message = "Expected property name or '}' in JSON at position 1"
            return _error(400, message, title="Internal Server Error")
        problem = _problem_of(body)
        if problem is not None:
            return _error(400, problem)
        digits, text = body["number"], body["text"]
        fault = self.state.fault_for(digits)
        failure = self._failure(fault, digits)
        if failure is not None:
            return failure
        sent = self._send(digits, text, fault)
        if fault is Fault.DELAYED:
            await asyncio.sleep(self.pace.delayed_answer)
        if fault is Fault.TIMEOUT_AFTER_SEND:
            await asyncio.sleep(self.pace.lost_answer)
        if fault is Fault.SENT_BUT_400:
            text = "PrismaClientKnownRequestError: \nInvalid `this.prismaRepository.message.create()` invocation ..."
            return _error(400, [text])
        return JSONResponse(sent, status_code=201)

    async def connection_state(self, request: Request) -> Response:
        """Tell whether the socket is open."""
        state = "open" if self.state.is_open else "close"
        return self._guard(request) or JSONResponse({"instance": {"instanceName": self.state.instance, "state": state}})

    async def whatsapp_numbers(self, request: Request) -> Response:
        """Tell which numbers are on WhatsApp, and in which form."""
        refusal = self._guard(request)
        if refusal is not None:
            return refusal
        numbers = [str(number) for number in _object(await _json(request)).get("numbers", [])]
        return JSONResponse(
            [
                {
                    "jid": jid_of(number),
                    "exists": self.state.faults_by_phone.get(number) is not Fault.NOT_ON_WHATSAPP,
                    "number": number,
                }
                for number in numbers
            ]
        )

    async def find_status(self, request: Request) -> Response:
        """Return the ack that a text reached."""
        refusal = self._guard(request)
        if refusal is not None:
            return refusal
        key = str(_object(_object(await _json(request)).get("where")).get("id"))
        return JSONResponse(
            [
                {"keyId": key, "remoteJid": jid_of(digits), "fromMe": True, "status": texts[key].ack, "messageId": key}
                for digits in self.state.phones
                if key in (texts := self.state.texts_of(digits))
            ]
        )

    async def find_messages(self, request: Request) -> Response:
        """Return a phone's texts."""
        refusal = self._guard(request)
        if refusal is not None:
            return refusal
        where = _object(_object(await _json(request)).get("where"))
        wanted = _object(where.get("key")).get("remoteJid")
        records = [
            {
                "key": {"id": bubble.key, "fromMe": not bubble.is_from_borrower, "remoteJid": jid_of(digits)},
                "message": {"conversation": bubble.text},
                "messageTimestamp": int(bubble.at.timestamp()),
            }
            for digits, texts in self.state.phones.items()
            if wanted in (None, jid_of(digits))
            for bubble in texts
        ]
        return JSONResponse({"messages": {"total": len(records), "pages": 1, "currentPage": 1, "records": records}})

    async def set_webhook(self, request: Request) -> Response:
        """Set where to tell what happens."""
        refusal = self._guard(request)
        if refusal is not None:
            return refusal
        webhook = _object(_object(await _json(request)).get("webhook"))
        headers = _object(webhook.get("headers"))
        self.state.webhook_url = str(webhook.get("url", ""))
        # The key of the token is the server's own business, never a header.
        self.state.webhook_headers = {str(name): str(value) for name, value in headers.items() if name != "jwt_key"}
        return JSONResponse(self._webhook(), status_code=201)

    async def find_webhook(self, request: Request) -> Response:
        """Return where the sandbox tells what happens."""
        return self._guard(request) or JSONResponse(self._webhook())

    async def ask_fault(self, request: Request) -> Response:
        """Misbehave: `{"mode", "phone"}` for one phone until `ok`, `{"mode", "next": n}` for the next calls."""
        body = _object(await _json(request))
        calls = body.get("next", 1)
        if body.get("mode") not in set(Fault) or not isinstance(calls, int) or not 1 <= calls <= _FAULTS_MAXIMUM:
            return JSONResponse({"modes": list(Fault)}, status_code=400)
        phone = "".join(filter(str.isdigit, str(body.get("phone", ""))))
        self.state.ask_fault(Fault(body["mode"]), phone=phone, calls=calls)
        return JSONResponse({"mode": body["mode"]})

    def _guard(self, request: Request) -> Response | None:
        if request.path_params["instance"] != self.state.instance:
            name = request.path_params["instance"]
            return _error(404, [f'The "{name}" instance does not exist'])
        if not hmac.compare_digest(request.headers.get("apikey", "").encode(), self.state.key.encode()):
            return _error(401, "Unauthorized")
        return None

    def _failure(self, fault: Fault, digits: str) -> Response | None:
        if fault is Fault.CLOSED and self.state.is_open:
            self.state.is_open = False
            self.hooks.connection("connecting")
            asyncio.get_running_loop().call_later(self.pace.before_read, self._open_again)
        if not self.state.is_open:
            return _error(500, "Connection Closed")
        match fault:
            case Fault.WRONG_KEY:
                return _error(401, "Unauthorized")
            case Fault.NO_INSTANCE:
                return _error(404, [f'The "{self.state.instance}" instance does not exist'])
            case Fault.NOT_ON_WHATSAPP:
                return _error(400, [{"jid": f"{digits}@s.whatsapp.net", "exists": False, "number": digits}])
            case _:
                return None

    def _open_again(self) -> None:
        self.state.is_open = True
        self.hooks.connection("open")

    def _send(self, digits: str, text: str, fault: Fault) -> dict[str, Any]:
        bubble = self.state.arrive(digits, Bubble(text=text, at=self.moment(), key=new_key(), ack=Ack.PENDING))
        sent = {
            "key": {"remoteJid": jid_of(digits), "fromMe": True, "id": bubble.key},
            "pushName": "Você",
            "status": Ack.PENDING,
            "message": {"conversation": text},
            "contextInfo": {},
            "messageType": "conversation",
            "messageTimestamp": int(bubble.at.timestamp()),
            "instanceId": self.state.instance,
            "source": "web",
        }
        # The server that failed to write its own row tells nobody anything (observed).
        if fault is not Fault.SENT_BUT_400:
            self.hooks.after_text(digits, bubble, sent, fault)
        return sent

    def _webhook(self) -> dict[str, Any]:
        return {"enabled": bool(self.state.webhook_url), "url": self.state.webhook_url, "byEvents": False}


def _problem_of(body: object) -> Any:  # noqa: ANN401 - one of the shapes of the server's errors.
    """Return what the real server would answer to a body it doesn't take, None for a good one."""
    order = _object(body)
    if "text" not in order:
        return [['instance requires property "text"']]
    if not isinstance(order.get("number"), str) or not order["number"].isdigit():
        return [["Invalid format"]]
    if not isinstance(order["text"], str) or not order["text"].strip():
        return ["Text is required"]
    return None


def _error(status: int, message: object, *, title: str = "") -> Response:
    error = title or _TITLES[status]
    return JSONResponse({"status": status, "error": error, "response": {"message": message}}, status_code=status)


async def _json(request: Request) -> object:
    try:
        return json.loads(await request.body())
    except ValueError:
        return None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
