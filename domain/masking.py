"""What of personal data may stand where it can't be taken out again: audit texts and logs (brazil.md §8).

An audit text is bound by a hash, so what it holds stays after the client was anonymised.  Fields are masked by their
name, and whatever else is text is searched for CPFs, CNPJs, phones and e-mail addresses that somebody typed.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from domain.clients import Phone, TaxId
from domain.errors import DomainError

HIDDEN = "•••"
SHORTEST_NAME = 3

# It begins where a word does and never goes back into it: a long text of a stranger costs what its length does.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+")
_CPF = re.compile(r"(?<![\w.-])[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}(?!\w)")
_TAX_ID = re.compile(r"(?<![\w.-])(?:[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?|[0-9]{9})[0-9]{2}(?![\w-])")
_PHONE = re.compile(r"(?<![\w.,-])(?:\+?55[\s-]?)?\(?0?[0-9]{2}\)?[\s-]?9?[\s-]?[0-9]{4}[\s-]?[0-9]{4}(?![\w-])")


def tax_id(text: str) -> str:
    """Return `***.456.789-**` for a stored CPF or CNPJ; what is none is hidden whole.

    >>> tax_id("52998224725"), tax_id("")
    ('***.982.247-**', '')
    """
    try:
        return TaxId.parse(text).masked if text else ""
    except DomainError:
        return HIDDEN


def phone(text: str) -> str:
    """Return `+55 11 9****-4321` for a stored phone; what is none is hidden whole.

    >>> phone("+5511987654321"), phone("")
    ('+55 11 9****-4321', '')
    """
    try:
        return Phone.parse(text).masked if text else ""
    except DomainError:
        return HIDDEN


def initials(name: str) -> str:
    """Return the first letters of a name's words.

    >>> initials("Maria das Dores Silva")
    'M. d. D. S.'
    """
    letters = (next((letter for letter in word if letter.isalpha()), "") for word in name.split())
    return " ".join(f"{letter}." for letter in letters if letter) or (HIDDEN if name else "")


def hidden(text: str) -> str:
    """Return the sign that something stood there; an empty text stays empty."""
    return HIDDEN if text else ""


def free_text(text: str, names: Sequence[str] = ()) -> str:
    """Return a text with the CPFs, CNPJs, phones and e-mail addresses in it masked, and these people's names.

    >>> free_text("ligar 11 98765-4321, CPF 529.982.247-25, Ana Lima", ["Ana Lima"])
    'ligar +55 11 9****-4321, CPF ***.982.247-**, A. L.'
    """
    masked = _EMAIL.sub(lambda found: f"{found[0][0]}***@{found[0].rpartition('@')[2]}", text)
    masked = _CPF.sub(lambda found: f"***{found[0][3:11]}-**", masked)
    masked = _TAX_ID.sub(lambda found: _if_valid(tax_id, found[0]), masked)
    masked = _PHONE.sub(lambda found: _if_valid(phone, found[0]), masked)
    for name in names:
        if len(name) >= SHORTEST_NAME:
            masked = re.sub(re.escape(name), initials(name), masked, flags=re.IGNORECASE)
    return masked


def _if_valid(mask: Callable[[str], str], text: str) -> str:
    masked = mask(text)
    return text if masked == HIDDEN else masked


_Masks = dict[str, Callable[[str], str]]
# How the field of a name is masked, in every record, and in the records of one kind.
_EVERYWHERE: _Masks = {
    "tax_id": tax_id, "phone": phone, "other_phone": phone,
    "body": hidden, "text": hidden, "note": hidden, "client_name": hidden,
}  # fmt: skip
_OF_KIND: dict[str, _Masks] = {
    "client": {
        "name": initials, "preferred_name": initials, "birth_date": hidden, "zip_code": hidden, "street": hidden,
        "street_number": hidden, "complement": hidden, "district": hidden, "city": hidden, "occupation": hidden,
    },
    "guarantor": {"name": initials, "address": hidden},
    "document": {"name": hidden, "file_name": hidden, "title": hidden},
}  # fmt: skip


# The lender's own name, phone and tax id stand in every text that it sends.
_PUBLIC_KINDS = frozenset({"company"})


def fields(record_kind: str, values: Mapping[str, object], names: Sequence[str] = ()) -> dict[str, object]:
    """Return a record's fields as an audit text may hold them: identities masked, addresses and words hidden.

    `names` are those of the client that the record belongs to; they are masked in whatever else is text.

    >>> fields("client", {"name": "Ana Lima", "city": "", "street": "Rua A", "income_cents": 100})
    {'name': 'A. L.', 'city': '', 'street': '•••', 'income_cents': 100}
    """
    if record_kind in _PUBLIC_KINDS:
        return dict(values)
    masks = _EVERYWHERE | _OF_KIND.get(record_kind, {})
    return {key: _masked(record_kind, masks.get(key), value, names) for key, value in values.items()}


def _masked(record_kind: str, mask: Callable[[str], str] | None, value: object, names: Sequence[str]) -> object:
    if isinstance(value, Mapping):
        return fields(record_kind, value, names)
    if isinstance(value, list | tuple):
        return [_masked(record_kind, mask, each, names) for each in value]
    if mask is not None:
        return mask("" if value is None else str(value))
    return free_text(value, names) if isinstance(value, str) else value
