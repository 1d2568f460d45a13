"""Contacts with a borrower and what came of them; the rules of a promise to pay."""

from enum import StrEnum


class FollowUpKind(StrEnum):
    """What was done: a remark, or a contact by its channel; a promise is what the borrower said."""

    NOTE = "NOTE"
    CALL = "CALL"
    VISIT = "VISIT"
    PROMISE = "PROMISE"


class Outcome(StrEnum):
    """What came of a call or a visit."""

    ANSWERED = "ANSWERED"
    NOT_FOUND = "NOT_FOUND"
    WRONG_CONTACT = "WRONG_CONTACT"
    REFUSED = "REFUSED"
    POSTPONED = "POSTPONED"
