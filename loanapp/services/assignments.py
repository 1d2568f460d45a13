"""The use case that says which street supervisor visits a client: from then on that supervisor sees the client."""

from dataclasses import dataclass
from uuid import UUID

from domain.clients import ClientNotFound, SupervisorUnchanged, SupervisorUnfit, optional_text
from domain.errors import Checks
from domain.permissions import Permission, Role
from loanapp.models import locks
from loanapp.models.auth import User
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

CLIENTS_MAXIMUM = 500


@dataclass(frozen=True, kw_only=True)
class AssignSupervisor:
    """Give clients to a street supervisor, or to none."""

    client_ids: tuple[UUID, ...]
    supervisor_id: UUID | None
    reason: str = ""


@use_case(Permission.CLIENTS_ASSIGN)
def assign_supervisor(tx: Tx, command: AssignSupervisor) -> int:
    """Assign the clients and return how many changed; all of them or, where one is not there, none.

    Raises SupervisorUnfit for whoever is no active street supervisor, SupervisorUnchanged where nothing would change.
    """
    assert len(command.client_ids) <= CLIENTS_MAXIMUM
    checks = Checks()
    reason = checks.take("reason", optional_text, command.reason)
    checks.finish()
    wanted = _supervisor(tx, command.supervisor_id)
    clients = locks.clients(tx.session, command.client_ids)
    if len(clients) != len(set(command.client_ids)) or not clients:
        raise ClientNotFound(field="client_ids")
    changing = [client for client in clients if client.supervisor_id != command.supervisor_id]
    if not changing:
        raise SupervisorUnchanged(field="supervisor_id")
    for client in changing:
        before = tx.session.get(User, client.supervisor_id) if client.supervisor_id else None
        client.supervisor_id = command.supervisor_id
        _audit.note(
            tx, client, "client.supervisor_changed", "client", client.id,
            before=_shown(before), after=_shown(wanted), reason=reason or "",
        )  # fmt: skip
    return len(changing)


def _supervisor(tx: Tx, user_id: UUID | None) -> User | None:
    if user_id is None:
        return None
    user = locks.user(tx.session, user_id)
    if user is None or not user.is_active or user.role != Role.STREET_SUPERVISOR:
        raise SupervisorUnfit(field="supervisor_id")
    return user


def _shown(user: User | None) -> dict[str, str | None]:
    return {"supervisor_id": str(user.id) if user else None, "supervisor": user.name if user else ""}
