"""The route of a calculation as PDF: of a loan, or of one of its invoices, as of a day."""

import asyncio
from datetime import date
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.explanations import CalculationBeforeDisbursement
from domain.permissions import Permission, PermissionMissing
from domain.requests import RequestNotFound
from loanapp import bridge
from loanapp.papers.calculation import calculation_pdf
from loanapp.queries.calculations import CalculationOf, calculation_paper
from loanapp.web import _paths, visitors
from loanapp.web._doors import guarded

_INVOICE_DIGITS = 4
_STATUSES = {
    RequestNotFound.code: HTTPStatus.NOT_FOUND,
    CalculationBeforeDisbursement.code: HTTPStatus.NOT_FOUND,
    PermissionMissing.code: HTTPStatus.FORBIDDEN,
}


@guarded(Permission.REQUESTS_VIEW)
async def as_pdf(request: Request) -> Response:
    """Give the calculation of a loan, of its invoice `parcela`, as of `ate` (ISO; today where it is left out)."""
    if await visitors.enter(request) is None:
        return _refusal(HTTPStatus.UNAUTHORIZED, "Entre no sistema para continuar.")
    asked = _asked(request)
    if asked is None:
        return _refusal(HTTPStatus.NOT_FOUND, "Não há cálculo com este número ou nesta data.")
    read = await bridge.read(calculation_paper, asked)
    if read.reference:
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"Algo deu errado. Código: {read.reference}.")
    if not read.ok:
        problem = read.problems[0]
        text = str(problem.values.get("denial") or "Não há cálculo com este número ou nesta data.")
        return _refusal(_STATUSES.get(problem.code, HTTPStatus.CONFLICT), text)
    # Drawing takes a while: beside the loop that serves everybody.
    content = await asyncio.to_thread(calculation_pdf, read.result)
    found = read.result.calculation
    part = "" if found.invoice_number is None else f"-parcela-{found.invoice_number}"
    name = f"calculo-{found.number}{part}-{found.as_of.isoformat()}.pdf"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _asked(request: Request) -> CalculationOf | None:
    """Read what is asked for; None for what no calculation can have."""
    number, invoice = request.path_params["number"], request.query_params.get("parcela", "")
    is_number = invoice.isascii() and invoice.isdigit() and len(invoice) <= _INVOICE_DIGITS
    if invoice and not is_number:
        return None
    written = request.query_params.get("ate", "")
    try:
        as_of = date.fromisoformat(written) if written else None
    except ValueError:
        return None
    return CalculationOf(number=number, invoice_number=int(invoice) if invoice else None, as_of=as_of)


def _refusal(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers={"cache-control": "no-store"})


_paths.register()
routes = [Route("/pdf/calculo/{number:number}", as_pdf, methods=["GET"])]
