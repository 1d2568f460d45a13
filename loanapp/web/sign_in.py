"""Routes of signing in and out: native POSTs, so that the password never enters Reflex's state, socket or logs.

Each checks the Origin.  A form gets 303, a full navigation, because Reflex takes the cookie once per socket; the
script of the session-end dialog, which sends `Accept: application/json`, gets 204 or 401 and stays on its page.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loanapp import bridge, clock, edge
from loanapp.services import auth
from loanapp.settings import current

TOKEN_MINUTES = 30  # The cookie's life; pages renew it while visible, up to the end of the session's row.
SIGN_IN_PAGE = "/entrar"
START_PAGE = "/"


def local_path(address: str) -> str:
    """Return the address if it is a path of ours, else the start page: an open redirect is refused."""
    is_local = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_local and "\\" not in address else START_PAGE


def _is_foreign(request: Request) -> bool:
    return request.headers.get("origin") != current().public_url


def _wants_no_page(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _cookie_of(request: Request) -> str:
    return edge.session_id(request.cookies.get(current().session_cookie, ""))


def _set_cookie(response: Response, identity: str, session_ends_at: datetime) -> None:
    expires_at = min(clock.moment().now + timedelta(minutes=TOKEN_MINUTES) * clock.speed(), session_ends_at)
    response.set_cookie(
        current().session_cookie,
        edge.seal(identity, expires_at),
        httponly=True,
        samesite="strict",
        secure=current().is_secure,
        path="/",
    )


def _forget_cookie(response: Response) -> None:
    response.delete_cookie(
        current().session_cookie, path="/", httponly=True, samesite="strict", secure=current().is_secure
    )


async def sign_in(request: Request) -> Response:
    """Open a session for an e-mail and a password; go to `next` if it is a path of ours."""
    if _is_foreign(request):
        return PlainTextResponse("Forbidden", status_code=403)
    form = bridge.texts_of(dict(await request.form(max_fields=10, max_files=0)))
    await bridge.enter("")
    outcome = await bridge.run(
        auth.sign_in,
        auth.SignIn(
            email=form["email"],
            password=form["senha"],
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
        ),
    )
    next_path = local_path(form["next"])
    if not outcome.ok:
        if _wants_no_page(request):
            return Response(status_code=401 if outcome.problems else 500)
        reason = {"erro": "senha"} if outcome.problems else {"erro": outcome.reference}
        return RedirectResponse(f"{SIGN_IN_PAGE}?{urlencode({**reason, 'next': next_path})}", status_code=303)
    response = Response(status_code=204) if _wants_no_page(request) else RedirectResponse(next_path, status_code=303)
    _set_cookie(response, outcome.result.session_id, outcome.result.expires_at)
    return response


async def sign_out(request: Request) -> Response:
    """End the session in every tab and forget the cookie."""
    if _is_foreign(request):
        return PlainTextResponse("Forbidden", status_code=403)
    reference = edge.reference_of(_cookie_of(request))
    if await bridge.enter(reference):
        await bridge.run(auth.sign_out, auth.SignOut(reference=reference))
    response = RedirectResponse(SIGN_IN_PAGE, status_code=303)
    _forget_cookie(response)
    return response


async def renew(request: Request) -> Response:
    """Seal a fresh cookie for a session that is still good; 401 when it is not."""
    if _is_foreign(request):
        return PlainTextResponse("Forbidden", status_code=403)
    identity = _cookie_of(request)
    session = await bridge.enter(edge.reference_of(identity))
    response = Response(status_code=204 if session else 401)
    if session:
        _set_cookie(response, identity, session.expires_at)
    return response


routes = [
    Route("/auth/entrar", sign_in, methods=["POST"]),
    Route("/auth/sair", sign_out, methods=["POST"]),
    Route("/auth/renovar", renew, methods=["POST"]),
]
