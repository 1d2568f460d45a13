"""What the reads of a borrower's copy share: colleagues by name only, and shapes filled from rows."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar
from uuid import UUID

SYSTEM_NAME = "Sistema"
Names = Mapping[UUID, str]
Held = TypeVar("Held")


def name_of(names: Names, user_id: UUID | None) -> str:
    """Return a colleague's name, or the system's."""
    return names[user_id] if user_id else SYSTEM_NAME


def copied(shape: type[Held], row: object, **others: object) -> Held:
    """Copy the columns that a shape names alike; `others` are its fields that are made otherwise."""
    columns = {field.name: getattr(row, field.name) for field in fields(shape) if field.name not in others}  # type: ignore[arg-type]
    return shape(**columns, **others)
