"""Use cases that show or hand out more than a list does, and leave the trace of it: who saw what, who exported what."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.clients import ClientNotFound, Phone, TaxId
from domain.permissions import Permission
from loanapp.models import locks
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case


class Identity(StrEnum):
    """What lists and records show masked."""

    TAX_ID = "tax_id"
    PHONE = "phone"
    OTHER_PHONE = "other_phone"


class ExportKind(StrEnum):
    """A list that leaves as a file."""

    AUDIT = "audit"
    CLIENTS = "clients"
    INVOICES = "invoices"


EXPORT_PERMISSION = {
    ExportKind.AUDIT: Permission.AUDIT_VIEW,
    ExportKind.CLIENTS: Permission.CLIENTS_EXPORT,
    ExportKind.INVOICES: Permission.CLIENTS_EXPORT,
}


@dataclass(frozen=True, kw_only=True)
class Reveal:
    """Show one identity of a client in full."""

    client_id: UUID
    field: Identity


@dataclass(frozen=True, kw_only=True)
class NoteExport:
    """Note that a list leaves as a file: its filters as shown, and how many rows."""

    kind: ExportKind
    filters: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class NoteCheck:
    """Note what a check of the whole trail found; `first` names the first difference."""

    events: int
    differences: int
    first: str = ""


@use_case(Permission.CLIENTS_REVEAL)
def reveal(tx: Tx, command: Reveal) -> str:
    """Return the CPF, CNPJ or phone in full, as people write it; empty where the client has none.

    Raises ClientNotFound.
    """
    client = locks.client(tx.session, command.client_id)
    if client is None:
        raise ClientNotFound
    stored: str = getattr(client, command.field.value)
    if not stored or client.anonymised_on is not None:
        return ""
    _audit.note(tx, client, "client.revealed", "client", client.id, after={"field": command.field.value})
    return TaxId(stored).formatted if command.field is Identity.TAX_ID else Phone(stored).formatted


@use_case(Permission.SESSION_USE)
def note_export(tx: Tx, command: NoteExport) -> None:
    """Note an export before its first byte leaves; the actor must hold the permission of its list."""
    tx.actor.require(EXPORT_PERMISSION[command.kind])
    facts = {"filters": command.filters, "rows": command.rows}
    _audit.note(tx, None, "export.made", "export", command.kind.value, after=facts)


@use_case(Permission.AUDIT_VIEW)
def note_check(tx: Tx, command: NoteCheck) -> None:
    """Note that somebody checked the trail, and what it showed."""
    facts = {"events": command.events, "differences": command.differences, "first": command.first}
    _audit.note(tx, None, "audit.verified", "audit", "trail", after=facts)
