"""The sandbox's webhooks: the recorded shapes, told with header and signed token, again and again until heard.

After a text: `send.message`, then the acks, each a moment later, in the order of the fault that was asked for.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt

from domain.messages import Ack
from loanapp.evolution.sandbox.state import Bubble, Fault, State, jid_of, new_key
from loanapp.evolution.webhooks import TOKEN_HEADER

TOKEN_MINUTES = 10
TRIES = 10
_OK = 200
_MULTIPLE_CHOICES = 300
# As the real server: these answers mean that telling again is of no use.
_NEVER_AGAIN = frozenset({400, 401, 403, 404, 422})


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long things take in the sandbox, in seconds."""

    before_ack: float = 0.6
    before_read: float = 2.5
    before_retry: float = 1.0
    delayed_answer: float = 3.0
    lost_answer: float = 120.0


@dataclass
class Hooks:
    """Tells one receiver what happens. `moment` is the clock of tokens, `pace` the time between acks."""

    state: State
    secret: str = field(repr=False)
    moment: Callable[[], datetime]
    pace: Pace
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def after_text(self, digits: str, bubble: Bubble, sent: dict[str, Any], fault: Fault) -> None:
        """Tell, in the background, that a text left and how far it got."""
        self._start(self._tell_text(digits, bubble, sent, fault))

    def reply(self, digits: str, bubble: Bubble) -> None:
        """Tell, in the background, that the borrower wrote."""
        data = {
            "key": {"remoteJid": jid_of(digits), "fromMe": False, "id": bubble.key},
            "pushName": "Cliente",
            "status": Ack.DELIVERY_ACK,
            "message": {"conversation": bubble.text},
            "messageType": "conversation",
            "messageTimestamp": int(bubble.at.timestamp()),
            "instanceId": self.state.instance,
            "source": "android",
        }
        self._start(self._tell("messages.upsert", data))

    def connection(self, state: str, reason: int = _OK) -> None:
        """Tell, in the background, that the socket opened or closed."""
        data = {"instance": self.state.instance, "state": state, "statusReason": reason}
        self._start(self._tell("connection.update", data))

    def _start(self, telling: Any) -> None:  # noqa: ANN401 - any coroutine.
        # The loop itself holds tasks weakly only.
        task = asyncio.ensure_future(telling)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _tell_text(self, digits: str, bubble: Bubble, sent: dict[str, Any], fault: Fault) -> None:
        acks: Sequence[Ack] = (Ack.SERVER_ACK, Ack.DELIVERY_ACK, Ack.READ)
        if fault is Fault.ERROR_ACK:
            acks = (Ack.ERROR,)
        steps = [("send.message", sent), *(("messages.update", self._update(digits, bubble, ack)) for ack in acks)]
        if fault is Fault.OUT_OF_ORDER:
            steps.reverse()
        is_expired = fault is Fault.EXPIRED_TOKEN
        for event, data in steps:
            ack = data.get("status")
            await asyncio.sleep(self.pace.before_read if ack == Ack.READ else self.pace.before_ack)
            if event == "messages.update":
                bubble.ack = Ack(data["status"]) if fault is not Fault.OUT_OF_ORDER else Ack.READ
            for _ in range(2 if fault is Fault.DUPLICATED else 1):
                # Not waited for: an event that nobody hears is told again while the next ones go on.
                self._start(self._tell(event, data, is_expired=is_expired))

    def _update(self, digits: str, bubble: Bubble, ack: Ack) -> dict[str, Any]:
        return {
            "keyId": bubble.key,
            "remoteJid": jid_of(digits),
            "fromMe": True,
            "status": ack,
            "instanceId": self.state.instance,
            "messageId": f"cm{new_key().lower()}",
        }

    async def _tell(self, event: str, data: dict[str, Any], *, is_expired: bool = False) -> None:
        """Deliver one event; the retries reuse one token, as the real server's do."""
        url = self.state.webhook_url
        if not url:
            return
        now = self.moment()
        body = {
            "event": event,
            "instance": self.state.instance,
            "data": data,
            "destination": url,
            "date_time": now.isoformat(),
            "sender": "5511900000099@s.whatsapp.net",
            "server_url": "sandbox",
            "apikey": None,
        }
        headers = {TOKEN_HEADER: self.secret, **self.state.webhook_headers}
        headers["Authorization"] = f"Bearer {self._token(now - timedelta(hours=2) if is_expired else now)}"
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            for attempt in range(TRIES):
                try:
                    status = (await http.post(url, json=body, headers=headers)).status_code
                except httpx.RequestError:
                    status = 0
                if _OK <= status < _MULTIPLE_CHOICES or status in _NEVER_AGAIN:
                    return
                await asyncio.sleep(self.pace.before_retry * 2**attempt)

    def _token(self, issued_at: datetime) -> str:
        claims = {
            "iat": int(issued_at.timestamp()),
            "exp": int((issued_at + timedelta(minutes=TOKEN_MINUTES)).timestamp()),
            "app": "evolution",
            "action": "webhook",
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")
