"""What Auditoria shows, as text ready to show: from the reads' dataclasses to the vars of the page."""

from collections.abc import Mapping
from typing import TypedDict

from domain import audit_words
from loanapp.components import address
from loanapp.components.formats import count_text, counted, date_text, instant_text
from loanapp.components.navigation import ROLE_NAMES
from loanapp.queries.audit import AuditLine, LastCheck

SHORT_ID = 8


class AuditRow(TypedDict):
    """One event; `changes` are (field, before, after), `summary` the first of them in one line."""

    id: str
    at: str
    who: str
    what: str
    record: str
    record_to: str
    client: str
    client_to: str
    summary: str
    changes: list[list[str]]
    reason: str
    origin: str
    facts: list[list[str]]
    is_open: bool
    to: str


class Integrity(TypedDict):
    """What the last check of the trail said; `look` is `whole`, `broken` or `unknown`."""

    look: str
    icon: str
    text: str
    detail: str


UNKNOWN = Integrity(look="unknown", icon="circle-help", text="O registro ainda não foi verificado.", detail="")


def audit_row(state: object, line: AuditLine, *, opened: str, names: Mapping[str, str]) -> AuditRow:
    """Return one event; `opened` is the id of the event that the address unfolds, `names` are those of users."""
    identifier = str(line.event_id)
    is_open = identifier == opened
    changes = [list(change) for change in audit_words.changes(line.before, line.after)]
    return AuditRow(
        id=identifier,
        at=instant_text(line.at),
        who=line.actor_name,
        what=audit_words.ACTIONS.get(line.action, line.action),
        record=_record(line, names),
        record_to=_record_to(line),
        client=line.client_name,
        client_to=f"/clientes/{line.client_id}" if line.client_id else "",
        summary=_summary(changes),
        changes=changes,
        reason=line.reason,
        origin=audit_words.ORIGINS[line.origin.value] if line.origin else audit_words.NONE,
        facts=_facts(line),
        is_open=is_open,
        to=address.changed(state, aberta="" if is_open else identifier),
    )


def _record(line: AuditLine, names: Mapping[str, str]) -> str:
    kind = audit_words.RECORDS.get(line.record_kind, line.record_kind)
    if line.record_number:
        return f"{kind} nº {line.record_number}"
    return f"{kind} {names[line.record_id]}" if line.record_id in names else kind


def _record_to(line: AuditLine) -> str:
    if line.request_number is not None:
        return f"/emprestimos/{line.request_number}"
    return f"/rotinas/execucoes/{line.record_id}" if line.record_kind == "cycle_run" else ""


def _summary(changes: list[list[str]]) -> str:
    if not changes:
        return audit_words.NONE
    name, old, new = changes[0]
    more = f" (+{len(changes) - 1})" if len(changes) > 1 else ""
    return f"{name}: {f'{old} → ' if old else ''}{new or audit_words.NONE}{more}"


def _facts(line: AuditLine) -> list[list[str]]:
    facts = {
        "Papel": ROLE_NAMES.get(line.role.value, "Sistema") if line.role else "",
        "Endereço de rede": line.address,
        "Sessão": line.session[:SHORT_ID],
        "Data contábil": date_text(line.business_date),
        "Registro": line.record_id,
        "Evento": f"{line.event_id}, nº {line.chain_number} da cadeia {line.chain}",
    }
    return [[name, text] for name, text in facts.items() if text]


def integrity(check: LastCheck | None) -> Integrity:
    """Return what the last check said: whole with its date, or broken with the first difference."""
    if check is None:
        return UNKNOWN
    when = f"{instant_text(check.at)} por {check.by}"
    if check.differences:
        text = f"Registro alterado: {counted(check.differences, 'diferença', 'diferenças')}, verificado em {when}"
        return Integrity(look="broken", icon="octagon-x", text=text, detail=f"Primeira: {check.first}")
    text = f"Registro íntegro, verificado em {when}"
    return Integrity(look="whole", icon="shield-check", text=text, detail=f"{count_text(check.events)} eventos")
