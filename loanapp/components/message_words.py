"""What users read for why a text was not sent, was cancelled or failed (ux.md §2.16)."""

from domain.messages import Reason
from loanapp.papers.words import REASONS


def reason_word(stored: str) -> str:
    """Return what users read for a stored reason; empty where there is none."""
    return REASONS[Reason(stored)] if stored in set(Reason) else stored
