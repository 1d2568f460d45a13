"""What Evolution API 2.3.7 answers to `sendText`, read into the classes of `domain/delivery.py` (whatsapp.md §5).

Only what its table names is believed to say that nothing was sent; everything else is Unknown, even a 4xx, because one
recorded 400 comes after the text left.
"""

from collections.abc import Iterator
from typing import Any

from domain.delivery import Accepted, Answer, Config, InvalidNumber, NotSent, Refused, Unknown

_CREATED = 201
_BAD_REQUEST = 400
_SERVER_ERROR = 500
_UNAVAILABLE = 503
_CONFIG_STATUSES = frozenset({401, 403, 404})
_CLOSED_BEFORE_SENDING = frozenset({"Connection Closed", "Cannot read properties of undefined (reading 'onWhatsApp')"})
_CLOSED_IN_SENDING = "Error: Connection Closed"
_EMPTY_TEXT = "Text is required"
_BAD_JSON = "in JSON at position"


def classify(status: int, body: Any) -> Answer:  # noqa: ANN401 - whatever JSON the server sent, or None for none.
    """Return what an HTTP answer to `sendText` says about the text."""
    if status == _CREATED:
        return _accepted(body)
    detail = f"{status} {'; '.join(_texts(_message(body)))}"[:200]
    if status in _CONFIG_STATUSES or (status == _UNAVAILABLE and _field(body, "code") == "LICENSE_REQUIRED"):
        return Config(detail=detail)
    if status == _SERVER_ERROR and _message(body) in _CLOSED_BEFORE_SENDING:
        return NotSent(detail=detail, is_disconnected=True)
    return _bad_request(_message(body), detail) if status == _BAD_REQUEST else Unknown(detail=detail)


def digits_of(phone: str) -> str:
    """Return the phone as the server takes it: `+5511987654321` is `5511987654321`."""
    return phone.removeprefix("+")


def _bad_request(message: Any, detail: str) -> Answer:  # noqa: ANN401
    match message:
        case [{"exists": False}]:
            return InvalidNumber(detail=detail)
        case [str(text)] if text == _CLOSED_IN_SENDING:
            return NotSent(detail=detail, is_disconnected=True)
        case [[str(), *_]]:
            return Refused(detail=detail)
        case [str(text)] if text == _EMPTY_TEXT:
            return Refused(detail=detail)
        case str(text) if _BAD_JSON in text:
            return Refused(detail=detail)
        case _:
            return Unknown(detail=detail)


def _accepted(body: Any) -> Answer:  # noqa: ANN401
    key = _field(body, "key")
    match key:
        case {"id": str(message_id), "remoteJid": str(recipient)} if message_id:
            return Accepted(key=message_id, recipient=recipient)
        case _:
            return Unknown(detail="201 without a key")


def _message(body: Any) -> Any:  # noqa: ANN401
    return _field(_field(body, "response"), "message")


def _field(value: Any, name: str) -> Any:  # noqa: ANN401
    return value.get(name) if isinstance(value, dict) else None


def _texts(message: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the texts of the four shapes of `message`: a text, or a list of texts, of lists, of objects."""
    if isinstance(message, list):
        for part in message:
            yield from _texts(part)
    elif isinstance(message, dict):
        yield ", ".join(f"{name}={value}" for name, value in message.items() if name not in {"jid", "number"})
    elif message is not None:
        yield str(message)
