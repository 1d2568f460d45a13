"""What no log line of ours may hold: CPFs, CNPJs, phones and e-mail addresses (brazil.md §8).

The mask lies where every line is made, so it holds for our loggers and those of libraries, whatever writes them out.
"""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from domain.masking import free_text

# A browser may report what it likes: of a longer text, the beginning and the end are kept.
LONGEST_TEXT = 8_000
_Factory = Callable[..., logging.LogRecord]


def mask_logs() -> None:
    """Mask every log record made from now on in this process; once is enough, twice is the same."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Masking):
        logging.setLogRecordFactory(_Masking(make))


class _Masking:
    """Makes records whose message, arguments and traceback are masked."""

    def __init__(self, make: _Factory) -> None:
        self.make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401 - logging's own.
        """Make one record."""
        record = self.make(*args, **kwargs)
        if isinstance(record.msg, str | BaseException):
            record.msg = _masked(record.msg)
        if isinstance(record.args, Mapping):
            record.args = {name: _masked(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_masked(value) for value in record.args)
        if record.exc_info and record.exc_info[0] is not None:
            # A formatter writes this text where it is there, instead of the traceback it would make.
            record.exc_text = _safe("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        return record


def _masked(value: object) -> object:
    """Mask what is text, or becomes one of somebody's making; numbers keep their type for `%d`."""
    return _safe(str(value)) if isinstance(value, str | BaseException) else value


def _safe(text: str) -> str:
    """Return a text masked, and cut in its middle where it is long."""
    half = LONGEST_TEXT // 2
    return free_text(text if len(text) <= LONGEST_TEXT else f"{text[:half]} […] {text[-half:]}")
