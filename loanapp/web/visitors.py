"""Who stands behind an HTTP request: shared by the routes that a signed-in person's browser calls."""

from starlette.requests import Request

from loanapp import bridge, edge
from loanapp.queries.auth import OpenSession
from loanapp.settings import current


def is_foreign(request: Request) -> bool:
    """Whether a request that writes comes from another site's page, or does not say where it comes from."""
    return request.headers.get("origin") != current().public_url


async def enter(request: Request) -> OpenSession | None:
    """Make the session's actor that of this request; None, and nobody acts, without a good session."""
    return await bridge.enter(edge.reference_of(session_id(request)))


def session_id(request: Request) -> str:
    """Return the session id in the request's cookie; empty when there is none that is sealed and not expired."""
    return edge.session_id(request.cookies.get(current().session_cookie, ""))
