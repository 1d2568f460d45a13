"""The papers that are kept about a borrower, and which files may be one."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a paper proves."""

    IDENTITY = "IDENTITY"
    ADDRESS = "ADDRESS"
    INCOME = "INCOME"
    CONTRACT = "CONTRACT"
    PAYMENT = "PAYMENT"
    PHOTO = "PHOTO"
    OTHER = "OTHER"
