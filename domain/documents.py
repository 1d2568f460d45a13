"""The papers that are kept about a borrower, and which files may be one (ux.md §2.6)."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Conflict, Invalid, NotFound

SIZE_BYTES_MAXIMUM = 10 * 1024 * 1024
NAME_LENGTH_MAXIMUM = 120
REASON_LENGTH_MAXIMUM = 200
# Control characters, and those that turn the reading order: "exe.pdf" can be written so that it reads "fdp.exe".
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


class DocumentKind(StrEnum):
    """What a paper proves."""

    IDENTITY = "IDENTITY"
    ADDRESS = "ADDRESS"
    INCOME = "INCOME"
    CONTRACT = "CONTRACT"
    PAYMENT = "PAYMENT"
    PHOTO = "PHOTO"
    OTHER = "OTHER"


class DocumentNotFound(NotFound):
    """There is no such paper, or it was removed."""

    code = "document.not_found"


class DocumentIdTaken(Conflict):
    """The id belongs to another paper, or to the same one with another content, name or author."""

    code = "document.id_taken"


class DocumentKindUnknown(Invalid):
    """The paper is of no kind that we keep."""

    code = "document.kind_unknown"


class DocumentMissing(Invalid):
    """What was sent holds no file, or more than one."""

    code = "document.missing"


class DocumentEmpty(Invalid):
    """The file has no content."""

    code = "document.empty"


class DocumentTooLarge(Invalid):
    """The file is larger than ten megabytes."""

    code = "document.too_large"


class DocumentTypeRefused(Invalid):
    """The content is none of the types we keep, whatever the file is called."""

    code = "document.type_refused"


class DocumentNameMismatch(Invalid):
    """The file is called what its content is not."""

    code = "document.name_mismatch"


class DocumentNameRefused(Invalid):
    """The file's name is a path, or nothing that can be read."""

    code = "document.name_refused"


@dataclass(frozen=True)
class FileType:
    """A type of file that is kept: what it is served as, how its name ends, and how its content begins."""

    content_type: str
    endings: tuple[str, ...]
    begins: Callable[[bytes], bool]


FILE_TYPES = (
    FileType("application/pdf", (".pdf",), lambda head: head.startswith(b"%PDF-")),
    FileType("image/jpeg", (".jpg", ".jpeg"), lambda head: head.startswith(b"\xff\xd8\xff")),
    FileType("image/png", (".png",), lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    FileType("image/webp", (".webp",), lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
)


def type_of(content: bytes) -> FileType:
    """Return the type of a content by its first bytes; raise DocumentEmpty, DocumentTooLarge or DocumentTypeRefused."""
    if not content:
        raise DocumentEmpty
    if len(content) > SIZE_BYTES_MAXIMUM:
        raise DocumentTooLarge(megabytes=SIZE_BYTES_MAXIMUM // 1024**2)
    found = next((kind for kind in FILE_TYPES if kind.begins(content[:16])), None)
    if found is None:
        raise DocumentTypeRefused
    return found


def clean_name(name: str) -> str:
    r"""Return a file's name as it is shown: one line, nothing invisible, at most 120 characters, its ending kept.

    It never names a place: a path raises DocumentNameRefused, as does a name of which nothing is left.

    >>> clean_name(" conta de luz\u202e.pdf")
    'conta de luz.pdf'
    """
    if "/" in name or "\\" in name:
        raise DocumentNameRefused
    letters = unicodedata.normalize("NFC", name)
    visible = "".join(letter for letter in letters if unicodedata.category(letter) not in _INVISIBLE)
    shown = " ".join(visible.split())
    stem, dot, ending = shown.rpartition(".")
    if not stem.strip(". "):
        raise DocumentNameRefused
    return stem[: NAME_LENGTH_MAXIMUM - len(ending) - 1] + dot + ending


def check_name(name: str, kind: FileType) -> str:
    """Return the name as it is shown; raise DocumentNameRefused, or DocumentNameMismatch for another type's ending."""
    shown = clean_name(name)
    if not shown.lower().endswith(kind.endings):
        raise DocumentNameMismatch(endings=" ou ".join(kind.endings))
    return shown
