"""Runs of the daily cycles, and the clients that a run had to set aside."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.cycles import Cycle, RunStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of
from loanapp.models.clients import Client


class CycleRun(Base):
    """One run of one cycle for one business date; a replay of the same date is a new row with the next number."""

    __tablename__ = "cycle_runs"
    __table_args__ = (
        one_of("cycle", Cycle),
        one_of("status", RunStatus),
        UniqueConstraint("cycle", "business_date", "replay_number"),
        Index(None, "requested_by"),
        Index(None, "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cycle: Mapped[str]
    business_date: Mapped[date]
    replay_number: Mapped[int]
    status: Mapped[str]
    origin: Mapped[str]
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
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


class CycleFailure(Base):
    """A client that a run set aside, with the error; the rest of the run went on."""

    __tablename__ = "cycle_failures"
    __table_args__ = (Index(None, "client_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey(CycleRun.id), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey(Client.id), primary_key=True)
    error: Mapped[str]
    failed_at: Mapped[datetime]
