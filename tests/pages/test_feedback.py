"""Errors while a form is typed in again: which of the last press still stand."""

import pytest

from loanapp.components.feedback import still_wrong

REFUSED = {"amount": "0", "reason": "", "command_id": "k"}


@pytest.mark.parametrize(
    ("shown", "found", "typed", "stand"),
    [
        # Another field was mended: this one waits for its own turn.
        ({"amount": "a", "reason": "r"}, {}, {"amount": "10", "reason": ""}, {"reason": "r"}),
        # The count of what was refused came late, and knows less than the press.
        ({"amount": "a"}, {}, {"amount": "0", "reason": ""}, {"amount": "a"}),
        # The new text is wrong in another way.
        ({"amount": "a"}, {"amount": "b"}, {"amount": "x", "reason": ""}, {"amount": "b"}),
        # A field without an error gets none while typing.
        ({"amount": "a"}, {"reason": "r"}, {"amount": "10", "reason": ""}, {}),
        # What belongs to no field stays until anything changes.
        ({"": "w"}, {}, {"amount": "0", "reason": ""}, {"": "w"}),
        ({"": "w"}, {}, {"amount": "0", "reason": "z"}, {}),
    ],
)
def test_errors_that_stand(
    shown: dict[str, str], found: dict[str, str], typed: dict[str, str], stand: dict[str, str]
) -> None:
    assert still_wrong(shown, found, refused=REFUSED, typed=typed) == stand
