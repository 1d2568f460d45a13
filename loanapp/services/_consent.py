"""What changes when a borrower says whether texts are welcome, whoever heard it: a form, a page or a webhook."""

from domain.audit import Origin
from domain.clients import optional_text
from domain.messages import Reason
from domain.privacy import ConsentOrigin
from loanapp.models.clients import Client
from loanapp.services import _audit, _outbox
from loanapp.services._use_case import Tx

CONSENT_CHANGED = "client.consent_changed"


def change(
    tx: Tx, client: Client, *, accepts: bool, origin: ConsentOrigin, reason: str = "", heard_by: Origin | None = None
) -> None:
    """Date a locked client's consent with its origin; an opt-out cancels what is queued, and is at once.

    Said again, it keeps its first date; `heard_by` is where the event came from, where it is not the actor's place.
    """
    if not accepts:
        _outbox.cancel_moot(tx, client, Reason.OPT_OUT)
    if client.accepts_messages == accepts:
        return
    before = _consent(client)
    client.accepts_messages, client.consent_on, client.consent_origin = accepts, tx.business_date, origin.value
    _audit.note(
        tx, client, CONSENT_CHANGED, "client", client.id,
        before=before, after=_consent(client), reason=optional_text(reason), origin=heard_by,
    )  # fmt: skip


def _consent(client: Client) -> dict[str, object]:
    return {
        "accepts_messages": client.accepts_messages,
        "consent_on": client.consent_on.isoformat(),
        "consent_origin": client.consent_origin,
    }
