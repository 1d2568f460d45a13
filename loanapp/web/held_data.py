"""Route of the borrower's copy: everything that is held about a client, as JSON or PDF, for download (LGPD art. 19)."""

import asyncio
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.clients import ClientNotFound
from domain.permissions import Permission, PermissionMissing
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.papers.held_data import held_data_json, held_data_pdf
from loanapp.queries.held_data import held_data
from loanapp.services.privacy import ExportFormat, NoteExport, note_export
from loanapp.web import visitors
from loanapp.web._doors import guarded

_WRITERS = {
    ExportFormat.JSON: (held_data_json, "application/json"),
    ExportFormat.PDF: (held_data_pdf, "application/pdf"),
}
_STATUSES = {ClientNotFound.code: HTTPStatus.NOT_FOUND, PermissionMissing.code: HTTPStatus.FORBIDDEN}


@guarded(Permission.CLIENTS_EXPORT)
async def as_json(request: Request) -> Response:
    """Give the copy for programs."""
    return await _copy(request, ExportFormat.JSON)


@guarded(Permission.CLIENTS_EXPORT)
async def as_pdf(request: Request) -> Response:
    """Give the copy for people."""
    return await _copy(request, ExportFormat.PDF)


async def _copy(request: Request, written: ExportFormat) -> Response:
    """Give the copy, once it is noted who took it: what can't be noted is not given."""
    if await visitors.enter(request) is None:
        return _refusal(HTTPStatus.UNAUTHORIZED, "Entre no sistema para continuar.")
    client_id = request.path_params["client_id"]
    noted = await bridge.run(note_export, NoteExport(client_id=client_id, format=written))
    if not noted.ok:
        return _refused(noted)
    read = await bridge.read(held_data, client_id)
    if not read.ok:
        return _refused(read)
    held = read.result
    write, media_type = _WRITERS[written]
    # Drawing hundreds of pages takes a while: beside the loop that serves everybody.
    content = await asyncio.to_thread(write, held)
    name = f"cliente-{held.person.number}-dados-{held.business_date.isoformat()}.{written.value}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


def _refused(outcome: Outcome[Any]) -> Response:
    if outcome.reference:
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"Algo deu errado. Código: {outcome.reference}.")
    problem = outcome.problems[0]
    status = _STATUSES.get(problem.code, HTTPStatus.CONFLICT)
    return _refusal(status, str(problem.values.get("denial") or problem.code))


def _refusal(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers={"cache-control": "no-store"})


routes = [
    Route("/exports/cliente/{client_id:uuid}.json", as_json, methods=["GET"]),
    Route("/exports/cliente/{client_id:uuid}.pdf", as_pdf, methods=["GET"]),
]
