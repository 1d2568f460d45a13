"""What the address of Auditoria asks for: one reading of its parameters for the page and for its exports."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from domain import audit_words
from loanapp.queries.audit import NOBODY, AuditFilter

PARAMETERS = ("pessoa", "grupo", "cliente", "registro", "de", "ate_dia")


def filter_of(texts: Mapping[str, str]) -> AuditFilter:
    """Return the filter that query parameters ask for; what can't be read counts as not asked, texts are hostile."""
    group = texts.get("grupo", "")
    return AuditFilter(
        person=_person(texts.get("pessoa", "")),
        group=group if group in audit_words.GROUPS else "",
        client=_text(texts, "cliente"),
        record=_text(texts, "registro"),
        first_day=_day(texts.get("de", "")),
        last_day=_day(texts.get("ate_dia", "")),
    )


def filter_words(asked: AuditFilter) -> str:
    """Return the filter in words, as an export's first line says it."""
    words = {
        "Pessoa": asked.person,
        "Grupo": audit_words.GROUPS[asked.group][0] if asked.group else "",
        "Cliente": asked.client,
        "Registro": asked.record,
        "De": f"{asked.first_day:%d/%m/%Y}" if asked.first_day else "",
        "Até": f"{asked.last_day:%d/%m/%Y}" if asked.last_day else "",
    }
    return " · ".join(f"{name}: {text}" for name, text in words.items() if text) or "nenhum"


def _text(texts: Mapping[str, str], name: str) -> str:
    # No text in the database holds a NUL, and it takes none to search for.
    return texts.get(name, "").replace("\x00", "").strip()


def _person(text: str) -> str:
    if text == NOBODY:
        return text
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    """Read an ISO date or `dd/mm/aaaa`; years that no instant can hold are none."""
    day, _, rest = text.strip().partition("/")
    month, _, year = rest.partition("/")
    try:
        found = date.fromisoformat(f"{year}-{month:0>2}-{day:0>2}" if rest else text.strip())
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found < date(2100, 1, 1) else None
