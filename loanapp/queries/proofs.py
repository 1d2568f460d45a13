"""Reads about the proofs of the book: the newest one, and the last two weeks of them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, select

from domain.permissions import Permission
from domain.proofs import Difference
from loanapp.models.auth import User
from loanapp.models.cycles import Proof, ProofDifference
from loanapp.queries._query import Tx, query

PROOFS_SHOWN = 14


@dataclass(frozen=True, kw_only=True)
class ProofLine:
    """One proof: for which date, by whom (empty: the clock), when, of how much, and how many differences it found."""

    proof_id: UUID
    business_date: date
    requested_by_name: str
    opened_at: datetime
    finished_at: datetime | None
    requests_checked: int
    clients_checked: int
    differences: int


@dataclass(frozen=True, kw_only=True)
class ProofRecord:
    """The newest finished proof with what it found, whether one is being made, and the ones before, newest first."""

    newest: ProofLine | None
    differences: tuple[Difference, ...]
    is_moving: bool
    history: tuple[ProofLine, ...]


@query(Permission.CYCLES_VIEW)
def proof_record(tx: Tx, proof_id: UUID | None) -> ProofRecord:
    """Return the proof asked for, else the newest finished one, with its differences and the last proofs."""
    history = [_line(proof, name) for proof, name in tx.session.execute(_newest().limit(PROOFS_SHOWN))]
    if proof_id is not None:
        found = tx.session.execute(_newest().where(Proof.id == proof_id)).one_or_none()
        shown = _line(found[0], found[1]) if found else None
    else:
        shown = next((line for line in history if line.finished_at is not None), None)
    differences = (
        tx.session.scalars(
            select(ProofDifference).where(ProofDifference.proof_id == shown.proof_id).order_by(ProofDifference.id)
        ).all()
        if shown
        else []
    )
    return ProofRecord(
        newest=shown,
        differences=tuple(
            Difference(invariant=row.invariant, record=row.record, found=row.found, expected=row.expected)
            for row in differences
        ),
        is_moving=any(line.finished_at is None for line in history),
        history=tuple(history),
    )


@query(Permission.CYCLES_VIEW)
def newest_proof(tx: Tx, _parameters: None) -> ProofLine | None:
    """Return the newest finished proof, in one statement."""
    return last_proof(tx)


def last_proof(tx: Tx) -> ProofLine | None:
    """Return the newest finished proof, in one statement of the caller's read."""
    found = tx.session.execute(_newest().where(Proof.finished_at.is_not(None)).limit(1)).one_or_none()
    return _line(found[0], found[1]) if found else None


def _newest() -> Select[Proof, str | None]:
    return select(Proof, User.name).outerjoin(User, User.id == Proof.requested_by).order_by(Proof.opened_at.desc())


def _line(proof: Proof, requested_by_name: str | None) -> ProofLine:
    return ProofLine(
        proof_id=proof.id,
        business_date=proof.business_date,
        requested_by_name=requested_by_name or "",
        opened_at=proof.opened_at,
        finished_at=proof.finished_at,
        requests_checked=proof.requests_checked,
        clients_checked=proof.clients_checked,
        differences=proof.differences,
    )
