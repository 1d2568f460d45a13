"""Routes of one's own access that take a password: native POSTs, so that none enters Reflex's state, socket or logs.

Each answers with 303 to Perfil, which knows the words for the outcome that its address names.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.permissions import Actor, Permission
from loanapp import bridge
from loanapp.clock import Moment
from loanapp.services.auth import ChangePassword, change_password
from loanapp.services.second_factor import RemoveSecondFactor, remove_second_factor
from loanapp.web import visitors
from loanapp.web._doors import guarded

PAGE = "/perfil"
SIGN_IN_PAGE = "/entrar"
DONE = "ok"
_FIELDS_MAXIMUM = 5


async def _post(
    request: Request,
    parameter: str,
    use_case: Callable[[Actor, Moment, Any], object],
    parse: Callable[[bridge.FormText], object],
) -> Response:
    """Run a use case with the form's order, and go back to Perfil with `parameter` saying what came of it."""
    if visitors.is_foreign(request):
        return PlainTextResponse("Forbidden", status_code=HTTPStatus.FORBIDDEN)
    if await visitors.enter(request) is None:
        return RedirectResponse(f"{SIGN_IN_PAGE}?{urlencode({'next': PAGE})}", status_code=HTTPStatus.SEE_OTHER)
    form = bridge.texts_of(dict(await request.form(max_fields=_FIELDS_MAXIMUM, max_files=0)))
    outcome = await bridge.run(use_case, parse(form))
    said = {parameter: DONE if outcome.ok else outcome.reference}
    if outcome.problems:
        problem = outcome.problems[0]
        said = {parameter: problem.code, **{name: str(value) for name, value in problem.values.items()}}
    return RedirectResponse(f"{PAGE}?{urlencode(said)}", status_code=HTTPStatus.SEE_OTHER)


@guarded(Permission.SESSION_USE)
async def password(request: Request) -> Response:
    """Change one's own password."""
    return await _post(
        request, "senha", change_password, lambda form: ChangePassword(current=form["atual"], new=form["nova"])
    )


@guarded(Permission.SESSION_USE)
async def remove_factor(request: Request) -> Response:
    """Remove one's own second factor."""
    return await _post(
        request, "segundo_fator", remove_second_factor, lambda form: RemoveSecondFactor(password=form["senha"])
    )


routes = [
    Route("/auth/perfil/senha", password, methods=["POST"]),
    Route("/auth/perfil/segundo-fator", remove_factor, methods=["POST"]),
]
