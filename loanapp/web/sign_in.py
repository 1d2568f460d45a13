"""Routes of signing in and out: native POSTs, so that no password or code enters Reflex's state, socket or logs.

Each checks the Origin.  A form gets 303, a full navigation, because Reflex takes the cookie once per socket; the
script of the session-end dialog, which sends `Accept: application/json`, stays on its page: it gets 204, or a status
with `{"passo": "codigo"}` when a code is needed, `{"erro": …}` when it was refused.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from domain.permissions import Permission
from loanapp import bridge, clock, edge
from loanapp.bridge import Outcome
from loanapp.services import auth
from loanapp.services.users import UseLink, use_link
from loanapp.settings import current
from loanapp.web import visitors
from loanapp.web._doors import guarded, open_to_all

TOKEN_MINUTES = 30  # The cookie's life; pages renew it while visible, up to the end of the session's row.
SIGN_IN_PAGE = "/entrar"
START_PAGE = "/"
LINK_PAGES = ("/primeiro-acesso", "/redefinir-senha")
_FIELDS_MAXIMUM = 10
# What the pages and the script call a refusal, and the status that the script gets.
_REFUSALS = {
    "auth.credentials_wrong": ("senha", HTTPStatus.UNAUTHORIZED),
    "auth.code_wrong": ("codigo", HTTPStatus.UNAUTHORIZED),
    "auth.too_many_attempts": ("bloqueio", HTTPStatus.TOO_MANY_REQUESTS),
    "auth.link_not_good": ("link", HTTPStatus.NOT_FOUND),
    "auth.password_too_short": ("curta", HTTPStatus.UNPROCESSABLE_ENTITY),
    "auth.password_easy": ("facil", HTTPStatus.UNPROCESSABLE_ENTITY),
}
_STEP_OVER = {"erro": "prazo"}


def local_path(address: str) -> str:
    """Return the address if it is a path of ours, else the start page: an open redirect is refused."""
    is_local = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_local and "\\" not in address else START_PAGE


def second_step_cookie() -> str:
    """Return the name of the cookie between the password and the code."""
    return f"{'__Host-' if current().is_secure else ''}second-step"


@open_to_all
async def sign_in(request: Request) -> Response:
    """Open a session for an e-mail and a password, or ask for the code; go to `next` if it is a path of ours."""
    if visitors.is_foreign(request):
        return _forbidden()
    form = await _texts(request)
    address = edge.client_address(request.scope)
    await bridge.enter("")
    counted = await bridge.run(auth.count_attempt, auth.Attempt(email=form["email"], address=address))
    if not counted.ok:
        return _refused(request, counted, form["next"])
    outcome = await bridge.run(
        auth.sign_in,
        auth.SignIn(
            email=form["email"],
            password=form["senha"],
            address=address,
            user_agent=request.headers.get("user-agent", ""),
            previous_reference=_reference(request),
        ),
    )
    if not outcome.ok:
        return _refused(request, outcome, form["next"])
    if isinstance(outcome.result, auth.SecondFactorAsked):
        return _ask_code(request, outcome.result, form["next"])
    return _let_in(request, outcome.result, form["next"])


@open_to_all
async def sign_in_code(request: Request) -> Response:
    """Finish signing in with a code, for who gave the right password a few minutes ago."""
    if visitors.is_foreign(request):
        return _forbidden()
    form = await _texts(request)
    waiting = edge.second_step(request.cookies.get(second_step_cookie(), ""))
    if waiting is None:
        return _answer(request, _STEP_OVER, form["next"], HTTPStatus.UNAUTHORIZED)
    email, proof = waiting
    address = edge.client_address(request.scope)
    await bridge.enter("")
    counted = await bridge.run(auth.count_attempt, auth.Attempt(email=email, address=address))
    if not counted.ok:
        return _refused(request, counted, form["next"])
    outcome = await bridge.run(
        auth.sign_in_code,
        auth.SignInCode(
            email=email,
            proof=proof,
            code=form["codigo"],
            address=address,
            user_agent=request.headers.get("user-agent", ""),
            previous_reference=_reference(request),
        ),
    )
    return _let_in(request, outcome.result, form["next"]) if outcome.ok else _refused(request, outcome, form["next"])


@open_to_all
async def set_password(request: Request) -> Response:
    """Set a password by a one-time link, then let the person sign in with it."""
    if visitors.is_foreign(request):
        return _forbidden()
    form = await _texts(request)
    await bridge.enter("")
    order = UseLink(token=form["token"], password=form["senha"], address=edge.client_address(request.scope))
    outcome = await bridge.run(use_link, order)
    if outcome.ok:
        return RedirectResponse(f"{SIGN_IN_PAGE}?aviso=senha", status_code=HTTPStatus.SEE_OTHER)
    said, _ = _said(outcome)
    page = form["pagina"] if form["pagina"] in LINK_PAGES else LINK_PAGES[0]
    return RedirectResponse(f"{page}?{urlencode(said)}", status_code=HTTPStatus.SEE_OTHER)


@guarded(Permission.SESSION_USE)
async def sign_out(request: Request) -> Response:
    """End the session in every tab and forget the cookie."""
    if visitors.is_foreign(request):
        return _forbidden()
    if await visitors.enter(request):
        await bridge.run(auth.sign_out, auth.SignOut(reference=_reference(request)))
    response = RedirectResponse(SIGN_IN_PAGE, status_code=HTTPStatus.SEE_OTHER)
    _forget_cookie(response, current().session_cookie)
    return response


@guarded(Permission.SESSION_USE)
async def renew(request: Request) -> Response:
    """Seal a fresh cookie for a session that is still good; 401 when it is not."""
    if visitors.is_foreign(request):
        return _forbidden()
    is_signed_in = await visitors.enter(request) is not None
    outcome = await bridge.run(auth.renew_session, None) if is_signed_in else None
    if outcome is None or not outcome.ok:
        return Response(status_code=HTTPStatus.UNAUTHORIZED)
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    _set_session_cookie(response, visitors.session_id(request), outcome.result)
    return response


def _forbidden() -> Response:
    return PlainTextResponse("Forbidden", status_code=HTTPStatus.FORBIDDEN)


async def _texts(request: Request) -> bridge.FormText:
    return bridge.texts_of(dict(await request.form(max_fields=_FIELDS_MAXIMUM, max_files=0)))


def _reference(request: Request) -> str:
    return edge.reference_of(visitors.session_id(request))


def _wants_no_page(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _said(outcome: Outcome) -> tuple[dict[str, object], HTTPStatus]:
    """Return how a refusal is told: its word, with the minutes of a block, or the reference of a fault."""
    if not outcome.problems:
        return {"erro": outcome.reference}, HTTPStatus.INTERNAL_SERVER_ERROR
    problem = outcome.problems[0]
    word, status = _REFUSALS.get(problem.code, ("senha", HTTPStatus.UNAUTHORIZED))
    said: dict[str, object] = {"erro": word}
    if "minutes" in problem.values:
        said["minutos"] = problem.values["minutes"]
    return said, status


def _refused(request: Request, outcome: Outcome, next_address: str) -> Response:
    said, status = _said(outcome)
    step = {"passo": "codigo"} if said["erro"] == "codigo" else {}
    return _answer(request, step | said, next_address, status)


def _ask_code(request: Request, asked: auth.SecondFactorAsked, next_address: str) -> Response:
    response = _answer(request, {"passo": "codigo"}, next_address, HTTPStatus.UNAUTHORIZED)
    token = edge.seal_second_step(asked.email, asked.proof, asked.expires_at)
    _set_cookie(response, second_step_cookie(), token)
    return response


def _answer(request: Request, said: dict[str, object], next_address: str, status: HTTPStatus) -> Response:
    """Tell the script, or send the browser to the sign-in page that tells the person."""
    if _wants_no_page(request):
        return JSONResponse(said, status_code=status)
    query = urlencode(said | {"next": local_path(next_address)})
    return RedirectResponse(f"{SIGN_IN_PAGE}?{query}", status_code=HTTPStatus.SEE_OTHER)


def _let_in(request: Request, signed: auth.SignedIn, next_address: str) -> Response:
    response = (
        Response(status_code=HTTPStatus.NO_CONTENT)
        if _wants_no_page(request)
        else RedirectResponse(local_path(next_address), status_code=HTTPStatus.SEE_OTHER)
    )
    _set_session_cookie(response, signed.session_id, signed.expires_at)
    if second_step_cookie() in request.cookies:
        _forget_cookie(response, second_step_cookie())
    return response


def _set_session_cookie(response: Response, identity: str, session_ends_at: datetime) -> None:
    expires_at = min(clock.moment().now + timedelta(minutes=TOKEN_MINUTES) * clock.speed(), session_ends_at)
    _set_cookie(response, current().session_cookie, edge.seal(identity, expires_at))


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=current().is_secure, path="/")


def _forget_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", httponly=True, samesite="strict", secure=current().is_secure)


routes = [
    Route("/auth/entrar", sign_in, methods=["POST"]),
    Route("/auth/codigo", sign_in_code, methods=["POST"]),
    Route("/auth/senha", set_password, methods=["POST"]),
    Route("/auth/sair", sign_out, methods=["POST"]),
    Route("/auth/renovar", renew, methods=["POST"]),
]
