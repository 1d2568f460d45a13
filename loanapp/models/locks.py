"""Row and advisory locks, the only place that takes them (architecture.md P5 to P8).

Order: advisory lock, client, WhatsApp instance, message; of a kind, ascending id.  A lock always re-reads the row
(`populate_existing`), and what decides is read in a later statement, which sees a new snapshot.  `FOR NO KEY UPDATE`
lets child rows be inserted by others meanwhile without a deadlock.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from domain.audit import SYSTEM_CHAIN
from domain.invoices import InvoiceStatus
from domain.messages import MessageStatus
from domain.permissions import Role
from domain.privacy import ClientAnonymised
from loanapp.models import scope
from loanapp.models.audit import AuditHead
from loanapp.models.auth import SignInThrottle, ThrottleKind, User, UserLink
from loanapp.models.clients import Client
from loanapp.models.cycle_sql import lock_clients
from loanapp.models.cycles import CycleRun
from loanapp.models.inbound import InboundEvent
from loanapp.models.invoices import Invoice
from loanapp.models.messages import Message, WhatsappInstance
from loanapp.models.requests import Request


def client(session: Session, client_id: UUID) -> Client | None:
    """Lock the client, and with it everything under it; raise ClientAnonymised, so that nothing is done any more."""
    locked = session.scalar(
        select(Client)
        .where(Client.id == client_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return _living(locked) if locked else None


def clients(session: Session, client_ids: Iterable[UUID]) -> Sequence[Client]:
    """Lock the clients among the ids, in ascending id; raise ClientAnonymised, so that nothing is done any more."""
    return [_living(locked) for locked in session.scalars(_clients(client_ids))]


def clients_beyond_scope(session: Session, client_ids: Iterable[UUID]) -> Sequence[Client]:
    """Lock the clients among the ids, also those that a scoped actor doesn't see, to note who asked about them."""
    return session.scalars(scope.outside(_clients(client_ids))).all()


def _clients(client_ids: Iterable[UUID]) -> Select[Client]:
    return (
        select(Client)
        .where(Client.id.in_(set(client_ids)))
        .order_by(Client.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def client_of_request(session: Session, request_id: UUID) -> tuple[Client, Request] | None:
    """Lock the client of a request, then read the request as it now stands."""
    locked = session.scalar(
        select(Client)
        .join(Request, Request.client_id == Client.id)
        .where(Request.id == request_id)
        .with_for_update(of=Client, key_share=True)
        .execution_options(populate_existing=True)
    )
    if locked is None:
        return None
    request = session.get_one(Request, request_id, populate_existing=True)
    return _living(locked), request


def _living(locked: Client) -> Client:
    if locked.anonymised_on is not None:
        raise ClientAnonymised(on=locked.anonymised_on)
    return locked


def invoices_due_on(session: Session, effective_due_date: date) -> list[int]:
    """Lock the clients who have something unsettled due on a date, then return those invoices' ids."""
    unsettled = (
        select(Request.client_id, Invoice.id)
        .join(Invoice, Invoice.request_id == Request.id)
        .where(Invoice.effective_due_date == effective_due_date, Invoice.status == InvoiceStatus.OPEN)
    )
    owners = unsettled.with_only_columns(Request.client_id)
    session.execute(select(Client.id).where(Client.id.in_(owners)).order_by(Client.id).with_for_update(key_share=True))
    return [row.id for row in session.execute(unsettled)]


def system_chain(session: Session) -> AuditHead:
    """Lock the head of the audit chain of events about no client, making it on first use."""
    _lock_name(session, "audit.system")
    head = session.get(AuditHead, SYSTEM_CHAIN, populate_existing=True)
    if head is None:
        head = AuditHead(chain=SYSTEM_CHAIN, count=0, head="")
        session.add(head)
    return head


def instance(session: Session, name: str) -> WhatsappInstance | None:
    """Lock the WhatsApp instance's row: its lease, its pause and its state."""
    return session.scalar(
        select(WhatsappInstance)
        .where(WhatsappInstance.name == name)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def message(session: Session, message_id: UUID) -> Message | None:
    """Lock one text; its client must be locked before."""
    return session.scalar(
        select(Message)
        .where(Message.id == message_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def messages_past_lease(session: Session, now: datetime, limit: int) -> Sequence[Message]:
    """Lock texts whose sender never came back, passing over those that somebody settles right now."""
    return session.scalars(
        select(Message)
        .where(Message.status == MessageStatus.SENDING, Message.leased_until < now)
        .order_by(Message.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def queued_messages(session: Session, client_id: UUID) -> Sequence[Message]:
    """Lock what is queued for a client, who must be locked before, in ascending id."""
    return session.scalars(
        select(Message)
        .where(Message.client_id == client_id, Message.status == MessageStatus.QUEUED)
        .order_by(Message.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def inbound_event(session: Session, event_id: UUID) -> InboundEvent | None:
    """Lock one webhook, unless another worker already handles it."""
    return session.scalar(
        select(InboundEvent)
        .where(InboundEvent.id == event_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def cycle(session: Session, name: str) -> None:
    """Let one transaction at a time open or close runs of a cycle."""
    _lock_name(session, f"cycle.{name}")


def proofs(session: Session) -> None:
    """Let one transaction at a time take a proof on."""
    _lock_name(session, "proofs")


def cash_of(session: Session, user_id: UUID) -> None:
    """Let one transaction at a time add to the cash that a user took; before any client is locked."""
    _lock_name(session, f"cash.{user_id}")


def look_ups_of(session: Session, user_id: UUID) -> None:
    """Let one transaction at a time add to the look-ups that a user made; before any client is locked."""
    _lock_name(session, f"look-ups.{user_id}")


def _lock_name(session: Session, name: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def run(session: Session, run_id: UUID) -> CycleRun:
    """Lock a run's row to add to its counts; taken last, since every worker of the run wants it."""
    return session.scalars(
        select(CycleRun)
        .where(CycleRun.id == run_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def clients_of_run(
    session: Session, run: CycleRun, clients_per_chunk: int, *, after: int, until: int | None, is_waiting: bool
) -> Sequence[Row[tuple[UUID, int, UUID]]]:
    """Lock the next clients that a run has not visited, by number; return (client, its number, contract).

    It passes over those that others hold, or waits for them where `is_waiting`.
    """
    parameters = {
        "run": run.id, "date": run.business_date, "clients_per_chunk": clients_per_chunk, "after": after,
        "until": until, **run.part_parameters,
    }  # fmt: skip
    return session.execute(lock_clients(run.cycle, run.part, is_waiting=is_waiting), parameters).all()


def events_waiting_for(session: Session, provider_key: str) -> Sequence[InboundEvent]:
    """Lock the webhooks about a text that came before the answer to its call, passing over those being handled."""
    data = InboundEvent.payload["data"]
    return session.scalars(
        select(InboundEvent)
        .where(
            InboundEvent.handled_at.is_(None),
            or_(data["keyId"].astext == provider_key, data["key"]["id"].astext == provider_key),
        )
        .with_for_update(key_share=True, skip_locked=True)
    ).all()


def user(session: Session, user_id: UUID) -> User | None:
    """Lock a user: password, second factor, role and active state."""
    return session.scalar(
        select(User).where(User.id == user_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    )


def active_administrators(session: Session) -> Sequence[User]:
    """Lock the administrators who can sign in, in ascending id, so that of two who go, one sees that the other went."""
    return session.scalars(
        select(User)
        .where(User.role == Role.SUPER_ADMIN, User.is_active, User.password_hash.is_not(None))
        .order_by(User.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def user_link(session: Session, token_hash: str) -> UserLink | None:
    """Lock a one-time link; its user must be locked before."""
    return session.scalar(
        select(UserLink)
        .where(UserLink.token_hash == token_hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def clients_of_supervisor(session: Session, supervisor_id: UUID) -> Sequence[Client]:
    """Lock the clients assigned to a supervisor, in ascending id."""
    return session.scalars(
        select(Client)
        .where(Client.supervisor_id == supervisor_id)
        .order_by(Client.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def sign_in_throttle(session: Session, kind: ThrottleKind, key: str, now: datetime) -> SignInThrottle:
    """Lock a counter of failed sign-ins, making it on first use: one statement, so that no two make it."""
    made = insert(SignInThrottle).values(kind=kind, key=key, failures=0, failed_at=now)
    found = made.on_conflict_do_update(
        index_elements=[SignInThrottle.kind, SignInThrottle.key], set_={"key": made.excluded.key}
    ).returning(SignInThrottle)
    row: SignInThrottle = session.scalars(found, execution_options={"populate_existing": True}).one()
    return row


def stale_sign_in_throttles(session: Session, before: datetime) -> Sequence[SignInThrottle]:
    """Lock the counters without a failure since an instant, passing over those that somebody counts on right now."""
    return session.scalars(
        select(SignInThrottle)
        .where(SignInThrottle.failed_at < before)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
