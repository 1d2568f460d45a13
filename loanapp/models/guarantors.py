"""Guarantors: who answers for the loans of a chain, kept with the first request of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.guarantors import Guarantor as Known
from loanapp.models.base import Base
from loanapp.models.requests import Request

COLUMNS = ("name", "tax_id", "phone", "address")


class Guarantor(Base):
    """The guarantor of one request; all four texts are empty once the borrower was anonymised."""

    __tablename__ = "guarantors"
    __table_args__ = (
        CheckConstraint("tax_id = '' OR tax_id ~ '^[0-9]{11}$' OR tax_id ~ '^[0-9A-Z]{12}[0-9]{2}$'", name="tax_id"),
        CheckConstraint("phone = '' OR phone ~ '^[+]55[0-9]{10,11}$'", name="phone"),
    )

    request_id: Mapped[UUID] = mapped_column(ForeignKey(Request.id), primary_key=True)
    name: Mapped[str]
    tax_id: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    named_at: Mapped[datetime]


def guarantor_of(session: Session, root_id: UUID) -> Known | None:
    """Return the guarantor of a chain of requests by its first one, None where there is none."""
    row = session.scalar(select(Guarantor).where(Guarantor.request_id == root_id))
    if row is None or not row.name:
        return None
    return Known(name=row.name, tax_id=row.tax_id, phone=row.phone, address=row.address)
