"""The static Pix "copia e cola": one text that a bank's app reads (brazil.md §9).

It does not expire, adds no charges and confirms nothing: whoever shows it says "válido até hoje".
"""

import re
import unicodedata
from dataclasses import dataclass

from domain.errors import Invalid
from domain.money import Money

NAME_LENGTH_MAXIMUM = 25
CITY_LENGTH_MAXIMUM = 15
_ARRANGEMENT = "br.gov.bcb.pix"
_NO_REFERENCE = "***"
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


def copy_and_paste(receiver: PixReceiver, amount: Money, *, reference: str = "") -> str:
    """Return the text of a static Pix for an amount; nothing to pay leaves the amount to the payer.

    Lengths count characters, so accents go first; name and city may be cut, key and reference never.
    """
    if not re.fullmatch(r"[\x21-\x7e]{1,77}", receiver.key):
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


def _field(identity: str, value: str) -> str:
    return f"{identity}{len(value):02d}{value}"


def _plain(text: str) -> str:
    """Return a text in the characters that every bank's app reads: accents dropped, nothing outside ASCII."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip()
