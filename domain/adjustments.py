"""Waivers and other adjustments: what kinds there are, and how far a role may go (money.md §3, §4)."""

from enum import StrEnum


class AdjustmentKind(StrEnum):
    """Why an amount was taken off: a waiver, a remainder let go at payment, or an early settlement's discount."""

    WAIVER = "WAIVER"
    REMAINDER = "REMAINDER"
    SETTLEMENT = "SETTLEMENT"
