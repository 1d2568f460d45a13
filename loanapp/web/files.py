"""Routes of a borrower's papers: `POST /files` keeps one, `GET /files/<id>` gives it back as a download.

No browser is trusted: the type comes from the content, the name is only shown, the bytes lie in no folder.  A refusal
is JSON with the stable code and the values of its text; the page that sent the file knows the words.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain.clients import ClientNotFound
from domain.documents import SIZE_BYTES_MAXIMUM, DocumentKind, DocumentKindUnknown, DocumentMissing, DocumentNotFound
from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.services import documents
from loanapp.web import visitors
from loanapp.web._doors import guarded

SIGNED_OUT = "auth.signed_out"
_FIELDS_MAXIMUM = 3
_FORBIDDEN_PREFIX = "not_allowed."
# A paper is never part of a page: it is downloaded, and should a browser show it all the same, it can do nothing.
_DOWNLOAD_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
}


@guarded(Permission.DOCUMENTS_ATTACH)
async def attach(request: Request) -> Response:
    """Keep the one file of a multipart form with `document_id`, `client_id` and `kind`."""
    if visitors.is_foreign(request):
        return PlainTextResponse("Forbidden", status_code=HTTPStatus.FORBIDDEN)
    session = await visitors.enter(request)
    if session is None or Permission.DOCUMENTS_ATTACH not in session.actor.permissions:
        # The body is read first (its size is limited), or the browser would see no answer but a broken connection.
        async for _ in request.stream():
            pass
        if session is None:
            return _refusal(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
        return _refusal(HTTPStatus.FORBIDDEN, "not_allowed")
    try:
        form = await request.form(max_files=1, max_fields=_FIELDS_MAXIMUM)
    except (HTTPException, MultiPartException):
        return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, DocumentMissing.code)
    name, content = await _file_of(form)
    outcome = await bridge.submit(
        documents.attach, lambda texts, _today: _order(texts, file_name=name, content=content), dict(form)
    )
    if not outcome.ok:
        return _refused(outcome)
    done = outcome.result
    status = HTTPStatus.CREATED if done.is_new else HTTPStatus.OK
    return JSONResponse({"id": str(done.document_id), "name": done.file_name}, status_code=status)


@guarded(Permission.DOCUMENTS_VIEW)
async def download(request: Request) -> Response:
    """Give a paper back, once it is noted who read it."""
    if await visitors.enter(request) is None:
        return _refusal(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    document_id = _identifier(request.path_params["document_id"])
    if document_id is None:
        return _refusal(HTTPStatus.NOT_FOUND, DocumentNotFound.code)
    outcome = await bridge.run(documents.open_document, documents.OpenDocument(document_id=document_id))
    if not outcome.ok:
        return _refused(outcome)
    paper = outcome.result
    disposition = f"attachment; filename*=UTF-8''{quote(paper.file_name, safe='')}"
    return Response(
        paper.content,
        media_type=paper.content_type,
        headers={**_DOWNLOAD_HEADERS, "content-disposition": disposition},
    )


async def _file_of(form: FormData) -> tuple[str, bytes]:
    """Return name and content of the form's file; of one that is too large no more than shows that it is."""
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        return "", b""
    content = await upload.read(SIZE_BYTES_MAXIMUM + 1)
    await upload.close()
    return upload.filename or "", content


def _order(texts: Mapping[str, str], *, file_name: str, content: bytes) -> documents.AttachDocument:
    document_id, client_id = _identifier(texts["document_id"]), _identifier(texts["client_id"])
    if not file_name or document_id is None:
        raise DocumentMissing
    if client_id is None:
        raise ClientNotFound
    if texts["kind"] not in set(DocumentKind):
        raise DocumentKindUnknown
    return documents.AttachDocument(
        document_id=document_id,
        client_id=client_id,
        kind=DocumentKind(texts["kind"]),
        file_name=file_name,
        content=content,
    )


def _identifier(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _refused(outcome: Outcome[Any]) -> Response:
    if outcome.reference:
        return JSONResponse({"reference": outcome.reference}, status_code=HTTPStatus.INTERNAL_SERVER_ERROR)
    problem = outcome.problems[0]
    return _refusal(_status_of(problem.code), problem.code, problem.values)


def _status_of(code: str) -> HTTPStatus:
    if code.startswith(_FORBIDDEN_PREFIX):
        return HTTPStatus.FORBIDDEN
    if code.endswith(".not_found"):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.CONFLICT if code.endswith(".id_taken") else HTTPStatus.UNPROCESSABLE_ENTITY


def _refusal(status: HTTPStatus, code: str, values: Mapping[str, object] | None = None) -> Response:
    shown = {name: str(value) for name, value in (values or {}).items()}
    return JSONResponse({"code": code, "values": shown}, status_code=status, headers={"cache-control": "no-store"})


routes = [
    Route("/files", attach, methods=["POST"]),
    Route("/files/{document_id}", download, methods=["GET"]),
]
