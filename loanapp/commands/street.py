"""What the demo's people did beyond the desk: clients given to a street supervisor, and loans given up as lost."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid5

from domain.permissions import Actor
from loanapp.clock import Moment
from loanapp.commands.past import Past
from loanapp.services import approvals, assignments
from loanapp.services.approvals import Decide, MarkLost
from loanapp.services.assignments import AssignSupervisor

# Every third borrower who had a loan two weeks ago is visited; one loan is lost, and one waits for a second person.
_VISITED = range(7, 40, 3)
_LOST, _IN_DOUBT = 39, 38


def plan_street(
    past: Past, supervisor: Actor, *, asks: Actor, decides: Actor, client_id_of: Callable[[int], UUID]
) -> None:
    """Plan the assignments, a loss that an administrator granted, and one that is asked for and not decided."""
    visited = AssignSupervisor(
        client_ids=tuple(client_id_of(index) for index in _VISITED), supervisor_id=supervisor.user_id
    )
    past.plan(past.last - timedelta(days=14), 10 * 60, lambda moment: _assign(asks, moment, visited))
    lost = _wish(client_id_of(_LOST), "Mudou de cidade sem deixar endereço; o telefone não existe mais.")
    past.plan(past.last - timedelta(days=6), 11 * 60, lambda moment: _lose(asks, moment, lost))
    granted = Decide(approval_id=lost.approval_id, reason="Três visitas sem achar ninguém.")
    past.plan(past.last - timedelta(days=5), 11 * 60, lambda moment: approvals.grant(decides, moment, granted))
    in_doubt = _wish(client_id_of(_IN_DOUBT), "A empresa onde trabalhava fechou; sem renda desde março.")
    past.plan(past.last - timedelta(days=1), 16 * 60, lambda moment: _lose(asks, moment, in_doubt))


def _wish(client_id: UUID, reason: str) -> MarkLost:
    return MarkLost(request_id=uuid5(client_id, "request"), approval_id=uuid5(client_id, "write-off"), reason=reason)


def _assign(actor: Actor, moment: Moment, order: AssignSupervisor) -> None:
    assignments.assign_supervisor(actor, moment, order)


def _lose(actor: Actor, moment: Moment, order: MarkLost) -> None:
    approvals.mark_lost(actor, moment, order)
