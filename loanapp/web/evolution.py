"""The route by which Evolution API tells us what happened: proved, read, stored, answered; applied later by a task.

200 once the event is stored, 500 to be told again, 401 to a stranger.  What is malformed or asks for nothing is
answered 200 as well, since being told again would not help (whatsapp.md §7).
"""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from loanapp import bridge, clock
from loanapp.evolution import webhooks
from loanapp.services import inbound
from loanapp.settings import current
from loanapp.web._doors import open_to_all


@open_to_all
async def receive(request: Request) -> Response:
    """Store one webhook."""
    if not webhooks.is_authentic(request.headers, current().evolution_webhook_secret, clock.moment().now):
        return PlainTextResponse("Unauthorized", status_code=401)
    try:
        body = await _body(request)
    except ClientDisconnect:
        return PlainTextResponse("Incomplete", status_code=500)
    if body is None:
        return PlainTextResponse("Too large", status_code=413)
    webhook = webhooks.parse(body)
    if webhook is None:
        return PlainTextResponse("Nothing to do")
    # Whoever sends a webhook is nobody, whatever session this worker served before.
    await bridge.enter("")
    outcome = await bridge.run(
        inbound.store_event,
        inbound.StoreEvent(
            instance=webhook.instance,
            event=webhook.event,
            dedupe_key=webhook.dedupe_key,
            payload=webhook.payload,
            is_state=webhook.is_state,
        ),
    )
    return PlainTextResponse("Stored" if outcome.ok else "Try again", status_code=200 if outcome.ok else 500)


async def _body(request: Request) -> bytes | None:
    """Read the body, None as soon as it is longer than any webhook is: nothing of it is kept."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > webhooks.BODY_BYTES_MAXIMUM:
            return None
    return bytes(read)


routes = [Route("/webhooks/evolution", receive, methods=["POST"])]
