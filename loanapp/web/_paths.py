"""Numbers in paths: one that no column holds is none of ours, and is read as the least such.

Starlette's own `int` reads any number of digits, and Python refuses to read thousands of them.
"""

from starlette.convertors import Convertor, register_url_convertor

_DIGITS_MAXIMUM = 15


class NumberConvertor(Convertor[int]):
    """A number that users see, as `{number:number}` in a path."""

    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        """Return the number that is written."""
        return int(value) if len(value) <= _DIGITS_MAXIMUM else 10**_DIGITS_MAXIMUM

    def to_string(self, value: int) -> str:
        """Return the number as it is written."""
        return str(value)


def register() -> None:
    """Let paths name numbers; a module of routes does so before it makes them."""
    register_url_convertor("number", NumberConvertor())
