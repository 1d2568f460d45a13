"""Decisions that need a second person: their kinds, their states, and who may take them."""

from enum import StrEnum


class ApprovalKind(StrEnum):
    """What is asked for."""

    WRITE_OFF = "WRITE_OFF"


class ApprovalStatus(StrEnum):
    """Where a question stands; an answer is final."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
