"""How a command of the terminal ended, for the tests that call it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """The exit status of a command, and what it wrote."""

    status: int
    out: str
    error: str


Command = Callable[..., Ended]
