"""Borrowers. The client's row is the lock of everything under it (ADR 0010) and the head of its audit chain."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.clients import ClientKind, ClientStatus
from loanapp.models.auth import User
from loanapp.models.base import Base, one_of


class Client(Base):
    """A person or company that borrows. `search_text` is the folded name with the digits people search by."""

    __tablename__ = "clients"
    __table_args__ = (
        one_of("kind", ClientKind),
        one_of("status", ClientStatus),
        CheckConstraint(
            "anonymised_on IS NOT NULL OR (kind = 'PERSON') = (tax_id ~ '^[0-9]{11}$')", name="tax_id_person"
        ),
        CheckConstraint(
            "anonymised_on IS NOT NULL OR (kind = 'COMPANY') = (tax_id ~ '^[0-9A-Z]{12}[0-9]{2}$')",
            name="tax_id_company",
        ),
        CheckConstraint("anonymised_on IS NOT NULL OR phone ~ '^[+]55[0-9]{10,11}$'", name="phone"),
        CheckConstraint("credit_cents >= 0", name="credit"),
        CheckConstraint("income_cents >= 0", name="income"),
        Index("ix_clients_name", "name", "id"),
        Index(
            "ix_clients_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        # By its number an answer finds who wrote it.
        Index(None, "phone"),
        Index(None, "other_phone"),
        Index(None, "registered_by"),
        Index(None, "supervisor_id"),
        # Room on each page lets the nightly updates stay on it, without a new entry in every index.
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    kind: Mapped[str]
    tax_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    preferred_name: Mapped[str] = mapped_column(default="")
    birth_date: Mapped[date | None]
    phone: Mapped[str]
    other_phone: Mapped[str] = mapped_column(default="")
    zip_code: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    street_number: Mapped[str] = mapped_column(default="")
    complement: Mapped[str] = mapped_column(default="")
    district: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="")
    occupation: Mapped[str] = mapped_column(default="")
    income_cents: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(default=ClientStatus.ACTIVE)
    blocked_reason: Mapped[str] = mapped_column(default="")
    accepts_messages: Mapped[bool]
    consent_on: Mapped[date]
    consent_origin: Mapped[str]
    phone_flag: Mapped[str] = mapped_column(default="")
    credit_cents: Mapped[int] = mapped_column(default=0)
    search_text: Mapped[str]
    audit_count: Mapped[int] = mapped_column(default=0)
    audit_head: Mapped[str] = mapped_column(default="")
    supervisor_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    anonymised_on: Mapped[date | None]
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    registered_on: Mapped[date]
    registered_at: Mapped[datetime]
