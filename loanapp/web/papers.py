"""Routes of the papers about a loan: contract, carnê, statement, quittance, and the agreement of an offer, as PDF.

Each names a borrower in full, so it is noted who took it before it is given.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.papers import PaperKind
from domain.permissions import Permission
from loanapp import bridge
from loanapp.bridge import Outcome
from loanapp.papers.agreement import agreement_pdf
from loanapp.papers.carnet import carnet_pdf
from loanapp.papers.contract import contract_pdf
from loanapp.papers.quittance import quittance_pdf
from loanapp.papers.refusals import REFUSALS
from loanapp.papers.statement import statement_pdf
from loanapp.queries.agreement_paper import agreement_of, agreement_paper
from loanapp.queries.contract_paper import contract_paper
from loanapp.queries.loan_papers import StatementOf, carnet_paper, quittance_paper, statement_paper
from loanapp.services.papers import NotePaper, note_paper
from loanapp.web import _paths, visitors
from loanapp.web._doors import guarded

_HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex"}


@guarded(Permission.PAPERS_ISSUE)
async def contract(request: Request) -> Response:
    """Give a loan's contract; that of a loan which an agreement made is the agreement."""
    if await visitors.enter(request) is None:
        return _signed_out()
    number = request.path_params["number"]
    made_by = await bridge.read(agreement_of, number)
    if not made_by.ok:
        return _refused(made_by)
    if made_by.value is not None:
        read = await bridge.read(agreement_paper, made_by.value)
        return await _given(read, PaperKind.AGREEMENT, agreement_pdf, f"termo-emprestimo-{number}")
    return await _given(
        await bridge.read(contract_paper, number), PaperKind.CONTRACT, contract_pdf, f"contrato-{number}"
    )


@guarded(Permission.PAPERS_ISSUE)
async def carnet(request: Request) -> Response:
    """Give the slips of a loan's open invoices."""
    if await visitors.enter(request) is None:
        return _signed_out()
    number = request.path_params["number"]
    return await _given(await bridge.read(carnet_paper, number), PaperKind.CARNET, carnet_pdf, f"carne-{number}")


@guarded(Permission.PAPERS_ISSUE)
async def statement(request: Request) -> Response:
    """Give a loan's statement, as of the date of `ate`, or of today."""
    if await visitors.enter(request) is None:
        return _signed_out()
    number = request.path_params["number"]
    asked = StatementOf(number=number, as_of=_date(request.query_params.get("ate", "")))
    return await _given(
        await bridge.read(statement_paper, asked), PaperKind.STATEMENT, statement_pdf, f"extrato-{number}"
    )


@guarded(Permission.PAPERS_ISSUE)
async def quittance(request: Request) -> Response:
    """Give the quittance of a paid loan."""
    if await visitors.enter(request) is None:
        return _signed_out()
    number = request.path_params["number"]
    return await _given(
        await bridge.read(quittance_paper, number), PaperKind.QUITTANCE, quittance_pdf, f"quitacao-{number}"
    )


@guarded(Permission.RENEGOTIATIONS_VIEW)
async def agreement(request: Request) -> Response:
    """Give the agreement of an offer, or its proposal while it waits."""
    if await visitors.enter(request) is None:
        return _signed_out()
    read = await bridge.read(agreement_paper, request.path_params["offer_id"])
    name = f"renegociacao-{read.value.offer_number}" if read.value else ""
    return await _given(read, PaperKind.AGREEMENT, agreement_pdf, name)


async def _given(read: Outcome[Any], kind: PaperKind, write: Callable[[Any], bytes], name: str) -> Response:
    """Give a paper, once it is noted who took it: what can't be noted is not given."""
    if not read.ok:
        return _refused(read)
    paper = read.result
    noted = await bridge.run(note_paper, NotePaper(kind=kind, number=paper.parties.number))
    if not noted.ok:
        return _refused(noted)
    # Drawing takes a while: beside the loop that serves everybody.
    content = await asyncio.to_thread(write, paper)
    headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _signed_out() -> Response:
    return _refusal(HTTPStatus.UNAUTHORIZED, "Entre no sistema para continuar.")


def _refused(outcome: Outcome[Any]) -> Response:
    if outcome.reference:
        return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, f"Algo deu errado. Código: {outcome.reference}.")
    problem = outcome.problems[0]
    if problem.code == "not_allowed.permission":
        return _refusal(HTTPStatus.FORBIDDEN, str(problem.values["denial"]))
    status = HTTPStatus.NOT_FOUND if problem.code.endswith(".not_found") else HTTPStatus.CONFLICT
    return _refusal(status, REFUSALS.get(problem.code, problem.code))


def _refusal(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text, status_code=status, headers=_HEADERS)


_paths.register()
routes = [
    Route("/pdf/emprestimos/{number:number}/contrato", contract, methods=["GET"]),
    Route("/pdf/emprestimos/{number:number}/carne", carnet, methods=["GET"]),
    Route("/pdf/emprestimos/{number:number}/extrato", statement, methods=["GET"]),
    Route("/pdf/emprestimos/{number:number}/quitacao", quittance, methods=["GET"]),
    Route("/pdf/propostas/{offer_id:uuid}", agreement, methods=["GET"]),
]
