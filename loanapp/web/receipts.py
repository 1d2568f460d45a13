"""Routes of receipts: as a file and on paper for those who hand them out, by a link for the borrower (ADR 0023).

Whoever opens a link is nobody: the token alone proves the right to see that one receipt.  Nothing is written then, so
that what fetches a preview, or asks again, changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from domain.payments import PaymentNotFound
from domain.permissions import Permission, PermissionMissing
from domain.receipts import ReceiptWay
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.papers.receipt import receipt_pdf
from loanapp.queries.receipts import Receipt, ReceiptOf, opened_receipt, receipt
from loanapp.services.receipts import IssueReceipt, issue_receipt
from loanapp.web import _paths, visitors
from loanapp.web._doors import guarded, open_to_all
from loanapp.web.receipt_page import CONTENT_POLICY, fault_html, not_good_html, receipt_html

_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow, noarchive"}
_PAGE_HEADERS = _HEADERS | {"referrer-policy": "no-referrer", "content-security-policy": CONTENT_POLICY}


@open_to_all
async def by_link(request: Request) -> Response:
    """Show the receipt that a link opens."""
    outcome = await _opened(request)
    if not outcome.ok:
        return _not_opened(outcome)
    # The address in use goes on, without the token having to be written anywhere.
    return _page(receipt_html(outcome.result, pdf_address=f"{request.url.path}/pdf"))


@open_to_all
async def pdf_by_link(request: Request) -> Response:
    """Give the receipt that a link opens as a file."""
    outcome = await _opened(request)
    return await _file(outcome.result) if outcome.ok else _not_opened(outcome)


@guarded(Permission.RECEIPTS_SHARE)
async def pdf(request: Request) -> Response:
    """Hand a receipt out as a file."""
    return await _issued(request, ReceiptWay.PDF, _file)


@guarded(Permission.RECEIPTS_SHARE)
async def on_paper(request: Request) -> Response:
    """Hand a receipt out as a page to print."""

    async def as_page(read: Receipt) -> Response:
        return _page(receipt_html(read, pdf_address=f"/pdf/recibos/{read.number}"))

    return await _issued(request, ReceiptWay.PRINT, as_page)


async def _opened(request: Request) -> Outcome[Receipt]:
    return await bridge.read(opened_receipt, request.path_params["token"])


async def _issued(request: Request, way: ReceiptWay, write: Callable[[Receipt], Awaitable[Response]]) -> Response:
    """Give a copy, once it is noted who took it: what can't be noted is not given."""
    if await visitors.enter(request) is None:
        return _refusal(HTTPStatus.UNAUTHORIZED, "Entre no sistema para continuar.")
    issued = await bridge.run(issue_receipt, IssueReceipt(number=request.path_params["number"], way=way))
    if not issued.ok:
        return _refused(issued)
    copy = ReceiptOf(payment_id=issued.result.payment_id, copy_number=issued.result.copy_number)
    read = await bridge.read(receipt, copy)
    return await write(read.result) if read.ok else _refused(read)


async def _file(read: Receipt) -> Response:
    # Drawing takes a while: beside the loop that serves everybody.
    content = await asyncio.to_thread(receipt_pdf, read)
    disposition = f'attachment; filename="recibo-{read.number}.pdf"'
    return Response(content, media_type="application/pdf", headers={**_HEADERS, "content-disposition": disposition})


def _page(html: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return HTMLResponse(html, status_code=status, headers=_PAGE_HEADERS)


def _not_opened(outcome: Outcome[Receipt]) -> Response:
    if outcome.reference:
        return _page(fault_html(outcome.reference), HTTPStatus.INTERNAL_SERVER_ERROR)
    return _page(not_good_html(), HTTPStatus.NOT_FOUND)


def _refused(outcome: Outcome[object]) -> Response:
    if outcome.reference:
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"Algo deu errado. Código: {outcome.reference}.")
    problem = outcome.problems[0]
    if problem.code == PaymentNotFound.code:
        return _refusal(HTTPStatus.NOT_FOUND, "Este recibo não existe.")
    status = HTTPStatus.FORBIDDEN if problem.code == PermissionMissing.code else HTTPStatus.CONFLICT
    return _refusal(status, str(problem.values.get("denial") or problem.code))


def _refusal(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers={"cache-control": "no-store"})


_paths.register()
routes = [
    Route("/r/{token}", by_link, methods=["GET"]),
    Route("/r/{token}/pdf", pdf_by_link, methods=["GET"]),
    Route("/pdf/recibos/{number:number}", pdf, methods=["GET"]),
    Route("/recibos/{number:number}", on_paper, methods=["GET"]),
]
