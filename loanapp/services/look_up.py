"""The one way past the row scope: a scoped actor asks whether a CPF, CNPJ or phone is a client's, and little more.

It is a use case, since asking about somebody who is not one's own is an event, found or not.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from domain.clients import LookUpsSpent, Phone, TaxId, reduced_name
from domain.errors import DomainError
from domain.permissions import Permission
from loanapp.models import locks, scope
from loanapp.models.audit import AuditEvent
from loanapp.models.clients import Client
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

ACTION = "client.looked_up"
# A day on the street has fewer strangers; who asks more often is trying numbers.
LOOK_UPS_PER_DAY = 40
CARDS_MAXIMUM = 5


@dataclass(frozen=True, kw_only=True)
class ReducedCard:
    """What anybody may know of a client: never the debt, the number or the address.

    `client_id` is given for a client that the actor sees in full.
    """

    name: str
    district: str
    is_assigned: bool
    client_id: UUID | None


@use_case(Permission.CLIENTS_LOOK_UP)
def look_up(tx: Tx, text: str) -> tuple[ReducedCard, ...]:
    """Return the cards of the clients with exactly this CPF, CNPJ or phone; none for any other text.

    Raises LookUpsSpent when a scoped actor asked too often that day.
    """
    number = _number(text)
    if number is None:
        return ()
    if not tx.actor.is_scoped:
        return tuple(_card(client, is_mine=True) for client in _found(tx, number))
    assert tx.actor.user_id is not None
    locks.look_ups_of(tx.session, tx.actor.user_id)
    if _asked_today(tx) >= LOOK_UPS_PER_DAY:
        raise LookUpsSpent(limit=LOOK_UPS_PER_DAY)
    clients = locks.clients_beyond_scope(tx.session, [client.id for client in _found(tx, number)])
    strangers = [client for client in clients if client.supervisor_id != tx.actor.user_id]
    by = "tax_id" if isinstance(number, TaxId) else "phone"
    for client in strangers:
        _audit.note(tx, client, ACTION, "client", client.id, after={"by": by})
    if not clients:
        _audit.note(tx, None, ACTION, "client", "", after={"by": by})
    return tuple(_card(client, is_mine=client not in strangers) for client in clients)


def _number(text: str) -> TaxId | Phone | None:
    for parse in (TaxId.parse, Phone.parse):
        try:
            return parse(text)
        except DomainError:
            continue
    return None


def _found(tx: Tx, number: TaxId | Phone) -> tuple[Client, ...]:
    condition: ColumnElement[bool]
    if isinstance(number, TaxId):
        condition = Client.tax_id == number.text
    else:
        condition = or_(Client.phone == number.e164, Client.other_phone == number.e164)
    beyond = scope.outside(select(Client).where(condition).order_by(Client.id).limit(CARDS_MAXIMUM))
    return tuple(tx.session.scalars(beyond))


def _asked_today(tx: Tx) -> int:
    events = select(func.count()).where(
        AuditEvent.actor_id == tx.actor.user_id,
        AuditEvent.action == ACTION,
        AuditEvent.business_date == tx.business_date,
    )
    return tx.session.scalar(scope.outside(events)) or 0


def _card(client: Client, *, is_mine: bool) -> ReducedCard:
    return ReducedCard(
        name=client.name if is_mine else reduced_name(client.name),
        district=client.district,
        is_assigned=client.supervisor_id is not None,
        client_id=client.id if is_mine else None,
    )
