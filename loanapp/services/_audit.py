"""The audit trail's pen: a use case notes what it did, in its own transaction, on its client's chain."""

from typing import Any
from uuid import UUID

from domain import audit
from loanapp.models import locks
from loanapp.models.audit import AuditEvent
from loanapp.models.clients import Client
from loanapp.services._use_case import Tx


def note(
    tx: Tx,
    client: Client | None,
    action: str,
    record_kind: str,
    record_id: object,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Append one event (who, when, what, before → after, why) to the client's chain, or to the system's.

    The client must be locked by this transaction: its row holds the chain's number and head.
    """
    facts = {
        "action": action,
        "actor": tx.actor.name,
        "actor_id": tx.actor.user_id,
        "after": after or {},
        "at": tx.now.isoformat(),
        "before": before or {},
        "business_date": tx.business_date.isoformat(),
        "reason": reason,
        "record": f"{record_kind}:{record_id}",
        "role": tx.actor.role.value,
    }
    if client is None:
        head = locks.system_chain(tx.session)
        chain, number, previous = audit.SYSTEM_CHAIN, head.count + 1, head.head
    else:
        chain, number, previous = f"client:{client.id}", client.audit_count + 1, client.audit_head
    text = audit.canonical_text(facts)
    linked = audit.link(previous, text)
    if client is None:
        head.count, head.head = number, linked
    else:
        client.audit_count, client.audit_head = number, linked
    tx.session.add(
        AuditEvent(
            chain=chain,
            chain_number=number,
            client_id=_id_of(client),
            actor_id=tx.actor.user_id,
            actor_name=tx.actor.name,
            action=action,
            record_kind=record_kind,
            record_id=str(record_id),
            business_date=tx.business_date,
            at=tx.now,
            text=text,
            hash=linked,
        )
    )


def _id_of(client: Client | None) -> UUID | None:
    return client.id if client else None
