"""Runs of the daily cycles, the clients they set aside, what a replay changed, and the proofs after them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.calendar import BusinessCalendar
from domain.cycles import Cycle, RunStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client
from loanapp.models.company import CompanySettings, Holiday
from loanapp.models.cycle_sql import Part
from loanapp.models.requests import Request


class CycleRun(Base):
    """One run of one cycle for one business date; a replay of the same date is a new row with the next number.

    A run over a part of the book closes no date: `retry_of` names the run whose failures it visits, `only_client_id`
    the one client.
    """

    __tablename__ = "cycle_runs"
    __table_args__ = (
        one_of("cycle", Cycle),
        one_of("status", RunStatus),
        UniqueConstraint("cycle", "business_date", "replay_number"),
        CheckConstraint("retry_of IS NULL OR only_client_id IS NULL", name="one_part"),
        Index(None, "requested_by"),
        Index(None, "status"),
        Index(None, "retry_of"),
        Index(None, "only_client_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cycle: Mapped[str]
    business_date: Mapped[date]
    replay_number: Mapped[int]
    status: Mapped[str]
    origin: Mapped[str]
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    retry_of: Mapped[UUID | None] = mapped_column(ForeignKey("cycle_runs.id"))
    only_client_id: Mapped[UUID | None] = mapped_column(ForeignKey(Client.id))
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    clients_total: Mapped[int] = mapped_column(default=0)
    clients_done: Mapped[int] = mapped_column(default=0)
    examined: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    late_fee_cents_delta: Mapped[int] = mapped_column(default=0)
    mora_cents_delta: Mapped[int] = mapped_column(default=0)
    messages_queued: Mapped[int] = mapped_column(default=0)
    messages_skipped: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(default="")

    @property
    def part(self) -> Part:
        """Over which clients the run goes."""
        return Part.FAILURES if self.retry_of else Part.CLIENT if self.only_client_id else Part.ALL

    @property
    def part_parameters(self) -> dict[str, UUID]:
        """What the statements of its part name."""
        return part_parameters(self.retry_of, self.only_client_id)


# Only such a run closes its date and opens the gate of the next cycle.
IS_WHOLE = CycleRun.retry_of.is_(None) & CycleRun.only_client_id.is_(None)


class CycleFailure(Base):
    """A client that a run set aside, with the error; the rest of the run went on."""

    __tablename__ = "cycle_failures"
    __table_args__ = (Index(None, "client_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey(CycleRun.id), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id), primary_key=True)
    error: Mapped[str]
    failed_at: Mapped[datetime]


class CycleItem(Base):
    """What a replay changed of one contract: the charge of its changed invoices, before and after.

    The runs of the clock keep none: every overdue contract changes every day, and the rule recomputes it.
    """

    __tablename__ = "cycle_items"
    __table_args__ = (Index(None, "request_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey(CycleRun.id), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id), primary_key=True)
    invoices: Mapped[int]
    cents_before: Mapped[int]
    cents_after: Mapped[int]


class Proof(Base):
    """One run of `verify` over the whole book, for the business date that the cycles had closed; open until finished.

    The clock proves each date once; a person may ask again.
    """

    __tablename__ = "proofs"
    __table_args__ = (
        Index("uq_proofs_clock", "business_date", unique=True, postgresql_where=text("requested_by IS NULL")),
        Index(None, "requested_by"),
        Index(None, "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_date: Mapped[date]
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    requests_checked: Mapped[int] = mapped_column(default=0)
    clients_checked: Mapped[int] = mapped_column(default=0)
    differences: Mapped[int] = mapped_column(default=0)


class ProofDifference(Base):
    """One thing that a proof found not to be as it must be (money.md §6)."""

    __tablename__ = "proof_differences"
    __table_args__ = (Index(None, "proof_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    proof_id: Mapped[UUID] = mapped_column(ForeignKey(Proof.id))
    invariant: Mapped[str]
    record: Mapped[str]
    found: Mapped[str]
    expected: Mapped[str]


def part_parameters(retry_of: UUID | None, only_client_id: UUID | None) -> dict[str, UUID]:
    """Return the parameters of the statements of `models.cycle_sql` for a run's part."""
    named = {"retry_of": retry_of, "only_client_id": only_client_id}
    return {name: value for name, value in named.items() if value is not None}


def charge_holidays(session: Session) -> BusinessCalendar | None:
    """Return the calendar whose holidays have no `charge` cycle; None where the company lets it run on them."""
    if not session.scalar(select(CompanySettings.skips_charge_on_holidays)):
        return None
    return BusinessCalendar(frozenset(session.scalars(select(Holiday.day))))
