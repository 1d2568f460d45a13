"""Borrowers: CPF and CNPJ (with letters, since July 2026), Brazilian phones, and how they are shown and masked."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Invalid, NotAllowed, NotFound
from domain.money import AMOUNT_MAXIMUM, Money, MoneyNegative, MoneyTooLarge

CPF_LENGTH = 11
CNPJ_LENGTH = 14
MOBILE_LENGTH = 11
LANDLINE_LENGTH = 10
NAME_LENGTH_MAXIMUM = 120
# What stands where a CPF, CNPJ or phone was, once its client was anonymised.
NOT_THERE = "—"
TEXT_LENGTH_MAXIMUM = 120

# The area codes in use (ANATEL), by state.
AREA_CODES: dict[str, frozenset[str]] = {
    "AC": frozenset({"68"}),
    "AL": frozenset({"82"}),
    "AM": frozenset({"92", "97"}),
    "AP": frozenset({"96"}),
    "BA": frozenset({"71", "73", "74", "75", "77"}),
    "CE": frozenset({"85", "88"}),
    "DF": frozenset({"61"}),
    "ES": frozenset({"27", "28"}),
    "GO": frozenset({"62", "64"}),
    "MA": frozenset({"98", "99"}),
    "MG": frozenset({"31", "32", "33", "34", "35", "37", "38"}),
    "MS": frozenset({"67"}),
    "MT": frozenset({"65", "66"}),
    "PA": frozenset({"91", "93", "94"}),
    "PB": frozenset({"83"}),
    "PE": frozenset({"81", "87"}),
    "PI": frozenset({"86", "89"}),
    "PR": frozenset({"41", "42", "43", "44", "45", "46"}),
    "RJ": frozenset({"21", "22", "24"}),
    "RN": frozenset({"84"}),
    "RO": frozenset({"69"}),
    "RR": frozenset({"95"}),
    "RS": frozenset({"51", "53", "54", "55"}),
    "SC": frozenset({"47", "48", "49"}),
    "SE": frozenset({"79"}),
    "SP": frozenset({"11", "12", "13", "14", "15", "16", "17", "18", "19"}),
    "TO": frozenset({"63"}),
}
STATE_OF_AREA_CODE = {code: state for state, codes in AREA_CODES.items() for code in codes}


class ClientKind(StrEnum):
    """A person has a CPF, a company a CNPJ."""

    PERSON = "PERSON"
    COMPANY = "COMPANY"


class ClientStatus(StrEnum):
    """A blocked client gets no new request."""

    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"


class TaxIdMissing(Invalid):
    """No CPF or CNPJ was given."""

    code = "tax_id.missing"


class TaxIdWrongLength(Invalid):
    """A CPF has 11 digits, a CNPJ 14 characters."""

    code = "tax_id.wrong_length"


class TaxIdWrongDigits(Invalid):
    """The check digits do not match."""

    code = "tax_id.wrong_digits"


class PhoneMissing(Invalid):
    """No phone was given."""

    code = "phone.missing"


class PhoneNotUnderstood(Invalid):
    """The phone is no Brazilian number with area code."""

    code = "phone.not_understood"


class PhoneNeedsNinthDigit(Invalid):
    """A mobile number was given in the old form, without the 9 in front."""

    code = "phone.needs_ninth_digit"


class TextMissing(Invalid):
    """A required text is empty."""

    code = "text.missing"


class NameWithoutLetters(Invalid):
    """A name holds no letter at all."""

    code = "name.without_letters"


class TextTooLong(Invalid):
    """A text is longer than its field."""

    code = "text.too_long"


class TextNotPrintable(Invalid):
    """A text holds control characters."""

    code = "text.not_printable"


class StateUnknown(Invalid):
    """The state is none of the 27 of Brazil."""

    code = "state.unknown"


class ZipCodeNotUnderstood(Invalid):
    """A CEP has 8 digits."""

    code = "zip_code.not_understood"


class BirthDateImpossible(Invalid):
    """The birth date lies in the future, or the person would be under 18 or over 120 years old."""

    code = "birth_date.impossible"


class ClientExists(Invalid):
    """Another client has this CPF or CNPJ."""

    code = "client.exists"


class ClientNotFound(NotFound):
    """No such client."""

    code = "client.not_found"


class ClientBlocked(NotAllowed):
    """A blocked client gets no new request."""

    code = "client.blocked"


class SupervisorUnfit(Invalid):
    """Clients are visited by an active street supervisor."""

    code = "client.supervisor_unfit"


class SupervisorUnchanged(Invalid):
    """The clients already have that supervisor."""

    code = "client.supervisor_unchanged"


class LookUpsSpent(NotAllowed):
    """The actor asked about clients of others as often as a day allows."""

    code = "client.look_ups_spent"


class ClientStatusUnchanged(Invalid):
    """The client already is in that state."""

    code = "client.status_unchanged"


def _is_ascii(text: str, pattern: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _check_digit(values: list[int], weight_maximum: int) -> str:
    """Modulo 11 with weights 2..`weight_maximum` from the right, over again (RFB; brazil.md §10)."""
    weights = range(2, weight_maximum + 1)
    total = sum(value * weights[index % len(weights)] for index, value in enumerate(reversed(values)))
    rest = total % 11
    return str((11 - rest) % 11 % 10)  # 10 and 11 count as 0.


def _with_check_digits(stem: str, weight_maximum: int) -> str:
    # A character counts its ASCII code less 48: the digits as themselves, the letters from 17 (IN RFB 2.229/2024).
    for _ in range(2):
        stem += _check_digit([ord(character) - 48 for character in stem], weight_maximum)
    return stem


@dataclass(frozen=True)
class TaxId:
    """A valid CPF (11 digits) or CNPJ (12 letters or digits and 2 check digits), upper case, without punctuation.

    What stands in the place of an anonymised client's is shown as `—`.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> "TaxId":
        """Read a CPF or CNPJ with any punctuation; raise TaxIdMissing, TaxIdWrongLength or TaxIdWrongDigits."""
        if not text.strip():
            raise TaxIdMissing
        bare = re.sub(r"[\s./-]", "", text[:60]).upper()
        if _is_ascii(bare, r"[0-9]{11}"):
            is_right = len(set(bare)) > 1 and _with_check_digits(bare[:9], 11) == bare
        elif _is_ascii(bare, r"[0-9A-Z]{12}[0-9]{2}"):
            is_right = len(set(bare)) > 1 and _with_check_digits(bare[:12], 9) == bare
        else:
            raise TaxIdWrongLength
        if not is_right:
            raise TaxIdWrongDigits
        return cls(bare)

    @classmethod
    def completed(cls, stem: str) -> "TaxId":
        """Return the CPF of 9 digits or the CNPJ of 12 letters or digits with its check digits, for invented books."""
        return cls.parse(_with_check_digits(stem, 11 if len(stem) == CPF_LENGTH - 2 else 9))

    @property
    def kind(self) -> ClientKind:
        """A CPF belongs to a person, a CNPJ to a company."""
        return ClientKind.PERSON if len(self.text) == CPF_LENGTH else ClientKind.COMPANY

    @property
    def formatted(self) -> str:
        """`123.456.789-09` or `12.ABC.345/01DE-35`."""
        t = self.text
        if not t.isalnum():
            return NOT_THERE
        if self.kind is ClientKind.PERSON:
            return f"{t[:3]}.{t[3:6]}.{t[6:9]}-{t[9:]}"
        return f"{t[:2]}.{t[2:5]}.{t[5:8]}/{t[8:12]}-{t[12:]}"

    @property
    def masked(self) -> str:
        """`***.456.789-**` or `**.ABC.345/01DE-**` (brazil.md §8)."""
        if self.formatted == NOT_THERE:
            return NOT_THERE
        if self.kind is ClientKind.PERSON:
            return f"***{self.formatted[3:11]}-**"
        return f"**{self.formatted[2:15]}-**"


@dataclass(frozen=True)
class Phone:
    """A Brazilian number in E.164: `+5511987654321`, `+551133334444` for a landline, empty for an anonymised client."""

    e164: str

    @classmethod
    def parse(cls, text: str) -> "Phone":
        """Read a phone with or without +55; raise PhoneMissing, PhoneNotUnderstood or PhoneNeedsNinthDigit."""
        if not text.strip():
            raise PhoneMissing
        bare = re.sub(r"[\s().+-]", "", text[:60])
        if len(bare) in (12, 13) and bare.startswith("55"):
            bare = bare[2:]
        bare = bare.removeprefix("0")
        if not _is_ascii(bare, r"[0-9]{10,11}") or bare[:2] not in STATE_OF_AREA_CODE:
            raise PhoneNotUnderstood
        if len(bare) == MOBILE_LENGTH and bare[2] != "9":
            raise PhoneNotUnderstood
        if len(bare) == LANDLINE_LENGTH and bare[2] in "6789":
            raise PhoneNeedsNinthDigit(suggestion=f"({bare[:2]}) 9{bare[2:6]}-{bare[6:]}")
        if len(bare) == LANDLINE_LENGTH and bare[2] in "01":
            raise PhoneNotUnderstood
        return cls(f"+55{bare}")

    @property
    def area_code(self) -> str:
        """The DDD, two digits."""
        return self.e164[3:5]

    @property
    def is_mobile(self) -> bool:
        """Whether it is a mobile number: nine digits, the first a 9."""
        return len(self.e164) == len("+55") + MOBILE_LENGTH

    @property
    def formatted(self) -> str:
        """`(11) 98765-4321`."""
        if not self.e164:
            return NOT_THERE
        local = self.e164[5:]
        return f"({self.area_code}) {local[:-4]}-{local[-4:]}"

    @property
    def masked(self) -> str:
        """`+55 11 9****-4321` (brazil.md §8)."""
        if not self.e164:
            return NOT_THERE
        return f"+55 {self.area_code} {self.e164[5]}****-{self.e164[-4:]}"


def fold(text: str) -> str:
    """Return the text without accents, in lower case, with single spaces: what searches compare."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def search_text(name: str, preferred_name: str, tax_id: TaxId, *phones: str) -> str:
    """Return what a client is found by: folded names, CPF or CNPJ, and the phones' digits."""
    digits = " ".join(phone.removeprefix("+55") for phone in phones if phone)
    return f"{fold(name)} {fold(preferred_name)} {tax_id.text.lower()} {digits}"


def reduced_name(name: str) -> str:
    """Return the first name and the initial of the last, for who may not know more.

    >>> reduced_name("Maria das Dores Silva"), reduced_name("Padaria")
    ('Maria S.', 'Padaria')
    """
    first, *others = name.split()
    return f"{first} {others[-1][0]}." if others else first


def required_text(text: str, *, length_maximum: int = TEXT_LENGTH_MAXIMUM) -> str:
    """Return the text without outer spaces; raise TextMissing, TextTooLong or TextNotPrintable."""
    if not text.strip():
        raise TextMissing
    return optional_text(text, length_maximum=length_maximum)


def client_name(text: str) -> str:
    """Return a client's name as typed; raise NameWithoutLetters, or what `required_text` raises."""
    name = required_text(text, length_maximum=NAME_LENGTH_MAXIMUM)
    if not any(character.isalpha() for character in name):
        raise NameWithoutLetters
    return name


def optional_text(text: str, *, length_maximum: int = TEXT_LENGTH_MAXIMUM) -> str:
    """Return the text without outer spaces, or an empty one; raise TextTooLong or TextNotPrintable.

    Markup, quotes and emoji are kept as typed: they are data, and every screen shows them as text.
    """
    kept = unicodedata.normalize("NFC", text).strip()
    if len(kept) > length_maximum:
        raise TextTooLong(maximum=length_maximum, length=len(kept))
    # Surrogates, NUL and other controls can't be stored or shown; a line break in a note can.
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t\r" for c in kept):
        raise TextNotPrintable
    return kept


def state_code(text: str) -> str:
    """Return the state's two letters, or an empty text; raise StateUnknown."""
    code = text.strip().upper()
    if code and code not in AREA_CODES:
        raise StateUnknown
    return code


def zip_code(text: str) -> str:
    """Return the 8 digits of a CEP, or an empty text; raise ZipCodeNotUnderstood."""
    bare = re.sub(r"[\s.-]", "", text[:20])
    if bare and not _is_ascii(bare, r"[0-9]{8}"):
        raise ZipCodeNotUnderstood
    return bare


def check_income(income: Money) -> Money:
    """Return the monthly income; raise MoneyNegative or MoneyTooLarge."""
    if income < Money.ZERO:
        raise MoneyNegative
    if income > AMOUNT_MAXIMUM:
        raise MoneyTooLarge
    return income
