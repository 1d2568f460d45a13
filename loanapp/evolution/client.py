"""The calls to Evolution API that the sender makes, over httpx: no redirects, no retries, a timeout for each part.

What an answer means is in `payloads.py`.  A call never raises for what the network or the server does.
"""

from typing import Self

import httpx

from domain.delivery import Answer, NotSent, Unknown
from loanapp.evolution.payloads import classify, digits_of

CONNECT_SECONDS = 5
# Longer than the 60 s after which the server's own WhatsApp library gives up, shorter than a text's lease.
READ_SECONDS = 90
STATE_SECONDS = 10


class EvolutionClient:
    """One instance at one server. `key` is the instance's token."""

    def __init__(self, *, url: str, key: str, instance: str, read_seconds: float = READ_SECONDS) -> None:
        self._instance = instance
        self._http = httpx.Client(
            base_url=url,
            headers={"apikey": key},
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            # The proxies of the environment are for the world outside; the server is ours.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send_text(self, phone: str, text: str) -> Answer:
        """Send a text to a phone in E.164 and say what became of it (whatsapp.md §5)."""
        try:
            response = self._http.post(
                f"/message/sendText/{self._instance}", json={"number": digits_of(phone), "text": text}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return NotSent(detail=type(error).__name__)
        except httpx.RequestError as error:
            # The request was on its way, or the answer was: nobody can tell.
            return Unknown(detail=type(error).__name__)
        return classify(response.status_code, _json(response))

    def connection(self) -> str:
        """Return the socket's state, `open`, `connecting` or `close`; empty when the server doesn't say."""
        try:
            response = self._http.get(f"/instance/connectionState/{self._instance}", timeout=STATE_SECONDS)
        except httpx.RequestError:
            return ""
        match _json(response):
            case {"instance": {"state": str(state)}} if response.status_code == httpx.codes.OK:
                return state
            case _:
                return ""


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None
