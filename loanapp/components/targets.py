"""What an address opens over a page: a loan by its number (`12`), or one of its invoices (`12-3`)."""

import re
from dataclasses import dataclass

_TARGET = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,4}))?")


@dataclass(frozen=True)
class Target:
    """The number of a loan, and of one of its invoices where one is named."""

    number: int
    invoice_number: int | None


def target(text: str) -> Target | None:
    """Return what a stranger's text names; None where it names nothing."""
    match = _TARGET.fullmatch(text)
    return Target(int(match[1]), int(match[2] or 0) or None) if match else None
