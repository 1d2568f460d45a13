"""Guarantors ("fiador"): who answers for a borrower's loan, named on the request and on its papers (CC 818).

An agreement that puts a new debt in the place of the old one sets free the guarantor who does not consent (CC 366), so
a guarantor belongs to the first request of a chain and signs each agreement after it.
"""

from dataclasses import dataclass

from domain.clients import Phone, TaxId, client_name, required_text
from domain.errors import Checks, Conflict, Invalid
from domain.requests import RequestStatus

ADDRESS_LENGTH_MAXIMUM = 200
# The guarantor signs the contract: once the money has left, who answers for it no longer changes.
CHANGEABLE = frozenset({RequestStatus.OPEN, RequestStatus.APPROVED})


class GuarantorIsBorrower(Invalid):
    """Nobody answers for the own debt."""

    code = "guarantor.is_borrower"


class GuarantorFixed(Conflict):
    """The money has left, or the request was declined: its guarantor no longer changes."""

    code = "guarantor.fixed"


@dataclass(frozen=True, kw_only=True)
class GuarantorTyped:
    """A guarantor as typed."""

    name: str
    tax_id: str
    phone: str
    address: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed: the request has no guarantor."""
        return not any(text.strip() for text in (self.name, self.tax_id, self.phone, self.address))


@dataclass(frozen=True, kw_only=True)
class Guarantor:
    """Who answers for a loan: name, CPF or CNPJ, phone in E.164, address in one line."""

    name: str
    tax_id: str
    phone: str
    address: str


def check_guarantor(checks: Checks, typed: GuarantorTyped, *, borrower_tax_id: str) -> Guarantor | None:
    """Return the guarantor that was typed, all four parts of it: the contract names them.

    What is wrong is noted in `checks` under `guarantor_*`, and then nobody is returned.
    """
    name = checks.take("guarantor_name", client_name, typed.name)
    tax_id = checks.take("guarantor_tax_id", _tax_id_of_another, typed.tax_id, borrower_tax_id)
    phone = checks.take("guarantor_phone", Phone.parse, typed.phone)
    address = checks.take("guarantor_address", required_text, typed.address, length_maximum=ADDRESS_LENGTH_MAXIMUM)
    if name is None or tax_id is None or phone is None or address is None:
        return None
    return Guarantor(name=name, tax_id=tax_id.text, phone=phone.e164, address=address)


def _tax_id_of_another(text: str, borrower_tax_id: str) -> TaxId:
    tax_id = TaxId.parse(text)
    if tax_id.text == borrower_tax_id:
        raise GuarantorIsBorrower
    return tax_id


def check_changeable(status: str) -> None:
    """Raise GuarantorFixed unless the request still waits for its money."""
    if RequestStatus(status) not in CHANGEABLE:
        raise GuarantorFixed(status=status)
