"""Routes of the lists that leave as files: guarded, noted before their first byte, streamed."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from domain import audit_words
from domain.permissions import Permission, PermissionMissing
from loanapp import bridge, clock
from loanapp.bridge import Outcome
from loanapp.queries.audit import AuditAsked, AuditFilter, AuditLine, audit_chunk, audit_extent
from loanapp.queries.audit_filter import PARAMETERS, filter_of, filter_words
from loanapp.services.disclosure import ExportKind, NoteExport, note_export
from loanapp.web import visitors
from loanapp.web._doors import guarded
from loanapp.web.tables import Column, Heading, Kind, Value, Xlsx, csv_rows, csv_text

ROWS_PER_CHUNK = 1000
BYTES_PER_CHUNK = 64 * 1024
LONGEST_PARAMETER = 200
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

AUDIT_COLUMNS = (
    Column("Evento", Kind.NUMBER), Column("Quando", Kind.INSTANT), Column("Data contábil", Kind.DATE), Column("Quem"),
    Column("Origem"), Column("Endereço"), Column("O quê"), Column("Registro"), Column("Cliente"),
    Column("Antes → depois"), Column("Motivo"), Column("Cadeia"), Column("Nº na cadeia", Kind.NUMBER),
)  # fmt: skip


@dataclass(frozen=True)
class _List:
    """A list about to leave: its name, its columns, its filters, and its rows in chunks."""

    kind: ExportKind
    name: str
    title: str
    columns: Sequence[Column]
    filters: str
    total: int
    chunks: Callable[[], AsyncIterator[list[Sequence[Value]]]]


class _Interrupted(Exception):
    """A chunk could not be read: the file ends short, and the browser sees a broken download."""


@guarded(Permission.AUDIT_VIEW)
async def audit_csv(request: Request) -> Response:
    """Give the events that the filters keep as CSV."""
    return await _audit(request, _as_csv)


@guarded(Permission.AUDIT_VIEW)
async def audit_xlsx(request: Request) -> Response:
    """Give the events that the filters keep as XLSX."""
    return await _audit(request, _as_xlsx)


async def _audit(request: Request, write: Callable[[_List], Any]) -> Response:
    if await visitors.enter(request) is None:
        return _refusal(HTTPStatus.UNAUTHORIZED, "Entre no sistema para continuar.")
    asked = filter_of({name: request.query_params.get(name, "")[:LONGEST_PARAMETER] for name in PARAMETERS})
    extent = await bridge.read(audit_extent, asked)
    if not extent.ok:
        return _refused(extent)
    # The newest event is the first one kept: the place after it is nobody's yet.
    chunks = functools.partial(_audit_chunks, asked, extent.result.newest_id)
    listed = _List(
        ExportKind.AUDIT, "auditoria", "Auditoria", AUDIT_COLUMNS, filter_words(asked), extent.result.total, chunks
    )
    return await _given(listed, write)


async def _given(listed: _List, write: Callable[[_List], Any]) -> Response:
    """Give a list, once it is noted who took it: what can't be noted is not given."""
    noted = await bridge.run(note_export, NoteExport(kind=listed.kind, filters=listed.filters, rows=listed.total))
    if not noted.ok:
        return _refused(noted)
    response: Response = await write(listed)
    return response


async def _audit_chunks(asked: AuditFilter, newest_id: int) -> AsyncIterator[list[Sequence[Value]]]:
    older_than: int | None = None
    while True:
        chunk = AuditAsked(filter=asked, older_than=older_than, size=ROWS_PER_CHUNK)
        outcome = await bridge.read(audit_chunk, chunk)
        if not outcome.ok:
            raise _Interrupted
        lines = outcome.result
        yield [_audit_row(line) for line in lines if line.event_id <= newest_id]
        if len(lines) < ROWS_PER_CHUNK:
            return
        older_than = lines[-1].event_id


def _audit_row(line: AuditLine) -> Sequence[Value]:
    changes = (
        f"{name}: {old or '—'} → {new or '—'}" for name, old, new in audit_words.changes(line.before, line.after)
    )
    record = audit_words.RECORDS.get(line.record_kind, line.record_kind)
    return (
        line.event_id, line.at, line.business_date, line.actor_name,
        audit_words.ORIGINS[line.origin.value] if line.origin else "", line.address,
        audit_words.ACTIONS.get(line.action, line.action),
        f"{record} nº {line.record_number}" if line.record_number else f"{record} {line.record_id}",
        line.client_name, "; ".join(changes), line.reason, line.chain, line.chain_number,
    )  # fmt: skip


async def _as_csv(listed: _List) -> Response:
    heading = _heading(listed)

    async def written() -> AsyncIterator[str]:
        for text in csv_text(heading, listed.columns):
            yield text
        async for rows in listed.chunks():
            yield csv_rows(listed.columns, rows)

    return StreamingResponse(written(), media_type=CSV_TYPE, headers=_headers(listed, "csv"))


async def _as_xlsx(listed: _List) -> Response:
    book = Xlsx(_heading(listed), listed.columns)
    async for rows in listed.chunks():
        # Drawing cells takes a while: beside the loop that serves everybody.
        await asyncio.to_thread(book.add, rows)
    file = await asyncio.to_thread(book.save)
    return StreamingResponse(_read(file), media_type=XLSX_TYPE, headers=_headers(listed, "xlsx"))


async def _read(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while content := await asyncio.to_thread(file.read, BYTES_PER_CHUNK):
            yield content


def _heading(listed: _List) -> Heading:
    return Heading(title=listed.title, filters=listed.filters, by=bridge.actor().name, at=clock.moment().now)


def _headers(listed: _List, extension: str) -> dict[str, str]:
    name = f"{listed.name}-{clock.moment().business_date.isoformat()}.{extension}"
    return {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


def _refused(outcome: Outcome[Any]) -> Response:
    if outcome.reference:
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"Algo deu errado. Código: {outcome.reference}.")
    problem = outcome.problems[0]
    status = HTTPStatus.FORBIDDEN if problem.code == PermissionMissing.code else HTTPStatus.CONFLICT
    return _refusal(status, str(problem.values.get("denial") or problem.code))


def _refusal(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers={"cache-control": "no-store"})


routes = [
    Route("/exports/auditoria.csv", audit_csv, methods=["GET"]),
    Route("/exports/auditoria.xlsx", audit_xlsx, methods=["GET"]),
]
