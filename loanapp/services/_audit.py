"""The audit trail's pen: a use case notes what it did, in its own transaction, on its client's chain."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain import audit, masking
from domain.audit import Origin
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
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    origin: Origin | None = None,
) -> None:
    """Append one event (who, from where, when, what, before → after, why) to the client's chain, or to the system's.

    The client must be locked by this transaction: its row holds the chain's number and head.  Personal data is masked
    here (`domain/masking.py`), since no event can be anonymised later; texts of people don't belong in it at all.
    """
    names = _names(client)
    facts = facts_of(tx, action, record_kind, record_id, origin=origin) | {
        "after": masking.fields(record_kind, after or {}, names),
        "before": masking.fields(record_kind, before or {}, names),
        "reason": masking.free_text(reason, names),
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


def masked(client: Client, text: str) -> str:
    """Return what somebody typed as a row that refuses every change may hold it: the same as the event's reason."""
    return masking.free_text(text, _names(client))


def facts_of(
    tx: Tx, action: str, record_kind: str, record_id: object, *, origin: Origin | None = None
) -> dict[str, object]:
    """Return the facts that every event has, also those that a cycle's statement links (`models/cycle_sql.py`)."""
    actor = tx.actor
    return {
        "action": action,
        "actor": actor.name,
        "actor_id": str(actor.user_id) if actor.user_id else None,
        "address": actor.address,
        "after": {},
        "at": tx.now.isoformat(),
        "before": {},
        "business_date": tx.business_date.isoformat(),
        "origin": (origin or audit.origin_of(actor)).value,
        "reason": "",
        "record": f"{record_kind}:{record_id}",
        "role": actor.role.value,
        "session": str(actor.session_id) if actor.session_id else None,
    }


def _names(client: Client | None) -> tuple[str, ...]:
    return (client.name, client.preferred_name or "") if client else ()


def _id_of(client: Client | None) -> UUID | None:
    return client.id if client else None
