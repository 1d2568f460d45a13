"""Use cases of the nightly proof: take one on when it is due, ask for one by hand, keep what it found.

The check itself is a read (`queries/verification.py`); `tasks/proofs.py` strings them together.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import func, insert, or_, select

from domain.cycles import CLOSED, Cycle
from domain.errors import Conflict
from domain.permissions import Permission
from domain.proofs import ABANDONED_AFTER, Difference, date_to_prove, kept_of
from loanapp.models import locks
from loanapp.models.cycles import IS_WHOLE, CycleRun, Proof, ProofDifference, charge_holidays
from loanapp.services import _audit
from loanapp.services._use_case import Tx, use_case

QUEUE = "proofs"


class NothingClosed(Conflict):
    """No business date was closed yet, so there is nothing to prove."""

    code = "proof.nothing_closed"


@dataclass(frozen=True, kw_only=True)
class RequestProof:
    """Ask for a proof now. The caller makes the id: the same one again is the same proof."""

    proof_id: UUID


@dataclass(frozen=True, kw_only=True)
class FinishProof:
    """Keep what a proof found."""

    proof_id: UUID
    requests_checked: int
    clients_checked: int
    differences: Sequence[Difference]


@use_case(Permission.BOOK_VERIFY)
def request_proof(tx: Tx, command: RequestProof) -> None:
    """Ask for a proof of the newest closed date; raise NothingClosed."""
    locks.proofs(tx.session)
    if tx.session.get(Proof, command.proof_id) is not None:
        return
    through = _last_closed(tx).get(Cycle.MORA)
    if through is None:
        raise NothingClosed
    tx.session.add(Proof(id=command.proof_id, business_date=through, requested_by=tx.actor.user_id, opened_at=tx.now))
    tx.session.flush()
    _audit.note(tx, None, "proof.requested", "proof", command.proof_id, after={"business_date": through.isoformat()})
    tx.ring(QUEUE, command.proof_id)


@use_case(Permission.BOOK_VERIFY)
def take_proof(tx: Tx, _command: None) -> UUID | None:
    """Take on a proof that waits, or the one that is due after the cycles; None when there is none to make.

    Of two workers one takes it; one that a worker left unfinished is taken on again after an hour.
    """
    locks.proofs(tx.session)
    waiting = tx.session.scalar(
        select(Proof)
        .where(
            Proof.finished_at.is_(None),
            or_(Proof.started_at.is_(None), Proof.started_at < tx.now - ABANDONED_AFTER),
        )
        .order_by(Proof.opened_at)
        .limit(1)
    )
    if waiting is not None:
        waiting.started_at = tx.now
        return waiting.id
    due = date_to_prove(_last_closed(tx), today=tx.business_date, skipping=charge_holidays(tx.session))
    by_clock = select(Proof.id).where(Proof.business_date == due, Proof.requested_by.is_(None))
    if due is None or tx.session.scalar(by_clock) is not None:
        return None
    proof = Proof(id=uuid4(), business_date=due, opened_at=tx.now, started_at=tx.now)
    tx.session.add(proof)
    return proof.id


@use_case(Permission.BOOK_VERIFY)
def finish_proof(tx: Tx, command: FinishProof) -> None:
    """Keep what a proof found, once: of two who made the same, the first."""
    locks.proofs(tx.session)
    proof = tx.session.get_one(Proof, command.proof_id, populate_existing=True)
    if proof.finished_at is not None:
        return
    proof.finished_at, proof.differences = tx.now, len(command.differences)
    proof.requests_checked, proof.clients_checked = command.requests_checked, command.clients_checked
    kept = [{"proof_id": proof.id, **asdict(difference)} for difference in kept_of(command.differences)]
    if kept:
        tx.session.execute(insert(ProofDifference), kept)
    facts = {"business_date": proof.business_date.isoformat(), "differences": proof.differences}
    _audit.note(tx, None, "proof.finished", "proof", proof.id, after=facts)


def _last_closed(tx: Tx) -> dict[Cycle, date | None]:
    rows = tx.session.execute(
        select(CycleRun.cycle, func.max(CycleRun.business_date))
        .where(CycleRun.status.in_(CLOSED), IS_WHOLE)
        .group_by(CycleRun.cycle)
    )
    return {Cycle(cycle): business_date for cycle, business_date in rows}
