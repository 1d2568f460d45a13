"""The static Pix "copia e cola": one text that a bank's app reads (brazil.md §9).

It does not expire, adds no charges and confirms nothing: whoever shows it says "válido até hoje".
"""

import re
import unicodedata
from dataclasses import dataclass

from domain.clients import CNPJ_LENGTH, CPF_LENGTH, Phone, TaxId
from domain.emails import parse_email
from domain.errors import DomainError, Invalid
from domain.money import Money

NAME_LENGTH_MAXIMUM = 25
CITY_LENGTH_MAXIMUM = 15
KEY_LENGTH_MAXIMUM = 77
_ARRANGEMENT = "br.gov.bcb.pix"
_NO_REFERENCE = "***"
_RANDOM_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_POLYNOMIAL, _INITIAL = 0x1021, 0xFFFF


class PixKeyNotUnderstood(Invalid):
    """The key is empty, longer than a Pix key is, or holds what no key holds; it is never cut."""

    code = "pix.key_not_understood"


class PixReferenceNotUnderstood(Invalid):
    """The reference (txid) has 1 to 25 letters and digits without accents; it is never cut."""

    code = "pix.reference_not_understood"


@dataclass(frozen=True, kw_only=True, slots=True)
class PixReceiver:
    """Who receives: the key as registered at the bank, and the name and city that the payer sees."""

    key: str
    name: str
    city: str


def parse_key(text: str) -> str:
    """Return a key as banks register it: CPF or CNPJ bare, phone as +55.., e-mail and random key in lower case.

    A phone is told from a CPF by its +55, or by its parentheses.  Raises PixKeyNotUnderstood.
    """
    typed = text.strip()
    if _RANDOM_KEY.fullmatch(typed.lower()):
        return typed.lower()
    try:
        if "@" in typed:
            key = parse_email(typed)
        elif typed.startswith(("+", "(")):
            key = Phone.parse(typed).e164
        else:
            key = TaxId.parse(typed).text
    except DomainError as problem:
        raise PixKeyNotUnderstood(field="pix_key") from problem
    if not _is_key(key):
        raise PixKeyNotUnderstood(field="pix_key")
    return key


def shown_key(key: str) -> str:
    """Return a key as people read it: CPF, CNPJ and phone with their punctuation."""
    if key.startswith("+"):
        return Phone(key).formatted
    is_tax_id = key.isalnum() and len(key) in (CPF_LENGTH, CNPJ_LENGTH)
    return TaxId(key).formatted if is_tax_id else key


def reference_of(request_number: int, invoice_number: int | None = None) -> str:
    """Return the reference that finds a Pix in the bank's statement: `E12P3`, or `E12` for a whole loan."""
    return f"E{request_number}" if invoice_number is None else f"E{request_number}P{invoice_number}"


def copy_and_paste(receiver: PixReceiver, amount: Money, *, reference: str = "") -> str:
    """Return the text of a static Pix for an amount; nothing to pay leaves the amount to the payer.

    Lengths count characters, so accents go first; name and city may be cut, key and reference never.
    """
    if not _is_key(receiver.key):
        raise PixKeyNotUnderstood(field="pix_key")
    if reference and not re.fullmatch(r"[A-Za-z0-9]{1,25}", reference):
        raise PixReferenceNotUnderstood(field="reference")
    fields = (
        _field("00", "01")
        + _field("26", _field("00", _ARRANGEMENT) + _field("01", receiver.key))
        + _field("52", "0000")
        + _field("53", "986")
        + (_field("54", f"{amount.cents // 100}.{amount.cents % 100:02d}") if amount.cents > 0 else "")
        + _field("58", "BR")
        + _field("59", _plain(receiver.name)[:NAME_LENGTH_MAXIMUM].strip())
        + _field("60", _plain(receiver.city)[:CITY_LENGTH_MAXIMUM].strip())
        + _field("62", _field("05", reference or _NO_REFERENCE))
        + "6304"
    )
    return fields + f"{checksum(fields):04X}"


def checksum(text: str) -> int:
    """Return the CRC-16/CCITT-FALSE of a text: polynomial 1021, initial FFFF, no reflection, no final xor."""
    remainder = _INITIAL
    for byte in text.encode("ascii"):
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ _POLYNOMIAL if remainder & 0x8000 else remainder << 1
        remainder &= 0xFFFF
    return remainder


def _is_key(text: str) -> bool:
    return re.fullmatch(rf"[\x21-\x7e]{{1,{KEY_LENGTH_MAXIMUM}}}", text) is not None


def _field(identity: str, value: str) -> str:
    return f"{identity}{len(value):02d}{value}"


def _plain(text: str) -> str:
    """Return a text in the characters that every bank's app reads: accents dropped, nothing outside ASCII."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip()
