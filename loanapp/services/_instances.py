"""The WhatsApp instance's row: who sends from it, whether its socket is open, whether a person paused it.

A toolbox for use cases; the row is made when the instance is first heard of.
"""

from sqlalchemy.dialects.postgresql import insert as insert_once

from domain.delivery import LOGGED_OUT_CODES, ConnectionChanged
from loanapp.models import locks
from loanapp.models.messages import WhatsappInstance
from loanapp.services import _audit
from loanapp.services._use_case import Tx

OPEN = "open"
LOGGED_OUT = "LOGGED_OUT"


def locked(tx: Tx, name: str) -> WhatsappInstance:
    """Lock the instance's row, making it on first use."""
    make = insert_once(WhatsappInstance).values(name=name, state_changed_at=tx.now)
    found = locks.instance(tx.session, name)
    if found is None:
        tx.session.execute(make.on_conflict_do_nothing(index_elements=[WhatsappInstance.name]))
        found = locks.instance(tx.session, name)
    assert found is not None, "an instance's row is never deleted"
    return found


def connection_changed(tx: Tx, instance: WhatsappInstance, fact: ConnectionChanged) -> None:
    """Note the socket's state; an instance that was logged out or banned waits for a person (whatsapp.md §10.4)."""
    if fact.state and instance.connection_state != fact.state:
        instance.connection_state, instance.state_changed_at = fact.state, tx.now
    if fact.state == "close" and fact.status_code in LOGGED_OUT_CODES:
        pause(tx, instance, LOGGED_OUT)


def pause(tx: Tx, instance: WhatsappInstance, reason: str) -> None:
    """Let nothing leave the instance until a person resumes it; the trail says so once."""
    if instance.paused_reason == reason:
        return
    _audit.note(
        tx, None, "whatsapp.paused", "whatsapp_instance", instance.name,
        before={"paused_reason": instance.paused_reason}, after={"paused_reason": reason},
    )  # fmt: skip
    instance.paused_reason = reason
