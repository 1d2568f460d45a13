"""The route by which runners and probes ask whether this worker can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loanapp import bridge
from loanapp.queries import auth
from loanapp.web._doors import open_to_all


@open_to_all
async def ready(_request: Request) -> Response:
    """Answer 200 when the database answers, 503 when it does not."""
    await bridge.enter("")
    outcome = await bridge.read(auth.session_by_reference, "")
    return JSONResponse({"database": outcome.ok}, status_code=200 if outcome.ok else 503)


routes = [Route("/api/health", ready)]
