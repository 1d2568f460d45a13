"""What Evolution API tells by webhook: is it really ours, which row is it, and what does it say (whatsapp.md §6, §7).

`parse` runs in the route, before storing; `interpret` in the task, after it, and gives facts of `domain/delivery.py`.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from domain.delivery import AckReceived, ConnectionChanged, Fact, Nothing, TextReceived, TextSent

TOKEN_HEADER = "X-Webhook-Token"  # noqa: S105 - the header's name.
# Evolution's retries reuse one token of ten minutes for about twenty more: a late one is expired and still genuine.
LEEWAY_SECONDS = 30 * 60
BODY_BYTES_MAXIMUM = 1_000_000
_LONGEST_ID = 200


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One webhook, clean and ready to store; `is_state` when only the newest of its kind counts."""

    instance: str
    event: str
    dedupe_key: str
    payload: dict[str, Any]
    is_state: bool = False


def is_authentic(headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Say whether the sender knows our secret: by the static header, by the signed token, or by both.

    What is present must be right; at least one must be present.  Only the header can be set in Evolution's own
    Manager; the token does not sign the body.
    """
    token = headers.get(TOKEN_HEADER)
    bearer = headers.get("Authorization")
    if token is None and bearer is None:
        return False
    is_header_right = token is None or hmac.compare_digest(token.encode(), secret.encode())
    return is_header_right and (bearer is None or _is_signed(bearer, secret, now))


def parse(body: bytes) -> Webhook | None:
    """Read a webhook's body; None for what is malformed or asks for nothing, which is dropped."""
    try:
        payload = _clean(json.loads(body))
    except (ValueError, RecursionError):
        return None
    match payload:
        case {"event": str(event), "instance": str(instance), "data": dict(data)}:
            payload.pop("apikey", None)
        case _:
            return None
    if event == "connection.update":
        key = ""
    else:
        key = _key_of(event, data)
        if not key:
            return None
    return Webhook(
        instance=instance[:_LONGEST_ID],
        event=event,
        dedupe_key=f"{instance[:_LONGEST_ID]}:{event}:{key}",
        payload=payload,
        is_state=not key,
    )


def interpret(event: str, payload: Mapping[str, Any]) -> Fact:
    """Return what a stored webhook says."""
    match event, payload.get("data"):
        case "messages.update", {"keyId": str(key), "status": str(ack), "fromMe": True}:
            return AckReceived(key=key, ack=ack)
        case "send.message", {"key": {"id": str(key), "remoteJid": str(recipient)}, "message": dict(message)}:
            return TextSent(key=key, recipient=recipient, text=_text_of(message))
        case "messages.upsert", {"key": {"fromMe": False} as sender, "message": dict(message)}:
            return _received(sender, _text_of(message))
        case "connection.update", {"state": str(state), **others}:
            code = others.get("statusReason")
            return ConnectionChanged(state=state, status_code=code if isinstance(code, int) else 0)
        case _:
            return Nothing()


def _key_of(event: str, data: Mapping[str, Any]) -> str:
    match event, data:
        case "messages.update", {"keyId": str(key), "status": str(status)} if key:
            return f"{key[:_LONGEST_ID]}:{status[:_LONGEST_ID]}"
        case (("send.message" | "messages.upsert"), {"key": {"id": str(key)}}) if key:
            return key[:_LONGEST_ID]
        case _:
            return ""


def _received(key: Mapping[str, Any], text: str) -> Fact:
    sender = key.get("remoteJid")
    if isinstance(sender, str) and sender.endswith("@lid"):
        # WhatsApp hides the number behind an id of its own and gives it beside.
        sender = key.get("remoteJidAlt")
    if not isinstance(sender, str) or not sender.endswith("@s.whatsapp.net"):
        return Nothing()
    return TextReceived(sender=sender, text=text)


def _text_of(message: Mapping[str, Any]) -> str:
    match message:
        case {"conversation": str(text)} | {"extendedTextMessage": {"text": str(text)}}:
            return text
        case _:
            return ""


def _is_signed(bearer: str, secret: str, now: datetime) -> bool:
    scheme, _, token = bearer.partition(" ")
    if scheme != "Bearer":
        return False
    try:
        # Expiry is checked below, against the clock that everybody in this process is told.
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], options={"require": ["exp"], "verify_exp": False, "verify_iat": False}
        )
    except jwt.InvalidTokenError:
        return False
    expires_at = claims["exp"]
    is_fresh = isinstance(expires_at, int) and now.timestamp() <= expires_at + LEEWAY_SECONDS
    return is_fresh and claims.get("app") == "evolution" and claims.get("action") == "webhook"


def _clean(value: Any) -> Any:  # noqa: ANN401 - any JSON.
    """Return the JSON without what PostgreSQL can't store: NUL characters and halves of surrogate pairs."""
    match value:
        case str():
            return value.replace("\x00", "").encode("utf-8", "replace").decode()
        case list():
            return [_clean(part) for part in value]
        case dict():
            return {_clean(name): _clean(part) for name, part in value.items()}
        case _:
            return value
